"""Latin words in a Japanese text: what a reader of Japanese cannot read, but for what is allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

SHOWN = ("title", "aria-label", "placeholder", "alt", "data-label", "data-before")
"""Attributes that readers see or hear."""

VOID = frozenset(("meta", "link", "input", "br", "img", "use", "path", "rect", "hr", "col"))
NAMES = (
    # programs, formats and standards
    "Excel|Word|CSV|TOML|JSON|JavaScript|UTF|PDF|HTML|HiGHS|MapLibre|OpenAPI|CC|BY|Apache|License|Enter|Lキー|CVaR|COVID"
    # publications, organisations and authors abroad, as they sign
    "|NIRA|RIETI|CIGS|ESRI|SSDSE|APSR|FiLaG|BP|Bel|Sebo|Allers|Geertsema|Blom|Hansen|Moisio|Uusitalo|Kabeya|Itaba|Taira"
    "|Buettner|zaisei|kakushin|kai|contents"
    # units and signs
    "|km|CO|ln|e-Stat|Morioka|example"
    # workbooks of the ministry, by the names of their files
    r"|(?:muni|pref)_20\d\d(?:-[a-z]+)?"
    # libraries, by the names under which they are installed
    "|python|pyomo|highspy|pandas|numpy|scipy|pyarrow|XlsxWriter|docx"
)
ALLOWED = re.compile(
    r"https?://\S+|[\w-]+(?:\.[\w-]+)*\.(?:com|or|co|go|canon|net|jp)\b(?:[./][\w./-]*)?"  # addresses
    r"|[\w./-]+\.(?:csv|json|md|toml|docx|xlsx|html|parquet)"  # files
    r"|solve\.py [a-z]+(?: [\w.-]+)?|--[a-z]+(?:-[a-z]+)*(?: [\d.e-]+)?"  # commands
    r"|[a-z]+(?:_[a-z]+)*\.[a-z_]+(?:\.[a-z_]+)*"  # keys of settings
    r"|[a-z]+-\d{4}|\d{8}T\d{6}Z?-[0-9a-f]+|N03|A38|R\d+|E\d|D\d|F\d|P\d|C\d|H\d"  # cases, runs, rules, data sets
    r"|\d{4}-\d\d-\d\dT[\d:]+Z|(?<![0-9a-z])[0-9a-f]{12}(?![0-9a-z])"  # times, sums of files
    r"|「[a-z_0-9@|:]+」|（[a-z]+(?:_[a-z]+)+）|\([a-z_]+\.csv\)"  # names to be typed
    rf"|\b(?:{NAMES})\b|(?:{NAMES})(?![A-Za-z])"
)
WORD = re.compile(r"[A-Za-z]{2,}")


def latin(text: str, also: re.Pattern[str] | None = None) -> list[str]:
    """The Latin words of two letters and more that are left when what is allowed is taken out."""
    left = ALLOWED.sub(" ", also.sub(" ", text) if also else text)
    return WORD.findall(left)


class Shown(HTMLParser):
    """Every text of a page that readers see or hear; neither code to be typed nor the choice of the other language."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self.open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        quiet = tag in ("style", "script", "code") or "hreflang" in found
        if tag not in VOID:
            self.open.append((tag, quiet or bool(self.open and self.open[-1][1])))
        self.texts += [str(found[name]) for name in SHOWN if found.get(name)]

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not (self.open and self.open[-1][1]):
            self.texts.append(data.strip())


SAID = ("words", "labels", "title", "label", "unit", "source", "texts")
"""Keys of the data of a page under which stands what readers see."""


def said_in(data: object, shown: bool = False) -> Iterator[str]:
    """Texts of the data of a page that are shown."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from said_in(value, shown or key in SAID)
    elif isinstance(data, list):
        for value in data:
            yield from said_in(value, shown)
    elif shown and isinstance(data, str):
        yield data


DATA = re.compile(r'<script type="application/json"[^>]*>(.*?)</script>', re.DOTALL)


def latin_of_page(html: str) -> Iterator[tuple[str, list[str]]]:
    """The texts of a page with Latin words, and these."""
    page = Shown()
    page.feed(html)
    for data in DATA.findall(html):
        page.texts += said_in(json.loads(data))
    for text in dict.fromkeys(page.texts):
        if words := latin(text):
            yield text, words
