"""The crisis part through mpi-sppy: its extensive form is our program."""

from __future__ import annotations

import pyomo.environ as pyo
import pytest

pytest.importorskip("mpisppy", reason="needs the extra `stochastic`")

from optimization.studies.stochastic import extensive_form, scenario_odds
from tests.crisis.crisis_case import COMMON, LOCAL, Small, two_towns
from tests.crisis.test_crisis_brute_force import random_question


def through_mpi_sppy(question: Small) -> float:
    form = extensive_form(question.columns(keep_dominated=True))
    pyo.SolverFactory("appsi_highs").solve(form, options={"mip_rel_gap": 1e-9})
    return float(pyo.value(form.EF_Obj))


@pytest.mark.parametrize("seed", range(5))
def test_the_extensive_form_is_our_program(seed: int) -> None:
    question = random_question(seed).but(**{"crisis.cvar_ceiling_million_yen": "off"})
    ours = question.solve("plain").outcome
    assert through_mpi_sppy(question) == pytest.approx(ours.objective, rel=1e-6)


def test_reserves_are_decided_before_the_crisis() -> None:
    """The hand-solved case with a reserve of 100 at 0.1 a year: 200 + 10 + 20 = 230."""
    question = two_towns(
        {"common": COMMON, "local": LOCAL},
        {"reserve_cost_share": 0.1, "local.annual_probability": 0.0},
        **{"crisis.lead_infection": "prefecture", "crisis.reserve_tiers": ["prefecture"]},
    )
    assert question.optimum().objective == pytest.approx(230.0)
    assert through_mpi_sppy(question) == pytest.approx(230.0, rel=1e-6)


def test_the_quiet_year_has_the_odds_left_over() -> None:
    odds = scenario_odds(two_towns({"local": LOCAL, "common": COMMON}).columns())
    assert odds == pytest.approx({"quiet": 0.8, "common": 0.1, "local": 0.1})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"crisis.scenarios": []}, "names no crisis"),
        ({"crisis.cvar_ceiling_million_yen": 50.0}, "ties the scenarios together"),
    ],
)
def test_what_cannot_be_taken_apart_is_said(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        scenario_odds(two_towns({"local": LOCAL}, **changes).columns())
