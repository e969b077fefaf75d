"""The sentences of matches in the language of the page."""

from collections.abc import Sequence

from siyaj.model.match import Match
from siyaj.model.sentence import Clause, Value
from siyaj.server.console.casework import words
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _

CLAUSES = {
    "identical": N_("identical"),
    "bits": N_("%(bits)s of %(of)s bits differ"),
    "statement": N_("%(share)s of the statement stands in this text"),
    "name": N_("%(share)s like the listed name %(name)s"),
    "term.word": N_("the term stands in the text, as a word"),
    "term.dots": N_("the term stands in the text, without its dots"),
    "term.disguise": N_("the term stands in the text, in disguise"),
    "term.blank": N_("the term stands in the text, with a blank inside a word"),
    "term.spelled": N_("the term is spelled letter by letter"),
    "url.same": N_("the same address"),
    "url.invite": N_("the same invite link"),
    "url.page": N_("the same page with other parameters"),
    "url.below": N_("at or below %(place)s"),
    "url.host": N_("on the host %(place)s"),
    "url.post": N_("a post of this channel"),
    "url.imitated": N_(", whose host is imitated by %(host)s"),
    "local.share": N_("%(share)s of what is in common agrees"),
    "local.mirrored": N_(", mirrored"),
    "local.turned": N_(", turned by %(degrees)s°"),
    "local.both": N_(", mirrored and turned by %(degrees)s°"),
    "local.over": N_(": %(share_banked)s of the banked picture, %(share_this)s of this one; %(count)s features agree"),
    "video.segment": N_("%(start)s–%(end)s of this video is %(entry_start)s–%(entry_end)s of the banked one"),
    "video.more": N_(", and %(count)s more"),
    "video.left": N_(", in the left half"),
    "video.right": N_(", in the right half"),
    "video.top": N_(", in the top half"),
    "video.bottom": N_(", in the bottom half"),
    "video.content": N_(", inside its bars"),
    "video.mirrored": N_(", mirrored"),
    "video.upside": N_(", upside down"),
    "video.upside_mirrored": N_(", upside down and mirrored"),
    "video.quarter": N_(", turned by a quarter"),
    "video.speed": N_(", at %(speed)s× its speed"),
    "video.share": N_("; %(share)s of its frames agree"),
    "audio.segment": N_("%(start)s–%(end)s of this is %(entry_start)s–%(entry_end)s of the banked sound"),
    "audio.speed": N_(" at %(share_speed)s of its speed"),
    "audio.marks": N_("; %(count)s landmarks agree"),
}
"""The same as `sentence.TEXTS`, so that they are found and translated; a test keeps the two equal."""
_ISOLATED = "\u2068{}\u2069"
"""What stands in a sentence has a direction of its own (FSI, PDI)."""


def why(match: Match) -> str:
    """Return why something matched; of what was stored before sentences had clauses, its English."""
    return say(match.said) or match.why


def say(clauses: Sequence[Clause]) -> str:
    """Return a sentence; empty where one of its clauses is not known here."""
    if any(one.code not in CLAUSES for one in clauses):
        return ""
    return "".join(
        _(CLAUSES[one.code]) % {name: _written(name, value) for name, value in one.values.items()} for one in clauses
    )


def _written(name: str, value: Value) -> str:
    if isinstance(value, str):
        return _ISOLATED.format(value)
    return words.share(value) if name.startswith("share") else words.numeral(value)
