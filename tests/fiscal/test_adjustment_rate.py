"""The adjustment rate that follows from the pool: by hand, against a list of all decisions, and what is refused.

Of the four governments of `test_accounts` the receivers need 120, 300 and 450 and count 65, 160 and 375 of revenue, so
that a rate alpha grants (120 + 300 + 450) (1 - alpha) - 600 = 270 - 870 alpha, and 0.25 of a correction:

    a pool of 270.25 or more    alpha = 0                              nothing is spread
    a pool of 261.55            alpha = 8.7 / 870 = 0.01               8.7 are spread over those who receive
    a pool of 252.85            alpha = 17.4 / 870 = 0.02              17.4
    less                        impossible within [0, 0.02]
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimization.archive import write_run
from optimization.errors import InputError
from optimization.ledger.accounts import Accounts, todays_accounts, with_bonds
from optimization.referee.audit import audit_run
from optimization.referee.exact import exact_check
from optimization.rules.checks import breaches
from tests.ledger.test_accounts import four_governments
from tests.model.enumerated import METHODS, cheapest, found_by_both_methods
from tests.model.random_case import decisions, random_question
from tests.seeds import seeds
from tests.small_case import EXACT, Small

KEY = "formula.adjustment_rate"
RANGE = [0.0, 0.02]


def with_pool(pool: float, **more: Any) -> Small:
    return four_governments().but(**{KEY: RANGE, "pool.ordinary_million_yen": pool, **more})


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("pool", "rate"), [(300.0, 0.0), (270.25, 0.0), (261.55, 0.01), (257.2, 0.015), (252.9, 0.01994253)]
)
def test_a_short_pool_is_spread_over_those_who_receive(method: str, pool: float, rate: float) -> None:
    accounts = with_pool(pool).optimum(method)
    assert accounts.adjustment_rate == pytest.approx(rate, abs=1e-8)
    assert accounts.spread == pytest.approx(870 * rate, abs=1e-5)
    assert accounts.released == pytest.approx(max(0.0, pool - 270.25), abs=1e-6)


def test_beyond_the_bound_there_is_no_plan() -> None:
    assert with_pool(252.86).solve().outcome.status == "optimal"
    assert with_pool(252.84).solve().outcome.status == "infeasible"


def test_a_number_stays_legal_and_fixes_it() -> None:
    assert with_pool(261.55, **{KEY: 0.01}).optimum().adjustment_rate == 0.01
    assert with_pool(261.54, **{KEY: 0.01}).solve().outcome.status == "infeasible"


def test_it_is_no_way_to_pay_less_than_the_pool() -> None:
    """A limit of the nation 1 below what it spends binds, though a higher rate would keep it: 270.25 + 100 - 1."""
    asked = with_pool(270.25, **{"nation.limit_million_yen": 369.25})
    assert asked.solve().outcome.status == "infeasible"
    plan = with_pool(270.25).optimum()
    cut = replace(plan.decision, adjustment_rates=(0.01,))
    assert [breach.rule for breach in breaches(Accounts(plan.instance, cut))] == ["F4pool"]
    out = replace(plan.decision, adjustment_rates=(0.03,))
    assert "F4rate" in {breach.rule for breach in breaches(Accounts(plan.instance, out))}


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"formula.unit_cost_revision": [0.9, 1.1]}, "unit costs"),
        ({"guarantee.share": {"fire": [0.2, 0.5]}}, "guarantees"),
        ({"formula.family": "nordic"}, "nordic"),
    ],
)
def test_what_it_would_be_multiplied_with_is_refused(more: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError) as caught:
        with_pool(261.55, **more).solve()
    (problem,) = caught.value.problems
    assert problem.column == KEY and word in problem.message and problem.remedy


def test_a_written_run_is_read_with_its_rate(tmp_path: Path) -> None:
    result = with_pool(257.2).solve()
    write_run(result, tmp_path / "run", EXACT, "decomposed", ())
    audit = audit_run(tmp_path / "run")
    assert audit.sound, [name for name, held in audit.checks.items() if not held]
    assert exact_check(tmp_path / "run").sound
    table = pd.read_csv(tmp_path / "run" / "formula.csv").set_index("parameter")["under_package"]
    assert table["adjustment_rate"] == pytest.approx(0.015) and table["spread_by_rate"] == pytest.approx(
        13.05
    )
    file = tmp_path / "run" / "formula.csv"
    for rate in ("0.03", "0.0149"):
        text = file.read_text(encoding="utf-8")
        line = next(line for line in text.splitlines() if line.startswith("adjustment_rate,"))
        file.write_text(text.replace(line, line.rpartition(",")[0] + "," + rate), encoding="utf-8")
        assert not audit_run(tmp_path / "run").sound


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize("seed", seeds(2, 30))
def test_both_methods_find_the_best_of_all_listed_decisions(seed: int, settled: bool) -> None:
    """Every decision at the rate that its pool asks for."""
    asked = random_question(seed)
    asked = asked.but(
        **{
            KEY: [0.0, 0.1],
            "pool.ordinary_million_yen": 0.97 * float(todays_accounts(asked.instance).paid),
            "formula.family": "japan_lat",
            "formula.family_prefecture": "japan_lat",
            "formula.counted_share": [0.75, 0.75],
            "formula.settles_duties": settled,
        }
    )
    instance = asked.instance
    tried = (Accounts(instance, with_bonds(instance, one)) for one in decisions(instance))
    found_by_both_methods(asked, cheapest(tried))


def test_later_years_have_rates_of_their_own_and_borrow_what_the_bound_leaves() -> None:
    """In 2050 the same needs and taxes meet a pool of its own growth: first the rate rises, then there is a bond."""
    grown = {"horizon.years": ["2050"], "horizon.need_growth": 0.02}
    accounts = with_pool(265.0, **grown).optimum()
    (later,) = accounts.later
    assert accounts.adjustment_rate == pytest.approx(5.25 / 870)
    assert later.adjustment_rate == pytest.approx(0.02) and accounts.decision.bonds[0] > 0.0
    assert later.released == pytest.approx(0.0, abs=1e-5)
    gentle = with_pool(265.0, **{**grown, KEY: [0.0, 0.2]}).optimum()
    assert 0.0 < gentle.later[0].adjustment_rate < 0.2 and gentle.decision.bonds == (0.0,)
    assert not np.isclose(gentle.later[0].adjustment_rate, gentle.adjustment_rate)
