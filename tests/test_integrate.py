"""docs/integrate.md is the contract: its examples run as they stand there, its tables name every field and value."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from siyaj.delivery.schedule import RETRIES
from siyaj.delivery.webhook import Message, signed
from siyaj.model.action import ActionKind, PlatformAction
from siyaj.model.clock import now_us, to_datetime
from siyaj.model.decision import Statement
from siyaj.model.event import Account, Channel, Event, EventKind
from siyaj.model.report import NewReport, ReportedContent, Reporter, ReportReason, Subject, SubjectKind
from siyaj.model.settings import Settings
from siyaj.model.state import Acknowledgement, Standing, SubjectState
from siyaj.model.verdict import Action, Verdict
from siyaj.storage import actions, endpoints
from siyaj.storage.actions import NewAction
from siyaj.storage.endpoints import EndpointKind, new_secret
from tests.server.conftest import Served, serve

PAGE = (Path(__file__).parent.parent / "docs" / "integrate.md").read_text(encoding="utf-8")
SECRET = new_secret()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("served")
    for one in serve(Settings(data=str(folder), decoders=1)):
        one.runtime.box.warm()
        with one.runtime.database.begin() as connection:
            endpoints.add(connection, one.runtime.keyring, "messenger", EndpointKind.POLL)
        yield one


@pytest.fixture(scope="module")
def example(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The page's Python, executed in order as one module."""
    given = {"SIYAJ_URL": f"http://127.0.0.1:{served.port}", "SIYAJ_KEY": served.key, "SIYAJ_SECRET": SECRET}
    before = Path.cwd()
    os.environ.update(given)
    os.chdir(tmp_path_factory.mktemp("example"))
    names: dict[str, Any] = {}
    try:
        for block in blocks("python"):
            exec(compile(block, "docs/integrate.md", "exec"), names)
        yield names
        names["siyaj"].close()
    finally:
        os.chdir(before)
        for name in given:
            del os.environ[name]


