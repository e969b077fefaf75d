"""The dashboard's plots: from numbers to pictures with a table beside each."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from babel.core import Locale as BabelLocale
from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup

from siyaj.model.numbers import Dashboard, Day, Rate, Share
from siyaj.model.person import Locale
from siyaj.server.console import i18n, svg
from siyaj.server.console.i18n import gettext as _
from siyaj.server.console.svg import Series

MOST_POINTS = 45
"""More days than these are shown by week."""


class Plot(NamedTuple):
    """A picture, what its colours mean, and the same numbers as a table."""

    title: str
    note: str
    picture: Markup
    legend: Sequence[tuple[str, int]]
    header: Sequence[str]
    rows: Sequence[Sequence[str]]


class Bar(NamedTuple):
    """A line of a table of bars."""

    label: str
    shown: str
    share: str
    picture: Markup


class Point(NamedTuple):
    """A day, or a week by its first day."""

    label: str
    opened: int
    closed: int
    reports: int
    backlog: int
    first_look: float | None
    to_decision: float | None
    appeals: int
    overturned: int


def points(days: Sequence[Day]) -> list[Point]:
    """Return the days, or weeks where there are many; waits in hours (of a week: the middle of its days)."""
    size = 1 if len(days) <= MOST_POINTS else 7
    groups = [days[max(0, end - size) : end] for end in range(len(days), 0, -size)][::-1]
    return [_point(group) for group in groups]


def _point(days: Sequence[Day]) -> Point:
    return Point(
        label=short_day(days[0].day),
        opened=sum(day.opened for day in days),
        closed=sum(day.closed for day in days),
        reports=sum(day.reports for day in days),
        backlog=days[-1].backlog,
        first_look=_hours([day.first_look for day in days]),
        to_decision=_hours([day.to_decision for day in days]),
        appeals=sum(day.appeals for day in days),
        overturned=sum(day.overturned for day in days),
    )


def _hours(seconds: Sequence[int | None]) -> float | None:
    known = sorted(value for value in seconds if value is not None)
    return round(known[len(known) // 2] / 3_600, 2) if known else None


def inflow(seen: Sequence[Point]) -> Plot:
    return _plot(
        svg.columns,
        _("Inflow"),
        _("Cases opened and closed"),
        seen,
        [
            Series(_("Newly opened"), [one.opened for one in seen], 1),
            Series(_("Newly closed"), [one.closed for one in seen], 2),
        ],
    )


def backlog(seen: Sequence[Point]) -> Plot:
    def area(name: str, labels: Sequence[str], series: Sequence[Series], *, rtl: bool) -> Markup:
        return svg.lines(name, labels, series, rtl=rtl, area=True)

    return _plot(
        area,
        _("Backlog"),
        _("Cases that waited at the end of the day"),
        seen,
        [Series(_("Waiting"), [one.backlog for one in seen], 3)],
    )


def waits(seen: Sequence[Point]) -> Plot:
    return _plot(
        svg.lines,
        _("Time to first action"),
        _("Hours, median of each day"),
        seen,
        [
            Series(_("Until somebody took the case"), [one.first_look for one in seen], 1),
            Series(_("Until it was decided"), [one.to_decision for one in seen], 2),
        ],
    )


def reports(seen: Sequence[Point]) -> Plot:
    return _plot(
        svg.columns,
        _("Reports"),
        _("Received from users, trusted flaggers and authorities"),
        seen,
        [Series(_("Reports"), [one.reports for one in seen], 4)],
    )


def appeals(seen: Sequence[Point]) -> Plot:
    return _plot(
        svg.columns,
        _("Appeals"),
        _("Decided, and those in which the first decision was overturned"),
        seen,
        [
            Series(_("Appeals decided"), [one.appeals for one in seen], 1),
            Series(_("Overturned"), [one.overturned for one in seen], 3),
        ],
    )


def _plot(draw: Callable[..., Markup], title: str, note: str, seen: Sequence[Point], series: Sequence[Series]) -> Plot:
    labels = [one.label for one in seen]
    rows = [[label, *(_cell(one.values[place]) for one in series)] for place, label in enumerate(labels)]
    return Plot(
        title,
        note,
        draw(f"{title}: {note}", labels, series, rtl=rtl()),
        [(one.label, one.look) for one in series] if len(series) > 1 else [],
        [_("Day"), *(one.label for one in series)],
        rows[::-1],
    )


def _cell(value: float | None) -> str:
    return "–" if value is None else number(value)


def bars(shares: Sequence[Share], name: Callable[[str], str], look: int = 1) -> list[Bar]:
    """Return one bar for each slice: its share of all, as the number beside it."""
    total = sum(one.count for one in shares)
    return [
        Bar(
            name(one.name),
            number(one.count),
            percent(one.count / total) if total else "–",
            svg.bar(one.count / total if total else 0, look, rtl=rtl()),
        )
        for one in shares
    ]


def by_hand(seen: Dashboard) -> list[Bar]:
    """Return what the policy did alone beside what people did."""
    names = {
        "policy": _("The policy alone"),
        "people": _("People: something was done"),
        "left": _("People: left as it is"),
    }
    shares = [
        Share("policy", seen.automated),
        Share("people", seen.by_people),
        Share("left", seen.left_by_people),
    ]
    return bars(shares, names.__getitem__, 2)


class RateLine(NamedTuple):
    """An error rate with its interval, in words and as a picture."""

    label: str
    note: str
    shown: str
    range: str
    of: str
    picture: Markup


def rates(lines: Sequence[tuple[str, str, Rate]]) -> list[RateLine]:
    """Return rates on one scale, which ends at a round number above the highest bound."""
    top = min(1.0, svg.nice_top([Series("", [rate.high for _label, _note, rate in lines])]))
    return [
        RateLine(
            label,
            note,
            percent(rate.share) if rate.share is not None else "–",
            span(rate.low, rate.high, percent),
            number(rate.of),
            svg.interval(rate.share, rate.low or 0.0, rate.high or 0.0, top, 1 + at % 2, rtl=rtl())
            if rate.share is not None
            else Markup(""),
        )
        for at, (label, note, rate) in enumerate(lines)
    ]


def span(low: float | None, high: float | None, shown: Callable[[float], str]) -> str:
    """Return e.g. `1.2 % to 3.4 %`."""
    if low is None or high is None:
        return "–"
    return _("%(low)s to %(high)s") % {"low": shown(low), "high": shown(high)}


def rtl() -> bool:
    return i18n.direction(i18n.current.get()) == "rtl"


def number(value: float) -> str:
    return format_decimal(round(value, 2), locale=_locale())


def percent(share: float) -> str:
    """Return a share with enough digits to tell small ones apart."""
    pattern = "#,##0.##%" if share < 0.1 else "#,##0.#%"
    return format_percent(share, format=pattern, locale=_locale())


def duration(seconds: float | None) -> str:
    """Return e.g. `3 hours`, or a dash where nothing was measured."""
    if seconds is None:
        return "–"
    return format_timedelta(timedelta(seconds=seconds), granularity="minute", threshold=1.5, locale=_locale())


def short_day(day: str) -> str:
    return format_date(date.fromisoformat(day), "d MMM", locale=_locale())


def language(code: str) -> str:
    """Return a language's name in the language of the page."""
    if not code:
        return _("not known")
    if code == "…":
        return _("others")
    try:
        return BabelLocale.parse(code).get_display_name(_locale()) or code
    except (ValueError, LookupError):  # what a platform sends need not be a language
        return code


def _locale() -> str:
    return i18n.current.get().value


def arabic() -> bool:
    return i18n.current.get() is Locale.AR
