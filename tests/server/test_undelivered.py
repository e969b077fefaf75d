"""What a platform gave up on is tried again, or closed as it is, by programs as by people."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from siyaj.model.settings import Settings
from siyaj.storage import endpoints
from siyaj.storage.endpoints import EndpointKind
from tests.server.conftest import Served, serve
from tests.server.test_casework import REMOVE, client, opened, post


class Failed(NamedTuple):
    served: Served
    case: str
    decision: str
    action: str
    """The removal."""

    def state(self) -> tuple[str, str | None, str | None]:
        """Return the case's state, what decided it, and which decision was not carried out."""
        case = self.served.client.get(f"/v1/cases/{self.case}").json()["case"]
        return case["state"], case.get("decision"), case.get("undelivered")

    def said(self, *, ok: bool) -> dict[str, Any]:
        """The platform says what became of the removal."""
        return post(self.served.client, f"/v1/actions/{self.action}/ack", {"ok": ok, "error": "" if ok else "gone"})

    def gives_up(self) -> None:
        """It took it, and could not do it after all."""
        self.said(ok=True)
        assert self.said(ok=False)["state"] == "dead"


@pytest.fixture
def failed(database_url: str, tmp_path: Path) -> Iterator[Failed]:
    """A removal that the platform gave up on."""
    settings = Settings(data=str(tmp_path / "data"), database=database_url, decoders=1, undo_seconds=0)
    for served in serve(settings):
        with served.runtime.database.begin() as connection:
            endpoints.add(connection, served.runtime.keyring, "asks", EndpointKind.POLL)
        case = opened(served, "item:g-1")
        ruling = {"version": post(served.client, f"/v1/cases/{case}/take")["version"], "draft": REMOVE}
        made = post(served.client, f"/v1/cases/{case}/decide", ruling)["decision"]["id"]
        (action,) = served.client.get("/v1/actions", params={"kind": "remove"}).json()["items"]
        one = Failed(served, case, made, action["id"])
        one.gives_up()
        assert one.state() == ("open", None, made)
        yield one


def test_what_was_given_up_on_is_tried_again(failed: Failed) -> None:
    version = post(failed.served.client, f"/v1/cases/{failed.case}/take")["version"]
    again = f"/v1/cases/{failed.case}/try_again"
    stale = failed.served.client.post(again, json={"version": version - 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    told = post(failed.served.client, again, {"version": version})
    assert (told["id"], told["state"], told["decision"]) == (failed.case, "closed", failed.decision)
    assert [one["id"] for one in failed.served.client.get("/v1/actions").json()["items"]] == [failed.action]
    assert failed.said(ok=True)["state"] == "delivered"
    assert failed.state() == ("closed", failed.decision, None)


def test_it_is_closed_as_it_is_and_the_reason_becomes_a_note(failed: Failed) -> None:
    version = post(failed.served.client, f"/v1/cases/{failed.case}/take")["version"]
    accept = f"/v1/cases/{failed.case}/accept"
    stale = failed.served.client.post(accept, json={"version": version - 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    told = post(failed.served.client, accept, {"version": version, "why": "removed by hand"})
    assert (told["state"], told["decision"]) == ("closed", failed.decision)
    assert failed.served.client.get("/v1/actions").json()["items"] == [], "it is not sent any more"
    notes = failed.served.client.get(f"/v1/cases/{failed.case}").json()["notes"]
    assert notes[-1]["text"] == "removed by hand"


@pytest.mark.parametrize("deed", ["try_again", "accept"])
def test_only_the_holder_with_the_scope_does_and_only_where_something_failed(failed: Failed, deed: str) -> None:
    path = f"/v1/cases/{failed.case}/{deed}"
    version = post(failed.served.client, f"/v1/cases/{failed.case}/take")["version"]
    other = client(failed.served, "cases:write", "cases:decide", name="another")
    held = other.post(path, json={"version": version})
    assert (held.status_code, held.json()["code"]) == (409, "case_held")
    reader = client(failed.served, "cases:read", name="reader")
    assert reader.post(path, json={"version": version}).status_code == 403
    assert failed.served.client.post(path, json={}).status_code == 400
    fine = opened(failed.served, "item:g-2")
    taken = post(failed.served.client, f"/v1/cases/{fine}/take")
    refused = failed.served.client.post(f"/v1/cases/{fine}/{deed}", json={"version": taken["version"]})
    assert (refused.status_code, refused.json()["field"]) == (400, "delivery")
    assert failed.state()[0] == "open"
