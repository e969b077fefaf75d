"""The texts of code and templates, and what Arabic has for them. `make translations` runs this."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from siyaj.server.console.i18n import FOLDER
from tests.conftest import ROOT

SERVER = ROOT / "src" / "siyaj" / "server"
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd%]|\{\w*\}")
_METHODS = [("**.py", "python"), ("**.html", "jinja2")]
_OPTIONS = {"**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}}


class Text(NamedTuple):
    """`id` is the text, or for plurals singular and plural."""

    id: str | tuple[str, ...]
    place: str


def used() -> Iterator[Text]:
    """Yield each text of the console and the public pages, where it stands."""
    for file, line, message, _, _ in extract_from_dir(str(SERVER), method_map=_METHODS, options_map=_OPTIONS):
        if message:
            yield Text(message, f"{file}:{line}")


def areas() -> dict[str, Catalog]:
    """Return the catalogs of Arabic, by the name of their area."""
    found = {}
    for path in sorted((FOLDER / "ar").glob("*.po")):
        with path.open("rb") as file:
            found[path.stem] = read_po(file, locale="ar")
    return found


def translated() -> dict[str, Message]:
    """Return all texts that Arabic has, by their English (the singular)."""
    return {
        message.id if isinstance(message.id, str) else message.id[0]: message
        for catalog in areas().values()
        for message in catalog
        if message.id and message.string and all(forms(message))
    }


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def placeholders(text: str) -> set[str]:
    return {found[0] for found in _PLACEHOLDER.finditer(text)}


def missing() -> list[Text]:
    """Return what has no Arabic, each once."""
    known, found = translated(), {}
    for text in used():
        key = text.id if isinstance(text.id, str) else text.id[0]
        plural = not isinstance(text.id, str)
        if key not in known or plural != (not isinstance(known[key].id, str)):
            found.setdefault(key, text)
    return list(found.values())


def unused() -> list[str]:
    """Return what Arabic has and no page says any more, with its area."""
    wanted = {text.id if isinstance(text.id, str) else text.id[0] for text in used()}
    return [
        f"{area}.po: {key}"
        for area, catalog in areas().items()
        for message in catalog
        if message.id and (key := message.id if isinstance(message.id, str) else message.id[0]) not in wanted
    ]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main(path: Path = FOLDER / "ar" / "new.po") -> None:
    """Write what is missing, with empty translations, to `new.po`."""
    for line in unused():
        say(f"not used any more: {line}")
    fresh = Catalog(locale="ar")
    for text in missing():
        fresh.add(text.id, locations=[(text.place.split(":")[0], int(text.place.split(":")[1]))])
        say(f"{text.place} {text.id}")
    if len(fresh):
        with path.open("wb") as file:
            write_po(file, fresh, omit_header=False, width=120)
        say(f"{len(fresh)} texts without Arabic are in {path.relative_to(ROOT)}: move them to your area's file")
    else:
        path.unlink(missing_ok=True)
        say("every text has its Arabic")


if __name__ == "__main__":
    main()
