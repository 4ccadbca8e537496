"""Access, coordination, uniformity and transition: each worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from optimization.case.case import Case
from optimization.costs import components
from optimization.errors import InputError
from tests.small_case import Service, Town, make_case

SERVICES = pd.Index(["fire", "water"])


def two_towns(**parameters: float) -> Case:
    named = {key.replace("__", "."): value for key, value in parameters.items()}
    return make_case(
        [Town("01201", 10_000, income_tax=20_000.0), Town("01202", 30_000, income_tax=30_000.0)],
        [Service("fire"), Service("water")],
        parameters=named,
    )


def test_access_is_people_times_trips_times_the_way_there_and_back() -> None:
    """10,000 x 2 trips x 2 x 5 km x 1.3 x 60 yen = 15.6 million; water asks for a quarter of a trip."""
    case = two_towns(
        detour_factor=1.3,
        travel_cost_yen_per_person_km=60.0,
        fire__trips_to_seat=2.0,
        water__trips_to_seat=0.25,
    )
    cost = components.access(case, SERVICES, np.array([5.0, 0.0]))
    assert cost == pytest.approx(np.array([[15.6, 1.95], [0.0, 0.0]]))


def test_coordination_grows_with_the_members() -> None:
    """2% of 50 for each of two members beyond the first, and 0.5 for each of three: 2 + 1.5."""
    case = two_towns(fire__coordination_rate=0.02, coordination_fixed_million_yen=0.5)
    standard = np.array([[50.0, 50.0], [50.0, 50.0]])
    cost = components.coordination(case, SERVICES, standard, np.array([3.0, 1.0]))
    assert cost == pytest.approx(np.array([[3.5, 1.5], [0.5, 0.5]]))


def test_taste_is_the_log_of_income_tax_per_head() -> None:
    """2 and 1 million a head: 0.3 x ln 2 and 0."""
    taste = components.log_taste(two_towns(taste_elasticity=0.3))
    assert taste == pytest.approx([0.3 * np.log(2), 0.0])


def test_a_town_without_income_tax_is_an_input_error_that_names_it() -> None:
    case = make_case([Town("01201", income_tax=0.0), Town("01202")], [Service("fire")])
    with pytest.raises(InputError, match="01201"):
        components.log_taste(case)


def test_the_loss_of_uniformity_is_oates_triangle() -> None:
    """50 x (0.5 x 0.2)^2 / (2 x 0.25) = 1; the gap of -0.9 is cut at 0.4: 50 x 0.2^2 / 0.5 = 4."""
    case = two_towns(price_elasticity=0.25, taste_gap_cap=0.4, fire__taste_weight=0.5)
    standard = np.full((2, 2), 50.0)
    cost = components.uniformity(case, SERVICES, standard, np.array([0.2, -0.9]))
    assert cost == pytest.approx(np.array([[1.0, 0.0], [4.0, 0.0]]))


def test_annuities_repay_what_was_spent() -> None:
    """2% over 20 years: 0.0611567; the payments discounted are 1 again; without interest 1/20."""
    rate = components.annuity(0.02, 20)
    assert rate == pytest.approx(0.0611567, abs=1e-7)
    assert sum(rate / 1.02**year for year in range(1, 21)) == pytest.approx(1.0)
    assert components.annuity(0.0, 20) == 0.05


def test_transition_is_a_share_of_a_years_cost_repaid_over_the_years() -> None:
    """10% of 80 over 10 years without interest: 0.8."""
    case = two_towns(fire__transition_cost=0.1, discount_rate=0.0, transition_years=10.0)
    cost = components.transition(case, SERVICES, np.array([[80.0, 80.0]]))
    assert cost == pytest.approx(np.array([[0.8, 0.0]]))


def test_a_parameter_that_is_missing_is_an_input_error_that_names_it() -> None:
    case = two_towns()
    with pytest.raises(InputError, match="trips_to_seat"):
        components.access(case, pd.Index(["unknown"]), np.zeros(2))
