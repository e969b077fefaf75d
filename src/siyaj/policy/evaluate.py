"""The evaluator: facts in, outcome out. Pure, and safe for many threads.

Every enforced rule that fires has a say, and the strictest wins: the order of rules and files means nothing.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from siyaj.model.match import Match
from siyaj.model.signal import Missing
from siyaj.model.verdict import Action, Reason
from siyaj.policy.channels import ChannelRule
from siyaj.policy.compile import Test, compile_condition, match_test, mentioned_types, needed_types
from siyaj.policy.facts import Facts, Outcome, RuleResult
from siyaj.policy.ladder import Ladder
from siyaj.policy.principles import positive
from siyaj.policy.rules import MatchFound, Mode, Partial, PolicyExample, Rule, many
from siyaj.policy.taxonomy import Category

__all__ = ["MISSING_RULE", "Facts", "Outcome", "Policy", "RuleResult"]

MISSING_RULE = "missing-signal"
"""The built-in rule that holds an item when an enforcing rule could not be asked."""

MOST_REMEMBERED = 1_000

_CHECKS = {
    **dict.fromkeys(("sha256", "md5"), ("known files", "الملفات المعروفة")),
    **dict.fromkeys(("pdq", "local", "emblem"), ("known pictures", "الصور المعروفة")),
    "video": ("known videos", "مقاطع الفيديو المعروفة"),
    "audio": ("known recordings", "التسجيلات المعروفة"),
    **dict.fromkeys(("text", "term"), ("known statements", "البيانات المعروفة")),
    "url": ("known links", "الروابط المعروفة"),
    "name": ("known names", "الأسماء المعروفة"),
}


class _Compiled(NamedTuple):
    """A rule that is ready to be asked. `applies` says whether it is enforced for these facts."""

    rule: Rule
    mode: str
    fires: Test
    unless: Test | None
    applies: Test
    needs: frozenset[str] | None
    mentions: frozenset[str]
    rests_on: tuple[Callable[[Match], bool], ...]
    """Tests of the matches that the rule can rest on."""


class Policy:
    """Rules and taxonomy, compiled. `places` says where each rule stands (`rules.yaml:12`).

    Build one with `siyaj.policy.load.load_policy`, which refuses what breaks the principles.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        taxonomy: Sequence[Category],
        *,
        examples: Sequence[PolicyExample] = (),
        places: dict[str, str] | None = None,
        ladder: Ladder | None = None,
        channels: Sequence[ChannelRule] = (),
    ) -> None:
        self.rules = tuple(rules)
        self.taxonomy = tuple(taxonomy)
        self.examples = tuple(examples)
        self.places = places or {}
        self.ladder = ladder or Ladder()
        self.channels = tuple(channels)
        self.version = _version(rules, taxonomy)
        self._compiled = tuple(_compile(rule) for rule in rules if rule.mode is not Mode.OFF)
        enforcing = [each for each in self._compiled if each.rule.mode is not Mode.SHADOW]
        self.enforcing_types = frozenset[str]().union(*(each.mentions for each in enforcing))
        self._every_rule_needs_a_match = all(each.needs is not None for each in self._compiled)
        self._asked: dict[frozenset[str], tuple[_Compiled, ...]] = {}
        self._could: dict[tuple[str, frozenset[str]], Test] = {}
        self._severity = {category.code: category.severity for category in taxonomy}
        self._codes = _codes_by_label(taxonomy)

    def severity(self, code: str) -> int:
        """Return the severity of a code, else of the nearest one above it, else 0."""
        while code and code not in self._severity:
            code = code.rpartition(".")[0]
        return self._severity.get(code, 0)

    def category(self, code: str) -> Category | None:
        return next((category for category in self.taxonomy if category.code == code), None)

    def minds(self, matches: Sequence[Match], missing: Sequence[Missing]) -> bool:
        """False where no rule can have a say, whatever the event is: nothing matched, and nothing is missing."""
        return bool(matches or missing) or not self._every_rule_needs_a_match

    def evaluate(self, facts: Facts) -> Outcome:
        """Judge one event. Rules in shadow are listed in the outcome and change nothing else."""
        fired: list[RuleResult] = []
        said: list[tuple[Action, _Compiled]] = []
        for compiled in self._rules_to_ask(facts):
            action = _ask(compiled, facts)
            if action is None:
                continue
            enforced = compiled.applies(facts)
            fired.append(RuleResult(compiled.rule.id, compiled.mode, action, enforced))
            if enforced:
                said.append((action, compiled))
        if not said and not facts.missing:
            return Outcome(Action.ALLOW, None, [], fired)
        reasons = [self._reason(facts, action, compiled) for action, compiled in said]
        if facts.missing and (reason := self._hold_for_missing(facts, fired)):
            fired.append(RuleResult(MISSING_RULE, Mode.LIVE.value, Action.HOLD))
            reasons.append(reason)
        return self._outcome(reasons, fired)

    def _rules_to_ask(self, facts: Facts) -> tuple[_Compiled, ...]:
        """Return the rules that can fire on matches of these types."""
        types = frozenset([match.signal for match in facts.matches])
        asked = self._asked.get(types)
        if asked is None:
            asked = tuple(each for each in self._compiled if each.needs is None or each.needs & types)
            if len(self._asked) < MOST_REMEMBERED:
                self._asked[types] = asked
        return asked

    def _outcome(self, reasons: list[Reason], fired: list[RuleResult]) -> Outcome:
        if not reasons:
            return Outcome(Action.ALLOW, None, [], fired)
        reasons.sort(key=self._rank)
        return Outcome(reasons[0].action, reasons[0].policy, reasons, fired)

    def _rank(self, reason: Reason) -> tuple[int, int, str]:
        return -reason.action.severity, -self._severity.get(reason.policy, 0), reason.rule

    def _reason(self, facts: Facts, action: Action, compiled: _Compiled) -> Reason:
        rule = compiled.rule
        return Reason(rule.id, self._code(facts, compiled), action, rule.reason, rule.reason_ar)

    def _code(self, facts: Facts, compiled: _Compiled) -> str:
        """Return the rule's code, or the gravest below it that the labels of the matching entries name."""
        code = compiled.rule.policy
        below = code + "."
        labelled = [match for match in facts.matches if match.labels]
        codes = {
            named
            for match in labelled
            if any(test(match) for test in compiled.rests_on)
            for label in match.labels
            if (named := self._codes.get(label.lower(), "")).startswith(below)
        }
        return min(codes, key=lambda named: (-self._severity[named], named)) if codes else code

    def _hold_for_missing(self, facts: Facts, fired: list[RuleResult]) -> Reason | None:
        """Return a reason to hold when a rule that is enforced here could have fired, had all signals been drawn."""
        missing = frozenset(each.type for each in facts.missing)
        done = {result.rule for result in fired}
        codes, checks = [], set()
        for compiled in self._compiled:
            unasked = compiled.mentions & missing
            if not unasked or compiled.rule.id in done or not compiled.applies(facts):
                continue
            if not _exempt(compiled, facts, missing) and self._could_fire(compiled.rule, missing)(facts):
                codes.append(compiled.rule.policy)
                checks |= {_CHECKS.get(each, (each, each)) for each in unasked}
        if not codes:
            return None
        english, arabic = (sorted({check[side] for check in checks}) for side in (0, 1))
        return Reason(
            MISSING_RULE,
            min(codes, key=lambda code: (-self._severity.get(code, 0), code)),
            Action.HOLD,
            f"Part of this could not be compared with {', '.join(english)}, so a person looks at it.",
            f"تعذّرت مقارنة جزء من هذا المحتوى مع {'، '.join(arabic)}، لذلك سينظر فيه شخص.",
        )

    def _could_fire(self, rule: Rule, missing: frozenset[str]) -> Test:
        key = rule.id, missing
        test = self._could.get(key)
        if test is None:
            test = compile_condition(rule.when, missing)
            if len(self._could) < MOST_REMEMBERED:
                self._could[key] = test
        return test


