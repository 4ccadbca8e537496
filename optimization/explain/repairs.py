"""The cheapest repairs of an impossible package: how far each limit of the conflict must give way.

The least loosening of a limit is bracketed by doubling and then halved. What the linear relaxation rules out is
proven; from there the loosening grows until a plan is found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from optimization.dictionary.typed_settings import Settings
from optimization.explain.feasibility import Feasibility
from optimization.explain.limits import Limit
from optimization.solving.deadline import Deadline

FIRST_STEP = 1e-3
"""First loosening tried, of the limit's size."""

PRECISION = 2e-3
"""Part of the loosening by which it may be wider than needed."""

ROUND = 5e-3
"""Part of the loosening that a rounder figure may add."""

MARGINS = (1.0, 1.03, 1.1)
"""Multiples of the least loosening of the relaxation that are tried in turn for a plan."""

GROWTH = 3.0
"""Growth of the loosening while none of them has one."""

HALVINGS = 4
"""Halvings between a loosening without a plan and one with."""

PLAN_SECONDS = 5.0
"""Time in which a plan must be found: at the edge it may be hard to find, a little beyond it is easy."""

DIGITS = 4
"""Decimals of a ratio in a repair; money is rounded to a thousandth of a trillion, yen of a resident to a yen."""


@dataclass(frozen=True)
class Loosening:
    """One limit moved from its value to another; short of `proven` no plan exists while all other limits stand."""

    limit: Limit
    old: Any
    new: Any
    proven: Any = None

    @property
    def size(self) -> float:
        """How far it gives way, of its own size; 1 for what is taken back to today's."""
        if not self.limit.direction or self.new is None:
            return 1.0
        return abs(self.new - self.old) / max(abs(self.old), 1e-9) if self.old else abs(self.new - self.old)


@dataclass
class Repair:
    """Loosenings that make the package possible together; `checked` says how that is known."""

    loosenings: list[Loosening]
    settings: Settings
    checked: str = ""
    objective_million_yen: float | None = None

    @property
    def order(self) -> tuple[int, float]:
        """Fewer limits first, then those that give way least."""
        return len(self.loosenings), sum(each.size for each in self.loosenings)


def repairs(
    question: Feasibility,
    corrections: Iterator[Sequence[Limit]],
    deadline: Deadline | None = None,
) -> list[Repair]:
    """A repair for every correction, the cheapest first; no more are sought beside one after the deadline."""
    found = []
    for correction in corrections:
        repair = repaired(question, correction)
        if repair is not None:
            found.append(repair)
        if found and deadline is not None and deadline.over:
            break
    return sorted(found, key=lambda repair: repair.order)


def repaired(question: Feasibility, correction: Sequence[Limit]) -> Repair | None:
    """The limits of a correction loosened one after the other, or switched off where no looser value does, those still
    to come left out; None where a limit cannot be loosened far enough."""
    settings = question.package.settings
    loosenings: list[Loosening] = []
    for n, limit in enumerate(correction):
        others = correction[n + 1 :]
        step = least_loosening(question, settings, limit, others) if limit.direction else None
        if step is None and (limit.may_be_off or not limit.direction):
            back = None if limit.may_be_off else question.todays(limit)
            if question.of(limit.at(settings, back), others, seconds=PLAN_SECONDS).values is not None:
                step = Loosening(limit, limit.value(settings), back)
        if step is None:
            return None
        loosenings.append(step)
        settings = limit.at(settings, step.new)
    return Repair(loosenings, settings, "by a plan of the program")


