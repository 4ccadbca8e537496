"""What must hold for every question: names do not matter, money has no unit, tighter is never cheaper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from optimization.case.case import Case
from optimization.case.parameters import Parameters
from optimization.ledger.accounts import Accounts
from optimization.rules.checks import breaches
from optimization.solving.highs import Status, solve
from tests.model.random_case import decisions, loosest, random_question
from tests.small_case import EXACT, Small

SEEDS = st.integers(0, 400)
FEW = examples(max_examples=5, deadline=None, derandomize=True)


@cache
def cost_of_seed(seed: int) -> float:
    return cost(random_question(seed))


def cost(question: Small) -> float:
    """Optimal cost, infinite for an impossible package."""
    outcome = question.solve().outcome
    assert outcome.status in (Status.OPTIMAL, Status.INFEASIBLE)
    return outcome.objective if outcome.status is Status.OPTIMAL else np.inf


def same(left: float, right: float) -> bool:
    return left == right or left == pytest.approx(right, rel=1e-6)


# names and order --------------------------------------------------------------------------------------


def relabelled(case: Case, draw: np.random.Generator) -> Case:
    """The case with other municipal and prefectural codes, and rows of every list in another order."""
    prefectures = case.prefectures.index.to_numpy()
    codes = draw.permutation([f"{n:02d}" for n in range(30, 30 + len(prefectures))])
    new = dict(zip(prefectures, codes, strict=True))
    for code in case.codes:
        new[code] = new[code[:2]] + f"{draw.integers(100):02d}" + code[-1]
    swap = {"code": new, "code_a": new, "code_b": new}

    def shuffled(table: Any) -> Any:
        table = table.replace(swap)
        return table.iloc[draw.permutation(len(table))].reset_index(drop=True)

    def renamed(table: Any) -> Any:
        table = table.rename(index=new).sort_index()
        return table.replace({"prefecture_code": new}) if "prefecture_code" in table else table

    parameters = case.parameters.table
    return replace(
        case,
        municipalities=renamed(case.municipalities),
        prefectures=renamed(case.prefectures),
        adjacency=shuffled(case.adjacency),
        medical_areas=shuffled(case.medical_areas),
        user_bodies=shuffled(case.user_bodies),
        municipal_need=renamed(case.municipal_need),
        prefectural_need=renamed(case.prefectural_need),
        governments=renamed(case.governments),
        tax_bases=case.tax_bases.rename(index=new).sort_index(),
        services=case.services.iloc[draw.permutation(len(case.services))],
        parameters=Parameters(parameters.iloc[draw.permutation(len(parameters))], {}),
    )


@FEW
@given(SEEDS)
def test_codes_and_the_order_of_rows_do_not_matter(seed: int) -> None:
    question = random_question(seed)
    draw = np.random.default_rng(seed)
    other = replace(question, case=relabelled(question.case, draw))
    assert set(other.case.codes).isdisjoint(question.case.codes)
    assert same(cost(other), cost_of_seed(seed))


# money ------------------------------------------------------------------------------------------------

MONEY_SETTINGS = (
    "pool.ordinary_million_yen",
    "nation.limit_million_yen",
    "weights.body_million_yen",
    "weights.observed_sharing_million_yen",
)
MONEY_PARAMETERS = (
    "travel_cost_yen_per_person_km",
    "coordination_fixed_million_yen",
    "unit_fixed_cost_million_yen",
)


def scaled(question: Small, factor: float) -> Small:
    """The same question with all money in another unit."""
    case, table = question.case, question.case.parameters.table
    money = table["parameter"].isin(MONEY_PARAMETERS)
    table = table.assign(central=table["central"].where(~money, table["central"] * factor))
    amounts = [c for c in case.governments.columns if c.endswith("_million_yen")]
    municipalities = case.municipalities.assign(
        income_tax_million_yen=case.municipalities["income_tax_million_yen"] * factor
    )
    return replace(
        question,
        case=replace(
            case,
            municipalities=municipalities,
            municipal_need=case.municipal_need * factor,
            prefectural_need=case.prefectural_need * factor,
            governments=case.governments.assign(**{c: case.governments[c] * factor for c in amounts}),
            tax_bases=case.tax_bases * factor,
            national_taxes=case.national_taxes.assign(
                yield_million_yen=case.national_taxes["yield_million_yen"] * factor
            ),
            parameters=Parameters(table, {}),
        ),
        changes={**question.changes, **{k: question.changes[k] * factor for k in MONEY_SETTINGS}},
    )


@FEW
@given(SEEDS, st.sampled_from([0.1, 2.0, 50.0]))
def test_cost_scales_with_the_unit_of_money(seed: int, factor: float) -> None:
    assert same(cost(scaled(random_question(seed), factor)), factor * cost_of_seed(seed))


# limits -----------------------------------------------------------------------------------------------


def _lower(key: str, by: float) -> Any:
    return lambda q: {key: loosest(q.package.settings)[key] * by}


def _adequacy(question: Small) -> dict[str, Any]:
    return {
        "equity.adequacy_floor": max(0.9, loosest(question.package.settings)["equity.adequacy_floor"] * 1.02)
    }


def _less_free(key: str) -> Any:
    return lambda q: {key: list(q.package.settings[key])[:-1]}


TIGHTER: Mapping[str, Any] = {
    "a smaller pool": _lower("pool.ordinary_million_yen", 0.97),
    "a lower national limit": _lower("nation.limit_million_yen", 0.97),
    "a higher adequacy floor": _adequacy,
    "budgets must balance": lambda q: {"discipline.balance": True},
    "a higher retention floor": lambda q: {"discipline.retention_floor": 0.25},
    "fewer bodies for a municipality": lambda q: {
        "wide_area.bodies_per_municipality": q.package.settings["wide_area.bodies_per_municipality"] - 1
    },
    "less dependence on grants": _lower("discipline.grant_dependence_ceiling", 0.8),
    "shorter ways": lambda q: {"access.limit_factor": 0.012},
    "smaller bodies": lambda q: {"wide_area.max_members": 2},
    "fewer free services": _less_free("responsibility.free_services"),
    "fewer free tiers": _less_free("responsibility.free_tiers"),
    "fewer services open to bodies": _less_free("wide_area.services"),
    "one rule for all": lambda q: {"rules.groups": "uniform"},
    "one tier for a service": lambda q: {"clarity.tiers_per_service": 1},
    "fewer changes": lambda q: {"clarity.changes_ceiling": 1},
    "a lower ceiling of coverage": lambda q: {"equity.coverage_ceiling": 1.2},
    "smaller losses": lambda q: {"equity.loss_limit": 0.02},
    "a fixed counted share": lambda q: {"formula.counted_share": [0.75, 0.75]},
}
"""Each gives settings at least as tight as the question's own."""


