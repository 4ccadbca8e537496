"""A session answers changed limits in place: the same as from the beginning, in form and in figures."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from optimization.case.case import Case
from optimization.case.face import DEFAULT_CASE, load_package
from optimization.case.load import load_case
from optimization.case.resolved import ResolvedPackage
from optimization.ledger.layout import lay_out
from optimization.model.columns import columns
from optimization.model.model import REWRITABLE, build_model, components, rewrite
from optimization.model.screening import screen
from optimization.outcome.in_place import under
from optimization.outcome.session import IN_PLACE, Session
from optimization.outcome.solve import solve
from optimization.solving.highs import Limits
from optimization.solving.standard_form import StandardForm, compile_model, with_cost, with_rows

IWATE = ("03",)
LIMITED = Limits(gap=1e-5, threads=1)

CHANGES: dict[str, tuple[Any, Any]] = {
    "pool.ordinary_million_yen": (400_000.0, 390_000.0),
    "pool.released_min_million_yen": (0.0, 100.0),
    "pool.released_max_million_yen": (20_000.0, 10_000.0),
    "nation.limit_million_yen": (900_000.0, 880_000.0),
    "discipline.retention_floor": (0.25, 0.3),
    "equity.adequacy_floor": (0.97, 0.99),
    "equity.coverage_ceiling": (1.5, 1.3),
    "equity.tax_price_spread": (0.5, 0.4),
    "equity.dispersion_ceiling": (0.3, 0.2),
    "equity.loss_limit": (0.2, 0.1),
    "equity.losers_population_ceiling": (0.2, 0.1),
    "equity.hold_harmless_budget_million_yen": (500.0, 300.0),
    "discipline.grant_dependence_ceiling": (0.7, 0.6),
    "discipline.own_source_floor_municipal": (0.2, 0.25),
    "discipline.own_source_floor_prefectural": (0.2, 0.25),
    "discipline.match_ceiling": (0.5, 0.4),
    "discipline.earmarked_ceiling": (0.5, 0.4),
    "discipline.debt_service_ceiling": (0.25, 0.18),
    "discipline.future_burden_ceiling": (4.0, 3.0),
    "discipline.debt_steps_kept": (True, False),
    "equity.place_cover_floor": (1.0, 1.02),
    "equity.place_windfall_yen_per_resident": (50_000.0, 20_000.0),
    "equity.place_dispersion_ceiling": (1.3, 1.1),
    "equity.place_loss_yen_per_resident": (5_000.0, 1_000.0),
    "equity.place_losers_population_ceiling": (0.2, 0.1),
    "equity.place_tax_price_spread": (0.5, 0.2),
    "clarity.changes_ceiling": (40, 20),
    "weights.soft_budget": (0.03, 0.05),
    "weights.dulled_incentive": (0.05, 0.02),
}


@cache
def iwate() -> tuple[Case, ResolvedPackage]:
    """Iwate's part of the embedded case and the default package."""
    case = load_case(DEFAULT_CASE)
    return case, load_package(case, "role_division", IWATE)


def with_settings(package: ResolvedPackage, **changes: Any) -> ResolvedPackage:
    """The package with some settings changed."""
    return replace(package, settings={**package.settings, **changes})


BESIDE: dict[str, dict[str, Any]] = {
    "equity.losers_population_ceiling": {"equity.loss_limit": 0.1},
    "equity.place_losers_population_ceiling": {"equity.place_loss_yen_per_resident": 1_000.0},
    "equity.place_cover_floor": {
        "equity.place_loss_yen_per_resident": 1_000.0,
        "equity.place_losers_population_ceiling": 0.1,
    },
    "equity.hold_harmless_budget_million_yen": {"equity.hold_harmless_years": 3},
}
"""Settings without which a limit says nothing."""


def test_every_limit_is_tried() -> None:
    assert set(CHANGES) == set(REWRITABLE)


