"""The rows leave exactly the ledger's transfers, revenues and needs, whatever the objective wants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from optimization.ledger.accounts import Accounts
from optimization.ledger.decision import status_quo
from optimization.ledger.formulas import ENVELOPE_FAMILIES, FAMILIES
from optimization.model.model import build_model
from optimization.solving.highs import solve
from tests.fiscal.fiscal_case import SETTLED, Pushed, decided, family, push, with_taxes
from tests.small_case import EXACT, Prefecture, Service, Small, Town, small

SEEDS = (0, 1, 2)
FREE_TAXES = ("japan_lat", "australia_hfe", "nordic")

FREE_MONEY: dict[str, Any] = {
    "formula.unit_cost_revision_by_service": {"fire": [0.7, 1.3], "health": [0.9, 1.2]},
    "guarantee.share": {"fire": [0.1, 0.6], "water": [0.0, 0.3]},
    "formula.counted_share": [0.5, 0.9],
    "formula.counted_share_prefecture": [0.6, 0.8],
    "taxes.counted_share": {"municipal.sales": [0.3, 0.9]},
}
FREE_POOL: dict[str, Any] = {"pool.national_tax_shares": {"income": [0.1, 0.4]}}
FREE_BASES: dict[str, Any] = {
    "taxes.assigned": {
        "municipal.land": [0.5, 1.5],
        "municipal.fees": [0.0, 2.0],
        "prefectural.business": [0.0, 2.0],
    },
    "taxes.neutral": ["municipal.land + prefectural.business"],
}


NAMES = (*FAMILIES, SETTLED)


def free_money(name: str) -> dict[str, Any]:
    """Every lever of the money that a family lets go free."""
    return FREE_MONEY | ({} if name in ENVELOPE_FAMILIES else FREE_POOL)


def question(seed: int, **changes: Any) -> Small:
    """Four towns in two prefectures; every duty may move between tiers, prefecture by prefecture."""
    draw = np.random.default_rng(seed)
    codes = ("01201", "01202", "02201", "02202")
    tiers = ("municipality", "prefecture", "bloc", "nation")
    towns = [
        Town(
            code,
            int(draw.integers(5, 50)) * 1000,
            {name: float(draw.uniform(20, 90)) for name in ("fire", "water")},
            other=float(draw.uniform(0, 30)),
            base=float(draw.uniform(10, 160)),
            full=float(draw.uniform(0, 20)),
            bond=float(draw.uniform(0, 5)),
            debt=float(draw.uniform(0, 9)),
            residual=float(draw.uniform(-0.5, 0.5)),
            area_km2=float(draw.integers(10, 300)),
        )
        for code in codes
    ]
    prefectures = [
        Prefecture(code, "east", {"health": float(draw.uniform(60, 200))}, base=float(draw.uniform(50, 300)))
        for code in ("01", "02")
    ]
    shares = {"national_share": 0.2}
    services = [
        Service("fire", tiers=tiers, slope=0.4, parameters=shares),
        Service("water", tiers=tiers, slope=0.2),
        Service("health", home="prefecture", tiers=tiers, parameters=shares),
    ]
    open_ended = {
        "rules.groups": "by_prefecture",
        "responsibility.free_services": ["fire", "water", "health"],
        "responsibility.free_tiers": list(tiers),
        "pool.ordinary_million_yen": 500.0,
    }
    case = small(towns, services, prefectures, adjustment_rate=0.05, changes={**open_ended, **changes})
    return with_taxes(case, "municipal", sales={c: float(draw.uniform(0, 9)) for c in codes})


def assert_same(pushed: Pushed | None) -> Accounts:
    """Transfers, need and capacity of the solver are the ledger's."""
    assert pushed is not None
    accounts = pushed.accounts
    assert pushed.of(pushed.model.transfer) == pytest.approx(accounts.transfer, abs=1e-6, rel=1e-6)
    need = accounts.revised_need - accounts.guarantee
    assert pushed.of(pushed.model.need) == pytest.approx(need, abs=1e-6, rel=1e-6)
    assert pushed.of(pushed.model.capacity) == pytest.approx(accounts.capacity, abs=1e-6, rel=1e-6)
    return accounts


def random_wants(seed: int, *names: str) -> list[tuple[str, list[float]]]:
    """A random wish for every variable of these names, small and large ones alike."""
    draw = np.random.default_rng(100 + seed)
    return [(name, draw.normal(size=99).tolist()) for name in names]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_the_rows_give_the_transfers_of_the_ledger_wherever_the_duties_go(name: str, seed: int) -> None:
    case = question(seed, **family(name))
    accounts = assert_same(push(case, *random_wants(seed, "y", "transfer")))
    home = status_quo(case.instance).tier
    assert any(accounts.decision.tier[at] != home[at] for at in home)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_the_cheapest_decision_has_the_transfers_of_the_ledger(name: str, seed: int) -> None:
    """The whole run, which itself compares the two."""
    result = question(seed, **family(name)).solve()
    assert result.outcome.status == "optimal" and result.breaches == []
    assert result.accounts is not None and result.solver_grants is not None
    assert result.solver_grants.to_numpy() == pytest.approx(result.accounts.transfer, abs=1e-6, rel=1e-6)


