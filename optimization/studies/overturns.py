"""The draws of an analysis, and what overturns a recommendation among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from optimization.ledger.factors import Factor
from optimization.studies.study import Cell

METHODS = ("tornado", "morris", "sobol")
LEVELS = (0.0, 0.125, 0.25, 0.375, 0.625, 0.75, 0.875, 1.0)
"""Levels of a factor in a tornado; one half is the centre, the draw of all central values."""

MOST_NAMED = 3
"""Assumptions named in words that overturn a recommendation; the table of them holds all."""

Picked = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""What a draw decides, by name."""


@dataclass(frozen=True)
class Design:
    """The draws: levels (draws x numbers), the number of each column and the factor it belongs to (by position)."""

    method: str
    levels: np.ndarray
    factors: tuple[Factor, ...]
    of_column: np.ndarray

    @cached_property
    def mean_levels(self) -> np.ndarray:
        """Mean level of the numbers of each factor, draws x factors."""
        each = [self.levels[:, self.of_column == f].mean(axis=1) for f in range(len(self.factors))]
        return np.stack(each, axis=1)

    def cell(self, packages: str, n: int) -> Cell:
        """A draw as a question."""
        settings: dict[str, Any] = {}
        assumptions: dict[str, float] = {}
        numbers = [(factor, number) for factor in self.factors for number in factor.numbers]
        for (factor, number), level in zip(numbers, self.levels[n], strict=True):
            if level != 0.5:
                (settings if factor.setting else assumptions)[number.key] = number.at(level)
        return Cell(packages, settings, assumptions)


def overturns(plan: Design, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Which factor overturns which recommendation, and where. In a tornado: the levels, and the values of a factor of
    one number, between which the tier changes. Otherwise: the factor whose level differs most between the draws in
    which the recommendation holds and those in which it does not, with the correlation."""
    if plan.method == "tornado":
        return _crossings(plan, rows)
    held = [n for n, row in enumerate(rows) if "tiers" in row]
    result = []
    for duty, tier in rows[0]["tiers"].items():
        holds = np.array([rows[n]["tiers"].get(duty) == tier for n in held])
        if holds.all() or not holds.any():
            continue
        apart = [_correlation(plan.mean_levels[held, f], holds) for f in range(len(plan.factors))]
        for f in np.argsort([-abs(value) for value in apart], kind="stable")[:3]:
            service, _, group = duty.partition("/")
            result.append((service, group, tier, plan.factors[f].name, apart[f]))
    names = ["service", "rule_group", "tier", "factor", "correlation_of_level_and_holding"]
    return pd.DataFrame(result, columns=names)


def _correlation(level: np.ndarray, holds: np.ndarray) -> float:
    if level.std() == 0:
        return 0.0
    return float(np.corrcoef(level, holds.astype(float))[0, 1])


class Crossing(NamedTuple):
    """Where a factor alone overturns a decision: the decision, what it is and becomes, the factor, the last level at
    which it holds and the first at which it does not."""

    name: str
    central: Any
    becomes: Any
    factor: Factor
    holds: float
    turned: float


def crossings(plan: Design, rows: Sequence[Mapping[str, Any]], picked: Picked) -> Iterator[Crossing]:
    """Every crossing of a tornado, on either side of the centre; a draw without a plan is passed over."""
    size, half, central = len(LEVELS), LEVELS.index(0.375) + 1, picked(rows[0])
    for f, factor in enumerate(plan.factors):
        drawn = rows[1 + f * size : 1 + (f + 1) * size]
        own = [
            (level, picked(row) if "tiers" in row else central)
            for level, row in zip(LEVELS, drawn, strict=True)
        ]
        for side in (list(reversed(own[:half])), own[half:]):
            for name, value in central.items():
                before = 0.5
                for level, found in side:
                    if found.get(name) != value:
                        yield Crossing(name, value, found.get(name), factor, before, level)
                        break
                    before = level


def _crossings(plan: Design, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    result = []
    for crossing in crossings(plan, rows, lambda row: dict(row["tiers"])):
        service, _, group = crossing.name.partition("/")
        factor, levels = crossing.factor, (crossing.holds, crossing.turned)
        values = [_value(factor, level) for level in levels]
        unit = factor.numbers[0].unit if len(factor.numbers) == 1 else ""
        result.append(
            (service, group, crossing.central, crossing.becomes, factor.name, *levels, *values, unit)
        )
    names = ["service", "rule_group", "tier", "becomes", "factor", "holds_at_level", "overturned_at_level"]
    return pd.DataFrame(result, columns=[*names, "holds_at_value", "overturned_at_value", "unit"])


def overturned_by(plan: Design, rows: Sequence[Mapping[str, Any]], picked: Picked) -> dict[str, str]:
    """What overturns each decision that a tornado overturns, in words: "X at Y", the assumption that must move least
    first. Empty after other methods, whose draws move all assumptions together."""
    if plan.method != "tornado":
        return {}
    found: dict[str, list[Crossing]] = {}
    for crossing in crossings(plan, rows, picked):
        found.setdefault(crossing.name, []).append(crossing)
    said = {}
    for name, mine in found.items():
        mine.sort(key=lambda crossing: abs(crossing.turned - 0.5))
        more = f"; and {len(mine) - MOST_NAMED} more" if len(mine) > MOST_NAMED else ""
        said[name] = "; ".join(map(_said, mine[:MOST_NAMED])) + more
    return said


def _said(crossing: Crossing) -> str:
    factor = crossing.factor
    if len(factor.numbers) > 1:
        return f"{factor.name} at {crossing.turned:g} of its ranges"
    return f"{factor.name} at {_value(factor, crossing.turned):.6g} {factor.numbers[0].unit}".rstrip()


def _value(factor: Factor, level: float) -> float:
    """Value of a factor of one number at a level; not a number for a factor of many."""
    return factor.numbers[0].at(level) if len(factor.numbers) == 1 else float("nan")