@pytest.mark.parametrize("key", REWRITABLE)
def test_a_rewritten_program_is_the_program_built_anew(key: str) -> None:
    """Row by row: the same coefficients, sides and costs, whatever the order of the columns."""
    case, package = iwate()
    before, after = CHANGES[key]
    settings = {**package.settings, **BESIDE.get(key, {}), key: before}
    instance = lay_out(case, settings, list(IWATE))
    table = columns(instance, screen(instance))
    model = build_model(table)
    form = compile_model(model)
    other = under(table, {**settings, key: after})
    for name in components(table, {key}):
        form.rows_of(name)
    rewrite(model, other, {key})
    for name in components(table, {key}):
        component = model.component(name)
        rows = [] if name == "total_cost" else list(component.values())
        form = with_cost(form, component) if name == "total_cost" else with_rows(form, name, rows)
    fresh_instance = lay_out(case, {**settings, key: after}, list(IWATE))
    fresh = compile_model(build_model(columns(fresh_instance, screen(fresh_instance))))
    assert described(form) == described(fresh)


def described(form: StandardForm) -> dict[str, Any]:
    """A program as names and numbers."""
    names = [variable.name for variable in form.variables]
    result: dict[str, Any] = {"cost": {n: round(c, 9) for n, c in zip(names, form.cost, strict=True) if c}}
    matrix = form.matrix.copy()
    matrix.sum_duplicates()
    for n, row in enumerate(form.constraints):
        part = slice(matrix.indptr[n], matrix.indptr[n + 1])
        entries = {
            names[j]: round(float(a), 9)
            for j, a in zip(matrix.indices[part], matrix.data[part], strict=True)
            if abs(a) > 1e-12
        }
        result[row.name] = (entries, round(form.row_lower[n], 6), round(form.row_upper[n], 6))
    return result


def test_answers_in_place_agree_with_answers_from_the_beginning() -> None:
    case, package = iwate()
    session = Session(case, IWATE, LIMITED)
    pool = package.settings["pool.ordinary_million_yen"]
    in_place = 0
    for changes in (
        {},
        {"pool.ordinary_million_yen": 0.97 * pool},
        {"equity.adequacy_floor": 1.0},
        {"nation.limit_million_yen": 1.01 * package.settings["nation.limit_million_yen"]},
        {"weights.soft_budget": 0.1},
        {},
    ):
        asked = with_settings(package, **changes)
        found = session.solve(asked)
        anew = solve(case, asked, IWATE, LIMITED, "decomposed")
        assert found.outcome.status is anew.outcome.status
        assert found.breaches == []
        assert found.outcome.objective == pytest.approx(anew.outcome.objective, rel=2.1e-5)
        assert found.outcome.bound <= anew.outcome.objective * (1 + 1e-7)
        assert found.accounts is not None
        assert found.outcome.objective == pytest.approx(found.accounts.objective)
        in_place += found.method == IN_PLACE
    assert in_place >= 4


def test_an_impossible_limit_is_found_impossible_and_the_session_goes_on() -> None:
    case, package = iwate()
    session = Session(case, IWATE, LIMITED)
    first = session.solve(package)
    nothing = session.solve(with_settings(package, **{"pool.ordinary_million_yen": 1_000.0}))
    assert nothing.outcome.status == "infeasible" and nothing.accounts is None
    again = session.solve(package)
    assert again.outcome.objective == pytest.approx(first.outcome.objective, rel=2.1e-5)


def test_another_kind_of_change_starts_from_the_beginning() -> None:
    case, package = iwate()
    session = Session(case, IWATE, LIMITED)
    session.solve(package)
    other = session.solve(with_settings(package, **{"wide_area.bodies_per_municipality": 1}))
    anew = solve(case, with_settings(package, **{"wide_area.bodies_per_municipality": 1}), IWATE, LIMITED)
    assert other.method != IN_PLACE
    assert other.outcome.objective == pytest.approx(anew.outcome.objective, rel=2.1e-5)


def test_a_rule_that_gains_or_loses_rows_is_not_rewritten() -> None:
    """Adequacy off to on: the rows do not exist yet."""
    case, package = iwate()
    session = Session(case, IWATE, LIMITED)
    session.solve(with_settings(package, **{"equity.adequacy_floor": None}))
    found = session.solve(package)
    assert found.method != IN_PLACE and found.breaches == []
    assert np.isfinite(found.outcome.objective)
