"""Reports of events, rooms and users. Synapse writes them into three tables, of which no admin interface shows the
second; they are read from there and handed on, each once, and none is lost while Siyaj is away.

A row's id says how far a table was read, but not which report it is: a homeserver that was restored from an older
backup gives the same ids to other reports. So a report is known by a digest of what it says, and the cursor remembers
the digest of the row it stands on: when that row is gone or another one, the table is read from its beginning again.
"""

import hashlib
import json
import logging
from typing import Any, NamedTuple

from synapse.module_api import LoggingTransaction, ModuleApi

from siyaj_synapse import content, counts
from siyaj_synapse.client import File, NoAnswer, NotAccepted, Siyaj
from siyaj_synapse.config import Config
from siyaj_synapse.rooms import local_media
from siyaj_synapse.store import Cursor, Store

log = logging.getLogger(__name__)

AT_ONCE = 100
OVERLAP = 50
"""Ids are given before their rows are committed: a row may come up behind one with a higher id."""
SECONDS = 10.0

_QUERIES = {
    "event_reports": (
        "SELECT r.id, r.received_ts, r.user_id, r.reason, r.room_id, r.event_id, e.json, u.creation_ts"
        " FROM event_reports AS r LEFT JOIN event_json AS e ON e.event_id = r.event_id"
        " LEFT JOIN users AS u ON u.name = r.user_id WHERE r.id > ? ORDER BY r.id LIMIT ?"
    ),
    "room_reports": (
        "SELECT r.id, r.received_ts, r.user_id, r.reason, r.room_id, NULL, s.topic, u.creation_ts"
        " FROM room_reports AS r LEFT JOIN room_stats_state AS s ON s.room_id = r.room_id"
        " LEFT JOIN users AS u ON u.name = r.user_id WHERE r.id > ? ORDER BY r.id LIMIT ?"
    ),
    "user_reports": (
        "SELECT r.id, r.received_ts, r.user_id, r.reason, r.target_user_id, NULL, p.displayname, u.creation_ts"
        " FROM user_reports AS r LEFT JOIN profiles AS p ON p.full_user_id = r.target_user_id"
        " LEFT JOIN users AS u ON u.name = r.user_id WHERE r.id > ? ORDER BY r.id LIMIT ?"
    ),
}


_BEFORE = """
SELECT j.json FROM events AS e JOIN event_json AS j ON j.event_id = e.event_id
WHERE e.room_id = ? AND e.type = 'm.room.message'
AND e.stream_ordering < (SELECT stream_ordering FROM events WHERE event_id = ?)
ORDER BY e.stream_ordering DESC LIMIT ?
"""
MOST_BEFORE = 10
MOST_FILES = 4


class Row(NamedTuple):
    """`about` is a room or an account; `shown` is what was there: an event's JSON, a topic, a name."""

    id: int
    received_ts: int
    user_id: str
    reason: str | None
    about: str
    event_id: str | None
    shown: str | None
    creation_ts: int | None

    @property
    def digest(self) -> str:
        """What the report says, without its id and without what may change afterwards."""
        said = [self.received_ts, self.user_id, self.reason, self.about, self.event_id]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


