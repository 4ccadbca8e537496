"""Branching on the national choices: best bound first, one warm relaxation for all nodes.

Few national columns are undecided in the relaxation, so a short tree settles them; everything below
them is left to the independent parts. A node whose choices are all decided cannot be branched on: its
relaxation's value stays in the bound.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

import highspy
import numpy as np

from optimization.solving.highs import Limits, load
from optimization.solving.running import run
from optimization.solving.standard_form import StandardForm

DECIDED = 1.0 - 1e-6

Fixing = tuple[tuple[int, int], ...]
"""Choices made on the way to a node: (group, position of the chosen column, -1 for none)."""


class Tried(StrEnum):
    """What is known of one choice: a plan, none possible, or not settled in time."""

    PLAN = "plan"
    IMPOSSIBLE = "impossible"
    OPEN = "open"


class Search(Protocol):
    """What branching needs of the search it serves."""

    bound: float
    objective: float

    @property
    def done(self) -> bool:
        """Whether the search has reached the asked gap or its time is over."""

    @property
    def left(self) -> float:
        """Seconds that are left."""

    def try_choice(self, columns: np.ndarray, values: np.ndarray) -> Tried:
        """Ask for a plan in which some columns have given values, and keep it when it is the best."""

    def lift(self, columns: np.ndarray, values: np.ndarray, outside: Outside) -> float:
        """How far a choice that has a plan costs more than its relaxation, by the bounds of its parts; those that
        concern columns left outside are taken at their relaxation. In the unit of the objective."""

    def report(self) -> None:
        """Tell how far the search has come."""


class Outside(Protocol):
    """Columns that are not in the program though they might be: what they could still do."""

    @property
    def may_rescue(self) -> bool:
        """Whether they could make an impossible program possible."""

    def concerns(self, columns: np.ndarray) -> bool:
        """Whether a program of some columns could be cheaper with them."""

    def correction(self, values: np.ndarray, duals: np.ndarray) -> float:
        """By how much they could lower the value of a relaxation with these columns' values and row duals."""


class Nothing:
    """No column is left out."""

    may_rescue = False

    def concerns(self, columns: np.ndarray) -> bool:
        """Nothing stands in the way of any column."""
        return False

    def correction(self, values: np.ndarray, duals: np.ndarray) -> float:
        """Nothing to take off."""
        return 0.0


@dataclass(frozen=True)
class Relaxed:
    """A solved relaxation: the bound it gives, the values of the columns and their reduced costs, and its last basis
    where it is known."""

    bound: float
    values: np.ndarray
    reduced: np.ndarray
    basis: highspy.HighsBasis | None = None


class Relaxation:
    """The linear relaxation kept alive between nodes, so that each starts from the last basis."""

    def __init__(
        self,
        form: StandardForm,
        limits: Limits,
        choices: list[np.ndarray],
        outside: Outside,
        basis: highspy.HighsBasis | None = None,
    ) -> None:
        self._solver = load(form, replace(limits, threads=1), relax=True)
        if basis is not None:
            self._solver.setBasis(basis)
        self._choices, self._outside = choices, outside
        self._columns = np.concatenate([np.zeros(0, int), *choices]).astype(np.int32)
        self._lower, self._upper = form.lower[self._columns], form.upper[self._columns]
        self._start = np.cumsum([0, *(len(group) for group in choices)])

    def solve(self, fixing: Fixing, seconds: float) -> Relaxed | None:
        """The relaxation under the choices of a node; None when it has no solution (or no time left)."""
        lower, upper = self._lower.copy(), self._upper.copy()
        for group, position in fixing:
            part = slice(self._start[group], self._start[group + 1])
            lower[part] = upper[part] = np.arange(len(self._choices[group])) == position
        self._solver.changeColsBounds(len(self._columns), self._columns, lower, upper)
        self._solver.setOptionValue("time_limit", self._solver.getRunTime() + max(1.0, seconds))
        run(self._solver, linear=True)
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        value, solution = self._solver.getInfo().objective_function_value, self._solver.getSolution()
        values = np.array(solution.col_value)
        less = self._outside.correction(values, np.array(solution.row_dual))
        return Relaxed(value - less, values, np.array(solution.col_dual))

    @property
    def infeasible(self) -> bool:
        """Whether the last node was proven to have no solution."""
        return bool(self._solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible)


