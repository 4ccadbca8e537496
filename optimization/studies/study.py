"""A study file: the questions of a sweep, as a list of cells or the product of a grid.

[study]
name = "pool_and_floor"            # [a-z0-9_]+
title = "..."
prefectures = ["Iwate"]            # codes, names or romaji; none: the whole case
gap = 1e-3
time_limit = 300

[grid]                             # every combination
packages = ["role_division", "role_division+hard_budget"]
[grid.settings]
"equity.adequacy_floor" = [0.95, 0.97]
[grid.assumptions]
"coordination_fixed_million_yen" = [5.0, 15.0]

[[cell]]                           # or one by one
packages = "uniform"
settings = { "equity.adequacy_floor" = 0.9 }
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from optimization.case.case import Case
from optimization.case.face import load_package, with_on_top
from optimization.case.overlay import overlay_package
from optimization.case.package_reader import toml_document
from optimization.case.resolved import ResolvedPackage
from optimization.dictionary.settings import shown
from optimization.errors import InputError, Problem, raise_if_any
from optimization.outcome.terms import METHODS
from optimization.reading.files import MOST_SETTINGS, read_text
from optimization.reading.numerals import read_numeral, share_meant

LONGEST = 100
NAME = re.compile(rf"[a-z0-9_]{{1,{LONGEST}}}")


class HeadKey(NamedTuple):
    """A key of [study]: the kinds its value may be of, the value where it is not given, what is allowed, in words and
    as a check."""

    kinds: tuple[type, ...]
    default: Any
    allowed: str
    holds: Callable[[Any], bool]
    unit: str = ""


KEYS = {
    "": ("study", "grid", "cell"),
    "study": ("name", "title", "prefectures", "gap", "time_limit", "method", "seed"),
    "grid": ("packages", "settings", "assumptions"),
    "cell": ("packages", "settings", "assumptions"),
}
HEAD_KEYS: Mapping[str, HeadKey] = {
    "gap": HeadKey((int, float), 1e-3, "a number from 0 to 1", lambda gap: 0 <= gap <= 1, "ratio"),
    "time_limit": HeadKey((int, float), 600.0, "seconds above 0, at most 1e7", lambda s: 0 < s <= 1e7),
    "method": HeadKey((str,), METHODS[0], f"one of: {', '.join(METHODS)}", METHODS.__contains__),
    "seed": HeadKey((int,), 0, "a whole number from 0 to 2147483647", lambda seed: 0 <= seed < 2**31),
}
MOST_CELLS = 100_000
"""Questions of a study: at a second each, more than a day."""


@dataclass(frozen=True)
class Cell:
    """One question: packages by name, joined by '+', with settings and assumptions on top."""

    packages: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    assumptions: Mapping[str, float] = field(default_factory=dict)

    @property
    def varied(self) -> dict[str, Any]:
        """What sets it apart: packages, settings, assumptions."""
        return {"packages": self.packages, **self.settings, **self.assumptions}


@dataclass(frozen=True)
class Study:
    """All questions of a study and the limits under which each is solved."""

    name: str
    title: str
    prefectures: tuple[str, ...]
    gap: float
    time_limit: float
    method: str
    seed: int
    cells: tuple[Cell, ...]


def read_study(path: Path) -> Study:
    """Read a study file; raises InputError with every fault of its form. What the packages make of it is said cell by
    cell when it is run."""
    try:
        document, problems = toml_document(str(path), read_text(path, MOST_SETTINGS))
    except (OSError, ValueError) as error:
        raise InputError([Problem(str(path), f"cannot be read ({error})", "name a TOML file")]) from error
    if document is None:
        raise InputError(problems)
    form = list(_form_faults(str(path), document))
    if not form:  # what is no table cannot be looked into
        form = [*_faults(str(path), document), *_value_faults(str(path), document)]
    raise_if_any([*problems, *form])
    head = document["study"]
    limits = {key: head.get(key, limit.default) for key, limit in HEAD_KEYS.items()}
    cells = [*_of_grid(document.get("grid")), *map(_of_table, document.get("cell", []))]
    unique = tuple({repr(cell.varied): cell for cell in cells}.values())
    return Study(
        head["name"],
        head.get("title", ""),
        tuple(map(str, head.get("prefectures", ()))),
        **limits,
        cells=unique,
    )


def _form_faults(file: str, document: Mapping[str, Any]) -> Iterator[Problem]:
    """What should be a table, or a list of tables, and is none."""
    cells = document.get("cell", [])
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        yield Problem(file, "must be a list of tables", "write [[cell]], twice bracketed", column="cell")
        cells = []
    parts = [(name, document[name]) for name in ("study", "grid") if name in document]
    for name, part in [*parts, *(("cell", cell) for cell in cells)]:
        if not isinstance(part, dict):
            yield Problem(file, "must be a table", f"write [{name}] on a line of its own", column=name)
            continue
        for key in ("settings", "assumptions"):
            if not isinstance(part.get(key, {}), dict):
                yield Problem(
                    file, "must be a table", 'write { "name" = value }', name, key, shown(part[key])
                )


def _parts(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The tables of a document with their names."""
    yield "", document
    yield from ((name, document[name]) for name in ("study", "grid") if name in document)
    yield from (("cell", cell) for cell in document.get("cell", []))


