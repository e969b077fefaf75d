# ruff: noqa: E501
"""Names that resemble listed ones are found; names that share a word are not. All organisations are invented."""

import json
import random
import threading
from pathlib import Path

import pytest

from siyaj.matching.resemblance import ResemblanceIndex
from siyaj.model.signal import Signal
from siyaj.signals.name import NAME

LISTED = {
    1: "Green Lantern Brigade",
    2: "كتيبة الفانوس الأخضر",
    3: "Zarvandi Falcons",
    4: "لواء صقور الزرفندي",
    5: "Movement of the Silver Dawn",
    6: "حركة الفجر الفضي",
    7: "مؤسسة السنبلة للإنتاج الإعلامي",
    8: "Ashkarani Youth Front",
    9: "جبهة شباب الأشكراني",
    10: "جيش القمر السابع",
    11: "Sons of the Basalt Tower",
    12: "أبناء برج البازلت",
    13: "TESTAN ABU EXAMPLUS",
    14: "حراس الوادي الأزرق",
    15: "لواء الواحة",
    16: "صقور الريح",
    17: "سيف اليقين",
    18: "نور النخيل الساحلي",
}

VARIANTS = {
    1: ["green_lantern_brigade_2", "GreenLanternBrigade", "Gr33n L4ntern Brig4de", "g r e e n  l a n t e r n  brigade",
        "Green Lantern Brigade – Official Channel", "The Green Lantern Brigades", "Green Lantern", "greenlanternbrigade_media7",
        "Brigade of Green Lantern", "Gren Lantern Brigade", "𝔊𝔯𝔢𝔢𝔫 𝔏𝔞𝔫𝔱𝔢𝔯𝔫 𝔅𝔯𝔦𝔤𝔞𝔡𝔢"],
    2: ["كتيبه الفانوس الاخضر", "كتـيـبـة الفـانـوس الأخـضـر", "قناة كتيبة الفانوس الأخضر الرسمية", "Katibat al-Fanus al-Akhdar",
        "Kateebat Al Fanoos Al Akhdhar", "katiba el fanous el akhdar", "الفانوس الأخضر", "كتيبة الفانوس الأخضر ٢", "alfanus_alakhdar",
        "katibat_alfanus_alakhdar_media"],
    3: ["Zarvandy Falcons", "Zarwandi Falcons", "zarvandifalcons", "Zarvandi Falcons Reserve 03"],
    4: ["Liwa Suqur al-Zarfandi", "صقور الزرفندي", "لواء صقور الزرفندى", "suqoor zarfandi"],
    5: ["Silver Dawn Movement", "silver dawn", "SilverDawn_News"],
    6: ["الفجر الفضي", "حركة الفجر الفضي | الإعلام الرسمي", "Harakat al-Fajr al-Fiddi", "harakat alfajr alfidi"],
    7: ["مؤسسة السنبلة", "السنبلة للإنتاج", "as-Sunbula media", "Sunbulah Foundation"],
    8: ["Ashkarani Front", "Al-Ashkarani Youth"],
    9: ["Jabhat Shabab al-Ashkarani", "شباب الاشكراني"],
    10: ["جيش القمر السابع - احتياطي", "Jaysh al-Qamar al-Sabi"],
    11: ["Sons of Basalt Tower"],
    12: ["ابناء برج البازلت", "Abna Burj al-Bazalt"],
    13: ["Testan Abu Exampluss"],
    14: ["hurras_alwadi_alazraq", "Hourras el-Ouadi el-Azrak", "hurrasalwadialazraq", "Horras Al Wadi Al-Azraq | Official"],
    15: ["liwa_al_waha", "Lioua el-Ouaha", "Liwaa Alwahah"],
    16: ["suqur_alreeh", "Soukour er-Rih", "suqoor al rih", "soukourerrih"],
    17: ["sayf_alyaqeen", "Seif el-Yakine", "saifalyaqin"],
    18: ["nur annakhil assahili", "Nour en-Nakhil es-Saheli", "noor_alnakheel_alsahili"],
}  # fmt: skip

UNRELATED = [
    "Fire Brigade of Greenwich", "Green Party", "Atlanta Falcons", "Silver Spoon Catering", "Dawn News", "Sons of Anarchy fan page",
    "Tower Bridge Café", "Youth Orchestra", "Moon Landing 1969", "Abu Salem Sweets", "Lantern Festival Berlin", "News agency", "official",
    "مطعم الفانوس", "جيش البلاد الوطني", "جبهة البحر للسياحة", "شباب الجامعة", "القمر للعطور", "برج خليفة", "حركة المرور اليوم", "لواء متقاعد",
    "أخبار الفجر", "السابع عشر", "أبناء الحي", "Mohammed Ahmed", "علي حسن", "abu_ahmad_99", "Movement of people", "Front end developers",
    "Wadi Rum tours", "Al-Waha Restaurant Dubai", "Nour Ahmed", "Saif Ali Khan", "al-azraq", "Suqur FC", "Nakheel Mall", "الريح والبحر",
]  # fmt: skip


