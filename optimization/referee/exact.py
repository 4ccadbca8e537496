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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from optimization.archive import read_run
from optimization.archive.form import AGAIN
from optimization.archive.schemas import FORMER_WORDS
from optimization.dictionary.families import FAMILY_SETTINGS, TODAYS_FAMILY
from optimization.dictionary.settings import value_of
from optimization.dictionary.typed_settings import Settings
from optimization.errors import InputError, Problem
from optimization.outcome.verdict import Worth
from optimization.reading.files import MOST_RESULT, read_text
from optimization.referee.audit import audit_of, stay_put_rule, written_settings
from optimization.referee.closure import YEN, closures
from optimization.referee.debts import debt_closures
from optimization.referee.exact_limits import (
    as_stated,
    common_limits,
    government_limits,
    people_under_losers,
    tax_prices,
    tiers_in_use,
)
from optimization.referee.in_fractions import (
    MIL,
    STEPS,
    Row,
    Statement,
    at_most,
    column_of,
    equal,
    total_of,
)
from optimization.referee.objective import COMPONENT_WEIGHTS
from optimization.referee.places import place_closures

BEYOND = r"[-+]?[\d.]+[eE][-+]?\d{4,}"
"""A figure beyond all doubles: as a fraction it would have as many digits as its exponent says."""

SIZES = [f"{name}{MIL}" for name in ("funds_today", "standard_cost", "standard_cost_today")]
"""Columns of `governments` that others are told by."""


@dataclass(frozen=True)
class ExactCheck:
    """The objective in fractions and as it was recorded, million yen; every statement; what the words of the tables
    say of who answers and who provides (`plan`: statement and whether it holds)."""

    objective_million_yen: Fraction
    recorded_million_yen: Fraction
    statements: list[Statement]
    plan: dict[str, bool]

    def told(self, applied: bool) -> ExactCheck:
        """The check of a decision that was applied: its identities, for a limit that it does not keep is no fault of
        the run (that each is told is a matter of `audit`)."""
        kept = [each for each in self.statements if each.identity or each.holds]
        return replace(self, statements=kept) if applied else self

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


def _fraction(value: Any) -> Fraction:
    """A figure of a cell or of a setting as it is written."""
    return Fraction(str(value))


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
    objective = total_of(map(total_of, parts.values()))
    terms = [term for part in parts.values() for term in part]
    return ExactCheck(
        objective,
        recorded,
        [
            equal("objective", "", [objective], [recorded], len(terms) + STEPS, terms),
            *_recorded_parts(parts, digits["objective_parts_million_yen"]),
            *_certificate(digits),
            *_sums(written),
            *(
                Statement(c.words, c.where, True, abs(c.distance), YEN)
                for found in (
                    closures(written, Fraction, settings["pool.released"]),
                    place_closures(written, Fraction),
                    debt_closures(written, settings, _fraction),
                )
                for c in found
            ),
            *_accounts(written, settings),
            *government_limits(written["governments"], settings, _special(written)),
            *tax_prices(written["governments"], settings, _special(written)),
            *people_under_losers(written["governments"], settings),
            *tiers_in_use(written["responsibility"], settings),
            *common_limits(written, settings),
            *as_stated(written, settings),
        ],
        audit_of(record, tables, settings).checks,
    ).told(record["status"] == Worth.APPLIED)


def _refuse_what_is_not_covered(
    folder: Path, record: Mapping[str, Any], tables: Mapping[str, Any], settings: Settings
) -> None:
    families = {value_of(settings, key) for key in FAMILY_SETTINGS}
    reasons = {
        "has no plan": record["objective_million_yen"] is None,
        "has later years": "horizon" in tables,
        "has crises": "crisis_shortage" in tables,
        "has a formula other than today's family": families != {TODAYS_FAMILY},
        "has a government without funds or cost": "governments" in tables
        and bool((tables["governments"][SIZES] <= 0).any(axis=None)),
    }
    found = [what for what, so in reasons.items() if so]
    if found:
        remedy = f"name a run of one year, without crises, under {TODAYS_FAMILY}"
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


def _parts(written: Mapping[str, Sequence[Row]], settings: Settings) -> Iterator[tuple[str, list[Fraction]]]:
    """The terms of the objective, part by part."""
    for part, weight in COMPONENT_WEIGHTS.items():
        table = written["services" if part == "units" else "provision"]
        yield (
            part,
            [Fraction(str(value_of(settings, weight))) * figure for figure in column_of(table, part + MIL)],
        )
    body = Fraction(str(settings["weights.body_million_yen"]))
    yield "bodies", [body for _ in written["bodies"]]
    yield "joint_work", list(_joint_work(written, settings))
    soft = Fraction(str(settings["weights.soft_budget"]))
    given = [*column_of(written["governments"], "grant" + MIL), *_special(written).values()]
    yield "soft_budget", [soft * figure for figure in given]
    if shared := Fraction(str(settings["weights.observed_sharing_million_yen"])):
        yield (
            "observed_sharing",
            [
                -shared * Fraction(row["coefficient"]) * Fraction(row["of_members"])
                for row in written.get("observed_sharing", ())
            ],
        )
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


