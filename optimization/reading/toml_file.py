"""A TOML text as people write it: what breaks it is told line by line, with what is meant where a number or a sign of
full width stands in the way.

A line that can be read otherwise is read on in its right spelling, so that one slip hides no other fault of the file.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Any, NamedTuple

from optimization.reading.files import QUOTED, parse_toml
from optimization.reading.numerals import read_numeral, spelt

MOST = 20
"""Lines of a file that are read otherwise before the reader gives up."""

LONGEST = 2_000
"""Characters of a line that is looked into."""

LINE = re.compile(r"\(at line (\d+), column \d+\)")
SIGNS = str.maketrans({"“": '"', "”": '"', "„": '"', "＂": '"', "　": " ", "＝": "=", "［": "[", "］": "]"})
SIGNS |= str.maketrans({"｛": "{", "｝": "}", "、": ",", "＃": "#"})
"""Signs of TOML in full width, and quotation marks of word processors."""

KEY = r"\"[^\"\n]*\"|'[^'\n]*'|[A-Za-z_][\w.-]*"
VALUE = re.compile(rf"(?P<key>{KEY})\s*=\s*(?P<value>[^\"'\[\]{{}}=#]+?)(?=\s*(?:,\s*[\"'A-Za-z_]|[}}#]|$))")
ENTRY = re.compile(r"(?<=[\[,])\s*(?P<value>[^\"'\[\]{},=#]+?)\s*(?=[,\]])")
ZERO = re.compile(r"[-+]?0[0-9]+(\.[0-9]+)?")
MEND = 'mend the line; texts stand in quotation marks, settings are written "family.name" = value'


class TomlFault(NamedTuple):
    """What is wrong with a line (from 1) of a TOML text: key and value as far as they can be told."""

    line: int
    key: str
    value: str
    message: str
    remedy: str


def read_toml(
    text: str, unit_of: Callable[[str], str] = lambda key: ""
) -> tuple[dict[str, Any] | None, list[TomlFault]]:
    """The document, or None where it cannot be read on, and what is wrong with its form. `unit_of` gives the unit in
    which the number of a key is read."""
    faults: list[TomlFault] = []
    lines = text.split("\n")
    while True:
        try:
            return parse_toml("\n".join(lines)), faults
        except ValueError as error:
            place = LINE.search(str(error))
            number = int(place[1]) if place else len(lines)
            found = _otherwise(lines[number - 1], number, unit_of) if 0 < number <= len(lines) else None
            if found is None or len(faults) >= MOST:
                return None, [*faults, TomlFault(number, "", "", f"is not valid TOML: {error}", MEND)]
            told, line = found
            faults += told
            if line == lines[number - 1]:
                return None, faults
            lines[number - 1] = line


def _otherwise(line: str, number: int, unit_of: Callable[[str], str]) -> tuple[list[TomlFault], str] | None:
    """What is told of a line that is no TOML, and the line as it was meant; None where nothing tells."""
    if len(line) > LONGEST:
        return None
    faults: list[TomlFault] = []
    plain = _half_width(line)

    def value(match: re.Match[str]) -> str:
        groups = match.groupdict()
        key = (groups.get("key") or _key_before(match)).strip("\"'")
        written, whole = match["value"].strip(), match[0]
        if ZERO.fullmatch(written):
            remedy = f'write "{written}" in quotation marks where it is a code, else {written.lstrip("0+-")}'
            faults.append(TomlFault(number, key, written, "begins with a zero, which no number does", remedy))
            return whole.replace(match["value"], f'"{written}"')
        found = read_numeral(written, unit_of(key))
        if found is None or not found.how:
            return whole
        faults.append(TomlFault(number, key, written, f"has {found.words}", found.remedy(unit_of(key))))
        if found.value is None:
            return "" if groups.get("key") and whole.strip() == plain.strip() else whole
        return whole.replace(match["value"], spelt(found.value))

    mended = ENTRY.sub(value, VALUE.sub(value, plain))
    if faults:
        return faults, mended
    whole = _outside_quotes(mended, lambda part: unicodedata.normalize("NFKC", part))
    if whole == line:
        return None
    message = "has signs of full width or of a word processor"
    return [TomlFault(number, "", line.strip()[:80], message, f"write {whole.strip()}")], whole


def _key_before(match: re.Match[str]) -> str:
    """The last key of a line before an entry of a list."""
    keys = re.findall(rf"({KEY})\s*=", match.string[: match.start()])
    return keys[-1] if keys else ""


def _half_width(line: str) -> str:
    """A line with the signs of TOML in half width, outside texts."""
    return _outside_quotes(line, lambda part: part.translate(SIGNS))


def _outside_quotes(line: str, change: Callable[[str], str]) -> str:
    """A line changed where no text in quotation marks stands."""
    parts, end = [], 0
    for quoted in QUOTED.finditer(line):
        parts += [change(line[end : quoted.start()]), quoted[0]]
        end = quoted.end()
    return "".join([*parts, change(line[end:])])


OFF = "off"
"""How a file says that there is no limit."""


def toml_value(value: Any) -> str:
    """A text, number, truth value, day or time, list or table in TOML, on one line; None as `OFF`: TOML has no word for
    nothing."""
    if value is None:
        return json.dumps(OFF)
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{toml_value(key)} = {toml_value(entry)}" for key, entry in value.items()) + "}"
        )
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    # JSON writes texts and numbers as TOML does, but for the delete character
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
