"""A run re-checked in fractions from the figures as they stand written, to the last digit.

A written figure is the decimal that reads back to one double; here it is that decimal, and nothing is rounded. Two
kinds of statements are made of the figures. An *identity* says that one figure is computed from others: both sides may
differ by no more than the roundings of the doubles behind them. A *limit* of the package says that one side is not
above the other: what is above in fractions is told, and may be no more than the solver's own tolerance.

Nothing here uses the model, the ledger or the solver. Covered are runs of one year without crises under today's formula
family; who answers and who provides is a matter of words and whole numbers, and `audit` is exact in it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from optimization.archive import read_run
from optimization.archive.form import AGAIN
from optimization.dictionary.settings import value_of
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.errors import InputError, Problem
from optimization.reading.files import MOST_RESULT, read_text
from optimization.referee.audit import COMPONENT_WEIGHTS, DEBT_RATIOS, audit_of, written_settings
from optimization.rules.listed import STATEMENTS
from optimization.rules.quantities import Scope
from optimization.rules.written import Written

ROUNDING = Fraction(1, 2**53)
"""Largest relative error of one operation on doubles, and of reading a decimal into one."""

STEPS = 16
"""More operations than any figure of one row has behind it, counted from the other figures of its row."""

TOLERANCE = Fraction(1, 10**6)
"""Largest excess over a limit, relative to its sides: what the solver calls feasible."""

BEYOND = r"[-+]?[\d.]+[eE][-+]?\d{4,}"
"""A figure beyond all doubles: as a fraction it would have as many digits as its exponent says."""

MIL = "_million_yen"
SIZES = [f"{name}{MIL}" for name in ("funds_today", "standard_cost", "standard_cost_today")]
"""Columns of `governments` that others are told by."""

Row = Mapping[str, str]


@dataclass(frozen=True)
class Statement:
    """`excess` of one side over the other (of an identity, their distance), in the unit of the figures, and the most
    that it may be; `where` is a government, a service or nothing."""

    rule: str
    where: str
    identity: bool
    excess: Fraction
    allowance: Fraction

    @property
    def holds(self) -> bool:
        """Whether the excess is within its allowance."""
        return self.excess <= self.allowance


@dataclass(frozen=True)
class ExactCheck:
    """The objective in fractions and as it was recorded, million yen; every statement; what the words of the tables
    say of who answers and who provides (`plan`: statement and whether it holds)."""

    objective_million_yen: Fraction
    recorded_million_yen: Fraction
    statements: list[Statement]
    plan: dict[str, bool]

    @property
    def broken(self) -> list[Statement]:
        """Statements that do not hold."""
        return [statement for statement in self.statements if not statement.holds]

    @property
    def sound(self) -> bool:
        """Whether every statement holds."""
        return not self.broken and all(self.plan.values())

    def record(self) -> dict[str, Any]:
        """The check for machines: figures in million yen as numbers, statements that do not hold one by one."""
        broken = [
            {"rule": each.rule, "where": each.where, "excess": float(each.excess)} for each in self.broken
        ]
        return {
            "sound": self.sound,
            "objective_million_yen": float(self.objective_million_yen),
            "recorded_million_yen": float(self.recorded_million_yen),
            "identities": sum(each.identity for each in self.statements),
            "limits": sum(not each.identity for each in self.statements),
            "broken": broken,
            "words": [name for name, holds in self.plan.items() if not holds],
        }

    def largest(self, identity: bool) -> Statement:
        """The statement that comes nearest to its allowance, or farthest beyond it."""
        kind = [statement for statement in self.statements if statement.identity == identity]
        return max(kind, key=lambda statement: statement.excess / (statement.allowance or 1))


def exact_check(folder: str | Path) -> ExactCheck:
    """Re-check a run folder in fractions.

    Raises InputError where the folder is no run with a plan, or a run that is not covered.
    """
    folder = Path(folder)
    record, tables = read_run(folder)
    settings = written_settings(folder)
    _refuse_what_is_not_covered(folder, record, tables, settings)
    written = {name: _rows(folder / f"{name}.csv") for name in tables}
    digits = _digits(folder / "run.json")
    recorded = digits["objective_million_yen"]
    parts = dict(_parts(written, settings))
    objective = _total(map(_total, parts.values()))
    terms = [term for part in parts.values() for term in part]
    return ExactCheck(
        objective,
        recorded,
        [
            _equal("objective", "", [objective], [recorded], len(terms) + STEPS, terms),
            *_recorded_parts(parts, digits["objective_parts_million_yen"]),
            *_certificate(digits),
            *_sums(written),
            *_accounts(written, settings),
            *_government_limits(written["governments"], settings),
            *_tax_prices(written["governments"], settings),
            *_people(written["governments"], settings),
            *_tiers_in_use(written["responsibility"], settings),
            *_common_limits(written, settings),
            *_as_stated(written, settings),
        ],
        audit_of(record, tables, settings).checks,
    )


def _refuse_what_is_not_covered(
    folder: Path, record: Mapping[str, Any], tables: Mapping[str, Any], settings: Settings
) -> None:
    families = {settings["formula.family"], settings["formula.family_prefecture"]}
    reasons = {
        "has no plan": record["objective_million_yen"] is None,
        "has later years": "horizon" in tables,
        "has crises": "crisis_shortage" in tables,
        "has a formula other than today's family": families != {"japan_lat"},
        "has a government without funds or cost": "governments" in tables
        and bool((tables["governments"][SIZES] <= 0).any(axis=None)),
    }
    found = [what for what, so in reasons.items() if so]
    if found:
        remedy = "name a run of one year, without crises, under japan_lat"
        raise InputError(
            [Problem(str(folder), f"{what} and is not re-checked exactly", remedy) for what in found]
        )


def _rows(path: Path) -> list[Row]:
    """The cells of a table as they are written. Raises InputError for a figure beyond all doubles."""
    text = read_text(path, MOST_RESULT)
    if found := re.search(rf'(?<=[,\n"]){BEYOND}(?=[,\r\n"]|$)', text):
        raise _beyond(path, found.group())
    return list(csv.DictReader(io.StringIO(text, newline="")))


def _digits(path: Path) -> dict[str, Any]:
    """A record whose figures are fractions. Raises InputError as `_rows` does."""

    def figure(text: str) -> Fraction:
        if re.fullmatch(BEYOND, text):
            raise _beyond(path, text)
        return Fraction(text)

    record: dict[str, Any] = json.loads(read_text(path, MOST_RESULT), parse_float=figure, parse_int=figure)
    return record


def _beyond(path: Path, text: str) -> InputError:
    return InputError([Problem(str(path), f"holds a figure beyond all doubles (found {text!r})", AGAIN)])


def _column(rows: Sequence[Row], name: str) -> list[Fraction]:
    return [Fraction(row[name]) for row in rows]


def _total(figures: Iterable[Fraction]) -> Fraction:
    return sum(figures, Fraction(0))


def _equal(
    rule: str,
    where: str,
    left: Sequence[Fraction],
    right: Sequence[Fraction],
    steps: int = STEPS,
    terms: Sequence[Fraction] | None = None,
) -> Statement:
    """sum(left) = sum(right), but for `steps` roundings of all terms."""
    size = _total(map(abs, terms if terms is not None else [*left, *right]))
    return Statement(rule, where, True, abs(_total(left) - _total(right)), steps * ROUNDING * size)


def _at_most(
    rule: str, where: str, left: Fraction, right: Fraction, size: Fraction = Fraction(0)
) -> Statement:
    """left <= right, but for the solver's tolerance of the largest of both and `size`."""
    return Statement(rule, where, False, left - right, TOLERANCE * max(abs(left), abs(right), size))


