"""A stale screen is told what changed."""

import msgspec

from siyaj.model.case import CaseState, Level
from siyaj.model.person import Locale
from siyaj.server.console import i18n
from siyaj.server.console.casework.changed import Seen, changes, decode, encode

BEFORE = Seen(version=3, verdicts=1, reports=2, notes=0, policy="tvec", holder="per_1")


def after(**values: object) -> Seen:
    return msgspec.structs.replace(BEFORE, version=4, **values)


def test_each_change_is_a_sentence() -> None:
    i18n.current.set(Locale.EN)
    assert changes(BEFORE, BEFORE) == []
    assert changes(BEFORE, after(reports=4, notes=1)) == ["2 more reports came in.", "1 note was added."]
    assert changes(BEFORE, after(state=CaseState.CLOSED)) == ["The case was closed."]
    assert changes(BEFORE, after(level=Level.LEAD, holder="")) == [
        "It was escalated to the leads.",
        "It changed hands.",
    ]
    assert changes(BEFORE, after()) == ["The case was changed."]


def test_what_a_screen_sends_back_is_read_or_counts_as_nothing() -> None:
    i18n.current.set(Locale.EN)
    assert decode(encode(BEFORE)) == BEFORE
    for broken in ("", "{", '{"version": "x"}', '{"other": 1}', "\ud800"):
        assert decode(broken) == Seen()
    assert changes(Seen(), BEFORE) == ["The case was changed."]
