"""Files → policy. Everything that is wrong is said at once, with its file and line, and nothing of it is loaded."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from siyaj.model.verdict import Action
from siyaj.policy.channels import ChannelRule, faults_of_channel_rule
from siyaj.policy.convert import convert_item
from siyaj.policy.evaluate import MISSING_RULE, Policy
from siyaj.policy.ladder import Ladder, Step, StrikeRule, faults_of_step, faults_of_strike
from siyaj.policy.principles import violations, walk
from siyaj.policy.problems import MOST_PROBLEMS, FaultyPolicy, Problem, did_you_mean
from siyaj.policy.rules import Given, MatchFound, Mode, PolicyExample, Rule, SignalFound, SignalMissing, many
from siyaj.policy.source import Source, read_source
from siyaj.policy.taxonomy import Category
from siyaj.policy.testing import test_policy
from siyaj.signals.registry import signal_types

T = TypeVar("T")

DEFAULTS = Path(__file__).parent / "defaults"

DESIGN_TYPES = frozenset({"sha256", "md5", "pdq", "video", "local", "audio", "text", "term", "url", "name"})
"""Signal types of the design: a rule may name one that is not installed here; it then never matches."""

MOST_FILES = 200

KINDS: dict[str, type[Struct]] = {
    "taxonomy": Category,
    "rules": Rule,
    "examples": PolicyExample,
    "strikes": StrikeRule,
    "ladder": Step,
    "channels": ChannelRule,
}
SECTIONS = tuple(KINDS)
LADDER = ("strikes", "ladder")
SHIPPED = {"taxonomy.yaml": ("taxonomy",), "ladder.yaml": LADDER, "channels.yaml": ("channels",)}


class Placed(Struct, frozen=True):
    """Something that was read, and where from."""

    item: Any
    source: Source
    path: str
    shipped: bool = False
    """Not of this policy, but what takes the place of what it does not say."""

    def problem(self, below: str, message: str, hint: str = "") -> Problem:
        return Problem(self.source.file, self.source.line(self.path + below), message, hint)


def load_policy(
    path: Path | None = None, *, run_examples: bool = True, known_types: frozenset[str] | None = None
) -> Policy:
    """Load a policy from a YAML file or a folder of them; None means the defaults that ship with Siyaj.

    `known_types` are the signal types that rules may name (default: the design's and all that are installed).
    A policy without a taxonomy, without strikes and ladder, or without rules for channels uses the shipped ones.

    Raises FaultyPolicy (an InvalidPolicy) with all problems.
    """
    problems: list[Problem] = []
    sources = list(_read(DEFAULTS if path is None else path, problems))
    found: dict[str, list[Placed]] = {section: [] for section in SECTIONS}
    for source in sources:
        _read_sections(source, found, problems)
    if not problems:
        _add_shipped([source.data for source in sources if source.data], found, problems)
    problems += _faults(found, known_types or _known(found), bool(problems))
    if not found["rules"] and not problems:
        name = (path.name or str(path)) if path else DEFAULTS.name
        problems.append(Problem(name, 0, "there are no rules in it", "see docs/policy.md for a first rule"))
    _raise(problems)
    policy = _build(found)
    if run_examples:
        _raise(
            Problem(*_split(result.place), f"the example {result.name!r} does not hold: {result.message}")
            for result in test_policy(policy)
            if not result.passed
        )
    return policy


def _add_shipped(given: list[Any], found: dict[str, list[Placed]], problems: list[Problem]) -> None:
    """Take what the policy does not say from the shipped one. Examples are the shipped policy's matter."""
    for file, parts in SHIPPED.items():
        if any(data.get(part) or (part == "channels" and part in data) for data in given for part in parts):
            continue
        source = read_source(DEFAULTS / file, file)
        for part in parts:
            for one in _items(source, part, KINDS[part], problems):
                bare = msgspec.structs.replace(one.item, examples=[]) if part == "channels" else one.item
                found[part].append(Placed(bare, source, one.path, shipped=True))


def _raise(problems: Iterable[Problem]) -> None:
    if found := list(problems):
        raise FaultyPolicy(found[:MOST_PROBLEMS])


def _split(place: str) -> tuple[str, int]:
    file, _, line = place.rpartition(":")
    return file, int(line)


def _read(path: Path, problems: list[Problem]) -> Iterator[Source]:
    """Yield every readable file; what is unreadable becomes a problem."""
    for file, name in _files(path, problems):
        try:
            yield read_source(file, name)
        except FaultyPolicy as faulty:
            problems += faulty.problems


def _files(path: Path, problems: list[Problem]) -> list[tuple[Path, str]]:
    try:
        if not path.is_dir():
            return [(path, path.name)]
        files = sorted(file for file in path.rglob("*") if _is_policy_file(file.relative_to(path)) and file.is_file())
    except (OSError, ValueError) as error:
        problems.append(Problem(str(path), 0, f"cannot be read: {error}"))
        return []
    if not files:
        problems.append(Problem(str(path), 0, "this folder holds no .yaml files", "name a policy file or its folder"))
    if len(files) > MOST_FILES:
        problems.append(Problem(str(path), 0, f"{len(files)} files; {MOST_FILES} are the most that are read"))
        return []
    return [(file, file.relative_to(path).as_posix()) for file in files]


def _is_policy_file(path: Path) -> bool:
    # What begins with a dot is skipped: editors leave such files, and Kubernetes keeps second copies in `..data`.
    return path.suffix in {".yaml", ".yml"} and not any(part.startswith(".") for part in path.parts)


def _read_sections(source: Source, found: dict[str, list[Placed]], problems: list[Problem]) -> None:
    if source.data is None:
        return
    if not isinstance(source.data, dict):
        message = f"a policy file holds {', '.join(f'`{section}:`' for section in SECTIONS)}, each with a list below it"
        problems.append(Problem(source.file, 1, message))
        return
    for section in source.data:
        if section not in SECTIONS:
            line = source.line(f"$.{section}")
            hint = did_you_mean(section, SECTIONS)
            problems.append(Problem(source.file, line, f"unknown section {section[:60]!r}", hint))
    for section, kind in KINDS.items():
        found[section] += _items(source, section, kind, problems)


def _items(source: Source, section: str, kind: type[Any], problems: list[Problem]) -> list[Placed]:
    values = source.data.get(section)
    if values is None:
        return []
    if not isinstance(values, list):
        problems.append(Problem(source.file, source.line(f"$.{section}"), f"`{section}:` takes a list"))
        return []
    placed = []
    for i, value in enumerate(values):
        path = f"$.{section}[{i}]"
        item = convert_item(source, value, path, kind, problems)
        if item is not None:
            placed.append(Placed(item, source, path))
    return placed


def _faults(found: dict[str, list[Placed]], known: frozenset[str], incomplete: bool) -> Iterator[Problem]:
    """Yield what is wrong although each item by itself is well formed.

    `incomplete`: some items were refused before, so a code that is not there may be one of those.
    """
    yield from _repeated(found["rules"], ".id", lambda rule: [rule.id])
    yield from _repeated(found["taxonomy"], ".code", lambda category: [category.code])
    yield from _repeated(found["taxonomy"], ".labels", lambda category: sorted({x.lower() for x in category.labels}))
    codes = {placed.item.code for placed in found["taxonomy"]}
    for placed in found["rules"]:
        yield from _faults_of_rule(placed)
        yield from _unknown_types(placed, known)
        if not incomplete and placed.item.policy not in codes:
            hint = did_you_mean(placed.item.policy, codes)
            yield placed.problem(".policy", f"{placed.item.policy!r} is not a code of the taxonomy", hint)
    for placed in found["examples"]:
        yield from _unknown_types(placed, known)
    yield from _faults_of_ladder(found, codes if not incomplete else None)
    yield from _faults_of_channels(found["channels"], codes if not incomplete else None)


def _faults_of_channels(items: list[Placed], codes: set[str] | None) -> Iterator[Problem]:
    yield from _repeated(items, ".id", lambda rule: [rule.id])
    for placed in items:
        for below, message, hint in faults_of_channel_rule(placed.item):
            yield placed.problem(below, message, hint)
        if codes is not None and placed.item.policy not in codes and not placed.shipped:
            hint = did_you_mean(placed.item.policy, codes)
            yield placed.problem(".policy", f"{placed.item.policy!r} is not a code of the taxonomy", hint)


def _faults_of_ladder(found: dict[str, list[Placed]], codes: set[str] | None) -> Iterator[Problem]:
    """`codes`: None where the taxonomy is not known in full. A shipped ladder may name codes that are not there."""
    for placed in (*found["strikes"], *found["ladder"]):
        faults = faults_of_strike if isinstance(placed.item, StrikeRule) else faults_of_step
        for below, message, hint in faults(placed.item):
            yield placed.problem(below, message, hint)
        for i, code in enumerate(placed.item.policies):
            if codes is not None and code not in codes and not placed.shipped:
                path = f".policies[{i}]"
                yield placed.problem(path, f"{code!r} is not a code of the taxonomy", did_you_mean(code, codes))


def _repeated(items: list[Placed], below: str, names: Any) -> Iterator[Problem]:
    seen: dict[str, Placed] = {}
    for placed in items:
        for name in names(placed.item):
            first = seen.setdefault(name, placed)
            if first is not placed:
                place = f"{first.source.file}:{first.source.line(first.path + below)}"
                yield placed.problem(below, f"{name!r} is there twice", f"the first one is at {place}")


def _faults_of_rule(placed: Placed) -> Iterator[Problem]:
    rule: Rule = placed.item
    if rule.id == MISSING_RULE:
        yield placed.problem(".id", f"{MISSING_RULE!r} is the built-in rule's id", "choose another id")
    if rule.then is Action.ALLOW:
        hint = "use `unless` on that rule, or a negative bank entry; to only watch, use `mode: shadow`"
        yield placed.problem(".then", "a rule cannot allow what another one refuses: the strictest action wins", hint)
    yield from _faults_of_mode(placed, rule)
    for below, message, hint in violations(rule):
        yield placed.problem(below, message, hint)


def _faults_of_mode(placed: Placed, rule: Rule) -> Iterator[Problem]:
    if rule.mode is Mode.PARTIAL and (rule.partial is None or rule.partial == type(rule.partial)()):
        yield placed.problem(".mode", "a partial rule says where it is enforced", "add `partial: {share: 0.1}`")
    if rule.mode is not Mode.PARTIAL and rule.partial is not None:
        hint = "set `mode: partial`, or remove `partial`"
        yield placed.problem(".partial", f"`partial` means nothing while the mode is {rule.mode}", hint)
    if rule.otherwise is not None and rule.unless is None:
        yield placed.problem(".otherwise", "`otherwise` needs an `unless`", "add `unless`, or remove `otherwise`")
    if rule.otherwise is not None and rule.otherwise.severity >= rule.then.severity:
        yield placed.problem(".otherwise", f"`otherwise: {rule.otherwise}` is not milder than `then: {rule.then}`")


def _known(found: dict[str, list[Placed]]) -> frozenset[str]:
    """Return the types that rules may name. The installed ones are asked only when needed: that takes a second."""
    named = {name for section in ("rules", "examples") for placed in found[section] for _, name in _types_in(placed)}
    return DESIGN_TYPES if named <= DESIGN_TYPES else DESIGN_TYPES | signal_types().keys()


def _unknown_types(placed: Placed, known: frozenset[str]) -> Iterator[Problem]:
    for path, name in _types_in(placed):
        if name not in known:
            yield placed.problem(path, f"unknown signal type {name!r}", did_you_mean(name, known))


def _types_in(placed: Placed) -> Iterator[tuple[str, str]]:
    """Yield every signal type that a rule or an example names, with its path."""
    if isinstance(placed.item, PolicyExample):
        yield from _types_given(placed.item.given, ".given")
        return
    rule: Rule = placed.item
    for below, root in ((".when", rule.when), (".unless", rule.unless)):
        for path, condition in walk(root, below) if root is not None else ():
            if isinstance(condition, MatchFound):
                yield from ((f"{path}.signal", name) for name in many(condition.signal))
            elif isinstance(condition, SignalFound | SignalMissing):
                yield from ((f"{path}.type", name) for name in many(condition.type))
    for i, example in enumerate(rule.examples):
        yield from _types_given(example.given, f".examples[{i}].given")


def _types_given(given: Given, path: str) -> Iterator[tuple[str, str]]:
    yield from ((f"{path}.matches[{i}].signal", match.signal) for i, match in enumerate(given.matches))
    yield from ((f"{path}.signals[{i}].type", signal.type) for i, signal in enumerate(given.signals))
    yield from ((f"{path}.missing[{i}].type", missing.type) for i, missing in enumerate(given.missing))


def _build(found: dict[str, list[Placed]]) -> Policy:
    taxonomy, rules, examples, strikes, steps, channels = (
        [placed.item for placed in found[section]] for section in SECTIONS
    )
    ladder = Ladder(strikes, steps)
    return Policy(rules, taxonomy, examples=examples, places=dict(_places(found)), ladder=ladder, channels=channels)


def _places(found: dict[str, list[Placed]]) -> Iterator[tuple[str, str]]:
    """Yield where rules (`known-file`), their examples (`known-file[0]`) and the policy's (`[0]`) stand."""
    for placed in found["rules"]:
        yield placed.item.id, placed.problem("", "").place
        for i in range(len(placed.item.examples)):
            yield f"{placed.item.id}[{i}]", placed.problem(f".examples[{i}]", "").place
    for placed in found["channels"]:
        yield f"channels.{placed.item.id}", placed.problem("", "").place
        for i in range(len(placed.item.examples)):
            yield f"channels.{placed.item.id}[{i}]", placed.problem(f".examples[{i}]", "").place
    for i, placed in enumerate(found["examples"]):
        yield f"[{i}]", placed.problem("", "").place
