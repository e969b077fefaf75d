"""Arabic text: terms under evasion, near-copies of statements, stray hits, messages a second on one core."""

import argparse
import time
import unicodedata
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from random import Random
from typing import NamedTuple

from benchmarks import _evasions, _rewrites, _texts
from benchmarks.report import Row
from siyaj.matching.near_copies import NearCopyIndex
from siyaj.matching.terms import TermIndex
from siyaj.model.signal import Signal
from siyaj.signals.base import SignalIndex

NAME = "text"
SEED = 20
RECALL = "≥ 0.90"
STRAYS = "≤ 1.5 %"
PUBLISHED_TWICE = 20
"""So many words in a row are in two news only where one paragraph was published in both."""


class Material(NamedTuple):
    """Clean messages; terms that stand in none of them; statements of 280 to 700 characters from other texts."""

    clean: list[str]
    terms: list[str]
    statements: list[str]


def run(args: argparse.Namespace) -> list[Row]:
    random = Random(SEED)
    samples = 50 if args.quick else 400
    material = _material(args, random)
    latin = _latin(random)
    few, many = TermIndex(), TermIndex()
    _fill(few, material.terms[:2_000])
    _fill(many, material.terms)
    return [
        *_speed(many, material, random),
        _strays("stray hits, 2,000 terms", few, material.clean),
        _strays("stray hits, 20,000 terms", many, material.clean),
        *_terms("", few, material._replace(terms=material.terms[:2_000]), _evasions.ARABIC, samples, random),
        *_terms("Latin: ", _filled(latin.terms), latin, _evasions.LATIN, samples, random),
        *_near_copies(material, samples, random),
    ]


def _material(args: argparse.Namespace, random: Random) -> Material:
    articles = _texts.articles(args.shared)
    random.shuffle(articles)
    half = len(articles) // 2
    clean = _texts.messages(articles[:half], random)
    random.shuffle(clean)
    terms = _texts.terms(articles[half:], clean[:3_000], 20_000, random)
    return Material(clean[:3_000], terms, _texts.statements(articles[half:], 280, 700, random))


def _latin(random: Random) -> Material:
    clean = _texts.messages(_texts.manual(), random)
    random.shuffle(clean)
    terms = [term.lower() for term in _texts.terms(_texts.manual(), clean[:1_000], 300, random)]
    return Material(clean[:1_000], terms, [])


def _fill(index: SignalIndex, values: Sequence[str]) -> None:
    index.add(range(1, len(values) + 1), values)


def _filled(terms: Sequence[str]) -> TermIndex:
    index = TermIndex()
    _fill(index, terms)
    return index


def _refs(index: SignalIndex, text: str) -> set[int]:
    return {hit.ref for hit in index.search([Signal("text", text)])[0]}


def _speed(terms: TermIndex, material: Material, random: Random) -> list[Row]:
    """Fold, look up terms and near-copies, one message at a time, each once in each of three rounds."""
    words = [word for text in material.statements for word in text.split()]
    made = (" ".join(random.choice(words) for _ in range(random.randint(15, 60))) for _ in range(10_000))
    statements = NearCopyIndex()
    began = time.thread_time()
    _fill(statements, [*material.statements, *made][:10_000])
    added = time.thread_time() - began
    signals = [Signal("text", message) for message in material.clean]
    rates = []
    for _ in range(4):
        began = time.thread_time()
        for signal in signals:
            terms.search([signal])
            statements.search([signal])
        rates.append(len(signals) / (time.thread_time() - began))
    note = f"CPU time, {len(terms):,} terms, {len(statements):,} statements; best of 3; first time {rates[0]:,.0f}"
    return [
        Row("messages a second of one core", f"{max(rates[1:]):,.0f}", "–", "–", "≥ 10,000", note),
        Row("adding 10,000 statements", f"{added:.2f} s", "–", "–", "–", "no snapshot needed"),
    ]


def _strays(what: str, index: TermIndex, clean: Sequence[str]) -> Row:
    found = [index.search([Signal("text", message)])[0] for message in clean]
    hits, messages = sum(map(len, found)), sum(map(bool, found))
    note = f"{hits} hits in {messages} of {len(clean):,} clean messages"
    return Row(what, f"{hits / len(clean):.2%}", "–", "–", STRAYS, note)


def _terms(
    prefix: str,
    index: TermIndex,
    material: Material,
    evasions: Mapping[str, _evasions.Evasion],
    samples: int,
    random: Random,
) -> list[Row]:
    rows = []
    for name, evade in evasions.items():
        ours = peers = 0
        for _ in range(samples):
            at = random.randrange(len(material.terms))
            words = random.choice(material.clean).split()
            place = random.randrange(len(words) + 1)
            text = " ".join((*words[:place], evade(material.terms[at], random), *words[place:]))
            ours += at + 1 in _refs(index, text)
            peers += _nfkc(material.terms[at]) in _nfkc(text)
        rows.append(_recall(f"{prefix}term, {name}", ours / samples, peers / samples, RECALL))
    return rows


def _near_copies(material: Material, samples: int, random: Random) -> list[Row]:
    index = NearCopyIndex()
    _fill(index, material.statements)
    found = [index.search([Signal("text", message)])[0] for message in material.clean]
    near = [
        _same_words(material.statements[hit.ref - 1], message)
        for message, hits in zip(material.clean, found, strict=True)
        for hit in hits
        if hit.distance <= 0.2
    ]
    twice = sum(words >= PUBLISHED_TWICE for words in near)
    note = f"{len(material.statements):,} statements against {len(material.clean):,} messages of the same newsroom"
    rows = [
        Row("near-copies in other news (≤ 0.2)", str(len(near) - twice), "–", "–", "0", note),
        Row("paragraphs published twice", str(twice), "–", "–", "", f"found too: ≥ {PUBLISHED_TWICE} words in a row"),
    ]
    for name, rewrite in _rewrites.rewrites(material.clean).items():
        ours = peers = 0
        for _ in range(samples):
            at = random.randrange(len(material.statements))
            text = rewrite(material.statements[at], random)
            ours += at + 1 in _refs(index, text)
            peers += _nfkc(material.statements[at]) in _nfkc(text)
        rows.append(_recall(f"statement, {name}", ours / samples, peers / samples, "≥ 0.95"))
    return rows


def _same_words(statement: str, message: str) -> int:
    """Return how many words in a row both have: news is published twice, and then it is a copy."""
    match = SequenceMatcher(None, statement.split(), message.split(), autojunk=False).find_longest_match()
    return match.size


def _nfkc(text: str) -> str:
    """The peer: Unicode's own folding, then a plain search."""
    return unicodedata.normalize("NFKC", text).casefold()


def _recall(what: str, ours: float, peer: float, reach: str) -> Row:
    ratio = f"{ours / peer:.1f}×" if peer else "–"
    return Row(what, f"{ours:.3f}", f"{peer:.3f}", ratio, reach, "peer: NFKC and a plain search")
