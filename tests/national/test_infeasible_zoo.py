"""Impossible packages on the whole country: the limits that conflict are named, and the repair that is written makes
the package possible, each within two minutes."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from optimization.case.case import Case
from optimization.case.face import DEFAULT_CASE, load_package
from optimization.case.load import load_case
from optimization.case.overlay import overlay
from optimization.explain.diagnosis import diagnose
from optimization.explain.feasibility import Rung
from optimization.explain.folder import write_diagnosis
from optimization.outcome.solve import solve
from optimization.solving.highs import Limits

pytestmark = pytest.mark.national
MOST_SECONDS = 120.0


class Animal(NamedTuple):
    """A package made impossible: packages, settings on top, the settings that must be named, the rung if known."""

    packages: str
    settings: dict[str, Any]
    named: set[str]
    rung: Rung | None = None


SHARES = {"formula.counted_share", "formula.counted_share_prefecture"}
ZOO = {
    "a pool too small": Animal(
        "role_division", {"pool.ordinary_million_yen": 11e6}, {"pool.ordinary_million_yen"}
    ),
    "a retention the pool cannot pay for": Animal(
        "retention_40",
        {"pool.ordinary_million_yen": 16e6},
        {"pool.ordinary_million_yen", *SHARES},
        Rung.COUNTING,
    ),
    "a retention that the law's counted share rules out": Animal(
        "status_quo", {"discipline.retention_floor": 0.4}, {"discipline.retention_floor"}, Rung.COUNTING
    ),
    "adequacy out of reach": Animal(
        "role_division", {"equity.adequacy_floor": 1.05}, {"equity.adequacy_floor"}
    ),
    "a nation that may not spend enough": Animal(
        "role_division", {"nation.limit_million_yen": 30e6}, {"nation.limit_million_yen"}
    ),
    "no losses where taxes are reassigned": Animal(
        "hard_budget",
        {"discipline.grant_dependence_ceiling": 0.3, "equity.loss_limit": 0.0},
        {"equity.loss_limit", "taxes.assigned"},
    ),
    "top-ups without a budget": Animal(
        "hard_budget",
        {
            "equity.hold_harmless_years": 5,
            "equity.hold_harmless_step": 0.01,
            "equity.hold_harmless_budget_million_yen": 0.0,
        },
        {"equity.hold_harmless_budget_million_yen"},
    ),
    "more own sources than there are": Animal(
        "hard_budget",
        {"discipline.own_source_floor_municipal": 0.7},
        {"discipline.own_source_floor_municipal"},
    ),
    "money that cannot follow responsibility": Animal(
        "role_division", {"discipline.match_ceiling": 0.001}, {"discipline.match_ceiling"}
    ),
    "hardly any earmarked grants": Animal(
        "role_division", {"discipline.earmarked_ceiling": 0.02}, {"discipline.earmarked_ceiling"}
    ),
    "little dependence at a high retention": Animal(
        "retention_40", {"discipline.grant_dependence_ceiling": 0.2}, {"discipline.grant_dependence_ceiling"}
    ),
    "a debt service no fund can bear": Animal(
        "hard_budget", {"discipline.debt_service_ceiling": 0.05}, {"discipline.debt_service_ceiling"}
    ),
    "tiers that contradict each other": Animal(
        "role_division",
        {"clarity.tiers_per_service": 1, "responsibility.fix": {"social_welfare": "prefecture"}},
        {"clarity.tiers_per_service", "responsibility.fix"},
    ),
    "a travel limit no body can meet": Animal(
        "wide_area",
        {
            "discipline.balance": True,
            "equity.adequacy_floor": "off",
            "formula.scale_correction": 0.94,
            "access.limit_factor": 0.0,
        },
        {"discipline.balance", "access.limit_factor"},
    ),
    "own sources by two whole changes": Animal(
        "uniform",
        {"clarity.changes_ceiling": 2, "discipline.own_source_floor_municipal": 0.65},
        {"clarity.changes_ceiling", "discipline.own_source_floor_municipal"},
        Rung.INTEGER,
    ),
}


@cache
def japan() -> Case:
    return load_case(DEFAULT_CASE)


@pytest.mark.parametrize("name", ZOO)
def test_the_conflict_is_named_and_the_repair_works(name: str, tmp_path: Path) -> None:
    animal = ZOO[name]
    made = tmp_path / "made.toml"
    made.write_text(overlay("made", "the tests", (name, "試験"), animal.settings), encoding="utf-8")
    package = load_package(japan(), [animal.packages, made])
    started = time.perf_counter()
    found = diagnose(japan(), package)
    seconds = time.perf_counter() - started
    assert found.impossible and found.proven
    assert animal.named <= {limit.key for limit in found.conflict}
    assert animal.rung in (None, found.rung)
    write_diagnosis(found, tmp_path / "told")
    mended = load_package(japan(), [animal.packages, made, tmp_path / "told" / "repair_1.toml"])
    result = solve(japan(), mended, (), Limits(gap=1e-2, seconds=300.0))
    assert result.accounts is not None and not result.breaches
    print(f"{name}: {found.rung}, {seconds:.0f} s, {found.questions} questions, "
          f"{[limit.label for limit in found.conflict]}")  # fmt: skip
    assert seconds < MOST_SECONDS
