"""Clean messages, terms that do not stand in them, and statements: drawn from harmless news and Python's own manual."""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from pydoc_data.topics import topics
from random import Random

_WORDS = re.compile(r"[^\W\d_]+")
_MARKS = re.compile(r"[ً-ْٰـ]")
_ALIKE = str.maketrans("أإآٱىة", "اااايه")
_PARTICLES = re.compile(r"^[وف]?[بكلس]?(?:ال|لل|ل)?(?=..)")


def articles(shared: Path) -> list[str]:
    """The shared news; where it is absent the benchmark cannot run."""
    lines = (shared / "text" / "arabic-news.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def manual() -> list[str]:
    return [" ".join(text.split()) for text in topics.values() if len(text) > 500]


def messages(texts: Iterable[str], random: Random) -> list[str]:
    """Texts cut at words into pieces as long as messages are, 80 to 400 characters."""
    found = []
    for text in texts:
        words = text.split()
        while words:
            length = random.randint(80, 400)
            piece: list[str] = []
            while words and sum(map(len, piece)) + len(piece) < length:
                piece.append(words.pop(0))
            if len(" ".join(piece)) >= 80:
                found.append(" ".join(piece))
    return found


def terms(texts: Iterable[str], clean: Iterable[str], count: int, random: Random) -> list[str]:
    """Return two-word terms of the texts that stand in no clean message, whatever particles are attached."""
    taken = {pair for message in clean for pair in _stems(message)}
    pairs = {pair: None for text in texts for pair in _pairs(text)}
    free = [f"{first} {second}" for first, second in pairs if _joined(first, second).isdisjoint(taken)]
    random.shuffle(free)
    return free[:count]


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for piece in re.split(r"[.,،؛:!?()\[\]\"«»]", text):
        words = [word for word in piece.split() if _WORDS.fullmatch(word) and "ـ" not in word]
        yield from (pair for pair in pairwise(words) if min(len(one) for one in pair) >= 4)


def _stems(message: str) -> Iterator[tuple[str, str]]:
    words = [_ways(word) for word in _WORDS.findall(_MARKS.sub("", message))]
    for first, second in pairwise(words):
        yield from ((one, other) for one in first for other in second)


def _joined(first: str, second: str) -> set[tuple[str, str]]:
    return {(one, other) for one in _ways(first) for other in _ways(second)}


def _ways(word: str) -> set[str]:
    alike = _MARKS.sub("", word).translate(_ALIKE).lower()
    return {alike, alike.removeprefix("ال"), _PARTICLES.sub("", alike), alike.lstrip("وف")}


def statements(texts: Iterable[str], least: int, most: int, random: Random) -> list[str]:
    """Return one piece of each text, cut at words, of `least` to `most` characters; shorter ones give none."""
    found = []
    for text in texts:
        words = text.split()
        first = random.randrange(max(1, len(words) - 60))
        piece = " ".join(words[first:])[: random.randint(least + 20, most)].rpartition(" ")[0]
        if len(piece) >= least:
            found.append(piece)
    return found