def _parts(written: Mapping[str, Sequence[Row]], settings: Settings) -> Iterator[tuple[str, list[Fraction]]]:
    """The terms of the objective, part by part."""
    for part, weight in COMPONENT_WEIGHTS.items():
        table = written["services" if part == "units" else "provision"]
        yield (
            part,
            [Fraction(str(value_of(settings, weight))) * figure for figure in _column(table, part + MIL)],
        )
    body = Fraction(str(settings["weights.body_million_yen"]))
    yield "bodies", [body for _ in written["bodies"]]
    soft = Fraction(str(settings["weights.soft_budget"]))
    yield "soft_budget", [soft * figure for figure in _column(written["governments"], "grant" + MIL)]
    dulled = Fraction(str(settings["weights.dulled_incentive"]))
    yield (
        "dulled_incentive",
        [
            dulled
            * Fraction(row["base_of_receiving_today_million_yen"])
            * Fraction(row["counted_ratio"])
            * Fraction(row["assigned_ratio"])
            for row in written["taxes"]
            if row["counted_in_part"] == "1"
        ],
    )


def _recorded_parts(
    parts: Mapping[str, Sequence[Fraction]], recorded: Mapping[str, Any]
) -> Iterator[Statement]:
    for part, terms in parts.items():
        yield _equal("part of the objective", part, terms, [recorded[part]], len(terms) + STEPS)


