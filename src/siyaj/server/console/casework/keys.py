"""The keyboard of the case screen: by physical position (UI Events, `code`), so that it works on an Arabic layout too.

Positions are named as on a US keyboard; in Arabic a key shows its Arabic letter (the 101 layout) as well.
"""

from typing import NamedTuple

from siyaj.model.action import ActionKind
from siyaj.model.decision import Act, Exemption
from siyaj.model.person import Locale
from siyaj.server.console import i18n
from siyaj.server.console.i18n import N_

FOLLOW = "KeyT"
"""Takes over what the ladder proposes."""
ALSO = "KeyY"
AGAIN = "Comma"
"""What the platform did not carry out."""
ACTIONS = {
    ActionKind.NONE: "KeyQ",
    ActionKind.LABEL: "KeyW",
    ActionKind.LIMIT: "KeyE",
    ActionKind.REMOVE: "KeyR",
    ActionKind.SUSPEND_ACCOUNT: "KeyR",
    ActionKind.CLOSE_CHANNEL: "KeyR",
    ActionKind.RESTORE: "KeyR",
    ActionKind.REINSTATE_ACCOUNT: "KeyR",
    ActionKind.REOPEN_CHANNEL: "KeyR",
}
ACTS = {act: f"Digit{(number + 1) % 10}" for number, act in enumerate(Act)}
EXEMPTIONS = dict(zip(Exemption, ("KeyZ", "KeyX", "KeyC", "KeyV", "KeyB", "KeyN", "KeyM"), strict=True))

_ARABIC = dict(zip("QWERTYUIOPASDFGHJKLZXCVBNM", "ضصثقفغعهخحشسيبلاتنمئءؤرلىة", strict=True)) | {"B": "لا"}
_NAMES = {
    "BracketLeft": "[",
    "BracketRight": "]",
    "Equal": "+",
    "Minus": "−",
    "Slash": "?",
    "Comma": ",",
    "Period": ".",
    "Enter": "Enter",
    "Escape": "Esc",
}


class Key(NamedTuple):
    """One line of the map of keys. `code` is a physical position, with `Shift+` before it where that is held."""

    code: str
    label: str


class Group(NamedTuple):
    label: str
    keys: tuple[Key, ...]


CASE: tuple[Group, ...] = (
    Group(
        N_("Decide"),
        (
            Key("Digit1–0", N_("Choose what the item does")),
            Key("KeyZ–M", N_("Answer the exemption check")),
            Key("KeyQ–R", N_("Choose the action")),
            Key(FOLLOW, N_("Do as the ladder proposes")),
            Key("Enter", N_("Stage the decision, then confirm it")),
            Key("Escape", N_("Go back without deciding")),
            Key("KeyU", N_("Take the last decision back")),
        ),
    ),
    Group(
        N_("Details"),
        (
            Key("KeyP", N_("Policy")),
            Key("KeyO", N_("Organisation")),
            Key("KeyI", N_("Reasons in your own words")),
            Key(ALSO, N_("Account and channel")),
            Key("KeyL", N_("Add to a bank")),
            Key("KeyK", N_("Decide exact copies too")),
        ),
    ),
    Group(
        N_("Media"),
        (
            Key("BracketRight", N_("Next file")),
            Key("BracketLeft", N_("File before")),
            Key("KeyF", N_("Reveal one step more")),
            Key("KeyG", N_("Cover everything again")),
            Key("Equal", N_("Larger")),
            Key("Minus", N_("Smaller")),
        ),
    ),
    Group(
        N_("The case"),
        (
            Key("KeyS", N_("Skip")),
            Key("KeyH", N_("Hand over")),
            Key("KeyD", N_("Ask for a second opinion")),
            Key("KeyA", N_("Escalate")),
            Key(AGAIN, N_("Let the platform try again")),
            Key("KeyJ", N_("Write a note")),
            Key("Period", N_("Translate")),
            Key("Slash", N_("Show this map")),
        ),
    ),
)
QUEUE: tuple[Group, ...] = (
    Group(
        N_("Queue"),
        (
            Key("KeyN", N_("Open the next case for you")),
            Key("KeyJ", N_("Down the list")),
            Key("KeyK", N_("Up the list")),
            Key("Enter", N_("Open the case")),
            Key("Slash", N_("Show this map")),
        ),
    ),
)


def cap(code: str) -> str:
    """Return what stands on the key: `R`, in Arabic `R ق`."""
    name = _NAMES.get(code)
    if name is not None:
        return name
    first, dash, last = code.removeprefix("Key").removeprefix("Digit").partition("–")
    if dash:
        return f"{first} – {last}"
    arabic = _ARABIC.get(first) if i18n.current.get() is Locale.AR else None
    return f"{first} {arabic}" if arabic else first