def branch(
    search: Search,
    form: StandardForm,
    limits: Limits,
    choices: list[np.ndarray],
    root: Relaxed,
    outside: Outside,
) -> int:
    """Settle the national choices as far as the search's gap asks; returns the nodes looked at.

    `search.bound` rises to the least value any decision can still have.
    """
    relaxation: Relaxation | None = None
    nodes: list[tuple[float, int, Fixing]] = [(root.bound, 0, ())]
    made, looked, leaf = 1, 0, np.inf
    while nodes and not search.done:
        bound, number, fixing = heapq.heappop(nodes)
        search.bound = max(search.bound, min(bound, leaf, search.objective))
        if search.done:
            break
        if number == 0:
            here: Relaxed | None = root
        else:
            relaxation = relaxation or Relaxation(form, limits, choices, outside, root.basis)
            here = relaxation.solve(fixing, search.left)
        looked += 1
        if here is None:
            assert relaxation is not None
            if relaxation.infeasible:
                leaf = min(leaf, bound if outside.may_rescue else np.inf)
                continue
            break  # no time left: the node's bound is still the search's
        if here.bound >= search.objective:
            continue
        chosen = rounded(here.values, choices)
        tried = search.try_choice(*as_columns(choices, chosen))
        group = most_undecided(here.values, choices)
        if group is None:
            fixing = settled(fixing, here, choices, chosen, search.objective - here.bound)
            group = nearest_rival(fixing, here, choices)
        if group is None:
            if tried is not Tried.IMPOSSIBLE or outside.may_rescue:
                more = search.lift(*as_columns(choices, chosen), outside) if tried is Tried.PLAN else 0.0
                leaf = min(leaf, here.bound + more)
            continue
        options = range(len(choices[group])) if len(choices[group]) > 1 else (-1, 0)
        for option in options:
            heapq.heappush(nodes, (max(bound, here.bound), made, (*fixing, (group, option))))
            made += 1
    if not nodes and not search.done:
        search.bound = max(search.bound, min(leaf, search.objective))
    search.report()
    return looked


def most_undecided(values: np.ndarray, choices: list[np.ndarray]) -> int | None:
    """The group whose largest column is farthest from 1 (a lone column: nearest one half)."""
    certainty = [
        values[group].max() if len(group) > 1 else max(values[group[0]], 1.0 - values[group[0]])
        for group in choices
    ]
    if not certainty or min(certainty) >= DECIDED:
        return None
    return int(np.argmin(certainty))


def settled(
    fixing: Fixing, here: Relaxed, choices: list[np.ndarray], chosen: list[int], distance: float
) -> Fixing:
    """The choices of a node and those whose every rival costs more than the `distance` to the best plan:
    no better plan departs from them."""
    fixed = {group for group, _ in fixing}
    more = tuple(
        (group, chosen[group])
        for group in range(len(choices))
        if group not in fixed and rival_cost(here, choices[group]) > distance
    )
    return (*fixing, *more)


def nearest_rival(fixing: Fixing, here: Relaxed, choices: list[np.ndarray]) -> int | None:
    """The open group in which another option costs least more; None when no group is open."""
    fixed = {group for group, _ in fixing}
    rivals = [(rival_cost(here, choices[g]), g) for g in range(len(choices)) if g not in fixed]
    return min(rivals)[1] if rivals else None


def rival_cost(here: Relaxed, group: np.ndarray) -> float:
    """Least that another option than the decided one adds to the relaxation (its reduced cost)."""
    rivals = group[here.values[group] < 0.5] if len(group) > 1 else group
    return float(np.abs(here.reduced[rivals]).min()) if len(rivals) else np.inf


def rounded(values: np.ndarray, choices: list[np.ndarray]) -> list[int]:
    """Position of the chosen column in each group (-1: none, for a column on its own)."""
    return [
        int(np.argmax(values[group])) if len(group) > 1 or values[group[0]] >= 0.5 else -1
        for group in choices
    ]


def as_columns(choices: list[np.ndarray], chosen: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Columns of all groups and the values a choice gives them."""
    columns = np.concatenate([np.zeros(0, int), *choices]).astype(int)
    flags = [np.arange(len(g)) == c for g, c in zip(choices, chosen, strict=True)]
    return columns, np.concatenate([np.zeros(0, bool), *flags]).astype(float)
