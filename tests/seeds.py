"""How many random questions every run of the tests meets, and how many more the slow checks (`make slow`) do."""

from __future__ import annotations

from typing import Any

import pytest


def seeds(always: int, count: int) -> list[Any]:
    """The numbers below `count` as parameters of a test; those from `always` on are left to `make slow`."""
    return [pytest.param(seed, marks=[] if seed < always else pytest.mark.slow) for seed in range(count)]