def _joint_work(written: Mapping[str, Sequence[Row]], settings: Settings) -> Iterator[Fraction]:
    """What every bundle costs for which the statute names two tiers."""
    weight = Fraction(str(settings["weights.joint_work"]))
    tier = {(row["service"], row["rule_group"]): row["tier"] for row in written["responsibility"]}
    for row in written.get("joint_work", ()):
        one, other = (tier[row[column], row["rule_group"]] for column in ("service", "with_service"))
        if one != other:
            yield weight * Fraction(row["rate_ratio"]) * Fraction(row["base" + MIL])


def _recorded_parts(
    parts: Mapping[str, Sequence[Fraction]], recorded: Mapping[str, Any]
) -> Iterator[Statement]:
    for part, terms in parts.items():
        yield equal("part of the objective", part, terms, [recorded[part]], len(terms) + STEPS)


def _certificate(digits: Mapping[str, Any]) -> Iterator[Statement]:
    """The bound is not above the plan, and the gap is the distance of bound and least cost over that cost: the plan's
    own, less what the stay-put rule costs. Nothing without a bound."""
    plan, bound = digits["objective_million_yen"], digits["bound_million_yen"]
    stay = stay_put_rule(digits)
    least = plan if stay is None else stay["least_cost_million_yen"]
    if stay is not None:
        yield equal("stay-put rule", "", [least, stay["cost_million_yen"]], [plan], STEPS, [plan, least])
    if bound is not None:
        yield at_most("bound", "", bound, plan)
        yield equal("gap", "", [digits["gap"] * least], [abs(least - bound)], STEPS, [least, bound])


def _sums(written: Mapping[str, Sequence[Row]]) -> Iterator[Statement]:
    """What a service costs is what it costs in all places; what the pool pays is what all governments get."""
    by_service: dict[str, list[Row]] = {}
    for row in written["provision"]:
        by_service.setdefault(row["service"], []).append(row)
    for row in written["services"]:
        places = by_service.get(row["service"], [])
        for part in ("standard", "access", "coordination", "uniformity", "transition"):
            figures = column_of(places, part + MIL)
            whole = [Fraction(row[part + MIL])]
            yield equal(f"{part} cost of a service", row["service"], figures, whole, len(figures) + STEPS)
    former = FORMER_WORDS["formula", "parameter"]
    named = [(former.get(row["parameter"], row["parameter"]), row) for row in written["formula"]]
    formula = {name: Fraction(row["under_package"]) for name, row in named}
    paid = [
        sign * figure
        for name, sign in (("grant", 1), ("contribution", -1), ("residual", 1))
        for figure in column_of(written["governments"], name + MIL)
    ]
    whole = [formula["ordinary_allocation"]]
    yield equal("ordinary allocation", "", paid, whole, len(paid) + STEPS)
    rest = [formula["pool"], -formula["ordinary_allocation"]]
    yield equal("what the pool leaves", "", rest, [formula["released"]])


def _special(written: Mapping[str, Sequence[Row]]) -> dict[str, Fraction]:
    """What every government is paid as special allocation of what the formula leaves of the pool, million yen; nothing
    in a run of before there were flows."""
    return {
        row["government"]: Fraction(row["package_million_yen"])
        for row in written.get("flows_by_government", ())
        if row["kind"] == "special_allocation"
    }


def _accounts(written: Mapping[str, Sequence[Row]], settings: Settings) -> Iterator[Statement]:
    """The lines of every government's account, and the law's formula, max(0, (1 - rate) need - capacity); where duties
    are settled that of the need at home, and what has come or gone since in full."""
    rows = (row for row in written["formula"] if row["parameter"] == "adjustment_rate")
    rate = Fraction(next(rows)["under_package"])
    special = _special(written)
    for row in written["governments"]:
        who = row["government"]

        def figure(name: str, unit: str = MIL, row: Row = row) -> Fraction:
            return Fraction(row[name + unit])

        need, capacity = figure("need") - figure("guarantee"), figure("capacity")
        home = figure("home_need") if settings["formula.settles_duties"] else need
        due = need - home + max(Fraction(0), (1 - rate) * home - capacity)
        given = [figure("grant"), -figure("contribution")]
        terms = [figure("need"), figure("guarantee"), home, capacity, *given]
        yield equal("grant by the formula", who, [due], given, STEPS, terms)
        now, then = (
            [figure(f"funds{when}"), figure(f"contribution{when}")]
            + [-figure(f"{name}{when}") for name in ("own_revenue", "grant", "guarantee")]
            for when in ("", "_today")
        )
        now.append(-special.get(who, Fraction(0)))
        yield equal("funds beside tax, grant and guarantee are today's", who, now, then)
        yield equal("margin", who, [figure("funds"), -figure("spending")], [figure("margin")])
        share = figure("coverage", "_ratio") * figure("standard_cost")
        yield equal("coverage times standard cost is funds", who, [share], [figure("funds")])
