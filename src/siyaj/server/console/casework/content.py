"""What a case is about, as a reviewer reads it: the texts with their marks, links, files, and what stands around it.

Pure: from stored records to plain structs for the templates.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct, field

from siyaj.model.event import Event, Nearby
from siyaj.model.evidence import Evidence
from siyaj.model.match import Match
from siyaj.model.report import Report
from siyaj.server.console.casework import words
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.marked import Piece, Span, hidden, one_line, pieces
from siyaj.signals.base import ContentKind
from siyaj.signals.sniff import content_kind
from siyaj.storage.verdicts import Record

MOST_FILES = 40
LONG = 1_200
"""Characters after which a text is folded up; what matched stays in sight."""


class Passage(Struct):
    """One text of the case. `label` says which; `note` where it is from, if that is not the platform's last word."""

    label: str
    pieces: list[Piece]
    text: str
    note: str = ""
    hidden: int = 0
    """Characters that deceive the eye and were made visible."""

    @property
    def is_long(self) -> bool:
        return len(self.text) > LONG


class Link(Struct):
    """A link is text: nothing on the screen opens it."""

    href: str
    matched: bool


class File(Struct):
    """A file of the evidence. `kind` is `image`, `video`, `audio` or `other`."""

    id: str
    name: list[Piece]
    kind: str
    media_type: str
    size: int
    sealed_at: datetime
    destroyed: bool
    on_hold: bool
    matched: list[int] = field(default_factory=list)


class Neighbour(Struct):
    account: list[Piece]
    pieces: list[Piece]
    at: str


class Content(Struct):
    passages: list[Passage]
    links: list[Link]
    files: list[File]
    before: list[Neighbour]
    after: list[Neighbour]
    unread: list[str]
    """What could not be read of it, in words."""

    @property
    def is_empty(self) -> bool:
        return not (self.passages or self.links or self.files)


def content(records: Sequence[Record], reports: Sequence[Report], evidence: Sequence[Evidence]) -> Content:
    """`records` are of the case's verdicts, oldest first: the last one's event is what the platform said last."""
    last = records[-1] if records else None
    event = last.event if last else None
    reported = [report.content for report in reports if report.content.before or report.content.after]
    around = event if event is not None and (event.before or event.after) else (reported[-1] if reported else None)
    return Content(
        passages=_passages(records, reports),
        links=_links(event, last.matches if last else [], reports),
        files=files(evidence),
        before=_neighbours(around.before if around else ()),
        after=_neighbours(around.after if around else ()),
        unread=_unread(last),
    )


def spans_of(matches: Sequence[Match], part: str) -> list[Span]:
    """Return what matched in one part, numbered as the matches are, from 1."""
    return [
        Span(start, end, number)
        for number, match in enumerate(matches, 1)
        if match.part == part
        for start, end in match.spans
    ]


def _passages(records: Sequence[Record], reports: Sequence[Report]) -> list[Passage]:
    found: list[Passage] = []
    seen: set[tuple[str, str]] = set()
    for age, record in enumerate(reversed(records)):
        for part, text in _texts(record.event):
            if text.strip() and (part, text) not in seen:
                seen.add((part, text))
                note = _("an earlier version") if age else ""
                found.append(_passage(words.part(part), text, spans_of(record.matches, part), note))
    for report in reports:
        text = report.content.text
        if text.strip() and ("text", text) not in seen:
            seen.add(("text", text))
            found.append(_passage(words.part("text"), text, [], _("as it was when it was reported")))
    return found


def _passage(label: str, text: str, spans: Iterable[Span], note: str) -> Passage:
    cut = pieces(text, spans)
    return Passage(label, cut, text, note, hidden(cut))


def _texts(event: Event) -> list[tuple[str, str]]:
    """Return (part, text). Of a message the account and the channel are context, not content."""
    found = [("text", event.text)]
    if event.kind.value == "account" and event.account is not None:
        account = event.account
        found += [("account.name", account.name), ("account.handle", account.handle), ("account.bio", account.bio)]
    if event.kind.value == "channel" and event.channel is not None:
        channel = event.channel
        found += [
            ("channel.title", channel.title),
            ("channel.handle", channel.handle),
            ("channel.topic", channel.topic),
        ]
    return found


def _links(event: Event | None, matches: Sequence[Match], reports: Sequence[Report]) -> list[Link]:
    matched = {match.part for match in matches}
    found: dict[str, bool] = {}
    if event is not None:
        for number, href in enumerate(event.links):
            found[href] = found.get(href, False) or f"link:{number}" in matched
    for report in reports:
        for href in report.content.links:
            found.setdefault(href, False)
    return [Link(href, hit) for href, hit in found.items()]


_SHOWN = {ContentKind.IMAGE: "image", ContentKind.VIDEO: "video", ContentKind.AUDIO: "audio"}


def files(evidence: Sequence[Evidence]) -> list[File]:
    """Return the sealed files, one for each content: the same bytes sealed twice are one file."""
    found: dict[str, File] = {}
    for one in evidence:
        kept = found.get(one.sha256)
        if kept is None or (kept.destroyed and one.destroyed_at is None):
            found[one.sha256] = File(
                id=one.id,
                name=one_line(one.name),
                kind=_SHOWN.get(content_kind(one.media_type), "other"),
                media_type=one.media_type,
                size=one.size,
                sealed_at=one.sealed_at,
                destroyed=one.destroyed_at is not None,
                on_hold=bool(one.hold),
            )
    return list(found.values())[:MOST_FILES]


def _neighbours(nearby: Sequence[Nearby]) -> list[Neighbour]:
    return [Neighbour(one_line(one.account), pieces(one.text), one.at) for one in nearby]


def _unread(last: Record | None) -> list[str]:
    if last is None:
        return []
    parts = dict.fromkeys(missing.part for missing in last.missing)
    return [_("%(part)s could not be read in full.") % {"part": words.part(part)} for part in parts]
