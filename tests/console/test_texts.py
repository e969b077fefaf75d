"""Every text is there in Arabic too, whole and with the same placeholders."""

import ast
import re

import pytest

from siyaj.model.person import Locale
from siyaj.server.console import i18n
from siyaj.server.console.deeds import DEEDS
from tests.conftest import ROOT
from tests.console.texts import areas, forms, missing, placeholders, used


def test_every_text_has_its_arabic() -> None:
    absent = [f"{text.place}: {text.id!r}" for text in missing()]
    assert not absent, "\n".join(["no Arabic (make translations):", *absent])


def test_translations_keep_the_placeholders() -> None:
    """The forms for none, one and two may leave the number out: Arabic says it in the word."""
    for area, catalog in areas().items():
        for message in catalog:
            if not message.id:
                continue
            wanted = placeholders(message.id if isinstance(message.id, str) else message.id[1])
            for index, form in enumerate(forms(message)):
                had = placeholders(form)
                few = not isinstance(message.id, str) and index < 3
                assert had <= wanted if few else had == wanted, f"{area}.po: {message.id!r} → {form!r}"


def test_arabic_is_written_in_arabic() -> None:
    for area, catalog in areas().items():
        for message in catalog:
            english = message.id if isinstance(message.id, str) else message.id[0]
            if english and re.search(r"[a-z]{3}", re.sub(r"%\(\w+\)s", "", english)):
                assert all(re.search(r"[\u0621-\u064a]", form) for form in forms(message)), f"{area}.po: {english!r}"


def test_no_text_is_translated_twice_in_different_words() -> None:
    seen: dict[str, tuple[str, tuple[str, ...]]] = {}
    differ = []
    for area, catalog in areas().items():
        for message in catalog:
            key = str(message.id)
            if message.id and key in seen and seen[key][1] != forms(message):
                differ.append(f"{key!r}: {seen[key][0]}.po says {seen[key][1]}, {area}.po {forms(message)}")
            seen.setdefault(key, (area, forms(message)))
    assert not differ, "\n".join(differ)


def test_there_are_texts_from_code_and_from_templates() -> None:
    places = [text.place for text in used()]
    assert any(".html:" in place for place in places) and any(".py:" in place for place in places)


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [("en-GB,en;q=0.9", "en"), ("fr;q=0.9, ar-SY;q=0.5, en;q=0.4", "ar"), ("de", "ar"), ("", "ar"), ("en;q=x", "ar")],
)
def test_a_browser_gets_the_language_it_asks_for(accepted: str, locale: str) -> None:
    assert i18n.preferred(accepted) is Locale(locale)


def test_every_deed_has_words() -> None:
    """What is written to the audit log by a code that stands in the source can be read by everybody."""
    found = set()
    for path in (ROOT / "src" / "siyaj").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "audit.write" and len(call.args) > 2:
                what = call.args[2]
                if isinstance(what, ast.Constant):
                    found.add(str(what.value))
    assert len(found) > 30
    assert found - set(DEEDS) == set()
