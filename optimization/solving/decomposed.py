"""National decisions first, then every part on its own, with a certificate.

1. The linear relaxation gives a bound that holds for the whole program.
2. Rounding its national columns (the statute) and fixing them, the rest falls into independent parts
   (prefectures; the money of all governments), found from the matrix itself. Solved one by one they
   make an incumbent of the whole.
3. The gap between the two is the certificate. When it is wider than asked, the undecided national
   choices are branched on; when that is not enough, HiGHS takes the whole program, starting from the
   incumbent, for the time that is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from optimization.solving import workers
from optimization.solving.branching import Nothing, Outside, Relaxed, Tried, as_columns, branch, rounded
from optimization.solving.deadline import Deadline
from optimization.solving.highs import (
    BY_HAND,
    Limits,
    Outcome,
    Progress,
    Status,
    StoppedByHandError,
    gap_reached,
    relative_gap,
    solve,
)
from optimization.solving.residual import Part, fix, split
from optimization.solving.standard_form import StandardForm

OPEN = "gap open"
"""Termination of a search whose tree is empty while columns left outside keep the bound down."""

PART_SHARE = 0.1
"""Part of the asked gap that each part may use up of its own cost."""

LARGEST_SHARE = 0.15
"""Part of the asked gap, of the cost of the whole, that the largest part may use up (the money of all
governments is hard where limits are tight), and that all others may use up together."""

PART_TIME = 0.25
"""Part of the time left that one part may take; its incumbent then stands, and the gap tells."""


@dataclass(frozen=True)
class PartSolution:
    """What solving one independent part has given: its status, its bound, and the values of its columns."""

    status: Status
    bound: float
    values: np.ndarray | None


@dataclass
class _Search:
    """State of the search: the best incumbent and the parts already solved."""

    form: StandardForm
    limits: Limits
    bound: float
    deadline: Deadline
    on_progress: Callable[[Progress], bool] | None
    solved: dict[bytes, PartSolution]
    best: np.ndarray | None = None
    objective: float = np.inf
    history: list[Progress] = field(default_factory=list)
    stopped: bool = False
    by_hand: bool = False

    @property
    def left(self) -> float:
        """Seconds left of the time limit."""
        return self.deadline.left

    @property
    def gap(self) -> float:
        """Relative gap of the incumbent to the bound."""
        return relative_gap(self.objective, self.bound)

    @property
    def reached(self) -> bool:
        """Whether the incumbent is as good as asked."""
        return gap_reached(self.objective, self.bound, self.limits.gap)

    @property
    def done(self) -> bool:
        """Whether the search may end: gap reached, no time left, or stopped from outside."""
        return self.reached or self.deadline.over or self.stopped

    def report(self, objective: float | None = None) -> None:
        """Tell the caller how far the search is; `objective` is that of a plan not yet taken over."""
        objective = self.objective if objective is None else objective
        gap = relative_gap(objective, self.bound)
        self.history.append(Progress(self.deadline.spent, objective, self.bound, gap))
        if self.on_progress is not None and not self.on_progress(self.history[-1]):
            self.stopped = True

    def try_choice(self, columns: np.ndarray, values: np.ndarray) -> Tried:
        """Price one national choice, and keep the plan when it is the best."""
        try:
            parts, fixed, cost = split(fix(self.form, columns, values))
        except ValueError:
            return Tried.IMPOSSIBLE
        point = np.nan_to_num(fixed)
        found = self._solve(parts, cost)
        if any(part.status is Status.INFEASIBLE for part in found):
            return Tried.IMPOSSIBLE
        for part, solved in zip(parts, found, strict=True):
            if solved.values is None:
                return Tried.OPEN
            point[part.columns] = solved.values
            cost += float(part.form.cost @ solved.values)
        if cost < self.objective:
            self.best, self.objective = point, cost
            self.report()
        if self.by_hand:
            raise KeyboardInterrupt
        return Tried.PLAN

    def take(self, found: Outcome) -> None:
        """Keep the plan of a solve of the whole when it is no worse than the best."""
        if found.values is not None and found.objective <= self.objective:
            self.best, self.objective = found.values, found.objective

    def lift(self, columns: np.ndarray, values: np.ndarray, outside: Outside) -> float:
        """How far a choice that has a plan costs more than its relaxation, by the bounds of its parts;
        parts that concern columns left outside are taken at their relaxation."""
        parts, _, _ = split(fix(self.form, columns, values))
        more = 0.0
        for part, found in zip(parts, self._solve(parts), strict=True):
            if part.form.integer.any() and not outside.concerns(part.columns):
                more += max(
                    0.0, found.bound - solve(part.form, self._part_limits(part), relax=True).objective
                )
        return more

    def _solve(self, parts: list[Part], base: float = np.inf) -> list[PartSolution]:
        """Status, bound and values of the parts, each solved once: the new ones side by side, the largest
        last, as it may be hard and its plans are plans of the whole (`base` is the cost of what is fixed)."""
        keys = [part.key for part in parts]
        new = {key: part for key, part in zip(keys, parts, strict=True) if key not in self.solved}
        rest = [key for key in new if key != keys[0]]
        tasks = [(new[key].form, self._part_limits(new[key])) for key in rest]
        self.solved.update(zip(rest, workers.each(solve_part, tasks, self.limits.processes), strict=True))
        if keys and keys[0] in new:
            base += sum(
                cost_of(part, self.solved[key])
                for part, key in zip(parts, keys, strict=True)
                if key != keys[0]
            )
            limits = self._part_limits(parts[0], largest=True)
            self.solved[keys[0]] = self._largest(parts[0], limits, base)
        return [self.solved[key] for key in keys]

    def _largest(self, part: Part, limits: Limits, base: float) -> PartSolution:
        """The answer of the largest part; stopped by hand, its plan is one of the whole with those of the others."""
        try:
            return solve_part(part.form, limits, self._relay(base) if base < np.inf else None)
        except StoppedByHandError as stop:
            if stop.outcome.values is None:
                raise
            self.by_hand = True
            return PartSolution(stop.outcome.status, stop.outcome.bound, stop.outcome.values)

    def _relay(self, base: float) -> Callable[[Progress], bool]:
        """Tell the caller of every better plan that a part finds while it is being solved."""
        best = self.objective

        def relay(progress: Progress) -> bool:
            nonlocal best
            if base + progress.incumbent < best:
                best = base + progress.incumbent
                self.report(best)
            return not self.stopped

        return relay

    def _part_limits(self, part: Part, largest: bool = False) -> Limits:
        weight = 1.0 if largest else len(part.columns) / self.form.matrix.shape[1]
        limits = self.limits
        absolute = limits.gap * LARGEST_SHARE * abs(self.bound) * weight
        own = replace(limits, gap=limits.gap * PART_SHARE, absolute=absolute, threads=1)
        return self.deadline.within(own, PART_TIME)


def solve_part(
    form: StandardForm, limits: Limits, on_progress: Callable[[Progress], bool] | None = None
) -> PartSolution:
    """An independent part solved by itself: its status, its bound, and the best values found, if any."""
    outcome = solve(form, limits, on_progress=on_progress)
    return PartSolution(outcome.status, outcome.bound, outcome.values)


def cost_of(part: Part, found: PartSolution) -> float:
    """Cost of a part's solution; infinite where it has none."""
    return np.inf if found.values is None else float(part.form.cost @ found.values)