SHARES = {key: FREE_MONEY[key] for key in FREE_MONEY if "counted_share" in key}
PRICED = {"weights.soft_budget": 0.1, "weights.dulled_incentive": 0.07}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_the_solvers_cost_is_the_ledgers(name: str, seed: int) -> None:
    """Grants received have a price and contributions have none, counted taxes have theirs."""
    case = question(seed, **family(name), **free_money(name), **PRICED)
    if name in FREE_TAXES:
        case = case.but(**FREE_BASES)
    if name == "japan_lat":  # free bases, unit costs and duties would save every grant
        case = question(seed, **PRICED, **SHARES).but(**{"responsibility.free_services": []})
    outcome = solve(case.form(), EXACT, None, None)
    accounts = case.optimum("plain")
    assert outcome.objective == pytest.approx(accounts.objective, rel=1e-7)
    assert accounts.objective_parts["soft_budget"] == pytest.approx(
        0.1 * np.maximum(accounts.transfer, 0.0).sum()
    )
    assert min(accounts.objective_parts["dulled_incentive"], accounts.objective_parts["soft_budget"]) > 0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", FREE_TAXES)
def test_everything_free_at_once_and_still_the_ledgers_money(name: str, seed: int) -> None:
    case = question(seed, **family(name), **free_money(name), **FREE_BASES)
    wants = random_wants(seed, "y", "transfer", "kappa", "gamma", "phi", "theta", "rho")
    accounts = assert_same(push(case, *wants))
    tax = case.instance.tax
    moved = accounts.decision.assigned - 1.0
    assert abs(moved[tax.free]).max() > 0.01
    assert tax.total[tax.neutral[0]] @ moved[tax.neutral[0]] == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", [name for name in FAMILIES if name not in FREE_TAXES])
def test_free_levers_leave_the_numbers_of_the_other_families_alone(name: str, seed: int) -> None:
    """Their transfers follow revenue, people and area: today's, wherever duties and levers go."""
    case = question(seed, **family(name), **free_money(name))
    accounts = assert_same(push(case, *random_wants(seed, "y", "transfer", "kappa", "gamma", "phi", "rho")))
    assert accounts.transfer == pytest.approx(decided(case).transfer)
    assert accounts.decision.tier != status_quo(case.instance).tier


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("name", FREE_TAXES)
def test_no_row_lets_a_transfer_go_further_than_the_formula(name: str, seed: int, sign: float) -> None:
    """With the duties as they are and nothing free, wanting more or less of every grant changes nothing."""
    case = question(seed, **family(name), **{"responsibility.free_services": []})
    pushed = push(case, ("transfer", [sign] * 6))
    assert pushed is not None
    today = decided(case).transfer
    assert pushed.of(pushed.model.transfer) == pytest.approx(today, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_no_model_has_a_product_of_two_decisions(name: str) -> None:
    free = {**free_money(name), **(FREE_BASES if name in FREE_TAXES else {})}
    rules = {
        "equity.adequacy_floor": 0.5,
        "equity.coverage_ceiling": 3.0,
        "equity.dispersion_ceiling": 2.0,
        "equity.tax_price_spread": 2.0,
        "equity.loss_limit": 0.5,
        "equity.losers_population_ceiling": 0.5,
        "equity.hold_harmless_years": 1,
        "equity.hold_harmless_budget_million_yen": 1000.0,
        "discipline.balance": True,
        "discipline.retention_floor": 0.05,
        "discipline.grant_dependence_ceiling": 0.9,
        "discipline.own_source_floor_municipal": 0.1,
        "discipline.own_source_floor_prefectural": 0.1,
        "discipline.match_ceiling": 2.0,
        "discipline.earmarked_ceiling": 0.9,
        "discipline.debt_service_ceiling": 0.9,
        "discipline.future_burden_ceiling": 9.0,
        "clarity.tiers_per_service": 1,
        "weights.soft_budget": 0.1,
        "weights.dulled_incentive": 0.1,
    }
    model = build_model(question(0, **family(name), **free, **rules).columns())
    rows = list(model.component_data_objects(pyo.Constraint, active=True))
    present = {row.parent_component().local_name for row in rows}
    expected = {"F1", "F1w", "F2", "F3e", "F5", "F6", "R1_used", "R1_few"}
    expected |= {"D1", "D2", "D2own", "D3own", "D4", "D4burden", "D5", "D5e"}
    expected |= {"E1", "E2", "E3", "E3_mean", "E4", "E6", "E6_people", "E6path", "E6path_sum"}
    expected |= set() if name in FREE_TAXES else {"D3"}  # a free tax has a share of its own
    assert expected <= present
    assert {row.body.polynomial_degree() for row in rows} <= {0, 1}
    assert model.total_cost.expr.polynomial_degree() == 1
