"""Evasions made by code: each takes a harmless text and writes it so that a plain search misses it.

They are written from what evaders do, not from what our folding undoes; some go further than it can follow.
"""

import unicodedata
from collections.abc import Callable
from random import Random

Evasion = Callable[[str, Random], str]

_HARAKAT = "ًٌٍَُِّْ"
_ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_BIDI = "\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2069\u061c"
_SIGNS = "*_-~|•·+"
_EMOJIS = ("🌿", "🔥", "❤️", "✨", "🌙", "👍🏽")
_VARIANTS = {"ا": "أإآٱ", "أ": "اإآ", "إ": "اأ", "آ": "اأ", "ي": "ىئ", "ى": "ي", "ة": "ه", "ه": "ة", "ؤ": "و", "ئ": "ي"}
_LOOKALIKES = {"ك": "کڪ", "ي": "یې", "ى": "ی", "ه": "ہھە", "ة": "ۃ", "ف": "ڤڡ", "ب": "پ", "ج": "چ", "ز": "ژ", "و": "ۆۋ"}
_DOTLESS = str.maketrans("بتثنفقجخذزشضظغيةئؤأإآ", "ٮٮٮںڡٯححدرسصطعىهىوااا")
_ARABIZI_PAIRS = (
    "اa بb تt ثth جj ح7 خ5 دd ذth رr زz سs شsh ص9 ضd ط6 ظz ع3 غgh فf قq كk لl مm نn هh وw يy أ2a إi آa ىa ةa ء2 ئ2 ؤ2"
)
_ARABIZI = {pair[0]: pair[1:] for pair in _ARABIZI_PAIRS.split()}
_ARABIZI_OTHERS = {
    "خ": ("kh", "7'"),
    "غ": ("8", "3'"),
    "ق": ("9", "2", "k"),
    "ص": ("s",),
    "ط": ("t",),
    "ح": ("h",),
    "ش": ("ch",),
    "أ": ("a",),
    "و": ("o", "ou"),
    "ي": ("i", "ee"),
}
_LATIN_IN_ARABIC = {"ا": "lI|", "أ": "l", "ه": "o", "ة": "o", "ز": "j", "و": "g9"}
_DIGITS_IN_ARABIC = {
    "ا": "1١",
    "أ": "١",
    "ه": "٥0",
    "ة": "٥",
    "و": "9٩",
    "ح": "7",
    "ع": "3",
    "خ": "5",
    "ط": "6",
    "ق": "9",
}
_HOMOGLYPHS = {
    "a": "аα",
    "c": "с",
    "e": "еε",
    "i": "іι",
    "o": "оοо",
    "p": "рρ",
    "s": "ѕ",
    "x": "х",
    "y": "у",
    "k": "к",
    "h": "һ",
    "b": "Ь",
    "n": "ո",
    "u": "υ",
    "t": "т",
    "m": "м",
}
_LEET = {"a": "4@", "e": "3", "i": "1!", "o": "0", "s": "5$", "t": "7", "l": "1|"}


def plain(text: str, _: Random) -> str:
    return text


def marks(text: str, random: Random) -> str:
    return "".join(one + (random.choice(_HARAKAT) if one.isalpha() and random.random() < 0.7 else "") for one in text)


def tatweel(text: str, random: Random) -> str:
    return _between(text, lambda: "ـ" * random.randint(1, 4), 0.5, random)


def presentation_forms(text: str, _: Random) -> str:
    """Every letter as the compatibility character of its shape, as old PDF writers leave them."""
    return "".join(_shape(text, at) for at in range(len(text)))


def zero_width(text: str, random: Random) -> str:
    return _between(text, lambda: random.choice(_ZERO_WIDTH), 0.5, random)


def bidi_controls(text: str, random: Random) -> str:
    return _between(text, lambda: random.choice(_BIDI), 0.4, random)


def letter_variants(text: str, random: Random) -> str:
    return _replaced(text, _VARIANTS, 0.8, random)


def persian_letters(text: str, random: Random) -> str:
    return _replaced(text, _LOOKALIKES, 0.9, random)


def dotted(text: str, _: Random) -> str:
    return " ".join(".".join(word) for word in text.split())


def dotted_through(text: str, _: Random) -> str:
    """Dots also where the blanks were."""
    return ".".join(text.replace(" ", ""))


def spaced(text: str, random: Random) -> str:
    return random.choice((" ", "  ", "   ")).join(" ".join(word) for word in text.split())


def signs_between(text: str, random: Random) -> str:
    sign = random.choice(_SIGNS)
    return " ".join(sign.join(word) for word in text.split())


def signs_here_and_there(text: str, random: Random) -> str:
    return " ".join(_between(word, lambda: random.choice(_SIGNS + "."), 0.4, random) for word in text.split())


def emojis_between(text: str, random: Random) -> str:
    emoji = random.choice(_EMOJIS)
    return " ".join(emoji.join(word) for word in text.split())


def split_words(text: str, random: Random) -> str:
    """One blank inside each longer word."""
    return " ".join(_split(word, random) for word in text.split())


def dotless(text: str, _: Random) -> str:
    return text.translate(_DOTLESS)


def arabizi(text: str, random: Random) -> str:
    """Chat Arabic: digits for letters that Latin lacks, vowels put in as people do, and the usual other spellings."""
    return " ".join(_chat_word(word, random) for word in text.split())


def drawn_out(text: str, random: Random) -> str:
    return "".join(one * (random.randint(3, 7) if one.isalpha() and random.random() < 0.3 else 1) for one in text)


