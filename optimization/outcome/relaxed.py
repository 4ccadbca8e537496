"""One round of column generation: the relaxation of the master problem, the prices of what is left out of it, and a
search, unless pairs or sets must come in first."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from optimization.outcome.certificate import without_plan
from optimization.outcome.completion import completed, national_columns
from optimization.outcome.master import MasterProblem
from optimization.outcome.pricing import LeftOut
from optimization.outcome.starting import Start
from optimization.outcome.terms import Terms
from optimization.outcome.unlisted import Members
from optimization.solving.deadline import Deadline
from optimization.solving.decomposed import OPEN, PartSolution, solve_decomposed
from optimization.solving.highs import Outcome, Status
from optimization.solving.highs import solve as solve_plain
from optimization.solving.national import Cut

PRICING_SHARE = 0.05
"""Part of the asked gap that pricing the pairs left out may give away."""

CORRECTION_SHARE = 0.6
"""Part of the asked gap that the pairs left out of the model may take off the bound."""


@dataclass(frozen=True)
class Round:
    """What one round has given: the outcome on the master problem; the listed pairs that must enter it before the
    outcome can count, boolean over the list; the sets of municipalities that must be listed first; what pricing has
    proven of provision; whether Ctrl-C ended it."""

    outcome: Outcome
    entering: np.ndarray
    growing: list[Members] = field(default_factory=list)
    cut: Cut | None = None
    by_hand: bool = False

    @property
    def final(self) -> bool:
        """Whether the outcome counts as it is: no pair must enter, no set must be listed."""
        return not self.entering.any() and not self.growing


def searched(problem: MasterProblem, start: Start, terms: Terms, solved: dict[bytes, PartSolution]) -> Round:
    """The round on a master problem; `solved` holds the parts of earlier ones and takes those of this one.

    Where the pairs left out could take too much off the bound nothing is searched: those with a reduced cost that
    counts must enter, or the sets in use be listed.
    """
    form, limits, deadline = problem.form, terms.limits, Deadline(terms.limits.seconds)
    relaxed = solve_plain(form, replace(limits, threads=1), terms.log_file, relax=True)
    room = limits.gap * abs(relaxed.objective)
    left_out = LeftOut(problem, start, PRICING_SHARE * room, limits.processes, terms.taken_up)
    final = partial(Round, entering=left_out.none)
    if relaxed.values is None or relaxed.row_duals is None:
        helped = relaxed.status is Status.INFEASIBLE and left_out.may_rescue
        return Round(relaxed, left_out.everything()) if helped else final(relaxed)
    pricing = left_out.priced(relaxed.values, relaxed.row_duals)
    correction = pricing.correction if left_out.any else 0.0
    bounded = replace(relaxed, bound=relaxed.bound - correction)
    if correction > CORRECTION_SHARE * room and pricing.growing:
        return final(without_plan(bounded), growing=pricing.growing)
    if correction > CORRECTION_SHARE * room and pricing.entering.any():
        return Round(without_plan(bounded), pricing.entering)
    national = national_columns(form)
    plan = completed(problem, national, bounded, limits) if problem.columns.later else None
    if plan is not None and plan.status is Status.OPTIMAL:
        return final(plan)

    def search(outside: LeftOut | None) -> Outcome:
        left = deadline.within(limits)
        told = terms.on_progress
        return solve_decomposed(form, national, left, terms.log_file, told, bounded, outside, solved, plan)

    if left_out.any:
        outcome = search(left_out)
        if outcome.status is Status.OPTIMAL or outcome.termination != OPEN:
            return final(outcome, cut=pricing.cut)
        distance = outcome.objective - relaxed.objective
        entering = left_out.within(relaxed.row_duals, distance)
        growth = left_out.sets_within(relaxed.row_duals, distance)
        if entering.any() or growth.sets or growth.too_many:
            return Round(outcome, entering, growth.sets, pricing.cut)
    return final(search(None), cut=pricing.cut)
