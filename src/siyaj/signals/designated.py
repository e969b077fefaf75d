"""Reads the consolidated list of the United Nations Security Council (XML) as plain records.

The list is published at https://main.un.org/securitycouncil/en/content/un-sc-consolidated-list. Its root is
CONSOLIDATED_LIST; INDIVIDUALS/INDIVIDUAL have names in up to four parts (FIRST_NAME … FOURTH_NAME) and INDIVIDUAL_ALIAS
elements; ENTITIES/ENTITY have their whole name in FIRST_NAME and ENTITY_ALIAS elements. The QUALITY of a person's alias
is `Good` or `Low`, of an entity's `a.k.a.` or `f.k.a.`. No list is shipped: the operator brings it.
"""

from collections.abc import Iterator
from enum import StrEnum
from io import BytesIO
from xml.etree.ElementTree import Element, ParseError

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse
from msgspec import Struct

from siyaj.model.errors import ImportRefused

LARGEST = 100 * 1024 * 1024
"""Bytes; the list itself has a few million."""
LONGEST_NAME = 1_000
DEEPEST = 16
MOST_PARTS = 20_000
"""Elements inside one record, and levels of nesting: a real record has some hundred, and six."""

_NAME_PARTS = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")


class DesignatedKind(StrEnum):
    ENTITY = "entity"
    INDIVIDUAL = "individual"


class DesignatedAlias(Struct, frozen=True):
    """`low_quality`: the committee itself says that this alias identifies poorly (`Low`), e.g. a first name."""

    name: str
    low_quality: bool = False


class DesignatedRecord(Struct, frozen=True):
    """One listed organisation or person. `reference` is permanent, e.g. `XXe.001`; `listed_on` is as published."""

    reference: str
    kind: DesignatedKind
    name: str
    aliases: list[DesignatedAlias]
    original_script: str
    list_type: str
    listed_on: str

    def names(self, *, low_quality: bool = False) -> list[str]:
        """Return every name once: the name, that in the original script, the aliases (the poor ones on request)."""
        aliases = [alias.name for alias in self.aliases if low_quality or not alias.low_quality]
        return list(dict.fromkeys([self.name, *_several(self.original_script), *aliases]))


class DesignatedList(Struct, frozen=True):
    """What a file held. `refused` says which records cannot be used, and why; they spoil nothing else."""

    generated: str
    records: list[DesignatedRecord]
    refused: list[str] = msgspec.field(default_factory=list)


def parse_designated(data: bytes) -> DesignatedList:
    """Read a consolidated list. Raises ImportRefused, with the line where there is one, for what is no such list."""
    if len(data) > LARGEST:
        raise ImportRefused(f"the list has {len(data):,} bytes; at most {LARGEST:,} are read")
    generated, records, refused = "", [], []
    try:
        for element in _elements(data):
            if element.tag == "CONSOLIDATED_LIST":
                generated = element.get("dateGenerated", "")
                continue
            record = _record(element)
            if record.name and record.reference:
                records.append(record)
            else:
                refused.append(
                    f"{record.reference or _text(element, 'DATAID') or 'a record'}: it has no name or number"
                )
    except ParseError as error:
        line, column = error.position
        raise ImportRefused(f"this is not well-formed XML: {error}", field=f"line {line}, column {column}") from None
    except DefusedXmlException:
        raise ImportRefused("the file declares a document type or entities; the UN's list has none") from None
    except (ValueError, LookupError) as error:  # an encoding that does not exist, or that the bytes are not in
        raise ImportRefused(f"this cannot be read as XML: {error}") from None
    return DesignatedList(generated, records, refused)


def _elements(data: bytes) -> Iterator[Element]:
    """Yield the root as it opens, then each record as it closes; forget what was read."""
    open_elements: list[Element] = []
    seen = 0
    for event, element in iterparse(BytesIO(data), events=("start", "end"), forbid_dtd=True):
        if event == "start":
            open_elements.append(element)
            seen += 1
            if len(open_elements) == 1:
                _check_root(element)
                yield element
            if len(open_elements) > DEEPEST or seen > MOST_PARTS:
                raise ImportRefused(
                    "this is not the structure of a consolidated list: it is nested too deep or too wide"
                )
            continue
        open_elements.pop()
        if len(open_elements) == 2:
            if element.tag in ("INDIVIDUAL", "ENTITY"):
                yield element
            open_elements[-1].clear()
            seen = 0


def _check_root(element: Element) -> None:
    if element.tag != "CONSOLIDATED_LIST":
        raise ImportRefused(
            f"the root of the file is {element.tag[:80]!r}, not 'CONSOLIDATED_LIST'",
            hint="bring the XML of the UN Security Council's consolidated list",
        )


def _record(element: Element) -> DesignatedRecord:
    kind = DesignatedKind(element.tag.lower())
    parts = _NAME_PARTS if kind is DesignatedKind.INDIVIDUAL else _NAME_PARTS[:1]
    aliases = [
        DesignatedAlias(name, _text(alias, "QUALITY").lower().startswith("low"))
        for alias in element.iter(f"{element.tag}_ALIAS")
        for name in _several(_text(alias, "ALIAS_NAME"))
    ]
    return DesignatedRecord(
        reference=_text(element, "REFERENCE_NUMBER"),
        kind=kind,
        name=" ".join(filter(None, (_text(element, part) for part in parts)))[:LONGEST_NAME],
        aliases=aliases,
        original_script=_text(element, "NAME_ORIGINAL_SCRIPT"),
        list_type=_text(element, "UN_LIST_TYPE"),
        listed_on=_text(element, "LISTED_ON"),
    )


def _text(element: Element, tag: str) -> str:
    return " ".join((element.findtext(tag) or "").split())[:LONGEST_NAME]


def _several(names: str) -> list[str]:
    """Some fields hold several names with semicolons between."""
    return [name for each in names.split(";") if (name := each.strip())]