RANGE = {"formula.counted_share": [0.7, 0.8]}
JAPAN = {"formula.family": "japan_lat", "formula.family_prefecture": "japan_lat"}
FIRST = {"a fixed counted share": RANGE, "a smaller pool": JAPAN}
"""What makes the two packages comparable: a range that holds the share, a formula that the pool only bounds
(others share the pool out)."""


@examples(max_examples=2, deadline=None, derandomize=True)
@given(seed=SEEDS)
@pytest.mark.parametrize("how", TIGHTER)
def test_a_tighter_package_is_never_cheaper(how: str, seed: int) -> None:
    question = random_question(seed).but(**FIRST.get(how, {}))
    loose = cost(question) if how in FIRST else cost_of_seed(seed)
    assert cost(question.but(**TIGHTER[how](question))) >= loose - 1e-6 * min(loose, 1e9)


def test_tighter_packages_bite_and_do_not_always_forbid() -> None:
    """The comparison above is not empty: some tightenings raise a finite cost."""
    raised: set[str] = set()
    for seed in (4, 6, 8, 9, 11, 16):
        for how, change in TIGHTER.items():
            question = random_question(seed)
            if how not in raised and how not in FIRST:
                tight = cost(question.but(**change(question)))
                raised |= {how} if np.inf > tight > cost_of_seed(seed) * (1 + 1e-6) else set()
            if len(raised) == 3:
                return
    pytest.fail(f"only these raise a finite cost: {raised}")


FREER: Mapping[str, Any] = {
    "all services and tiers": {
        "responsibility.free_services": ["fire", "water", "health"],
        "responsibility.free_tiers": ["municipality", "prefecture", "bloc", "nation"],
    },
    "a rule for each municipality": {"rules.groups": "free"},
    "both counted shares": {
        "formula.counted_share": [0.55, 0.85],
        "formula.counted_share_prefecture": [0.55, 0.85],
    },
    "more of the national taxes": {"pool.national_tax_shares": {"liquor": [0.45, 0.6]}},
}


@examples(max_examples=2, deadline=None, derandomize=True)
@given(seed=SEEDS)
@pytest.mark.parametrize("what", FREER)
def test_freeing_more_is_never_dearer(what: str, seed: int) -> None:
    assert cost(random_question(seed).but(**FREER[what])) <= cost_of_seed(seed) * (1 + 1e-6)


@pytest.mark.parametrize(
    "free",
    [
        {"formula.unit_cost_revision": [0.9, 1.1]},
        {"guarantee.share": {"fire": [0.0, 0.5]}},
        {"taxes.assigned": {"municipal.land": [0.9, 1.1]}},
        {"taxes.counted_share": {"municipal.land": [0.6, 0.8]}},
    ],
)
def test_freeing_a_number_of_the_formula_is_never_dearer_and_today_stays_possible(
    free: dict[str, Any],
) -> None:
    """The range contains the number that stands fixed otherwise, and every rule is re-checked outside."""
    for seed in (6, 24):
        question = random_question(seed)
        key = next(iter(free))
        fixed = {"formula.counted_share": [0.75, 0.75], "formula.family": "japan_lat"}
        fixed |= {
            "formula.family_prefecture": "japan_lat",
            key: {"formula.unit_cost_revision": [1.0, 1.0]}.get(key, {}),
        }
        held, freed = question.but(**fixed), question.but(**{**fixed, **free})
        result = freed.solve()
        assert result.breaches == []
        assert result.outcome.objective <= held.solve().outcome.objective * (1 + 1e-6)


# bounds -----------------------------------------------------------------------------------------------


@FEW
@given(SEEDS)
def test_the_relaxation_lies_below_the_optimum_and_no_decision_lies_below_it(seed: int) -> None:
    question = random_question(seed)
    best = cost_of_seed(seed)
    relaxed = solve(question.form(keep_dominated=True), EXACT, relax=True)
    if np.isfinite(best):
        assert relaxed.objective <= best * (1 + 1e-6)
    every = decisions(question.instance)
    draw = np.random.default_rng(seed)
    for n in draw.choice(len(every), size=min(20, len(every)), replace=False):
        accounts = Accounts(question.instance, every[n])
        if not breaches(accounts):
            assert accounts.objective >= best * (1 - 1e-6)
