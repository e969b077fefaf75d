"""Words for what the model names by codes; translated when they are shown."""

from siyaj.model.person import Permission, Role, Theme
from siyaj.server.console.i18n import N_

ROLES: dict[Role, tuple[str, str]] = {
    Role.REVIEWER: (N_("Reviewer"), N_("Takes cases and decides.")),
    Role.LEAD: (N_("Lead"), N_("Also decides what was escalated, and appeals; sees how the team does.")),
    Role.CURATOR: (N_("Curator"), N_("Keeps the banks and the policy.")),
    Role.AUDITOR: (N_("Auditor"), N_("Sees everything, changes nothing.")),
    Role.ADMIN: (N_("Administrator"), N_("Keeps people, endpoints and settings; decides nothing.")),
    Role.SERVICE: (N_("Service"), N_("A program that signs in as a person does; sees the queue only.")),
}
"""Name, and what it may do."""

PERMISSIONS: dict[Permission, str] = {
    Permission.SEE_CASES: N_("See cases"),
    Permission.DECIDE: N_("Decide cases"),
    Permission.DECIDE_ESCALATED: N_("Decide escalated cases"),
    Permission.DECIDE_APPEALS: N_("Decide appeals"),
    Permission.SEE_EVIDENCE: N_("See evidence"),
    Permission.HOLD_EVIDENCE: N_("Hold and export evidence"),
    Permission.SEE_BANKS: N_("See banks"),
    Permission.CURATE: N_("Keep banks and policy"),
    Permission.SEE_AUDIT: N_("See the audit log"),
    Permission.SEE_NUMBERS: N_("See numbers"),
    Permission.SEE_QUALITY: N_("See quality"),
    Permission.SEE_POLICY: N_("See the policy"),
    Permission.SEE_PEOPLE: N_("See people"),
    Permission.KEEP_PEOPLE: N_("Keep people"),
    Permission.KEEP_ENDPOINTS: N_("Keep endpoints"),
    Permission.SEE_SELF: N_("Own sessions and preferences"),
}

THEMES: dict[Theme, str] = {
    Theme.SYSTEM: N_("As the system"),
    Theme.LIGHT: N_("Light"),
    Theme.DARK: N_("Dark"),
}
