"""Plots: bounded, named, and honest about gaps; CSV that a spreadsheet cannot be tricked by."""

import csv
import io
import re
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from siyaj.server.console import svg
from siyaj.server.console.export import sheet
from siyaj.server.console.svg import Series

values = st.lists(st.one_of(st.none(), st.floats(0, 1e9, allow_nan=False)), min_size=1, max_size=60)


@given(values, st.booleans(), st.booleans())
def test_every_point_lies_inside_the_picture(given_values: list[float | None], rtl: bool, area: bool) -> None:
    labels = [str(number) for number in range(len(given_values))]
    for picture in (
        svg.lines("a <b>", labels, [Series("x", given_values)], rtl=rtl, area=area),
        svg.columns("a <b>", labels, [Series("x", given_values), Series("y", given_values[::-1])], rtl=rtl),
    ):
        root = ET.fromstring(str(picture))
        assert root.get("aria-label") == "a <b>"
        for path in root.iter("path"):
            for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path.get("d", "")):
                assert 0 <= float(x) <= svg.WIDTH
                assert -0.1 <= float(y) <= svg.HEIGHT
        for box in root.iter("rect"):
            assert float(box.get("x", 0)) >= 0
            assert float(box.get("height", 0)) >= 0
        assert "style" not in str(picture)


@given(values, st.booleans())
def test_an_axis_ends_above_all_values_in_even_steps(given_values: list[float | None], whole: bool) -> None:
    top = svg.nice_top([Series("x", given_values)], whole=whole)
    most = max((value for value in given_values if value is not None), default=0)
    assert top * (1 + 1e-9) >= most
    assert not whole or (top / svg.TICKS) == int(top / svg.TICKS)
    assert most < 1e-9 or whole or top <= most * 2.6 or top == svg.TICKS


def test_a_gap_is_no_line_through_nought() -> None:
    picture = str(svg.lines("a", ["1", "2", "3", "4"], [Series("x", [1, None, 3, 4])]))
    assert picture.count("<path") == 1
    assert picture.count("<circle") == 3


def test_time_runs_with_the_page() -> None:
    assert svg.Frame(10, 1, rtl=False).x(9) > svg.Frame(10, 1, rtl=False).x(0)
    assert svg.Frame(10, 1, rtl=True).x(9) < svg.Frame(10, 1, rtl=True).x(0)


def test_dates_read_in_the_direction_of_the_page() -> None:
    days = ["24 نوفمبر", "25 نوفمبر"]
    for draw in (svg.lines, svg.columns):
        for rtl, direction in ((True, "rtl"), (False, "ltr")):
            labels = [
                text
                for text in ET.fromstring(str(draw("a", days, [Series("x", [1, 2])], rtl=rtl))).iter("text")
                if text.text in days
            ]
            assert [text.get("direction") for text in labels] == [direction] * 2
            assert {text.get("unicode-bidi") for text in labels} == {"embed"}


def test_csv_is_read_by_spreadsheets_and_runs_nothing() -> None:
    evil = ["=1+1", "+cmd", "-2", "@x", "\ttab", "نص, مع فاصلة", 'a "quote"', None, -3, True]
    answer = sheet("things", ["a"], [[cell] for cell in evil])
    data = b"".join(answer.iterator)  # type: ignore[arg-type]
    assert data.startswith(b"\xef\xbb\xbf")
    rows = [row[0] if row else "" for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))]
    assert rows == ["a", "'=1+1", "'+cmd", "'-2", "'@x", "'\ttab", "نص, مع فاصلة", 'a "quote"', "", "-3", "True"]