def _ask(compiled: _Compiled, facts: Facts) -> Action | None:
    """Return what the rule says, or None where it does not fire."""
    if not compiled.fires(facts):
        return None
    if compiled.unless is not None and compiled.unless(facts):
        return compiled.rule.otherwise
    return compiled.rule.then


def _exempt(compiled: _Compiled, facts: Facts, missing: frozenset[str]) -> bool:
    """Return whether the rule is silenced here, whatever the missing signals would have been."""
    rule = compiled.rule
    if rule.unless is None or compiled.unless is None or rule.otherwise is not None:
        return False
    return not missing & mentioned_types(rule.unless) and compiled.unless(facts)


def _compile(rule: Rule) -> _Compiled:
    return _Compiled(
        rule=rule,
        mode=rule.mode.value,
        fires=compile_condition(rule.when),
        unless=None if rule.unless is None else compile_condition(rule.unless),
        applies=_applies(rule),
        needs=needed_types(rule.when),
        mentions=mentioned_types(rule.when),
        rests_on=tuple(match_test(each) for each in positive(rule.when) if isinstance(each, MatchFound)),
    )


def _applies(rule: Rule) -> Test:
    if rule.mode is Mode.LIVE:
        return lambda _: True
    if rule.mode is not Mode.PARTIAL or rule.partial is None:
        return lambda _: False
    return _in_part(rule.id, rule.partial)


def _in_part(rule: str, partial: Partial) -> Test:
    channels, kinds, share = frozenset(many(partial.channels)), frozenset(many(partial.kinds)), partial.share

    def test(facts: Facts) -> bool:
        event = facts.event
        if kinds and facts.kind not in kinds:
            return False
        if channels and (event.channel is None or event.channel.id not in channels):
            return False
        return share is None or place_in_share(rule, event.account.id if event.account else event.id) < share

    return test


def place_in_share(rule: str, subject: str) -> float:
    """Return a number in [0, 1) that stays the same for one rule and one account (or event without an account).

    So a share that grows keeps those it had, and one person is not treated differently from post to post.
    """
    digest = hashlib.blake2b(f"{rule}\0{subject}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53


def _version(rules: Sequence[Rule], taxonomy: Sequence[Category]) -> str:
    """Return 16 hex digits of the SHA-256 of what decides: comments, order and examples change nothing."""
    canonical = msgspec.json.encode(
        [
            sorted((msgspec.structs.replace(rule, examples=[]) for rule in rules), key=lambda rule: rule.id),
            sorted(taxonomy, key=lambda category: category.code),
        ]
    )
    return hashlib.sha256(canonical).hexdigest()[:16]


def _codes_by_label(taxonomy: Sequence[Category]) -> dict[str, str]:
    return {label.lower(): category.code for category in taxonomy for label in category.labels}
