"""`/console/banks`: what is known. Look, search, confirm, revoke, restore, add."""

import base64
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Controller, Response, get, post
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from sqlalchemy import Row

from siyaj.banks.curation import new_entry
from siyaj.banks.imports import IMPORT_FORMATS, ImportReport, import_file
from siyaj.banks.search import search
from siyaj.model.bank import Bank, Entry, Opinion
from siyaj.model.clock import to_us
from siyaj.model.errors import InvalidRequest, UserError
from siyaj.model.event import MediaFile
from siyaj.model.person import Permission
from siyaj.model.signal import Signal
from siyaj.moderation.runtime import Runtime
from siyaj.server.api.banks import signals_of
from siyaj.server.console import codes, listing
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.listing import Column, Fetch, Filter, Listing, query_of
from siyaj.server.console.page import redirect, render
from siyaj.server.console.session import AnyRequest, TheForm, ThePerson, TheRuntime, TheVisit
from siyaj.server.console.still import WIDEST, has_still, still
from siyaj.storage import audit, entries
from siyaj.storage.database import Connection
from siyaj.storage.keyset import Slice, Value, Where

KINDS = ("text", "term", "url", "name", "hash", "file", "emblem")
"""What can be added by the form."""
_DONE = {
    "created": N_("The bank is there."),
    "confirm": N_("Confirmed. An entry acts alone once two people confirmed it."),
    "revoke": N_("Revoked: it matches nothing any more. Its row stays for the record."),
    "restore": N_("It is back in matching."),
    "added": N_("Added."),
    "known": N_("The bank had it already; it was brought up to date."),
}
_SEE = {"permission": Permission.SEE_BANKS}
_CURATE = {"permission": Permission.CURATE}
BANKS = Listing(
    "banks",
    "/console/banks",
    "/console/banks.csv",
    (
        Column("name", lambda one: one.name, N_("Name"), lambda one: one.name),
        Column("description", lambda one: one.description, N_("What it holds")),
        Column("entries", lambda one: one.entries, N_("Entries"), lambda one: one.entries, True, True),
        Column("created_at", lambda one: one.created_at, N_("Created"), lambda one: to_us(one.created_at), True),
    ),
    "name",
)
ENTRIES = Listing(
    "bank",
    "",
    "",
    (
        Column("entry", lambda one: one.id, N_("Number"), entries.NUMBER, number=True),
        Column("", None, N_("Still")),
        Column("key", lambda one: one.key, N_("What it is"), entries.KEY),
        Column("opinion", lambda one: one.opinion.value, N_("Opinion")),
        Column("labels", lambda one: ", ".join(one.labels), N_("Labels")),
        Column("acts_alone", lambda one: one.acts_alone),
        Column("confirmed_by", lambda one: " ".join(one.confirmed_by)),
        Column("created_at", lambda one: one.created_at, N_("Added")),
        Column("expires_at", lambda one: one.expires_at),
        Column("revoked_at", lambda one: one.revoked_at),
    ),
    "entry",
)
_FILTERS = ("text", "opinion", "state")
_STATES = {"": N_("In matching"), "revoked": N_("Revoked"), "all": N_("All")}


class BanksExport(Controller):
    path = "/banks.csv"

    @get("/", opt=_SEE, sync_to_thread=True)
    def export(self, request: AnyRequest, runtime: TheRuntime) -> Stream:
        return listing.sheet(BANKS, request, _banks(runtime, query_of(request, "text")))


