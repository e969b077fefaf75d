"""A channel's timeline as one picture: its size, its items, and what people said and did, over the same days.

Drawn on the server as SVG; the same numbers stand beside it as a table. From right to left time runs so too.
"""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta

from markupsafe import Markup
from msgspec import Struct

from siyaj.model.channel import ChannelMark, ChannelRecord, Timeline
from siyaj.model.person import Locale
from siyaj.server.console import i18n, show, svg
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.plots import Plot, short_day
from siyaj.server.console.svg import Series

WIDTH, HEIGHT = 760.0, 348.0
SIDE, END = 108.0, 14.0
SIZE_LANE, ITEM_LANE = (14.0, 110.0), (134.0, 220.0)
ROWS = (248.0, 274.0, 300.0)
LABEL_LINE = 334.0
MOST_DAYS = 84
"""More days than these are shown by week."""
MOST_WEEKS = 104
LABELS = 7


class Bin(Struct):
    """A day, or a week by its first day."""

    first: date
    subscribers: int | None = None
    checked: int = 0
    refused: int = 0
    reports: int = 0
    removed: int = 0
    decisions: int = 0


def timeline_plot(record: ChannelRecord, timeline: Timeline) -> Plot:
    bins = binned(record, timeline, datetime.now(UTC).date())
    rtl = i18n.current.get() is Locale.AR
    title = _("Timeline")
    return Plot(
        title=title,
        note=_("Size above, items in the middle, below what people reported and decided."),
        picture=_draw(bins, rtl, title),
        legend=[(_("Subscribers"), 1), (_("Items"), 2), (_("Held or blocked"), 3)],
        header=[
            _("Day"),
            _("Subscribers"),
            _("Items"),
            _("Held or blocked"),
            _("Reports"),
            _("Removed"),
            _("Other decisions"),
        ],
        rows=[
            [
                short_day(one.first.isoformat()),
                "" if one.subscribers is None else show.number(one.subscribers),
                *(show.number(n) for n in (one.checked, one.refused, one.reports, one.removed, one.decisions)),
            ]
            for one in reversed(bins)
        ],
    )


def binned(record: ChannelRecord, timeline: Timeline, today: date) -> list[Bin]:
    """Return the days since the channel was first seen, or the weeks, without gaps."""
    first = record.first_seen_at.date()
    step = 1 if (today - first).days < MOST_DAYS else 7
    first = max(first, today - timedelta(days=MOST_WEEKS * 7 if step == 7 else MOST_DAYS))
    bins = [Bin(first + timedelta(days=n)) for n in range(0, (today - first).days + 1, step)]

    def at(day: date) -> Bin | None:
        place = (day - first).days // step
        return bins[place] if 0 <= place < len(bins) else None

    for day in timeline.days:
        if (one := at(date.fromisoformat(day.day))) is not None:
            one.checked += day.checked
            one.refused += day.held + day.blocked
    _mark(timeline, at)
    _carry(bins, timeline, step)
    return bins


def _mark(timeline: Timeline, at: Callable[[date], Bin | None]) -> None:
    for event in timeline.events:
        one = at(event.at.date())
        if one is None:
            continue
        if event.mark is ChannelMark.REPORT:
            one.reports += 1
        elif event.mark is ChannelMark.DECISION and event.value == "remove":
            one.removed += 1
        elif event.mark is ChannelMark.DECISION:
            one.decisions += 1


def _carry(bins: Sequence[Bin], timeline: Timeline, step: int) -> None:
    """A size holds until the next one is told."""
    told = [(event.at.date(), int(event.value)) for event in timeline.events if event.mark is ChannelMark.SUBSCRIBERS]
    place, size = 0, None
    for one in bins:
        while place < len(told) and told[place][0] < one.first + timedelta(days=step):
            size = told[place][1]
            place += 1
        one.subscribers = size


def _draw(bins: Sequence[Bin], rtl: bool, name: str) -> Markup:
    axis = _Axis(len(bins), rtl)
    drawn = [_days(bins, axis), _size(bins, axis), _items(bins, axis)]
    rows = (
        (_("Reports"), [one.reports for one in bins], "M-5 4 L0 -5 L5 4 Z", 2),
        (_("Removed"), [one.removed for one in bins], "M-4 -4 H4 V4 H-4 Z", 3),
        (_("Decisions"), [one.decisions for one in bins], "M0 -5 L5 0 L0 5 L-5 0 Z", 1),
    )
    for y, (label, counts, shape, look) in zip(ROWS, rows, strict=True):
        drawn.append(_row(bins, axis, y, label, counts, shape, look))
    return Markup(
        '<svg class="plot timeline" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}" direction="ltr">{}</svg>'
    ).format(WIDTH, HEIGHT, name, Markup("").join(drawn))


