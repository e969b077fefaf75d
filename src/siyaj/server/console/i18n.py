"""Languages: gettext over catalogs of `locale/<language>/*.po`, one file per area, read when the server starts.

English stands in the code and in the templates. No `.mo` files: there is nothing to compile, and nothing to forget.
"""

import gettext as standard
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.core import Locale as BabelLocale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from siyaj.model.person import Locale

FOLDER = Path(__file__).parent / "locale"
NAMES: dict[Locale, str] = {Locale.AR: "العربية", Locale.EN: "English"}
"""Each language in itself, as the switch shows it."""

current: ContextVar[Locale] = ContextVar("locale", default=Locale.EN)
"""The language of the request that is being answered; `guard` and `page` set it."""


def direction(locale: Locale) -> str:
    return BabelLocale.parse(locale.value).text_direction


def gettext(message: str) -> str:
    """Translate. Import it as `_`."""
    return translations(current.get()).gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    return translations(current.get()).ngettext(one, many, number)


def N_(message: str) -> str:  # noqa: N802  (gettext's own name for it)
    """Mark a text for translation where it stands, and translate it later."""
    return message


@cache
def translations(locale: Locale) -> standard.NullTranslations:
    """Return the texts of one language, all areas together."""
    merged: standard.NullTranslations | None = None
    for path in sorted((FOLDER / locale.value).glob("*.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=locale.value)
        compiled = BytesIO()
        write_mo(compiled, catalog)
        compiled.seek(0)
        area = standard.GNUTranslations(compiled)
        if merged is not None:
            area.add_fallback(merged)
        merged = area
    return merged or standard.NullTranslations()


def known(asked: str) -> Locale | None:
    """Return the language of a name like `ar`; None when it is none of ours."""
    return next((one for one in Locale if one.value == asked), None)


def preferred(accepted: str) -> Locale:
    """Return the language that a browser asks for (RFC 9110, 12.5.4), of those there are; else Arabic."""
    weighed = []
    for part in accepted.split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((float(weight or 1), tag.lower().partition("-")[0]))
        except ValueError:
            continue
    for _, language in sorted(weighed, key=lambda one: -one[0]):
        if found := known(language):
            return found
    return Locale.AR
