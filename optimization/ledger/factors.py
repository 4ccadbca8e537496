"""The numbers marked as assumptions, unverified or estimated that a package rests on, gathered into factors.

A factor is a parameter (of every service at once) or a setting. Its level runs from 0 (the low end of the range)
through one half (the central value) to 1 (the high end), in a straight line on either side of the centre.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.case.parameters import ASSUMED, SPENDING_RATIO, UNSURE
from optimization.case.resolved import ResolvedPackage
from optimization.costs.sharing import OBSERVED
from optimization.dictionary.families import FAMILY_SETTINGS, load_families
from optimization.dictionary.settings import load_settings, setting_key, value_of
from optimization.dictionary.typed_settings import Settings

CRISIS = ("aid_loss", "crisis_urgency", "reserve_cost", "response_", "spare_capacity", "surge_")
OF_FAMILY = {
    key: name for name, family in load_families().items() for key in (*family.parameters, *family.settings)
}
"""The family that alone reads a parameter or a setting."""

NEEDS: Mapping[str, Callable[[Settings], bool]] = {
    "formula.efficient_scale_persons": lambda s: s["formula.scale_correction"] < 1,
    "formula.area_weight": lambda s: s["formula.simplified_share"] > 0,
    "formula.promised_refunds_honoured": lambda s: s["formula.debt_service_refund"] < 1,
    OBSERVED: lambda s: s[OBSERVED] > 0,
}
"""Settings whose effect hangs on another one that is not simply empty, or that a package must name."""


@dataclass(frozen=True)
class Number:
    """One assumed number: its key in a package, and its range."""

    key: str
    low: float
    central: float
    high: float
    unit: str
    mark: str
    source: str
    whole: bool = False

    def at(self, level: float) -> float:
        """The value of the number at a level from 0 (low) over 0.5 (central) to 1 (high)."""
        value = float(np.interp(level, (0.0, 0.5, 1.0), (self.low, self.central, self.high)))
        return round(value) if self.whole else value


@dataclass(frozen=True)
class Factor:
    """Numbers that are varied together; `setting` tells settings from parameters."""

    name: str
    numbers: tuple[Number, ...]
    setting: bool = False


def factors_of(case: Case, package: ResolvedPackage) -> tuple[list[Factor], pd.DataFrame]:
    """The factors a package's result can depend on, and a table of every assumed number: key, factor, low, central,
    high, unit, mark, source, varied (whether it is), why_not.

    A number that the package itself has set is varied about the package's value, within the same range.
    """
    rows: list[dict[str, Any]] = []
    factors: dict[str, Factor] = {}
    for name, setting, number, reason in numbers_of(case, package):
        rows.append({**number.__dict__, "factor": name, "varied": not reason, "why_not": reason})
        if not reason:
            before = factors[name].numbers if name in factors else ()
            factors[name] = Factor(name, (*before, number), setting)
    table = pd.DataFrame(rows).drop(columns="whole")
    return list(factors.values()), table


def numbers_of(case: Case, package: ResolvedPackage) -> Iterator[tuple[str, bool, Number, str]]:
    """Every number that is not known: name of its factor, whether it is a setting, the number, and why it cannot
    change the result (empty where it can)."""
    for name, setting, number in _numbers(case, package):
        yield name, setting, number, _idle(name, setting, number, package.settings)


def _numbers(case: Case, package: ResolvedPackage) -> Iterable[tuple[str, bool, Number]]:
    """Name of its factor, whether it is a setting, and the number."""
    table = case.parameters.table
    for key, row in zip(case.parameters.keys, table.to_dict("records"), strict=True):
        if row["mark"] in UNSURE:
            central = float(package.assumptions.get(key, row["central"]))
            low, high = min(float(row["low"]), central), max(float(row["high"]), central)
            yield (
                row["parameter"],
                False,
                Number(key, low, central, high, row["unit"], row["mark"], row["source"]),
            )
    for key, setting in load_settings().items():
        if setting.mark == ASSUMED:
            central = float(value_of(package.settings, setting_key(key)))
            low, high = min(setting.low or 0.0, central), max(setting.high or 0.0, central)
            whole = setting.type == "integer"
            yield (
                key,
                True,
                Number(key, low, central, high, setting.unit, setting.mark, setting.source, whole),
            )


def _idle(name: str, setting: bool, number: Number, settings: Settings) -> str:
    """Why a number cannot change the result; empty where it can."""
    if number.low == number.high:
        return "its range is a point"
    family = OF_FAMILY.get(name)
    if family and all(value_of(settings, key) != family for key in FAMILY_SETTINGS):
        return f"the package does not use {family}"
    if setting:
        need = load_settings()[name].needs
        if need and not value_of(settings, setting_key(need)):
            return f"{need} is empty"
        return "" if NEEDS.get(name, lambda s: True)(settings) else "the settings it hangs on are as today"
    if name == SPENDING_RATIO:
        return "no cost is made of it: it says what a saving is in money spent"
    if name.startswith(CRISIS) and not settings["crisis.scenarios"]:
        return "the package names no crisis"
    return ""
