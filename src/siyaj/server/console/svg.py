"""Plots as SVG, drawn on the server: no script, no style attribute, colours from the style sheet's tokens.

Each plot is a picture with a name (`role="img"`); its numbers stand beside it as a table, which is what a screen reader
reads. On a page that runs from right to left time does too.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

WIDTH, HEIGHT = 640.0, 210.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 12.0, 12.0, 28.0
TICKS = 4
LABELS = 6
HALF_LABEL = 38.0
"""Half of what the longest label takes, such as `25 نوفمبر`."""


class Series(NamedTuple):
    """One line, or one colour of columns. A value of None is a gap. `look` is 1 to 4: a colour and a dash."""

    label: str
    values: Sequence[float | None]
    look: int = 1


class Frame(NamedTuple):
    """Where a plot draws: `places` along x, 0 to `top` along y."""

    places: int
    top: float
    rtl: bool

    def x(self, place: float) -> float:
        """Return the middle of a place."""
        share = (place + 0.5) / max(1, self.places)
        inner = WIDTH - LEFT - RIGHT
        return WIDTH - LEFT - share * inner if self.rtl else LEFT + share * inner

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - value / self.top * (HEIGHT - TOP - BOTTOM)

    @property
    def step(self) -> float:
        return (WIDTH - LEFT - RIGHT) / max(1, self.places)


def lines(
    name: str, labels: Sequence[str], series: Sequence[Series], *, rtl: bool = False, area: bool = False
) -> Markup:
    """Return lines over time; `area` fills below the first."""
    frame = Frame(len(labels), nice_top(series), rtl)
    drawn = [_axes(frame, labels)]
    for number, one in enumerate(series):
        for run in _runs(one.values):
            points = [(frame.x(place), frame.y(value)) for place, value in run]
            if area and number == 0 and len(points) > 1:
                drawn.append(_area(frame, points, one.look))
            if len(points) > 1:
                drawn.append(_path(points, one.look))
            if len(points) == 1 or frame.places <= 14:
                drawn += [
                    Markup('<circle class="mark s{}" cx="{}" cy="{}" r="2.5"/>').format(one.look, *_r(p))
                    for p in points
                ]
    return _svg(name, drawn)


def columns(name: str, labels: Sequence[str], series: Sequence[Series], *, rtl: bool = False) -> Markup:
    """Return columns side by side, one for each series."""
    frame = Frame(len(labels), nice_top(series, whole=True), rtl)
    gap = frame.step * 0.2
    wide = max(1.0, (frame.step - gap) / max(1, len(series)))
    drawn = [_axes(frame, labels)]
    for number, one in enumerate(series):
        for place, value in enumerate(one.values):
            if not value:
                continue
            offset = (number - len(series) / 2) * wide
            x = frame.x(place) + (-offset - wide if rtl else offset)
            y = frame.y(value)
            box = _r((x, y, max(0.5, wide - 0.5), HEIGHT - BOTTOM - y))
            drawn.append(Markup('<rect class="bar s{}" x="{}" y="{}" width="{}" height="{}"/>').format(one.look, *box))
    return _svg(name, drawn)


def bar(share: float, look: int = 1, *, rtl: bool = False) -> Markup:
    """Return one level bar for a cell of a table that says the number itself: hidden from screen readers."""
    wide = round(100 * min(1.0, max(0.0, share)), 2)
    return Markup(
        '<svg class="plot-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="bar s{}" x="{}" y="0" width="{}" height="10"/></svg>'
    ).format(look, 100 - wide if rtl else 0, wide)


def interval(share: float, low: float, high: float, top: float, look: int = 1, *, rtl: bool = False) -> Markup:
    """Return a share with its interval on a scale from 0 to `top`; the cell says the numbers."""

    def place(value: float) -> float:
        inner = 2 + 96 * min(1.0, value / top)
        return round(100 - inner if rtl else inner, 2)

    left, right = sorted((place(low), place(high)))
    return Markup(
        '<svg class="plot-interval" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true" '
        'focusable="false"><line class="grid" x1="2" x2="98" y1="6" y2="6"/>'
        '<rect class="range s{}" x="{}" y="3" width="{}" height="6"/>'
        '<rect class="bar s{}" x="{}" y="0" width="1" height="12"/></svg>'
    ).format(look, left, max(0.6, round(right - left, 2)), look, round(place(share) - 0.5, 2))


def nice_top(series: Sequence[Series], *, whole: bool = False) -> float:
    """Return where the axis ends: a round number that all values lie below, and that the ticks divide evenly; `whole`:
    into whole numbers."""
    most = max((value for one in series for value in one.values if value is not None), default=0)
    if most < 1e-9:
        return float(TICKS)
    step = most / TICKS
    unit = max(1.0, 10 ** math.floor(math.log10(step))) if whole else 10 ** math.floor(math.log10(step))
    for factor in (1, 2, 2.5, 5, 10):
        if whole and factor * unit != int(factor * unit):
            continue  # nobody opens a quarter of a case
        if factor * unit * TICKS >= most * (1 - 1e-9):
            return float(factor * unit * TICKS)
    return float(20 * unit * TICKS)


def _runs(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    """Split at gaps."""
    runs: list[list[tuple[int, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((place, value))
    return [run for run in runs if run]


def _axes(frame: Frame, labels: Sequence[str]) -> Markup:
    drawn = []
    start, anchor = (WIDTH - LEFT + 8, "start") if frame.rtl else (LEFT - 8, "end")
    for tick in range(TICKS + 1):
        value = frame.top * tick / TICKS
        y = round(frame.y(value), 2)
        left, right = (RIGHT, WIDTH - LEFT) if frame.rtl else (LEFT, WIDTH - RIGHT)
        drawn.append(Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(left, right, y, y))
        drawn.append(
            Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(start, y + 4, anchor, _plain(value))
        )
    every = max(1, math.ceil(len(labels) / LABELS))
    for place in range(len(labels) - 1, -1, -every):
        x = round(frame.x(place), 2)
        drawn.append(below(x, HEIGHT - 8, labels[place], WIDTH, rtl=frame.rtl))
    return Markup("").join(drawn)


def below(x: float, y: float, label: str, width: float, *, rtl: bool) -> Markup:
    """Return a label below the middle of a place, in the page's direction (`25 نوفمبر` is turned round
    otherwise), moved inwards where the picture would cut it off."""
    x = min(max(x, HALF_LABEL), width - HALF_LABEL)
    return Markup('<text x="{}" y="{}" text-anchor="middle" direction="{}" unicode-bidi="embed">{}</text>').format(
        x, y, "rtl" if rtl else "ltr", label
    )


def _path(points: Sequence[tuple[float, float]], look: int) -> Markup:
    way = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return Markup('<path class="line s{}" d="M{}"/>').format(look, way)


def _area(frame: Frame, points: Sequence[tuple[float, float]], look: int) -> Markup:
    floor = frame.y(0)
    way = " L".join(f"{x:.1f} {y:.1f}" for x, y in [(points[0][0], floor), *points, (points[-1][0], floor)])
    return Markup('<path class="area s{}" d="M{} Z"/>').format(look, way)


def _svg(name: str, drawn: Sequence[Markup]) -> Markup:
    # `direction` keeps text-anchor meaning left and right, whatever the page's direction is.
    return Markup(
        '<svg class="plot" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}" direction="ltr">{}</svg>'
    ).format(WIDTH, HEIGHT, name, Markup("").join(drawn))


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def _r(numbers: Sequence[float]) -> list[float]:
    return [round(number, 2) for number in numbers]
