"""The four costs that stand beside the standard cost: access, coordination, uniformity, transition.

All in million yen per year; one function per cost, its formula in the docstring; `costs.provision` puts them together
for a municipality alone, a wide-area body and a higher tier.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.errors import InputError, Problem
from optimization.reading.units import MILLION_IN_YEN


def access(case: Case, services: pd.Index, km: np.ndarray) -> np.ndarray:
    """Residents' travel to the provider's seat, shape (I, S).

    population x trips_to_seat x 2 x km x detour_factor x travel_cost_yen_per_person_km / 10^6,
    `km` the straight-line distance from the own town hall to the seat, shape (I,).
    """
    trips = case.parameters.of("trips_to_seat", services).to_numpy()
    population = case.municipalities["population_persons"].to_numpy(float)
    yen_per_km = case.parameters("travel_cost_yen_per_person_km") * case.parameters("detour_factor")
    return (population * 2.0 * km * yen_per_km / MILLION_IN_YEN)[:, None] * trips


def coordination(case: Case, services: pd.Index, standard: np.ndarray, members: np.ndarray) -> np.ndarray:
    """Cost of acting together in a body, shape (B, S).

    coordination_rate x standard x (members - 1) + coordination_fixed_million_yen x members
    """
    rate = case.parameters.of("coordination_rate", services).to_numpy()
    fixed = case.parameters("coordination_fixed_million_yen")
    return standard * rate * (members[:, None] - 1.0) + fixed * members[:, None]


def log_taste(case: Case) -> np.ndarray:
    """Preferred level of public services in logs, up to a constant, shape (I,).

    taste_elasticity x ln(inhabitant income tax per head): residents with higher incomes want more
    (Oates 1972; the income tax is the only official measure of income by municipality here).
    """
    tax = case.municipalities["income_tax_million_yen"]
    if (tax <= 0).any():
        code = tax.index[tax <= 0][0]
        raise InputError(
            [
                Problem(
                    file="municipal_revenue.csv",
                    row=code,
                    column="inhabitant_income",
                    value=str(tax[code]),
                    message="the income tax of a municipality must be positive to tell its preferred level",
                    remedy="correct the figure or leave the municipality out of the case",
                )
            ]
        )
    per_head = tax / case.municipalities["population_persons"]
    return case.parameters("taste_elasticity") * np.log(per_head.to_numpy(float))


def uniformity(case: Case, services: pd.Index, standard: np.ndarray, gap: np.ndarray) -> np.ndarray:
    """Oates's loss from giving unlike places one level, same shape as `standard` (.., S).

    standard x (taste_weight x d)^2 / (2 |price_elasticity|), d = relative gap between the
    preferred level and the area's mean, shape (..,), cut at taste_gap_cap.
    """
    cap = case.parameters("taste_gap_cap")
    weight = case.parameters.of("taste_weight", services).to_numpy()
    distance = np.clip(gap, -cap, cap)[..., None] * weight
    return standard * distance**2 / (2.0 * case.parameters("price_elasticity"))


def annuity(rate: float, years: float) -> float:
    """Yearly payment that repays 1 over `years` at `rate`: r / (1 - (1 + r)^-n)."""
    return 1.0 / years if rate == 0 else rate / (1.0 - (1.0 + rate) ** -years)


def transition(case: Case, services: pd.Index, standard: np.ndarray) -> np.ndarray:
    """One-off cost of changing the provider, made annual, same shape as `standard` (.., S).

    transition_cost x standard x annuity(discount_rate, transition_years)
    """
    once = case.parameters.of("transition_cost", services).to_numpy()
    return standard * once * annuity(case.parameters("discount_rate"), case.parameters("transition_years"))
