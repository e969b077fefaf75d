"""The slot beside a text: filled by the operator's translator when a person asks, and never by itself."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from siyaj.delivery.translator import NotTranslated, Translator
from siyaj.model.errors import UserError
from siyaj.model.person import Role
from siyaj.model.queue import QueueFilter
from siyaj.model.settings import Settings
from siyaj.storage import audit
from tests.console import ground
from tests.console.conftest import House
from tests.console.test_case import token
from tests.delivery.receiver import Answering, Receiver, receiver, reply
from tests.server.conftest import serve

CALL = "دعوة إلى غرس الأشجار"


@pytest.fixture(scope="module")
def translator() -> Iterator[Receiver]:
    with receiver() as server:
        yield server


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, translator: Receiver) -> Iterator[House]:
    data = str(tmp_path_factory.mktemp("house"))
    url = translator.url.replace("/hook", "/translate")
    settings = Settings(
        data=data, decoders=1, require_totp=False, translation_url=url, translation_private=True, translation_key="k"
    )
    for served in serve(settings):
        house = House(served.runtime, f"http://127.0.0.1:{served.port}")
        house.person("rania", Role.REVIEWER)
        yield house


def answer(text: str) -> Answering:
    return lambda handler: reply(handler, 200, msgspec.json.encode({"translatedText": text}))


def reported(house: House, item: str, text: str) -> str:
    receipt = ground.report(house.runtime, f"item:{item}", content={"text": text})
    assert receipt
    return next(case.id for _at, case in house.runtime.cases.queue(QueueFilter()) if case.subject.id == item)


def test_nothing_is_sent_until_somebody_asks_and_then_it_stays(house: House, translator: Receiver) -> None:
    case = reported(house, "m-tr", CALL + "\u202e \u202c")
    client = house.signed_in("rania")
    page = client.get(f"/console/cases/{case}").text
    assert "Translate" in page and translator.received == []
    key = page.split('name="key" value="')[1].split('"')[0]
    translator.answers.append(answer("A call to plant trees <b>\u202e"))
    send = {"headers": {"x-csrf-token": token(page), "hx-request": "true"}, "data": {"key": key}}
    shown = client.post(f"/console/cases/{case}/translate", **send)  # type: ignore[arg-type]
    assert "A call to plant trees &lt;b&gt;" in shown.text and "Translated by a machine" in shown.text
    assert 'dir="auto"' in shown.text and "RLO" in shown.text
    (received,) = translator.received
    asked = received.data
    assert asked == {"q": CALL + " ", "source": "ar", "target": "en", "format": "text", "api_key": "k"}
    with house.runtime.database.read() as connection:
        row = audit.page(connection, what="case.translate")[0]
    assert (row.who, row.subject, row.detail["to"], row.detail["target"]) == ("person:rania", case, "127.0.0.1", "en")
    assert "A call to plant trees" in client.get(f"/console/cases/{case}").text
    assert len(translator.received) == 1


def test_a_translator_that_fails_is_said_and_can_be_asked_again(house: House, translator: Receiver) -> None:
    case = reported(house, "m-fails", CALL + " غدًا")
    client = house.signed_in("rania")
    page = client.get(f"/console/cases/{case}").text
    key = page.split('name="key" value="')[1].split('"')[0]
    translator.answers.append(500)
    send = {"headers": {"x-csrf-token": token(page), "hx-request": "true"}, "data": {"key": key}}
    shown = client.post(f"/console/cases/{case}/translate", **send)  # type: ignore[arg-type]
    assert "The translator did not answer." in shown.text and 'data-key="Period"' in shown.text
    send["data"] = {"key": "0" * 64}
    assert client.post(f"/console/cases/{case}/translate", **send).status_code == 404  # type: ignore[arg-type]


def test_a_text_in_the_language_of_the_page_has_no_slot(house: House) -> None:
    case = reported(house, "m-arabic", CALL + " اليوم")
    client = house.signed_in("rania")
    client.send_form("/console/language", "/console/queue", locale="ar")
    shown = client.get(f"/console/cases/{case}").text
    assert CALL in shown and "/translate" not in shown


@pytest.mark.parametrize("url", ["http://translate.example.org", "ftp://x", "https://user:pw@x.org"])
def test_an_address_that_may_not_be_asked_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(UserError, match="SIYAJ_TRANSLATION_URL"):
        Translator(Settings(translation_url=url))


def test_what_lies_in_a_private_network_is_not_asked_unless_it_is_allowed(tmp_path: Path) -> None:
    with pytest.raises(NotTranslated, match="private network"):
        Translator(Settings(translation_url="https://127.0.0.1:9/translate")).translate("x", "", "ar")
