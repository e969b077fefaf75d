"""How values are shown on pages, in the language of the page: times, numbers, browsers. Filters of the templates."""

from datetime import UTC, datetime
from functools import lru_cache

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from markupsafe import Markup, escape

from siyaj.model.clock import to_datetime
from siyaj.model.person import Locale
from siyaj.server.console import i18n
from siyaj.server.console.deeds import DEEDS
from siyaj.server.console.marked import PieceKind, one_line

_BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
"""Sign in the user agent and name; the order matters: each of them claims to be the ones after it."""
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iOS",
    "iPad": "iPadOS",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "X11": "Linux",
}


def now() -> datetime:
    return datetime.now(UTC)


def deed(what: str) -> str:
    """Return what was done, in words; a code that has none as it is."""
    return i18n.gettext(DEEDS[what]) if what in DEEDS else what


def ago(at: datetime) -> str:
    """Return e.g. `3 hours ago` or `in 2 days`, in the language of the page."""
    return format_timedelta(at - datetime.now(UTC), add_direction=True, locale=i18n.current.get().value)


def moment(at: datetime) -> str:
    """Return date and time, UTC."""
    locale = i18n.current.get()
    comma = "،" if locale is Locale.AR else ","
    return f"{format_datetime(at.astimezone(UTC), f'd MMM y{comma} HH:mm', locale=locale.value)} UTC"


def day(at: datetime) -> str:
    return format_date(at.astimezone(UTC), "d MMM y", locale=i18n.current.get().value)


def number(value: float) -> str:
    return _decimal(value, i18n.current.get().value)


@lru_cache(maxsize=4_096)
def _decimal(value: float, locale: str) -> str:
    """Lists show the same small numbers again and again; formatting one takes a fifth of a millisecond."""
    return format_decimal(value, locale=locale)


def browser(agent: str) -> str:
    """Return a browser's name and system from what it says of itself; what it says may be a lie, and is only shown."""
    known = (shown for sign, shown in _BROWSERS.items() if sign in agent)
    name = next(known, agent.split("/", maxsplit=1)[0][:30] or "?")
    system = next((shown for sign, shown in _SYSTEMS.items() if sign in agent), "")
    return f"{name} · {system}" if system else name


def plainly(text: str, longest: int = 0) -> Markup:
    """Return what a stranger wrote, on one line, with the characters that turn or hide text shown as signs."""
    text = text if not longest or len(text) <= longest else f"{text[:longest]}…"
    return Markup("").join(
        Markup('<span class="control" title="{}" dir="ltr">{}</span>').format(piece.title, piece.text)
        if piece.kind is PieceKind.CONTROL
        else escape(piece.text)
        for piece in one_line(text)
    )


FILTERS = {
    "ago": ago,
    "browser": browser,
    "day": day,
    "deed": deed,
    "moment": moment,
    "number": number,
    "plainly": plainly,
    "us": to_datetime,
}
