"""docs/policy.md is complete and true."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from siyaj.model.bank import Opinion
from siyaj.model.channel import ReturnMark
from siyaj.model.event import EventKind
from siyaj.model.verdict import Action
from siyaj.policy import channels, rules
from siyaj.policy.evaluate import MISSING_RULE
from siyaj.policy.ladder import Step, StrikeRule
from siyaj.policy.load import load_policy
from siyaj.policy.principles import ACTING_BOUNDS
from siyaj.policy.taxonomy import Category

GUIDE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
GOLDEN = Path(__file__).parent / "golden"
IN_TABLES = {name for line in GUIDE.splitlines() if line.startswith("|") for name in re.findall(r"`([^`]+)`", line)}

STRUCTS: list[type[msgspec.Struct]] = [
    *get_args(rules.Condition),
    rules.Rule,
    rules.Partial,
    rules.Example,
    rules.PolicyExample,
    rules.Given,
    rules.GivenMatch,
    rules.GivenSignal,
    rules.GivenMissing,
    Category,
    StrikeRule,
    Step,
    *get_args(channels.ChannelCondition),
    channels.ChannelRule,
    channels.ChannelExample,
    channels.GivenState,
]


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
def test_every_field_stands_in_a_table_of_the_guide(struct: type[msgspec.Struct]) -> None:
    fields = set(struct.__struct_encode_fields__) - {"of"}
    assert fields <= IN_TABLES
    tag = struct.__struct_config__.tag
    assert tag is None or f"`{tag}`" in GUIDE


@pytest.mark.parametrize(
    "words", [rules.Mode, rules.Expected, Action, Opinion, EventKind, ReturnMark], ids=lambda e: e.__name__
)
def test_every_word_stands_in_the_guide(words: type[rules.Mode]) -> None:
    assert [word for word in words if not re.search(rf"`[^`]*\b{word.value}\b[^`]*`", GUIDE)] == []


def test_the_guides_examples_load_and_hold(tmp_path: Path) -> None:
    whole = [block for block in _blocks("yaml") if block.startswith("rules:")]
    assert whole
    for block in whole:
        (tmp_path / "guide.yaml").write_text(block, encoding="utf-8")
        assert load_policy(tmp_path / "guide.yaml").rules


def test_the_guides_conditions_are_well_formed(tmp_path: Path) -> None:
    for block in _blocks("yaml"):
        if block.startswith("when:"):
            rule = "id: a\ntitle: A\npolicy: tvec\nmode: live\nthen: hold\nreason: R\n" + block
            indented = "".join(f"    {line}\n" for line in rule.splitlines())
            (tmp_path / "guide.yaml").write_text("rules:\n  -\n" + indented, encoding="utf-8")
            assert load_policy(tmp_path / "guide.yaml").rules


def test_the_guide_lists_the_shipped_rules_and_codes() -> None:
    policy = load_policy()
    for rule in policy.rules:
        assert f"| `{rule.id}` | {rule.then} |" in GUIDE
    for category in policy.taxonomy:
        assert f"| `{category.code}` | {category.title} | {category.severity} |" in GUIDE
    assert f"`{MISSING_RULE}`" in GUIDE


def test_the_guide_states_the_bounds_that_are_enforced() -> None:
    for name, bound in ACTING_BOUNDS.items():
        [line] = [line for line in GUIDE.splitlines() if f"acting on `{name}`" in line]
        assert f"`max_distance: {bound.max_distance:g}`" in line
        assert not bound.min_quality or f"`min_quality: {bound.min_quality}`" in line


def test_the_guide_shows_messages_as_they_are() -> None:
    assert (GOLDEN / "misspelled.txt").read_text(encoding="utf-8") in GUIDE


def _blocks(language: str) -> Iterator[str]:
    yield from re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
