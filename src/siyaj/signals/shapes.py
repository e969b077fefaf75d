"""Letters without their dots: `العاىوس الاررٯ`. Words are compared by their bare shapes, and dots may only be lost."""

_CLASSES = ("بتثني", "جحخ", "دذ", "رز", "سش", "صض", "طظ", "عغ", "فق")
_MAYBE_BARE = frozenset("حدرسصطعي")
"""Letters that are others without their dots, and common by themselves."""
_SHAPE = str.maketrans({one: its[0] for its in _CLASSES for one in its})
_SAME = {one: frozenset(its) for its in _CLASSES for one in its}
_DOTTED = frozenset("بتثنجخذزشضظغفق")


def shape(word: str) -> str:
    """Return a folded Arabic word with one letter for all that look alike without dots."""
    return word.translate(_SHAPE)


def dots(word: str) -> int:
    """Return how many letters of a folded word have dots. Of ي and ه folding has taken them."""
    return sum(one in _DOTTED for one in word)


def has_dots(word: str) -> bool:
    return not _DOTTED.isdisjoint(word)


def could_be_bare(written: str, word: str) -> bool:
    """True when `written` is `word` of which some letters have lost their dots, in ordinary letters (ح for ج)."""
    return all(
        one == other or (one in _MAYBE_BARE and other in _SAME.get(one, ()))
        for one, other in zip(written, word, strict=True)
    )
