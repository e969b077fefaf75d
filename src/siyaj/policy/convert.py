"""Plain data → structs, saying every fault at once in plain English.

msgspec stops at the first fault. So the faulty field is taken out and the rest is read again, until nothing new is
found; a field that is missing only because it was taken out is not reported.
"""

import re
from typing import Any, NamedTuple, TypeVar, get_args, get_origin

import msgspec

from siyaj.policy.problems import Problem, did_you_mean
from siyaj.policy.source import Source

T = TypeVar("T")

MOST_FAULTS = 50

_PATH = re.compile(r"^\$(?:\.\w+|\[\d+\])*\Z")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")
_UNKNOWN_FIELD = re.compile(r"^Object contains unknown field `(.*)`$", re.DOTALL)
_MISSING_FIELD = re.compile(r"^Object missing required field `(.*)`$")
_INVALID_WORD = re.compile(r"^Invalid (?:enum )?value ")

_KINDS_OF_VALUE = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a group of fields",
    "null": "nothing",
}


class _Fault(NamedTuple):
    """One fault: what msgspec said of the value at `path`, as we say it. `field` is what to take out of `path`."""

    path: str
    field: str | None
    message: str
    hint: str = ""


def convert_item(source: Source, data: Any, path: str, kind: type[T], problems: list[Problem]) -> T | None:
    """Return `data`, which stands at `path` of the source, as a `kind`; or None after adding to `problems`.

    Takes faulty fields out of `data`.
    """
    taken_out: set[tuple[str, str]] = set()
    before = len(problems)
    for _ in range(MOST_FAULTS):
        try:
            found = msgspec.convert(data, kind)
        except msgspec.ValidationError as error:
            fault = _understand(str(error), data, kind)
            if fault.field is not None and (fault.path, fault.field) in taken_out:
                return None
            place = fault.path if fault.field is None else f"{fault.path}.{fault.field}"
            problems.append(Problem(source.file, source.line(path + place[1:]), fault.message, fault.hint))
            around = _value_at(data, fault.path)
            if not isinstance(around, dict) or around.pop(fault.field, source) is source:
                return None
            taken_out.add((fault.path, str(fault.field)))
        else:
            return found if len(problems) == before else None
    return None


def _understand(said: str, data: Any, kind: Any) -> _Fault:
    what, _, where = said.rpartition(" - at `")
    path = where.removesuffix("`")
    if not what or not _PATH.match(path):
        what, path = said, "$"
    expected = _type_at(kind, data, path)
    if unknown := _UNKNOWN_FIELD.match(what):
        field = unknown[1]
        return _Fault(path, field, f"unknown field {_short(field)}", did_you_mean(field, _fields(expected)))
    if missing := _MISSING_FIELD.match(what):
        hint = did_you_mean("", _tags(expected)) if missing[1] == "kind" else ""
        return _Fault(path, missing[1], f"the field {missing[1]!r} is missing", hint)
    around, field = _parent(path)
    value = _value_at(data, path)
    if _INVALID_WORD.match(what):
        thing = "unknown kind" if field == "kind" and _tags(expected) else "unknown value"
        known = _tags(expected) or _words(expected)
        return _Fault(around, field, f"{thing} {_short(value)}", did_you_mean(str(value), known))
    return _Fault(around, field, _in_plain_english(what, value), _advice(path))


def _parent(path: str) -> tuple[str, str | None]:
    """Divide a path into what is around and the field's name; list items have none, and stay where they are."""
    if path == "$" or path.endswith("]"):
        return path, None
    around, _, field = path.rpartition(".")
    return around, field


def _in_plain_english(what: str, value: Any) -> str:
    """``Expected `int` <= 100`` → `expected a whole number <= 100, got 300`."""
    if " matching regex " in what:
        return f"{_short(value)} is not well formed"

    def translate(match: re.Match[str]) -> str:
        words = [word.strip() for word in match[1].split("|")]
        return " or ".join(_KINDS_OF_VALUE.get(word, word) for word in words)

    plain = re.sub(r"`([^`]*)`", translate, what)
    plain = plain[:1].lower() + plain[1:]
    return plain if isinstance(value, dict | list) else f"{plain.partition(', got ')[0]}, got {_short(value)}"


def _value_at(data: Any, path: str) -> Any:
    for step in _steps(path):
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _advice(where: str) -> str:
    if where.endswith(".id"):
        return "lower-case letters, digits and single hyphens, for example `known-picture`"
    if where.endswith((".policy", ".code")):
        return "lower-case letters, digits and hyphens, with dots between, for example `tvec.manifesto`"
    return ""


def _steps(path: str) -> list[str | int]:
    return [int(index) if index else name for name, index in _STEP.findall(path[1:])]


def _type_at(kind: Any, data: Any, path: str) -> Any:
    """Return the type that the value at `path` should have; for unions of structs, the one its `kind` names."""
    steps = _steps(path)
    if steps and steps[-1] == "kind" and len(_members(_type_at(kind, data, path.rpartition(".")[0]))) > 1:
        return _type_at(kind, data, path.rpartition(".")[0])
    for step in steps:
        kind = _chosen(kind, data)
        if isinstance(step, int):
            kind = next((get_args(each)[0] for each in _members(kind) if get_origin(each) is list), None)
            data = data[step] if isinstance(data, list) and step < len(data) else None
        else:
            kind = _field_type(kind, step)
            data = data.get(step) if isinstance(data, dict) else None
    return _chosen(kind, data)


def _chosen(kind: Any, data: Any) -> Any:
    """Narrow a union of tagged structs by the data's `kind`."""
    tag = data.get("kind") if isinstance(data, dict) else None
    return next((each for each in _members(kind) if _is_struct(each) and _tag(each) == tag is not None), kind)


def _members(kind: Any) -> list[Any]:
    """Return the types of a union, annotations unwrapped, without None."""
    if hasattr(kind, "__metadata__"):
        kind = kind.__origin__
    if get_origin(kind) is None or get_origin(kind) is list or not get_args(kind):
        return [kind]
    return [inner for each in get_args(kind) if each is not type(None) for inner in _members(each)]


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _tag(kind: Any) -> Any:
    return kind.__struct_config__.tag


def _tags(kind: Any) -> list[str]:
    return [_tag(each) for each in _members(kind) if _is_struct(each) and _tag(each)]


def _fields(kind: Any) -> list[str]:
    return [field for each in _members(kind) if _is_struct(each) for field in each.__struct_encode_fields__]


def _field_type(kind: Any, name: str) -> Any:
    for each in _members(kind):
        if _is_struct(each):
            for field in msgspec.structs.fields(each):
                if field.encode_name == name:
                    return field.type
    return None


def _words(kind: Any) -> list[str]:
    return [str(word) for each in _members(kind) for word in getattr(each, "__members__", {}).values()]


def _short(value: Any) -> str:
    text = str(value) if len(str(value)) <= 60 else f"{str(value)[:60]}…"
    return repr(text) if isinstance(value, str) else text
