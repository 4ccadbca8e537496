"""Codes and names of Japan's governments: check digits, the forty-seven prefectures, codes as people write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches

from optimization.errors import Problem, raise_if_any
from optimization.reading.japan import PREFECTURES
from optimization.reading.japanese import folded, folded_romaji

WEIGHTS = (6, 5, 4, 3, 2)


def short_name(name: str) -> str:
    """A prefecture's name without its 都, 府 or 県; 北海道 stays whole."""
    return name if name == "北海道" else name[:-1]


PREFECTURE_CODES: dict[str, str] = {
    spelling: code for code, (name, _) in PREFECTURES.items() for spelling in (name, short_name(name))
}


def check_digit(code: str) -> str:
    """The sixth digit that belongs to a five-digit code.

    Weights 6, 5, 4, 3, 2, then (11 - sum mod 11) mod 10; official rule of the Ministry of Internal
    Affairs and Communications.
    """
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, code, strict=True))
    return str((11 - total % 11) % 10)


def has_valid_check_digit(six_digits: str) -> bool:
    """Whether a six-digit code carries its own check digit."""
    return len(six_digits) == 6 and six_digits.isdecimal() and check_digit(six_digits[:5]) == six_digits[5]


RENAMED = {
    "28221": frozenset({"篠山市", "丹波篠山市"})
}  # renamed on 2019-05-01; sheets of 2020 mix both names


def same_name(code: str, first: str, second: str) -> bool:
    """Whether two names of one code are the same or a known renaming."""
    return first == second or {first, second} <= RENAMED.get(code, frozenset())


# ---- codes as people write them

LOST = "is a code that lost its leading zero"
CHECKED = "is a code with its check digit"
LOST_AND_CHECKED = "is a code that lost its leading zero and has its check digit"
WHOLE = "is a prefecture in five digits"
PATTERNS = {
    "[0-9]{5}": (5,),
    "[0-9]{5}|07_hamadori": (5,),
    "[0-9]{2}": (2,),
    "[0-9]{5}|[0-9]{2}": (5, 2),
    "[0-9]{2}([0-9]{3})?": (2, 5),
}
"""Patterns of the dictionary whose columns hold codes, and how many digits these have."""

BESIDE = re.compile(
    r"(?P<code>\d+)\s*[-:_/]?\s*\(?(?P<name>[^\d()]+)\)?|(?P<name_>[^\d()]+?)\s*[-:_/]?\s*\(?(?P<code_>\d+)\)?"
)
Names = Mapping[str, Collection[str]]
"""Code -> what the place is called, the first as it is shown, the others folded."""

Wrong = tuple[str, str]
"""What is wrong with a text, and the remedy."""


def meant(text: str, digits: int) -> dict[str, str]:
    """Every code of so many digits that a text can stand for by arithmetic, and what was done to it ('' for nothing):
    a zero lost, a check digit added, or both. Likeness to a code is no reason."""
    if not (text.isascii() and text.isdecimal()):
        return {}
    found = {text: ""} if len(text) == digits else {}
    if digits == 2:
        whole = {code: how for code, how in meant(text, 5).items() if code.endswith("000")}
        found |= {code[:2]: how or WHOLE for code, how in whole.items() if code[:2] in PREFECTURES}
        return found | ({f"0{text}": LOST} if len(text) == 1 else {})
    if digits == 5:
        if len(text) == 4:
            found[f"0{text}"] = LOST
        elif has_valid_check_digit(text):
            found[text[:5]] = CHECKED
        elif has_valid_check_digit(f"0{text}"):
            found[f"0{text[:4]}"] = LOST_AND_CHECKED
    return found


def names_of(name: str, county: str = "", prefecture: str = "") -> list[str]:
    """What a place is called: its name as it is, then every way of saying it, folded; with and without its kind."""
    name_, county_, prefecture_ = folded(name), folded(county), folded(prefecture)
    short = short_name(name_) if name_ in PREFECTURE_CODES else name_[:-1]
    heads = ("", county_, prefecture_, prefecture_ + county_)
    return [name, *(head + tail for head in heads for tail in (name_, short) if tail)]


def place_names(
    codes: Sequence[str] = (),
    names: Sequence[str] = (),
    counties: Sequence[str] = (),
    homes: Sequence[str] = (),
) -> dict[str, list[str]]:
    """What municipalities, in the order of a register with their prefectures' codes, and all prefectures of the country
    are called, by code."""
    found = {code: names_of(name) for code, (name, _) in PREFECTURES.items()}
    for text, name, county, home in zip(codes, names, counties, homes, strict=True):
        mine, readings = _digits(home).zfill(2), [*meant(_digits(text), 5), ""]
        code = next((code for code in readings if code.startswith(mine)), readings[0])
        found[code] = names_of(name, county, PREFECTURES.get(code[:2], ("",))[0])
    return found


def _digits(text: str) -> str:
    return re.sub("[^0-9]+", "", unicodedata.normalize("NFKC", text))


def code_beside_name(text: str, widths: Sequence[int], names: Names) -> str | Wrong | None:
    """The code of a text such as '03201 盛岡市' or '盛岡市(03201)', proved by the name; why the two do not agree; None
    for a text of another form."""
    found = BESIDE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    digits, name = found["code"] or found["code_"], (found["name"] or found["name_"]).strip()
    codes = [code for width in widths for code in meant(digits, width)]
    for code in codes:
        if called(name) & set(list(names.get(code, ()))[1:]):
            return code
    here = [code for code in codes if code in names]
    if not here:
        return f"names {name} beside a code that is not known here", "write the code alone, or correct it"
    return f"names {name}, and {here[0]} is {next(iter(names[here[0]]))}", "correct the code or the name"


