"""What a Matrix event's content says in words, and where its links lead. Nothing about its shape is sure.

The module that lives inside Synapse has the same, word for word: neither distribution imports the other.
"""

from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

MOST_TEXT = 100_000
MOST_LINKS = 100
LONGEST_LINK = 8_192
DEEPEST = 20

_NOT_WORDS = frozenset(
    {"msgtype", "format", "url", "event_id", "rel_type", "mimetype", "blurhash", "thumbnail_url", "geo_uri"}
)
"""Keys whose values are for programs."""
_BINARY = frozenset({"file", "thumbnail_file", "m.mentions", "org.matrix.msc3381.kind"})


def words(content: Mapping[str, Any]) -> str:
    """Return every text in it once, in order: body, caption, edit, poll, and what an unknown type may carry."""
    said: dict[str, None] = {}
    for key, text in _texts(content, 0):
        shown = _visible(text)[0] if key == "formatted_body" else text
        if " ".join(shown.split()) and shown not in said:
            said[shown] = None
    return _clean("\n".join(said))[:MOST_TEXT]


def links(content: Mapping[str, Any]) -> list[str]:
    """Return what the formatted texts link to; addresses that are written out are found in the words."""
    found: dict[str, None] = {}
    for key, text in _texts(content, 0):
        if key == "formatted_body":
            found.update(dict.fromkeys(_visible(text)[1]))
    return [_clean(link) for link in found if 0 < len(link) <= LONGEST_LINK][:MOST_LINKS]


def _texts(value: Any, depth: int, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif depth > DEEPEST:
        return
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in _NOT_WORDS and name not in _BINARY:
                yield from _texts(inner, depth + 1, str(name))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner, depth + 1, key)


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if name == "href" and value]
        if tag in ("p", "br", "div", "li", "tr", "h1", "h2", "h3", "blockquote"):
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _visible(html: str) -> tuple[str, list[str]]:
    parser = _Visible()
    parser.feed(html)
    parser.close()
    return "".join(parser.text).strip(), parser.links


def _clean(text: str) -> str:
    """Lone surrogates cannot be sent as UTF-8, and NUL not stored: neither may be a way around a check."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
