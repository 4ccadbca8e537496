"""A draft as a package file, and a package file as a draft.

A file that is read in and not changed is written out byte for byte; what was changed stands under the provision that
named the setting, anything else under a last one. A fault of a file is told with the line in which it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from optimization.case.package import ASSUMPTIONS, STATUS_QUO, Package
from optimization.case.package_reader import NAME, package_of, toml_document
from optimization.case.prescribed import FIX_BODIES, as_setting
from optimization.case.rule_groups import FIX, SIZE_CLASSES
from optimization.dictionary.settings import GROUP
from optimization.errors import InputError, Problem, shortened
from optimization.reading.toml_file import toml_value
from optimization.web.api import Asked, counted, given_bodies, package_asked

MOST_FILE = 64 * 1024
"""Characters of a file; the largest package at hand has 12,000."""

MOST_TEXT = 4_000
SAID = ("As set on the workbench.", "作業台での設定による。")
FILE = "file"
TEXTS = ("name", "title", "title_ja", "author", "source", "source_ja", "reading", "reading_ja")
"""Texts of a file that say who signs what."""


class Written(BaseModel):
    """A provision of a file: its texts, and the settings that stand under it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: str = Field(max_length=MOST_TEXT)
    text_ja: str = Field(default="", max_length=MOST_TEXT)
    as_today: bool = False
    settings: list[str] = Field(default=[], max_length=200)