def latin_in_arabic(text: str, random: Random) -> str:
    return _replaced(text, _LATIN_IN_ARABIC, 0.6, random)


def digits_in_arabic(text: str, random: Random) -> str:
    return _replaced(text, _DIGITS_IN_ARABIC, 0.5, random)


def particles(text: str, random: Random) -> str:
    """Attached particles, with the article where it stands: `الفانوس` → `وبالفانوس`, `للفانوس`, `كالفانوس`."""
    first, *rest = text.split()
    particle = random.choice(("و", "ف", "ب", "ك", "ل", "وب", "ول", "فب", "فل"))
    if particle.endswith("ل") and first.startswith("ال"):
        first = first[1:]
    return " ".join((particle + first, *rest))


def several(text: str, random: Random) -> str:
    """Three evasions at once."""
    return tatweel(marks(persian_letters(letter_variants(text, random), random), random), random)


def homoglyphs(text: str, random: Random) -> str:
    return _replaced(text, _HOMOGLYPHS, 0.6, random)


def full_width(text: str, _: Random) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


def mathematical(text: str, random: Random) -> str:
    first = random.choice((0x1D41A, 0x1D5BA, 0x1D68A, 0x24D0))
    return "".join(chr(first + ord(one) - 97) if "a" <= one <= "z" else one for one in text)


def accents(text: str, random: Random) -> str:
    marked = (
        one + (random.choice("\u0301\u0308\u0327\u0336") if one.isalpha() and random.random() < 0.6 else "")
        for one in text
    )
    return unicodedata.normalize("NFC", "".join(marked))


def joined_words(text: str, _: Random) -> str:
    """Without the blanks, as hashtags and handles are."""
    return text.replace(" ", "")


def leet(text: str, random: Random) -> str:
    return _replaced(text, _LEET, 0.6, random)


def mixed_case(text: str, random: Random) -> str:
    return "".join(random.choice((one.upper(), one.lower())) for one in text)


ARABIC: dict[str, Evasion] = {
    "as it is": plain,
    "marks added": marks,
    "tatweel": tatweel,
    "presentation forms": presentation_forms,
    "zero-width characters": zero_width,
    "bidi controls": bidi_controls,
    "letter variants": letter_variants,
    "Persian letters": persian_letters,
    "dots between letters": dotted,
    "dots through both words": dotted_through,
    "blanks between letters": spaced,
    "signs between letters": signs_between,
    "signs here and there": signs_here_and_there,
    "emojis between letters": emojis_between,
    "letters without dots": dotless,
    "Arabizi": arabizi,
    "letters drawn out": drawn_out,
    "Latin in Arabic": latin_in_arabic,
    "digits in Arabic": digits_in_arabic,
    "attached particles": particles,
    "three at once": several,
    "words split": split_words,
    "words joined": joined_words,
}
LATIN: dict[str, Evasion] = {
    "as it is": plain,
    "upper and lower case": mixed_case,
    "accents": accents,
    "zero-width characters": zero_width,
    "homoglyphs": homoglyphs,
    "full-width": full_width,
    "mathematical": mathematical,
    "leetspeak": leet,
    "letters drawn out": drawn_out,
    "dots between letters": dotted,
    "blanks between letters": spaced,
    "signs between letters": signs_between,
    "emojis between letters": emojis_between,
    "words joined": joined_words,
}


def _between(text: str, filler: Callable[[], str], share: float, random: Random) -> str:
    """Put something between letters that stand side by side; at least once where there are two."""
    places = [at for at in range(1, len(text)) if text[at - 1].isalpha() and text[at].isalpha()]
    chosen = {at for at in places if random.random() < share} or set(random.sample(places, min(1, len(places))))
    return "".join((filler() if at in chosen else "") + one for at, one in enumerate(text))


def _replaced(text: str, table: dict[str, str], share: float, random: Random) -> str:
    return "".join(random.choice(table[one]) if one in table and random.random() < share else one for one in text)


def _split(word: str, random: Random) -> str:
    at = random.randint(2, len(word) - 2) if len(word) > 4 else 0
    return f"{word[:at]} {word[at:]}" if at else word


def _chat_word(word: str, random: Random) -> str:
    written = ["al" + random.choice(("", "-")) if word.startswith("ال") else ""]
    letters = word.removeprefix("ال")
    for at, one in enumerate(letters):
        others = _ARABIZI_OTHERS.get(one, ())
        latin = random.choice(others) if others and random.random() < 0.4 else _ARABIZI.get(one, one)
        written.append(latin)
        following = letters[at + 1 : at + 2]
        if latin[-1] not in "aeiou" and following and following not in "اويىةأآ" and random.random() < 0.5:
            written.append(random.choice("aaie"))
    return "".join(written)


_LEFT_JOINING = set("بتثجحخسشصضطظعغفقكلمنهيئ")
_SHAPES: dict[tuple[str, str], str] = {}
for _code in [*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD)]:
    _kind, *_base = unicodedata.decomposition(chr(_code)).split() or [""]
    if _base and len(_base) == 1:
        _SHAPES.setdefault((chr(int(_base[0], 16)), _kind), chr(_code))


def _shape(text: str, at: int) -> str:
    before = at > 0 and text[at - 1] in _LEFT_JOINING
    after = text[at] in _LEFT_JOINING and at + 1 < len(text) and text[at + 1].isalpha()
    kind = {(0, 0): "<isolated>", (0, 1): "<initial>", (1, 1): "<medial>", (1, 0): "<final>"}[before, after]
    return _SHAPES.get((text[at], kind)) or _SHAPES.get((text[at], "<isolated>")) or text[at]
