"""The run: from a question laid out to its answer, re-checked.

Over one list of bodies a run is column generation. The restricted master problem holds the pairs of body and service
that have been let in; its relaxation prices those left out, and the ones with a reduced cost that counts enter, round
by round, until the bound is as tight as asked. Where a package leaves connected bodies to pricing the list itself
grows, and the question over the longer list is answered anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from optimization.case.resolved import ResolvedPackage
from optimization.ledger.instance import Instance
from optimization.model.columns import columns
from optimization.model.screening import screen
from optimization.outcome.certificate import overstatement, proven
from optimization.outcome.choices import asked
from optimization.outcome.clock import FORMULA, SOLVE, STAY_PUT, Clock
from optimization.outcome.formula import chosen
from optimization.outcome.master import MasterProblem, master_problem, no_collection
from optimization.outcome.readback import read_result
from optimization.outcome.relaxed import Round, searched
from optimization.outcome.result import InterruptedRun, Result, stopped_with
from optimization.outcome.starting import Start, starting_pairs
from optimization.outcome.stay_put import certified, staying
from optimization.outcome.terms import DECOMPOSED, PLAIN, Terms
from optimization.outcome.unlisted import Members, Unlisted, all_sets, wanted, with_all_sets, with_sets
from optimization.solving.deadline import Deadline
from optimization.solving.decomposed import PartSolution
from optimization.solving.highs import Limits, Outcome, StoppedByHandError
from optimization.solving.highs import solve as solve_plain
from optimization.solving.national import Cut
from optimization.solving.standard_form import coefficient_ranges

KEPT_SHARE, KEPT_SECONDS = 0.2, 90.0
"""Part of the time limit, and most seconds of it, that the search leaves to the choices after it: a plan whose search
was cut has a formula chosen like that of any other."""

TO_STAY = 2 / 3
"""Part of what the search left that the stay-put rule may take; the rest is the formula's."""


@dataclass
class Answer:
    """A question answered, with all that a later question may start from: the last master problem, the pairs its
    rounds began with, the parts solved, what pricing has proven of the cost of provision, and sets of municipalities
    that must be listed before the answer counts."""

    problem: MasterProblem
    start: Start
    result: Result
    solved: dict[bytes, PartSolution]
    cut: Cut | None
    growing: list[Members] = field(default_factory=list)

    @property
    def instance(self) -> Instance:
        """The question that was answered."""
        return self.problem.instance


class Point(NamedTuple):
    """A master problem and the outcome whose values are of its columns."""

    problem: MasterProblem
    outcome: Outcome

    def followed_by(self, now: Point, limits: Limits) -> Point:
        """This plan or a later one, whichever costs less: the plan of fewer pairs is one of more pairs too, against
        their bound."""
        if self.outcome.objective < now.outcome.objective:
            return self._replace(outcome=proven(self.outcome, now.outcome.bound, limits))
        return now


def answer(
    instance: Instance, package: ResolvedPackage, terms: Terms | None = None, clock: Clock | None = None
) -> Answer:
    """The answer to a question laid out, its formula chosen after cost. The objective reported is recomputed outside
    the solver from the rounded decision, and every hard rule is checked on it. Raises `InterruptedRun` on Ctrl-C, and
    `InputError` for bodies on demand that cannot be priced."""
    terms = terms or Terms()
    kept = min(KEPT_SHARE * terms.limits.seconds, KEPT_SECONDS)
    run = _Run.begun(package, terms, clock or Clock(), kept)
    return run.chosen(run.least_cost(*run.listed(instance)))


def least_cost(instance: Instance, package: ResolvedPackage, terms: Terms) -> Answer:
    """The answer to a question of which nothing but the cost is asked: its formula is any that keeps the rules."""
    run = _Run.begun(package, terms, Clock())
    return run.least_cost(*run.listed(instance))


def better(before: Answer, now: Answer, limits: Limits) -> Answer:
    """The answer with the better plan, the list having grown in between, with the bound of the longer list."""
    old, new = before.result, now.result
    if old.accounts is None or old.outcome.objective > new.outcome.objective:
        return now
    outcome = proven(old.outcome, new.outcome.bound, limits)
    found = [*old.breaches, *overstatement(outcome)]
    result = replace(old, outcome=outcome, breaches=found, seconds=new.seconds)
    return replace(before, result=result, growing=now.growing)


