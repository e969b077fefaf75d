"""The menu: what there is, under which heading, and who sees it. Each area adds its line here."""

from typing import NamedTuple

from siyaj.model.person import Permission, Person
from siyaj.server.console.i18n import N_
from siyaj.server.console.i18n import gettext as _


class Place(NamedTuple):
    """A line of the menu. `label` is translated when it is shown, and `about`, which the home page shows."""

    label: str
    href: str
    permission: Permission
    about: str = ""


class Group(NamedTuple):
    """A heading and its lines."""

    label: str
    places: tuple[Place, ...]


P = Permission
GROUPS: tuple[Group, ...] = (
    Group(
        N_("Work"),
        (
            Place(N_("Home"), "/console/", P.SEE_SELF),
            Place(N_("Queue"), "/console/queue", P.SEE_CASES, N_("What waits for a person, the most urgent first.")),
            Place(N_("Channels"), "/console/channels", P.SEE_CASES, N_("Groups and rooms, and what adds up in them.")),
            Place(
                N_("Decisions"),
                "/console/decisions",
                P.SEE_CASES,
                N_("What was decided, by whom, and what replaced it."),
            ),
            Place(N_("Appeals"), "/console/appeals", P.SEE_CASES, N_("Complaints against decisions.")),
            Place(
                N_("Reports"), "/console/reports", P.SEE_CASES, N_("What was reported, and what the reporter was told.")
            ),
        ),
    ),
    Group(
        N_("Numbers"),
        (
            Place(
                N_("Dashboard"),
                "/console/numbers",
                P.SEE_NUMBERS,
                N_("How much comes in, how long it waits, what is decided."),
            ),
            Place(
                N_("Quality"),
                "/console/quality",
                P.SEE_QUALITY,
                N_("Where two people agree, and where the machine errs."),
            ),
        ),
    ),
    Group(
        N_("Keeping"),
        (
            Place(
                N_("Banks"),
                "/console/banks",
                P.SEE_BANKS,
                N_("What is known: entries, who confirmed them, where they come from."),
            ),
            Place(N_("Policy"), "/console/policy", P.SEE_POLICY, N_("The rules, to read, to try out and to compare.")),
            Place(
                N_("Endpoints"),
                "/console/endpoints",
                P.KEEP_ENDPOINTS,
                N_("Where actions go, and whether they arrived."),
            ),
            Place(
                N_("Evidence"),
                "/console/evidence",
                P.SEE_EVIDENCE,
                N_("What is sealed, who opened it, and what is held for an authority."),
            ),
            Place(N_("People"), "/console/people", P.SEE_PEOPLE, N_("Who works here, and what they may do.")),
            Place(N_("Audit log"), "/console/audit", P.SEE_AUDIT, N_("Who did what, and whether the log is whole.")),
        ),
    ),
)


class Shown(NamedTuple):
    """A line as it is shown to somebody."""

    label: str
    href: str
    current: bool


def of(person: Person, path: str) -> list[tuple[str, list[Shown]]]:
    """Return the menu that this person sees on this page; headings without lines are left out."""
    menu = []
    for group in GROUPS:
        lines = [
            Shown(_(place.label), place.href, _is_current(place.href, path))
            for place in group.places
            if person.may(place.permission)
        ]
        if lines:
            menu.append((_(group.label), lines))
    return menu


def places(person: Person) -> list[Place]:
    """Return all that this person may see, in the order of the menu, translated."""
    return [
        place._replace(label=_(place.label), about=_(place.about) if place.about else "")
        for group in GROUPS
        for place in group.places
        if person.may(place.permission)
    ]


def start_of(person: Person) -> str:
    """Return the page that somebody lands on: home, or the first that they may see."""
    if person.may(Permission.SEE_SELF):
        return "/console/"
    menu = of(person, "")
    return menu[0][1][0].href if menu else "/console/"


def _is_current(href: str, path: str) -> bool:
    return path == href or (href != "/console/" and path.startswith(f"{href}/"))
