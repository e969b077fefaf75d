"""Cases to work on: harmless, invented, in Arabic and English, with everything that the case screen can show."""

from typing import Any

import msgspec

from siyaj.banks.curation import new_entry
from siyaj.cli.demo import pictures, posts, videos
from siyaj.model.action import ActionKind
from siyaj.model.bank import Opinion
from siyaj.model.decision import Act, Draft, Exemption
from siyaj.model.event import Event, MediaFile
from siyaj.model.report import NewReport
from siyaj.model.signal import Signal
from siyaj.model.verdict import Verdict
from siyaj.moderation.checks.extraction import draw_entry
from siyaj.moderation.checks.requests import CheckAnswer, CheckRequest, hash_request
from siyaj.moderation.runtime import Runtime

CALL = (
    "إلى كل من يسمعنا: انضموا اليوم إلى الفـانـوس الأزرق ولا تنتظروا الربيع. نلتقي عند البئر القديمة صباح السبت، "
    "ومن لم يستطع الحضور فليرسل ما يقدر عليه من غرس ومعاول عبر الرابط في الأسفل."
)
"""A sample: the society is invented, and plants trees."""
AROUND = {
    "before": [
        {"account": "سامي", "text": "هل من أخبار عن اللقاء؟", "at": "2026-11-25T08:01:00Z"},
        {"account": "ليلى", "text": "سمعت أنهم سيعلنون اليوم.", "at": "2026-11-25T08:03:00Z"},
    ],
    "after": [{"account": "سامي", "text": "رائع، سأكون هناك.", "at": "2026-11-25T08:09:00Z"}],
}
CHANNEL = {"id": "c-lantern", "title": "أخبار الفانوس", "subscribers": 12400, "public": True}
POSTER = {"id": "u-qamar", "name": "قمر\u202eرمق", "age_days": 3.0}


def fill_banks(runtime: Runtime) -> None:
    """A bank with a confirmed term, and a picture and a film that another organisation names."""
    runtime.banks.create("known", "Sample material", who="cli:first")
    term = new_entry([Signal("term", posts.TERM)], opinion=Opinion.CONFIRMED)
    entry = runtime.banks.add("known", term, who="cli:first").entry
    runtime.banks.confirm("known", entry.id, who="cli:second")
    add_file(runtime, "seed.jpg", pictures.jpeg(pictures.landscape(posts.SEED_ONLY)))


def add_file(runtime: Runtime, name: str, data: bytes) -> None:
    drawn = draw_entry(runtime.box, data, name=name)
    entry = new_entry(drawn.signals, opinion=Opinion.SEED, labels=["publication"])
    runtime.banks.add("known", entry, who="cli:first")


def check(runtime: Runtime, event: dict[str, Any], *files: MediaFile) -> str:
    """Check an event as a platform would; return the case that it opened."""
    read = msgspec.convert(event, Event)
    request = CheckRequest(read, files, "test", None, hash_request(read, files))
    answer = runtime.checker.check_now([request])[0]
    assert isinstance(answer, CheckAnswer), answer
    verdict = msgspec.json.decode(answer.body, type=Verdict)
    assert verdict.case is not None, verdict
    return verdict.case


def report(runtime: Runtime, subject: str, reason: str = "praise", **more: Any) -> str:
    kind, _, subject_id = subject.partition(":")
    given = {"subject": {"kind": kind, "id": subject_id}, "reason": reason, **more}
    return runtime.reports.receive(msgspec.convert(given, NewReport), scope="test")


def call(runtime: Runtime, item: str = "m-call", **more: Any) -> str:
    """An Arabic call that names a listed term, spelled with tatweel, and a paste link; reported three times."""
    event = {
        "id": item,
        "kind": "message",
        "text": CALL,
        "links": ["https://pastebin.com/sample42"],
        "language": "ar",
        "account": POSTER,
        "channel": CHANNEL,
        **AROUND,
        **more,
    }
    case = check(runtime, event)
    reporter = {"kind": "user", "id": f"r-{item}", "name": "زياد", "age_days": 800}
    report(runtime, f"item:{item}", "recruitment", text="يدعو الناس إلى الانضمام ويجمع تبرعات.", reporter=reporter)
    flagger = {"kind": "trusted_flagger", "id": "flagger", "name": "مرصد المحتوى"}
    report(runtime, f"item:{item}", "recruitment", text="دعوة صريحة إلى الانضمام.", reporter=flagger)
    return case


def picture(runtime: Runtime, item: str = "p-seed", **more: Any) -> str:
    """A picture that is on another organisation's list, saved again."""
    data = pictures.jpeg(pictures.landscape(posts.SEED_ONLY), 40)
    event = {
        "id": item,
        "kind": "media",
        "text": "A sample caption, for a look at the hills.",
        "language": "en",
        **more,
    }
    return check(
        runtime, {"account": {"id": "u-hills", "name": "Hills"}, **event}, MediaFile("hills\u202egpj.exe.jpg", data)
    )


def film(runtime: Runtime, item: str = "v-film") -> str:
    data = videos.mp4(videos.flight(posts.FILM))
    add_file(runtime, "film.mp4", data)
    event = {"id": item, "kind": "media", "language": "en", "account": {"id": "u-film"}}
    return check(runtime, event, MediaFile("film.mp4", data))


def removal() -> Draft:
    """What the ladder proposes for the call: removed, nothing else."""
    return Draft(ActionKind.REMOVE, Exemption.NONE, policy="tvec", act=Act.RECRUITMENT)
