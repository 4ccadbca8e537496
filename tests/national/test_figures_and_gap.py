"""Retention, grants and receivers of the whole country hang on the package, and not on how long the solver searched."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from national_run import Run

pytestmark = pytest.mark.national

GAPS = ("2e-4", "1e-4")
"""Gaps at which the plan itself is one; a wider one may leave other duties moved, see docs/model.md."""


def figures(run: Run) -> list[float]:
    """Retention of both tiers, grants of both in million yen, receivers."""
    formula = run.table("formula").set_index("parameter")["under_package"]
    governments = run.table("governments")
    grants = governments.groupby("tier")["grant_million_yen"].sum()
    kept = [float(formula[f"retention_{tier}"]) for tier in ("municipal", "prefectural")]
    return [*kept, *grants, float((governments["grant_million_yen"] > 0).sum())]


def test_figures_of_the_nation_agree_to_three_digits(solved: Callable[..., Run]) -> None:
    runs = [solved("role_division", "--gap", gap) for gap in GAPS]
    assert all(run.record["formula_choice"][0]["settled"] for run in runs)
    for run in runs[1:]:
        assert figures(run) == pytest.approx(figures(runs[0]), rel=5e-3)