@dataclass
class _Run:
    """One run: the package asked, the terms, the clock, the deadlines of the search and of the whole (which count what
    the solver takes in this run), and the parts solved so far."""

    package: ResolvedPackage
    terms: Terms
    clock: Clock
    search: Deadline
    whole: Deadline
    solved: dict[bytes, PartSolution] = field(default_factory=dict)

    @staticmethod
    def begun(package: ResolvedPackage, terms: Terms, clock: Clock, kept: float = 0.0) -> _Run:
        """A run that begins now, on a clock that others may have used before; `kept` seconds of its limit are left to
        the choices after the search."""
        before, most = clock.solving, terms.limits.seconds

        def spent() -> float:
            return clock.solving - before

        return _Run(package, terms, clock, Deadline(most - kept, spent), Deadline(most, spent))

    def listed(self, instance: Instance) -> tuple[Instance, Unlisted | None]:
        """The question with its list of bodies, and beside the list the connected sets that are left to pricing."""
        if not wanted(instance):
            return instance, None
        with self.clock.phase("generate"), no_collection():
            if self.terms.method == PLAIN:
                return with_all_sets(instance), None
            self.terms = replace(self.terms, method=DECOMPOSED)
            return instance, all_sets(instance).beside(instance)

    def least_cost(self, instance: Instance, unlisted: Unlisted | None) -> Answer:
        """The least cost over the list, which grows where bodies are left to pricing."""
        best: Answer | None = None
        while True:
            try:
                found = self.over_the_list(instance, unlisted)
            except InterruptedRun as stop:
                raise stopped_with(None if best is None else best.result, stop.result) from stop
            best = found if best is None else better(best, found, self.terms.limits)
            if unlisted is None or not found.growing:
                return best
            with self.clock.phase("generate"):
                instance = with_sets(instance, found.growing)
                unlisted = unlisted.beside(instance)

    def chosen(self, found: Answer) -> Answer:
        """The answer with its plan and its formula chosen among those of (almost) one cost, in the time that is
        left."""
        result = found.result
        try:
            if self.terms.stay_put and asked(result.instance.settings):
                with self.clock.phase(STAY_PUT):
                    result = staying(result, found.problem, self.whole.within(self.terms.limits, TO_STAY))
            with self.clock.phase(FORMULA):
                result = chosen(result, found.problem, self.whole.within(self.terms.limits))
        except KeyboardInterrupt as stop:
            raise stopped_with(found.result) from stop
        return replace(found, result=replace(certified(result), seconds=self.clock.seconds))

    def over_the_list(self, instance: Instance, unlisted: Unlisted | None) -> Answer:
        """The question over its listed bodies, answered; or the sets that must be listed first."""
        with self.clock.phase("layout"):
            screening = screen(instance)
        terms = self.terms.on(instance, screening)
        with self.clock.phase("starting_pairs"):
            if terms.method == PLAIN:
                start = Start.whole(screening)
            else:
                start = starting_pairs(instance, screening, terms.limits, unlisted)
        inside, point = start.inside, None
        try:
            while True:
                problem = master_problem(columns(instance, screening, inside), self.clock)
                found = self.round(problem, start, terms)
                now = Point(problem, found.outcome)
                point = now if point is None else point.followed_by(now, terms.limits)
                if found.by_hand:
                    raise KeyboardInterrupt
                if found.final or found.growing or self.search.over:
                    break
                inside = inside | found.entering
        except KeyboardInterrupt as stop:
            known = point is not None and point.outcome.values is not None
            raise stopped_with(self.read(point, terms, unlisted) if point and known else None) from stop
        growing = [] if self.search.over else found.growing
        result = self.read(point, terms, unlisted)
        return Answer(point.problem, start, result, self.solved, found.cut, growing)

    def round(self, problem: MasterProblem, start: Start, terms: Terms) -> Round:
        """One round in the time that is left; on Ctrl-C what is known by then."""
        terms = replace(terms, limits=self.search.within(terms.limits))
        none = np.zeros(len(start.inside), dtype=bool)
        with self.clock.phase(SOLVE):
            try:
                if terms.method == PLAIN:
                    whole = solve_plain(problem.form, terms.limits, terms.log_file, terms.on_progress)
                    return Round(whole, none)
                return searched(problem, start, terms, self.solved)
            except StoppedByHandError as stop:
                return Round(stop.outcome, none, by_hand=True)

    def read(self, point: Point, terms: Terms, unlisted: Unlisted | None) -> Result:
        """The result that a point stands for."""
        with self.clock.phase("read_back"):
            result = read_result(self.package, point.problem, point.outcome)
        priced = {} if unlisted is None else {"connected_sets_priced": unlisted.count}
        return replace(
            result,
            seconds=self.clock.seconds,
            coefficients=coefficient_ranges(point.problem.form),
            method=terms.method,
            size={**result.size, **priced},
        )
