"""One package, one result: a plan decided once, or in the two phases of a horizon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.ledger.instance import Instance
from optimization.outcome.advice import advised
from optimization.outcome.clock import Clock
from optimization.outcome.question import laid_out
from optimization.outcome.result import Result, stopped_with
from optimization.outcome.run import answer
from optimization.outcome.terms import OnProgress, Terms
from optimization.outcome.two_phases import in_two_phases
from optimization.outcome.waiting import courses
from optimization.solving.deadline import Deadline
from optimization.solving.highs import Limits, Status

PHASE_SHARE = 0.8
"""Part of the asked gap within which each phase is solved; the rest is for what binds the two."""


def solve(
    case: Case,
    package: ResolvedPackage,
    prefectures: Sequence[str] = (),
    limits: Limits | None = None,
    method: str = "auto",
    log_file: Path | None = None,
    on_progress: OnProgress | None = None,
    beside: bool = True,
) -> Result:
    """Solve one reform package on a case (or on some of its prefectures).

    `prefectures`: a list of codes, names or romaji ("03", "3", "岩手県", "Iwate"), all where it is empty. Raises
    `InputError` when the case lacks a parameter the package needs or one of the prefectures, when it was changed after
    it was read, or the method is none; and
    `InterruptedRun` on Ctrl-C, with the best plan found by then. What `on_progress` raises goes through. The objective
    reported is recomputed outside the solver from the rounded decision, and every hard rule is checked on it.
    `beside` tells whether what is said beside the answer is worked out too: the courses that a plan over a horizon is
    held against, and whether the advice to an impossible package holds.

    >>> from optimization import load_case, load_package
    >>> case = load_case("inputs/iwate-2022")
    >>> result = solve(case, load_package(case, "status_quo"))
    >>> round(result.outcome.objective), round(result.outcome.gap, 6)  # million yen a year, ratio
    (773734, 0.0)
    """
    asked = limits or Limits()
    terms = Terms(asked, method, log_file, on_progress)
    clock, aside = Clock(), Clock()
    with clock.phase("layout"):
        instance = laid_out(case, package, prefectures)
    terms = replace(terms, limits=replace(asked, gap=gap_sought(package, asked)))
    deadline = Deadline(terms.limits.seconds, lambda: clock.solving + aside.solving)

    def part(question: Instance, share: float = PHASE_SHARE, clock: Clock = clock) -> Result:
        own = deadline.within(replace(terms.limits, gap=share * terms.limits.gap))
        return answer(question, package, replace(terms, limits=own, stay_put=False), clock).result

    def once() -> Result:
        found = answer(instance, package, terms, clock)
        if not (beside and found.result.arguments):
            return found.result
        try:
            with clock.phase("advice"):
                return replace(found.result, arguments=advised(found))
        except KeyboardInterrupt as stop:
            raise stopped_with() from stop

    horizon = instance.horizon
    phased = horizon is not None and horizon.second
    result = in_two_phases(instance, part, terms.limits, deadline) if phased else once()
    if beside and horizon is not None and horizon.later and result.accounts is not None:
        plan = result.accounts.decision
        own = result.accounts.instance
        try:
            with clock.phase("waiting"):
                others = list(courses(own, plan, lambda question: part(question, 1.0, aside)))
        except KeyboardInterrupt as stop:
            raise stopped_with(replace(result, seconds=clock.seconds)) from stop
        result = replace(result, courses=others)
    return as_asked(replace(result, seconds=clock.seconds, whole=case, ranged=True), asked)


def gap_sought(package: ResolvedPackage, limits: Limits) -> float:
    """Gap to which a package is solved: the one asked for, or a narrower one of its own."""
    own = package.settings["choice.cost_gap"]
    return limits.gap if own is None else min(own, limits.gap)


def as_asked(result: Result, limits: Limits) -> Result:
    """A result that missed the gap of its package and reached the one it was asked for is solved."""
    outcome = result.outcome
    if outcome.status is not Status.INCUMBENT or outcome.gap > limits.gap:
        return result
    return replace(result, outcome=replace(outcome, status=Status.OPTIMAL))