class Signed(BaseModel):
    """Who signs a draft, and the file that it was read from ('' where it was made on the page)."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(default="draft", max_length=100)
    title: str = Field(default="Draft of the workbench", max_length=MOST_TEXT)
    title_ja: str = Field(default="作業台の案", max_length=MOST_TEXT)
    author: str = Field(default="the user of the page", max_length=MOST_TEXT)
    source: str = Field(default="workbench", max_length=MOST_TEXT)
    source_ja: str = Field(default="", max_length=MOST_TEXT)
    date: str = Field(default="", max_length=10, description="YYYY-MM-DD; today where it is empty.")
    reading: str = Field(default="", max_length=MOST_TEXT)
    reading_ja: str = Field(default="", max_length=MOST_TEXT)
    provisions: list[Written] = Field(default=[], max_length=200)
    text: str = Field(default="", max_length=MOST_FILE, description="The file as it was read.")


class ToWrite(Asked):
    """A draft to be written as a package file."""

    file: Signed = Signed()


class ToRead(BaseModel):
    """A package file to be read as a draft on a case."""

    model_config = ConfigDict(extra="forbid", strict=True)

    case: str = Field(max_length=200)
    prefectures: list[str] = Field(default=[], max_length=47)
    toml: str = Field(max_length=MOST_FILE)


class DraftFile(BaseModel):
    """A package file and its name."""

    name: str
    date: str
    toml: str


class ReadDraft(BaseModel):
    """A draft read from a file: the packages beneath it, and all that it sets."""

    package: str
    tiers: dict[str, str]
    settings: dict[str, Any]
    assumptions: dict[str, float]
    file: Signed


# ---- out


def written(asked: ToWrite) -> DraftFile:
    """A draft as a package file. Raises `InputError` where what it sets cannot be, or nobody could sign it so."""
    signed = asked.file
    if not NAME.fullmatch(signed.name):
        raise InputError(
            [Problem(FILE, "is not a name", "use letters, digits, '_', '-' and '.'", "", "name", signed.name[:80])]
        )  # fmt: skip
    day = signed.date or datetime.now(UTC).date().isoformat()
    try:
        date.fromisoformat(day)
    except ValueError as error:
        problem = Problem(FILE, "must be a day", "write 2026-11-24", "", "date", signed.date)
        raise InputError([problem]) from error
    asked = _with_bodies_set(asked)
    package_asked(Asked(**asked.model_dump(exclude={FILE})))
    if signed.text and _same(asked, signed.text):
        return DraftFile(name=f"{signed.name}.toml", date=day, toml=signed.text)
    return DraftFile(name=f"{signed.name}.toml", date=day, toml=_text(asked, day))


def _with_bodies_set(asked: ToWrite) -> ToWrite:
    """The draft with its bodies as the setting writes them: a file has no other place for them."""
    if not asked.bodies:
        return asked
    bodies = [as_setting(each) for each in given_bodies(asked)]
    settings = {**asked.settings, FIX_BODIES: [*asked.settings.get(FIX_BODIES, []), *bodies]}
    return asked.model_copy(update={"settings": settings, "bodies": []})


def _same(asked: ToWrite, text: str) -> bool:
    """Whether a file says of its draft, and of who signs it, what is asked now."""
    try:
        found = _draft_of(_package(text))
    except InputError:
        return False
    signs = [(getattr(asked.file, key), getattr(found.file, key)) for key in (*TEXTS, "date")]
    own = (asked.package, asked.tiers, asked.settings, asked.assumptions, asked.file.provisions)
    of = (found.package, found.tiers, found.settings, found.assumptions, found.file.provisions)
    return own == of and all(one == other for one, other in signs)


def _text(asked: ToWrite, day: str) -> str:
    """The text of a package file: head, provisions, assumptions, each setting in its order."""
    signed = asked.file
    head = {
        key: getattr(signed, key) for key in ("name", "title", "title_ja", "author", "source", "source_ja")
    }
    lines = ["[package]", *(f"{key} = {toml_value(value)}" for key, value in head.items() if value)]
    lines += [f"date = {day}", f'baseline = "{STATUS_QUO}"']
    beneath = [name for name in asked.package.split("+") if name != STATUS_QUO]
    lines += [f"extends = {toml_value(beneath)}"] if beneath else []
    read = {"reading": signed.reading, "reading_ja": signed.reading_ja}
    lines += [f"{key} = {toml_value(value)}" for key, value in read.items() if value]
    settings = _settings(asked)
    for number, provision in enumerate(_provisions(signed.provisions, settings), start=1):
        lines += ["", "[[provision]]", f"number = {number}", f"text = {toml_value(provision.text)}"]
        lines += [f"text_ja = {toml_value(provision.text_ja)}"] if provision.text_ja else []
        lines += ["as_today = true"] if provision.as_today else []
        lines += ["[provision.settings]"]
        lines += [f"{toml_value(key)} = {toml_value(settings[key])}" for key in provision.settings]
    if asked.assumptions:
        lines += ["", f"[{ASSUMPTIONS}]"]
        lines += [f"{toml_value(key)} = {toml_value(v)}" for key, v in sorted(asked.assumptions.items())]
    return "\n".join(lines) + "\n"


def _settings(asked: Asked) -> dict[str, Any]:
    """All settings of a draft, those of roles together, entries of tables in order."""
    return {
        key: dict(sorted(value.items())) if isinstance(value, Mapping) else value
        for key, value in sorted(asked.all_settings().items())
    }


def _provisions(given: Sequence[Written], settings: Mapping[str, Any]) -> list[Written]:
    """The provisions of a file with the settings that there are, and a last one for those that none of them names."""
    kept = [
        each.model_copy(update={"settings": [key for key in each.settings if key in settings]}) for each in given
    ]  # fmt: skip
    named = {key for each in kept for key in each.settings}
    rest = [key for key in settings if key not in named]
    if rest or not kept:
        kept.append(Written(text=SAID[0], text_ja=SAID[1], settings=rest))
    return kept


# ---- in


def read(asked: ToRead) -> ReadDraft:
    """A package file as a draft. Raises `InputError` with every fault, its line in `row` where it has one."""
    try:
        draft = _draft_of(_package(asked.toml))
        counted(
            Asked(
                case=asked.case,
                prefectures=asked.prefectures,
                package=draft.package,
                tiers=draft.tiers,
                settings=draft.settings,
                assumptions=draft.assumptions,
            )
        )
    except InputError as error:
        raise InputError([_placed(problem, asked.toml) for problem in shortened(error.problems)]) from error
    return draft.model_copy(update={FILE: draft.file.model_copy(update={"text": asked.toml})})


def _package(text: str) -> Package:
    """The package that a text is. Raises `InputError` with every fault of it."""
    document, problems = toml_document(FILE, text)
    if document is None:
        raise InputError(problems)
    head = document.get("package")
    name = head.get("name") if isinstance(head, dict) else None
    try:
        package = package_of(document, Path(f"{name if isinstance(name, str) else FILE}.toml"))
    except InputError as error:
        raise InputError([*problems, *error.problems]) from error
    if problems:
        raise InputError(problems)
    return package


def _draft_of(package: Package) -> ReadDraft:
    """A package as a draft: what it prescribes to a class of municipalities as cells of the matrix."""
    settings = package.settings
    fixed = settings.pop(FIX, {})
    cells = {key: tier for key, tier in fixed.items() if key.partition(GROUP)[2] in SIZE_CLASSES}
    if rest := {key: tier for key, tier in fixed.items() if key not in cells}:
        settings[FIX] = rest
    provisions = [
        Written(text=each.text, text_ja=each.text_ja, as_today=each.as_today, settings=list(each.settings))
        for each in package.provisions
    ]
    return ReadDraft(
        package="+".join(package.extends) or STATUS_QUO,
        tiers=cells,
        settings=settings,
        assumptions=dict(package.assumptions),
        file=Signed(
            **{key: getattr(package, key) for key in TEXTS},
            date=package.date.isoformat(),
            provisions=provisions,
        ),
    )


def _placed(problem: Problem, text: str) -> Problem:
    """A fault with the number of its line in `row`: the line that a reader named, else that of its key."""
    if problem.row.isdigit():
        return problem
    lines = text.split("\n")
    first = _line_of_provision(problem.row, lines)
    for key in _keys(problem):
        wanted = re.compile(rf"(?<![\w.@]){re.escape(key)}(?![\w@])")
        for number, line in enumerate(lines[first:], start=first + 1):
            if wanted.search(line.partition("#")[0]):
                return replace(problem, row=str(number))
    return replace(problem, row=str(first + 1) if first else "1")


def _keys(problem: Problem) -> list[str]:
    """What to look for in a file, the most exact first: an entry of a table of settings, the table, the value."""
    entry, value = problem.column.removeprefix(f"{FIX}."), problem.value if len(problem.value) > 2 else ""
    found = (entry, problem.column, value) if "." in problem.column or GROUP in entry else (value, entry)
    return [key for key in found if key]


def _line_of_provision(row: str, lines: Sequence[str]) -> int:
    """Number of lines before a provision, or a section, that a fault is said of; 0 where it is of none."""
    kind, _, number = row.partition(" ")
    if kind == "provision" and number.isdigit():
        heads = [n for n, line in enumerate(lines) if line.strip().startswith("[[provision]]")]
        return heads[int(number) - 1] if 0 < int(number) <= len(heads) else 0
    return next((n for n, line in enumerate(lines) if row and line.strip() == f"[{row}]"), 0)
