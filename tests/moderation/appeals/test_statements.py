"""What the affected side reads: golden files in both languages, and what it must never say.

To accept new wording: `SIYAJ_WRITE_GOLDEN=1 pytest tests/moderation/appeals/test_statements.py`, then read the
difference.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from siyaj.model.action import ActionKind
from siyaj.model.case import Case, CaseOrigin, CaseState
from siyaj.model.decision import Act, Draft, Exemption, Measure
from siyaj.model.report import Subject, SubjectKind
from siyaj.model.settings import Settings
from siyaj.model.verdict import Action, Reason
from siyaj.moderation.appeals import statements, wording
from siyaj.moderation.appeals.statements import Links
from siyaj.policy.ladder import FITTING
from siyaj.policy.load import load_policy
from siyaj.storage.keyring import Keyring
from tests.moderation.desk import SECRET, draft

GOLDEN = Path(__file__).parent / "statements"
POLICY = load_policy()
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECRETS = ["f8f8f0cce0f4", "الفانوس الأزرق", "u-reporter"]
ALSO = {"also": [{"on": "account", "action": "suspend_account"}, {"on": "channel", "action": "limit"}]}
DRAFTS = {
    "removed-after-a-notice": (draft(act="praise", organisation="جماعة الفانوس", **ALSO), {"reports": 2}, None),
    "labelled-as-news": (draft("label", "tvec.bystander", "news"), {"verdicts": 1}, None),
    "channel-limited": (draft("limit", "tvec.recruitment", act="recruitment"), {"verdicts": 3}, 14),
    "account-suspended-by-order": (draft("suspend_account", "tvec.entity", act="presence"), {"order": 1}, None),
}


def case(name: str, language: str) -> Case:
    kind = next((kind for kind in SubjectKind if name.startswith(kind.value)), SubjectKind.ITEM)
    _, counts, _ = DRAFTS[name]
    reasons = [Reason("r", "tvec", Action.HOLD, text) for text in SECRETS]
    return Case(
        "case_1", Subject(kind, "m-1"), CaseState.OPEN, "tvec", 50, counts.get("verdicts", 0), counts.get("reports", 0),
        reasons, NOW, NOW, language=language, origin=CaseOrigin.ORDER if "order" in counts else CaseOrigin.CONTENT,
    )  # fmt: skip


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("name", DRAFTS)
def test_the_statement_of_reasons(name: str, language: str) -> None:
    given, _, days = DRAFTS[name]
    given = msgspec.structs.replace(given, reasons=" ".join(SECRETS))
    written = statements.write(
        case(name, language),
        given,
        POLICY,
        url="https://example.org/appeal/TOKEN",
        until=NOW + timedelta(days=183),
        ends=NOW + timedelta(days=days) if days else None,
    )
    said = "".join(f"{field}: {value}\n" for field, value in msgspec.to_builtins(written).items())
    expected = GOLDEN / f"{name}.{language}.txt"
    if os.environ.get("SIYAJ_WRITE_GOLDEN"):
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")
    assert not [secret for secret in SECRETS if secret in said]


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_everything_that_can_be_decided_has_its_words(language: str) -> None:
    for kind, fitting in FITTING.items():
        assert {action for of, action in wording.DONE[language] if of is kind} >= fitting
    assert wording.ACTS[language].keys() == set(Act) - {Act.OTHER}
    assert wording.EXEMPTION[language].keys() == set(Exemption)
    for table in (wording.FOUND, wording.AUTOMATED, wording.TOLD, wording.APPEALED, wording.DONE):
        assert table["ar"].keys() == table["en"].keys()  # type: ignore[attr-defined, index]


def test_every_field_of_the_law_is_filled() -> None:
    given = Draft(ActionKind.REMOVE, Exemption.NONE, "tvec", also=[Measure(SubjectKind.ACCOUNT, ActionKind.LIMIT)])
    written = statements.write(
        case("removed-after-a-notice", "fr"), given, POLICY, url="https://x.example/", until=NOW, ends=None
    )
    assert written.language == "en"
    assert all(msgspec.to_builtins(written).values())


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, "http://127.0.0.1:8741/appeal/{token}"),
        ({"public_url": "https://siyaj.example.org/"}, "https://siyaj.example.org/appeal/{token}"),
        ({"appeal_url": "https://forum.example.org/a?t={token}"}, "https://forum.example.org/a?t={token}"),
        ({"appeal_url": "https://forum.example.org/a/{verdict}"}, "https://forum.example.org/a/ver_1"),
    ],
)
def test_links_lead_where_the_settings_say(settings: dict[str, str], expected: str) -> None:
    keyring = Keyring.open(Path(), SECRET)
    links = Links(keyring, Settings(**settings))  # type: ignore[arg-type]
    assert links.appeal("verdict:ver_1") == expected.format(token=keyring.token("appeal", "verdict:ver_1"))