def _certificate(digits: Mapping[str, Any]) -> Iterator[Statement]:
    """The bound is not above the plan, and the gap is their distance over the plan's cost; nothing without a bound."""
    plan, bound = digits["objective_million_yen"], digits["bound_million_yen"]
    if bound is not None:
        yield _at_most("bound", "", bound, plan)
        yield _equal("gap", "", [digits["gap"] * plan], [abs(plan - bound)], STEPS, [plan, bound])


def _sums(written: Mapping[str, Sequence[Row]]) -> Iterator[Statement]:
    """What a service costs is what it costs in all places; what the pool pays is what all governments get."""
    by_service: dict[str, list[Row]] = {}
    for row in written["provision"]:
        by_service.setdefault(row["service"], []).append(row)
    for row in written["services"]:
        places = by_service.get(row["service"], [])
        for part in ("standard", "access", "coordination", "uniformity", "transition"):
            figures = _column(places, part + MIL)
            whole = [Fraction(row[part + MIL])]
            yield _equal(f"{part} cost of a service", row["service"], figures, whole, len(figures) + STEPS)
    formula = {row["parameter"]: Fraction(row["under_package"]) for row in written["formula"]}
    paid = [
        sign * figure
        for name, sign in (("grant", 1), ("contribution", -1), ("residual", 1))
        for figure in _column(written["governments"], name + MIL)
    ]
    whole = [formula["ordinary_allocation"]]
    yield _equal("ordinary allocation", "", paid, whole, len(paid) + STEPS)
    rest = [formula["pool"], -formula["ordinary_allocation"]]
    yield _equal("what the pool leaves", "", rest, [formula["left_to_special_allocation"]])


def _accounts(written: Mapping[str, Sequence[Row]], settings: Settings) -> Iterator[Statement]:
    """The lines of every government's account, and the law's formula: max(0, (1 - rate) need - capacity)."""
    rate = Fraction(str(settings["formula.adjustment_rate"]))
    for row in written["governments"]:
        who = row["government"]

        def figure(name: str, unit: str = MIL, row: Row = row) -> Fraction:
            return Fraction(row[name + unit])

        need, capacity = figure("need") - figure("guarantee"), figure("capacity")
        due = max(Fraction(0), (1 - rate) * need - capacity)
        terms = [figure("need"), figure("guarantee"), capacity, figure("grant")]
        yield _equal("grant by the formula", who, [due], [figure("grant")], STEPS, terms)
        now, then = (
            [figure(f"funds{when}"), figure(f"contribution{when}")]
            + [-figure(f"{name}{when}") for name in ("own_revenue", "grant", "guarantee")]
            for when in ("", "_today")
        )
        yield _equal("funds beside tax, grant and guarantee are today's", who, now, then)
        yield _equal("margin", who, [figure("funds"), -figure("spending")], [figure("margin")])
        share = figure("coverage", "_ratio") * figure("standard_cost")
        yield _equal("coverage times standard cost is funds", who, [share], [figure("funds")])


def _own(row: Row, when: str) -> Fraction:
    """Part of the standard cost that a government's residents bear themselves, million yen."""
    cost, given, back, grant = (
        Fraction(row[f"{name}{when}{MIL}"])
        for name in ("standard_cost", "guarantee", "contribution", "grant")
    )
    return cost - given + back - grant


def _kind(row: Row) -> tuple[str, bool]:
    """Which tiers a government holds; one that holds both is named by two codes."""
    return row["tier"], "+" in row["government"]


def _government_limits(governments: Sequence[Row], settings: Settings) -> Iterator[Statement]:
    """E1, E2, D1, D2 and D4 for every government; a limit that is off says nothing."""
    floor = _limit(settings, "equity.adequacy_floor")
    ceiling = _limit(settings, "equity.coverage_ceiling")
    most = _limit(settings, "discipline.grant_dependence_ceiling")
    for row in governments:
        who = row["government"]
        funds, cost = Fraction(row["funds" + MIL]), Fraction(row["standard_cost" + MIL])
        if floor is not None:
            yield _at_most("adequacy (E1)", who, floor * cost, funds)
        if ceiling is not None:
            top = max(ceiling, Fraction(row["coverage_today_ratio"])) * cost
            yield _at_most("coverage (E2)", who, funds, top)
        if settings["discipline.balance"]:
            yield _at_most("balance (D1)", who, Fraction(row["spending" + MIL]), funds)
        if most is not None:
            today = Fraction(row["grant_today" + MIL]) / Fraction(row["funds_today" + MIL])
            yield _at_most(
                "grant dependence (D2)", who, Fraction(row["grant" + MIL]), max(most, today) * funds
            )
        for name, key in DEBT_RATIOS:
            if (allowed := _limit(settings, key)) is not None:
                top = max(allowed, Fraction(row[f"{name}_today_ratio"]))
                yield _at_most(f"{name} (D4)", who, Fraction(row[f"{name}_ratio"]), top)


