"""The limits of a package in fractions, on the written tables of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from optimization.dictionary.settings import value_of
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.referee.in_fractions import (
    MIL,
    TOLERANCE,
    Row,
    Statement,
    at_most,
    column_of,
    total_of,
)
from optimization.referee.money import DEBT_RATIOS
from optimization.rules.listed import STATEMENTS
from optimization.rules.quantities import Scope
from optimization.rules.written import Written

Given = Mapping[str, Fraction]
"""What is paid as special allocation under the package, million yen, by government; nobody else is paid any."""

NOTHING = Fraction(0)


def _own(row: Row, when: str, special: Given) -> Fraction:
    """Part of the standard cost that a government's residents bear themselves, million yen."""
    cost, given, back, grant = (
        Fraction(row[f"{name}{when}{MIL}"])
        for name in ("standard_cost", "guarantee", "contribution", "grant")
    )
    return cost - given + back - grant - (NOTHING if when else special.get(row["government"], NOTHING))


def _kind(row: Row) -> tuple[str, bool]:
    """Which tiers a government holds; one that holds both is named by two codes."""
    return row["tier"], "+" in row["government"]


def government_limits(governments: Sequence[Row], settings: Settings, special: Given) -> Iterator[Statement]:
    """E1, E2, D1, D2 and D4 for every government; a limit that is off says nothing."""
    floor = _limit(settings, "equity.adequacy_floor")
    ceiling = _limit(settings, "equity.coverage_ceiling")
    most = _limit(settings, "discipline.grant_dependence_ceiling")
    for row in governments:
        who = row["government"]
        funds, cost = Fraction(row["funds" + MIL]), Fraction(row["standard_cost" + MIL])
        if floor is not None:
            yield at_most("adequacy (E1)", who, floor * cost, funds)
        if ceiling is not None:
            top = max(ceiling, Fraction(row["coverage_today_ratio"])) * cost
            yield at_most("coverage (E2)", who, funds, top)
        if settings["discipline.balance"]:
            yield at_most("balance (D1)", who, Fraction(row["spending" + MIL]), funds)
        if most is not None:
            today = Fraction(row["grant_today" + MIL]) / Fraction(row["funds_today" + MIL])
            given = Fraction(row["grant" + MIL]) + special.get(who, NOTHING)
            yield at_most("grant dependence (D2)", who, given, max(most, today) * funds)
        for name, key in DEBT_RATIOS:
            if (allowed := _limit(settings, key)) is not None:
                top = max(allowed, Fraction(row[f"{name}_today_ratio"]))
                yield at_most(f"{name} (D4)", who, Fraction(row[f"{name}_ratio"]), top)


def tax_prices(governments: Sequence[Row], settings: Settings, special: Given) -> Iterator[Statement]:
    """E4: how far what residents bear lies from today's mean of those who hold the same tiers."""
    spread = _limit(settings, "equity.tax_price_spread")
    if spread is None:
        return
    alike: dict[tuple[str, bool], list[Row]] = {}
    for row in governments:
        alike.setdefault(_kind(row), []).append(row)
    for rows in alike.values():
        mean = total_of(_own(row, "_today", special) for row in rows) / total_of(
            column_of(rows, "standard_cost_today" + MIL)
        )
        for row in rows:
            cost, before = (Fraction(row[f"standard_cost{when}{MIL}"]) for when in ("", "_today"))
            most = max(spread, abs(_own(row, "_today", special) / before - mean)) * cost
            yield at_most(
                "own share (E4)", row["government"], abs(_own(row, "", special) - mean * cost), most, cost
            )


def people_under_losers(governments: Sequence[Row], settings: Settings) -> Iterator[Statement]:
    """E3 and E6, in which governments count by their residents; in persons."""
    level, losers = (
        Fraction(str(figure))
        for figure in (settings["equity.dispersion_level"], settings["equity.losers_population_ceiling"])
    )
    wide, loss = _limit(settings, "equity.dispersion_ceiling"), _limit(settings, "equity.loss_limit")
    everybody = total_of(column_of(governments, "population_persons"))
    apart, losing = Fraction(0), Fraction(0)
    for row in governments:
        people, funds = Fraction(row["population_persons"]), Fraction(row["funds" + MIL])
        cost = Fraction(row["standard_cost" + MIL])
        if wide is not None:
            apart += people * abs(funds - level * cost) / Fraction(row["standard_cost_today" + MIL])
        kept = (1 - loss) * Fraction(row["coverage_today_ratio"]) if loss is not None else Fraction(0)
        if kept * cost - funds > TOLERANCE * cost:
            losing += people
    if wide is not None:
        yield at_most("dispersion (E3)", "", apart, wide * everybody, everybody)
    if loss is not None:
        yield at_most("people who lose (E6)", "", losing, losers * everybody, everybody)


