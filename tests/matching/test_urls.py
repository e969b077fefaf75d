"""Banked addresses are found by page, folder, host and channel."""

import pytest

from siyaj.matching.urls import UrlIndex
from siyaj.signals.base import Content, ContentKind, Hit
from siyaj.signals.url import URL


def ask(entry: str, link: str) -> list[Hit]:
    index = UrlIndex()
    index.add([7], [URL.parse(entry)])
    (signal,) = URL.extract(Content(ContentKind.LINK, text=link))
    (hits,) = index.search([signal])
    return hits


@pytest.mark.parametrize(
    ("entry", "link", "distance"),
    [
        ("https://example.org/a?x=1", "http://www.example.org/a/?x=1", 0),
        ("https://example.org/a", "https://example.org/a?x=1", 1),
        ("https://example.org/a?x=1", "https://example.org/a", None),
        ("https://example.org/a?x=1", "https://example.org/a?x=2", None),
        ("https://example.org/a", "https://example.org/a/b", None),
        ("example.org/a", "https://example.org/a", 0),
        ("example.org/a", "https://example.org/a?x=1", 1),
        ("example.org/a", "https://example.org/a/b/c#d", 1),
        ("example.org/a", "https://sub.example.org/a", None),
        ("example.org/a", "https://example.org/ab", None),
        ("example.org", "https://example.org", 2),
        ("example.org", "https://a.b.example.org/c", 2),
        ("example.org", "https://example.org.evil.net/c", None),
        ("a.example.org", "https://example.org/c", None),
        ("example.org", "https://a.example.org:8443/c", 2),
        ("example.org:8443", "https://example.org:8443/c", 2),
        ("example.org:8443", "https://example.org/c", None),
        ("https://t.me/some_channel", "https://t.me/s/Some_Channel", 0),
        ("https://t.me/some_channel", "https://t.me/Some_Channel/12", 1),
        ("https://t.me/some_channel/12", "https://t.me/Some_Channel/12?single", 0),
        ("https://t.me/some_channel/12", "https://t.me/some_channel", None),
        ("https://t.me/c/1234567890", "https://t.me/c/1234567890/7", 1),
        ("archive.org/details/an-item", "https://archive.org/download/an-item/film.mp4", 1),
        ("https://example.org/a", "https://ex\u0430mple.org/a", 1),
        ("example.org", "https://ex\u0430mple.org/a", 3),
    ],
)
def test_an_entry_is_found_by_what_it_names(entry: str, link: str, distance: float | None) -> None:
    hits = ask(entry, link)
    if distance is None:
        assert hits == []
    else:
        assert [(hit.ref, hit.distance) for hit in hits] == [(7, distance)]
        assert hits[0].why


def test_the_nearest_entry_comes_first_and_a_reason_is_given() -> None:
    index = UrlIndex()
    index.add([1, 2, 3], ["example.org", "example.org/a", "https://example.org/a/b"])
    (signal,) = URL.extract(Content(ContentKind.LINK, text="https://example.org/a/b"))
    (hits,) = index.search([signal])
    assert [(hit.ref, hit.distance) for hit in hits] == [(3, 0), (2, 1), (1, 2)]
    assert hits[2].why == "on the host example.org"


def test_a_host_that_imitates_another_says_so() -> None:
    (hit,) = ask("https://example.org/a", "https://ex\u0430mple.org/a")
    assert "imitated" in hit.why


def test_one_address_can_have_several_entries_and_each_goes_alone() -> None:
    index = UrlIndex()
    index.add([1, 2], ["example.org", "example.org"])
    (signal,) = URL.extract(Content(ContentKind.LINK, text="https://example.org/a"))
    assert {hit.ref for hit in index.search([signal])[0]} == {1, 2}
    index.remove([1, 99])
    assert {hit.ref for hit in index.search([signal])[0]} == {2}
    index.add([2], ["example.net"])
    assert index.search([signal]) == [[]]
    assert len(index) == 1 and index.nbytes > 0
