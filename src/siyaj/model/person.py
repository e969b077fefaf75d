"""A person who works in the console, what each role may do, and what a person likes."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct


class Role(StrEnum):
    REVIEWER = "reviewer"
    """Takes cases and decides."""
    LEAD = "lead"
    """Also decides what was escalated, and appeals; sees how the team does."""
    CURATOR = "curator"
    """Keeps the banks and the policy."""
    AUDITOR = "auditor"
    """Sees everything, changes nothing."""
    ADMIN = "admin"
    """Keeps people, endpoints and settings; decides nothing."""
    SERVICE = "service"
    """A program that signs in as a person does; sees the queue only."""


class Permission(StrEnum):
    """What a route needs. The console shows only what a person may do."""

    SEE_CASES = "see_cases"
    DECIDE = "decide"
    DECIDE_ESCALATED = "decide_escalated"
    DECIDE_APPEALS = "decide_appeals"
    SEE_EVIDENCE = "see_evidence"
    HOLD_EVIDENCE = "hold_evidence"
    """Set and lift a legal hold, export a package."""
    SEE_BANKS = "see_banks"
    CURATE = "curate"
    SEE_AUDIT = "see_audit"
    SEE_NUMBERS = "see_numbers"
    SEE_QUALITY = "see_quality"
    SEE_POLICY = "see_policy"
    SEE_PEOPLE = "see_people"
    KEEP_PEOPLE = "keep_people"
    KEEP_ENDPOINTS = "keep_endpoints"
    SEE_SELF = "see_self"
    """One's own sessions, preferences, exposure."""


_P = Permission
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.REVIEWER: frozenset(
        {_P.SEE_CASES, _P.DECIDE, _P.SEE_EVIDENCE, _P.SEE_BANKS, _P.SEE_POLICY, _P.SEE_NUMBERS, _P.SEE_SELF}
    ),
    Role.LEAD: frozenset(
        {
            _P.SEE_CASES,
            _P.DECIDE,
            _P.DECIDE_ESCALATED,
            _P.DECIDE_APPEALS,
            _P.SEE_EVIDENCE,
            _P.HOLD_EVIDENCE,
            _P.SEE_BANKS,
            _P.SEE_POLICY,
            _P.SEE_NUMBERS,
            _P.SEE_QUALITY,
            _P.SEE_PEOPLE,
            _P.SEE_SELF,
        }
    ),
    Role.CURATOR: frozenset({_P.SEE_CASES, _P.SEE_BANKS, _P.CURATE, _P.SEE_POLICY, _P.SEE_NUMBERS, _P.SEE_SELF}),
    Role.AUDITOR: frozenset(
        {
            _P.SEE_CASES,
            _P.SEE_EVIDENCE,
            _P.SEE_BANKS,
            _P.SEE_AUDIT,
            _P.SEE_NUMBERS,
            _P.SEE_QUALITY,
            _P.SEE_POLICY,
            _P.SEE_PEOPLE,
            _P.SEE_SELF,
        }
    ),
    Role.ADMIN: frozenset(
        {_P.SEE_PEOPLE, _P.KEEP_PEOPLE, _P.KEEP_ENDPOINTS, _P.SEE_AUDIT, _P.SEE_NUMBERS, _P.SEE_POLICY, _P.SEE_SELF}
    ),
    Role.SERVICE: frozenset({_P.SEE_CASES}),
}
"""The permission table. docs/administrators.md shows it; a test walks every route of the console by it."""


class Locale(StrEnum):
    AR = "ar"
    EN = "en"


class Theme(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Preferences(Struct, omit_defaults=True):
    """What a person chose. Media is always blurred, grey and muted at first; `blur` is how strongly, in pixels."""

    locale: Locale = Locale.AR
    theme: Theme = Theme.SYSTEM
    blur: Annotated[int, Meta(ge=4, le=40)] = 16
    still_pixels: Annotated[int, Meta(ge=64, le=480)] = 200
    """Width of media before it is revealed."""
    break_minutes: Annotated[int, Meta(ge=10, le=120)] = 50
    """Minutes of work after which a break is proposed."""
    exposure_minutes: Annotated[int, Meta(ge=1, le=240)] = 30
    """Minutes of revealed graphic media in a shift after which the person is asked to stop."""


class Person(Struct):
    """As shown: never the password or the TOTP secret."""

    id: str
    login: str
    name: str
    roles: list[Role]
    languages: list[str]
    skills: list[str]
    preferences: Preferences
    created_at: datetime
    disabled_at: datetime | None = None
    locked_until: datetime | None = None
    has_totp: bool = False
    oidc_subject: str | None = None

    def may(self, permission: Permission) -> bool:
        return any(permission in PERMISSIONS[role] for role in self.roles)

    @property
    def permissions(self) -> frozenset[Permission]:
        return frozenset().union(*(PERMISSIONS[role] for role in self.roles))


ROLES: tuple[Role, ...] = tuple(Role)
