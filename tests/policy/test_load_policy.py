"""Loading: files and folders, what counts as a policy, and that no input does anything but load or be refused."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from siyaj.model.errors import InvalidPolicy
from siyaj.model.verdict import Action
from siyaj.policy.evaluate import Policy
from siyaj.policy.load import DEFAULTS, load_policy
from siyaj.policy.problems import FaultyPolicy
from siyaj.policy.rules import Mode
from siyaj.policy.testing import test_policy as run_all

RULE = """
rules:
  - id: {id}
    title: A listed picture
    policy: tvec
    mode: {mode}
    when: {{kind: match, signal: pdq}}
    then: hold
    reason: The picture is listed.
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refused(path: Path) -> list[str]:
    with pytest.raises(FaultyPolicy) as error:
        load_policy(path)
    return [str(problem) for problem in error.value.problems]


def test_nothing_named_means_the_defaults() -> None:
    assert load_policy().version == load_policy(None).version == load_policy(DEFAULTS).version
    assert load_policy().places["known-file"].startswith("rules.yaml:")


def test_a_file_without_a_taxonomy_uses_the_shipped_one(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, "mine.yaml", RULE.format(id="mine", mode="live")))
    assert policy.taxonomy == load_policy().taxonomy
    assert [rule.id for rule in policy.rules] == ["mine"]


@pytest.mark.parametrize("mode", [mode.value for mode in Mode if mode is not Mode.PARTIAL])
def test_every_mode_is_a_plain_word_also_off(tmp_path: Path, mode: str) -> None:
    policy = load_policy(write(tmp_path, "mine.yaml", RULE.format(id="mine", mode=mode)))
    assert policy.rules[0].mode == mode


def test_a_folder_is_one_policy_and_its_file_names_mean_nothing(tmp_path: Path) -> None:
    write(tmp_path, "a/one.yaml", RULE.format(id="one", mode="live"))
    write(tmp_path, "two.yml", RULE.format(id="two", mode="live"))
    write(tmp_path, "notes.txt", "not a policy")
    first = load_policy(tmp_path)
    assert {rule.id: first.places[rule.id] for rule in first.rules} == {"one": "a/one.yaml:3", "two": "two.yml:3"}
    (tmp_path / "two.yml").rename(tmp_path / "a" / "zwei.yaml")
    assert load_policy(tmp_path).version == first.version


def test_hidden_files_and_folders_are_no_part_of_a_policy(tmp_path: Path) -> None:
    write(tmp_path, "..2026_01_01/one.yaml", RULE.format(id="one", mode="live"))
    (tmp_path / "..data").symlink_to("..2026_01_01")
    (tmp_path / "one.yaml").symlink_to("..data/one.yaml")
    write(tmp_path, ".one.yaml.swp.yaml", "[")
    assert [rule.id for rule in load_policy(tmp_path).rules] == ["one"]


def test_comments_and_layout_do_not_change_the_version(tmp_path: Path) -> None:
    plain = load_policy(write(tmp_path, "mine.yaml", RULE.format(id="mine", mode="live"))).version
    laid_out = "# mine\n" + yaml.safe_dump(yaml.safe_load(RULE.format(id="mine", mode="live")), sort_keys=True)
    assert load_policy(write(tmp_path, "mine.yaml", laid_out)).version == plain
    changed = RULE.format(id="mine", mode="live").replace("is listed.", "is on a list.")
    assert load_policy(write(tmp_path, "mine.yaml", changed)).version != plain


def test_one_id_in_two_files_is_refused_naming_both(tmp_path: Path) -> None:
    write(tmp_path, "one.yaml", RULE.format(id="same", mode="live"))
    write(tmp_path, "two.yaml", RULE.format(id="same", mode="live"))
    assert refused(tmp_path) == ["two.yaml:3: 'same' is there twice (the first one is at one.yaml:3)"]


def test_a_file_or_folder_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "gone.yaml") == ["gone.yaml: cannot be read: No such file or directory"]
    assert "no .yaml files" in refused(tmp_path)[0]


def test_too_large_too_deep_and_not_utf8_are_refused(tmp_path: Path) -> None:
    assert "larger than 1024 KiB" in refused(write(tmp_path, "large.yaml", "#" * 1024 * 1024 + "\n"))[0]
    assert "nested deeper" in refused(write(tmp_path, "deep.yaml", "rules: " + "[" * 5_000))[0]
    (tmp_path / "bytes.yaml").write_bytes(b"rules:\n  - id: \xff\n")
    assert refused(tmp_path / "bytes.yaml") == ["bytes.yaml:2: byte 15 is not UTF-8 (save the file as UTF-8)"]


def test_examples_are_checked_unless_told_otherwise(tmp_path: Path) -> None:
    wrong = RULE.format(id="mine", mode="live") + "examples: [{name: wrong, given: {}, verdict: block}]\n"
    path = write(tmp_path, "mine.yaml", wrong)
    assert refused(path) == ["mine.yaml:10: the example 'wrong' does not hold: expected block, got allow"]
    [result] = run_all(load_policy(path, run_examples=False))
    assert (result.passed, result.expected, result.got, result.place) == (False, "block", "allow", "mine.yaml:10")


def test_signal_types_are_checked_against_those_given(tmp_path: Path) -> None:
    path = write(tmp_path, "mine.yaml", RULE.format(id="mine", mode="live"))
    assert isinstance(load_policy(path, known_types=frozenset({"pdq"})), Policy)
    with pytest.raises(InvalidPolicy, match="unknown signal type 'pdq'"):
        load_policy(path, known_types=frozenset({"sha256"}))


words = st.sampled_from(
    [
        "id",
        "kind",
        "when",
        "match",
        "all",
        "of",
        "signal",
        "rules",
        "then",
        "hold",
        "a.b",
        "x[0]",
        "x - at `$.y`",
        "mode",
    ]
)
scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8) | words
garbage = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | st.text(max_size=5), inner, max_size=5),
    max_leaves=20,
)
GOOD = yaml.safe_load(RULE.format(id="mine", mode="live"))["rules"][0]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(garbage, st.sampled_from(["", "rules", "taxonomy", "examples", "rule"]), st.data())
def test_any_data_loads_or_is_refused_as_a_policy(
    tmp_path: Path, value: object, where: str, data: st.DataObject
) -> None:
    if where == "rule":
        value = {"rules": [{**GOOD, data.draw(st.sampled_from([*GOOD, "unless", "examples", "partial"])): value}]}
    elif where:
        value = {where: [value]}
    _loads_or_is_refused(tmp_path, yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "surrogatepass"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet="ab:-[]{}&*!?|>'\"#% \n\t,.\u2028", max_size=60).map(str.encode))
def test_any_bytes_load_or_are_refused_as_a_policy(tmp_path: Path, text: bytes) -> None:
    _loads_or_is_refused(tmp_path, text)


def _loads_or_is_refused(folder: Path, text: bytes) -> None:
    path = folder / "any.yaml"
    path.write_bytes(text)
    try:
        policy = load_policy(path)
    except InvalidPolicy as error:
        assert error.field is not None
        assert error.field.startswith("any.yaml")
    else:
        assert all(rule.then is not Action.ALLOW for rule in policy.rules)
