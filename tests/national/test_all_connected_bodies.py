"""All connected sets of up to eight municipalities of the whole country, priced and certified."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from national_run import Run

pytestmark = pytest.mark.national


def test_millions_of_sets_are_certified_in_five_minutes_and_four_gigabytes(
    solved: Callable[..., Run],
) -> None:
    run = solved("all_connected", "--gap", "1e-3")
    record = run.record
    assert run.code == 0 and record["status"] == "optimal" and record["gap"] <= 1e-3
    assert record["connected_sets_priced"] > 5_000_000
    assert sum(record["seconds"].values()) < 300
    assert run.peak_memory_bytes < 4 * 1024**3
    assert "every connected body of up to 8 members" in record["certificate"]


def test_more_bodies_to_choose_from_never_cost_more(solved: Callable[..., Run]) -> None:
    every, listed = (solved(name, "--gap", "1e-3").record for name in ("all_connected", "role_division"))
    assert every["bound_million_yen"] <= listed["objective_million_yen"] * (1 + 1e-9)
    assert every["objective_million_yen"] <= listed["objective_million_yen"] * (1 + 1e-3)
