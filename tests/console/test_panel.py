"""The decision panel: what can be chosen, and what a form must hold."""

from datetime import UTC, datetime

import pytest

from siyaj.model.action import ActionKind
from siyaj.model.case import Case, CaseOrigin, CaseState, PriorityFactor, PriorityReason
from siyaj.model.decision import Act, Draft, Exemption
from siyaj.model.person import Locale
from siyaj.model.report import Subject, SubjectKind
from siyaj.server.console import i18n
from siyaj.server.console.casework import keys, panel, words

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def english() -> None:
    i18n.current.set(Locale.EN)


def case(kind: SubjectKind = SubjectKind.ITEM, **values: object) -> Case:
    return Case(
        "case_1",
        Subject(kind, "m-1"),
        CaseState.OPEN,
        "tvec.manifesto",
        50,
        1,
        0,
        [],
        NOW,
        NOW,
        **values,  # type: ignore[arg-type]
    )


def test_a_subject_offers_what_can_be_done_about_it() -> None:
    offered = {kind: [one.value for one in panel.actions(case(kind, account="a-1"))] for kind in SubjectKind}
    assert offered[SubjectKind.ITEM] == ["none", "label", "limit", "remove"]
    assert offered[SubjectKind.CHANNEL][-1] == "close_channel"
    assert offered[SubjectKind.ACCOUNT][-1] == "suspend_account"
    assert [field for field, _label, _options in panel.also(case(account="a-1"))] == ["also_account"]
    assert panel.also(case(SubjectKind.CHANNEL, channel="c-1")) == []


def test_no_two_choices_share_a_key() -> None:
    for kind in SubjectKind:
        offered = [*panel.actions(case(kind, account="a")), *panel.acts(), *panel.exemptions()]
        codes = [one.code for one in offered]
        codes += [key.code for group in keys.CASE for key in group.keys if "–" not in key.code]
        assert len(codes) == len(set(codes))


def test_an_arabic_keyboard_shows_its_letters() -> None:
    assert keys.cap("KeyR") == "R"
    i18n.current.set(Locale.AR)
    assert (keys.cap("KeyR"), keys.cap("Digit1"), keys.cap("Enter")) == ("R ق", "1", "Enter")


def test_a_filled_form_is_a_draft() -> None:
    filled = panel.read(
        {"action": "remove", "exemption": "none", "policy": "tvec.manifesto", "act": "praise", "copies": "on"}
    )
    assert filled.faults == []
    assert filled.draft == Draft(
        ActionKind.REMOVE, Exemption.NONE, policy="tvec.manifesto", act=Act.PRAISE, copies=True
    )


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, ["action", "exemption"]),
        ({"action": "remove", "exemption": "none"}, ["policy"]),
        ({"action": "remove", "exemption": "news", "policy": "tvec"}, ["exemption"]),
        ({"action": "none", "exemption": "news"}, []),
        ({"action": "none", "exemption": "none", "also_account": "suspend_account"}, ["policy"]),
        ({"action": "none", "exemption": "news", "policy": "tvec", "also_account": "suspend_account"}, ["exemption"]),
        ({"action": "restore", "exemption": "none"}, []),
        ({"action": "explode", "exemption": "none"}, ["action"]),
        ({"action": "none", "exemption": "none", "reasons": "x" * 10_001}, ["reasons"]),
    ],
)
def test_what_is_missing_is_named_by_its_field(form: dict[str, str], fields: list[str]) -> None:
    filled = panel.read(form)
    assert [fault.field for fault in filled.faults] == fields
    assert (filled.draft is None) == bool(fields)
    assert filled.values["reasons"] == form.get("reasons", "")


def test_a_priority_is_said_in_words() -> None:
    said = [
        words.factor(PriorityReason(PriorityFactor.REACH, 12, "1200")),
        words.factor(PriorityReason(PriorityFactor.SEVERITY, 36, "4")),
        words.factor(PriorityReason(PriorityFactor.MATCH, 12, "0.80")),
        words.factor(PriorityReason(PriorityFactor.LIFE, 100)),
    ]
    assert said == [
        "how many it reaches (1,200)",
        "how grave it is (4 of 5)",
        "how strong the match is (80%)",
        "a life may be in danger",
    ]


def test_appeals_are_upheld_or_overturned() -> None:
    assert next(one.value for one in panel.actions(case(origin=CaseOrigin.APPEAL))) == "none"
