"""What a package saves where one assumption after the other stands at an end of its range."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from optimization.case.case import Case
from optimization.case.parameters import SPENDING_RATIO
from optimization.case.resolved import ResolvedPackage
from optimization.ledger.factors import Factor, factors_of
from optimization.outcome.result import Result
from optimization.outcome.solve import solve
from optimization.reading.table_file import text_table
from optimization.solving.highs import Limits
from optimization.studies.study import Cell, resolved


def influence(
    case: Case, package: ResolvedPackage, prefectures: Sequence[str], gap: float = 1e-4
) -> pd.DataFrame:
    """For each factor (a parameter of all its services at once, or a setting) what the package saves against today with
    it in the middle, at its low and at its high end, million yen a year, and how many duties then lie elsewhere than in
    the middle; missing where no plan keeps the package's limits. Today's cost is reckoned with the same numbers."""
    limits, numbers = Limits(gap=gap, seconds=60.0, threads=1), numbers_of_case(case.path)
    middle, rows = solve(case, package, prefectures, limits), []
    for factor in factors_of(case, package)[0]:
        low, high = (
            solve(case, asked, prefectures, limits) for asked in _ends(case, package, factor, prefectures)
        )
        rows.append(
            {
                "factor": factor.name,
                "central": _saving(middle),
                "at_low": _saving(low),
                "at_high": _saving(high),
                "duties_elsewhere_at_low": _elsewhere(middle, low),
                "duties_elsewhere_at_high": _elsewhere(middle, high),
                "numbers": numbers,
            }
        )
    return pd.DataFrame(rows)


def numbers_of_case(folder: Path) -> str:
    """A short sum of the ranges in a case's parameters.csv on which costs hang, whatever their words: by it a table
    tells on which numbers it was reckoned."""
    table = text_table(folder / "parameters.csv").sort_values(["parameter", "service"])
    table = table[table["parameter"] != SPENDING_RATIO]
    ranges = table[["parameter", "service", "low", "central", "high", "mark"]]
    return hashlib.sha256(ranges.to_csv(index=False).encode()).hexdigest()[:12]


def _ends(
    case: Case, package: ResolvedPackage, factor: Factor, prefectures: Sequence[str]
) -> Iterator[ResolvedPackage]:
    """The package with a factor at its low and at its high end, as studies vary it."""
    for level in (0.0, 1.0):
        numbers = {number.key: number.at(level) for number in factor.numbers}
        settings, assumptions = (numbers, {}) if factor.setting else ({}, numbers)
        yield resolved(case, Cell(package.name, settings, assumptions), prefectures, base=package)


def _saving(result: Result) -> float:
    return float(result.baseline.objective - result.outcome.objective) if result.accounts else math.nan


def _elsewhere(one: Result, other: Result) -> float:
    if one.accounts is None or other.accounts is None:
        return math.nan
    tiers = other.accounts.decision.tier
    return float(sum(tiers[duty] != tier for duty, tier in one.accounts.decision.tier.items()))
