"""The horizon: later years that one plan must serve, their weights, and the debt that short pools leave.

Each year stands for the span up to the next one (the last for as many years as the one before):

    weight[h] = sum over the years k of its span of (1 + discount_rate)^-(k - first year), divided by the sum of all

In a later year the formula may promise more than the pool holds. As since 2001, the rest is met by an extraordinary
bond B[h] that takes need out of the formula and is borrowed in its stead, shared out by today's allocation:

    need[g,h] falls and funds[g,h] rise by share[g] x B[h]
    debt[h+1] = debt[h] x (1 - repayment)^n + sum over the n years of the span of B[h] x (1 - repayment)^years since

What the nation pays beyond its own limit, which grows with national taxes, is its shortfall S[h] and runs up its debt
in the same way. Each yen owed costs `horizon.debt_cost` a year.

With a second phase, responsibility and provision may change once more from one of the years on.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import numpy as np

from optimization.case.case import Case
from optimization.dictionary.families import FAMILY_SETTINGS, TODAYS_FAMILY
from optimization.dictionary.settings import value_of
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.errors import InputError, Problem

YEARS: Final = "horizon.years"
SECOND_PHASE: Final = "horizon.second_phase_year"
OWNER: Final = "pool.released"
ONLY_FIRST: Mapping[SettingKey, Any] = {
    "crisis.scenarios": [],
    "horizon.years": [],
    "equity.hold_harmless_years": 0,
}
"""What a later year leaves out: crises are faced with the figures of the first year, losses are cushioned in the years
that follow it."""

LATER: Mapping[SettingKey, Any] = {**ONLY_FIRST, "taxes.neutral": []}
"""Settings of a later year. A swap of taxes is set by the figures of the case's year, whenever it takes effect: at
shares that stay, its taxes grow apart afterwards. So are those that stand for what the pool leaves (`transfer`): what
it leaves in later years stays with the nation."""


def horizon_years(case: Case, settings: Settings) -> tuple[int, ...]:
    """The case's year and the package's later ones. Raises `InputError` for a year that is not projected or stands
    out of order."""
    projected = [int(year) for year in case.growth.columns.get_level_values("year").unique()]
    problems, years = [], [case.fiscal_year]
    for text in settings[YEARS]:
        if not text.isdecimal() or int(text) not in projected:
            remedy = (
                f"name years of projections.csv after {case.fiscal_year}: {', '.join(map(str, projected))}"
            )
            problems.append(Problem("package", "is no projected year", remedy, column=YEARS, value=text))
        elif int(text) <= years[-1]:
            problems.append(
                Problem(
                    "package",
                    "does not follow the year before it",
                    "put them in order",
                    column=YEARS,
                    value=text,
                )
            )
        else:
            years.append(int(text))
    second = settings[SECOND_PHASE]
    if second and second not in years[1:]:
        remedy = f"name one of the years of {YEARS}, or 0"
        message = "is no later year of the horizon"
        problems.append(Problem("package", message, remedy, column=SECOND_PHASE, value=str(second)))
    if second and settings[OWNER] == "transfer":
        message = "cannot be followed over two phases: the taxes of the second would have to move by its own figures"
        remedy = f"name another owner, or leave {SECOND_PHASE} at 0"
        problems.append(Problem("package", message, remedy, column=OWNER, value="transfer"))
    for key in FAMILY_SETTINGS if len(years) > 1 else ():
        if value_of(settings, key) != TODAYS_FAMILY:
            message = f"cannot be followed over later years: the pool's bond needs {TODAYS_FAMILY}"
            remedy = f"name {TODAYS_FAMILY}, or leave {YEARS} empty"
            problems.append(Problem("package", message, remedy, column=key, value=value_of(settings, key)))
    if problems:
        raise InputError(problems)
    return tuple(years)


def spans(years: tuple[int, ...]) -> tuple[int, ...]:
    """Years that each one stands for; a single year stands for itself."""
    gaps = [after - before for before, after in pairwise(years)]
    return (*gaps, gaps[-1] if gaps else 1)


def weights(years: tuple[int, ...], rate: float) -> np.ndarray:
    """Discount weights of the years, summing to 1."""
    each = np.array(
        [
            sum((1.0 + rate) ** -(year - years[0] + k) for k in range(span))
            for year, span in zip(years, spans(years), strict=True)
        ]
    )
    return each / each.sum()
