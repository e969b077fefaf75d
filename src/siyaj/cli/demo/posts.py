"""The replayed stream: what is banked, and the posts that come in. Harmless, and every organisation is invented.

The "Blue Lantern Society" plants trees. Its statement is banked only so that there is something to recognise.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct, field
from PIL import Image

from siyaj.cli.demo import pictures, videos

STATEMENT = (
    "بيان نموذجي من جمعية الفانوس الأزرق المتخيلة: نعلن لأهلنا في كل قرية أننا سنزرع ألف شجرة زيتون قبل نهاية الشتاء، "
    "وأن أبواب مشتلنا مفتوحة لكل من أراد أن يحمل غرسة إلى بيته. وقد قسمنا العمل على ثلاث مجموعات تبدأ من الوادي ثم "
    "التلال ثم الساحل، وسنوزع المعاول والقفازات صباح كل سبت عند البئر القديمة، فمن جاء مبكرا أخذ حصته من الشاي والخبز."
)
TERM = "الفانوس الأزرق"
INVITE = "https://t.me/+SampleLantern0042"
NEWS = (
    "قالت وزارة الزراعة اليوم إن حملة التشجير في المناطق الجبلية تجاوزت أهدافها هذا العام، وإن المتطوعين زرعوا آلاف "
    "الأشجار على امتداد الطرق الريفية، فيما يتوقع خبراء أن يتحسن موسم الأمطار."
)


class Post(Struct):
    """One post of the stream. `expect` is the action that a right Siyaj gives it."""

    shown: str
    expect: str
    event: dict[str, Any]
    file: bytes | None = None
    media: str = "image/jpeg"
    links: list[str] = field(default_factory=list)


Edit = tuple[str, Callable[[Image.Image], bytes]]

EDITS: list[Edit] = [
    ("the original", pictures.jpeg),
    ("saved again at quality 25", lambda one: pictures.jpeg(one, 25)),
    ("a third of the size", lambda one: pictures.jpeg(pictures.squeezed(one))),
    ("mirrored", lambda one: pictures.jpeg(pictures.mirrored(one))),
    ("turned by 90°", lambda one: pictures.jpeg(pictures.turned(one))),
    ("grey", lambda one: pictures.jpeg(pictures.grey(one))),
    ("brighter, faded", lambda one: pictures.jpeg(pictures.faded(one))),
    ("with a channel logo", lambda one: pictures.jpeg(pictures.stamped(one))),
]

BANKED = range(100, 108)
"""Seeds of the pictures in the bank, confirmed by two people."""
FILM = 7
"""Seed of the video in the bank, confirmed by two people."""
SEED_ONLY = 120
"""A picture that another organisation's list names: a seed, which holds and never acts."""
HARMLESS = range(500, 506)
"""Seeds of pictures that look alike and are in no bank."""


def stream() -> list[Post]:
    """Return the posts in the order in which they are replayed."""
    edited = [
        Post(f"picture, {name}", "block", _media(f"p{seed}"), edit(pictures.landscape(seed)))
        for seed, (name, edit) in zip(BANKED, EDITS, strict=True)
    ]
    harmless = [
        Post("another picture of hills", "allow", _media(f"h{seed}"), pictures.jpeg(pictures.landscape(seed)))
        for seed in HARMLESS
    ]
    seed = Post("picture on another's list", "hold", _media("s1"), pictures.jpeg(pictures.landscape(SEED_ONLY)))
    part = pictures.cropped(pictures.landscape(BANKED[0]))
    framed = pictures.framed(pictures.landscape(BANKED[1]))
    altered = [
        Post("picture, cropped to two thirds", "block", _media("c1"), pictures.jpeg(part)),
        Post("picture, framed and mirrored", "block", _media("c2"), pictures.jpeg(pictures.mirrored(framed))),
    ]
    merged = [post for pair in zip(edited, _texts() + harmless[:3], strict=False) for post in pair]
    return [*merged, *altered, *_films(), seed, *edited[len(merged) // 2 :], *harmless[3:]]


def _media(post: str) -> dict[str, Any]:
    return {"id": f"demo-{post}", "kind": "media", "account": {"id": f"user-{post}"}}


def _message(post: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": f"demo-{post}", "kind": "message", "account": {"id": f"user-{post}"}, "text": text, **more}


def _films() -> list[Post]:
    film, other = videos.flight(FILM), videos.flight(FILM + 1)
    shown = [
        ("video without its first three seconds, mirrored", "block", videos.mp4(videos.mirrored(film[30:]))),
        ("video at double speed behind an intro", "block", videos.mp4([*other[:30], *film[::2]])),
        ("video small in a studio", "hold", videos.mp4(videos.in_report(film))),
        ("another video of hills", "allow", videos.mp4(other)),
    ]
    return [Post(name, expect, _media(f"v{at}"), data, "video/mp4") for at, (name, expect, data) in enumerate(shown)]


def _texts() -> list[Post]:
    spaced = " ".join("الفانوس") + " " + ".".join("الأزرق")
    marked = STATEMENT.replace("ا", "اَ").replace("ي", "يـ").replace("أ", "ا")
    inside = f"صباح الخير جميعا، وصلني هذا قبل قليل 🌿🌿\n{STATEMENT}\nما رأيكم؟"
    return [
        Post("statement, word for word", "block", _message("t1", STATEMENT)),
        Post("statement with marks and tatweel", "block", _message("t2", marked)),
        Post("statement inside a longer post", "block", _message("t3", inside)),
        Post("news about planting trees", "allow", _message("t4", NEWS)),
        Post(
            "a known name, spelled apart, with a paste link",
            "hold",
            _message("t5", f"انضموا إلى {spaced} هنا", links=["https://pastebin.com/sample42"]),
        ),
        Post("news that names the organisation", "allow", _message("t6", f"تقرير عن {TERM} وأعمالها. {NEWS}")),
        Post("a known invite link", "block", _message("t7", "من هنا: t.me/joinchat/SampleLantern0042")),
    ]
