"""What a report says, in the words that its case shows."""

from siyaj.model.report import ReportReason
from siyaj.model.verdict import Action, Reason

LIFE_POLICY = "tvec.threat"

_SAID = {
    ReportReason.THREAT_TO_LIFE: ("It was reported as a threat to someone's life.", "أُبلغ عنه بوصفه تهديدًا لحياة شخص."),
    ReportReason.INSTRUCTION: ("It was reported as instruction for violence.", "أُبلغ عنه بوصفه تعليمًا للعنف."),
    ReportReason.RECRUITMENT: ("It was reported as recruitment.", "أُبلغ عنه بوصفه تجنيدًا."),
    ReportReason.INCITEMENT: ("It was reported as incitement.", "أُبلغ عنه بوصفه تحريضًا."),
    ReportReason.FINANCING: ("It was reported as financing.", "أُبلغ عنه بوصفه تمويلًا."),
    ReportReason.PRAISE: ("It was reported as praise of violence.", "أُبلغ عنه بوصفه تمجيدًا للعنف."),
    ReportReason.VIOLENCE: ("It was reported as graphic violence.", "أُبلغ عنه بوصفه عنفًا مصوّرًا."),
    ReportReason.OTHER: ("It was reported.", "أُبلغ عنه."),
}


def said(reason: ReportReason) -> tuple[str, str]:
    """Return it in English and in Arabic."""
    return _SAID[reason]


def life_reason(contact: str) -> Reason:
    """Say whom to notify of a threat to life (DSA Article 18)."""
    if contact:
        text = f"Someone's life may be in danger: tell {contact} at once."
        text_ar = f"قد تكون حياة شخص في خطر: أبلغ {contact} فورًا."
    else:
        text = "Someone's life may be in danger: tell the police at once. (SIYAJ_LIFE_CONTACT names no one.)"
        text_ar = "قد تكون حياة شخص في خطر: أبلغ الشرطة فورًا. (لم تُحدَّد جهة في SIYAJ_LIFE_CONTACT.)"
    return Reason("life_contact", LIFE_POLICY, Action.HOLD, text, text_ar)


def language_of(text: str) -> str:
    """Return `ar` for a text mostly in Arabic letters; else empty: Latin letters say little about a language."""
    letters = [char for char in text[:2_000] if char.isalpha()]
    arabic = sum("\u0600" <= char <= "\u06ff" or "\u0750" <= char <= "\u077f" for char in letters)
    return "ar" if arabic > len(letters) / 2 else ""