def solve_decomposed(
    form: StandardForm,
    national: np.ndarray,
    limits: Limits,
    log_file: Path | None = None,
    on_progress: Callable[[Progress], bool] | None = None,
    relaxed: Outcome | None = None,
    outside: Outside | None = None,
    solved: dict[bytes, PartSolution] | None = None,
    plan: Outcome | None = None,
) -> Outcome:
    """Solve the program; `national` holds the positions of the columns to be decided first.

    The bound and the incumbent are those of the whole program, whichever step found them. `relaxed` is
    its linear relaxation where the caller has solved it, its bound less what columns left `outside`
    could do. With such columns the whole is not given to HiGHS: the caller must let them in first.
    `solved` holds the parts of earlier programs, and takes those of this one. `plan` is an incumbent to begin with.
    Raises `StoppedByHandError` with the best plan on Ctrl-C.
    """
    deadline = Deadline(limits.seconds)
    relaxed = relaxed or solve(form, replace(limits, threads=1), log_file, relax=True)
    if relaxed.values is None or relaxed.row_duals is None:
        return relaxed
    outside = outside or Nothing()
    reduced = form.cost - form.matrix.T @ relaxed.row_duals
    root = Relaxed(relaxed.bound, relaxed.values, reduced, relaxed.basis)
    search = _Search(form, limits, root.bound, deadline, on_progress, {} if solved is None else solved)
    if plan is not None:
        search.best, search.objective = plan.values, plan.objective
    search.report()
    choices = exclusive_choices(form, national)
    try:
        nodes = branch(search, form, limits, choices, root, outside)
        if search.done or not isinstance(outside, Nothing):
            return replace(_outcome(search, relaxed), nodes=nodes)
        return _whole(search, relaxed, log_file)
    except KeyboardInterrupt as stop:
        search.by_hand = True
        raise StoppedByHandError(_outcome(search, relaxed)) from stop