class BanksPages(Controller):
    path = "/banks"

    @get("/", opt=_SEE, sync_to_thread=True)
    def all(self, request: AnyRequest, runtime: TheRuntime) -> Response[str]:
        return _banks_page(request, runtime)

    @post("/", opt=_CURATE, sync_to_thread=True)
    def create(self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, form: TheForm) -> Response[str]:
        name = str(form.get("name") or "").strip()
        try:
            runtime.banks.create(name, str(form.get("description") or ""), who=_who(visit))
        except UserError as error:
            return _banks_page(request, runtime, problem=str(error), given=form)
        return redirect(request, f"/console/banks/{name}?done=created")

    @get("/{bank:str}", opt=_SEE, sync_to_thread=True)
    def one(self, request: AnyRequest, runtime: TheRuntime, bank: FromPath[str]) -> Response[str]:
        return _bank_page(request, runtime, runtime.banks.get(bank))

    @get("/{bank:str}/export", opt=_SEE, sync_to_thread=True)
    def export(self, request: AnyRequest, runtime: TheRuntime, bank: FromPath[str]) -> Stream:
        runtime.banks.get(bank)
        return listing.sheet(_entries_of(bank), request, _entries(runtime, bank, query_of(request, *_FILTERS)))

    @post("/{bank:str}/entries", opt=_CURATE, sync_to_thread=True)
    def add(
        self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, form: TheForm, bank: FromPath[str]
    ) -> Response[str]:
        found = runtime.banks.get(bank)
        try:
            signals, provenance = _given(runtime, form)
            new = new_entry(
                signals,
                opinion=Opinion(str(form.get("opinion") or "seed")),
                labels=[label.strip() for label in str(form.get("labels") or "").split(",") if label.strip()],
                provenance=provenance,
            )
            added = runtime.banks.add(bank, new, who=_who(visit))
        except (UserError, ValueError) as error:
            return _bank_page(request, runtime, found, problem=str(error), given=form)
        done = "added" if added.created else "known"
        return redirect(request, f"/console/banks/{bank}/entries/{added.entry.id}?done={done}")

    @post("/{bank:str}/import", opt=_CURATE, sync_to_thread=True)
    def import_list(
        self, request: AnyRequest, runtime: TheRuntime, visit: TheVisit, form: TheForm, bank: FromPath[str]
    ) -> Response[str]:
        found, file, report = runtime.banks.get(bank), form.get("list"), ImportReport()
        try:
            if not isinstance(file, UploadFile) or not file.filename:
                raise InvalidRequest(_("Choose a file."))
            report = _imported(runtime, bank, file, str(form.get("format") or "auto"), _who(visit))
        except UserError as error:
            return _bank_page(request, runtime, found, problem=str(error), given=form)
        return render(request, "banks/imported.html", bank=found, report=report, name=file.filename)

    @get("/{bank:str}/entries/{entry:int}", opt=_SEE, sync_to_thread=True)
    def entry(
        self, request: AnyRequest, runtime: TheRuntime, bank: FromPath[str], entry: FromPath[int]
    ) -> Response[str]:
        with runtime.database.read() as connection:
            history = audit.page(connection, subject=f"{bank}/{entry}")
        return render(
            request,
            "banks/entry.html",
            bank=bank,
            entry=runtime.banks.entry(bank, entry),
            has_still=has_still,
            history=history,
            done=_done(request),
            codes=codes,
        )

    @get("/{bank:str}/entries/{entry:int}/still", opt=_SEE, sync_to_thread=True)
    def still(
        self,
        runtime: TheRuntime,
        person: ThePerson,
        bank: FromPath[str],
        entry: FromPath[int],
        wide: Annotated[int, QueryParameter(ge=16, le=WIDEST)] = 160,
    ) -> Response[bytes]:
        """Always blurred, as strongly as the person likes."""
        picture = still(runtime.banks.entry(bank, entry), wide, person.preferences.blur * wide // WIDEST + 2)
        return Response(picture, media_type="image/png")

    @post("/{bank:str}/entries/{entry:int}/sharp", opt=_SEE, sync_to_thread=True)
    def sharp(
        self,
        request: AnyRequest,
        runtime: TheRuntime,
        person: ThePerson,
        visit: TheVisit,
        bank: FromPath[str],
        entry: FromPath[int],
    ) -> Response[str]:
        """The same without blur, still small and grey. It is noted, and counts as a reveal."""
        found = runtime.banks.entry(bank, entry)
        picture = still(found, WIDEST, 0)
        with runtime.database.begin() as connection:
            audit.write(connection, _who(visit), "entry.reveal", f"{bank}/{entry}")
        runtime.exposure.note(person, revealed=1)
        return render(request, "banks/sharp.html", data=_data_url(picture), entry=found, bank=bank)

    @post("/{bank:str}/entries/{entry:int}/{deed:str}", opt=_CURATE, sync_to_thread=True)
    def do(
        self,
        request: AnyRequest,
        runtime: TheRuntime,
        visit: TheVisit,
        bank: FromPath[str],
        entry: FromPath[int],
        deed: FromPath[str],
    ) -> Response[str]:
        deeds = {"confirm": runtime.banks.confirm, "revoke": runtime.banks.revoke, "restore": runtime.banks.restore}
        if deed not in deeds:
            raise InvalidRequest(f"{deed[:40]!r} is nothing that can be done")
        deeds[deed](bank, entry, who=_who(visit))
        return redirect(request, f"/console/banks/{bank}/entries/{entry}?done={deed}")


def _banks_page(
    request: AnyRequest, runtime: Runtime, *, problem: str = "", given: FormMultiDict | None = None
) -> Response[str]:
    query = query_of(request, "text")
    filters = [Filter("text", _("Name or what it holds"))]
    listed = listing.page(BANKS, request, query, filters, _banks(runtime, query))
    status = 400 if problem else 200
    return render(request, "banks/list.html", status=status, listed=listed, problem=problem, given=given or {})


def _banks(runtime: Runtime, query: Mapping[str, str]) -> Fetch[Bank]:
    text = query["text"].strip().casefold()
    found = [one for one in runtime.banks.list() if text in f"{one.name} {one.description}".casefold()]
    return listing.of_rows(found, lambda one: one.id)


def _bank_page(
    request: AnyRequest,
    runtime: Runtime,
    bank: Bank,
    *,
    problem: str = "",
    given: FormMultiDict | dict[str, str] | None = None,
) -> Response[str]:
    query = query_of(request, *_FILTERS)
    filters = [
        Filter("text", _("Number, hash, link, term or whole statement")),
        Filter("opinion", _("Opinion"), [("", _("All")), *((one.value, codes.opinion(one.value)) for one in Opinion)]),
        Filter("state", _("State"), [(code, _(word)) for code, word in _STATES.items()]),
    ]
    return render(
        request,
        "banks/bank.html",
        status=400 if problem else 200,
        bank=bank,
        listed=listing.page(_entries_of(bank.name), request, query, filters, _entries(runtime, bank.name, query)),
        opinions=list(Opinion),
        kinds=[(kind, codes.addable(kind)) for kind in KINDS],
        formats=IMPORT_FORMATS,
        problem=problem,
        given=given or {},
        has_still=has_still,
        done=_done(request),
        codes=codes,
    )


def _entries_of(bank: str) -> Listing:
    path = f"/console/banks/{quote(bank, safe='')}"
    return ENTRIES._replace(name=f"bank-{bank}", path=path, file=f"{path}/export")


def _entries(runtime: Runtime, bank: str, query: Mapping[str, str]) -> Fetch[Entry]:
    if text := query["text"].strip():
        return _found(search(runtime.banks, bank, text))
    opinion = next((one for one in Opinion if one.value == query["opinion"]), None)
    revoked = {"": False, "revoked": True, "all": None}.get(query["state"], False)

    def read(connection: Connection, rows: list[Row[Any]]) -> list[Entry]:
        ids = [row.id for row in rows]
        found = {one.id: one for one in entries.among(connection, bank, ids)}
        return [found[one] for one in ids if one in found]

    return listing.of_table(runtime.database, entries.those(bank, opinion, revoked), read)


def _found(found: Sequence[Entry]) -> Fetch[Entry]:
    """A search finds few: those are sorted here."""
    keys: dict[str, Callable[[Entry], Value]] = {"entry": lambda one: one.id, "key": lambda one: one.key}

    def fetch(column: Column, where: Where, limit: int) -> Slice[Entry]:
        return listing.of_rows(found, lambda one: one.id)(column._replace(order=keys[column.name]), where, limit)

    return fetch


def _given(runtime: Runtime, form: FormMultiDict) -> tuple[list[Signal], dict[str, str]]:
    """Return the signals of what the form brings, and where they come from. Raises InvalidRequest, UnreadableMedia."""
    kind, value = str(form.get("kind") or ""), str(form.get("value") or "").strip()
    provenance = {"source": "console"}
    if note := str(form.get("note") or "").strip():
        provenance["note"] = note[:500]
    if kind in ("file", "emblem"):
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise InvalidRequest(_("Choose a file."))
        media = MediaFile(file.filename, file.file.read())
        return signals_of(runtime, media, kind == "emblem"), {**provenance, "file": file.filename[:300]}
    if not value:
        raise InvalidRequest(_("Write what is to be added."))
    if kind == "hash":
        type_, _colon, hashed = value.partition(":")
        return [Signal(type_.strip().lower(), hashed.strip())], provenance
    if kind not in ("text", "term", "url", "name"):
        raise InvalidRequest(f"{kind[:40]!r} is nothing that can be added")
    return [Signal(kind, value)], provenance


def _imported(runtime: Runtime, bank: str, file: UploadFile, format_: str, who: str) -> ImportReport:
    with NamedTemporaryFile(dir=runtime.settings.data, prefix="import-") as kept:
        while piece := file.file.read(1 << 20):
            kept.write(piece)
        kept.flush()
        return import_file(runtime.banks, bank, Path(kept.name), format=format_, who=who)


def _done(request: AnyRequest) -> str:
    done = request.query_params.get("done", "")
    return _(_DONE[done]) if done in _DONE else ""


def _data_url(picture: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture).decode('ascii')}"


def _who(visit: Any) -> str:
    return str(visit.who)
