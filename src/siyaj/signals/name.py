"""Names: handles, display names and channel titles against a list of organisations and their outlets.

The operator brings the list (`siyaj.signals.designated` reads the UN's). A resemblance is context for a person and a
reason to look, never a reason to act: names appear in every news report, and people share names.

The signal's value is the name as it is written; what is compared are its forms (`name_forms`).
"""

from siyaj.model.errors import InvalidSignal
from siyaj.model.signal import Signal
from siyaj.signals.base import Content, ContentKind, Examples, IndexSpec
from siyaj.signals.name_forms import LONGEST, WEAK, name_forms

SHORTEST = 3
"""Letters that the counted words of an entry must have together."""


class NameSignal:
    """The signal type `name`."""

    name = "name"
    content_kinds = frozenset({ContentKind.NAME})
    queried_by = frozenset({"name"})
    index = IndexSpec("resemblance")
    examples = Examples(
        must_match=[
            ("Green Lantern Brigade", Content(ContentKind.NAME, text="🟢 ɢʀᴇᴇɴ LANTERN Brigade | Official 2")),
            ("كتيبة الفانوس الأخضر", Content(ContentKind.NAME, text="Katibat al-Fanous al-Akhdar")),
            ("Zarvandi Falcons", Content(ContentKind.NAME, text="@zarvandifalcons_media")),
            ("لواء صقور الزرفندي", Content(ContentKind.NAME, text="قنـاة لِواء صقور الزرفندي الرسمية")),
        ],
        must_not_match=[
            ("Green Lantern Brigade", Content(ContentKind.NAME, text="Fire Brigade of Greenwich")),
            ("كتيبة الفانوس الأخضر", Content(ContentKind.NAME, text="مطعم الفانوس")),
            ("Zarvandi Falcons", Content(ContentKind.NAME, text="Atlanta Falcons News")),
            ("لواء صقور الزرفندي", Content(ContentKind.NAME, text="وزير الخارجية يزور العاصمة")),
        ],
    )

    def extract(self, content: Content) -> list[Signal]:
        """Return the name, when it has a word that says something. Never raises."""
        name = " ".join(content.text[:LONGEST].split())
        return [Signal("name", name)] if any(token.weight > WEAK for token in name_forms(name).tokens) else []

    def parse(self, value: str) -> str:
        """Return the name with single spaces. Raises InvalidSignal for one that says too little to be looked for."""
        name = " ".join(value.split())
        if len(name) > LONGEST:
            raise InvalidSignal(f"a name has at most {LONGEST} characters, not {len(name)}")
        forms = name_forms(name)
        if len(forms.joined) < SHORTEST:
            raise InvalidSignal(
                f"the name {name[:100]!r} says too little: it would resemble harmless names",
                hint=f"it needs {SHORTEST} letters beside words like 'official' or 'news'",
            )
        return name


NAME = NameSignal()