def _tax_prices(governments: Sequence[Row], settings: Settings) -> Iterator[Statement]:
    """E4: how far what residents bear lies from today's mean of those who hold the same tiers."""
    spread = _limit(settings, "equity.tax_price_spread")
    if spread is None:
        return
    alike: dict[tuple[str, bool], list[Row]] = {}
    for row in governments:
        alike.setdefault(_kind(row), []).append(row)
    for rows in alike.values():
        mean = _total(_own(row, "_today") for row in rows) / _total(
            _column(rows, "standard_cost_today" + MIL)
        )
        for row in rows:
            cost, before = (Fraction(row[f"standard_cost{when}{MIL}"]) for when in ("", "_today"))
            most = max(spread, abs(_own(row, "_today") / before - mean)) * cost
            yield _at_most("own share (E4)", row["government"], abs(_own(row, "") - mean * cost), most, cost)


def _people(governments: Sequence[Row], settings: Settings) -> Iterator[Statement]:
    """E3 and E6, in which governments count by their residents; in persons."""
    level, losers = (
        Fraction(str(figure))
        for figure in (settings["equity.dispersion_level"], settings["equity.losers_population_ceiling"])
    )
    wide, loss = _limit(settings, "equity.dispersion_ceiling"), _limit(settings, "equity.loss_limit")
    everybody = _total(_column(governments, "population_persons"))
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
        yield _at_most("dispersion (E3)", "", apart, wide * everybody, everybody)
    if loss is not None:
        yield _at_most("people who lose (E6)", "", losing, losers * everybody, everybody)


def _tiers_in_use(statute: Sequence[Row], settings: Settings) -> Iterator[Statement]:
    """R1: how many tiers answer for a service."""
    used: dict[str, set[str]] = {}
    for row in statute:
        used.setdefault(row["service"], set()).add(row["tier"])
    most = Fraction(settings["clarity.tiers_per_service"])
    for service, tiers in used.items():
        yield _at_most("tiers per service (R1)", service, Fraction(len(tiers)), most)


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


def _common_limits(written: Mapping[str, Sequence[Row]], settings: Settings) -> Iterator[Statement]:
    """The pool (F5), the nation's limit (F6) and what bounds a measure of a tier or of the whole."""
    formula = {row["parameter"]: Fraction(row["under_package"]) for row in written["formula"]}
    yield _at_most("pool (F5)", "", formula["ordinary_allocation"], formula["pool"])
    measures = {row["measure"]: Fraction(row["under_package"]) for row in written["measures"]}
    for name, key in FLOORS.items():
        if (floor := _limit(settings, key)) is not None:
            yield _at_most(key, name, floor, measures[name])
    for name, key in CEILINGS.items():
        if (ceiling := _limit(settings, key)) is not None:
            yield _at_most(key, name, measures[name], ceiling)


class Fractions:
    """The tables of a run as `rules.written` asks for them, in fractions."""

    def __init__(self, written: Mapping[str, Sequence[Row]]) -> None:
        self._written = written

    def figures(self, table: str, column: str) -> np.ndarray:
        """A column of numbers."""
        return np.array(_column(self._written[table], column), dtype=object)

    def words(self, table: str, column: str) -> np.ndarray:
        """A column of words."""
        return np.array([row[column] for row in self._written[table]], dtype=object)

    def number(self, value: float) -> Fraction:
        """A number of a setting."""
        return Fraction(str(value))

    def has(self, table: str) -> bool:
        """Whether the run has a table."""
        return table in self._written


def _as_stated(written: Mapping[str, Sequence[Row]], settings: Settings) -> Iterator[Statement]:
    """Every limit in force as `optimization.rules` states it, row by row."""
    reading = Written(settings, Fractions(written))
    for stated in STATEMENTS:
        if stated.in_force(settings) and reading.reads(stated):
            chosen = stated.chosen(reading)
            where = [row["government"] for row in written["governments"]]
            where = where if chosen is None else [where[g] for g in chosen]
            for excess, size in stated.excesses(reading):
                names = where if stated.scope is Scope.GOVERNMENT else [""] * len(excess)
                for name, beyond, of in zip(names, excess.tolist(), size.tolist(), strict=True):
                    most = TOLERANCE * Fraction(of)
                    yield Statement(f"{stated.label} as stated", name, False, Fraction(beyond), most)


def _limit(settings: Settings, key: SettingKey) -> Fraction | None:
    """A limit as it is written; None where it is off."""
    value = value_of(settings, key)
    return None if value is None else Fraction(str(value))
