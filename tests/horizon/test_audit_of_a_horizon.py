"""The audit of a plan of several years: sound as written, unsound after any change to its tables."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from optimization.archive import write_run
from optimization.referee.audit import audit_run
from tests.horizon.test_horizon_brute_force import random_question
from tests.outcome.test_audit_finds_tampering import Change, both, cell, first, raised, receiver
from tests.small_case import EXACT

SEED = 8
"""A question of two phases with a bond in the second."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    result = (
        random_question(SEED, phases=True)
        .but(**{"equity.adequacy_floor": 0.5, "discipline.balance": True, "weights.dulled_incentive": 0.05})
        .solve()
    )
    assert result.accounts is not None and result.accounts.decision.bonds[0] > 0
    folder = tmp_path_factory.mktemp("run") / "small"
    write_run(result, folder, EXACT, "decomposed", ())
    return folder


def test_as_written_it_is_sound_and_its_objective_is_recomputed(written: Path) -> None:
    audit = audit_run(written)
    assert audit.sound, audit.checks
    record = json.loads((written / "run.json").read_text(encoding="utf-8"))
    assert audit.objective_million_yen == pytest.approx(record["objective_million_yen"], rel=1e-9)


def in_2050(frame: pd.DataFrame) -> pd.Series:
    """The first row of the year, of governments the first that receives: others' grants are 0 whatever their need."""
    here = frame["year"] == "2050"
    if "government" in frame:
        here &= receiver(frame)
    return here & (here.cumsum() == 1)


def course(decided_for: str, from_year: int, year: str) -> Callable[[pd.DataFrame], pd.Series]:
    """A row of the courses."""
    return lambda frame: (
        (frame["decided_for"] == decided_for)
        & (frame["from_year"] == str(from_year))
        & (frame["year"] == year)
    )


back_again = both(
    cell("responsibility", 0, "tier", "prefecture"), cell("responsibility_second", 0, "tier", "nation")
)
"""The first phase moves what the second moves elsewhere."""

TAMPERING: dict[str, tuple[Change, str]] = {
    "a year weighs more": (raised("horizon", "weight", 0.1, in_2050), "weights of the years"),
    "a shortfall hidden": (raised("horizon", "national_outlay_million_yen", 1e8, in_2050), "debts follow"),
    "a debt hidden": (
        raised("horizon", "extraordinary_bonds_owed_million_yen", -1.0, in_2050),
        "debts follow",
    ),
    "a grant raised": (raised("horizon_governments", "grant_million_yen", 1.0, in_2050), "grants follow"),
    "a need raised": (raised("horizon_governments", "need_million_yen", 1.0, in_2050), "grants follow"),
    "a bond hidden": (raised("horizon", "extraordinary_bond_million_yen", -1.0, in_2050), "fit the pool"),
    "more paid than the pool holds": (
        raised("horizon_governments", "residual_million_yen", 900.0, in_2050),
        "fit the pool",
    ),
    "a bond without need": (
        raised("horizon_governments", "residual_million_yen", -50.0, in_2050),
        "fit the pool",
    ),
    "funds below adequacy": (
        raised("horizon_governments", "funds_million_yen", -300.0, in_2050),
        "adequacy and balance",
    ),
    "spending above funds": (
        raised("horizon_governments", "spending_million_yen", 900.0, in_2050),
        "adequacy and balance",
    ),
    "a cheaper service": (
        raised("horizon_services", "standard_million_yen", -1.0, in_2050),
        "objective agrees",
    ),
    "another first year": (raised("horizon", "total_million_yen", -1.0, first), "objective agrees"),
    "fewer counted taxes": (
        raised("horizon", "counted_of_receiving_million_yen", -1.0, in_2050),
        "objective agrees",
    ),
    "a duty taken back": (back_again, "stays moved"),
    "the plan's own course dearer": (
        raised("waiting", "cost_million_yen", 1.0, course("plan", 2022, "all")),
        "the plan's own course",
    ),
    "the plan's own course dearer in a year": (
        raised("waiting", "cost_million_yen", 1.0, course("plan", 2022, "2050")),
        "the plan's own course",
    ),
    "the plan's own course breaks a rule": (
        raised("waiting", "rules_broken", 1.0, course("plan", 2022, "all")),
        "the plan's own course",
    ),
    "another course cheaper": (
        raised("waiting", "cost_million_yen", -1.0, course("2050", 2022, "all")),
        "weighted mean of its years",
    ),
    "waiting dearer before the plan": (
        both(
            raised("waiting", "cost_million_yen", 1.0, course("plan", 2050, "2022")),
            raised("waiting", "cost_million_yen", 1.0, course("plan", 2050, "all")),
        ),
        "until the plan takes over",
    ),
    "a debt cost raised": (
        raised("horizon", "debt_cost_million_yen", 1.0, in_2050),
        "totals and debts make up the objective",
    ),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_a_changed_run_is_not_sound(what: str, written: Path, tmp_path: Path) -> None:
    change, check = TAMPERING[what]
    folder = tmp_path / "tampered"
    shutil.copytree(written, folder)
    change(folder)
    failed = [name for name, holds in audit_run(folder).checks.items() if not holds]
    assert any(check in name for name in failed), failed
