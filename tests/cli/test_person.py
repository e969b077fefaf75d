"""`siyaj person` and `siyaj audit`: the first administrator, and a log that shows when it was touched."""

import sqlite3
from pathlib import Path

from tests.cli.conftest import Run

PASSWORD = "seven calm gardens\n"


def test_a_person_from_the_first_day_to_the_last(siyaj: Run) -> None:
    made = siyaj("person", "create", "amal", "--role", "admin", "--name", "أمل", "--json", stdin=PASSWORD)
    assert made.code == 0 and made.lines[0]["roles"] == ["admin"], made.err
    invited = siyaj("person", "create", "huda", "--role", "reviewer", "--language", "ar", "--invite", "--json")
    assert invited.lines[0]["invitation"].startswith("/console/invitation/per_")
    assert siyaj("person", "roles", "huda", "lead", "curator", "--json").lines[0]["roles"] == ["lead", "curator"]
    assert siyaj("person", "password", "huda", stdin=PASSWORD).code == 0
    assert siyaj("person", "totp", "huda").code == 0
    assert siyaj("person", "disable", "huda", "--json").lines[0]["disabled_at"]
    assert siyaj("person", "enable", "huda", "--json").lines[0]["disabled_at"] is None
    assert [line["login"] for line in siyaj("person", "list", "--json").lines] == ["amal", "huda"]
    assert "أمل" in siyaj("person", "list").out


def test_what_is_wrong_is_said(siyaj: Run) -> None:
    assert siyaj("person", "create", "amal", "--role", "admin", stdin="short\n").code == 2
    assert siyaj("person", "create", "Amal", "--role", "admin", stdin=PASSWORD).code == 2
    assert siyaj("person", "password", "nobody", stdin=PASSWORD).code == 2
    assert siyaj("person", "create", "amal", "--role", "admin", stdin=PASSWORD).code == 0
    ended = siyaj("person", "disable", "amal")
    assert ended.code == 2 and "last administrator" in ended.err


def test_the_log_shows_that_it_was_touched(siyaj: Run, tmp_path: Path) -> None:
    siyaj("person", "create", "amal", "--role", "admin", stdin=PASSWORD)
    siyaj("key", "create", "messenger")
    listed = siyaj("audit", "list", "--json").lines
    assert [line["what"] for line in listed] == ["key.create", "person.create"]
    assert siyaj("audit", "list", "--what", "person.", "--json").lines == listed[1:]
    whole = siyaj("audit", "verify", "--json")
    assert (whole.code, whole.lines[0]["rows"], whole.lines[0]["fault"]) == (0, 2, "")
    siyaj("key", "create", "another")
    assert siyaj("audit", "verify", "--head", whole.lines[0]["head"]).code == 0
    assert siyaj("audit", "verify", "--head", "ab" * 32).code == 1
    database = next(tmp_path.rglob("siyaj.db"))
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE audit SET who = 'cli:somebody' WHERE seq = 1")
    ended = siyaj("audit", "verify")
    assert ended.code == 1 and "tampered" in ended.err
