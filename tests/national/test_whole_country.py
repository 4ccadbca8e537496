"""Acceptance on the whole country, through solve.py: `make national`."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
from national_run import TOKYO, Run
from totals import check_against_the_formula, check_totals

from optimization.referee.audit import audit_run

pytestmark = pytest.mark.national

GAP = "1e-4"
COARSE = "3e-3"
"""For `uniform`: its relaxation leaves 0.15%, which is far less than it costs more than role_division."""
GROUP = ("--prefectures", "02,03,05")


@pytest.fixture(scope="module")
def role_division(solved: Callable[..., Run]) -> Run:
    return solved("role_division")


@pytest.fixture(scope="module")
def status_quo(solved: Callable[..., Run]) -> Run:
    return solved("status_quo")


@pytest.fixture(scope="module")
def wide_area(solved: Callable[..., Run]) -> Run:
    return solved("wide_area")


@pytest.fixture(scope="module")
def uniform(solved: Callable[..., Run]) -> Run:
    return solved("uniform", "--gap", COARSE)


class TestRoleDivision:
    """The default reform."""

    def test_it_is_solved_to_the_asked_gap(self, role_division: Run) -> None:
        record = role_division.record
        assert role_division.code == 0, role_division.err
        assert record["status"] == "optimal"
        assert record["gap"] <= float(GAP)
        assert record["bound_million_yen"] <= record["objective_million_yen"]
        assert record["breaches"] == []

    def test_it_covers_the_country(self, role_division: Run) -> None:
        record = role_division.record
        assert (record["municipalities"], record["joint_wards"], record["prefectures"]) == (1718, 1, 47)
        assert record["services"] >= 25
        assert record["candidate_bodies"] >= 4_000
        provision = role_division.table("provision")
        assert provision["code"].nunique() == 1719
        assert provision["code"].str[:2].nunique() == 47
        assert len(role_division.table("governments")) == 1718 + 47

    def test_it_costs_less_than_today(self, role_division: Run, status_quo: Run) -> None:
        record = role_division.record
        assert record["objective_million_yen"] < record["baseline_million_yen"]
        assert record["baseline_million_yen"] == pytest.approx(
            status_quo.record["objective_million_yen"], rel=1e-9
        )

    def test_it_is_quick_and_small(self, role_division: Run) -> None:
        assert role_division.record["seconds"]["solve"] < 120
        assert role_division.peak_memory_bytes < 4 * 2**30

    def test_adequacy_holds_everywhere(self, role_division: Run) -> None:
        table = role_division.table("governments")
        assert table["coverage_ratio"].min() >= 0.97 - 1e-6
        assert (table["funds_million_yen"] >= table["spending_million_yen"] * (1 - 1e-6)).all()

    def test_the_grants_are_the_formulas_under_the_reform_too(
        self, role_division: Run, adjustment_rate: float
    ) -> None:
        table = role_division.table("governments").set_index("government")
        gap = (1.0 - adjustment_rate) * table["need_million_yen"] - table["capacity_million_yen"]
        assert (table["grant_million_yen"] - gap.clip(lower=0.0)).abs().max() <= 1e-3
        assert table.at[TOKYO, "tier"] == "prefecture"


class TestStatusQuo:
    """Today, out of solve.py's own tables."""

    def test_the_official_totals_come_out(self, status_quo: Run) -> None:
        table = status_quo.table("governments").set_index("government")
        check_totals(table, "")
        check_totals(table, "_today")

    def test_every_grant_is_the_formulas(
        self, status_quo: Run, published: pd.DataFrame, by_formula: pd.Series
    ) -> None:
        table = status_quo.table("governments").set_index("government")
        check_against_the_formula(table, published, by_formula, "")

    def test_nothing_changes(self, status_quo: Run) -> None:
        assert status_quo.record["objective_million_yen"] == pytest.approx(
            status_quo.record["baseline_million_yen"], rel=1e-12
        )
        assert status_quo.table("responsibility")["changed"].sum() == 0
        assert len(status_quo.table("bodies")) == 0


def test_uniformity_has_a_price(role_division: Run, uniform: Run) -> None:
    """Certified: even the lower bound of the uniform rule lies above the cost of the classes."""
    assert uniform.code == 0, uniform.err
    assert uniform.record["gap"] <= float(COARSE)
    assert uniform.record["bound_million_yen"] > role_division.record["objective_million_yen"]


def test_more_freedom_never_costs_more(status_quo: Run, wide_area: Run, role_division: Run) -> None:
    assert wide_area.code == 0, wide_area.err
    assert wide_area.record["bound_million_yen"] > role_division.record["objective_million_yen"]
    assert status_quo.record["bound_million_yen"] > wide_area.record["objective_million_yen"]


@pytest.mark.parametrize("name", ["status_quo", "wide_area", "role_division", "uniform"])
def test_the_tables_stand_up_to_the_audit(name: str, request: pytest.FixtureRequest) -> None:
    run = request.getfixturevalue(name)
    audit = audit_run(run.folder)
    assert audit.sound, audit.checks
    assert audit.objective_million_yen == pytest.approx(run.record["objective_million_yen"], rel=1e-9)


def test_both_methods_find_the_same_cost(solved: Callable[..., Run]) -> None:
    parts, whole = (
        solved("role_division", *GROUP, "--gap", GAP, "--method", m) for m in ("decomposed", "plain")
    )
    assert (parts.code, whole.code) == (0, 0), parts.err + whole.err
    one, other = (run.record for run in (parts, whole))
    assert one["method"] != other["method"]
    assert one["objective_million_yen"] == pytest.approx(other["objective_million_yen"], rel=float(GAP))
    assert one["bound_million_yen"] <= other["objective_million_yen"] * (1 + 1e-9)
    assert other["bound_million_yen"] <= one["objective_million_yen"] * (1 + 1e-9)
