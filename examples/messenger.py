"""A small messenger with moderation, written from docs/integrate.md alone: the standard library and httpx.

To read, and to start an adaptor from. Everything is kept in memory, where a real one has tables; its people are
whoever calls the methods. `POST /siyaj-hook` on the address of `serve` takes the webhooks.
"""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, TimeoutError
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

import httpx

REFUSED = "{what} was not published. Policy: {policy}. {reason} If you think that this is a mistake, appeal: {appeal}"
LATER = "This cannot be checked at the moment. Try again in a few minutes."
BREAKS_AFTER, FIRST_PAUSE, LONGEST_PAUSE = 5, 2.0, 30.0


class NotPublished(Exception):
    """What the author is told."""


class NoAnswer(Exception):
    """Siyaj did not answer, not in time, or said that it cannot now."""


@dataclass
class Item:
    """A message or an upload. What is `held`, `refused` or `removed` is kept: it may come back."""

    author: str
    room: str
    text: str
    data: bytes = b""
    standing: str = "allowed"
    refused_edits: set[str] = field(default_factory=set)
    """Verdicts on edits that never showed."""

    @property
    def visible(self) -> bool:
        return self.standing in ("allowed", "labelled", "limited")


@dataclass
class Messenger:
    url: str
    key: str
    secrets: list[str]
    """Of the webhooks; while one is rotated both."""
    deadline: float = 1.0
    items: dict[str, Item] = field(default_factory=dict)
    suspended: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    notices: dict[str, list[str]] = field(default_factory=dict)
    unchecked: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Let through without an answer: what to check again, by id → (kind, Idempotency-Key)."""
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Not received yet, by id."""
    done: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._http = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.key}"})
        self._pool = ThreadPoolExecutor(32)
        self._acting = threading.Lock()
        self._failures, self._pause, self._closed_until = 0, FIRST_PAUSE, 0.0

    # What people do

    def send(self, message: str, author: str, room: str, text: str) -> None:
        """Raises NotPublished. Fails open."""
        self._publish(message, Item(author, room, text), "message", fail_open=True)

    def edit(self, message: str, text: str) -> None:
        old = self.items[message]
        version = f"{message}:{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        self._publish(message, Item(old.author, old.room, text), "message", fail_open=True, repeat=version)

    def upload(self, upload: str, author: str, room: str, name: str, data: bytes) -> None:
        """Raises NotPublished. Fails closed: anybody can fetch it."""
        self._publish(upload, Item(author, room, name, data), "media", fail_open=False, seconds=10.0)

    def report(self, report: str, message: str, reporter: str, reason: str, text: str = "") -> None:
        its = self.items[message]
        about = {"subject": {"kind": "item", "id": message}, "account": its.author, "channel": its.room}
        said = {"reason": reason, "text": text, "content": {"text": its.text}}
        self.reports[report] = {"id": report, "reporter": {"kind": "user", "id": reporter}, **about, **said}
        self.every_minute()

    # What a clock does

    def every_minute(self) -> None:
        """Send what was not received; check what was let through."""
        for report, body in list(self.reports.items()):
            try:
                answer = self._call("POST", "/v1/reports", seconds=10.0, json=body)
            except NoAnswer:
                return
            self.counts["reports"] += 1
            if answer.status_code != 202:
                self.counts["reports_refused"] += 1  # ours to mend; repeating it would not help
            del self.reports[report]
        for name, (kind, repeat) in list(self.unchecked.items()):
            its = self.items[name]
            try:
                verdict = self._check(name, its, kind, repeat, seconds=10.0)
            except NoAnswer:
                return
            del self.unchecked[name]
            if verdict["action"] in ("hold", "block"):
                its.standing = "held" if verdict["action"] == "hold" else "removed"
                self._tell(its.author, _words("Your message", verdict))

    def reconcile(self, names: list[str]) -> list[str]:
        """After an outage or a backup: make ours equal to what should be. Returns what changed."""
        changed = []
        for name in names:
            answer = self._call("GET", f"/v1/state/item/{quote(name, safe='')}", seconds=10.0)
            if answer.status_code != 200:
                continue
            state, its = answer.json(), self.items[name]
            if state["verdict"] not in its.refused_edits and its.standing != state["standing"]:
                its.standing = state["standing"]
                changed.append(name)
        return changed

    # Asking

    def _publish(
        self, name: str, item: Item, kind: str, *, fail_open: bool, repeat: str = "", seconds: float = 0.0
    ) -> None:
        if item.author in self.suspended or item.room in self.closed:
            raise NotPublished("You cannot write here.")
        try:
            verdict = self._check(name, item, kind, repeat, seconds or self.deadline)
        except NoAnswer:
            self.counts["failed_open" if fail_open else "failed_closed"] += 1
            if not fail_open:
                raise NotPublished(LATER) from None
            self.items[name] = item
            self.unchecked[name] = (kind, repeat)
            return
        standing = {"allow": "allowed", "label": "labelled", "limit": "limited", "block": "blocked"}
        item.standing = standing.get(verdict["action"], "held")  # what is unknown is held
        old = self.items.get(name)
        if old is not None and not item.visible:  # a refused edit leaves what was there
            old.refused_edits.add(verdict["id"])
        else:
            self.items[name] = item
        if not item.visible:
            raise NotPublished(_words("Your message", verdict))

    def _check(self, name: str, item: Item, kind: str, repeat: str, seconds: float) -> dict[str, Any]:
        event = {"id": name, "kind": kind, "account": {"id": item.author}, "channel": {"id": item.room}}
        event["text"] = item.text[:100_000]
        more: dict[str, Any] = {"json": event}
        if item.data:
            part = ("event.json", json.dumps(event), "application/json")
            more = {"files": {"event": part, "file": (item.text, item.data)}}
        headers = {"Idempotency-Key": repeat} if repeat else {}
        answer = self._call("POST", "/v1/check", seconds=seconds, headers=headers, **more)
        if answer.status_code != 200:  # 400, 413, 415, 422: ours to mend, and this hook fails as it does
            self.counts["checks_refused"] += 1
            raise NoAnswer(answer.text)
        verdict: dict[str, Any] = answer.json()
        return verdict

    def _call(self, method: str, path: str, *, seconds: float, **more: Any) -> httpx.Response:
        """The deadline is around the whole call: a timeout of httpx begins anew with each byte."""
        if self._failures >= BREAKS_AFTER and time.monotonic() < self._closed_until:
            raise NoAnswer("left alone for a moment")
        self._closed_until = time.monotonic() + self._pause  # meanwhile nobody else tries
        try:
            answer = self._pool.submit(self._http.request, method, path, timeout=seconds, **more).result(seconds)
            if answer.status_code in (401, 403, 408, 409, 429) or answer.status_code >= 500:
                raise NoAnswer(f"{answer.status_code} {answer.text[:200]}")
        except (httpx.HTTPError, TimeoutError, NoAnswer) as error:
            self._failures += 1
            if self._failures > BREAKS_AFTER:
                self._pause = min(LONGEST_PAUSE, self._pause * 2)
            raise NoAnswer(str(error)) from None
        self._failures, self._pause = 0, FIRST_PAUSE
        return answer

    # Being told

    def webhook(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Return status and words to answer."""
        try:
            action = self._verified(body, headers)
        except (KeyError, ValueError) as error:
            return 400, str(error)
        with self._acting:  # the same action may come twice at once
            if action["id"] in self.done:
                return 200, "was done before"
            status, said = self._act(action)
            if status == 200:
                self.done.add(action["id"])
        return status, said

    def _verified(self, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        message, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
        if abs(time.time() - int(sent_at)) > 300:
            raise ValueError("too old")
        content = message.encode() + b"." + sent_at.encode() + b"." + body
        keys = [base64.b64decode(secret.removeprefix("whsec_")) for secret in self.secrets]
        ours = ["v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode() for key in keys]
        given = headers["webhook-signature"].split(" ")
        if not any(hmac.compare_digest(one.encode(), two.encode()) for one in given for two in ours):
            raise ValueError("not signed with our secret")
        action: dict[str, Any] = json.loads(body)["data"]
        if action["id"] != message:
            raise ValueError("another id")
        return action

    def _act(self, action: dict[str, Any]) -> tuple[int, str]:
        kind, name, payload = action["kind"], action["subject"]["id"], action["payload"]
        if kind == "none":
            return 200, "nothing to do"
        if kind == "notify":
            to = payload["to"]["id"] if payload["to"]["kind"] == "account" else payload.get("account")
            if not to:
                return 501, "nobody is known to tell"
            self._tell(to, payload.get("outcome") or _statement(payload["statement"]))
            return 200, "told"
        sets = {"suspend_account": (self.suspended, True), "reinstate_account": (self.suspended, False)}
        sets |= {"close_channel": (self.closed, True), "reopen_channel": (self.closed, False)}
        if kind in sets:
            those, into = sets[kind]
            (those.add if into else those.discard)(name)
            return 200, kind
        standing = {"label": "labelled", "limit": "limited", "hold": "held", "remove": "removed", "restore": "allowed"}
        if kind not in standing or action["subject"]["kind"] != "item":
            return 501, f"this messenger has no {kind} of {action['subject']['kind']}s"
        if name not in self.items:
            return 200, "it is not here any more"
        self.items[name].standing = standing[kind]
        return 200, standing[kind]

    def _tell(self, account: str, words: str) -> None:
        self.notices.setdefault(account, []).append(words)

    def serve(self, port: int = 0) -> ThreadingHTTPServer:
        """Take webhooks on loopback, in a thread; `shutdown` ends it."""
        messenger = self

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", "0")))
                status, said = messenger.webhook(body, {name.lower(): value for name, value in self.headers.items()})
                self.send_response(status)
                self.end_headers()
                self.wfile.write(said.encode())

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", port), Hook)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server


def _statement(statement: dict[str, Any]) -> str:
    parts = ("action", "facts", "automated", "ground", "redress", "appeal_url")
    return "\n".join(statement[part] for part in parts if statement.get(part))


def _words(what: str, verdict: dict[str, Any]) -> str:
    reason = verdict["reasons"][0]["text"] if verdict["reasons"] else ""
    return REFUSED.format(what=what, policy=verdict["policy"], reason=reason, appeal=verdict["appeal_url"])
