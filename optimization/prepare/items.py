"""The registry of allocation-tax columns, read once from `items.toml`, and keys for what it does not hold."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from optimization.prepare.workbook import normalise

MONEY_SUFFIX = "_thousand_yen"
UNMAPPED = "unmapped_"
"""What the key of an item begins with that the registry does not hold."""

REGISTRY = Path(__file__).with_name("items.toml")


@dataclass(frozen=True)
class Share:
    """How much of a tax counts in standard revenue (a fraction), how sure that is, and who says so."""

    share: float
    mark: str
    source: str


@dataclass(frozen=True)
class Item:
    """One known column: `sums` are the ids of the totals it enters, `sign` is -1 for a deduction.

    `group` is the registry's name for those sums, `share_name` that of the share. `decided_later` marks what a
    supplementary budget added in winter: a sheet that holds it is a revised one.
    """

    id: str
    name_ja: str
    headings: tuple[str, ...]
    kind: str
    sums: tuple[str, ...]
    sign: int
    measurement_unit: str
    measurement_unit_ja: str
    share: Share | None
    group: str = ""
    share_name: str = ""
    decided_later: bool = False

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
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def with_items(self, items: tuple[Item, ...]) -> Register:
        """The register of a sheet that holds other columns."""
        return replace(self, items=items)

    def by_heading(self) -> dict[str, Item]:
        """Every known heading path and its column."""
        return {heading: item for item in self.items for heading in item.headings}


def _clean(heading: str) -> str:
    return "/".join(normalise(part) for part in heading.split("/"))


def _item(entry: dict[str, Any], groups: Mapping[str, tuple[str, ...]], raw: dict[str, Any]) -> Item:
    parts = [part for part in entry["headings"][0].split("/") if part != "*"]
    units: dict[str, str] = raw["measurement_units"]
    is_measured = "share" not in entry and parts[-1] in units and entry.get("kind", "item") == "item"
    return Item(
        id=entry["id"],
        name_ja=entry.get("name_ja", "・".join(parts)),
        headings=tuple(_clean(heading) for heading in entry["headings"]),
        kind=entry.get("kind", "item"),
        sums=groups[entry["group"]] if "group" in entry else (),
        sign=entry.get("sign", 1),
        measurement_unit=units[parts[-1]] if is_measured else "",
        measurement_unit_ja=parts[-1] if is_measured else "",
        share=Share(**raw["shares"][entry["share"]]) if "share" in entry else None,
        group=entry.get("group", ""),
        share_name=entry.get("share", ""),
        decided_later=entry.get("decided_later", False),
    )


@cache
def _registry() -> dict[str, Any]:
    return tomllib.loads(REGISTRY.read_text(encoding="utf-8"))


@cache
def load_register(table: str) -> Register:
    """The register of one table; `table` is a section of `items.toml`."""
    raw = _registry()
    section = raw[table]
    groups = {name: tuple(sums) for name, sums in section["groups"].items()}
    items = tuple(_item(entry, groups, raw) for entry in section["columns"])
    return Register(table, section["tier"], items, groups)


def unmapped_item(
    register: Register, heading: str, sums: tuple[str, ...], sign: int, taken: set[str]
) -> Item:
    """An official item that the registry does not hold, under a key made of its heading: the same one in every year.

    It counts as most items of its group do, where the register says how taxes count. A second column of the same
    heading gets a number behind its key.
    """
    key = UNMAPPED + hashlib.sha256(heading.encode()).hexdigest()[:8]
    double = next(n for n in range(1, len(taken) + 2) if (key if n == 1 else f"{key}_{n}") not in taken)
    group = next((name for name, known in register.groups.items() if known == sums), "")
    entry: dict[str, Any] = {
        "id": key if double == 1 else f"{key}_{double}",
        "headings": [heading],
        "sign": sign,
    }
    alike = [item.share_name for item in register.items if item.share_name and item.group == group]
    others = [item.share_name for item in register.items if item.share_name]
    if others:
        entry["share"] = Counter(alike or others).most_common(1)[0][0]
    item = _item(entry, register.groups, _registry())
    share = item.share and replace(
        item.share, mark="assumption", source="not in the registry: counted as most of its group are"
    )
    return replace(item, sums=sums, group=group, share=share)


def registry_line(register: Register, item: Item) -> str:
    """The line by which `items.toml` would hold an item, to be pasted under its section and given an English id."""
    parts = [f'id = "{item.id}"', f'headings = ["{item.headings[0]}"]']
    parts += [f'group = "{item.group}"'] if item.group else []
    parts += [f'share = "{item.share_name}"'] if item.share_name else []
    parts += ["sign = -1"] if item.sign < 0 else []
    return f"[{register.table}] columns: {{{', '.join(parts)}}},"
