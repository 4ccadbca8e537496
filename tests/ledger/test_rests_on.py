"""Which of the marked assumptions an answer can depend on: what is left out changes nothing, what counts does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimization.case.case import Case
from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.case.parameters import ASSUMED
from optimization.costs.provision import COMPONENTS
from optimization.ledger.accounts import Accounts
from optimization.ledger.instance import Instance
from optimization.ledger.layout import lay_out
from optimization.ledger.money_spent import ratios_of
from optimization.ledger.rests_on import rests_on
from optimization.outcome.question import laid_out
from optimization.outcome.result import Result
from optimization.outcome.solve import solve
from optimization.outcome.tables import result_tables

ENDS = ("high", "low")
IWATE = Path(__file__).parents[2] / "inputs/iwate-2022"


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case(IWATE)


@pytest.fixture(scope="module")
def reform(case: Case) -> Result:
    return solve(case, load_package(case, "role_division"))


def at(case: Case, keys: set[str], end: str) -> dict[str, float]:
    """Values of some parameters at an end of their ranges."""
    ends = dict(zip(case.parameters.keys, case.parameters.table[end], strict=True))
    return {key: float(ends[key]) for key in keys}


def counted(case: Case, name: str) -> tuple[Counter[str], set[str]]:
    """How many numbers of each parameter a package's answer can depend on, and all their keys."""
    package = load_package(case, name)
    found = set(rests_on(case, package, laid_out(case, package)).on)
    return Counter(key.rpartition(".")[2] for key in found), found


@pytest.mark.parametrize("end", ENDS)
def test_what_is_left_out_changes_no_figure_of_a_run(case: Case, reform: Result, end: str) -> None:
    """All of them at an end of their ranges together: every table of the run is the very same."""
    marked = {
        key
        for key, mark in zip(case.parameters.keys, case.parameters.table["mark"], strict=True)
        if mark == ASSUMED
    }
    left_out = marked - set(reform.rests_on.on)
    assert len(marked) == reform.rests_on.marked and 100 < len(left_out) < len(marked)
    asked = lay_out(case.with_parameters(at(case, left_out, end)), reform.package.settings)
    assert reform.accounts is not None
    accounts = Accounts(asked, reform.accounts.decision.on(asked.bodies))
    assert accounts.objective_parts == reform.accounts.objective_parts
    other = result_tables(replace(reform, instance=asked, accounts=accounts))
    for name, table in result_tables(reform).items():
        pd.testing.assert_frame_equal(other[name], table, check_exact=True, obj=name)


def coefficients(asked: Instance) -> dict[str, np.ndarray]:
    """What a question is made of, nothing left out."""
    costs = asked.costs
    tiers = {f"{t}.{c}": getattr(part, c) for t, part in costs.by_tier.items() for c in COMPONENTS}
    bodies = {f"bodies.{c}": getattr(costs.bodies, c) for c in COMPONENTS}
    offices = {
        f"{t}.{n}": each.share.data for t, kinds in asked.offices.items() for n, each in enumerate(kinds)
    }
    value = asked.case.parameters
    ways = np.array(
        [value("detour_factor") / value("travel_speed_km_per_hour"), value("efficient_scale_persons")]
    )
    ratios = ratios_of(asked.case)
    assert ratios is not None
    money = ratios.at(lambda number: number.central)
    rest = {
        "money": money,
        "units": costs.unit_fixed,
        "allowed": costs.allowed,
        "joint": asked.bundles.cost,
        "ways": ways,
    }
    return {**tiers, **bodies, **offices, **rest}


def moved(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
    return any(not np.array_equal(one[name], other[name]) for name in one)


KINDS = (
    "taste_weight", "transition_cost", "trips_to_seat", "coordination_rate", "unit_fixed_cost_million_yen",
    "max_travel_minutes", "joint_work_rate", "scale_realisation", "national_share", "branch_office_share",
    "coordination_fixed_million_yen", "detour_factor", "efficient_scale_persons", "national_overhead",
    "national_unit_share", "taste_elasticity", "transition_years", "travel_cost_yen_per_person_km",
    "travel_speed_km_per_hour", "spending_ratio",
)  # fmt: skip
"""Every parameter of which some number counts."""


@pytest.mark.parametrize("kind", KINDS)
def test_what_counts_changes_a_coefficient(case: Case, reform: Result, kind: str) -> None:
    """The first and the last of the numbers of a parameter that count, each alone."""
    on = [key for key in reform.rests_on.on if key.rpartition(".")[2] == kind]
    before = coefficients(lay_out(case, reform.package.settings))
    for key in {on[0], on[-1]}:
        asked = (lay_out(case.with_parameters(at(case, {key}, e)), reform.package.settings) for e in ENDS)
        assert any(moved(before, coefficients(each)) for each in asked), key


def test_every_parameter_of_which_numbers_count_is_tried(reform: Result) -> None:
    assert {key.rpartition(".")[2] for key in reform.rests_on.on} == set(KINDS)


def test_under_today_s_arrangement_only_what_stands_today_counts(case: Case) -> None:
    kinds, found = counted(case, "status_quo")
    assert not {"unit_fixed_cost_million_yen", "national_overhead", "branch_office_share"} & set(kinds)
    shared = {str(each) for each in case.bodies_today["service"] if each}
    assert {key.split(".")[0] for key in found if key.endswith(".coordination_rate")} == shared & {
        "fire",
        "waste",
    }
    assert "general_administration.transition_cost" not in found


def test_crises_and_formulas_count_where_a_package_has_them(case: Case) -> None:
    none, _ = counted(case, "role_division")
    assert not [name for name in none if name.startswith(("surge_", "crisis_", "aid_loss", "canada_"))]
    kinds, found = counted(case, "crisis_ready")
    assert kinds["surge_earthquake"] > 5 and kinds["crisis_urgency"] > 5 and kinds["severity"] > 0
    assert {"response_premium", "spare_capacity_share"} <= found
    assert "canada_cap" not in found


def test_a_number_without_effect_within_its_range_does_not_count(case: Case) -> None:
    """The cap of unlike wishes binds nowhere in Iwate, at neither end of its range; at a low enough one it would."""
    _, found = counted(case, "role_division")
    assert "taste_gap_cap" not in found
    tight = case.with_parameters({})
    table = tight.parameters.table.copy()
    table.loc[table["parameter"] == "taste_gap_cap", "low"] = 0.001
    tight = replace(tight, parameters=replace(tight.parameters, table=table), sha256={})
    package = load_package(case, "role_division")
    assert "taste_gap_cap" in rests_on(tight, package, laid_out(case, package)).on