def listed(names: dict[int, str]) -> ResemblanceIndex:
    index = ResemblanceIndex()
    index.add(list(names), [NAME.parse(name) for name in names.values()])
    return index


def find(index: ResemblanceIndex, *names: str) -> list[list[int]]:
    return [[hit.ref for hit in hits] for hits in index.search([Signal("name", name) for name in names])]


@pytest.mark.parametrize(("ref", "variant"), [(ref, one) for ref, its in VARIANTS.items() for one in its])
def test_a_variant_resembles_the_listed_name(ref: int, variant: str) -> None:
    assert find(listed(LISTED), variant)[0][:1] == [ref]


@pytest.mark.parametrize("name", UNRELATED)
def test_a_shared_word_is_no_resemblance(name: str) -> None:
    assert find(listed(LISTED), name) == [[]]


def test_the_reason_names_the_listed_name_and_identity_is_nearest() -> None:
    (hits,) = listed(LISTED | {99: "Green Lanterns Brigade"}).search([Signal("name", "Green Lantern Brigade")])
    assert [hit.ref for hit in hits] == [1, 99]
    assert hits[0].distance == 0
    assert hits[0].why == "100% like the listed name 'Green Lantern Brigade'"


def test_a_name_of_general_words_is_met_by_itself_only() -> None:
    index = listed({1: "Islamic People's Front", 2: "Mohammed Ahmed"})
    assert find(index, "islamic_peoples_front", "People's Front", "The Islamic People's Front Bakery", "محمد أحمد") == [
        [1],
        [],
        [],
        [2],
    ]


def test_names_come_and_go_alone() -> None:
    index = listed(LISTED | {20: "Green Lantern Brigade"})
    assert sorted(find(index, "Green Lantern Brigade")[0]) == [1, 20]
    index.remove([20, 555])
    assert find(index, "Green Lantern Brigade") == [[1]]
    index.add([1], ["Quartz Harbour Circle"])
    assert find(index, "Green Lantern Brigade", "quartz harbour circle") == [[], [1]]
    index.remove(range(1, 100))
    assert len(index) == 0 and find(index, "quartz harbour circle") == [[]]
    assert index.nbytes == 0


def news_names(shared: Path) -> list[str]:
    """Titles of news, and pieces of one to three words of the articles: what channels and people are called."""
    articles = [json.loads(line) for line in (shared / "text" / "arabic-news.jsonl").open(encoding="utf-8")]
    words = [word for article in articles for word in article["text"].split()]
    rng = random.Random(3)
    pieces = [
        " ".join(words[at : at + length]) for length in (1, 2, 3) for at in rng.sample(range(len(words) - 3), 3_000)
    ]
    return [article["title"] for article in articles] + pieces


def invented(count: int) -> dict[int, str]:
    """Names of the shape that lists have: one or two general words and one or two of their own, made of syllables."""
    rng = random.Random(5)
    latin = ["ka", "zar", "van", "mi", "dul", "tor", "shi", "ra", "fen", "go", "bal", "qui", "nor", "hes", "lum", "pa"]
    arabic = ["كا", "زر", "فن", "مي", "دل", "تور", "شي", "را", "فن", "غو", "بل", "قي", "نور", "حس", "لم", "با"]
    names = {}
    for ref in range(100, 100 + count):
        syllables, general = rng.choice(
            [(latin, ["Front", "Army", "Brigade", "Movement"]), (arabic, ["جبهة", "جيش", "لواء", "حركة"])]
        )
        own = ["".join(rng.choices(syllables, k=rng.choice((2, 3, 4)))) for _ in range(rng.choice((1, 2, 2)))]
        names[ref] = " ".join([rng.choice(general), *own])
    return names


def test_news_do_not_resemble_invented_organisations(shared: Path) -> None:
    names = news_names(shared)
    found = find(listed(LISTED), *names)
    assert sum(map(bool, found)) <= len(names) // 1_000  # measured: none of 11,484
    large = find(listed(LISTED | invented(10_000)), *names[::4])
    assert sum(map(bool, large)) <= len(large) // 50  # measured: none of 2,871


def test_readers_are_not_disturbed_by_a_writer() -> None:
    index = listed(LISTED)
    faults: list[BaseException] = []
    stop = threading.Event()

    def look() -> None:
        try:
            while not stop.is_set():
                assert find(index, "Green Lantern Brigade", "الفانوس الأخضر") == [[1], [2]]
        except BaseException as fault:
            faults.append(fault)

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    more = invented(300)
    for ref, name in more.items():
        index.add([ref], [name])
        if ref % 3 == 0:
            index.remove([ref])
    stop.set()
    for reader in readers:
        reader.join()
    assert not faults
