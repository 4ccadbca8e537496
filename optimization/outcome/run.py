"""The run: lay out the question, build the model, solve it, read the answer, re-check it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyomo.environ as pyo

from optimization.case.case import Case
from optimization.case.compose import ResolvedPackage
from optimization.errors import InputError, Problem, raise_if_any, shortened
from optimization.ledger.accounts import Accounts, with_bonds
from optimization.ledger.finite import finite_problems
from optimization.ledger.instance import Instance
from optimization.ledger.layout import lay_out
from optimization.ledger.rules import Breach, breaches
from optimization.model.columns import Columns, columns
from optimization.model.model import build_model
from optimization.model.screening import Screening, screen
from optimization.outcome.completion import completed, national_columns
from optimization.outcome.counting import counting_arguments
from optimization.outcome.pricing import LeftOut, Start, starting_pairs
from optimization.outcome.readback import Values, read_decision
from optimization.outcome.result import InterruptedRun, Result, stopped_with
from optimization.outcome.unlisted import Unlisted, all_sets, wanted, with_all_sets, with_sets
from optimization.solving.decomposed import OPEN, Answer, solve_decomposed
from optimization.solving.highs import Limits, Outcome, Progress, Status, StoppedByHandError, gap_reached
from optimization.solving.highs import solve as solve_plain
from optimization.solving.national import Cut
from optimization.solving.standard_form import StandardForm, coefficient_ranges, compile_model

OnProgress = Callable[[Progress], bool]
METHODS = ("auto", "decomposed", "plain")

SMALL = 1_000
"""Pairs and duties below which HiGHS takes the whole program at once."""

MANY = 60_000
"""Listed pairs from which several processes are worth their start."""

PRICING_SHARE = 0.05
"""Part of the asked gap that pricing the pairs left out may give away."""

BOUND = "bound"
"""Label of the breach of a bound that lies above its plan."""

CORRECTION_SHARE = 0.6
"""Part of the asked gap that the pairs left out of the model may take off the bound."""


class Clock:
    """Seconds spent in each phase of a run."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the time of the block to a phase."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - started


class Point(NamedTuple):
    """A program and the outcome whose values are of its columns."""

    table: Columns
    model: pyo.ConcreteModel
    form: StandardForm
    outcome: Outcome


@dataclass
class Attempt:
    """A question laid out and answered, with all that a later question may start from: the starting pairs,
    the model and its arrays, the parts solved, what pricing has proven of the cost of provision, and sets of
    municipalities that must be listed before the answer counts."""

    instance: Instance
    screening: Screening
    start: Start
    table: Columns
    model: pyo.ConcreteModel
    form: StandardForm
    result: Result
    solved: dict[bytes, Answer]
    cut: Cut | None
    growing: list[tuple[int, ...]] = field(default_factory=list)


def attempt(
    case: Case,
    package: ResolvedPackage,
    prefectures: Sequence[str] = (),
    limits: Limits | None = None,
    method: str = "auto",
    log_file: Path | None = None,
    on_progress: OnProgress | None = None,
) -> Attempt:
    """Solve a package decided once on a case (or on some of its prefectures); what a later question may start from.

    Raises `InputError` when the case lacks a parameter the package needs. The objective reported is recomputed outside
    the solver from the rounded decision, and every hard rule is checked on it.
    """
    clock = Clock()
    with clock.phase("layout"):
        instance = laid_out(case, package, prefectures)
    return answered(instance, package, limits or Limits(), method, log_file, on_progress, clock)


def laid_out(case: Case, package: ResolvedPackage, prefectures: Sequence[str] = ()) -> Instance:
    """The question a package asks, with its own assumptions.

    Raises `InputError` where the case was changed after it was read, or lacks one of the prefectures, and for every
    figure of the question that is no number.
    """
    case.unchanged()
    codes = case.prefecture_codes(prefectures)
    question = lay_out(case.with_parameters(package.assumptions), package.settings, codes)
    raise_if_any(shortened(list(finite_problems(question))))
    return question


