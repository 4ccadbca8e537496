"""What every run of the tests meets, and what the slow checks (`make slow`) do beyond it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def seeds(always: int, count: int) -> list[Any]:
    """The numbers below `count` as parameters of a test; those from `always` on are left to `make slow`."""
    return few(range(count), always)


def few(values: Iterable[Any], always: int) -> list[Any]:
    """Values as parameters of a test; those after the first `always` are left to `make slow`."""
    return [
        pytest.param(value, marks=[] if place < always else pytest.mark.slow)
        for place, value in enumerate(values)
    ]
