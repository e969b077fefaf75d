"""`siyaj bank`: curation from the terminal."""

import re
from pathlib import Path

from tests.cli.conftest import Run

PDQ = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22"


def test_two_people_make_an_entry_act(siyaj: Run) -> None:
    siyaj("bank", "create", "known")
    siyaj("bank", "add", "known", "--hash", f"pdq:{PDQ}", "--opinion", "confirmed")
    assert siyaj("check", "--hash", f"pdq:{PDQ}", "--kind", "media", "--json").lines[0]["action"] == "hold"
    siyaj("bank", "confirm", "known", "1", "--by", "basim")
    assert siyaj("check", "--hash", f"pdq:{PDQ}", "--kind", "media", "--json").lines[0]["action"] == "block"


def test_negative_silences_and_revoke_forgets(siyaj: Run, pictures: Path) -> None:
    siyaj("bank", "create", "known")
    siyaj("bank", "add", "known", pictures / "one.jpg")
    siyaj("bank", "add", "known", pictures / "deep" / "copy.jpg", "--opinion", "negative")
    lines = {Path(line["path"]).name: line for line in siyaj("scan", pictures, "--json").lines}
    assert lines["copy.jpg"]["action"] == "allow"
    assert lines["one.jpg"]["action"] == "hold"
    siyaj("bank", "revoke", "known", "1")
    lines = {Path(line["path"]).name: line for line in siyaj("scan", pictures, "--json").lines}
    assert lines["one.jpg"]["action"] == "allow"


def test_import_names_bad_lines_and_takes_the_others(siyaj: Run, tmp_path: Path) -> None:
    listed = tmp_path / "list.csv"
    listed.write_text(f"type,value\npdq,{PDQ}\npdq,{PDQ[:-1]}\npdq,{PDQ} \nmd5,zz\n\nfoo,{PDQ}\nmd5,{'A' * 32}\n")
    siyaj("bank", "create", "known")
    ended = siyaj("bank", "import", "known", listed, "--json")
    assert ended.code == 1
    report = ended.lines[0]
    assert (report["accepted"], report["refused"]) == (2, 4)
    assert [one["line"] for one in report["refusals"]] == [3, 4, 5, 7]
    again = siyaj("bank", "import", "known", listed, "--json").lines[0]
    assert (again["accepted"], again["duplicates"]) == (0, 2)


def test_export_comes_back_whole(siyaj: Run, tmp_path: Path) -> None:
    siyaj("bank", "create", "one")
    siyaj("bank", "create", "two")
    text = 'سطر أول من نص طويل بما يكفي\nوسطر ثان، فيه \\ و"علامات"'
    siyaj("bank", "add", "one", "--text", text, "--term", "الفانوس الأزرق", "--hash", f"pdq:{PDQ}", "--label", "a|b")
    for kind in ("csv", "jsonl"):
        out = tmp_path / f"list.{kind}"
        assert siyaj("bank", "export", "one", out, "--format", kind).code == 0
        assert siyaj("bank", "import", "two", out).code == 0
    values = [s["value"] for entry in siyaj("bank", "list", "two", "--json").lines for s in entry["signals"]]
    assert sorted(values) == sorted([text, "الفانوس الأزرق", PDQ])


def test_an_emblem_is_kept_as_nothing_else(siyaj: Run, pictures: Path) -> None:
    siyaj("bank", "create", "marks")
    ended = siyaj("bank", "add", "marks", "--emblem", pictures / "one.jpg", pictures / "text.jpg", "--json")
    assert ended.code == 1
    one, text = ended.lines
    assert one["signals"] == ["emblem"]
    assert text["error"]["code"] == "unreadable_media"
    assert siyaj("bank", "add", "marks", "--emblem", "--term", "something").code == 2


def test_wrong_calls_say_what_to_do(siyaj: Run) -> None:
    missing = siyaj("bank", "add", "nope", "--term", "something")
    assert missing.code == 2
    assert "siyaj bank list" in missing.err
    assert siyaj("bank", "create", "a b").code == 2
    siyaj("bank", "create", "known")
    assert siyaj("bank", "create", "known").code == 2
    assert siyaj("bank", "add", "known").code == 2
    short = siyaj("bank", "add", "known", "--text", "short", "--json")
    assert short.code == 2
    assert short.lines[0]["error"]["code"] == "invalid_signal"


def test_help_of_every_command_teaches(siyaj: Run) -> None:
    assert "siyaj demo" in siyaj("--help").out
    for listed in (siyaj("--help").out, siyaj("bank", "--help").out):
        named = listed.partition("Commands")[2].partition("Every command")[0]
        assert not re.findall(r"^│ \S+ +│$", named, re.MULTILINE), "a command without a word on what it is for"
    commands = ["hash", "scan", "check", "serve", "demo"]
    groups = [["bank", one] for one in ("create", "list", "add", "import", "export", "confirm", "revoke", "restore")]
    for command in [[one] for one in commands] + groups + [["key", "create"], ["policy", "check"], ["policy", "test"]]:
        ended = siyaj(*command, "--help")
        assert ended.code == 0, command
        assert "--data" in ended.out, command


def test_a_policy_with_an_error_is_refused_with_file_line_and_hint(siyaj: Run, tmp_path: Path) -> None:
    policy = tmp_path / "mine.yaml"
    policy.write_text("rules:\n  - id: one\n    whne: {}\n")
    ended = siyaj("policy", "check", policy)
    assert ended.code == 2
    assert "mine.yaml:3" in ended.err
    assert "when" in ended.err


def test_keys_are_shown_once_and_revoked(siyaj: Run) -> None:
    made = siyaj("key", "create", "messenger", "--json").lines[0]
    assert made["key"].startswith("siyaj_")
    assert set(made) >= {"id", "name", "key"}
    listed = siyaj("key", "list", "--json")
    assert made["key"] not in listed.out
    assert siyaj("key", "revoke", "messenger").code == 0
    assert siyaj("key", "list", "--json").lines[0]["revoked_at"]
    assert siyaj("key", "revoke", "messenger").code == 2
