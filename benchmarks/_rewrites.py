"""What becomes of a statement that is posted again: words lost, added, changed, moved, wrapped in other text."""

import re
from collections.abc import Callable, Sequence
from random import Random

from benchmarks import _evasions

Rewrite = Callable[[str, Random], str]

_DECOR = ("🌿", "🔥🔥", "#عاجل", "https://example.org/x", "@someone", "👇")
_LETTERS = "ابتجدرسعفقلمنهوي"


def words_deleted(text: str, random: Random) -> str:
    return " ".join(word for word in text.split() if random.random() >= 0.1)


def typing_errors(text: str, random: Random) -> str:
    """Three letters of a hundred are left out or another is put before them."""
    out = []
    for one in text:
        chance = random.random()
        out.append("" if chance < 0.015 else random.choice(_LETTERS) + one if chance < 0.03 else one)
    return "".join(out)


def moved_sentences(text: str, random: Random) -> str:
    pieces = re.split(r"(?<=[.،؛:!؟])\s+", text)
    if len(pieces) < 2:
        words = text.split()
        third = len(words) // 3
        pieces = [" ".join(words[:third]), " ".join(words[third : 2 * third]), " ".join(words[2 * third :])]
    random.shuffle(pieces)
    return " ".join(pieces)


def decorated(text: str, random: Random) -> str:
    words = (word + (f" {random.choice(_DECOR)}" if random.random() < 0.15 else "") for word in text.split())
    return " ".join(words)


def words_inserted(others: Sequence[str]) -> Rewrite:
    def insert(text: str, random: Random) -> str:
        new = (f"{random.choice(others)} {word}" if random.random() < 0.1 else word for word in text.split())
        return " ".join(new)

    return insert


def words_replaced(others: Sequence[str]) -> Rewrite:
    def replace(text: str, random: Random) -> str:
        return " ".join(random.choice(others) if random.random() < 0.1 else word for word in text.split())

    return replace


def inside(others: Sequence[str], count: int) -> Rewrite:
    """Put a statement among `count` other messages."""

    def wrap(text: str, random: Random) -> str:
        around = [random.choice(others) for _ in range(count)]
        return " ".join((*around[: count // 2], text, *around[count // 2 :]))

    return wrap


def rewrites(messages: Sequence[str]) -> dict[str, Rewrite]:
    """Return all rewrites; added text is taken from unrelated messages."""
    words = [word for message in messages[:300] for word in message.split()]
    changed = words_replaced(words)
    long = inside(messages, 10)
    return {
        "as it is": _evasions.plain,
        "10 % of words deleted": words_deleted,
        "10 % of words inserted": words_inserted(words),
        "10 % of words replaced": changed,
        "typing errors": typing_errors,
        "sentences moved": moved_sentences,
        "emojis, hashtags, links": decorated,
        "inside a longer post (10 messages)": long,
        "inside a longer post, 10 % replaced": lambda text, random: long(changed(text, random), random),
        "marks, variants, tatweel": _evasions.several,
        "letters without dots": _evasions.dotless,
        "dots between letters": _evasions.dotted,
        "Latin in Arabic": _evasions.latin_in_arabic,
        "digits in Arabic": _evasions.digits_in_arabic,
        "Arabizi": _evasions.arabizi,
    }
