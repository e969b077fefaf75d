# ruff: noqa: E501 (addresses are long)
"""Addresses: one form for all the ways to write them, found in what people write."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siyaj.model.errors import InvalidSignal
from siyaj.signals import url_services
from siyaj.signals.base import Content, ContentKind
from siyaj.signals.url import URL
from siyaj.signals.url_canonical import canonical


def in_text(text: str) -> list[str]:
    return [signal.value for signal in URL.extract(Content(ContentKind.TEXT, text=text))]


@pytest.mark.parametrize(
    ("written", "one_form"),
    [
        ("HTTP://User:pw@www.EXAMPLE.org:80/a/../b/%7euser/%c3%a9é?b=2&utm_source=x&a=1#part", "https://example.org/b/~user/%C3%A9%C3%A9?a=1&b=2"),
        ("http://example.org/", "https://example.org"),
        ("https://example.org//a///b/", "https://example.org/a/b"),
        ("example.org./a", "https://example.org/a"),
        ("//example.org/a", "https://example.org/a"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("http://0x7f.1/a", "https://127.0.0.1/a"),
        ("http://[::1]:8080/x", "https://[::1]:8080/x"),
        ("hxxps[:]//example[.]org/x", "https://example.org/x"),
        ("hxxp://example(dot)org/x", "https://example.org/x"),
        ("http://ex\u200bam\u2060ple.org/a\u200eb", "https://example.org/ab"),
        ("https://مثال.إختبار/صفحة", "https://xn--mgbh0fb.xn--kgbechtv/%D8%B5%D9%81%D8%AD%D8%A9"),
        ("https://mobile.twitter.com/someone/status/1?s=20&t=abc", "https://twitter.com/someone/status/1"),
        ("https://x.com/someone/status/1", "https://twitter.com/someone/status/1"),
        ("https://m.facebook.com/groups/1?fbclid=1", "https://facebook.com/groups/1"),
        ("https://youtu.be/abcdefghijk?si=1", "https://youtube.com/watch?v=abcdefghijk"),
        ("https://www.youtube.com/watch?list=1&v=abcdefghijk&t=3", "https://youtube.com/watch?v=abcdefghijk"),
        ("https://m.youtube.com/shorts/abcdefghijk", "https://youtube.com/watch?v=abcdefghijk"),
        ("https://archive.org/download/an-item/film.mp4", "https://archive.org/details/an-item/film.mp4"),
        ("https://mega.nz/#!AbCdEfGh!Key_1", "https://mega.nz/file/AbCdEfGh#Key_1"),
        ("https://mega.nz/file/AbCdEfGh#Key_1", "https://mega.nz/file/AbCdEfGh#Key_1"),
        ("https://en.m.wikipedia.org/wiki/Fence", "https://en.wikipedia.org/wiki/Fence"),
        ("https://privatebin.net/?4f2a3b#KEY", "https://privatebin.net/?4f2a3b"),
        ("magnet:?dn=x&xt=urn:btih:ABCDEF0123456789ABCDEF0123456789ABCDEF01", "magnet:btih:abcdef0123456789abcdef0123456789abcdef01"),
    ],
)  # fmt: skip
def test_all_ways_to_write_a_page_have_one_form(written: str, one_form: str) -> None:
    assert canonical(written).url == one_form


@pytest.mark.parametrize(
    ("written", "invite"),
    [
        ("t.me/joinchat/AbCdEfGhIjKlMnOp", "telegram:AbCdEfGhIjKlMnOp"),
        ("https://telegram.me/+AbCdEfGhIjKlMnOp", "telegram:AbCdEfGhIjKlMnOp"),
        ("tg://join?invite=AbCdEfGhIjKlMnOp", "telegram:AbCdEfGhIjKlMnOp"),
        ("https://telegram.dog/Some_Channel/", "telegram:@some_channel"),
        ("https://some-channel.example.t.me.org/", ""),
        ("https://Some_Channel.t.me", "telegram:@some_channel"),
        ("tg://resolve?domain=Some_Channel", "telegram:@some_channel"),
        ("https://web.telegram.org/k/#@Some_Channel", "telegram:@some_channel"),
        ("https://t.me/addlist/AbCdEfGh", "telegram:addlist/AbCdEfGh"),
        ("https://t.me/share/url?text=x", ""),
        ("https://chat.whatsapp.com/invite/AbCdEfGhIjKlMnOpQrStUv", "whatsapp:AbCdEfGhIjKlMnOpQrStUv"),
        ("whatsapp://chat?code=AbCdEfGhIjKlMnOpQrStUv", "whatsapp:AbCdEfGhIjKlMnOpQrStUv"),
        ("https://wa.me/15550100?text=hi", "whatsapp:+15550100"),
        ("https://api.whatsapp.com/send?phone=15550100&text=hi", "whatsapp:+15550100"),
        ("https://whatsapp.com/channel/AbCdEfGhIjKlMnOpQrStUv", "whatsapp:channel/AbCdEfGhIjKlMnOpQrStUv"),
        ("https://discord.gg/AbCdEf", "discord:AbCdEf"),
        ("https://discordapp.com/invite/AbCdEf?event=1", "discord:AbCdEf"),
        ("https://signal.group/#CjQKIAbcdefghijklmnop", "signal:CjQKIAbcdefghijklmnop"),
        ("sgnl://signal.group/#CjQKIAbcdefghijklmnop", "signal:CjQKIAbcdefghijklmnop"),
        ("https://matrix.to/#/%23Room:example.org?via=example.org", "matrix:#room:example.org"),
        ("https://app.element.io/#/room/#Room:example.org", "matrix:#room:example.org"),
        ("matrix:r/Room:example.org", "matrix:#room:example.org"),
        ("https://matrix.to/#/!AbC:example.org", "matrix:!AbC:example.org"),
        ("https://threema.id/abcd1234", "threema:ABCD1234"),
        ("https://threema.group/join#AbCdEfGh", "threema:group/AbCdEfGh"),
        ("https://invite.viber.com/?g2=AQBA7jF9Y7%2BXBk&lang=en", "viber:AQBA7jF9Y7+XBk"),
        ("https://go.rocket.chat/invite?host=chat.example.org&path=invite%2FaCh2oW", "rocketchat:chat.example.org/aCh2oW"),
        ("https://tamtam.chat/Some_Channel", "tamtam:@some_channel"),
        ("https://smp12.simplex.im/g#AbCdEfGhIjKlMnOpQrSt", "simplex:g/AbCdEfGhIjKlMnOpQrSt"),
        ("https://simplex.chat/contact#/?v=2&smp=smp%3A%2F%2Fkey%40smp8.example.org%2FAbCdEfGhIjKlMnOpQrSt%23%2F%3Fv%3D1", "simplex:AbCdEfGhIjKlMnOpQrSt"),
        ("simplex:/contact#/?v=2&smp=smp%3A%2F%2Fkey%40smp8.example.org%2FAbCdEfGhIjKlMnOpQrSt%23%2F", "simplex:AbCdEfGhIjKlMnOpQrSt"),
        ("https://services.zangi.com/dl/conversation/1000000001", "zangi:1000000001"),
        ("05" + "ab" * 32, "session:05" + "ab" * 32),
    ],
)  # fmt: skip
def test_an_invite_is_its_messenger_and_token(written: str, invite: str) -> None:
    found = canonical(written)
    assert found.invite == (f"invite:{invite}" if invite else "")
    assert (found.variant == "invite") == bool(invite)
    assert not invite or found.url == found.invite


@pytest.mark.parametrize(
    ("written", "variant"),
    [
        ("https://bit.ly/3abc", "shortener"),
        ("https://justpaste.it/abcd", "paste"),
        ("https://rentry.co/abcd", "paste"),
        ("https://s3.pixeldrain.com/u/abcd", "file_host"),
        ("https://archive.org/details/abcd", "file_host"),
        ("https://example.org/abcd", ""),
        ("https://notbit.ly/abc", ""),
    ],
)
def test_a_link_says_what_it_leads_to(written: str, variant: str) -> None:
    assert canonical(written).variant == variant


@pytest.mark.parametrize(
    "written",
    ["", " ", "hello", "https://", "http:///", "https://a b/", "javascript:alert(1)", "data:text/html,x", "http://localhost/",
     "http://a..b/", f"http://{'a' * 64}.org/", "https://x.org/" + "a" * 9_000, "\udc80http://x.org", "tg://settings"],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_drawn_as_nothing(written: str) -> None:
    with pytest.raises(InvalidSignal):
        canonical(written)
    assert URL.extract(Content(ContentKind.LINK, text=written)) == []


@given(
    st.text(max_size=60), st.sampled_from(["https://example.org/", "t.me/", "http://", "https://mega.nz/#!", "tg://"])
)
def test_the_canonical_form_is_stable(tail: str, head: str) -> None:
    try:
        once = canonical(head + tail)
    except InvalidSignal:
        return
    if once.scheme in ("https", "ftp"):
        assert canonical(once.url).url == once.url


def test_a_redirect_that_names_its_target_gives_both() -> None:
    wrapped = "https://l.facebook.com/l.php?u=https%3A%2F%2Ft.me%2F%2BAbCdEfGhIjKlMnOp&h=1"
    drawn = URL.extract(Content(ContentKind.LINK, text=wrapped))
    assert [signal.value for signal in drawn][1:] == ["invite:telegram:AbCdEfGhIjKlMnOp"]
    archived = "https://web.archive.org/web/20200101000000/http://example.org/x?a=1"
    assert URL.extract(Content(ContentKind.LINK, text=archived))[1].value == "https://example.org/x?a=1"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("شاهدوا الآنhttps://t.me/+AbCdEfGhIjKlانضموا", ["invite:telegram:AbCdEfGhIjKl"]),
        ("انضموا إلى t.me/some_channel، الآن", ["invite:telegram:@some_channel"]),
        ("(see https://example.org/a_(b)).", ["https://example.org/a_(b)"]),
        ("«https://example.org/a»؟", ["https://example.org/a"]),
        ("t . me / some_channel", ["invite:telegram:@some_channel"]),
        ("t [.] me/some_channel", ["invite:telegram:@some_channel"]),
        ("т.mе/some_channel", ["invite:telegram:@some_channel"]),
        ("ｔ．ｍｅ／some_channel", ["invite:telegram:@some_channel"]),
        ("t\u200b.me/some\u200b_channel", ["invite:telegram:@some_channel"]),
        ("hxxp://example[.]org/x, hxxps[:]//example[.]com/y", ["https://example.org/x", "https://example.com/y"]),
        ("https : // example.org/x", ["https://example.org/x"]),
        ("seehttps://example.org/x", ["https://example.org/x"]),
        ("https://a.example.org/xhttps://b.example.org/y", ["https://a.example.org/x", "https://b.example.org/y"]),
        ("https://example.org/صفحة/عربية ثم", ["https://example.org/%D8%B5%D9%81%D8%AD%D8%A9/%D8%B9%D8%B1%D8%A8%D9%8A%D8%A9"]),
        ("www.example.co.uk!", ["https://example.co.uk"]),
        ("twice example.org and http://example.org/", ["https://example.org"]),
        ("mail someone@example.org or a.b@example.org", []),
        ("photo.jpg, notes.txt, v1.2.3, e.g. this, 12.5", []),
        ("كلمة.كلمة أخرى: نعم. لا", []),
        ("05" + "ab" * 33, []),
    ],
)  # fmt: skip
def test_addresses_are_found_in_what_people_write(text: str, found: list[str]) -> None:
    assert sorted(in_text(text)) == sorted(found)


@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    assert all(signal.type == "url" for signal in URL.extract(Content(ContentKind.TEXT, text=text)))


@pytest.mark.parametrize(
    "unit", ["a.", "http://", "t . ", "a-", "(", "a.b@", "[.]", "05", "t .me/ ", "tg:?", "x.org/", "https://t.me/+"]
)
def test_no_text_makes_the_search_slow(unit: str) -> None:
    began = time.process_time()
    URL.extract(Content(ContentKind.TEXT, text=unit * (100_000 // len(unit))))
    assert time.process_time() - began < 5  # milliseconds, unless something grows with the square of the length


@pytest.mark.parametrize(
    ("given_value", "parsed"),
    [
        ("https://www.example.org/a/", "https://example.org/a"),
        ("Example.org", "example.org"),
        ("example.org/folder/", "example.org/folder"),
        ("https://example.org/folder/*", "example.org/folder"),
        ("example.org/page?a=1", "https://example.org/page?a=1"),
        ("somebody.github.io", "somebody.github.io"),
        ("192.0.2.7", "192.0.2.7"),
        ("t.me/+AbCdEfGhIjKlMnOp", "invite:telegram:AbCdEfGhIjKlMnOp"),
        ("invite:telegram:@Some_Channel", "invite:telegram:@some_channel"),
        ("https://t.me/some_channel/5", "https://t.me/some_channel/5"),
        ("archive.org/details/an-item", "archive.org/details/an-item"),
    ],
)
def test_an_entry_names_a_page_a_folder_a_host_or_an_invite(given_value: str, parsed: str) -> None:
    assert URL.parse(given_value) == parsed
    assert URL.parse(parsed) == parsed


@pytest.mark.parametrize(
    "broad",
    ["t.me", "https://t.me", "youtube.com", "archive.org", "archive.org/details", "https://archive.org/details/*", "discord.gg",
     "bit.ly", "co.uk", "github.io", "com", "facebook.com/groups", "t.me/s"],
)  # fmt: skip
def test_an_entry_that_would_match_everybody_is_refused(broad: str) -> None:
    with pytest.raises(InvalidSignal) as refused:
        URL.parse(broad)
    assert refused.value.hint or "no host" in refused.value.message


@pytest.mark.parametrize(
    "nonsense", ["", "  ", "two words", "someone@example.org", "invite:nobody:x1", "invite:telegram:", "file.nosuchtld"]
)
def test_nonsense_is_no_entry(nonsense: str) -> None:
    with pytest.raises(InvalidSignal):
        URL.parse(nonsense)


@pytest.mark.parametrize(
    "name",
    [
        "messenger_hosts",
        "shorteners",
        "pastes",
        "file_hosts",
        "shared_hosts",
        "containers",
        "fragment_hosts",
        "tracking",
    ],
)
def test_the_lists_of_services_stay_tidy(name: str) -> None:
    entries = getattr(url_services._LISTS, name)
    assert entries == sorted(set(entries))
    assert all(entry == entry.lower().removeprefix("www.") for entry in entries)
