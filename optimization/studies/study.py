"""A study file: the questions of a sweep, as a list of cells or the product of a grid.

[study]
name = "pool_and_floor"            # [a-z0-9_]+
title = "..."
prefectures = ["03"]               # none: the whole case
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

import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from typing import Any

from optimization.case.case import Case
from optimization.case.compose import ResolvedPackage
from optimization.case.overlay import overlay
from optimization.errors import InputError, Problem, raise_if_any
from optimization.face import load_package

NAME = re.compile(r"[a-z0-9_]+")
KEYS = {
    "": ("study", "grid", "cell"),
    "study": ("name", "title", "prefectures", "gap", "time_limit", "method", "seed"),
    "grid": ("packages", "settings", "assumptions"),
    "cell": ("packages", "settings", "assumptions"),
}
LIMITS: Mapping[str, tuple[type | tuple[type, ...], Any]] = {
    "gap": ((int, float), 1e-3),
    "time_limit": ((int, float), 600.0),
    "method": (str, "auto"),
    "seed": (int, 0),
}


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
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError([Problem(str(path), f"cannot be read ({error})", "name a TOML file")]) from error
    problems = list(_faults(str(path), document))
    raise_if_any(problems)
    head = document["study"]
    limits = {key: head.get(key, default) for key, (_, default) in LIMITS.items()}
    cells = [*_of_grid(document.get("grid")), *map(_of_table, document.get("cell", []))]
    unique = tuple({repr(cell.varied): cell for cell in cells}.values())
    return Study(
        head["name"], head.get("title", ""), tuple(head.get("prefectures", ())), **limits, cells=unique
    )


def _faults(file: str, document: Mapping[str, Any]) -> Iterator[Problem]:
    parts = [("", document), *((key, document[key]) for key in ("study", "grid") if key in document)]
    parts += [("cell", cell) for cell in document.get("cell", [])]
    for name, part in parts:
        for key in sorted(set(part) - set(KEYS[name])):
            remedy = f"use one of: {', '.join(KEYS[name])}"
            yield Problem(file, "is not known here", remedy, row=name, column=key)
    head = document.get("study", {})
    if not NAME.fullmatch(str(head.get("name", ""))):
        remedy = 'write name = "..." of a to z, 0 to 9 and _ under [study]'
        yield Problem(file, "names no study", remedy, "study", "name", str(head.get("name", "")))
    for key, (kind, _) in LIMITS.items():
        if key in head and (not isinstance(head[key], kind) or isinstance(head[key], bool)):
            yield Problem(file, "is of the wrong kind", "see docs/studies.md", "study", key, str(head[key]))
    if not document.get("grid") and not document.get("cell"):
        yield Problem(file, "asks nothing", "add [grid] or [[cell]]")
    for key in ("settings", "assumptions"):
        for name, values in document.get("grid", {}).get(key, {}).items():
            if not isinstance(values, list) or not values:
                remedy = (
                    "write a list of values in brackets; a value that is a list itself goes in a second pair"
                )
                yield Problem(file, "is no list of values", remedy, f"grid.{key}", name, str(values))
    for part in (document.get("grid"), *document.get("cell", [])):
        if part is not None and not part.get("packages"):
            yield Problem(file, "names no package", "add packages", column="packages")


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


def resolved(case: Case, cell: Cell, prefectures: Sequence[str] = (), name: str = "study") -> ResolvedPackage:
    """The packages of a cell with its own settings and assumptions laid on top, checked and traced to the study.
    Raises InputError with every fault."""
    if not cell.settings and not cell.assumptions:
        return load_package(case, cell.packages, prefectures)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.toml"
        text = "What the study varies.", "分析で変化させる項目"
        path.write_text(overlay(name, "the study", text, cell.settings, cell.assumptions), encoding="utf-8")
        try:
            return load_package(case, [cell.packages, path], prefectures)
        except InputError as error:  # the file laid on top is nobody's but ours
            raise InputError(
                replace(p, file=name if p.file == str(path) else p.file) for p in error.problems
            ) from error