def tiers_in_use(statute: Sequence[Row], settings: Settings) -> Iterator[Statement]:
    """R1: how many tiers answer for a service."""
    used: dict[str, set[str]] = {}
    for row in statute:
        used.setdefault(row["service"], set()).add(row["tier"])
    most = Fraction(settings["clarity.tiers_per_service"])
    for service, tiers in used.items():
        yield at_most("tiers per service (R1)", service, Fraction(len(tiers)), most)


FLOORS: Mapping[str, SettingKey] = {
    "retention_municipal": "discipline.retention_floor",
    "retention_prefectural": "discipline.retention_floor",
    "own_source_share_municipal": "discipline.own_source_floor_municipal",
    "own_source_share_prefectural": "discipline.own_source_floor_prefectural",
}
CEILINGS: Mapping[str, SettingKey] = {
    "national_outlay": "nation.limit_million_yen",
    "mismatch_of_money_and_responsibility": "discipline.match_ceiling",
    "earmarked_share": "discipline.earmarked_ceiling",
    "duties_moved": "clarity.changes_ceiling",
}
"""Measure, and the setting that it must reach or must not pass."""


def common_limits(written: Mapping[str, Sequence[Row]], settings: Settings) -> Iterator[Statement]:
    """The pool (F5), the nation's limit (F6) and what bounds a measure of a tier or of the whole."""
    formula = {row["parameter"]: Fraction(row["under_package"]) for row in written["formula"]}
    yield at_most("pool (F5)", "", formula["ordinary_allocation"], formula["pool"])
    measures = {row["measure"]: Fraction(row["under_package"]) for row in written["measures"]}
    for name, key in FLOORS.items():
        if (floor := _limit(settings, key)) is not None:
            yield at_most(key, name, floor, measures[name])
    for name, key in CEILINGS.items():
        if (ceiling := _limit(settings, key)) is not None:
            yield at_most(key, name, measures[name], ceiling)


class Fractions:
    """The tables of a run as `rules.written` asks for them, in fractions."""

    def __init__(self, written: Mapping[str, Sequence[Row]]) -> None:
        self._written = written

    def figures(self, table: str, column: str) -> np.ndarray:
        """A column of numbers."""
        return np.array(column_of(self._written[table], column), dtype=object)

    def words(self, table: str, column: str) -> np.ndarray:
        """A column of words."""
        return np.array([row[column] for row in self._written[table]], dtype=object)

    def number(self, value: float) -> Fraction:
        """A number of a setting."""
        return Fraction(str(value))

    def has(self, table: str) -> bool:
        """Whether the run has a table."""
        return table in self._written


def as_stated(written: Mapping[str, Sequence[Row]], settings: Settings) -> Iterator[Statement]:
    """Every limit in force as `optimization.rules` states it, row by row."""
    reading = Written(settings, Fractions(written))
    for stated in STATEMENTS:
        if stated.in_force(settings) and reading.reads(stated):
            chosen = stated.chosen(reading)
            where = [row["government"] for row in written["governments"]]
            where = where if chosen is None else [where[g] for g in chosen]
            for excess, size in stated.excesses(reading):
                names = where if stated.scope is Scope.GOVERNMENT else [""] * len(excess)
                if stated.scope is Scope.PLACE:
                    names = [row["code"] for row in written["places"]]
                for name, beyond, of in zip(names, excess.tolist(), size.tolist(), strict=True):
                    most = TOLERANCE * Fraction(of)
                    yield Statement(f"{stated.label} as stated", name, False, Fraction(beyond), most)


def _limit(settings: Settings, key: SettingKey) -> Fraction | None:
    """A limit as it is written; None where it is off."""
    value = value_of(settings, key)
    return None if value is None else Fraction(str(value))