def would_run(case: Case, package: ResolvedPackage, prefectures: Sequence[str] = ()) -> None:
    """All that a run does before it solves, on a model without bodies. Raises the `InputError` that the run would."""
    instance = laid_out(case, package, prefectures)
    wanted(instance)
    screening = screen(instance)
    with no_collection():
        build_model(columns(instance, screening, np.zeros(len(screening.listed[0]), dtype=bool)))


def known_method(method: str) -> str:
    """The method, which must be one there is; raises `InputError`."""
    if method not in METHODS:
        remedy = f"choose {', '.join(METHODS[:-1])} or {METHODS[-1]}"
        raise InputError([Problem("solve", "is not a method", remedy, column="method", value=str(method))])
    return method


def answered(
    instance: Instance,
    package: ResolvedPackage,
    limits: Limits,
    method: str = "auto",
    log_file: Path | None = None,
    on_progress: OnProgress | None = None,
    clock: Clock | None = None,
) -> Attempt:
    """The same for a question laid out. Where the package leaves connected bodies to pricing, sets enter the list until
    what the others could gain is small."""
    clock, method = clock or Clock(), known_method(method)
    unlisted = None
    if wanted(instance):
        with clock.phase("generate"), no_collection():
            if method == "plain":
                instance = with_all_sets(instance)
            else:
                method, unlisted = "decomposed", all_sets(instance)
    solved: dict[bytes, Answer] = {}
    best: Attempt | None = None
    while True:
        if unlisted is not None:
            with clock.phase("generate"):
                unlisted = unlisted.beside(instance)
        try:
            found = _on_the_list(
                instance, package, limits, method, log_file, on_progress, clock, unlisted, solved
            )
        except InterruptedRun as stop:
            raise stopped_with(None if best is None else best.result, stop.result) from stop
        best = found if best is None else better(best, found, limits)
        if unlisted is None or not found.growing:
            return best
        with clock.phase("generate"):
            instance = with_sets(instance, found.growing)


def better(before: Attempt, now: Attempt, limits: Limits) -> Attempt:
    """The attempt with the better plan, the list having grown in between, with the bound of the longer list."""
    old, new = before.result, now.result
    if old.accounts is None or old.outcome.objective > new.outcome.objective:
        return now
    outcome = proven(old.outcome, new.outcome.bound, limits)
    found = [*old.breaches, *overstatement(outcome)]
    result = replace(old, outcome=outcome, breaches=found, seconds=new.seconds)
    return replace(before, result=result, growing=now.growing)


def _on_the_list(
    instance: Instance,
    package: ResolvedPackage,
    limits: Limits,
    method: str,
    log_file: Path | None,
    on_progress: OnProgress | None,
    clock: Clock,
    unlisted: Unlisted | None,
    solved: dict[bytes, Answer],
) -> Attempt:
    """A question over its listed bodies, answered; or the sets that must be listed first."""
    with clock.phase("layout"):
        screening = screen(instance)
    method = chosen_method(method, instance, screening)
    with clock.phase("starting_pairs"):
        limits = replace(limits, processes=processes_for(screening, limits))
        if method == "plain":
            start = Start(np.ones(len(screening.listed[0]), dtype=bool), [])
        else:
            start = starting_pairs(instance, screening, limits.gap, limits.processes, unlisted)
    ask = partial(
        _ask, method=method, start=start, limits=limits, solved=solved, log_file=log_file, told=on_progress
    )

    def read(point: Point) -> Result:
        with clock.phase("read_back"):
            result = read_result(package, *point, clock)
        size = result.size if unlisted is None else {**result.size, "connected_sets_priced": unlisted.count}
        ranges = coefficient_ranges(point.form)
        return replace(result, seconds=clock.seconds, coefficients=ranges, method=method, size=size)

    inside, best = start.inside, None
    try:
        while True:
            table = columns(instance, screening, inside)
            with clock.phase("build"), no_collection():
                model = build_model(table)
            with clock.phase("hand_off"), no_collection():
                form = compile_model(model)
            answer = ask(table, form, clock)
            point = Point(table, model, form, answer.outcome)
            if best is not None and best.outcome.objective < answer.outcome.objective:
                # the plan of a shorter list is one of the longer list too
                point = best._replace(outcome=proven(best.outcome, answer.outcome.bound, limits))
            if point.outcome.values is not None:
                best = point
            if answer.by_hand:
                raise KeyboardInterrupt
            if not answer.entering.any() or answer.growing or out_of_time(clock, limits):
                break
            inside = inside | answer.entering
    except KeyboardInterrupt as stop:
        raise stopped_with(None if best is None else read(best)) from stop
    growing = [] if out_of_time(clock, limits) else answer.growing
    result = read(point)
    return Attempt(
        instance, screening, start, point.table, point.model, point.form, result, solved, answer.cut, growing
    )


