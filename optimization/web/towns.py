"""Finding a municipality by what people call it: Japanese name, reading in kana or romaji, official code.

Pure functions on `Town` entries. Readings are compared in one folded spelling, in which long vowels, Hepburn and
Kunrei forms, and macrons make no difference: Osaka, Oosaka, Ōsaka, Ohsaka, おおさか and オーサカ are one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

import pandas as pd

from optimization.case.case import Case
from optimization.reading.codes import BESIDE, called, meant, prefecture_spellings, short_name
from optimization.reading.japan import JOINT_MUNICIPALITY, PARTS_NAMES
from optimization.reading.japanese import folded, folded_romaji, katakana

ENDINGS = "市町村区"
SPOKEN = ("shi", "cho", "machi", "mura", "son", "ku")
"""How the endings are read, as the readings of a case write them after a hyphen."""
TRANSLATED = re.compile(r"[\s,]+(?:city|town|village|ward)$", re.IGNORECASE)
CODE = re.compile(r"\d{4,6}")

ROWS = {
    "": "アイウエオ",
    "k": "カキクケコ",
    "g": "ガギグゲゴ",
    "s": "サシスセソ",
    "z": "ザジズゼゾ",
    "t": "タチツテト",
    "d": "ダヂヅデド",
    "n": "ナニヌネノ",
    "h": "ハヒフヘホ",
    "b": "バビブベボ",
    "p": "パピプペポ",
    "m": "マミムメモ",
    "r": "ラリルレロ",
    "w": "ワヰ・ヱヲ",
}
SIGNS = {sign: row + vowel for row, signs in ROWS.items() for sign, vowel in zip(signs, "aiueo", strict=True)}
SIGNS |= {
    "ヤ": "ya",
    "ユ": "yu",
    "ヨ": "yo",
    "ン": "n",
    "ヂ": "zi",
    "ヅ": "zu",
    "ヲ": "o",
    "ー": "",
    "ッ": "",
}
SMALL = {"ャ": "ya", "ュ": "yu", "ョ": "yo", "ァ": "a", "ィ": "i", "ゥ": "u", "ェ": "e", "ォ": "o"}

"""Hepburn to Kunrei, in this order."""


@dataclass(frozen=True)
class Town:
    """A municipality and what it is called; `aliases` are other names of it or of its parts, without ending."""

    code: str
    name_ja: str
    county_ja: str
    prefecture_ja: str
    prefecture_en: str
    kana: str
    romaji: str
    aliases: tuple[str, ...] = ()

    @cached_property
    def written(self) -> frozenset[str]:
        """Japanese names, with and without ending, after county and prefecture or alone."""
        names = {fold_ja(self.name_ja)}
        names |= {name[:-1] for name in names if len(name) > 1 and name[-1] in ENDINGS}
        names |= {fold_ja(alias) for alias in self.aliases}
        county, prefecture = fold_ja(self.county_ja), fold_ja(self.prefecture_ja)
        short = short_name(prefecture)
        before = {"", county, prefecture, short, prefecture + county, short + county}
        return frozenset(head + name for head in before for name in names)

    @cached_property
    def spoken(self) -> frozenset[str]:
        """Readings in the folded spelling, with and without ending."""
        found = {
            folded_romaji(self.romaji),
            folded_romaji(self.romaji.rpartition("-")[0] or self.romaji),
            folded_romaji(romaji_of(self.kana)),
        }
        return frozenset(name for name in (*found, *map(folded_romaji, self.aliases)) if name)


def town_index(case: Case) -> tuple[Town, ...]:
    """Every municipality of a case, ready to be searched."""
    frame, home = case.municipalities.loc[case.codes], case.prefectures
    of = frame["prefecture_code"].tolist()
    japanese, english = (dict(zip(home.index, home[f"name_{each}"], strict=True)) for each in ("ja", "en"))
    read = case.readings.reindex(case.codes)
    county = frame["county_ja"] if "county_ja" in frame else pd.Series("", frame.index)
    rows = zip(case.codes, frame["name_ja"], county, of, read["name_kana"], read["name_romaji"], strict=True)
    return tuple(
        Town(
            code=str(code),
            name_ja=str(name),
            county_ja=_text(county_ja),
            prefecture_ja=str(japanese[prefecture]),
            prefecture_en=str(english[prefecture]),
            kana=_text(kana),
            romaji=_text(romaji),
            aliases=ward_names() if code == JOINT_MUNICIPALITY else (),
        )
        for code, name, county_ja, prefecture, kana, romaji in rows
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def ward_names() -> tuple[str, ...]:
    """Names of the special wards in Japanese (with 区, and alone) and in romaji, and of all of them together."""
    pairs = [ward.split() for ward in PARTS_NAMES.split("|")]
    alone = [name for name, _ in pairs]
    return (
        "東京",
        "東京23区",
        "23区",
        "Tokyo",
        *alone,
        *(f"{n}区" for n in alone),
        *(f"{r}-ku" for _, r in pairs),
    )


def fold_ja(name: str) -> str:
    """A Japanese name in one form, without separators."""
    return re.sub("[,、，]+", "", folded(name))


def romaji_of(kana: str) -> str:
    """Kana (either kind) in Kunrei spelling, long vowels and doubled consonants as they are written."""
    result = ""
    for sign in katakana(kana):
        if sign in SMALL:
            # シャ is si + ya: the small sign takes the place of the vowel
            result = result[:-1] + SMALL[sign] if result else SMALL[sign]
        else:
            result += SIGNS.get(sign, sign)
    return result


def find_towns(towns: Sequence[Town], query: str) -> list[Town]:
    """The municipalities that a query means, in code order: those it names exactly, else those whose name begins with
    it, else those that contain it; none for an empty or unknown query."""
    query = unicodedata.normalize("NFKC", query).strip()
    digits = query.replace("-", "")
    if CODE.fullmatch(digits):
        return _by_code(towns, digits)
    if (beside := BESIDE.fullmatch(query)) and (name := (beside["name"] or beside["name_"]).strip()):
        here = _by_code(towns, beside["code"] or beside["code_"])
        return [town for town in here if town in find_towns(here, name)]
    if not query:
        return []
    parts = [part for part in re.split(r"[\s,、]+", query) if part]
    for test in _tests(query):
        if hits := [town for town in towns if test(town)]:
            return hits
    return _in_prefecture(towns, parts)


def _by_code(towns: Sequence[Town], digits: str) -> list[Town]:
    """The municipalities whose code it is as it stands, else by arithmetic; else by its first five digits, whatever the
    sixth."""
    by_code = {town.code: town for town in towns}
    codes = [*meant(digits, 5), digits[:5]]
    return [by_code[code] for code in codes if code in by_code][:1]


def _tests(query: str) -> list[Callable[[Town], bool]]:
    """Whether a town is meant, from the strictest test down."""
    if re.search(r"[぀-ヿ]", query) and not re.search(r"[一-鿿]", query):
        spoken = folded_romaji(romaji_of(query))
    else:
        spoken = folded_romaji(TRANSLATED.sub("", query))
    written = fold_ja(query)
    tests: list[Callable[[Town], bool]] = [
        lambda town: written in town.written or (bool(spoken) and spoken in town.spoken)
    ]
    if len(written) >= 2 or spoken:
        tests.append(lambda town: any(name.startswith(written) for name in town.written))
    if len(spoken) >= 3:
        tests.append(lambda town: any(name.startswith(spoken) for name in town.spoken))
        tests.append(lambda town: any(spoken in name for name in town.spoken))
    tests.append(lambda town: any(written in name for name in town.written))
    return tests


def _in_prefecture(towns: Sequence[Town], parts: Sequence[str]) -> list[Town]:
    """Hits for 'name prefecture' in either order, as in 'Fuchu, Hiroshima'."""
    if len(parts) < 2:
        return []
    for name, home in ((parts[0], parts[1:]), (parts[-1], parts[:-1])):
        wanted = "".join(home)
        here = [
            town
            for town in towns
            if called(wanted) & prefecture_spellings(town.prefecture_ja, town.prefecture_en)
        ]
        if here and (hits := find_towns(here, name)):
            return hits
    return []


def nearest_towns(towns: Sequence[Town], query: str, count: int = 5) -> list[Town]:
    """The municipalities whose names are most like a query, the likest first."""
    query = unicodedata.normalize("NFKC", query).strip()
    kana = re.search(r"[぀-ヿ]", query) is not None
    spoken, written = folded_romaji(romaji_of(query) if kana else query), fold_ja(query)

    def likeness(town: Town) -> float:
        pairs = [(spoken, name) for name in town.spoken if spoken] + [(written, fold_ja(town.name_ja))]
        return max(SequenceMatcher(None, *pair).ratio() for pair in pairs)

    ranked = sorted(towns, key=lambda town: (-likeness(town), town.code))
    return ranked[:count]
