"""A run stopped by Ctrl-C: the library raises it with the best plan, which is as sound as any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optimization.outcome import solve as solving
from optimization.outcome import two_phases
from optimization.outcome.result import InterruptedRun, Result
from optimization.solving.highs import BY_HAND, Progress
from tests.horizon.horizon_case import ageing_town
from tests.horizon.test_horizon_by_hand import phased
from tests.small_case import Small


def question_of_one_year() -> Small:
    """Whether the town or the prefecture answers for fire, which is free."""
    return phased(60.0, 0.02).but(**{"horizon.years": []})


def pressed_when(moment: Callable[[Progress], bool]) -> Callable[[Progress], bool]:
    """Ctrl-C at a moment of the progress."""

    def press(progress: Progress) -> bool:
        if moment(progress):
            raise KeyboardInterrupt
        return True

    return press


def stopped(question: Small, **more: Any) -> Result | None:
    """What is kept of a run that is stopped."""
    with pytest.raises(InterruptedRun) as stop:
        question.solve(**more)
    return stop.value.result


def test_the_plan_known_by_then_is_kept_with_a_bound_that_holds() -> None:
    question = question_of_one_year()
    best = question.optimum().objective
    found = stopped(question, on_progress=pressed_when(lambda progress: np.isfinite(progress.incumbent)))
    assert found is not None and found.accounts is not None and not found.breaches
    assert found.outcome.termination in (BY_HAND, "gap reached")
    assert found.outcome.bound <= best * (1 + 1e-9) <= found.outcome.objective * (1 + 2e-9)
    assert {"governments", "provision"} <= set(found.tables)


def test_without_a_plan_nothing_is_kept() -> None:
    assert stopped(question_of_one_year(), on_progress=pressed_when(lambda progress: True)) is None


def test_the_plan_of_a_horizon_is_kept_when_what_it_is_held_against_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(solving, "courses", stop)
    found = stopped(ageing_town())
    assert found is not None and found.outcome.status == "optimal" and "horizon" in found.tables


def test_the_plan_of_two_phases_is_kept_and_that_of_one_phase_is_none_of_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What has moved stays moved: the phases apart are no plan, and the search has to branch."""
    question = phased(40.0, -0.02, 2050)
    best = question.optimum().objective
    monkeypatch.setattr(two_phases.Search, "below", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    found = stopped(question)
    assert found is not None and found.accounts is not None and not found.breaches
    assert found.outcome.bound <= best * (1 + 1e-9) <= found.outcome.objective * (1 + 2e-9)
    monkeypatch.setattr(two_phases, "second_phase", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
    assert stopped(question) is None
