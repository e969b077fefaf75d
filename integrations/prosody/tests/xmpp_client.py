"""A real XMPP client (slixmpp) in a thread of its own, for tests that read one step after the other."""

import asyncio
import functools
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar
from xml.etree import ElementTree as ET

import slixmpp
from slixmpp.exceptions import IqError
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatcherId, MatchXPath

T = TypeVar("T")
REFUSAL = "{urn:siyaj:refusal:1}refused"
STANZAS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
SECONDS = 15.0


class Refused(Exception):
    """The server answered with an error. `refused` are the attributes of what a program reads in it."""

    def __init__(self, condition: str, text: str, refused: dict[str, str]) -> None:
        super().__init__(f"{condition}: {text}")
        self.condition, self.text, self.refused = condition, text, refused


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop


_KEPT: list["Client"] = []
"""slixmpp's streams need their loop when they are collected: they are kept until the process ends."""


class Client:
    """Registers its account when it starts. Every method waits for the server's answer."""

    def __init__(self, jid: str, port: int, password: str = "garden", register: bool = True) -> None:
        self.jid, self.port, self.password = jid, port, password
        self.messages: list[Any] = []
        self.ended = threading.Event()
        self._register = register
        self._loop = _loop()
        _KEPT.append(self)

    def start(self) -> "Client":
        """Raises Refused when registration or log-in is refused."""
        self._wait(self._connect())
        return self

    def stop(self) -> None:
        self._wait(self._disconnect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        self._xmpp = xmpp = slixmpp.ClientXMPP(self.jid, self.password)
        for plugin in ("xep_0030", "xep_0045", "xep_0077", "xep_0191", "xep_0004"):
            xmpp.register_plugin(plugin)
        xmpp.plugin["xep_0077"].force_registration = self._register
        xmpp.enable_plaintext = xmpp.enable_direct_tls = True
        xmpp.enable_starttls = False
        xmpp.plugin["feature_mechanisms"].unencrypted_plain = True
        started: asyncio.Future[None] = loop.create_future()

        async def register(_: Any) -> None:
            iq = xmpp.Iq()
            iq["type"] = "set"
            iq["register"]["username"] = xmpp.boundjid.user
            iq["register"]["password"] = self.password
            try:
                await iq.send(timeout=SECONDS)
            except IqError as error:
                if not started.done():
                    started.set_exception(_refused(error.iq.xml))

        def fail(reason: Any) -> None:
            if not started.done():
                started.set_exception(Refused("failed", str(reason), {}))

        def ended(_: Any) -> None:
            self.ended.set()
            fail("disconnected")

        xmpp.add_event_handler("register", register)
        xmpp.add_event_handler("session_start", lambda _: None if started.done() else started.set_result(None))
        xmpp.add_event_handler("session_bind_error", fail)
        xmpp.add_event_handler("failed_all_auth", fail)
        xmpp.add_event_handler("disconnected", ended)
        xmpp.add_event_handler("stream_error", lambda error: fail(error["text"] or error["condition"]))
        every = MatchXPath("{jabber:client}message")
        xmpp.register_handler(Callback("every", every, lambda message: self.messages.append(message.xml)))
        xmpp.connect("127.0.0.1", self.port)
        await asyncio.wait_for(started, SECONDS)
        xmpp.send_presence()

    async def _disconnect(self) -> None:
        await self._xmpp.disconnect(wait=0.2)

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=2 * SECONDS)

    def _call(self, work: Callable[[], Awaitable[T] | T]) -> T:
        async def run() -> T:
            done = work()
            return await done if isinstance(done, Awaitable) else done

        return self._wait(run())

    def join(self, room: str) -> None:
        """Enter a room; it is made if it is not there. Raises Refused."""
        name = self._xmpp.boundjid.user

        async def enter() -> None:
            loop = asyncio.get_running_loop()
            entered: asyncio.Future[Any] = loop.create_future()

            def heard(presence: Any) -> None:
                sender = presence["from"]
                its = sender == f"{room}/{name}" or (sender.bare == room and presence["type"] == "error")
                if its and not entered.done():
                    entered.set_result(presence.xml)

            for event in ("presence_error", "groupchat_presence", "presence"):
                self._xmpp.add_event_handler(event, heard)
            presence = self._xmpp.make_presence(pto=f"{room}/{name}")
            presence.append(ET.Element("{http://jabber.org/protocol/muc}x"))
            presence.send()
            answer = await asyncio.wait_for(entered, SECONDS)
            for event in ("presence_error", "groupchat_presence", "presence"):
                self._xmpp.del_event_handler(event, heard)
            if answer.get("type") == "error":
                raise _refused(answer)

        self._wait(enter())

    def say(self, room: str, text: str, language: str = "") -> ET.Element:
        """Send to a room; return the message as it came back to everybody. Raises Refused."""
        return self._post(room, "body", text, language)

    def send(self, room: str, *parts: ET.Element) -> ET.Element:
        """Send a message of these parts. Raises Refused."""
        return self._send(room, parts, lambda _: False)

    def set_subject(self, room: str, text: str) -> ET.Element:
        return self._post(room, "subject", text, "")

    def _post(self, room: str, part: str, text: str, language: str) -> ET.Element:
        element = ET.Element(f"{{jabber:client}}{part}")
        element.text = text

        def same(message: ET.Element) -> bool:
            # A subject comes back from the room itself, under another id.
            return part == "subject" and message.findtext(f"{{jabber:client}}{part}") == text

        return self._send(room, [element], same, language)

    def _send(
        self, room: str, parts: Iterable[ET.Element], same: Callable[[ET.Element], bool], language: str = ""
    ) -> ET.Element:
        number, before = self._xmpp.new_id(), len(self.messages)

        def send() -> None:
            message = self._xmpp.make_message(mto=room, mtype="groupchat")
            message["id"] = number
            if language:
                message["lang"] = language
            message.xml.extend(parts)
            message.send()

        self._call(send)
        found = self.wait_for(lambda message: message.get("id") == number or same(message), since=before)
        if found.get("type") == "error":
            raise _refused(found)
        return found

    def wait_for(self, fits: Callable[[ET.Element], bool], since: int = 0, seconds: float = SECONDS) -> ET.Element:
        """Return the first message that fits, waiting for it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for message in self.messages[since:]:
                if fits(message):
                    return message
            time.sleep(0.01)
        raise TimeoutError("no such message")

    def name_room(self, room: str, name: str, description: str = "") -> None:
        """Configure a room's name as its owner. Raises Refused."""
        fields = {"FORM_TYPE": "http://jabber.org/protocol/muc#roomconfig", "muc#roomconfig_roomname": name}
        if description:
            fields["muc#roomconfig_roomdesc"] = description
        query = ET.Element("{http://jabber.org/protocol/muc#owner}query")
        form = ET.SubElement(query, "{jabber:x:data}x", {"type": "submit"})
        for var, value in fields.items():
            field = ET.SubElement(form, "{jabber:x:data}field", {"var": var})
            ET.SubElement(field, "{jabber:x:data}value").text = value
        self._set(query, room)

    def report(self, jid: str, text: str = "", by: str = "", stanza_id: str = "") -> None:
        """Block and report (XEP-0377)."""
        block = ET.Element("{urn:xmpp:blocking}block")
        item = ET.SubElement(block, "{urn:xmpp:blocking}item", {"jid": jid})
        report = ET.SubElement(item, "{urn:xmpp:reporting:1}report", {"reason": "urn:xmpp:reporting:abuse"})
        if stanza_id:
            ET.SubElement(report, "{urn:xmpp:sid:0}stanza-id", {"by": by, "id": stanza_id})
        ET.SubElement(report, "{urn:xmpp:reporting:1}text").text = text
        self._set(block, None)

    def _set(self, payload: ET.Element, to: str | None) -> None:
        """Ask for a change. Raises Refused."""

        async def ask() -> ET.Element:
            answered: asyncio.Future[ET.Element] = asyncio.get_running_loop().create_future()
            iq = self._xmpp.make_iq_set(sub=payload, ito=to)
            # Not iq.send: slixmpp does not know the condition `policy-violation` (RFC 6120, 8.3.3.12), and raises.
            matcher = MatcherId(iq["id"])
            self._xmpp.register_handler(Callback(iq["id"], matcher, lambda answer: answered.set_result(answer.xml)))
            self._xmpp.send_raw(str(iq))
            answer = await asyncio.wait_for(answered, SECONDS)
            self._xmpp.remove_handler(iq["id"])
            return answer

        answer = self._wait(ask())
        if answer.get("type") == "error":
            raise _refused(answer)


def _refused(stanza: ET.Element) -> Refused:
    error = next((each for each in stanza if each.tag.endswith("}error")), None)
    assert error is not None, ET.tostring(stanza)
    text = error.findtext(f"{STANZAS}text") or ""
    condition = next((each.tag.removeprefix(STANZAS) for each in error if each.tag.startswith(STANZAS)), "")
    refused = error.find(REFUSAL)
    return Refused(condition, text, dict(refused.attrib) if refused is not None else {})


def archived_as(message: ET.Element, room: str) -> str:
    """Return the id under which a room archived a message."""
    return next(each.get("id", "") for each in message.iter("{urn:xmpp:sid:0}stanza-id") if each.get("by") == room)
