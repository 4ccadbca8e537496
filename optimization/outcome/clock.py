"""How many seconds each phase of a run has taken."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

SOLVE = "solve"
"""The phase to which the time limit applies."""


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
        return self.seconds.get(SOLVE, 0.0)
