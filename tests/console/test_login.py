"""The way in: password, second factor, lock-out; and one's own account."""

import re
import time
from collections.abc import Iterator

import pyotp
import pytest

from siyaj.model.errors import RateLimited
from siyaj.model.person import Locale, Role
from siyaj.model.settings import Settings
from siyaj.server.throttle import Throttle
from siyaj.storage import audit
from tests.console.conftest import PASSWORD, House
from tests.server.conftest import serve


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A console where everybody must have a second factor, as it is shipped."""
    for served in serve(Settings(data=str(tmp_path_factory.mktemp("strict")), decoders=1)):
        made = House(served.runtime, f"http://127.0.0.1:{served.port}")
        made.person("amal", Role.ADMIN)
        yield made


def test_the_first_log_in_sets_up_the_second_factor_and_later_ones_ask_for_it(strict: House) -> None:
    client = strict.client()
    answer = client.send_form("/console/login", login="amal", password=PASSWORD, next="/console/people")
    assert answer.headers["location"] == "/console/login/enrol"
    for closed in ("/console/people", "/console/self"):
        assert client.get(closed).status_code == 303
    page = client.get("/console/login/enrol").text
    found = re.search(r'class="secret">([^<]+)<', page)
    assert found is not None and 'src="data:image/svg+xml' in page
    secret = found[1].replace(" ", "")
    assert client.send_form("/console/login/enrol", code="000000").status_code == 401
    used = pyotp.TOTP(secret).now()
    answer = client.send_form("/console/login/enrol", code=used)
    assert answer.headers["location"] == "/console/people"
    assert client.get("/console/people").status_code == 200
    assert client.get("/console/login/enrol").status_code == 403  # there is one: it is not replaced in passing

    again = strict.client()
    answer = again.send_form("/console/login", login="amal", password=PASSWORD)
    assert answer.headers["location"] == "/console/login/code"
    assert again.get("/console/people").status_code == 303
    assert again.get("/console/login/enrol").status_code == 303
    assert again.send_form("/console/login/code", code=used).status_code == 401
    later = pyotp.TOTP(secret).at(int(time.time()) + 30)
    halfway = again.cookies["siyaj_session"]
    assert again.send_form("/console/login/code", code=later).headers["location"] == "/console/"
    assert again.cookies["siyaj_session"] != halfway
    assert again.get("/console/people").status_code == 200


def test_wrong_passwords_look_alike_and_lock_in_the_end(house: House) -> None:
    house.person("locked")
    client = house.client()
    pages = set()
    for login in ("locked", "nobody"):
        answer = client.send_form("/console/login", login=login, password="wrong")
        assert answer.status_code == 401
        pages.add(re.sub(r'value="[^"]*"', "", answer.text))
    assert len(pages) == 1
    for login in ("locked", "nobody"):
        for _ in range(4):
            client.send_form("/console/login", login=login, password="wrong")
        answer = client.send_form("/console/login", login=login, password=PASSWORD)
        assert answer.status_code == 401 and "Too many attempts" in answer.text
    with house.runtime.database.read() as connection:
        row = audit.page(connection, what="session.failed")[0]
    assert row.detail["address"] == "127.0.0.1" and PASSWORD not in str(row)


def test_an_address_that_fails_too_often_is_held_off() -> None:
    throttle = Throttle(3, 60)
    for _ in range(3):
        throttle.check("203.0.113.7")
        throttle.failed("203.0.113.7")
    with pytest.raises(RateLimited):
        throttle.check("203.0.113.7")
    throttle.check("203.0.113.8")
    short = Throttle(1, 0.01)
    short.failed("x")
    time.sleep(0.02)
    short.check("x")


def test_ones_own_sessions_can_be_ended(house: House) -> None:
    house.person("sami")
    here, there, third = (house.signed_in("sami") for _ in range(3))
    page = here.get("/console/self").text
    other = re.search(r'action="(/console/self/sessions/[0-9a-f]{64}/end)"', page)
    assert other is not None
    here.send_form(other[1], page="/console/self")
    assert sorted(one.get("/console/self").status_code for one in (there, third)) == [200, 303]
    here.send_form("/console/self/sessions/others", page="/console/self")
    assert [one.get("/console/self").status_code for one in (here, there, third)] == [200, 303, 303]


def test_ones_own_password_needs_the_old_one(house: House) -> None:
    house.person("lina")
    client, other = house.signed_in("lina"), house.signed_in("lina")
    fresh = "another calm garden"

    def change(old: str, password: str, again: str) -> int:
        answer = client.send_form(
            "/console/self/password", page="/console/self", old=old, password=password, again=again
        )
        return answer.status_code

    assert change("wrong", fresh, fresh) == 400
    assert change(PASSWORD, fresh, "differs") == 400
    assert change(PASSWORD, "short", "short") == 400
    assert change(PASSWORD, fresh, fresh) == 303
    assert client.get("/console/self").status_code == 200 and other.get("/console/self").status_code == 303
    assert house.runtime.people.authenticate("lina", fresh).login == "lina"


def test_preferences_change_the_pages(house: House) -> None:
    house.person("rana")
    client = house.signed_in("rana")
    answer = client.send_form(
        "/console/self/preferences", page="/console/self", locale="ar", theme="dark", blur="24", break_minutes="45"
    )
    assert answer.status_code == 303
    assert '<html lang="ar" dir="rtl" data-theme="dark">' in client.get("/console/self").text
    kept = house.runtime.people.get("rana").preferences
    assert (kept.locale, kept.blur, kept.break_minutes, kept.still_pixels) == (Locale.AR, 24, 45, 200)
    assert client.send_form("/console/self/preferences", page="/console/self", blur="900").status_code == 400
