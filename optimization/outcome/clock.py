"""How many seconds each phase of a run has taken."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

SOLVE, STAY_PUT, FORMULA = "solve", "stay_put", "formula"
"""The phases to which the time limit applies: the search for the least cost, and the choices after it."""


class Clock:
    """Seconds spent in each phase of a run, by the name of the phase."""

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

    @property
    def solving(self) -> float:
        """Seconds spent by the solver: what the time limit of a run counts."""
        return sum(self.seconds.get(phase, 0.0) for phase in (SOLVE, STAY_PUT, FORMULA))
