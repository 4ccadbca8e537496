"""The limits of a package that can be loosened: what they are in words, and how to loosen them.

A limit is one end of one setting. Its rows are freed to see what holds without it; a limit that stands in no rows
of its own is taken out of the settings, and the program is built anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from optimization.case.resolved import ResolvedPackage
from optimization.dictionary.settings import load_settings, value_of, with_values
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.ledger.allocation import pool_is_shared_out
from optimization.rules.fiscal import least_released, most_released
from optimization.rules.listed import STATEMENTS
from optimization.rules.quantities import Scope
from optimization.rules.statement import DOWN, UP, Statement


@dataclass(frozen=True)
class Limit:
    """One limit: the setting, the end of a range (0 lower, 1 upper), the entry of a table; the label of its rule, its
    name in words, the rows in which alone it stands (none: it shapes the program; `row` where it is one of them only),
    whether a loosening raises it, and the loosest value. A switch or a prescription has no direction: it is kept or
    taken out."""

    key: SettingKey
    rule: str
    words: str
    rows: tuple[str, ...] = ()
    direction: float = 0.0
    loosest: float = 0.0
    end: int | None = None
    entry: str = ""
    row: int | None = None

    @property
    def label(self) -> str:
        """Setting, entry and end."""
        end = "" if self.end is None else (" (lower end)", " (upper end)")[self.end]
        return self.key + (f".{self.entry}" if self.entry else "") + end

    @cached_property
    def unit(self) -> str:
        """Unit of the setting."""
        return load_settings()[self.key].unit

    @cached_property
    def may_be_off(self) -> bool:
        """Whether it can be switched off."""
        return load_settings()[self.key].off

    @cached_property
    def whole(self) -> bool:
        """Whether it is a count."""
        return load_settings()[self.key].type == "integer"

    def value(self, settings: Settings) -> Any:
        """The value the settings give the limit, in the unit of its setting."""
        value = value_of(settings, self.key)
        value = value[self.entry] if self.entry else value
        return value if self.end is None else value[self.end]

    def at(self, settings: Settings, value: Any) -> Settings:
        """The settings with this limit at another value."""
        new = value
        if self.end is not None:
            written = value_of(settings, self.key)
            ends = list(written[self.entry] if self.entry else written)
            ends[self.end] = value
            new = tuple(ends)
        if self.entry:
            new = {**value_of(settings, self.key), self.entry: new}
        return with_values(settings, {self.key: new})

    def without(self, settings: Settings) -> Settings:
        """The settings with this limit off, loosened as far as it goes, or taken out."""
        if self.direction:
            return self.at(settings, None if self.may_be_off else self.loosest)
        if self.entry:
            table = value_of(settings, self.key)
            return with_values(
                settings, {self.key: {name: v for name, v in table.items() if name != self.entry}}
            )
        known = load_settings()[self.key]
        return with_values(settings, {self.key: known.default if known.type == "choice" else False})


def _of(statements: Sequence[Statement]) -> Limit:
    """The limit that some statements on one setting make."""
    first, known = statements[0], load_settings()[statements[0].setting]
    loosest = {UP: known.maximum, DOWN: known.minimum}.get(first.direction) or 0.0
    if known.type == "integer":
        loosest = int(loosest)
    components = tuple(dict.fromkeys(each.component for each in statements))
    return Limit(
        first.setting,
        first.rule,
        first.words,
        components,
        first.direction,
        loosest,
        row=first.tier if first.scope is Scope.TIER else None,
    )


STATED: Mapping[str, list[Statement]] = {
    key: [each for each in STATEMENTS if each.setting == key]
    for key in dict.fromkeys(each.setting for each in STATEMENTS)
}
"""The statements on each setting."""

ROWS: tuple[Limit, ...] = tuple(map(_of, STATED.values()))
"""Limits with rows of their own."""

COUNTED: tuple[tuple[SettingKey, str], ...] = (
    ("formula.counted_share", "municipal"),
    ("formula.counted_share_prefecture", "prefectural"),
)
SHARES: tuple[Limit, ...] = tuple(
    Limit(key, "F2", f"the counted share of {whose} taxes", (), direction, loosest, end)
    for key, whose in COUNTED
    for end, direction, loosest in ((0, DOWN, 0.0), (1, UP, 1.0))
)
"""The counted shares: law today, so that they limit every package."""

COOPERATION: tuple[Limit, ...] = (
    Limit("access.limit_factor", "R7", "the limit of travel time", (), UP, 10.0),
    Limit(
        "wide_area.bodies_per_municipality", "R4", "the number of bodies per municipality", ("R4",), UP, 20
    ),
)
"""Limits of acting together, which matter where a budget or a crisis leans on it."""

NAMED: tuple[SettingKey, ...] = (
    "formula.adjustment_rate",
    "formula.unit_cost_revision",
    "formula.unit_cost_revision_by_service",
    "guarantee.share",
    "taxes.assigned",
)
"""Ranges that count as limits where a package names them."""


BOUNDS_OF_THE_REST = (least_released, most_released)
"""Statements in whose rows the pool stands too."""

RULE_OF: Mapping[str, str] = {
    "taxes.assigned": "F2",
    "guarantee.share": "F3",
    "formula.adjustment_rate": "F4",
}
"""Rules of named ranges that are none of need's (F1)."""


def limits_of(package: ResolvedPackage) -> list[Limit]:
    """The limits in force, those of the purse first."""
    settings = package.settings
    elsewhere = set()
    if pool_is_shared_out(settings) or any(each.in_force(settings) for each in BOUNDS_OF_THE_REST):
        elsewhere.add("pool.ordinary_million_yen")
    if settings["equity.losers_population_ceiling"] > 0:
        elsewhere.add("equity.adequacy_floor")  # what losers may fall to
    found = []
    for limit in (*ROWS, *SHARES, *(COOPERATION if settings["wide_area.services"] else ())):
        if not in_force(limit, settings):
            continue
        found.append(replace(limit, rows=()) if limit.key in elsewhere else limit)
    return [*found, *_named(package), *_prescribed(settings)]


def in_force(limit: Limit, settings: Settings) -> bool:
    """Whether the limit can bind at all: a rule that is switched off does not."""
    value = limit.value(settings)
    if limit in ROWS:
        stated = any(statement.in_force(settings) for statement in STATED[limit.key])
        return stated and (limit.may_be_off or not limit.direction or value != limit.loosest)
    if limit in COOPERATION:
        leans = settings["discipline.balance"] or settings["crisis.scenarios"]
        return bool(leans and value < limit.loosest)
    return bool(value != limit.loosest)


def _named(package: ResolvedPackage) -> list[Limit]:
    """The ends of ranges that the package sets apart from today."""
    known, found = load_settings(), []
    for key in NAMED:
        value = value_of(package.settings, key)
        if value == value_of(package.today, key):
            continue
        entries = value.items() if known[key].is_table else [("", value)]
        for entry, (low, high) in entries:
            words = f"the range of {key.partition('.')[2].replace('_', ' ')} {entry}".strip()
            bounds = (known[key].minimum or 0.0, known[key].maximum or 0.0)
            for end, direction in ((0, DOWN), (1, UP)):
                if (low, high)[end] != bounds[end]:
                    rule = RULE_OF.get(key, "F1")
                    found.append(Limit(key, rule, words, (), direction, bounds[end], end, entry))
    return found


def _prescribed(settings: Settings) -> list[Limit]:
    return [
        Limit("responsibility.fix", "R6", f"the prescribed tier of {service}", (), entry=service)
        for service in settings["responsibility.fix"]
    ]
