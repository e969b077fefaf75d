"""Channels over HTTP: a list that filters and goes on, all about one, and how it became so."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.server.conftest import Served


def check(served: Served, number: str, **channel: Any) -> None:
    event = {"id": number, "kind": "message", "text": "صباح الخير", "language": "ar", "channel": channel}
    assert served.client.post("/v1/check", json=event).status_code == 200


def page(served: Served, **asked: Any) -> dict[str, Any]:
    answer = served.client.get("/v1/channels", params=asked)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_channels_are_listed_page_by_page(served: Served) -> None:
    for number in range(5):
        check(served, f"list-{number}", id=f"list-{number}", title=f"سوق {number}", subscribers=10 * number)
    found: list[str] = []
    cursor = ""
    for _ in range(5):
        told = page(served, text="سوق", sort="subscribers", limit=2, cursor=cursor)
        found += [each["id"] for each in told["items"]]
        cursor = told["next"]
        if cursor is None:
            break
    assert found == [f"list-{number}" for number in (4, 3, 2, 1, 0)]
    assert [each["id"] for each in page(served, min_subscribers=40)["items"]] == ["list-4"]
    assert page(served, state="closed")["items"] == []


def test_one_channel_says_all(served: Served) -> None:
    room = "!garden/1:example.org"
    check(served, "one-1", id=room, title="حديقة الحي", subscribers=12, admins=["amal"])
    address = f"/v1/channels/{quote(room, safe='')}"
    told = served.client.get(address).json()
    assert told["channel"]["title"] == "حديقة الحي"
    assert (told["channel"]["checked"], told["channel"]["state"], told["channel"]["admins"]) == (1, "open", ["amal"])
    assert told["languages"] == {"ar": 1}
    assert told["case"] is None
    line = served.client.get(f"{address}/timeline").json()
    assert {(event["mark"], event["value"]) for event in line["events"]} == {
        ("title", "حديقة الحي"),
        ("subscribers", "12"),
        ("admin", "+amal"),
    }
    assert [day["checked"] for day in line["days"]] == [1]


@pytest.mark.parametrize("room", ["a/b", "/", "//a//", "a/timeline", "timeline", "x%2Fy", "?#%", "غرفة/١"])
def test_an_id_may_hold_anything(served: Served, room: str) -> None:
    check(served, f"odd-{room}", id=room)
    address = f"/v1/channels/{quote(room, safe='')}"
    assert served.client.get(address).json()["channel"]["id"] == room
    assert served.client.get(f"{address}/timeline").status_code == 200
    assert served.client.get(f"/v1/strikes/channel/{quote(room, safe='')}").status_code == 200


@pytest.mark.parametrize(
    "path", ["/v1%2Fchannels", "/v1/channels%2F", "/%2F", "/console%2Fchannels", "/v1/nothing%2Fthere"]
)
def test_an_encoded_slash_leads_into_no_other_route(served: Served, path: str) -> None:
    answer = served.client.get(path)
    assert answer.status_code in (401, 403, 404), answer.text


def test_reports_on_a_channel_stand_on_its_timeline(served: Served) -> None:
    check(served, "reported-1", id="reported")
    given = {"subject": {"kind": "channel", "id": "reported"}, "reason": "praise"}
    assert served.client.post("/v1/reports", json=given).status_code == 202
    marks = {event["mark"]: event for event in served.client.get("/v1/channels/reported/timeline").json()["events"]}
    assert marks["report"]["subject"] == "channel:reported"
    assert marks["case"]["id"] == served.client.get("/v1/channels/reported").json()["case"]


def test_what_is_not_there_is_a_404_and_what_is_no_cursor_a_400(served: Served) -> None:
    assert served.client.get("/v1/channels/nothing").json()["code"] == "not_found"
    assert served.client.get("/v1/channels/nothing/timeline").status_code == 404
    for cursor in ("x", "LTI=", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTku"):
        assert served.client.get("/v1/channels", params={"cursor": cursor}).json()["field"] == "cursor"


def test_a_key_needs_the_scope(served: Served) -> None:
    key = served.new_key("cases:read", name="channels-none")
    refused = served.client.get("/v1/channels", headers={"Authorization": f"Bearer {key}"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
