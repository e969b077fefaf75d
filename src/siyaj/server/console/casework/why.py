"""Why a case is here: matches with where they come from, the rules that fired, and the reports with who sent them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from siyaj.model.bank import Opinion
from siyaj.model.match import Match
from siyaj.model.report import Report, ReporterKind
from siyaj.server.console.casework import clauses, words
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.marked import Piece, one_line, pieces
from siyaj.storage import reporters
from siyaj.storage.verdicts import Record

DRAWN = frozenset({"pdq", "local", "emblem", "video", "sha256", "md5"})
"""Signals of which an explanation may be drawn."""
YOUNG_DAYS = 7


class Shown(Struct):
    """A match. `number` is its place on the screen, from 1; `explanation` the address of a picture, or empty."""

    number: int
    signal: str
    bank: str
    entry: int
    opinion: Opinion
    distance: str
    part: str
    why: str
    labels: list[str]
    acts_alone: bool
    explanation: str


class Fired(Struct):
    rule: str
    policy: str
    text: str
    enforced: bool


class Notice(Struct):
    """A report. `accuracy` is the share of this reporter's reports that were right, None for too few; `weight` in
    percent, less than 100 where the reporter errs often or a brigade is at work."""

    receipt: str
    reason: str
    kind: str
    name: list[Piece]
    text: list[Piece]
    received_at: datetime
    weight: int
    accuracy: float | None
    judged: int
    young: bool
    vouched: bool
    """By a trusted flagger or an authority."""


class Why(Struct):
    matches: list[Shown]
    fired: list[Fired]
    notices: list[Notice]
    brigading: bool

    @property
    def is_empty(self) -> bool:
        return not (self.matches or self.fired or self.notices)


def matches(record: Record, case: str, verdict: str) -> list[Shown]:
    """Return the matches of one verdict, in the record's order: marks in the text carry the same numbers."""
    return [_match(number, match, case, verdict) for number, match in enumerate(record.matches, 1)]


def _match(number: int, match: Match, case: str, verdict: str) -> Shown:
    drawn = match.signal in DRAWN
    return Shown(
        number=number,
        signal=_(words.SIGNALS[match.signal]) if match.signal in words.SIGNALS else match.signal,
        bank=match.bank,
        entry=match.entry,
        opinion=match.opinion,
        distance=distance(match),
        part=words.part(match.part),
        why=clauses.why(match),
        labels=match.labels,
        acts_alone=match.acts_alone,
        explanation=f"/console/cases/{case}/explanations/{verdict}/{number - 1}" if drawn else "",
    )


def distance(match: Match) -> str:
    """Return how far it is from the entry, in the unit of its signal."""
    if match.distance == 0:
        return _("identical")
    if match.signal == "pdq":
        return _("%(bits)s of 256 bits differ") % {"bits": words.numeral(int(match.distance))}
    if match.signal == "text":
        return _("%(share)s of the statement is missing") % {"share": words.share(match.distance)}
    if match.signal == "name":
        return _("%(share)s alike") % {"share": words.share(1 - match.distance)}
    return _("distance %(value)s") % {"value": words.numeral(round(match.distance, 2))}


def fired(record: Record) -> list[Fired]:
    """Return the rules that fired, those that count first; a rule in shadow says so."""
    said = {reason.rule: reason for reason in record.reasons}
    found = []
    for result in sorted(record.rules, key=lambda one: not one.enforced):
        reason = said.get(result.rule)
        text = words.reason_text(reason.text, reason.text_ar) if reason else ""
        found.append(Fired(result.rule, reason.policy if reason else "", text, result.enforced))
    return found


def notices(
    reports: Sequence[Report], weights: Mapping[str, int], known: Mapping[str, reporters.Record]
) -> list[Notice]:
    """`weights` by receipt, `known` by reporter's id. Those who are vouched for come first, then the oldest."""
    found = [_notice(report, weights, known) for report in reports]
    return sorted(found, key=lambda one: not one.vouched)


LEAST_JUDGED = 3
"""With fewer reports that were judged, an accuracy says nothing."""


def _notice(report: Report, weights: Mapping[str, int], known: Mapping[str, reporters.Record]) -> Notice:
    reporter = report.reporter
    record = known.get(reporter.id)
    judged = record.upheld + record.rejected if record is not None else 0
    return Notice(
        receipt=report.receipt,
        reason=_(words.REASONS[report.reason]),
        kind=_(words.REPORTERS[reporter.kind]),
        name=one_line(reporter.name or reporter.id),
        text=pieces(report.text),
        received_at=report.received_at,
        weight=weights.get(report.receipt, 100),
        accuracy=record.upheld / judged if record is not None and judged >= LEAST_JUDGED else None,
        judged=judged,
        young=reporter.age_days is not None and reporter.age_days < YOUNG_DAYS,
        vouched=reporter.kind is not ReporterKind.USER,
    )