def _ask(
    table: Columns,
    form: StandardForm,
    clock: Clock,
    method: str,
    start: Start,
    limits: Limits,
    solved: dict[bytes, Answer],
    log_file: Path | None,
    told: OnProgress | None,
) -> Answered:
    """The answer on the pairs that stand in the model, in the time that is left; on Ctrl-C what is known by then."""
    left = replace(limits, seconds=max(1.0, limits.seconds - clock.seconds.get("solve", 0.0)))
    with clock.phase("solve"):
        try:
            if method == "plain":
                return Answered(solve_plain(form, left, log_file, told), ~start.inside)
            return answer_on(table, form, start, left, solved, log_file, told)
        except StoppedByHandError as stop:
            return Answered(stop.outcome, np.zeros(len(start.inside), dtype=bool), by_hand=True)


def out_of_time(clock: Clock, limits: Limits) -> bool:
    """Whether nothing is left of the time limit."""
    return clock.seconds.get("solve", 0.0) >= limits.seconds


def without_plan(relaxed: Outcome) -> Outcome:
    """What a relaxation alone establishes: a bound."""
    return replace(
        relaxed, status=Status.NOTHING, termination="time limit", values=None, objective=np.inf, gap=np.inf
    )


def proven(plan: Outcome, bound: float, limits: Limits) -> Outcome:
    """A plan against the better of its own and another bound."""
    bound = max(plan.bound, bound)
    status = Status.OPTIMAL if gap_reached(plan.objective, bound, limits.gap) else Status.INCUMBENT
    return replace(plan, status=status).at_cost(plan.objective, bound)


def chosen_method(method: str, instance: Instance, screening: Screening) -> str:
    """What `auto` stands for: small programs go to HiGHS whole, others are decomposed."""
    if method != "auto":
        return method
    decisions = len(screening.listed[0]) + sum(map(len, instance.groups.options.values()))
    return "plain" if decisions < SMALL else "decomposed"


def processes_for(screening: Screening, limits: Limits) -> int:
    """Processes for the independent parts: as many as threads, or one where starting others would cost
    more than they save."""
    return limits.threads if len(screening.listed[0]) >= MANY else 1


