"""`examples/messenger.py`, written from docs/integrate.md alone, beside a real `siyaj serve`: all of the contract."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from examples.messenger import Messenger, NotPublished

from siyaj.cli.demo import pictures, posts

SETTINGS = {"SIYAJ_DECODERS": "1", "SIYAJ_UNDO_SECONDS": "0", "SIYAJ_MEDIA_WAIT_SECONDS": "0.001"}
"""No upload is answered by its picture: each is `pending`."""


class Desk(NamedTuple):
    """A running Siyaj, and the people at it: they curate and decide by keys of their own."""

    process: subprocess.Popen[bytes]
    run: Callable[..., dict[str, Any]]
    people: list[httpx.Client]
    messenger: Messenger

    def post(self, path: str, body: dict[str, Any], person: int = 0) -> dict[str, Any]:
        answer = self.people[person].post(path, json=body)
        assert answer.is_success, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def decide(self, subject: str, action: str, person: int = 0) -> str:
        """Decide the open case about `kind:id`; return the decision's id."""
        case = until(
            lambda: self.people[0].get("/v1/cases", params={"subject": subject, "state": "open"}).json()["items"]
        )[0]
        taken = self.post(f"/v1/cases/{case['id']}/take", {}, person)
        draft = {"action": action, "exemption": "none", "policy": "" if action in ("none", "restore") else "tvec"}
        body = {"version": taken["version"], "draft": {**draft, "reasons": "Looked at.", "deviation": "A test."}}
        return str(self.post(f"/v1/cases/{case['id']}/decide", body, person)["decision"]["id"])


def until(true: Callable[[], Any], seconds: float = 30) -> Any:
    end = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("messenger")
    own = {name: value for name, value in os.environ.items() if not name.startswith("SIYAJ_")}
    environment = {**own, **SETTINGS, "SIYAJ_DATA": str(folder)}

    def run(*arguments: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "siyaj.cli.main", *arguments, "--json"]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        told: dict[str, Any] = json.loads(ended.stdout)
        return told

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    scopes = [part for scope in ("check", "report", "state:read") for part in ("--scope", scope)]
    messenger = Messenger(url, run("key", "create", "messenger", *scopes)["key"], [])
    hook = messenger.serve()
    address = f"http://127.0.0.1:{hook.server_port}/siyaj-hook"
    messenger.secrets.append(run("endpoint", "add", "messenger", address, "--allow-private")["secret"])
    keys = [run("key", "create", name)["key"] for name in ("amal", "basim")]
    people = [httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=60) for key in keys]
    with (folder / "serve.log").open("wb") as log:
        command = [sys.executable, "-m", "siyaj.cli.main", "serve", "--port", url.rpartition(":")[2]]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        assert until(lambda: answers(url), 120), (folder / "serve.log").read_text()
        made = Desk(process, run, people, messenger)
        made.post("/v1/banks", {"name": "known"})
        part = ("entry.json", b'{"opinion": "confirmed"}', "application/json")
        picture = ("known.jpg", pictures.jpeg(pictures.landscape(100)), "image/jpeg")
        drawn = people[0].post("/v1/banks/known/entries", files={"entry": part, "file": picture}).json()["entries"]
        said = made.post("/v1/banks/known/entries", {"text": posts.STATEMENT, "opinion": "confirmed"})["entries"]
        for entry in drawn + said:
            made.post(f"/v1/banks/known/entries/{entry['id']}/confirm", {}, person=1)
        yield made
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(timeout=40)
        hook.shutdown()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=1).is_success
    except httpx.TransportError:
        return False


def test_what_is_known_is_refused_with_the_address_of_the_appeal_and_an_edit_to_it_changes_nothing(desk: Desk) -> None:
    platform = desk.messenger
    platform.send("m-1", "salma", "village", posts.NEWS)
    with pytest.raises(NotPublished, match=r"Policy: tvec\..* appeal: http.*/appeal/"):
        platform.send("m-2", "qasim", "village", posts.STATEMENT)
    with pytest.raises(NotPublished):
        platform.edit("m-1", posts.STATEMENT)
    assert (platform.items["m-1"].visible, platform.items["m-1"].text) == (True, posts.NEWS)
    assert platform.reconcile(["m-1", "m-2"]) == [], "its state is as Siyaj says it should be"


def test_an_upload_is_published_while_it_is_examined_and_taken_down_by_webhook(desk: Desk) -> None:
    platform = desk.messenger
    altered = pictures.jpeg(pictures.mirrored(pictures.cropped(pictures.landscape(100))))
    platform.upload("up-1", "qasim", "village", "a.jpg", altered)
    platform.upload("up-2", "salma", "village", "b.jpg", pictures.jpeg(pictures.landscape(555)))
    assert until(lambda: not platform.items["up-1"].visible)
    assert platform.items["up-2"].visible


