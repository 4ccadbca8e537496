"""Advice to an impossible package, tried before it is given.

The figures that counting arguments ask for are put in place together, and a plan is looked for. Where there is none
the least more of the money is sought that the linear relaxation asks for with all other limits in place, and a plan
again. A figure is said to do only where a plan was found that keeps every rule; where the time does not suffice the
sentence says that it was not checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import numpy as np

from optimization.dictionary.settings import with_values
from optimization.ledger.accounts import Accounts, with_bonds
from optimization.ledger.allocation import pool_is_shared_out
from optimization.model.model import components
from optimization.outcome.completion import ANY_PLAN, any_plan
from optimization.outcome.counting import (
    ADEQUACY,
    NATION,
    POOL,
    UNCHECKED,
    Argument,
    arguments,
    enough,
)
from optimization.outcome.in_place import under_limits
from optimization.outcome.master import MasterProblem
from optimization.outcome.readback import Values, read_decision
from optimization.outcome.run import Answer
from optimization.reading.units import MILLION_IN_BILLION
from optimization.rules.checks import breaches
from optimization.solving.deadline import Deadline
from optimization.solving.highs import Limits, Outcome, Status, solve
from optimization.solving.standard_form import StandardForm, changed, with_slack

SECONDS = 4.0
"""Time for trying the advice."""

MARGINS = (1.0, 1.03, 1.1)
"""Multiples of what the relaxation asks for that are tried in turn for a plan."""

DROPS = (0.01, 0.03, 0.1)
"""What the floor of adequacy is lowered by in turn below the figure of the advice."""

ROWS: Mapping[str, str] = {POOL: "F5", NATION: "F6"}
"""Limits of money with the row in which they stand in the first year, billion yen."""

DOES = "less is impossible; a plan that keeps all limits was found with it"
DOES_TOGETHER = (
    "less is impossible; a plan that keeps all limits was found with the figures advised here together"
)
NOT_ALONE = (
    "less is impossible, and it does not suffice: no plan exists even without {limits}, so that other limits must "
    "give way too (solve.py explain says which)"
)
ALL_ASK_FOR_MORE = "less is impossible, and all limits together ask for more; a plan was found with "
MORE = (
    "less is impossible, and it does not suffice; how much more all limits together ask for was not found in the time "
    "given (solve.py explain tries it)"
)


class OutOfTimeError(Exception):
    """The time for trying is over before anything is known."""


def advised(asked: Answer, seconds: float = SECONDS) -> list[str]:
    """The counting arguments against a question that was answered as impossible, with what is known of their advice.

    The rows of its model are written anew: nothing can be asked of it afterwards.
    """
    found = arguments(asked.problem.columns)
    if not found:
        return []
    known = [UNCHECKED] * len(found)
    if not pool_is_shared_out(asked.instance.settings):
        with suppress(OutOfTimeError):
            known = _Trial(asked.problem, found, Deadline(seconds)).known()
    return [argument.sentence(said) for argument, said in zip(found, known, strict=True)]


class _Trial:
    """The advice to one question, tried until a deadline."""

    def __init__(self, asked: MasterProblem, found: list[Argument], deadline: Deadline) -> None:
        self._asked, self._found, self._deadline = asked, found, deadline
        self._advice = advised_values(found)

    def known(self) -> list[str]:
        """What is known of each advice. Raises `OutOfTimeError` where nothing is."""
        problem = self._under(self._advice)
        relaxed = self._relaxed(problem.form)
        if relaxed.values is None:
            return [self._of_more(problem.form)] * len(self._found)
        does = DOES if len(self._advice) == 1 else DOES_TOGETHER
        return [does if self._plan(problem, relaxed) else UNCHECKED] * len(self._found)

    def _of_more(self, form: StandardForm) -> str:
        """What is known where the advised figures are proven not to suffice."""
        try:
            if self._relaxed(self._without_limits(form)).values is None:
                return NOT_ALONE.format(limits=" and ".join(self._advice))
            for values in self._looser():
                problem = self._under(values)
                relaxed = self._relaxed(problem.form)
                if relaxed.values is not None and self._plan(problem, relaxed):
                    return self._found_with(values)
        except OutOfTimeError:
            pass
        return MORE

    def _left(self) -> float:
        if self._deadline.over:
            raise OutOfTimeError
        return self._deadline.left

    def _under(self, values: Mapping[str, float]) -> MasterProblem:
        """The program with other values of the limits."""
        settings = with_values(self._asked.instance.settings, values)
        problem = under_limits(self._asked, settings, set(values))
        if problem is None:
            raise OutOfTimeError
        return problem

    def _relaxed(self, form: StandardForm) -> Outcome:
        found = solve(form, Limits(gap=ANY_PLAN, threads=1, seconds=self._left()), relax=True)
        if found.values is None and found.status is not Status.INFEASIBLE:
            raise OutOfTimeError
        return found

    def _plan(self, problem: MasterProblem, relaxed: Outcome) -> bool:
        """Whether a plan is found that keeps every rule of the ledger."""
        found = any_plan(problem, relaxed, self._left())
        if found.values is None:
            return False
        instance = problem.instance
        decision = read_decision(problem.columns, problem.model, Values(problem.form, found.values))
        return not breaches(Accounts(instance, with_bonds(instance, decision)))

    def _without_limits(self, form: StandardForm) -> StandardForm:
        """The program without the limits that are advised on."""
        lower, upper = form.row_lower.copy(), form.row_upper.copy()
        for name in components(self._asked.columns, set(self._advice)):
            lower[form.rows_of(name)], upper[form.rows_of(name)] = -np.inf, np.inf
        return changed(form, row_lower=lower, row_upper=upper)

    def _looser(self) -> Iterator[dict[str, float]]:
        """Looser values of the limits advised on: for each floor of adequacy the least money that the relaxation asks
        for, and a little more."""
        drops = (0.0, *DROPS) if ADEQUACY in self._advice else (0.0,)
        money = [key for key in self._advice if key in ROWS]
        for drop in drops:
            values = dict(self._advice)
            if drop:
                values[ADEQUACY] = max(0.0, round(values[ADEQUACY] - drop, 3))
            short = self._short(self._under(values).form, money)
            if short is not None:
                for margin in MARGINS if short.any() else (1.0,):
                    pairs = zip(money, short.tolist(), strict=True)
                    yield values | {key: values[key] + enough(margin * more) for key, more in pairs}

    def _short(self, form: StandardForm, money: list[str]) -> np.ndarray | None:
        """Million yen by which limits of money must at least be missed together, each; None where more is missing."""
        rows = np.array([form.rows_of(ROWS[key])[0] for key in money], dtype=int)
        found = self._relaxed(with_slack(form, rows))
        return None if found.values is None else found.values[len(form.cost) :] / MILLION_IN_BILLION

    def _found_with(self, values: Mapping[str, float]) -> str:
        """With which values a plan was found."""
        old: Mapping[str, Any] = self._asked.instance.settings
        steps = [
            f"{key} raised to {value:,.0f} million yen, by {value - old[key]:,.0f}"
            if key in ROWS
            else f"{key} lowered to {value:.3f}"
            for key, value in values.items()
        ]
        return f"{ALL_ASK_FOR_MORE}{' and '.join(steps)}"


def advised_values(found: list[Argument]) -> dict[str, float]:
    """The setting of every argument at the value advised, the loosest where several speak of one."""
    values: dict[str, float] = {}
    for argument in found:
        looser = max if argument.key in ROWS else min
        values[argument.key] = looser(argument.value, values.get(argument.key, argument.value))
    return values
