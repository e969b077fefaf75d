"""Policies as tables: what one holds, and how two differ."""

import msgspec
from msgspec import Struct

from siyaj.model.verdict import Action
from siyaj.policy.compile import mentioned_types
from siyaj.policy.evaluate import Policy
from siyaj.policy.rules import Rule


class RuleLine(Struct, frozen=True):
    """One rule as a line of a table. `where` narrows a partial rule; `place` is `file:line`."""

    id: str
    title: str
    title_ar: str
    mode: str
    where: str
    policy: str
    then: Action
    otherwise: Action | None
    signals: list[str]
    examples: int
    place: str


class RuleChange(Struct, frozen=True):
    """A rule that is in both policies and not the same; `fields` maps each field that differs to (old, new)."""

    rule: str
    fields: dict[str, tuple[object, object]]


class PolicyDiff(Struct, frozen=True):
    """Rule ids and taxonomy codes; empty lists mean that both policies decide alike."""

    added: list[str]
    removed: list[str]
    changed: list[RuleChange]
    codes_added: list[str]
    codes_removed: list[str]


def summarise(policy: Policy) -> list[RuleLine]:
    """Return the rules as lines, strictest first."""
    lines = [_line(rule, policy.places.get(rule.id, "")) for rule in policy.rules]
    return sorted(lines, key=lambda line: (-line.then.severity, line.id))


def _line(rule: Rule, place: str) -> RuleLine:
    partial = {} if rule.partial is None else msgspec.to_builtins(rule.partial)
    return RuleLine(
        id=rule.id,
        title=rule.title,
        title_ar=rule.title_ar,
        mode=str(rule.mode),
        where=", ".join(f"{name}: {value}" for name, value in partial.items()),
        policy=rule.policy,
        then=rule.then,
        otherwise=rule.otherwise,
        signals=sorted(mentioned_types(rule.when)),
        examples=len(rule.examples),
        place=place,
    )


def diff_policies(old: Policy, new: Policy) -> PolicyDiff:
    """Say which rules and codes were added, removed and changed. Examples do not count: they decide nothing."""
    before, after = ({rule.id: rule for rule in policy.rules} for policy in (old, new))
    codes_before, codes_after = ({category.code for category in policy.taxonomy} for policy in (old, new))
    changes = (RuleChange(id_, _differences(before[id_], after[id_])) for id_ in sorted(before.keys() & after.keys()))
    return PolicyDiff(
        added=sorted(after.keys() - before.keys()),
        removed=sorted(before.keys() - after.keys()),
        changed=[change for change in changes if change.fields],
        codes_added=sorted(codes_after - codes_before),
        codes_removed=sorted(codes_before - codes_after),
    )


def _differences(old: Rule, new: Rule) -> dict[str, tuple[object, object]]:
    pairs = {name: (getattr(old, name), getattr(new, name)) for name in Rule.__struct_fields__ if name != "examples"}
    return {
        name: (msgspec.to_builtins(before), msgspec.to_builtins(after))
        for name, (before, after) in pairs.items()
        if before != after
    }
