"""Signals → matches → verdict, for a whole batch at once. Writes nothing."""

import logging
import time
from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from siyaj.banks.lookup import Found, Lookup
from siyaj.model.errors import SiyajError, StorageUnavailable
from siyaj.model.ids import new_id
from siyaj.model.signal import Missing, Signal
from siyaj.model.verdict import Action, Verdict
from siyaj.moderation.checks.requests import CheckRequest
from siyaj.moderation.evidence.explanation import exhibits_of
from siyaj.policy.evaluate import Facts, Outcome, Policy
from siyaj.storage.evidence import Kept
from siyaj.storage.exhibits import Exhibit
from siyaj.storage.verdicts import Record, Timings

log = logging.getLogger(__name__)

AppealLink = Callable[[str], str]
"""Gives the address where `verdict:ver_…` can be appealed: `statements.Links.appeal`."""

LONGEST_RECORDED_VALUE = 256
"""Longer values (texts, local features) stand in the event already or can be drawn again from the evidence."""


class Prepared(Struct):
    """A request with its signals drawn."""

    request: CheckRequest
    signals: list[Signal]
    missing: list[Missing]
    extract_us: int


class Assessment(Struct):
    """A verdict that is not yet recorded, and what it rests on. `verdict.case` is filled in when it is."""

    request: CheckRequest
    verdict: Verdict
    record: Record
    policy_version: str
    exhibits: list[Exhibit]
    severity: int = 0
    """Of its policy, where a person has to look."""
    sealed: list[Kept] = msgspec.field(default_factory=list)
    """The files of what is held or blocked: durable already, recorded with the verdict."""


def assess(
    batch: Sequence[Prepared], lookup: Lookup, policy: Policy, appeal_link: AppealLink
) -> list[Assessment | SiyajError]:
    """Return one assessment for each prepared request; a fault of ours with one of them stays with that one.

    Raises StorageUnavailable when the banks cannot be read: a match that cannot be looked up is never an allow.
    """
    try:
        return _assess(batch, lookup, policy, appeal_link)
    except StorageUnavailable:
        raise
    except Exception:
        if len(batch) == 1:
            log.exception("cannot assess event %r", batch[0].request.event.id)
            return [SiyajError("this event could not be assessed; it was not recorded")]
        return [each for one in batch for each in assess([one], lookup, policy, appeal_link)]


def _assess(
    batch: Sequence[Prepared], lookup: Lookup, policy: Policy, appeal_link: AppealLink
) -> list[Assessment | SiyajError]:
    began = time.perf_counter_ns()
    found = lookup.find([prepared.signals for prepared in batch])
    match_us = (time.perf_counter_ns() - began) // (1_000 * len(batch))
    return [_judge(one, its, policy, match_us, appeal_link) for one, its in zip(batch, found, strict=True)]


def _judge(prepared: Prepared, found: Found, policy: Policy, match_us: int, appeal_link: AppealLink) -> Assessment:
    event = prepared.request.event
    began = time.perf_counter_ns()
    if policy.minds(found.matches, prepared.missing):
        facts = Facts(event.kind, event, found.matches, prepared.signals, prepared.missing)
        outcome = policy.evaluate(facts)
    else:
        outcome = Outcome(Action.ALLOW)
    policy_us = (time.perf_counter_ns() - began) // 1_000
    verdict = Verdict(new_id("ver"), event.id, outcome.action, outcome.policy, outcome.reasons)
    verdict.pending = prepared.request.late and outcome.action is not Action.BLOCK
    if outcome.action is not Action.ALLOW:
        verdict.appeal_url = appeal_link(f"verdict:{verdict.id}")
    record = Record(
        event=event,
        signals=[_shortened(signal) for signal in prepared.signals],
        matches=found.matches,
        silenced=found.silenced,
        rules=outcome.rules,
        reasons=outcome.reasons,
        missing=prepared.missing,
        timings=Timings(prepared.extract_us, match_us, policy_us),
    )
    # What no rule minds, as an emblem in the news, is nobody's business: nothing of the picture is kept.
    exhibits = exhibits_of(prepared.signals, found.matches) if outcome.rules else []
    severity = policy.severity(outcome.policy) if outcome.action is Action.HOLD and outcome.policy else 0
    return Assessment(prepared.request, verdict, record, policy.version, exhibits, severity)


def _shortened(signal: Signal) -> Signal:
    long = len(signal.value) > LONGEST_RECORDED_VALUE
    if not long and not signal.still:
        return signal
    value = signal.value[:LONGEST_RECORDED_VALUE] + "…" if long else signal.value
    return msgspec.structs.replace(signal, value=value, still=b"")
