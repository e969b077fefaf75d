"""Synapse in several processes: the module works in each, and what must run once runs once."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from conftest import Trial, module_config
from siyaj.cli.demo import pictures, posts
from trial.client import Client, Refused
from trial.environment import CannotInstall, python_for_workers
from trial.workers import Clustered

REDIS_PORT = int(os.environ.get("SIYAJ_TEST_REDIS_PORT") or 6379)


class Setting(NamedTuple):
    homeserver: Clustered
    author: Client
    worker: Client
    """The author's way to the worker."""
    room: str


@pytest.fixture(scope="module")
def setting(trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    postgres = os.environ.get("SIYAJ_TEST_POSTGRES")
    if not postgres:
        pytest.skip("SIYAJ_TEST_POSTGRES names no server: Synapse needs PostgreSQL for workers")
    try:
        socket.create_connection(("127.0.0.1", REDIS_PORT), timeout=2).close()
        python_for_workers()
    except (OSError, CannotInstall) as error:
        pytest.skip(f"no Redis here, or no client for it: {error}")
    folder: Path = tmp_path_factory.mktemp("workers")
    homeserver = Clustered(folder / "synapse", module_config(trial.siyaj, folder), postgres, REDIS_PORT)
    trial.homeserver.stop()
    try:
        homeserver.start()
        author = homeserver.register("author")
        worker = homeserver.at_worker(author)
        yield Setting(homeserver, author, worker, worker.create_room(preset="public_chat", name="Several"))
    finally:
        homeserver.stop()
        trial.homeserver.start()


def test_the_worker_refuses_what_is_known_and_so_does_the_main_process(setting: Setting) -> None:
    assert setting.worker.say(setting.room, posts.NEWS)
    for client in (setting.worker, setting.author):
        with pytest.raises(Refused) as refused:
            client.say(setting.room, posts.STATEMENT)
        assert "org.siyaj.appeal_url" in refused.value.answer
        with pytest.raises(Refused):
            client.create_room(name="Library", topic=posts.STATEMENT)
    with pytest.raises(Refused):
        setting.author.upload(pictures.jpeg(pictures.mirrored(pictures.landscape(100))))


def test_uploads_at_a_media_worker_are_checked_once_and_their_uploader_is_known(setting: Setting, trial: Trial) -> None:
    altered = pictures.jpeg(pictures.mirrored(pictures.cropped(pictures.landscape(100))))
    with pytest.raises(Refused) as refused:
        setting.worker.upload(altered)
    answer = refused.value.answer
    assert answer["org.siyaj.appeal_url"] in answer["error"]
    record = trial.siyaj.get(f"/v1/verdicts/{answer['org.siyaj.verdict']}")["record"]
    assert record["event"]["account"]["id"] == setting.author.user_id
    mxc = setting.worker.upload(pictures.jpeg(pictures.landscape(811)))
    assert setting.worker.download(mxc)
    assert len(trial.siyaj.get("/v1/verdicts", event=mxc)["items"]) == 1
    assert len(trial.siyaj.get("/v1/verdicts", event=record["event"]["id"])["items"]) == 1
    with pytest.raises(Refused) as elsewhere:
        setting.author.upload(altered)
    assert elsewhere.value.status == 404, "the main process serves no media here"


def test_a_decision_quarantines_at_the_media_worker(setting: Setting) -> None:
    """Synapse serves the admin API of media there alone: the proxy in front sends these paths to it."""
    admin = setting.homeserver.register("files-admin", admin=True)
    mxc = setting.worker.upload(pictures.jpeg(pictures.landscape(812)))
    path = f"/_synapse/admin/v1/media/quarantine/{mxc.removeprefix('mxc://')}"
    with pytest.raises(Refused) as refused:
        admin.call("POST", path, {})
    assert (refused.value.status, refused.value.answer["errcode"]) == (404, "M_UNRECOGNIZED")
    setting.homeserver.at_worker(admin).call("POST", path, {})
    assert until(lambda: not downloads(setting.worker, mxc))


def test_a_report_is_handed_on_once(setting: Setting, trial: Trial) -> None:
    event = setting.worker.say(setting.room, "كلام يستحق أن يُنظر فيه")
    setting.author.report_event(setting.room, event, "look")  # Synapse takes reports on its main process only
    case = trial.siyaj.case_of(f"item:{event}", seconds=20)
    assert case is not None
    time.sleep(2)
    assert len(trial.siyaj.get(f"/v1/cases/{case['id']}")["reports"]) == 1


def test_what_passed_at_the_worker_while_siyaj_was_away_is_taken_down(setting: Setting, trial: Trial) -> None:
    trial.siyaj.kill()
    try:
        passed = setting.worker.say(setting.room, posts.STATEMENT)
        setting.worker.set_name(posts.STATEMENT[:250])
        shown = setting.worker.upload(pictures.jpeg(pictures.mirrored(pictures.landscape(100))))
    finally:
        trial.siyaj.start()
    assert until(lambda: setting.author.event(setting.room, passed)["content"] == {})
    assert until(lambda: not downloads(setting.worker, shown))
    assert trial.siyaj.case_of(f"account:{setting.author.user_id}", seconds=20) is not None


def downloads(client: Client, mxc: str) -> bool:
    try:
        return bool(client.download(mxc))
    except Refused:
        return False


def until(true: Callable[[], bool], seconds: float = 40) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True