class _Axis:
    """Time along the picture; labels stand on the side where reading begins."""

    def __init__(self, places: int, rtl: bool) -> None:
        self.rtl = rtl
        self.step = (WIDTH - SIDE - END) / max(1, places)
        self.left, self.right = (END, WIDTH - SIDE) if rtl else (SIDE, WIDTH - END)
        self.label_x, self.anchor = (WIDTH - SIDE + 10, "start") if rtl else (SIDE - 10, "end")

    def x(self, place: float) -> float:
        along = (place + 0.5) * self.step
        return round(self.right - along if self.rtl else self.left + along, 2)

    def rule(self, y: float) -> Markup:
        return Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(self.left, self.right, y, y)

    def label(self, y: float, words: str) -> Markup:
        return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(self.label_x, y, self.anchor, words)


def _days(bins: Sequence[Bin], axis: _Axis) -> Markup:
    every = max(1, math.ceil(len(bins) / LABELS))
    drawn = []
    for place in range(len(bins) - 1, -1, -every):
        label = short_day(bins[place].first.isoformat())
        drawn.append(svg.below(axis.x(place), LABEL_LINE, label, WIDTH, rtl=axis.rtl))
    return Markup("").join(drawn)


def _scale(lane: tuple[float, float], axis: _Axis, top: float) -> Markup:
    low, high = lane[1], lane[0]
    drawn = []
    for share in (0.0, 0.5, 1.0):
        y = round(low - share * (low - high), 2)
        drawn += [axis.rule(y), axis.label(y + 4, f"{share * top:,.0f}")]
    return Markup("").join(drawn)


def _size(bins: Sequence[Bin], axis: _Axis) -> Markup:
    known = [(place, one.subscribers) for place, one in enumerate(bins) if one.subscribers is not None]
    top = svg.nice_top([Series("", [float(size) for _place, size in known])], whole=True)
    low, high = SIZE_LANE[1], SIZE_LANE[0]
    points = [(axis.x(place), round(low - size / top * (low - high), 2)) for place, size in known]
    way = " L".join(f"{x} {y}" for x, y in points)
    drawn = [_scale(SIZE_LANE, axis, top)]
    if len(points) > 1:
        drawn.append(Markup('<path class="line s1" d="M{}"/>').format(way))
    if points:
        drawn.append(Markup('<circle class="mark s1" cx="{}" cy="{}" r="3"/>').format(*points[-1]))
    return Markup("").join(drawn)


def _items(bins: Sequence[Bin], axis: _Axis) -> Markup:
    top = svg.nice_top([Series("", [float(one.checked) for one in bins])], whole=True)
    low, high = ITEM_LANE[1], ITEM_LANE[0]
    wide = round(max(1.0, min(26.0, axis.step * 0.7)), 2)
    drawn = [_scale(ITEM_LANE, axis, top)]
    for place, one in enumerate(bins):
        for value, look in ((one.checked, 2), (one.refused, 3)):
            if value:
                tall = round(value / top * (low - high), 2)
                box = (look, round(axis.x(place) - wide / 2, 2), round(low - tall, 2), wide, tall)
                drawn.append(Markup('<rect class="bar s{}" x="{}" y="{}" width="{}" height="{}"/>').format(*box))
    return Markup("").join(drawn)


def _row(
    bins: Sequence[Bin], axis: _Axis, y: float, label: str, counts: Sequence[int], shape: str, look: int
) -> Markup:
    drawn = [axis.rule(y), axis.label(y + 4, label)]
    for place, count in enumerate(counts):
        if count:
            said = f"{short_day(bins[place].first.isoformat())}: {label} {show.number(count)}"
            size = round(1 + min(1.0, math.log10(count) / 2), 2)
            drawn.append(
                Markup(
                    '<path class="mark s{}" transform="translate({} {}) scale({})" d="{}"><title>{}</title></path>'
                ).format(look, axis.x(place), y, size, shape, said)
            )
    return Markup("").join(drawn)
