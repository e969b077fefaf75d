"""`/v1/banks`: curate what is known over HTTP. A key's name is the person that an entry is confirmed by."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.datastructures import State
from litestar.params import Body as JsonBody
from litestar.params import PathParameter, QueryParameter
from litestar.response import Stream
from msgspec import Meta, Struct

from siyaj.banks.curation import new_entry
from siyaj.banks.exports import EXPORT_FORMATS, export_lines
from siyaj.banks.imports import ImportReport, import_file
from siyaj.model.bank import Bank, Entry, Opinion
from siyaj.model.clock import to_us
from siyaj.model.errors import InvalidRequest, UnreadableMedia
from siyaj.model.event import MediaFile
from siyaj.model.signal import Signal
from siyaj.moderation.checks.extraction import draw_entry
from siyaj.moderation.runtime import Runtime
from siyaj.server.body import Body, read_body
from siyaj.server.gate import caller_of
from siyaj.server.problems import invalid_json

Page = Annotated[int, QueryParameter(ge=1, le=1_000, description="How many")]
After = Annotated[int, QueryParameter(ge=0, description="The `next` of the page before")]
Name = Annotated[str, PathParameter(description="The name of a bank")]
Number = Annotated[int, PathParameter(description="The id of an entry")]
Caller = Request[Any, Any, State]


class NewBank(Struct, forbid_unknown_fields=True):
    """The body of `POST /v1/banks`."""

    name: Annotated[str, Meta(max_length=64)]
    description: Annotated[str, Meta(max_length=10_000)] = ""


class GivenSignal(Struct, forbid_unknown_fields=True):
    """A signal that the caller computed itself."""

    type: Annotated[str, Meta(max_length=32)]
    value: Annotated[str, Meta(max_length=1_000_000)]
    quality: Annotated[int, Meta(ge=0, le=100)] = 100


class NewItem(Struct, forbid_unknown_fields=True):
    """The body of `POST …/entries`: one item. Files beside it (multipart, part `entry`) become one entry each."""

    text: Annotated[str, Meta(max_length=100_000)] = ""
    term: Annotated[str, Meta(max_length=1_000)] = ""
    url: Annotated[str, Meta(max_length=8_192)] = ""
    name: Annotated[str, Meta(max_length=1_000)] = ""
    emblem: Annotated[
        bool, Meta(description="The files are emblems or logos, sought inside pictures: context, no verdict")
    ] = False
    signals: Annotated[list[GivenSignal], Meta(max_length=100)] = msgspec.field(default_factory=list)
    opinion: Opinion = Opinion.SEED
    labels: Annotated[list[Annotated[str, Meta(min_length=1, max_length=100)]], Meta(max_length=50)] = msgspec.field(
        default_factory=list
    )
    provenance: dict[str, str | int | float | bool | None] = msgspec.field(default_factory=dict)
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class BankList(Struct):
    items: Sequence[Bank]


class EntryPage(Struct):
    """`next` is the `after` of the next page; null on the last."""

    items: Sequence[Entry]
    next: int | None


class AddedEntries(Struct):
    """The entries that were added, or were there and were brought up to date."""

    entries: list[Entry]


class BanksController(Controller):
    """Banks and their entries."""

    path = "/v1/banks"
    tags = ["banks"]  # noqa: RUF012  (so Litestar types it)

    @get("/", summary="All banks")
    async def list_banks(self, state: State) -> BankList:
        return BankList(await asyncio.to_thread(_runtime(state).banks.list))

    @post("/", summary="Create a bank")
    async def create_bank(self, state: State, request: Caller, data: Annotated[NewBank, JsonBody()]) -> Bank:
        create = _runtime(state).banks.create
        return await asyncio.to_thread(create, data.name, data.description, who=_who(request))

    @get("/{bank:str}", summary="One bank")
    async def get_bank(self, state: State, bank: Name) -> Bank:
        return await asyncio.to_thread(_runtime(state).banks.get, bank)

    @get("/{bank:str}/entries", summary="A page of entries")
    async def list_entries(
        self,
        state: State,
        bank: Name,
        after: After = 0,
        limit: Page = 100,
        opinion: Annotated[Opinion | None, QueryParameter()] = None,
        revoked: Annotated[bool, QueryParameter()] = False,
    ) -> EntryPage:
        page = await asyncio.to_thread(
            _runtime(state).banks.entries, bank, after=after, limit=limit, opinion=opinion, revoked=revoked
        )
        return EntryPage(page, page[-1].id if len(page) == limit else None)

    @post("/{bank:str}/entries", summary="Add an item, or files")
    async def add_entries(self, state: State, request: Caller, bank: Name) -> AddedEntries:
        runtime = _runtime(state)
        body = await read_body(request.scope, request.receive, "entry", runtime.settings.max_files)
        return await asyncio.to_thread(_add, runtime, bank, body, _who(request))

    @get("/{bank:str}/entries/{entry:int}", summary="One entry")
    async def get_entry(self, state: State, bank: Name, entry: Number) -> Entry:
        return await asyncio.to_thread(_runtime(state).banks.entry, bank, entry)

    @post("/{bank:str}/entries/{entry:int}/confirm", status_code=200, summary="Confirm an entry")
    async def confirm(self, state: State, request: Caller, bank: Name, entry: Number) -> Entry:
        return await asyncio.to_thread(_runtime(state).banks.confirm, bank, entry, who=_who(request))

    @post("/{bank:str}/entries/{entry:int}/revoke", status_code=200, summary="Take an entry out of matching")
    async def revoke(self, state: State, request: Caller, bank: Name, entry: Number) -> Entry:
        return await asyncio.to_thread(_runtime(state).banks.revoke, bank, entry, who=_who(request))

    @post("/{bank:str}/entries/{entry:int}/restore", status_code=200, summary="Take a revoked entry back")
    async def restore(self, state: State, request: Caller, bank: Name, entry: Number) -> Entry:
        return await asyncio.to_thread(_runtime(state).banks.restore, bank, entry, who=_who(request))

    @post("/{bank:str}/import", status_code=200, summary="Import a list; bad lines are named and skipped")
    async def import_list(
        self,
        state: State,
        request: Caller,
        bank: Name,
        format: Annotated[str, QueryParameter(max_length=40)] = "auto",
        opinion: Annotated[Opinion, QueryParameter()] = Opinion.SEED,
    ) -> ImportReport:
        runtime = _runtime(state)
        with tempfile.NamedTemporaryFile(dir=runtime.settings.data, prefix="import-") as file:
            async for piece in request.stream():
                file.write(piece)
            file.flush()
            return await asyncio.to_thread(
                import_file, runtime.banks, bank, Path(file.name), format=format, who=_who(request), opinion=opinion
            )

    @get("/{bank:str}/export", summary="The live entries as a list")
    async def export_list(
        self, state: State, bank: Name, format: Annotated[str, QueryParameter(max_length=40)] = "jsonl"
    ) -> Stream:
        if format not in EXPORT_FORMATS:
            raise InvalidRequest(
                f"unknown format {format!r}", field="format", hint=f"one of {', '.join(EXPORT_FORMATS)}"
            )
        runtime = _runtime(state)
        await asyncio.to_thread(runtime.banks.get, bank)

        async def lines() -> AsyncIterator[bytes]:
            its = export_lines(runtime.banks, bank, format)
            while (piece := await asyncio.to_thread(next, its, None)) is not None:
                yield piece

        return Stream(lines(), media_type="text/csv" if format == "csv" else "application/x-ndjson")


def _runtime(state: State) -> Runtime:
    runtime: Runtime = state["runtime"]
    return runtime


def _who(request: Caller) -> str:
    return f"key:{caller_of(request.scope).key.name}"


def _add(runtime: Runtime, bank: str, body: Body, who: str) -> AddedEntries:
    try:
        item = msgspec.json.decode(body.json, type=NewItem)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise invalid_json(error) from None
    runtime.banks.get(bank)
    signals = [Signal(kind, value) for kind in ("text", "term", "url", "name") if (value := getattr(item, kind))]
    signals += [Signal(given.type, given.value, given.quality) for given in item.signals]
    sources: list[tuple[str, list[Signal]]] = [("", signals)] if signals or not body.files else []
    if item.emblem and not body.files:
        raise InvalidRequest("an emblem is a file beside this, and there is none", field="emblem")
    sources += [(file.name, signals_of(runtime, file, item.emblem)) for file in body.files]
    expires = to_us(item.expires_at) if item.expires_at else None
    entries = [
        new_entry(
            its,
            opinion=item.opinion,
            labels=item.labels,
            provenance={**item.provenance, **({"file": name} if name else {})},
            expires_at=expires,
        )
        for name, its in sources
    ]
    return AddedEntries([runtime.banks.add(bank, entry, who=who).entry for entry in entries])


def signals_of(runtime: Runtime, file: MediaFile, emblem: bool) -> list[Signal]:
    """Return a file's signals as it is, not turned. Raises UnreadableMedia: half an entry is worse than none."""
    extraction = draw_entry(runtime.box, file.data, name=file.name, emblem=emblem)
    if extraction.missing:
        raise UnreadableMedia(extraction.missing[0].message, field=file.name or None)
    return extraction.signals
