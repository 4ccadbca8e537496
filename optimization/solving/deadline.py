"""How long a piece of work may take and what is left of it: every room reckons its time in this one form."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from optimization.solving.highs import Limits

LEAST_SECONDS = 1.0
"""Seconds that a step of the work gets once it is begun, however little is left."""


class Deadline:
    """A limit in seconds, and what has been spent of it since it was made, or as `spent` tells it."""

    def __init__(self, limit: float, spent: Callable[[], float] | None = None) -> None:
        self.limit = limit
        self._spent = spent or _since(time.perf_counter())

    @property
    def spent(self) -> float:
        """Seconds spent by now."""
        return self._spent()

    @property
    def left(self) -> float:
        """Seconds left, 0 where the limit has passed."""
        return max(0.0, self.limit - self.spent)

    @property
    def over(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0.0

    def within(self, limits: Limits, share: float = 1.0) -> Limits:
        """Limits of a step of the work that may take a share of the seconds left, and `LEAST_SECONDS` in any case."""
        return replace(limits, seconds=max(LEAST_SECONDS, share * self.left))


def _since(started: float) -> Callable[[], float]:
    """Seconds since a moment of `time.perf_counter`."""
    return lambda: time.perf_counter() - started
