"""What happened in the demo's past: posts that were reported, and what was decided. Harmless, and marked as sample.

The "Blue Lantern Society" is invented and plants trees. The decisions only show how the console works.
"""

from collections.abc import Sequence
from typing import NamedTuple

from siyaj.model.action import ActionKind
from siyaj.model.decision import Act, Draft, Exemption
from siyaj.model.report import ReporterKind, ReportReason

CHANNEL = "sample-channel-lantern"
PLATFORM = "عيّنة · SAMPLE messenger"
"""The endpoint that actions wait at; it never asks for them."""
CHANNEL_TITLE = "عيّنة: أخبار الفانوس · SAMPLE Lantern news"


class Story(NamedTuple):
    """A post, in which language, and what the one who reported it wrote."""

    language: str
    text: str
    reported: str
    reason: ReportReason


STORIES: Sequence[Story] = (
    Story(
        "ar",
        "عيّنة / SAMPLE: تدعوكم جمعية الفانوس الأزرق المتخيلة إلى حملة غرس الزيتون صباح السبت عند البئر القديمة.",
        "عيّنة: أظن أن هذا المنشور يخالف القواعد.",
        ReportReason.RECRUITMENT,
    ),
    Story(
        "en",
        "SAMPLE / عيّنة: The invented Blue Lantern Society asks everybody to bring gloves and a spade on Saturday.",
        "Sample: I am not sure about this post.",
        ReportReason.OTHER,
    ),
    Story(
        "ar",
        "عيّنة / SAMPLE: تقرير إخباري متخيل عن نشاط جمعية الفانوس الأزرق في القرى الجبلية، مع صور للمشتل.",
        "عيّنة: هل هذا خبر أم ترويج؟",
        ReportReason.PRAISE,
    ),
    Story(
        "en",
        "SAMPLE / عيّنة: A paper on how the invented Society counts its saplings, with three tables and a map.",
        "Sample: this repeats their statement.",
        ReportReason.PRAISE,
    ),
    Story(
        "ar",
        "عيّنة / SAMPLE: رسالة مكررة تطلب التبرع بالشاي والخبز للمتطوعين في مشتل الفانوس الأزرق المتخيل.",
        "عيّنة: تصلني هذه الرسالة كل يوم.",
        ReportReason.FINANCING,
    ),
    Story(
        "en",
        "SAMPLE / عيّنة: Do not believe the rumours about the invented Society: the trees are real and the tea is hot.",
        "Sample: looks like counter-speech, please check.",
        ReportReason.INCITEMENT,
    ),
)


_WHY = "عيّنة: حيثيات نموذجية لا تخص أحدًا. Sample reasons, about nobody."
_OTHERWISE = "عيّنة: لأغراض العرض. Sample: for the demonstration."


def draft(number: int) -> Draft:
    """Return how the past's case with this number ended."""
    if number % 3 == 0:
        return Draft(ActionKind.REMOVE, Exemption.NONE, "tvec", "", Act.PRAISE, _WHY, _OTHERWISE)
    if number % 3 == 1:
        exemption = (Exemption.NEWS, Exemption.RESEARCH, Exemption.COUNTER_SPEECH)[number % 9 // 3]
        return Draft(ActionKind.NONE, exemption, reasons=_WHY, deviation=_OTHERWISE)
    if number % 6 == 2:
        return Draft(ActionKind.LIMIT, Exemption.NONE, "tvec.recruitment", "", Act.RECRUITMENT, _WHY, _OTHERWISE)
    return Draft(ActionKind.NONE, Exemption.NONE, reasons=_WHY, deviation=_OTHERWISE)


def reporter_kind(number: int) -> ReporterKind:
    return ReporterKind.TRUSTED_FLAGGER if number % 7 == 3 else ReporterKind.USER


APPEAL = "عيّنة: المنشور دعوة إلى غرس الأشجار ولا يخالف شيئًا. Sample: the post invites people to plant trees."
NOTE = "عيّنة: @sam هل ترى أنه خبر؟ Sample: @sam, would you call this news?"
