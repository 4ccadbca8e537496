"""The registry of allocation-tax columns, read once from `items.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from optimization.prepare.workbook import normalise

MONEY_SUFFIX = "_thousand_yen"


@dataclass(frozen=True)
class Share:
    """How much of a tax counts in standard revenue (a fraction), how sure that is, and who says so."""

    share: float
    mark: str
    source: str


@dataclass(frozen=True)
class Item:
    """One known column: `sums` are the ids of the totals it enters, `sign` is -1 for a deduction."""

    id: str
    name_ja: str
    headings: tuple[str, ...]
    kind: str
    sums: tuple[str, ...]
    sign: int
    measurement_unit: str
    measurement_unit_ja: str
    share: Share | None

    @property
    def column(self) -> str:
        """Column name in the written table."""
        return self.id + MONEY_SUFFIX


@dataclass(frozen=True)
class Register:
    """All known columns of one table, such as `municipal_need`, in their official order."""

    table: str
    tier: str
    items: tuple[Item, ...]

    def by_heading(self) -> dict[str, Item]:
        """Every known heading path and its column."""
        return {heading: item for item in self.items for heading in item.headings}


def _clean(heading: str) -> str:
    return "/".join(normalise(part) for part in heading.split("/"))


def _item(entry: dict[str, Any], groups: dict[str, list[str]], raw: dict[str, Any]) -> Item:
    parts = [part for part in entry["headings"][0].split("/") if part != "*"]
    units: dict[str, str] = raw["measurement_units"]
    is_measured = "share" not in entry and parts[-1] in units and entry.get("kind", "item") == "item"
    return Item(
        id=entry["id"],
        name_ja=entry.get("name_ja", "・".join(parts)),
        headings=tuple(_clean(heading) for heading in entry["headings"]),
        kind=entry.get("kind", "item"),
        sums=tuple(groups[entry["group"]]) if "group" in entry else (),
        sign=entry.get("sign", 1),
        measurement_unit=units[parts[-1]] if is_measured else "",
        measurement_unit_ja=parts[-1] if is_measured else "",
        share=Share(**raw["shares"][entry["share"]]) if "share" in entry else None,
    )


@cache
def load_register(table: str) -> Register:
    """The register of one table; `table` is a section of `items.toml`."""
    raw = tomllib.loads(Path(__file__).with_name("items.toml").read_text(encoding="utf-8"))
    section = raw[table]
    items = tuple(_item(entry, section["groups"], raw) for entry in section["columns"])
    return Register(table, section["tier"], items)
