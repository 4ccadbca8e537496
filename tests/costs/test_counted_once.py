"""What an assumption takes off is taken off once: the tables of the embedded case against its own figures."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from optimization.case.case import Case
from optimization.case.load import load_case
from optimization.costs.standard import scale_curves, standard_costs
from optimization.dictionary.tiers import NATION, PREFECTURE
from optimization.reading.japan import JOINT_PREFECTURE
from optimization.reading.whereabouts import DEFAULT_CASE

ELASTICITY, REALISED = "prefectural_elasticity", "scale_realisation"
BY_LAW = ("compulsory_teachers", "high_schools", "special_needs_schools", "police")
"""Prefectural services whose posts the law sets."""


@cache
def country() -> Case:
    return load_case(DEFAULT_CASE)


def slope(case: Case, service: str) -> float:
    """Of log need per head on log size, over the prefectures without Tokyo."""
    basis = case.services.at[service, "scale_basis"]
    size = case.basis(basis).groupby(case.municipalities["prefecture_code"]).sum().drop(JOINT_PREFECTURE)
    need = case.standard_need(service).reindex(size.index)
    return float(np.polyfit(np.log(size), np.log(need / size), 1)[0])


def rows(parameter: str) -> dict[str, dict[str, float]]:
    table = country().parameters.table
    found = table[table["parameter"] == parameter].set_index("service")
    return found[["low", "central", "high"]].to_dict("index")  # type: ignore[return-value]


@pytest.mark.parametrize("service", rows(ELASTICITY))
def test_an_elasticity_is_the_whole_slope_so_that_its_part_is_taken_once(service: str) -> None:
    """An elasticity that holds a third already would be cut a second time by `scale_realisation`."""
    each = rows(ELASTICITY)[service]
    found = slope(country(), service)
    assert each["central"] == pytest.approx(found, abs=0.006)
    assert each["low"] <= found <= each["high"]


@pytest.mark.parametrize("service", BY_LAW)
def test_posts_set_by_law_gain_nothing_from_a_larger_employer(service: str) -> None:
    realised, elasticity = rows(REALISED)[service], rows(ELASTICITY)[service]
    assert realised["low"] == realised["central"] == 0.0
    assert -0.06 <= realised["high"] * elasticity["central"] <= 0.0


def test_teachers_cost_the_nation_what_they_cost_a_prefecture() -> None:
    """No post falls away because the employer is larger; systems still gain."""
    case = country()
    costs = standard_costs(case, scale_curves(case)).by_tier
    teachers, systems = (
        case.services.index.get_loc(s) for s in ("compulsory_teachers", "prefectural_digital")
    )
    assert np.array_equal(costs[NATION][:, teachers], costs[PREFECTURE][:, teachers])
    assert costs[NATION][:, systems].sum() < costs[PREFECTURE][:, systems].sum()


def test_sources_can_be_read_without_the_notes_of_those_who_wrote_them() -> None:
    sources = country().parameters.table["source"]
    assert not sources.str.contains("FACTS").any() and (sources.str.len() > 10).all()
