"""The parts that know nothing of Synapse."""

import re
import textwrap
from pathlib import Path

import pytest
import yaml

from siyaj.server.api import matrix_content
from siyaj_synapse import config, content
from siyaj_synapse.breaker import Breaker
from siyaj_synapse.config import ConfigError
from siyaj_synapse.store import Cursor, Store

GIVEN = {"url": "http://127.0.0.1:8741/", "key": "siyaj_x", "state": "module.db"}


def test_two_lines_are_enough_and_the_rest_has_defaults() -> None:
    read = config.parse(GIVEN)
    assert (read.url, read.hold, read.seconds["message"]) == ("http://127.0.0.1:8741", "refuse", 1.0)
    assert set(read.on_failure.values()) == {"open"}
    assert "siyaj_x" not in repr(read)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"url": "siyaj"}, "url"),
        ({"key": ""}, "siyaj key create"),
        ({"key_file": "/nowhere/key"}, "cannot be read"),
        ({"state": "/nowhere/module.db"}, "state"),
        ({"sate": 1}, "unknown option 'sate'"),
        ({"seconds": {"message": 0}}, "above 0"),
        ({"seconds": {"messages": 1}}, "no hook is called"),
        ({"on_failure": {"media": "ajar"}}, "open, closed"),
        ({"hold": "maybe"}, "hold"),
        ({"registration": {"block": "refuse"}}, "shadow_ban"),
    ],
)
def test_what_is_wrong_is_said(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        config.parse({**GIVEN, **wrong})


def test_one_word_sets_the_failure_policy_of_all_hooks() -> None:
    assert set(config.parse({**GIVEN, "on_failure": "closed"}).on_failure.values()) == {"closed"}


def test_a_breaker_opens_after_failures_in_a_row_and_lets_one_try() -> None:
    now = [0.0]
    breaker = Breaker(2, 5.0, lambda: now[0])
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert not breaker.open
    breaker.failed()
    assert breaker.open
    now[0] = 5.1
    assert not breaker.open, "one may try"
    assert breaker.open, "the others wait for what comes of it"
    breaker.succeeded()
    assert not breaker.open


def test_words_are_taken_once_and_links_from_what_is_formatted() -> None:
    said = {
        "msgtype": "m.text",
        "body": "hello\0 there",
        "formatted_body": "<b>hello</b> <a href='https://a.test/x'>there</a>",
        "m.new_content": {"body": "hello\0 there"},
        "file": {"key": {"k": "secret"}},
        "broken": "\ud800",
    }
    assert content.words(said) == "hello  there\nhello there\n?"
    assert content.links(said) == ["https://a.test/x"]
    deep: dict[str, object] = {"body": "deep"}
    for _ in range(100):
        deep = {"m.inner": deep}
    assert content.words(deep) == ""


def test_what_passed_unchecked_and_what_was_sent_outlive_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "module.db")
    Store(path).put("message", {"id": "$1"}, {"room": "!r"}, "again")
    Store(path).mark_sent("a")
    Store(path).advance("room_reports", Cursor(7, "digest"))
    after = Store(path)
    (one,) = after.oldest(10)
    assert (one.hook, one.event, one.place, one.repeat) == ("message", {"id": "$1"}, {"room": "!r"}, "again")
    assert after.unsent(["a", "b"]) == {"b"}
    assert after.cursor("room_reports") == Cursor(7, "digest")
    after.done(one.seq)
    assert after.waiting() == 0


def test_the_server_reads_content_as_the_module_does() -> None:
    ours, theirs = (Path(one.__file__).read_text(encoding="utf-8") for one in (content, matrix_content))
    assert ours.split('"""', 2)[2] == theirs.split('"""', 2)[2]


README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_six_lines_of_the_readme_are_a_configuration(tmp_path: Path) -> None:
    block = README.partition("```yaml")[2].partition("```")[0]
    (module,) = yaml.safe_load(textwrap.dedent(block))["modules"]
    key = tmp_path / "siyaj.key"
    key.write_text("siyaj_x\n", encoding="ascii")
    assert len([line for line in block.splitlines() if line.strip()]) == 6
    assert module["module"] == "siyaj_synapse.SiyajModule"
    assert (
        config.parse({**module["config"], "key_file": str(key), "state": str(tmp_path / "module.db")}).key == "siyaj_x"
    )


def test_the_readme_names_every_option() -> None:
    assert not [name for name in config.Config.__dataclass_fields__ if f"`{name}`" not in README]


def test_every_test_that_the_page_names_is_there() -> None:
    root = Path(__file__).parents[3]
    page = (root / "docs" / "matrix.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", page)
    folders = [root / "integrations" / "synapse" / "tests", root / "integrations" / "prosody" / "tests", root / "tests"]
    found = [(file, test) for file, test in named for one in folders if f"def {test}(" in read_or_nothing(one / file)]
    assert named and [one for one in named if one not in found] == []


def read_or_nothing(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
