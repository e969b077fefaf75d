"""Listed Arabic names in Latin letters: recall by spelling and way of writing, and other names taken for them."""

import argparse
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from rapidfuzz.fuzz import token_set_ratio

from benchmarks.report import Row
from siyaj.matching.resemblance import MAX_DISTANCE, ResemblanceIndex
from siyaj.model.signal import Signal

FIRST = {
    "حراس": "hurras horras hourras",
    "جند": "jund jond djound",
    "صقور": "suqur suqoor soukour",
    "كتيبة": "katibat kateebat katiba",
    "لواء": "liwa liwaa lioua",
    "سرايا": "saraya saraaya seraya",
    "رابطة": "rabitat rabita rabta",
    "قافلة": "qafilat qafila kafela",
    "فرسان": "fursan forsan foursane",
    "درع": "dir dera dira",
    "جبهة": "jabhat jabhat djebhat",
    "حركة": "harakat haraka harakat",
    "نور": "nur noor nour",
    "عهد": "ahd 3ahd ahed",
    "سيف": "sayf saif seif",
}
SECOND = {
    "الوادي": "al-wadi alwadi el-ouadi",
    "الأزرق": "al-azraq alazrak el-azrak",
    "الفجر": "al-fajr alfajr el-fadjr",
    "الغابة": "al-ghaba alghabah el-ghaba",
    "الريح": "al-rih alreeh er-rih",
    "النخيل": "al-nakhil annakheel en-nakhil",
    "القمر": "al-qamar alqamar el-kamar",
    "الزيتون": "al-zaytun alzaytoon ez-zeitoun",
    "العقاب": "al-uqab aluqab el-oukab",
    "الوردة": "al-warda alwardah el-ouarda",
    "الساحل": "al-sahil assahel es-sahel",
    "البنفسج": "al-banafsaj albanafsaj el-banafsedj",
    "الضباب": "al-dabab addabab ed-dhabab",
    "الياسمين": "al-yasmin alyasameen el-yassamine",
    "الثلج": "al-thalj althalj et-thaldj",
    "اليقين": "al-yaqin alyaqeen el-yakine",
    "الغيث": "al-ghayth alghaith el-gheith",
    "البيت": "al-bayt albait el-beit",
    "الليل": "al-layl allail el-leil",
    "الواحة": "al-waha alwaha el-ouaha",
}
"""Words of invented names, each in three spellings: plain, as people type, and as French speakers write."""
STYLES = ("plain", "as typed", "French")
WAYS: dict[str, Callable[[list[str]], str]] = {
    "spaces": " ".join,
    "underscores": lambda words: "_".join(word.replace("-", "_") for word in words),
    "glued": lambda words: "".join(word.replace("-", "") for word in words),
    "a channel's title": lambda words: " ".join(word.title() for word in words) + " | Official Media",
}
SPELLINGS = {arabic: latin.split() for arabic, latin in (FIRST | SECOND).items()}


class Name(NamedTuple):
    words: tuple[str, ...]

    @property
    def arabic(self) -> str:
        return " ".join(self.words)

    def spelled(self, style: int, way: str) -> str:
        return WAYS[way]([SPELLINGS[word][style] for word in self.words])


def run(arguments: argparse.Namespace) -> Iterator[Row]:
    names = _names(6 if not arguments.quick else 2)
    index = _index(names)
    for way in WAYS:
        for number, style in enumerate(STYLES):
            asked = [name.spelled(number, way) for name in names]
            ours = _share(ref in found for ref, found in enumerate(_found(index, asked), 1))
            yield Row(f"{way}, {style}", f"{ours:.3f}", *_peer(names, asked, ours), "≥ 0.90", asked[0])
    yield _strangers(names)


def _names(each: int) -> list[Name]:
    """Names of two words; none is another one with a word more."""
    rng = random.Random(5)
    return [Name((first, second)) for first in FIRST for second in rng.sample(list(SECOND), each)]


def _index(names: list[Name]) -> ResemblanceIndex:
    index = ResemblanceIndex()
    index.add(range(1, len(names) + 1), [name.arabic for name in names])
    return index


def _found(index: ResemblanceIndex, asked: list[str]) -> list[set[int]]:
    return [{hit.ref for hit in hits} for hits in index.search([Signal("name", one) for one in asked])]


def _peer(names: list[Name], asked: list[str], ours: float) -> tuple[str, str]:
    """What fuzzy matching of strings finds, at the same resemblance."""
    pairs = zip(names, asked, strict=True)
    peer = _share(token_set_ratio(name.arabic, one) >= 100 * (1 - MAX_DISTANCE) for name, one in pairs)
    return f"{peer:.3f}", f"{ours - peer:+.2f}"


def _strangers(names: list[Name]) -> Row:
    """Ask every other name, in all spellings, of a list that holds only those between: they share words, no name."""
    index, strangers = _index(names[::2]), names[1::2]
    asked = [name.spelled(number, "spaces") for name in strangers for number in range(len(STYLES))]
    taken = sum(map(bool, _found(index, asked)))
    return Row("other names with a word in common", str(taken), "–", "–", "0", f"{len(asked)} asked")


def _share(found: Iterator[bool]) -> float:
    its = list(found)
    return sum(its) / len(its)
