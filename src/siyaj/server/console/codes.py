"""Words for codes that the overview counts by. Each function translates when it is asked."""

from siyaj.model.verdict import Action
from siyaj.policy.evaluate import Policy
from siyaj.server.console.casework import words
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _

_WORDS = {kind.value: word for kind, word in words.VERDICTS.items()}
_WORDS |= {kind.value: word for kind, word in words.ACTIONS.items()}
_AGES = {
    "1h": N_("up to 1 hour"),
    "4h": N_("1 to 4 hours"),
    "12h": N_("4 to 12 hours"),
    "24h": N_("12 to 24 hours"),
    "72h": N_("1 to 3 days"),
    "older": N_("more than 3 days"),
}
_STREAMS = {
    "automated": N_("Refused by the policy"),
    "cleared": N_("Allowed by the policy"),
    "reviewed": N_("Decided by a reviewer"),
}


def action(code: str) -> str:
    """Return what an action of a verdict or of a decision is called."""
    return _(_WORDS[code]) if code in _WORDS else code


def age(code: str) -> str:
    return _(_AGES[code])


def stream(code: str) -> str:
    return _(_STREAMS[code])


def policy_title(policy: Policy, code: str) -> str:
    """Return a policy's title; `…` stands for all others."""
    return _("others") if code == "…" else words.policy(code, policy.taxonomy) or _("none")


_OPINIONS = {
    "seed": N_("Seed: someone else says so"),
    "confirmed": N_("Confirmed by our people"),
    "negative": N_("Known harmless"),
}
_ADDABLE = {
    "text": N_("Statement (text)"),
    "term": N_("Term"),
    "url": N_("Link"),
    "name": N_("Name"),
    "hash": N_("Hash"),
    "file": N_("File: picture, video or sound"),
    "emblem": N_("Emblem or logo (file)"),
}


def opinion(code: str) -> str:
    return _(_OPINIONS[code])


def addable(code: str) -> str:
    """Return what a kind of thing is called that can be added to a bank."""
    return _(_ADDABLE[code])


_MODES = {
    "live": N_("In force"),
    "shadow": N_("Shadow: only counted"),
    "partial": N_("In force for a part"),
    "off": N_("Switched off"),
}


def mode(code: str) -> str:
    """Return what a mode of a rule is called."""
    return _(_MODES[code])


def verdict(code: str) -> str:
    """Return what an action of a verdict is called; `label` and `limit` read otherwise than a decision's."""
    return _(words.VERDICTS[Action(code)])
