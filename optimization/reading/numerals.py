"""The one reading of a number as a person writes it: what is unusual about it, and what it says in the unit asked for.

Nothing is taken as it stands here: a reader of a table or a package tells what it found and how to write it.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import NamedTuple

THOUSAND, MILLION, BILLION, TRILLION = (Decimal(10) ** n for n in (3, 6, 9, 12))
SCALES = {
    **{"兆": TRILLION, "億": Decimal(10) ** 8, "百万": MILLION, "万": Decimal(10) ** 4, "千": THOUSAND},
    **{"trillion": TRILLION, "billion": BILLION, "million": MILLION, "thousand": THOUSAND},
    **{"tn": TRILLION, "bn": BILLION, "mn": MILLION, "k": THOUSAND},
}
"""Words for a power of ten, the longer ones first where one holds another."""

KINDS = {
    **dict.fromkeys(("円", "yen", "jpy", "¥"), "yen"),
    **dict.fromkeys(("%", "percent", "per cent", "パーセント"), "percent"),
    **dict.fromkeys(("人", "persons", "people", "residents"), "persons"),
    **dict.fromkeys(("年", "years", "year"), "years"),
    **{"km2": "km2", "km": "km", "キロ": "km", "ha": "ha", "割": "tenths"},
}
"""What stands behind a number, and the kind of unit it is."""

SHARES = {"percent": Decimal("0.01"), "tenths": Decimal("0.1")}
MINUS = {"△": "a triangle for a minus", "▲": "a triangle for a minus"} | dict.fromkeys(
    "−–—‐‑‒―ー", "a dash for a minus"
)
DIGITS = r"[0-9]+(?:[,、_' ][0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:[.,、・][0-9]+)?|\.[0-9]+"
TERM = re.compile(rf"({DIGITS})\s*((?:{'|'.join(SCALES)})(?![a-z0-9]*[a-z]))?\s*", re.IGNORECASE)
GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:[,、_' ][0-9]{3})+(?:\.[0-9]+)?")
WORDS = re.compile("[0-9.,、・_' ]+")
QUOTES = "\"'“”„‟「」"
LONGEST = 60
MUCH = 2
"""How many times its upper bound a share must be at least to be taken for per cent."""


class Numeral(NamedTuple):
    """A number as written: what is unusual about it, in words; its value in the unit asked for, None where it stands in
    a unit that cannot be converted; whether a unit stands beside it."""

    how: tuple[str, ...]
    value: Decimal | None
    unit: bool = False

    @property
    def words(self) -> str:
        """What is unusual, for the middle of a sentence."""
        return " and ".join(filter(None, (", ".join(self.how[:-1]), *self.how[-1:])))

    def remedy(self, unit: str) -> str:
        """How to write it instead."""
        named = unit.replace("_", " ")
        if self.value is None:
            return f"write the figure in {named or 'the unit it is read in'}, without a unit beside it"
        return f"write {spelt(self.value)}" + (f" ({named})" if named else "")


def spelt(value: Decimal | float) -> str:
    """A number in plain digits, as files hold it."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def bare(text: str) -> str:
    """A text in half width, with a hyphen for every sign that is a minus before a number."""
    plain = unicodedata.normalize("NFKC", text).strip()
    return "-" + plain[1:].lstrip() if plain[:1] in MINUS and len(plain) > 1 else plain


def read_numeral(text: str, unit: str = "") -> Numeral | None:
    """A text as a number in `unit` (as the data dictionary names units); None where it is none."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if len(plain) > LONGEST:
        return None
    how = ["full-width digits or signs"] if plain != text.strip() else []
    how += ["blanks around the number"] if text != text.strip() else []
    if plain[:1] and plain[:1] in QUOTES and plain[-1:] in QUOTES:
        plain, how = plain.strip(QUOTES).strip(), [*how, "quotation marks about it"]
    negative = plain[:1] in ("-", "(", *MINUS) and plain != "-"
    if plain[:1] in MINUS:
        how.append(MINUS[plain[0]])
    if plain.startswith("(") and plain.endswith(")"):
        plain, how = plain[:-1], [*how, "brackets for a minus"]
    rest = (plain[1:] if negative else plain.removeprefix("+")).strip()
    prefixed = rest.startswith("¥")
    rest = rest.removeprefix("¥").strip()
    number, end = Decimal(0), 0
    scaled = False
    while match := TERM.match(rest, end):
        digits, scale = match[1], (match[2] or "").casefold()
        number += _of_digits(digits, how) * SCALES.get(scale, Decimal(1))
        scaled, end = scaled or bool(scale), match.end()
        if not scale:
            break
    tail = rest[end:].strip().casefold()
    kind = KINDS.get(tail, "") or ("yen" if prefixed else "")
    if not end or (tail and tail not in KINDS):
        return None
    if kind == "percent":
        how.append("a percent sign")
    elif tail or scaled or prefixed:
        how.append(f"a unit ({'¥' if prefixed else ''}{WORDS.sub(' ', rest).strip()})")
    value = _converted(number, kind, unit, scaled)
    if value is not None and negative:
        value = -value
    return Numeral(tuple(dict.fromkeys(how)), value, bool(tail or scaled or prefixed))


def _of_digits(digits: str, how: list[str]) -> Decimal:
    """The value of digits with separators, which are added to `how`."""
    if GROUPED.fullmatch(digits):
        how.append("separators of thousands")
        return Decimal(re.sub("[,、_' ]", "", digits))
    if mark := next((sign for sign in ",、・" if sign in digits), ""):
        how.append(f"{mark!r} for the decimal point")
        return Decimal(digits.replace(mark, "."))
    return Decimal(re.sub("[_' ]", "", digits))


def _converted(number: Decimal, kind: str, unit: str, scaled: bool) -> Decimal | None:
    """A number of some kind in a unit of the dictionary; None where the two have nothing to do with each other."""
    target, size = _unit(unit)
    if kind in SHARES and target in ("share", "percent", ""):
        return number * SHARES[kind] / (SHARES["percent"] if target == "percent" else 1)
    if kind == target or (not kind and (target or not scaled)):
        return number / size if kind or scaled else number
    return None


def _unit(unit: str) -> tuple[str, Decimal]:
    """What a unit of the dictionary measures, and how much of it it is."""
    words = unit.replace("_", " ").casefold()
    if words.startswith("yen per yen") or words.split(" ")[0] in ("ratio", "fraction"):
        return "share", Decimal(1)
    scale, _, rest = words.partition(" ")
    size = SCALES.get(scale, Decimal(1))
    first = (rest if scale in SCALES else words).split(" ")[0]
    return ("share" if words == "per year" else KINDS.get(first, first)), size


def share_meant(value: float, unit: str, least: float | None, most: float | None) -> str:
    """The number that was meant where a share is given in per cent, or per cent as a share; '' where nothing tells."""
    kind = _unit(unit)[0]
    exact = Decimal(repr(float(value)))
    if kind == "share" and most is not None and MUCH * most < value <= 100 * most:
        return spelt(exact / 100)
    if kind == "percent" and least is not None and 0 < value < least <= 100 * value <= (most or 100):
        return spelt(exact * 100)
    return ""
