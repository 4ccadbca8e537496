"""Time that is left of a limit: by the clock, or by what somebody else has counted."""

from __future__ import annotations

import pytest

from optimization.outcome.clock import SOLVE, Clock
from optimization.solving.deadline import LEAST_SECONDS, Deadline
from optimization.solving.highs import Limits


def test_what_is_left_falls_as_seconds_are_spent_and_never_below_nothing() -> None:
    clock = Clock()
    deadline = Deadline(60.0, lambda: clock.solving)
    assert (deadline.spent, deadline.left, deadline.over) == (0.0, 60.0, False)
    clock.seconds[SOLVE] = 45.0
    assert (deadline.left, deadline.over) == (15.0, False)
    clock.seconds[SOLVE] = 75.0
    assert (deadline.left, deadline.over) == (0.0, True)


def test_a_step_gets_its_share_of_what_is_left_and_a_second_in_any_case() -> None:
    spent = 0.0
    deadline, limits = Deadline(60.0, lambda: spent), Limits(seconds=600.0, gap=1e-3)
    assert deadline.within(limits) == Limits(seconds=60.0, gap=1e-3)
    assert deadline.within(limits, 0.25).seconds == 15.0
    spent = 60.0
    assert deadline.within(limits).seconds == LEAST_SECONDS


def test_without_a_counter_the_clock_on_the_wall_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("optimization.solving.deadline.time.perf_counter", lambda: now)
    deadline = Deadline(10.0)
    now = 104.0
    assert (deadline.spent, deadline.left) == (4.0, 6.0)