def code_fault(text: str, widths: Sequence[int]) -> Wrong | None:
    """Why a text is no code of so many digits, with what it stands for by arithmetic; None where nothing tells."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain != text and len(plain) in widths and plain.isdecimal():
        return "has full-width digits or blanks", f"write {plain}"
    plain = plain.removeprefix("=").strip("\"'").removesuffix(".0")
    for width in widths:
        for code, how in meant(plain, width).items():
            if how == CHECKED:
                return how, f"write its first {('two', 'five')[width == 5]} digits, {code}"
            return how or "is a code with other signs about it", f"write {code}: keep the column as text"
    if 5 in widths and len(plain) == 6 and plain.isdecimal():
        return f"is no code: the check digit of {plain[:5]} is {check_digit(plain[:5])}", "look the code up"
    return None


def unknown_code_hint(text: str, known: Collection[str], widths: Sequence[int]) -> str:
    """What an unknown code stands for by arithmetic among the known ones; '' where nothing tells."""
    for width in widths:
        for code, how in meant(text, width).items():
            if how and code in known:
                return f"it {how}: write {code}."
    return ""


# ---- prefectures as people call them

Prefectures = Mapping[str, tuple[str, str]]
"""Two-digit code -> the name in Japanese and in romaji."""

KINDS = {"都": ("to",), "府": ("fu",), "県": ("ken",), "道": ()}
"""How the kind of a prefecture is read in romaji, after its name."""

JAPANESE = re.compile("[\u3041-\u30ff\u3400-\u9fff]")

MOST_LIKE = 6
"""Prefectures that a remedy names."""


def prefecture_spellings(name: str, latin: str) -> set[str]:
    """Everything a prefecture is called: in Japanese folded, in romaji, with its kind and without."""
    kinds = ("", *KINDS.get(name[-1:], ()), " prefecture")
    return {*names_of(folded(name)), *(folded_romaji(latin + kind) for kind in kinds)} - {""}


def read_prefectures(asked: Iterable[object], known: Prefectures, file: str, column: str) -> list[str]:
    """Codes of the prefectures asked for, each once, in order. Each may be a code with or without its zero, a name in
    Japanese or romaji, or both side by side. Raises `InputError` with a problem at `column` of `file` for every one
    that is none of the `known`."""
    read = [(each, read_prefecture(each, known)) for each in asked]
    raise_if_any(
        [
            Problem(file, *found, column=column, value=str(each)[:80])
            for each, found in read
            if not isinstance(found, str)
        ]
    )
    return sorted({found for _, found in read if isinstance(found, str)})


def read_prefecture(asked: object, known: Prefectures) -> str | Wrong:
    """The code of one of the known prefectures; else what is wrong and the remedy, with those that may be meant."""
    whole = isinstance(asked, int) and not isinstance(asked, bool)
    text = unicodedata.normalize("NFKC", str(asked)).strip() if whole or isinstance(asked, str) else ""
    bare = {code: how for code, how in meant(text, 2).items() if how in ("", LOST)}
    if code := next((code for code in bare if code in known), None):
        return code
    spellings = {code: prefecture_spellings(*names) for code, names in {**PREFECTURES, **known}.items()}
    named = [code for code, mine in spellings.items() if called(text) & mine]
    if len(named) == 1 and named[0] in known:
        return named[0]
    names: Names = {code: [known[code][0], *sorted(spellings[code])] for code in known}
    if (beside := code_beside_name(text, (2,), names)) is not None:
        return beside
    return _no_prefecture(text, [*bare, *named], spellings, known)


def called(text: str) -> set[str]:
    """The forms in which a text is looked for among spellings."""
    return {folded(text), folded_romaji(text) if text.isascii() or not JAPANESE.search(text) else ""} - {""}


def _no_prefecture(
    text: str, outside: Sequence[str], spellings: Mapping[str, set[str]], known: Prefectures
) -> Wrong:
    """Why a text is no known prefecture: it lies outside the case, may be one of several, or is like some."""
    message = "is not a prefecture of the case"
    first, last = min(known, default=""), max(known, default="")
    remedy = f"give names, or two-digit codes from {first} to {last}"
    if elsewhere := [code for code in outside if code in PREFECTURES]:
        return f"{message}, which lacks {_shown(elsewhere[0], PREFECTURES)}", remedy
    if hint := unknown_code_hint(text, known, (2,)):
        return message, f"{hint} Else {remedy}"
    keys = [key for key in called(text) if JAPANESE.search(key) or (len(key) > 1 and not key.isdecimal())]
    part = [code for code, mine in spellings.items() if any(key in each for key in keys for each in mine)]
    like = [
        name for key in keys for name in get_close_matches(key, set().union(*spellings.values()), MOST_LIKE)
    ]
    near = part or list(dict.fromkeys(c for name in like for c, mine in spellings.items() if name in mine))
    near = [code for code in near if code in known] or near
    if not near:
        return message, remedy
    words = " or ".join(_shown(code, {**PREFECTURES, **known}) for code in near[:MOST_LIKE])
    if len(part) > 1 and len(near) > 1:
        return "may be more than one prefecture", f"write which: {words}. Else {remedy}"
    return message, f"did you mean {words}? Else {remedy}"


def _shown(code: str, names: Prefectures) -> str:
    name, latin = names[code]
    return f"{code} {name} ({latin})"
