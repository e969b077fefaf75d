"""The demo's campaign: two dozen people, three channels, altered pictures, Arabic text, a mass report. All harmless."""

import time
from collections.abc import Callable
from textwrap import shorten
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from siyaj.cli.demo import pictures, posts
from trial.client import Client, Refused
from trial.homeserver import Homeserver
from trial.siyaj import Siyaj

NAMES = [
    *("amal", "basim", "dana", "faris", "ghada", "hani", "iman", "jamil", "karim", "layla", "majid", "nadia"),
    *("omar", "qasim", "rania", "salim", "tariq", "huda", "wafa", "yasin", "zahra", "rashid", "hiba", "sami"),
]
BANKED = 100
ACTING = "siyaj"
"""The account that Siyaj acts with."""


class Seen(NamedTuple):
    what: str
    expected: str
    happened: str
    said: str

    @property
    def right(self) -> bool:
        return self.expected == self.happened


class Campaign:
    login = "amal"
    password = "a fence around a garden"

    def __init__(self, siyaj: Siyaj, homeserver: Homeserver, say: Callable[..., None]) -> None:
        self._siyaj = siyaj
        self._homeserver = homeserver
        self._say = say
        self._people: dict[str, Client] = {}
        self._seen: list[Seen] = []

    def prepare(self) -> None:
        """Fill the bank, make a reviewer, connect the homeserver, register everybody."""
        self._say("[dim]filling a bank; two people confirm what may act alone …[/]")
        self._siyaj.bank({"text": posts.STATEMENT}, pictures=(pictures.jpeg(pictures.landscape(BANKED)),))
        roles = [part for role in ("reviewer", "lead", "curator") for part in ("--role", role)]
        person = ("person", "create", self.login, *roles, "--language", "ar", "--language", "en")
        self._siyaj.run(*person, given=f"{self.password}\n")
        acting = self._homeserver.register(ACTING, admin=True)
        self._siyaj.connect(self._homeserver.address, acting.token)
        self._say(f"[dim]registering {len(NAMES)} accounts …[/]")
        self._people = {name: self._homeserver.register(name) for name in NAMES}

    def play(self) -> None:
        village, news, shade = self._channels()
        self._talk(village, news)
        self._pictures(news)
        self._statements(village, shade)
        self._mass_report(shade)

    def sum_up(self) -> int:
        """Show what happened; return how much of it was not as it should be."""
        table = Table("what was tried", "outcome", "what the client was told", title="A short campaign", expand=True)
        for one in self._seen:
            colour = {"passed": "green", "refused": "red"}.get(one.happened, "yellow")
            wrong = "" if one.right else f" (should be {one.expected})"
            table.add_row(one.what, f"[{colour}]{one.happened}[/]{wrong}", one.said)
        console = Console()
        Console(width=None if console.is_terminal else 150).print(table)
        wrong = sum(not one.right for one in self._seen)
        open_cases = self._siyaj.get("/v1/cases", state="open", limit=500)["items"]
        self._say(
            f"{len(self._seen)} attempts, {wrong} not as they should be; {len(open_cases)} cases wait for a person"
        )
        return wrong

    def _channels(self) -> tuple[str, str, str]:
        made = [
            self._people[owner].create_room(preset="public_chat", name=name, topic=topic, visibility="public")
            for owner, name, topic in (
                ("amal", "قرية الزيتون", "أخبار القرية ومواعيد السقي"),
                ("dana", "News of the valley", "Weather, roads, harvest"),
                ("qasim", "Shade", "For friends"),
            )
        ]
        for place, room in enumerate(made):
            for name in NAMES[place * 4 : place * 4 + 16]:
                self._people[name].join(room)
        self._try("a channel named by a known statement", "refused", lambda: self._people["qasim"].create_room(
            name="مكتبة", topic=posts.STATEMENT
        ))  # fmt: skip
        return made[0], made[1], made[2]

    def _talk(self, village: str, news: str) -> None:
        self._people["faris"].join(news)
        self._try("a good morning", "passed", lambda: self._people["hani"].say(village, "صباح الخير يا أهل القرية 🌿"))
        self._try("a harmless news post about the same planting", "passed", lambda: self._people["faris"].say(
            news, f"تقرير عن {posts.TERM} وأعمالها. {posts.NEWS}"
        ))  # fmt: skip

    def _pictures(self, news: str) -> None:
        known, other = pictures.landscape(BANKED), pictures.landscape(777)
        owner = self._people["dana"]
        shown = [
            ("the known picture", "refused", known),
            ("…cropped and mirrored", "refused", pictures.mirrored(pictures.cropped(known))),
            ("…framed", "refused", pictures.framed(known)),
            ("…grey, with a channel logo", "refused", pictures.grey(pictures.stamped(known))),
            ("another picture of hills", "passed", other),
        ]
        for what, expected, picture in shown:
            data = pictures.jpeg(picture)
            self._try(f"uploading {what}", expected, lambda data=data: self._post_picture(owner, news, data))

    def _post_picture(self, owner: Client, room: str, data: bytes) -> None:
        address = owner.upload(data)
        owner.send(room, "m.room.message", {"msgtype": "m.image", "body": "hills.jpg", "url": address})

    def _statements(self, village: str, shade: str) -> None:
        marked = posts.STATEMENT.replace("ا", "اَ").replace("ي", "يـ")
        qasim = self._people["qasim"]
        self._try("the known statement", "refused", lambda: qasim.say(shade, posts.STATEMENT))
        self._try("…with marks and tatweel", "refused", lambda: qasim.say(shade, marked))
        long = f"وصلني هذا قبل قليل:\n{posts.STATEMENT}\nما رأيكم؟"
        self._try("…inside a longer post", "refused", lambda: self._people["karim"].say(village, long))
        self._try("…by editing a harmless message", "refused", lambda: self._edit(qasim, shade))
        qasim.say(shade, "سنلتقي عند المشتل، أحضروا أصدقاءكم")

    def _edit(self, author: Client, room: str) -> None:
        author.edit(room, author.say(room, "أهلا"), posts.STATEMENT)

    def _mass_report(self, shade: str) -> None:
        """A dozen people report one channel and its owner; one report each, one case each."""
        for name in NAMES[12:24]:
            self._people[name].report_room(shade, "This channel frightens people. هذه القناة تخيف الناس")
        self._people["omar"].report_user(self._people["qasim"].user_id, "He runs it")
        began = time.monotonic()
        case = self._siyaj.case_of(f"channel:{shade}")
        waited = time.monotonic() - began
        said = f"case {case['id']} after {waited:.1f} s; decide it in the console, and the room follows" if case else ""
        self._siyaj.case_of(f"account:{self._people['qasim'].user_id}")
        self._seen.append(Seen("12 people report the channel Shade", "a case", "a case" if case else "nothing", said))

    def _try(self, what: str, expected: str, do: Callable[[], Any]) -> None:
        try:
            do()
        except Refused as refused:
            said = shorten(str(refused.answer.get("error", "")), 160, placeholder=" …")
            self._seen.append(Seen(what, expected, "refused", said))
        else:
            self._seen.append(Seen(what, expected, "passed", ""))