class Reports:
    def __init__(self, api: ModuleApi, config: Config, siyaj: Siyaj, store: Store) -> None:
        self._api = api
        self._config = config
        self._siyaj = siyaj
        self._store = store
        self._read_to: dict[str, int] = {}
        self._looked: dict[str, tuple[int, ...]] = {}

    async def run(self) -> None:
        """Hand on what is new in each table. Called again and again; stops at the first that gets no answer."""
        for table in _QUERIES:
            try:
                looks = await self._api.run_db_interaction("siyaj_reports", _look, table, self._read_to.get(table, 0))
                if looks == self._looked.get(table):
                    continue
                while await self._hand_on(table):
                    pass
                self._looked[table] = looks  # from before: what came meanwhile shows at the next look
            except NoAnswer as error:
                log.debug("reports wait in %s: %s", table, error)
                return
            except Exception:
                log.exception("the reports in %s could not be read; they are tried again", table)

    async def _hand_on(self, table: str) -> bool:
        """Send one page. Returns whether there may be more. Raises NoAnswer; what was sent by then is remembered."""
        cursor = await self._api.defer_to_thread(self._store.cursor, table)
        after = await self._start(table, cursor)
        rows = await self._api.run_db_interaction("siyaj_reports", _read, table, after, AT_ONCE)
        if not rows:
            if cursor is not None and after == 0:
                await self._api.defer_to_thread(self._store.advance, table, Cursor(0, ""))
            return False
        unsent = await self._api.defer_to_thread(self._store.unsent, [_key(table, row) for row in rows])
        for row in rows:
            if _key(table, row) in unsent:
                await self._send(table, row)
        last = Cursor(rows[-1].id, rows[-1].digest)
        await self._api.defer_to_thread(self._store.advance, table, last)
        self._read_to[table] = last.id
        return len(rows) == AT_ONCE and last != cursor

    async def _start(self, table: str, cursor: Cursor | None) -> int:
        """Return the id after which to read."""
        if cursor is None or cursor.id == 0:
            return 0
        found = await self._api.run_db_interaction("siyaj_reports", _read, table, cursor.id - 1, 1)
        if found and found[0].id == cursor.id and found[0].digest == cursor.digest:
            return max(0, cursor.id - OVERLAP)
        log.warning("%s is not what it was: it is read from its beginning again", table)
        return 0

    async def _send(self, table: str, row: Row) -> None:
        key = _key(table, row)
        report = _report(table, row, key)
        files: list[File] = []
        if table == "event_reports":
            report["content"] |= await self._around(row)
            files = await self._files(row)
        try:
            await self._siyaj.report(report, key, files, seconds=SECONDS)
        except NotAccepted as error:
            log.error("Siyaj does not accept report %s of %s: %s", row.id, table, error)
            counts.NOT_ACCEPTED.labels("report").inc()
        counts.REPORTS.labels(table).inc()
        await self._api.defer_to_thread(self._store.mark_sent, key)

    async def _around(self, row: Row) -> dict[str, Any]:
        """Return the messages before the reported one, for the person who decides."""
        rows = await self._api.run_db_interaction("siyaj_reports", _before, row.about, row.event_id or "")
        said = [(json.loads(raw), words) for raw in reversed(rows) if (words := _words(raw))]
        before = [{"text": words[:4_000], "account": str(one.get("sender", ""))[:1_000]} for one, words in said]
        return {"before": before} if before else {}

    async def _files(self, row: Row) -> list[File]:
        """Return the files that the event shows, as far as they lie here: they are sealed as evidence."""
        shown = _shown_files(row.shown)[:MOST_FILES]
        largest = self._config.largest_media // MOST_FILES
        found = [await self._api.defer_to_thread(local_media, self._api, one, largest) for one in shown]
        return [File(name.rpartition("/")[2], data) for name, data in zip(shown, found, strict=True) if data]


def _key(table: str, row: Row) -> str:
    return f"{table}-{row.digest}"


def _look(txn: LoggingTransaction, table: str, read_to: int) -> tuple[int, ...]:
    """Return what changes when something is new near the table's end, or the table is another one; it costs little."""
    query = f"SELECT COUNT(*), MAX(id), SUM(received_ts) FROM {table} WHERE id > ?"
    txn.execute(query, (max(0, read_to - OVERLAP),))
    return tuple(int(one or 0) for one in txn.fetchall()[0])


def _read(txn: LoggingTransaction, table: str, after: int, count: int) -> list[Row]:
    txn.execute(_QUERIES[table], (after, count))
    return [Row(*row) for row in txn.fetchall()]


def _report(table: str, row: Row, key: str) -> dict[str, Any]:
    """Return the body of `POST /v1/reports`."""
    kind = {"event_reports": "item", "room_reports": "channel", "user_reports": "account"}[table]
    reporter: dict[str, Any] = {"kind": "user", "id": row.user_id}
    if row.creation_ts:
        # As old as it was then: the same report, sent again, must be the same.
        reporter["age_days"] = round(max(0.0, row.received_ts / 1_000 - row.creation_ts) / 86_400, 3)
    placed: dict[str, Any] = {}
    if table == "event_reports":
        sender = _event(row.shown).get("sender")
        placed = {"channel": row.about[:256], **({"account": sender[:256]} if isinstance(sender, str) else {})}
    return {
        "id": key,
        **placed,
        "subject": {"kind": kind, "id": (row.event_id or row.about)[:256]},
        "text": (row.reason or "").replace("\0", " ")[:100_000],
        "reporter": reporter,
        "content": _shown(table, row),
    }


def _shown(table: str, row: Row) -> dict[str, Any]:
    if table != "event_reports":
        return {"text": row.shown.replace("\0", " ")[:100_000]} if row.shown else {}
    said = _event(row.shown).get("content")
    return {"text": content.words(said), "links": content.links(said)} if isinstance(said, dict) else {}


def _event(raw: str | None) -> dict[str, Any]:
    try:
        found = json.loads(raw or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _words(raw: str) -> str:
    said = _event(raw).get("content")
    return content.words(said) if isinstance(said, dict) else ""


def _shown_files(raw: str | None) -> list[str]:
    said = _event(raw).get("content")
    return [said["url"]] if isinstance(said, dict) and isinstance(said.get("url"), str) else []


def _before(txn: LoggingTransaction, room_id: str, event_id: str) -> list[str]:
    txn.execute(_BEFORE, (room_id, event_id, MOST_BEFORE))
    return [row[0] for row in txn.fetchall()]