def least_loosening(
    question: Feasibility, settings: Settings, limit: Limit, without: Collection[Limit] = ()
) -> Loosening | None:
    """The value nearest to its own at which a limit lets a plan exist."""
    old = limit.value(settings)
    proven: float | None = None

    def possible(value: float) -> bool:
        return question.of(limit.at(settings, value), without, linear_only=True).values is not None

    def plan(value: float) -> bool:
        nonlocal proven
        if question.kept_by_todays(limit.at(settings, value), without):
            return True
        verdict = question.of(limit.at(settings, value), without, seconds=PLAN_SECONDS)
        if verdict.impossible and (proven is None or (value - proven) * limit.direction > 0):
            proven = value
        return verdict.values is not None

    bracket = bracketed(old, limit, possible)
    if bracket is None:
        return None
    proven, works = bracket
    for value in dict.fromkeys(candidates(old, works, limit)):
        if plan(value):
            return Loosening(limit, old, value, proven)
    failed, step = works, GROWTH * abs(works - old)
    while not plan(value := neat(toward(old, limit, step), limit)):
        if value == limit.loosest:
            return None
        failed, step = value, GROWTH * step
    return Loosening(limit, old, narrowed(failed, value, limit, plan), proven)


def candidates(old: float, works: float, limit: Limit) -> Iterator[float]:
    """Round values about the least loosening, then values a little looser."""
    if limit.whole:
        yield works
        return
    for unit in (100.0, 1.0):
        value = nearest(works, unit * unit_of(limit))
        if abs(value - works) <= ROUND * abs(works - old):
            yield value
    for margin in MARGINS:
        yield neat(toward(old, limit, margin * abs(works - old)), limit)


def narrowed(fails: float, works: float, limit: Limit, plan: Callable[[float], bool]) -> float:
    """A value between one without a plan and one with, halved a few times (a count until it is exact)."""
    rounds = 40 if limit.whole else HALVINGS
    for _ in range(rounds):
        middle = int(fails + works) // 2 if limit.whole else neat(0.5 * (fails + works), limit)
        if middle in (fails, works):
            break
        if plan(middle):
            works = middle
        else:
            fails = middle
    return works


def bracketed(
    old: float, limit: Limit, possible: Callable[[float], bool]
) -> tuple[float | None, float] | None:
    """A loosening that fails and one that works, close to each other; None where none works."""
    if possible(old):
        return None, toward(old, limit, first_step(old, limit))
    fails, step = old, first_step(old, limit)
    while not possible(works := toward(old, limit, step)):
        if works == limit.loosest:
            return None
        fails, step = works, 4.0 * step
    while abs(works - fails) > max(
        PRECISION * abs(works - old), unit_of(limit) * (1.0 if limit.whole else 0.1)
    ):
        middle = int(fails + works) // 2 if limit.whole else 0.5 * (fails + works)
        if possible(middle):
            works = middle
        else:
            fails = middle
    return fails, works


def first_step(old: float, limit: Limit) -> float:
    """A small loosening to begin with."""
    return max(FIRST_STEP * abs(old), 10.0 * unit_of(limit))


def toward(old: float, limit: Limit, step: float) -> float:
    """A value loosened by a step (a count by one at least), no further than the loosest."""
    step = max(1, math.ceil(step)) if limit.whole else step
    value = old + (int(limit.direction) if limit.whole else limit.direction) * step
    return min(value, limit.loosest) if limit.direction > 0 else max(value, limit.loosest)


def neat(value: float, limit: Limit) -> float:
    """The value rounded to the loose side: ratios to four decimals, money to the billion yen, a resident's to a yen."""
    if limit.whole:
        return value
    unit = unit_of(limit)
    count = value / unit
    count = math.ceil(count - 1e-9) if limit.direction > 0 else math.floor(count + 1e-9)
    rounded = round(count * unit, DIGITS)
    return min(rounded, limit.loosest) if limit.direction > 0 else max(rounded, limit.loosest)


def nearest(value: float, unit: float) -> float:
    """The value rounded to the nearest multiple of a unit."""
    return round(round(value / unit) * unit, DIGITS)


def unit_of(limit: Limit) -> float:
    """What a value is rounded to."""
    if limit.whole:
        return 1.0
    if limit.unit.startswith("yen"):
        return 1.0
    return 1_000.0 if limit.unit.startswith("million yen") else 10.0**-DIGITS
