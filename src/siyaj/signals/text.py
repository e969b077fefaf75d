"""`text`: a statement, found again in near-copies. `term`: a word or phrase, found under evasion.

Right in Arabic, and in Latin script too. A term is context for a person, never a verdict by itself; text acts only as
a near-copy of a confirmed statement.
"""

from msgspec import Struct

from siyaj.model.errors import InvalidSignal
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind, Examples, IndexSpec

LONGEST = 100_000
"""Characters of an entry."""
SHORTEST_STATEMENT = 20
"""Letters and digits. Shorter texts recur by chance; they are terms."""
SHORTEST_TERM = 3
TAMPERED = "tampered"


def fold(text: str) -> str:
    """Return one form for all ways to write a text; `fold(fold(x)) == fold(x)`. Never raises."""
    from siyaj.signals.folding import fold_with_offsets  # noqa: PLC0415  (numba costs half a second to import)

    return fold_with_offsets(text).text


class Text(Struct, frozen=True):
    """A statement as a signal type. The signal of a message is its text as it was written."""

    name: str = "text"
    content_kinds: frozenset[ContentKind] = frozenset({ContentKind.TEXT})
    queried_by: frozenset[str] = frozenset({"text"})
    index: IndexSpec = IndexSpec("near_copy")

    @property
    def examples(self) -> Examples:
        copy = "عاجل 🌿 " + _STATEMENT.replace("ا", "اَ").replace("ن", "نـ") + "\nما رأيكم؟"
        return Examples(
            must_match=[(_STATEMENT, _content(_STATEMENT)), (_STATEMENT, _content(copy))],
            must_not_match=[(_STATEMENT, _content(_NEWS))],
        )

    def extract(self, content: Content) -> list[Signal]:
        """Return the text; its variant is `tampered` when it looks as if words were hidden from machines."""
        from siyaj.signals.words import is_tampered, prepare  # noqa: PLC0415

        if not content.text:
            return []
        variant = TAMPERED if is_tampered(prepare(content.text)) else ""
        return [Signal(self.name, content.text, variant=variant)]

    def parse(self, value: str) -> str:
        """Return the statement as it is. Raises InvalidSignal when there is too little, or too much, to recognise."""
        letters = _letters(_sound(self.name, value))
        if letters < SHORTEST_STATEMENT:
            raise InvalidSignal(
                f"this text has {letters} letters and digits; a statement needs {SHORTEST_STATEMENT}",
                hint="add a word or phrase as a `term`",
            )
        return value


class Term(Struct, frozen=True):
    """A word or phrase as a signal type. Draws nothing of its own: the text of a message is looked up in its index."""

    name: str = "term"
    content_kinds: frozenset[ContentKind] = frozenset({ContentKind.TEXT})
    queried_by: frozenset[str] = frozenset({"text"})
    index: IndexSpec = IndexSpec("term")

    @property
    def examples(self) -> Examples:
        hidden = ("والفانوس الازرق", "الفـانُوس الأزرق", "ا ل ف ا ن و س  ا ل أ ز ر ق", "alfanous alazra9")
        return Examples(
            must_match=[(_TERM, _content(f"قال {one} في الصباح")) for one in hidden],
            must_not_match=[(_TERM, _content(_NEWS)), (_TERM, _content("فانوس رمضان ليس أزرق"))],
        )

    def extract(self, _: Content) -> list[Signal]:
        return []

    def parse(self, value: str) -> str:
        """Return the term as it is. Raises InvalidSignal when it is too short, or no phrase."""
        letters = _letters(_sound(self.name, value))
        if letters < SHORTEST_TERM:
            raise InvalidSignal(
                f"this term has {letters} letters; it needs {SHORTEST_TERM}", hint="shorter terms stand in every text"
            )
        if letters > 200:
            raise InvalidSignal(f"this term has {letters} letters; at most 200", hint="add it as a `text`")
        return value


def _sound(name: str, value: str) -> str:
    if len(value) > LONGEST:
        raise InvalidSignal(f"this {name} has {len(value):,} characters; at most {LONGEST:,}")
    if not value.strip() or value != value.strip():
        raise InvalidSignal(f"this {name} is empty or has white space around it", hint="remove it")
    if "\0" in value or any("\ud800" <= one <= "\udfff" for one in value):
        raise InvalidSignal(f"this {name} holds a character that cannot be stored (NUL or half a surrogate pair)")
    return value


def _letters(value: str) -> int:
    return sum(one.isalnum() for one in fold(value))


def _content(text: str) -> Content:
    return Content(ContentKind.TEXT, text=text)


_TERM = "الفانوس الأزرق"
_STATEMENT = (
    "نعلن لأهلنا في كل قرية أننا سنزرع ألف شجرة زيتون قبل نهاية الشتاء، وأن أبواب مشتلنا مفتوحة لكل من أراد أن يحمل "
    "غرسة إلى بيته، وسنوزع المعاول والقفازات صباح كل سبت عند البئر القديمة."
)
_NEWS = "قالت وزارة الزراعة اليوم إن حملة التشجير في المناطق الجبلية تجاوزت أهدافها هذا العام بفضل آلاف المتطوعين."

TEXT = Text()
TERM = Term()