@contextmanager
def no_collection() -> Iterator[None]:
    """Pause the garbage collector: nothing built here becomes garbage, and its scans cost seconds."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass(frozen=True)
class Answered:
    """The outcome on the pairs that stand in the model; the listed pairs that must enter before it can
    count (boolean over the list; none when it is final); what pricing has proven; sets that must be listed; whether
    Ctrl-C ended it."""

    outcome: Outcome
    entering: np.ndarray
    cut: Cut | None = None
    growing: list[tuple[int, ...]] = field(default_factory=list)
    by_hand: bool = False


def answer_on(
    table: Columns,
    form: StandardForm,
    start: Start,
    limits: Limits,
    solved: dict[bytes, Answer],
    log_file: Path | None = None,
    on_progress: OnProgress | None = None,
) -> Answered:
    """Relax, price the pairs left out, and search, unless pairs must enter first."""
    none = np.zeros(len(table.screening.listed[0]), dtype=bool)
    started = time.perf_counter()
    relaxed = solve_plain(form, replace(limits, threads=1), log_file, relax=True)
    room = limits.gap * abs(relaxed.objective)
    left_out = LeftOut(table, form, start, PRICING_SHARE * room, limits.processes)
    if relaxed.values is None or relaxed.row_duals is None:
        helpless = relaxed.status is not Status.INFEASIBLE or not left_out.may_rescue
        return Answered(relaxed, none if helpless else left_out.everything())
    pricing = left_out.priced(relaxed.values, relaxed.row_duals)
    correction = pricing.correction if left_out.any else 0.0
    duals, value = relaxed.row_duals, relaxed.objective
    relaxed = replace(relaxed, bound=relaxed.bound - correction)
    if correction > CORRECTION_SHARE * room and pricing.growing:
        return Answered(without_plan(relaxed), none, growing=pricing.growing)
    if correction > CORRECTION_SHARE * room and pricing.entering.any():
        return Answered(without_plan(relaxed), pricing.entering)
    national = national_columns(form)
    plan = completed(table, form, national, relaxed, limits) if table.later else None
    if plan is not None and plan.status is Status.OPTIMAL:
        return Answered(plan, none)
    more = none
    growing: list[tuple[int, ...]] | None = []
    for outside in (left_out, None) if left_out.any else (None,):
        left = replace(limits, seconds=max(1.0, limits.seconds - (time.perf_counter() - started)))
        outcome = solve_decomposed(
            form, national, left, log_file, on_progress, relaxed, outside, solved, plan
        )
        finished = outcome.status is Status.OPTIMAL or outcome.termination != OPEN
        if outside is not None and not finished:
            more = left_out.within(duals, outcome.objective - value)
            growing = left_out.sets_within(duals, outcome.objective - value)
        if finished or more.any() or growing is None or growing:
            break
    return Answered(outcome, more, pricing.cut, growing or [])


def read_result(
    package: ResolvedPackage,
    table: Columns,
    model: pyo.ConcreteModel,
    form: StandardForm,
    outcome: Outcome,
    clock: Clock,
) -> Result:
    """The decision an outcome stands for, its accounts, and every rule re-checked on them."""
    instance = table.instance
    size = {
        "columns": form.matrix.shape[1],
        "rows": form.matrix.shape[0],
        "nonzeros": int(form.matrix.nnz),
        "integer_columns": int(form.integer.sum()),
        "candidate_bodies": len(instance.bodies),
        "pairs_listed": len(table.screening.listed[0]),
        "pairs_in_model": len(table.pair_body),
        "pairs_removed_dominated": table.screening.removed,
        "pairs_beyond_travel_limit": table.screening.unreachable,
        "pairs_in_reserve": len(table.screening.reserve[0]),
        "balance_rows_that_can_bind": int(table.screening.tight.sum()),
    }
    if outcome.values is None:
        arguments = counting_arguments(table) if outcome.status is Status.INFEASIBLE else []
        return Result(package, instance, outcome, None, None, [], arguments, clock.seconds, size)
    values = Values(form, outcome.values)
    decision = with_bonds(instance, read_decision(table, model, values))
    accounts = Accounts(instance, decision)
    names = instance.case.governments.index
    grants = pd.Series(values.of(model.transfer.values()), index=names)
    found = breaches(accounts)
    apart = np.abs(grants.to_numpy() - accounts.transfer) / np.maximum(1.0, np.abs(accounts.revised_need))
    found += [Breach("F4", str(names[g]), float(apart[g])) for g in np.flatnonzero(apart > 1e-6)]
    checked = outcome.at_cost(accounts.objective, outcome.bound)
    found += overstatement(checked)
    return Result(package, instance, checked, accounts, grants, found, [], clock.seconds, size)


def overstatement(outcome: Outcome) -> list[Breach]:
    """A bound above its own plan, million yen: no plan can cost less than what no plan costs less than."""
    return [Breach(BOUND, "objective", outcome.overstated)] if outcome.overstated else []