def exclusive_choices(form: StandardForm, national: np.ndarray) -> list[np.ndarray]:
    """Groups of national columns of which exactly one is 1, recognised from the rows: all
    coefficients 1, both sides 1. A national column in no such row is a group of its own."""
    mask = np.zeros(form.matrix.shape[1], dtype=bool)
    mask[national] = True
    matrix = form.matrix
    one = (form.row_lower == 1.0) & (form.row_upper == 1.0)
    groups, seen = [], np.zeros_like(mask)
    for r in np.flatnonzero(one):
        part = slice(matrix.indptr[r], matrix.indptr[r + 1])
        columns = matrix.indices[part]
        if mask[columns].all() and not seen[columns].any() and (matrix.data[part] == 1.0).all():
            groups.append(columns)
            seen[columns] = True
    return groups + [np.array([column]) for column in national if not seen[column]]


def _whole(search: _Search, relaxed: Outcome, log_file: Path | None) -> Outcome:
    """Give the whole program to HiGHS for the time that is left, from the incumbent."""

    def relay(progress: Progress) -> bool:
        search.objective = min(search.objective, progress.incumbent)
        search.bound = max(search.bound, progress.bound)
        search.report()
        return not search.stopped

    limits = search.deadline.within(search.limits)
    objective, bound = search.objective, search.bound  # what is told on the way is not kept
    try:
        plain = solve(search.form, limits, log_file, relay, start=search.best)
    except StoppedByHandError as stop:
        search.objective = objective
        search.take(stop.outcome)
        raise
    search.objective, search.bound = objective, max(bound, plain.bound)
    search.take(plain)
    if search.best is None and plain.status is Status.INFEASIBLE:
        return replace(plain, seconds=search.deadline.spent)
    return replace(_outcome(search, relaxed), nodes=plain.nodes, log=relaxed.log + plain.log)


def _outcome(search: _Search, relaxed: Outcome) -> Outcome:
    optimal = search.best is not None and search.reached
    status = Status.OPTIMAL if optimal else Status.INCUMBENT if search.best is not None else Status.NOTHING
    found = Outcome(
        status=status,
        termination=_termination(search, optimal),
        values=search.best,
        objective=search.objective,
        bound=search.bound,
        gap=search.gap,
        seconds=search.deadline.spent,
        nodes=0,
        log=relaxed.log,
        row_duals=relaxed.row_duals,
        relaxation=relaxed.relaxation,
        history=search.history,
    )
    return found.at_cost(search.objective, search.bound)


def _termination(search: _Search, optimal: bool) -> str:
    if optimal:
        return "gap reached"
    if search.by_hand:
        return BY_HAND
    if search.stopped:
        return "stopped"
    return "time limit" if search.deadline.over else OPEN


def price_choices(
    form: StandardForm,
    national: np.ndarray,
    guides: list[np.ndarray],
    bound: float,
    limits: Limits,
    solved: dict[bytes, PartSolution],
) -> Outcome:
    """The best plan to which the national columns of some points round, the first good enough, against a
    known bound: no search. `solved` holds the parts of earlier programs, most of them parts of this one."""
    search = _Search(form, limits, bound, Deadline(limits.seconds), None, solved)
    choices = exclusive_choices(form, national)
    for values in guides:
        search.try_choice(*as_columns(choices, rounded(values, choices)))
        if search.done:
            break
    nothing = Outcome(Status.NOTHING, OPEN, None, np.inf, bound, np.inf, 0.0, 0, "")
    return _outcome(search, nothing)
