"""Letters to those who report and who appeal: that it arrived, and what became of it (DSA Articles 16 and 20).

Plain text, in Arabic or English, with nothing in it that somebody wrote: so the form can send nobody anything but this.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from siyaj.model.appeal import Appeal, AppealState
from siyaj.model.report import Report, ReportState
from siyaj.model.settings import Settings
from siyaj.moderation.appeals import wording
from siyaj.moderation.reports.contact import address_of
from siyaj.moderation.reports.said import language_of
from siyaj.storage.mails import Due

_SUBJECTS = {
    "en": {
        "report": {Due.RECEIPT: "Your report has been received", Due.OUTCOME: "What became of your report"},
        "appeal": {Due.RECEIPT: "Your appeal has been received", Due.OUTCOME: "What became of your appeal"},
    },
    "ar": {
        "report": {Due.RECEIPT: "وصل بلاغك", Due.OUTCOME: "نتيجة بلاغك"},
        "appeal": {Due.RECEIPT: "وصل اعتراضك", Due.OUTCOME: "نتيجة اعتراضك"},
    },
}
_RECEIVED = {"en": "Thank you. A person will look at it.", "ar": "شكرًا لك. سينظر فيه شخص."}
_WHERE = {
    "en": "You can read how it stands, and what you may do, on this page:",
    "ar": "تجد حالته وما يمكنك فعله في هذه الصفحة:",
}
_KEEP = {
    "en": "Keep the link to yourself: whoever has it can read the page. Nobody reads answers to this letter.",
    "ar": "احتفظ بالرابط لنفسك: يستطيع كل من لديه الرابط قراءة الصفحة. ولا أحد يقرأ الردود على هذه الرسالة.",
}


class Letter(Struct):
    to: str
    subject: str
    text: str
    language: str


def to_reporter(report: Report, due: Due, settings: Settings) -> Letter | None:
    """None where there is nothing to say: no address any more, or the decision was undone."""
    is_open = report.state is ReportState.OPEN
    address = address_of(report.reporter.contact)
    if not address or (due is Due.OUTCOME and is_open):
        return None
    language = wording.language_of(language_of(report.text))
    own = settings.public_url or f"http://{settings.host}:{settings.port}"
    said = _RECEIVED[language] if is_open else _outcome(report.outcome, wording.TOLD, language)
    link = f"{own.rstrip('/')}/receipt/{report.receipt}"
    return _letter(address, "report", Due.RECEIPT if is_open else Due.OUTCOME, said, link, language)


def to_appellant(appeal: Appeal, due: Due, link: str) -> Letter | None:
    """`link`: the page on which one appealed, which shows the answer."""
    is_open = appeal.state is AppealState.OPEN
    address = address_of(appeal.contact)
    if not address or (due is Due.OUTCOME and is_open):
        return None
    language = wording.language_of(appeal.language)
    said = _RECEIVED[language] if is_open else _outcome(appeal.outcome, wording.APPEALED, language)
    return _letter(address, "appeal", Due.RECEIPT if is_open else Due.OUTCOME, said, link, language)


def _outcome(said: str, known: Mapping[str, Mapping[Any, str]], language: str) -> str:
    """Return what was told, in the language of who reads it where it is one of our sentences."""
    found = (known[language][key] for texts in known.values() for key, text in texts.items() if text == said)
    return next(found, said)


def _letter(to: str, about: str, due: Due, said: str, link: str, language: str) -> Letter:
    text = "\n\n".join([said, f"{_WHERE[language]}\n{link}", _KEEP[language]]) + "\n"
    return Letter(to, _SUBJECTS[language][about][due], text, language)
