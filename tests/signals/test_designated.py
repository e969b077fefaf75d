# ruff: noqa: E501
"""The UN's consolidated list, on invented records only."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyaj.model.errors import ErrorCode, ImportRefused
from siyaj.signals.designated import DesignatedKind, parse_designated

LIST = """<?xml version="1.0" encoding="UTF-8"?>
<CONSOLIDATED_LIST xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" dateGenerated="2026-01-02T03:04:05Z">
 <INDIVIDUALS>
  <INDIVIDUAL>
   <DATAID>1</DATAID><VERSIONNUM>1</VERSIONNUM>
   <FIRST_NAME>TESTAN</FIRST_NAME><SECOND_NAME> ABU </SECOND_NAME><THIRD_NAME/><FOURTH_NAME>EXAMPLE</FOURTH_NAME>
   <UN_LIST_TYPE>Invented</UN_LIST_TYPE><REFERENCE_NUMBER>XXi.001</REFERENCE_NUMBER><LISTED_ON>2020-02-03</LISTED_ON>
   <NAME_ORIGINAL_SCRIPT>تستان أبو مثال</NAME_ORIGINAL_SCRIPT>
   <NATIONALITY><VALUE>Nowhere</VALUE></NATIONALITY>
   <INDIVIDUAL_ALIAS><QUALITY>Good</QUALITY><ALIAS_NAME>Testan
     Misal</ALIAS_NAME></INDIVIDUAL_ALIAS>
   <INDIVIDUAL_ALIAS><QUALITY>Low</QUALITY><ALIAS_NAME>Abu</ALIAS_NAME></INDIVIDUAL_ALIAS>
   <INDIVIDUAL_ALIAS><QUALITY/><ALIAS_NAME/></INDIVIDUAL_ALIAS>
   <INDIVIDUAL_DOCUMENT/>
  </INDIVIDUAL>
  <INDIVIDUAL><DATAID>2</DATAID><REFERENCE_NUMBER>XXi.002</REFERENCE_NUMBER></INDIVIDUAL>
 </INDIVIDUALS>
 <ENTITIES>
  <ENTITY>
   <DATAID>3</DATAID><FIRST_NAME>GREEN LANTERN BRIGADE &amp; SONS</FIRST_NAME>
   <UN_LIST_TYPE>Invented</UN_LIST_TYPE><REFERENCE_NUMBER>XXe.001</REFERENCE_NUMBER>
   <NAME_ORIGINAL_SCRIPT>لواء الفانوس الأخضر; كتيبة الفانوس</NAME_ORIGINAL_SCRIPT>
   <ENTITY_ALIAS><QUALITY>a.k.a.</QUALITY><ALIAS_NAME>Liwa al-Fanus; Lantern Brigade</ALIAS_NAME></ENTITY_ALIAS>
   <ENTITY_ALIAS><QUALITY>f.k.a.</QUALITY><ALIAS_NAME>Lantern Group</ALIAS_NAME></ENTITY_ALIAS>
   <ENTITY_ADDRESS><COUNTRY>Nowhere</COUNTRY></ENTITY_ADDRESS>
  </ENTITY>
 </ENTITIES>
</CONSOLIDATED_LIST>"""


def test_people_have_names_in_parts_and_aliases_of_two_qualities() -> None:
    found = parse_designated(LIST.encode())
    person = found.records[0]
    assert found.generated == "2026-01-02T03:04:05Z"
    assert (person.reference, person.kind, person.name) == ("XXi.001", DesignatedKind.INDIVIDUAL, "TESTAN ABU EXAMPLE")
    assert (person.list_type, person.listed_on) == ("Invented", "2020-02-03")
    assert [(alias.name, alias.low_quality) for alias in person.aliases] == [("Testan Misal", False), ("Abu", True)]
    assert person.names() == ["TESTAN ABU EXAMPLE", "تستان أبو مثال", "Testan Misal"]
    assert person.names(low_quality=True)[-1] == "Abu"


def test_an_entity_has_one_name_and_former_names_count() -> None:
    entity = parse_designated(LIST.encode()).records[1]
    assert entity.kind is DesignatedKind.ENTITY
    assert entity.names() == [
        "GREEN LANTERN BRIGADE & SONS", "لواء الفانوس الأخضر", "كتيبة الفانوس", "Liwa al-Fanus", "Lantern Brigade", "Lantern Group",
    ]  # fmt: skip


def test_a_record_without_a_name_is_refused_alone() -> None:
    found = parse_designated(LIST.encode())
    assert len(found.records) == 2
    assert found.refused == ["XXi.002: it has no name or number"]


def test_other_encodings_are_read() -> None:
    assert len(parse_designated(LIST.replace("UTF-8", "UTF-16").encode("utf-16")).records) == 2


LAUGHS = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><CONSOLIDATED_LIST>&b;</CONSOLIDATED_LIST>'
OUTSIDE = '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><CONSOLIDATED_LIST>&x;</CONSOLIDATED_LIST>'


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (LAUGHS.encode(), "document type or entities"),
        (OUTSIDE.encode(), "document type or entities"),
        (b"<html><body/></html>", "'CONSOLIDATED_LIST'"),
        (b"", "line 1, column 0"),
        (LIST.encode()[:900], "line "),
        (LIST.replace("</ENTITY>", "</ENTITI>").encode(), "line "),
        (b"\xff\xfe\x00", "well-formed"),
        (b'<?xml version="1.0" encoding="nonsense-8"?><CONSOLIDATED_LIST/>', ""),
        (b"<CONSOLIDATED_LIST>" + b"<a>" * 100_000, "nested too deep"),
        (b"<CONSOLIDATED_LIST><INDIVIDUALS><INDIVIDUAL>" + b"<a/>" * 100_000, "too wide"),
    ],
)
def test_what_is_no_such_list_is_refused_with_its_place(data: bytes, says: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        parse_designated(data)
    assert says in str(refused.value)
    assert refused.value.code is ErrorCode.IMPORT_REFUSED


@given(st.integers(0, len(LIST) - 1), st.binary(max_size=3))
def test_damage_is_refused_or_read_but_never_a_fault(position: int, put: bytes) -> None:
    data = LIST.encode()
    with suppress(ImportRefused):
        parse_designated(data[:position] + put + data[position + len(put) :])


def test_a_large_list_is_read_in_little_memory() -> None:
    one = "<ENTITY><FIRST_NAME>Name {0}</FIRST_NAME><REFERENCE_NUMBER>XXe.{0}</REFERENCE_NUMBER></ENTITY>"
    many = "".join(one.format(number) for number in range(20_000))
    found = parse_designated(f"<CONSOLIDATED_LIST><ENTITIES>{many}</ENTITIES></CONSOLIDATED_LIST>".encode())
    assert len(found.records) == 20_000
    assert found.records[-1].name == "Name 19999"
