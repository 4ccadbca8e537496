"""Why a package is impossible: the ladder from counting to the smallest conflict, and what mends it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.explain.feasibility import Feasibility, Rung, held
from optimization.explain.limits import Limit, limits_of
from optimization.explain.misses import Miss, missed
from optimization.explain.repairs import Repair, repairs
from optimization.outcome.counting import counting_arguments
from optimization.outcome.question import decided_once
from optimization.outcome.solve import solve
from optimization.solving.conflict import UnsettledError, smallest_conflict
from optimization.solving.deadline import Deadline
from optimization.solving.highs import Limits

ENOUGH_SECONDS = 60.0
"""Time after which no further repair is sought once one is known."""

CHECK = Limits(gap=1e-2, seconds=180.0, threads=2)
"""How a repair is checked: any plan within a hundredth of the optimum will do."""


@dataclass
class Diagnosis:
    """What is known of a package's feasibility. `impossible` is None where neither a plan nor a proof was found in
    time (`rung` is then how far it was tried); `proven` tells whether the conflict is, `rung` by what."""

    package: ResolvedPackage
    impossible: bool | None
    rung: Rung | None = None
    proven: bool = False
    arguments: list[str] = field(default_factory=list)
    conflict: list[Limit] = field(default_factory=list)
    misses: list[Miss] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    questions: int = 0


def diagnose(case: Case, package: ResolvedPackage, prefectures: Sequence[str] = ()) -> Diagnosis:
    """Whether limits of a package contradict each other, which, and the cheapest repairs, checked by running.

    Raises `InputError` where the plan has two phases."""
    deadline = Deadline(ENOUGH_SECONDS)
    decided_once(package)
    question = Feasibility(case, package, tuple(prefectures))
    settings = package.settings
    arguments = counting_arguments(question.built(settings).problem.columns)
    verdict = question.of(settings)
    found = Diagnosis(package, verdict.impossible if verdict.settled else None, arguments=arguments)
    if not verdict.settled:
        found.rung = verdict.rung
    if found.impossible:
        limits = limits_of(package)
        linear = verdict.rung is Rung.LINEAR
        found.rung = Rung.COUNTING if arguments else verdict.rung
        try:
            found.conflict = conflict_of(question, limits, linear)
            found.proven = True
        except UnsettledError:
            found.conflict = limits
        asked = found.conflict if found.proven else []
        found.misses = [miss for limit in asked for miss in missed(question, limit, linear)]
        found.seconds["conflict"] = deadline.spent
        corrections = corrections_of(question, limits, found.conflict, linear) if found.proven else iter(())
        found.repairs = repairs(question, corrections, deadline)
        check(case, found, prefectures, deadline)
    found.seconds["all"] = deadline.spent
    found.questions = question.questions
    return found


def conflict_of(question: Feasibility, limits: Sequence[Limit], linear: bool) -> list[Limit]:
    """Limits that cannot hold together though all others are left out: the fewest of those with rows of their own,
    and then what of the program's shape they lean on, of which nothing can be spared. Raises `UnsettledError`."""
    everything = limits_of(question.package)
    apart = [limit for limit in everything if limit not in limits]
    rows = [limit for limit in limits if limit.rows]
    shape = [limit for limit in limits if not limit.rows]
    whole = question.form(question.package.settings, [limit for limit in apart if not limit.rows])

    def point(without: Sequence[Limit]) -> np.ndarray | None:
        verdict = question.of(question.package.settings, [*apart, *without], linear)
        if not verdict.settled:
            raise UnsettledError
        return verdict.values

    def holds(kept: frozenset[int]) -> frozenset[int] | None:
        values = point([limit for n, limit in enumerate(rows) if n not in kept])
        if values is None:
            return None
        return kept | {n for n, limit in enumerate(rows) if n not in kept and held(whole, values, limit)}

    conflict = [rows[n] for n in smallest_conflict(range(len(rows)), holds)]
    idle = [limit for limit in rows if limit not in conflict]
    if len(shape) > 1 and point([*idle, *shape]) is None:  # each costs a program of its own, all together one
        return conflict
    for limit in list(shape):
        if point([*idle, limit]) is None:
            idle.append(limit)
            shape.remove(limit)
    return [*conflict, *shape]


def corrections_of(
    question: Feasibility, limits: Sequence[Limit], conflict: Sequence[Limit], linear: bool
) -> Iterator[list[Limit]]:
    """For every limit of the conflict, the limits that must give way when it is the first to, none of them in vain."""
    settings = question.package.settings
    seen: set[frozenset[Limit]] = set()
    for first in conflict:
        chosen = [first]
        try:
            while question.of(settings, chosen, linear).impossible:
                if not first.rows:
                    raise UnsettledError  # a change of shape that does not do alone is no cheap repair
                more = conflict_of(question, [limit for limit in limits if limit not in chosen], linear)
                chosen.append(next((limit for limit in more if limit in conflict), more[0]))
        except (UnsettledError, IndexError):
            continue
        for limit in chosen[:-1]:
            fewer = [other for other in chosen if other is not limit]
            if not question.of(settings, fewer, linear).impossible:
                chosen = fewer
        if frozenset(chosen) not in seen:
            seen.add(frozenset(chosen))
            yield chosen


def check(case: Case, found: Diagnosis, prefectures: Sequence[str], deadline: Deadline) -> None:
    """Run the package with its repairs, the cheapest always, the others while time is left."""
    for n, repair in enumerate(found.repairs):
        if n and deadline.over:
            return
        mended = replace(found.package, settings=repair.settings)
        result = solve(case, mended, prefectures, CHECK, beside=False)
        if result.worth.planned:
            repair.checked = "by running it"
            repair.objective_million_yen = result.outcome.objective
        else:
            repair.checked = "not confirmed by a run"


def changes_of(repair: Repair, before: Mapping[str, Any]) -> dict[str, Any]:
    """Settings that a repair changes, as a package writes them; `before` are those of the package."""
    return {key: value for key, value in repair.settings.items() if before[key] != value}
