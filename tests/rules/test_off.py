"""Off is no number: a limit swept from loose to its end grows dearer, and once it is impossible it stays so."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from optimization.case.resolved import ResolvedPackage
from optimization.dictionary.settings import load_settings
from optimization.explain.limits import ROWS, limits_of
from optimization.rules.listed import STATEMENTS
from tests.model.test_golden import three_by_three
from tests.small_case import Small, package

FREE: dict[str, Any] = {
    "formula.counted_share": [0.5, 0.75],
    "formula.counted_share_prefecture": [0.6, 0.75],
    "guarantee.share": {"fire": [0.2, 0.5]},
    "taxes.counted_share": {"municipal.land": [0.6, 0.8]},
    "taxes.assigned": {"municipal.land": [0.5, 3.0]},
    "equity.loss_limit": 0.3,
    "equity.hold_harmless_years": 2,
    "pool.ordinary_million_yen": 400.0,
    "nation.limit_million_yen": 1000.0,
}
CRISES: dict[str, Any] = {
    "crisis.scenarios": ["all"],
    "crisis.lead_tiers": ["prefecture", "nation"],
    "crisis.reserve_tiers": ["prefecture", "nation"],
    "crisis.aid_share": 0.5,
}
ENDS: dict[str, tuple[Any, ...]] = {
    "pool.released": ("nation", "transfer"),
    "pool.released_min_million_yen": (0.0, 100.0, 200.0, 1e8),
    "pool.released_max_million_yen": (1e8, 100.0, 20.0, 0.0),
    "pool.ordinary_million_yen": (400.0, 200.0, 100.0, 0.0),
    "nation.limit_million_yen": (1000.0, 400.0, 250.0, 0.0),
    "clarity.changes_ceiling": (1000, 3, 1, 0),
    "clarity.tiers_per_service": (4, 2, 1),
    "equity.hold_harmless_budget_million_yen": (1e8, 10.0, 1.0, 0.0),
    "equity.dispersion_ceiling": (5.0, 0.3, 0.1, 0.02, 0.0),
    "discipline.future_burden_ceiling": (10.0, 2.0, 1.0, 0.01),
    "crisis.cvar_ceiling_million_yen": (1e8, 100.0, 20.0, 0.0),
}
"""Limits whose end is not reached in even steps: the values from loose to the end."""

QUICK = ("equity.dispersion_ceiling", "equity.adequacy_floor", "clarity.changes_ceiling")


def asked(key: str, value: Any) -> Small:
    """The small question with a limit at a value."""
    more = CRISES if key.startswith("crisis.") else {}
    return three_by_three(**{**FREE, **more, key: value})


def values(key: str) -> list[Any]:
    """Values of a limit from off, where it may be off, to its end."""
    known = load_settings()[key]
    limit = next(limit for limit in ROWS if limit.key == key)
    if not limit.direction:
        return list(ENDS.get(key, (False, True)))
    ends = (known.maximum, known.minimum) if limit.direction > 0 else (known.minimum, known.maximum)
    steps = ENDS.get(key) or tuple(np.linspace(*ends, 5).tolist())
    return [*(["off"] if known.off else []), *steps]


def costs(key: str) -> list[float]:
    """Least cost at every value; infinite where there is no plan."""
    found = []
    for value in values(key):
        result = asked(key, value).solve("plain")
        assert result.breaches == [] and result.outcome.status in ("optimal", "infeasible")
        found.append(result.outcome.objective if result.accounts is not None else np.inf)
    return found


def test_every_limit_of_the_dictionary_is_a_statement() -> None:
    """But for what chooses among plans that keep all limits."""
    off = {key for key, setting in load_settings().items() if setting.off and not key.startswith("choice.")}
    assert off <= {s.setting for s in STATEMENTS}


@pytest.mark.parametrize("key", QUICK)
def test_a_limit_grows_dearer_from_off_to_its_end(key: str) -> None:
    falls_nowhere(costs(key))


@pytest.mark.referee
@pytest.mark.parametrize("key", [limit.key for limit in ROWS if limit.key not in QUICK])
def test_every_limit_grows_dearer_from_off_to_its_end(key: str) -> None:
    falls_nowhere(costs(key))


def falls_nowhere(found: list[float]) -> None:
    """Costs rise along a sweep, to rounding; what is impossible stays impossible."""
    assert np.isfinite(found[0])
    assert all(b >= a * (1.0 - 1e-6) for a, b in pairwise(found)), found


def test_a_ceiling_of_zero_is_a_ceiling_of_zero() -> None:
    """Nobody can lie at 1.15 of his cost exactly: once impossible, and not free again at 0."""
    least = costs("equity.dispersion_ceiling")
    assert least[-1] == np.inf and least[0] == pytest.approx(least[1])


def test_what_is_off_is_no_limit_and_a_number_is_one() -> None:
    case = three_by_three().case

    def named(resolved: ResolvedPackage) -> set[str]:
        return {limit.key for limit in limits_of(resolved)}

    off = package(case, **{"equity.dispersion_ceiling": "off"})
    zero = package(case, **{"equity.dispersion_ceiling": 0.0, "discipline.match_ceiling": 10.0})
    assert "equity.dispersion_ceiling" not in named(off)
    assert {"equity.dispersion_ceiling", "discipline.match_ceiling"} <= named(zero)
    (limit,) = (limit for limit in limits_of(zero) if limit.key == "equity.dispersion_ceiling")
    assert limit.without(zero.settings)["equity.dispersion_ceiling"] is None
