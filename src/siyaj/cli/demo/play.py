"""Fills a bank, replays the stream of posts through the public HTTP API, and shows each verdict in a live table."""

import contextlib
import json
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
from cyclopts import Parameter
from msgspec import Struct
from rich.live import Live
from rich.table import Column, Table

from siyaj.cli.demo import past, pictures, posts, videos
from siyaj.cli.demo.past import Past
from siyaj.cli.demo.posts import Post
from siyaj.cli.demo.service import create_key, serving
from siyaj.cli.scan import STYLES
from siyaj.cli.session import SOME_FAILED, emit, err, out, plain, say, session
from siyaj.model.verdict import Action, Verdict

ROWS_SHOWN = 24


def demo(
    once: Annotated[bool, Parameter(negative="", help="End after the stream instead of serving on")] = False,
    port: Annotated[int | None, Parameter(help="Port to serve on; a free one if not given")] = None,
) -> int:
    """Play Siyaj's main job: fill a bank, replay a stream of posts over HTTP, show each verdict and its reason.

    Uses a fresh folder that is removed afterwards. Pictures are drawn by the program; names are invented.
    Exit code 1 means that a verdict was not what it should be.
    """
    with tempfile.TemporaryDirectory(prefix="siyaj-demo-", ignore_cleanup_errors=True) as folder:
        data = Path(folder)
        say("[dim]inventing four weeks of moderation on an empty SQLite database …[/]")
        lived = past.live(data)
        keys = [create_key(data, name) for name in ("curator-amal", "curator-basim")]
        with serving(data, port or _free_port()) as address:
            say("[dim]filling a bank; two people confirm what may act alone …[/]")
            banked = _fill(address, keys)
            wrong = _replay(address, keys[0], banked)
            say(f"API docs: [bold]{address}/docs[/]   key: [bold]{keys[0]}[/]")
            _show_console(address, lived)
            if not once:
                _serve_on(address, lived)
    return SOME_FAILED if wrong else 0


class _Seen(Struct):
    post: Post
    verdict: Verdict
    milliseconds: float

    @property
    def right(self) -> bool:
        return self.verdict.action == self.post.expect


def _fill(address: str, keys: list[str]) -> int:
    """Create the bank `known` and confirm its entries by two people. Returns how many entries it has."""
    first, second = (_client(address, key) for key in keys)
    with first, second:
        _post(first, "/v1/banks", {"name": "known", "description": "Sample material of the demo"})
        entries = []
        for seed in posts.BANKED:
            entries += _post_file(first, f"{seed}.jpg", pictures.jpeg(pictures.landscape(seed)), "confirmed")
        entries += _post_file(first, "film.mp4", videos.mp4(videos.flight(posts.FILM)), "confirmed")
        for item in ({"text": posts.STATEMENT}, {"term": posts.TERM}, {"url": posts.INVITE}):
            entries += _post(first, "/v1/banks/known/entries", {**item, "opinion": "confirmed"})["entries"]
        for entry in entries:
            _post(second, f"/v1/banks/known/entries/{entry['id']}/confirm", {})
        _post_file(first, "seed.jpg", pictures.jpeg(pictures.landscape(posts.SEED_ONLY)), "seed")
    return len(entries) + 1


def _replay(address: str, key: str, banked: int) -> int:
    """Send the stream and show it. Returns how many verdicts were not as they should be."""
    with _client(address, key) as client:
        seen = _as_lines(client) if session.get().json else _as_table(client, banked)
    times = sorted(one.milliseconds for one in seen)
    wrong = [one for one in seen if not one.right]
    say(f"{len(seen)} posts, median {times[len(times) // 2]:.1f} ms; {len(wrong)} verdicts not as they should be")
    return len(wrong)


def _as_lines(client: httpx.Client) -> list[_Seen]:
    seen = list(_checked(client))
    for one in seen:
        emit({"post": one.post.shown, "expect": one.post.expect, "ms": one.milliseconds, **_body(one)})
    return seen


def _as_table(client: httpx.Client, banked: int) -> list[_Seen]:
    seen: list[_Seen] = []
    with Live(console=out, refresh_per_second=8) as live:
        for one in _checked(client):
            seen.append(one)
            live.update(_table(seen, banked))
    return seen


def _checked(client: httpx.Client) -> Iterator[_Seen]:
    for post in posts.stream():
        began = time.perf_counter()
        if post.file is None:
            answer = client.post("/v1/check", json={**post.event, "links": post.links})
        else:
            event = ("event.json", json.dumps(post.event).encode(), "application/json")
            answer = client.post(
                "/v1/check", files={"event": event, "file": (post.media.replace("/", "."), post.file, post.media)}
            )
        milliseconds = (time.perf_counter() - began) * 1e3
        answer.raise_for_status()
        yield _Seen(post, msgspec.json.decode(answer.content, type=Verdict), milliseconds)


def _table(seen: list[_Seen], banked: int) -> Table:
    why = Column("why", no_wrap=True, overflow="ellipsis", ratio=1)
    took = Column("time", justify="right", no_wrap=True)
    title = f"Siyaj: {banked} known items, posts as they come"
    table = Table(Column("post", no_wrap=True), Column("verdict", no_wrap=True), why, took, title=title, expand=True)
    for one in seen[-ROWS_SHOWN:]:
        verdict = one.verdict
        because = verdict.reasons[0].text if verdict.reasons else "nothing known in it"
        mark = "" if one.right else f" [red](should be {one.post.expect})[/]"
        action = f"[{STYLES[Action(verdict.action)]}]{verdict.action}[/]{mark}"
        table.add_row(plain(one.post.shown), action, plain(because), f"{one.milliseconds:.1f} ms")
    return table


def _body(one: _Seen) -> dict[str, Any]:
    verdict: dict[str, Any] = msgspec.to_builtins(one.verdict)
    return verdict


def _show_console(address: str, lived: Past) -> None:
    """Say where the console is, and how to get in. On stderr: stdout is the stream's."""
    say(f"console: [bold]{address}/console/[/]   {lived.waiting} cases wait (SAMPLE / عيّنة)")
    for door in lived.doors:
        roles = ", ".join(door.roles)
        say(f"  log-in [bold]{door.login}[/] ({roles}; {door.locale})  password [bold]{door.password}[/]")
        say(f"         TOTP secret {door.secret}")
    say(f"report form: {address}/report")
    say(f"codes that serve now: [bold]{past.codes(lived.doors)}[/]")


def _serve_on(address: str, lived: Past) -> None:
    """Serve until interrupted; on a terminal, show the codes of the moment: nobody has the demo in their phone."""
    say(f"serving on {address} until interrupted (Ctrl-C)")
    with contextlib.suppress(KeyboardInterrupt):
        if not err.is_terminal:
            threading.Event().wait()
        with err.status("") as status:
            while True:
                status.update(f"codes: {past.codes(lived.doors)}")
                time.sleep(1)
    say("stopping …")


def _client(address: str, key: str) -> httpx.Client:
    return httpx.Client(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=30)


def _post(client: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(path, json=body)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def _post_file(client: httpx.Client, name: str, data: bytes, opinion: str) -> list[dict[str, Any]]:
    entry = ("entry.json", json.dumps({"opinion": opinion}).encode(), "application/json")
    answer = client.post(
        "/v1/banks/known/entries",
        files={"entry": entry, "file": (name, data, "video/mp4" if name.endswith(".mp4") else "image/jpeg")},
    )
    answer.raise_for_status()
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