def _faults(file: str, document: Mapping[str, Any]) -> Iterator[Problem]:
    """Keys that are not known, a name that is none, nothing asked."""
    for name, part in _parts(document):
        for key in sorted(set(part) - set(KEYS[name])):
            remedy = f"use one of: {', '.join(KEYS[name])}"
            yield Problem(file, "is not known here", remedy, row=name, column=key)
    head = document.get("study", {})
    name = head.get("name", "")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        remedy = f'write name = "..." of a to z, 0 to 9 and _, at most {LONGEST}, under [study]'
        yield Problem(file, "names no study", remedy, "study", "name", shown(name))
    if not document.get("grid") and not document.get("cell"):
        yield Problem(file, "asks nothing", "add [grid] or [[cell]]")
    for key in ("settings", "assumptions"):
        for name, values in document.get("grid", {}).get(key, {}).items():
            if not isinstance(values, list) or not values:
                remedy = (
                    "write a list of values in brackets; a value that is a list itself goes in a second pair"
                )
                yield Problem(file, "is no list of values", remedy, f"grid.{key}", name, shown(values))
    for name, part in _parts(document):
        if name in ("grid", "cell") and not _names_packages(part, several=name == "grid"):
            remedy = 'write packages = "name"' + (", or a list of such names" if name == "grid" else "")
            yield Problem(file, "names no package", remedy, name, "packages", shown(part.get("packages", "")))


def _names_packages(part: Mapping[str, Any], several: bool) -> bool:
    """Whether a part names packages: one text, or in a grid several."""
    found = part.get("packages")
    names = found if several and isinstance(found, list) else [found]
    return bool(names) and all(isinstance(name, str) and name.strip() for name in names)


def _value_faults(file: str, document: Mapping[str, Any]) -> Iterator[Problem]:
    """Values under [study] of a wrong kind or beyond bounds; a grid of more questions than can be answered."""
    head = document.get("study", {})
    for key, limit in HEAD_KEYS.items():
        value: Any = head.get(key, limit.default)
        if not isinstance(value, limit.kinds) or isinstance(value, bool):
            message, remedy = _wrong_kind(value, limit)
            yield Problem(file, message, remedy, "study", key, shown(value))
        elif not limit.holds(value):
            yield Problem(file, "is not allowed", _allowed(value, limit), "study", key, shown(value))
    if not isinstance(head.get("title", ""), str):
        yield Problem(
            file, "must be a text", "write it in quotation marks", "study", "title", shown(head["title"])
        )
    codes = head.get("prefectures", [])
    if not isinstance(codes, list) or not all(isinstance(code, str | int) for code in codes):
        remedy = 'write ["03", "宮城県", "Akita"]: codes, names or romaji'
        yield Problem(file, "must be a list of codes or names", remedy, "study", "prefectures", shown(codes))
    count = _count(document.get("grid")) + len(document.get("cell", []))
    if count > MOST_CELLS:
        message = f"asks {count:,} questions, and at most {MOST_CELLS:,} can be asked at once"
        yield Problem(file, message, "leave out values, or ask in several studies")


def _wrong_kind(value: object, limit: HeadKey) -> tuple[str, str]:
    """What is said of a value of another kind than its limit, and the remedy: a number as text is read."""
    found = read_numeral(value, limit.unit) if isinstance(value, str) and str not in limit.kinds else None
    if found is None:
        return "is of the wrong kind", f"write {limit.allowed}"
    beside = f" and has {found.words}" if found.how else ""
    remedy = f"{found.remedy(limit.unit)}, without quotation marks"
    return f"is of the wrong kind: it is a text{beside}", remedy


def _allowed(value: Any, limit: HeadKey) -> str:
    """What may be written in the place of a value, with the share that was meant where per cent stand."""
    meant = ""
    if limit.unit == "ratio" and math.isfinite(value):
        meant = share_meant(value, limit.unit, 0.0, 1.0)
    return (f"did you mean {meant}? Else " if meant else "") + f"write {limit.allowed}"


def _count(grid: Mapping[str, Any] | None) -> int:
    """How many combinations a grid has."""
    if grid is None or not _names_packages(grid, several=True):
        return 0
    packages = grid["packages"] if isinstance(grid["packages"], list) else [grid["packages"]]
    axes = [values for key in ("settings", "assumptions") for values in grid.get(key, {}).values()]
    axes = [values for values in axes if isinstance(values, list)]
    return math.prod(map(len, axes), start=len(packages))


def _of_grid(grid: Mapping[str, Any] | None) -> Iterator[Cell]:
    if grid is None:
        return
    axes = [
        (kind, key, values)
        for kind in ("settings", "assumptions")
        for key, values in grid.get(kind, {}).items()
    ]
    packages = grid["packages"] if isinstance(grid["packages"], list) else [grid["packages"]]
    for name, *chosen in product(packages, *(values for *_, values in axes)):
        picked: dict[str, dict[str, Any]] = {"settings": {}, "assumptions": {}}
        for (kind, key, _), value in zip(axes, chosen, strict=True):
            picked[kind][key] = value
        yield Cell(name, **picked)


def _of_table(table: Mapping[str, Any]) -> Cell:
    return Cell(table["packages"], dict(table.get("settings", {})), dict(table.get("assumptions", {})))


def resolved(
    case: Case,
    cell: Cell,
    prefectures: Sequence[str] = (),
    name: str = "study",
    base: ResolvedPackage | None = None,
) -> ResolvedPackage:
    """The packages of a cell (`base` where they have been read already) with its own settings and assumptions laid on
    top, checked and traced to the study. Raises InputError with every fault."""
    base = base or load_package(case, cell.packages, prefectures)
    if not cell.settings and not cell.assumptions:
        return base
    text = "What the study varies.", "分析で変化させる項目"
    varied = overlay_package(name, "the study", text, cell.settings, cell.assumptions)
    return with_on_top(case, base, varied, prefectures)