def test_a_report_is_decided_the_author_told_and_the_appeal_gives_it_back(desk: Desk) -> None:
    platform = desk.messenger
    platform.send("m-3", "salma", "village", "كلام قاله أحدهم")
    platform.report("r-1", "m-3", "reem", "praise", "انظروا")
    decision = desk.decide("item:m-3", "remove")
    assert until(lambda: not platform.items["m-3"].visible)
    assert until(lambda: platform.notices.get("salma"))
    (notice,) = platform.notices["salma"]
    token = notice.rpartition("/appeal/")[2].split()[0]
    assert decision in token
    desk.post("/v1/appeals", {"token": token, "text": "كان خبرًا"})
    desk.decide("item:m-3", "restore", person=1)
    assert until(lambda: platform.items["m-3"].visible)
    assert until(lambda: len(platform.notices["salma"]) == 2)


def test_a_refused_message_comes_back_when_its_appeal_succeeds(desk: Desk) -> None:
    platform = desk.messenger
    with pytest.raises(NotPublished) as told:
        platform.send("m-4", "hani", "village", f"وصلني هذا:\n{posts.STATEMENT}")
    desk.post("/v1/appeals", {"token": str(told.value).rpartition("/appeal/")[2], "text": "أنقله لأحذّر منه"})
    desk.decide("item:m-4", "restore", person=1)
    assert until(lambda: platform.items["m-4"].visible)
    assert until(lambda: platform.notices.get("hani"))


def test_secrets_rotate_and_what_comes_twice_or_is_forged_acts_once_or_never(desk: Desk) -> None:
    platform = desk.messenger
    seen: list[tuple[bytes, dict[str, str]]] = []
    take = platform.webhook
    platform.webhook = lambda body, headers: (seen.append((body, headers)), take(body, headers))[1]  # type: ignore[method-assign]
    first, fresh = platform.secrets[0], desk.run("endpoint", "rotate", "messenger")["secret"]
    for secrets in ([first], [first, fresh], [fresh]):
        platform.secrets[:] = secrets
        assert desk.run("endpoint", "test", "messenger")["result"] == "done"
    platform.send("m-5", "rami", "village", "كلام آخر")
    platform.report("r-5", "m-5", "reem", "other")
    desk.decide("item:m-5", "remove")
    assert until(lambda: not platform.items["m-5"].visible)
    removal = next(one for one in seen if b'"action.remove"' in one[0])
    platform.items["m-5"].standing = "allowed"
    assert take(*removal) == (200, "was done before")
    assert platform.items["m-5"].visible
    body, headers = removal
    for wrong in (body.replace(b"m-5", b"m-1"), body + b" "):
        assert take(wrong, headers)[0] == 400
    for name, value in (("webhook-timestamp", "1"), ("webhook-id", "act_0"), ("webhook-signature", "v1,AAAA")):
        assert take(body, {**headers, name: value})[0] == 400
    platform.secrets[:] = [first]
    assert take(body, headers)[0] == 200, "for a day the old one signs too"
    platform.secrets[:] = [fresh]
    platform.webhook = take  # type: ignore[method-assign]


def test_siyaj_hangs_nobody_waits_longer_than_the_deadline_and_nothing_is_forgotten(desk: Desk) -> None:
    platform = desk.messenger
    platform.send("m-6", "rami", "village", "قبل الانقطاع")
    desk.process.send_signal(signal.SIGSTOP)
    try:
        held = []
        for number in range(8):
            began = time.monotonic()
            platform.send(f"m-away-{number}", "rami", "village", posts.STATEMENT if number == 3 else f"خبر {number}")
            held.append(time.monotonic() - began)
        with pytest.raises(NotPublished, match="Try again"):
            platform.upload("up-3", "rami", "village", "a.jpg", pictures.jpeg(pictures.landscape(1)))
        platform.report("r-6", "m-6", "reem", "threat_to_life", "عاجل")
    finally:
        desk.process.send_signal(signal.SIGCONT)
    assert max(held) < 1.5
    assert held[-1] < 0.1, "after five failures nobody waits"
    assert (len(platform.unchecked), platform.counts["failed_open"], list(platform.reports)) == (8, 8, ["r-6"])

    def settled() -> bool:
        platform.every_minute()
        return not platform.unchecked and not platform.reports

    assert until(settled, 60)
    assert [name for name, its in platform.items.items() if name.startswith("m-away") and not its.visible] == [
        "m-away-3"
    ]
    assert until(lambda: desk.people[0].get("/v1/cases", params={"subject": "item:m-6"}).json()["items"])


def test_after_a_backup_what_should_be_so_is_asked_for(desk: Desk) -> None:
    platform = desk.messenger
    platform.send("m-7", "dana", "village", "كلام ثالث")
    platform.report("r-7", "m-7", "reem", "other")
    desk.decide("item:m-7", "remove")
    assert until(lambda: not platform.items["m-7"].visible)
    platform.items["m-7"].standing = "allowed"  # as the backup has it
    assert platform.reconcile(["m-7", "m-6"]) == ["m-7"]
    assert platform.items["m-7"].standing == "removed"
