"""The limits of debts (D4): ceilings of both ratios of the law, and the steps of the law that nobody crosses."""

from __future__ import annotations

from typing import Final

import numpy as np

from optimization.dictionary.typed_settings import SettingKey
from optimization.reading.japan import DEBT_SERVICE_STAGES
from optimization.rules.quantities import Scope
from optimization.rules.statement import UP, Form, Reading, at_least, statement

GOVERNMENT = Scope.GOVERNMENT

SERVICE_CEILING: Final = "discipline.debt_service_ceiling"
BURDEN_CEILING: Final = "discipline.future_burden_ceiling"
STEPS_KEPT: Final = "discipline.debt_steps_kept"


def _ceiling(facts: Reading, key: SettingKey, ratio: str) -> np.ndarray:
    """Ceiling of a debt ratio, shape (G,): the package's, or the government's own ratio of today where that is
    higher."""
    return np.maximum(facts[key], facts.today(ratio))


@statement(
    "D4",
    SERVICE_CEILING,
    GOVERNMENT,
    UP,
    "the ceiling of debt service",
    of=("debt_base", "debt_service"),
    scale=lambda facts: 1 / _ceiling(facts, SERVICE_CEILING, "real_debt_service_ratio"),
)
def debt_service(facts: Reading) -> Form:
    """(D4) ceiling[g] x base[g] >= debt service[g]

    base[g] = standard financial scale[g] - debt service in need[g]; the scale is today's and the change of taxes at
    standard rates, transfer and extraordinary bond. ceiling[g] = the larger of debt_service_ceiling and the ratio
    today[g]; debt service[g] = ratio today[g] x base today[g] + what follows duties[g] + refund no longer recognised[g]
    and, in a later year, (repayment + cost) x g's part of the bonds since then. Whoever is above the ceiling today may
    not get worse.
    """
    ceiling = _ceiling(facts, SERVICE_CEILING, "real_debt_service_ratio")
    return at_least(debt_base=ceiling, debt_service=-1)


@statement(
    "D4burden",
    BURDEN_CEILING,
    GOVERNMENT,
    UP,
    "the ceiling of the future burden",
    of=("debt_base", "future_burden"),
    scale=lambda facts: 1 / _ceiling(facts, BURDEN_CEILING, "future_burden_ratio"),
)
def future_burden(facts: Reading) -> Form:
    """(D4) ceiling[g] x base[g] >= future burden[g]

    ceiling[g] = the larger of future_burden_ceiling and the ratio today[g]; future burden[g] = ratio today[g] x base
    today[g] + what follows duties[g] + need to come that is no longer recognised[g] (for as many years as bonds
    outstanding come to) and, in a later year, g's part of the bonds owed since then.
    """
    return at_least(
        debt_base=_ceiling(facts, BURDEN_CEILING, "future_burden_ratio"),
        future_burden=-1,
    )


THOUSANDTHS = 100_000
"""Thousandths of a per cent, in which steps of the law are whole numbers in a ratio."""

MARGIN = 1
"""Thousandths of a per cent by which a ratio stays below a step: published ratios are cut off at a tenth of one."""

STEPS = tuple(round(THOUSANDTHS * step) for step in DEBT_SERVICE_STAGES)
ROUNDING = 1e-4
"""Thousandths of a per cent from which on a ratio has reached a step."""


def _next_step(facts: Reading) -> np.ndarray:
    """The lowest step of the law above the debt service ratio that each government reaches anyway, in thousandths of a
    per cent, shape (G,); the last one where there is none above."""
    ratio = facts.today("debt_service_ratio_anyway") * THOUSANDTHS
    step = np.full(len(ratio), STEPS[-1])
    for lower in reversed(STEPS[:-1]):
        step = np.where(np.asarray(ratio < lower - ROUNDING, dtype=bool), lower, step)
    return step


def _below(facts: Reading, ratio: str, step: np.ndarray) -> np.ndarray:
    """Who does not reach a step anyway, shape (G,)."""
    return np.asarray(facts.today(ratio) * THOUSANDTHS < step - ROUNDING, dtype=bool)


def _warning(facts: Reading) -> np.ndarray:
    """Future burden ratio of early warning in thousandths of a per cent, shape (G,)."""
    return np.array([round(THOUSANDTHS * ratio) for ratio in facts.today("future_burden_warning").tolist()])


@statement(
    "D4step",
    STEPS_KEPT,
    GOVERNMENT,
    0.0,
    "the steps of the law on debts",
    of=("debt_base", "debt_service"),
    among=lambda facts: _below(facts, "debt_service_ratio_anyway", _next_step(facts)),
    scale=lambda facts: 1 / _next_step(facts),
    part=THOUSANDTHS,
)
def debt_step(facts: Reading) -> Form:
    """(D4) debt service[g] <= (step[g] - .00001) x base[g]

    step[g] = the lowest of 18, 25 and 35% (permission, early warning, rehabilitation) above the ratio today[g]: no
    government crosses a step of the law that it is under today. Whoever is beyond the last one is left out. In a later
    year today's ratio is (1 + reach) x that of today's arrangement in the same year, with the bonds that it borrows
    until then: a plan answers for the steps that it brings about, not for those that come anyway.
    """
    return at_least(debt_base=_next_step(facts) - MARGIN, debt_service=-THOUSANDTHS)


@statement(
    "D4warning",
    STEPS_KEPT,
    GOVERNMENT,
    0.0,
    "the steps of the law on debts",
    of=("debt_base", "future_burden"),
    among=lambda facts: _below(facts, "future_burden_ratio_anyway", _warning(facts)),
    scale=lambda facts: 1 / _warning(facts),
    part=THOUSANDTHS,
)
def burden_warning(facts: Reading) -> Form:
    """(D4) future burden[g] <= (warning[g] - .00001) x base[g]

    warning[g] = 350%, of prefectures and designated cities 400%: no government comes under early warning by its future
    burden that is not so today, in a later year with today's arrangement in the same year.
    """
    return at_least(debt_base=_warning(facts) - MARGIN, future_burden=-THOUSANDTHS)


STATEMENTS = (debt_service, future_burden, debt_step, burden_warning)
