"""A session on a case: questions one after the other, each starting from what the last has left.

A package that differs from the last one only in limits that stand in the rows of one rule (or in the
weights of grants and counted taxes) is answered in place: these rows are written anew, the small national
relaxation starts from its last basis, and of the parts only those that changed are solved. The bound holds
by what pricing has proven of the cost of provision under any statute. Where this does not reach the asked
gap the same model is solved with its new rows; where that does not do, or anything else differs, the
question is answered from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.ledger.allocation import pool_is_shared_out
from optimization.ledger.horizon import SECOND_PHASE
from optimization.ledger.instance import Instance
from optimization.ledger.phases import restricted
from optimization.model.model import REWRITABLE
from optimization.outcome.certificate import proven
from optimization.outcome.clock import SOLVE, Clock
from optimization.outcome.completion import national_columns
from optimization.outcome.formula import chosen
from optimization.outcome.in_place import under_limits
from optimization.outcome.master import MasterProblem, no_collection
from optimization.outcome.question import decided_once, laid_out
from optimization.outcome.readback import read_result
from optimization.outcome.relaxed import searched
from optimization.outcome.result import Result
from optimization.outcome.run import Answer, answer, least_cost
from optimization.outcome.solve import solve
from optimization.outcome.steps import Duty
from optimization.outcome.terms import Terms
from optimization.solving.deadline import Deadline
from optimization.solving.decomposed import price_choices
from optimization.solving.highs import Limits, Outcome, Status
from optimization.solving.national import NationalRelaxation
from optimization.solving.residual import fix
from optimization.solving.standard_form import coefficient_ranges

OpenTiers = Callable[[Instance], Mapping[Duty, tuple[str, ...]]]

HELD_SECONDS = 60.0
"""Time for a question with duties held that is asked from the beginning: there may be many."""

IN_PLACE = "in_place"
"""Method named in a result that was reached from the last one."""


class Session:
    """Questions on one case (or on some of its prefectures) under the same limits of the solver."""

    def __init__(
        self,
        case: Case,
        prefectures: Sequence[str] = (),
        limits: Limits | None = None,
        method: str = "decomposed",
        open_tiers: OpenTiers | None = None,
    ) -> None:
        """`open_tiers` narrows the tiers open to some duties, given the instance of the question."""
        self._case, self._prefectures = case, tuple(prefectures)
        self._open_tiers = open_tiers
        self._terms = Terms(limits or Limits(), method)
        self._last: Answer | None = None
        self._phased: ResolvedPackage | None = None
        self._national: NationalRelaxation | None = None

    @property
    def limits(self) -> Limits:
        """Limits of the solver for each question."""
        return self._terms.limits

    def solve(self, package: ResolvedPackage) -> Result:
        """The optimum of a package, as `outcome.solve.solve` finds it within the gap."""
        if package.settings[SECOND_PHASE]:
            if self._open_tiers is not None:
                decided_once(package)
            self._phased, self._last, self._national = package, None, None
            return solve(self._case, package, self._prefectures, self.limits, self._terms.method)
        return self._from_last(package) or self._from_the_beginning(package)

    @property
    def last(self) -> Answer:
        """The last question answered. Raises ValueError before the first, and `InputError` where the last plan has two
        phases."""
        if self._last is None and self._phased is not None:
            decided_once(self._phased)
        if self._last is None:
            raise ValueError("no question has been answered yet")
        return self._last

    @property
    def national(self) -> NationalRelaxation | None:
        """What is left of the last question with provision bounded from below; None where nothing is proven of it."""
        return self._national

    @contextmanager
    def returning(self) -> Iterator[None]:
        """Within the block other questions may be asked; afterwards the last question is that of before."""
        before = self._last, self._national
        try:
            yield
        finally:
            self._last, self._national = before

    def other_tiers(self) -> list[tuple[Duty, str]]:
        """Every duty of the last plan with each other tier open to it. Raises ValueError where there is no plan."""
        last = self.last
        if last.result.accounts is None:
            raise ValueError("the last question has no plan")
        chosen = last.result.accounts.decision.tier
        options = last.instance.groups.options.items()
        return [(duty, tier) for duty, tiers in options for tier in tiers if tier != chosen[duty]]

    def holding(self, choices: Mapping[Duty, str]) -> Outcome:
        """What the last question comes to when some duties (service, rule group) are held at a tier: the parts that
        do not change are those of the last plan; where this is not good enough, it is asked from the beginning."""
        last, found = self.last, self._held(choices)
        if found is not None and found.status is Status.OPTIMAL and not found.overstated:
            return found
        instance = restricted(last.instance, {duty: (tier,) for duty, tier in choices.items()})
        limits = replace(self.limits, seconds=min(self.limits.seconds, HELD_SECONDS))
        terms = replace(self._terms, limits=limits)
        again = least_cost(instance, last.result.package, terms).result.outcome
        if found is not None and not found.overstated and again.objective > found.objective:
            again = proven(found, again.bound, self.limits)
        if again.overstated:
            raise RuntimeError(
                f"the bound {again.bound} lies above the plan {again.objective} it is to bound"
            )
        return again

    def _held(self, choices: Mapping[Duty, str]) -> Outcome | None:
        """What the last question comes to with duties held, from what it has left; None where that is nothing to start
        from."""
        last, national = self.last, self._national
        values = last.result.cheapest.values
        if national is None or values is None:
            return None
        columns, chosen = held_columns(last, choices)
        form = fix(last.problem.form, columns, chosen)
        guide = national.solve(form)
        if guide is None:
            return None
        before = values.copy()
        before[columns] = chosen
        numbers = national_columns(form)
        return price_choices(form, numbers, [before, guide.values], guide.bound, self.limits, last.solved)

    def _from_the_beginning(self, package: ResolvedPackage) -> Result:
        instance, clock = laid_out(self._case, package, self._prefectures), Clock()
        if self._open_tiers is not None:
            instance = restricted(instance, self._open_tiers(instance))
        last = answer(instance, package, self._terms, clock)
        self._last, self._national = last, None
        if last.cut is not None:
            self._national = NationalRelaxation(self.limits)
            self._national.add(last.cut)
            self._national.solve(last.problem.form)
        return last.result

    def _from_last(self, package: ResolvedPackage) -> Result | None:
        """The answer in place; None where it must come from the beginning."""
        last, national = self._last, self._national
        if last is None or national is None or last.problem.columns.later:
            return None
        if last.result.package.assumptions != package.assumptions:
            return None
        changed = differing(last.result.package.settings, package.settings)
        if not changed <= set(REWRITABLE) or pool_is_shared_out(package.settings):
            return None
        clock = Clock()
        with clock.phase("build"), no_collection():
            problem = under_limits(last.problem, package.settings, changed)
        if problem is None:
            return None
        with clock.phase(SOLVE):
            outcome = self._in_place(last, national, problem)
        if outcome is None:
            return None
        with clock.phase("read_back"):
            result = read_result(package, problem, outcome)
        with clock.phase("formula"):
            result = chosen(result, problem, self.limits)
        ranges = coefficient_ranges(problem.form)
        result = replace(result, seconds=clock.seconds, coefficients=ranges, method=IN_PLACE)
        self._last = replace(last, problem=problem, result=result)
        return result

    def _in_place(self, last: Answer, national: NationalRelaxation, problem: MasterProblem) -> Outcome | None:
        """The last statute and the one the national relaxation suggests, against its bound; where neither
        is good enough, the relaxation of the whole model, whose pricing gives the next cut."""
        form, deadline = problem.form, Deadline(self.limits.seconds)
        guide, before = national.solve(form), last.result.cheapest.values
        if guide is not None and before is not None:
            guides = [before, guide.values]
            numbers = national_columns(form)
            outcome = price_choices(form, numbers, guides, guide.bound, self.limits, last.solved)
            if outcome.status is Status.OPTIMAL:
                return replace(outcome, seconds=deadline.spent)
        found = searched(problem, last.start, self._terms, last.solved)
        if not found.final or found.outcome.status is not Status.OPTIMAL:
            return None
        if found.cut is not None:
            national.add(found.cut)
        return found.outcome


def held_columns(last: Answer, choices: Mapping[Duty, str]) -> tuple[np.ndarray, np.ndarray]:
    """Columns of the duties (service, rule group) named, and 1 for the tier chosen, 0 for the others."""
    numbers, index = last.problem.form.column_family("y")
    position = dict(zip(index.tolist(), numbers.tolist(), strict=True))
    pairs = [
        (position[n], float(tier == choices[s, k]))
        for n, (s, k, tier) in enumerate(last.problem.columns.duties)
        if (s, k) in choices and n in position
    ]
    columns, chosen = zip(*pairs, strict=True) if pairs else ((), ())
    return np.array(columns, dtype=int), np.array(chosen)


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """Settings that are not the same."""
    return {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