def test_the_shell_examples_are_answered(served: Served, tmp_path: Path) -> None:
    environment = {**os.environ, "SIYAJ_URL": f"http://127.0.0.1:{served.port}", "SIYAJ_KEY": served.key}
    answers = []
    for block in blocks("sh"):
        run = ["bash", "-c", block]
        ended = subprocess.run(run, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
        answers.append(json.loads(ended.stdout))
    check, upload, report, state = answers
    assert (check["action"], upload["action"]) == ("allow", "allow")
    shown = json.loads(blocks("json")[0])
    assert set(shown) == set(check), "the page shows the answer as it is"
    assert report["receipt"].startswith("rcp_")
    assert state["standing"] == "allowed"


def test_the_hooks_of_the_example_work(example: dict[str, Any], served: Served) -> None:
    assert example["may_publish"]("d-1", "u-1", "صباح الخير")
    assert example["may_upload"]("d-2", "a.txt", b"nothing known")
    assert example["every_minute"]() == []
    assert example["should_be_visible"]("d-1")


def test_both_ways_to_verify_take_ours_and_refuse_others(example: dict[str, Any]) -> None:
    acted: list[tuple[str, ...]] = []
    example["act"] = lambda *told: acted.append(told[:3])
    subject = Subject(SubjectKind.ITEM, "d-1")
    action = PlatformAction("act_1", ActionKind.REMOVE, subject, "dec_1", None, None, to_datetime(now_us()))
    body = msgspec.json.encode(Message("action.remove", action.created_at, action))
    headers = signed("act_1", now_us() // 1_000_000, body, [new_secret(), SECRET])
    assert [example["on_webhook"](body, headers) for _ in range(2)] == [200, 200]
    assert acted == [("remove", "item", "d-1")]
    assert example["verified"](body, headers, SECRET)["id"] == "act_1"
    assert example["on_webhook"](body + b" ", headers) == 400
    for wrong in ({**headers, "webhook-id": "act_2"}, {**headers, "webhook-timestamp": "1"}):
        with pytest.raises(ValueError, match=r"signed|old"):
            example["verified"](body, wrong, SECRET)


def test_asking_works_off_what_is_there(example: dict[str, Any], served: Served) -> None:
    subjects = [Subject(SubjectKind.ITEM, name) for name in ("w-1", "w-2")]
    now = to_datetime(now_us())
    with served.runtime.database.begin() as connection:
        actions.enqueue(
            connection, [NewAction("dec_2", None, one, ActionKind.REMOVE, None, {}, now) for one in subjects]
        )

    def act(kind: str, subject_kind: str, subject_id: str, payload: dict[str, Any]) -> None:
        if subject_id == "w-2":
            raise LookupError(subject_id)

    example["act"] = act
    example["work_off"]()
    assert not example["should_be_visible"]("w-1")
    with served.runtime.database.read() as connection:
        told = dict(connection.exec_driver_sql("SELECT error, state FROM deliveries").all())
    assert told == {"": "delivered", "not there: w-2": "waiting"}


STRUCTS: list[type[msgspec.Struct]] = [
    Event,
    Account,
    Channel,
    Verdict,
    NewReport,
    Reporter,
    ReportedContent,
    PlatformAction,
    SubjectState,
    Acknowledgement,
    Statement,
]


@pytest.mark.parametrize("struct", STRUCTS)
def test_every_field_stands_in_the_page(struct: type[msgspec.Struct]) -> None:
    for field in msgspec.structs.fields(struct):
        assert re.search(rf"`[^`\n]*\b{field.name}\b[^`\n]*`", PAGE), f"{struct.__name__}.{field.name}"


@pytest.mark.parametrize("values", [ActionKind, Action, Standing, ReportReason, EventKind, SubjectKind])
def test_every_value_stands_in_the_page(values: Any) -> None:
    for value in values:
        assert re.search(rf"`[^`\n]*\b{value.value}\b[^`\n]*`", PAGE), value


def test_every_limit_stands_in_the_page() -> None:
    """What is longer refuses the whole request: an adaptor has to know where to cut."""
    schema = msgspec.json.schema(Event)
    found = {int(number) for number in re.findall(r"'max(?:Length|Items)': (\d+)", str(schema))} - {
        32,
        35,
        40,
        1_000_000,
    }
    assert found == {number for number in found if re.search(rf"(?<![\d,]){number:,}(?![\d,])", PAGE)}


def test_every_address_that_the_page_and_the_example_name_is_in_the_openapi(served: Served) -> None:
    def bare(path: str) -> str:
        """Without what differs from call to call: `/v1/state/{kind}/{id}` and `/v1/state/item/m-1` are one address."""
        return re.sub(r"(?<=/v1/state/).*|\{[^}]*\}", "…", path)

    described = served.client.get("/openapi.json").json()["paths"]
    known = {(method.upper(), bare(path)) for path, methods in described.items() for method in methods}
    page = {(method, bare(path)) for method, path in re.findall(r"\b(GET|POST) (/v1/[\w/{}-]+)", PAGE)}
    example = (Path(__file__).parent.parent / "examples" / "messenger.py").read_text(encoding="utf-8")
    calls = {(method, bare(path)) for method, path in re.findall(r'"(GET|POST)", f?"(/v1/[^"]+)"', example)}
    assert len(page) >= 6 and page <= known, page - known
    assert len(calls) == 3 and calls <= page, calls - page


def test_the_retry_table_is_the_schedule() -> None:
    def words(seconds: float) -> str:
        for unit, size in (("h", 3_600), ("min", 60)):
            if seconds >= size:
                return f"{seconds / size:g} {unit}"
        return f"{seconds:g} s"

    table = re.search(r"<!-- retries.*?-->\n(.*?)<!-- /retries -->", PAGE, re.DOTALL)
    assert table is not None
    rows = ["| 1 | at once |", *(f"| {number} | {words(wait)} |" for number, wait in enumerate(RETRIES, 2))]
    assert table.group(1).splitlines()[2:] == rows
