"""YAML in, plain data with line numbers out. The file may be hostile: no tags, no aliases, bounded size and depth.

Words are resolved as YAML 1.2's core schema does, so that `off`, `on`, `yes` and `no` stay words: `mode: off` is a
mode, and `no` is Norwegian.
"""

import re
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from siyaj.policy.problems import FaultyPolicy, Problem

MOST_BYTES = 1024 * 1024
DEEPEST = 40

_CORE_WORDS = [
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:int", r"^[-+]?[0-9]{1,18}$", "-+0123456789"),
    ("tag:yaml.org,2002:float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?$", "-+.0123456789"),
]


class Source(Struct, frozen=True):
    """A parsed file. `lines` maps the path of a value (as msgspec writes it, `$.rules[0].mode`) to its line."""

    file: str
    data: Any
    lines: dict[str, int]

    def line(self, path: str) -> int:
        """Return the line of `path`, or of the nearest thing around it."""
        while path not in self.lines and path != "$":
            path = path[: max(path.rfind("."), path.rfind("["))] or "$"
        return self.lines.get(path, 1)


class _Fault(Exception):
    def __init__(self, line: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.line, self.message, self.hint = line, message, hint


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader up to its nodes; aliases and great depth are refused while composing."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own attribute
    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise _Fault(_next_line(self), "aliases (*name) are not read", "write the value out")
        self.depth += 1
        if self.depth > DEEPEST:
            raise _Fault(_next_line(self), f"nested deeper than {DEEPEST} levels")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _next_line(loader: Any) -> int:
    return int(loader.peek_event().start_mark.line) + 1


for _tag, _pattern, _first in _CORE_WORDS:
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))


def read_source(path: Path, name: str) -> Source:
    """Read one YAML file; `name` stands in messages. Raises FaultyPolicy."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise FaultyPolicy([Problem(name, 0, f"cannot be read: {error.strerror or error}")]) from None
    return parse_source(data, name)


def parse_source(data: bytes, name: str) -> Source:
    """Parse one YAML document of at most 1 MiB. Raises FaultyPolicy."""
    try:
        if len(data) > MOST_BYTES:
            raise _Fault(
                0, f"larger than {MOST_BYTES // 1024} KiB", "split the policy into several files of one folder"
            )
        node = _compose(data)
        lines: dict[str, int] = {"$": 1}
        return Source(name, None if node is None else _plain(node, "$", lines), lines)
    except _Fault as fault:
        raise FaultyPolicy([Problem(name, fault.line, fault.message, fault.hint)]) from None


def _compose(data: bytes) -> yaml.Node | None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _Fault(line, f"byte {error.start} is not UTF-8", "save the file as UTF-8") from None
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise _Fault(line, f"the character U+{ord(text[error.position]):04X} may not stand in YAML") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"not valid YAML: {error.problem or error.context or 'cannot be parsed'}"
        began = error.context_mark
        hint = f"what is not closed began on line {began.line + 1}" if began and mark and began.line < mark.line else ""
        raise _Fault(mark.line + 1 if mark else 0, message, hint) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _Fault(0, f"not valid YAML: {error}") from None


def _plain(node: yaml.Node, path: str, lines: dict[str, int]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
        return _mapping(node, path, lines)
    if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
        return [_plain(child, f"{path}[{i}]", lines) for i, child in enumerate(node.value)]
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    raise _Fault(node.start_mark.line + 1, f"the tag {node.tag!r} is not read", "write plain YAML without tags")


def _mapping(node: yaml.MappingNode, path: str, lines: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise _Fault(line, "a field's name must be a word")
        key = key_node.value
        if key in found:
            first = lines[f"{path}.{key}"]
            raise _Fault(line, f"the field {key!r} is there twice", f"the first one is on line {first}")
        lines[f"{path}.{key}"] = line
        found[key] = _plain(value_node, f"{path}.{key}", lines)
    return found


def _scalar(node: yaml.ScalarNode) -> Any:
    kind = node.tag.removeprefix("tag:yaml.org,2002:")
    if kind == "str":
        return node.value
    if kind == "null":
        return None
    try:
        if kind == "bool":
            return {"true": True, "false": False}[node.value.lower()]
        if kind in {"int", "float"}:
            return int(node.value) if kind == "int" else float(node.value)
    except (ValueError, KeyError):
        pass
    raise _Fault(node.start_mark.line + 1, f"the tag {node.tag!r} is not read", "write plain YAML without tags")
