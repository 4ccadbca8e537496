"""The packages of several years on the whole country, and with crises on one regional bloc."""

from __future__ import annotations

import resource
import time

import pytest

from optimization.case.face import DEFAULT_CASE, load_package
from optimization.case.load import load_case
from optimization.ledger import places
from optimization.ledger.accounts import todays_accounts
from optimization.ledger.debt import debts_later
from optimization.outcome.result import Result
from optimization.outcome.solve import solve
from optimization.reading.japan import DEBT_SERVICE_STAGES
from optimization.solving.highs import Limits

pytestmark = pytest.mark.national
TOHOKU = ["02", "03", "04", "05", "06", "07"]


def timed(names: list[str], prefectures: list[str]) -> tuple[Result, float]:
    case = load_case(DEFAULT_CASE)
    started = time.perf_counter()
    package = load_package(case, names, prefectures)
    result = solve(case, package, prefectures, Limits(gap=1e-3, seconds=590.0))
    return result, time.perf_counter() - started


@pytest.mark.parametrize("name", ["horizon_2050", "horizon_phased"])
def test_a_plan_to_2050_is_certified_in_ten_minutes_and_six_gigabytes(name: str) -> None:
    result, seconds = timed([name], [])
    assert result.outcome.status == "optimal" and result.outcome.gap <= 1e-3
    assert result.breaches == [] and result.accounts is not None
    assert seconds < 600
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 6 * 1024**2
    outlook = result.tables["outlook"]
    whole = outlook[(outlook["prefecture_code"] == "all") & (outlook["year"] == 2050)]
    assert (
        0.98 < whole["population_persons"].iloc[0] / 104_686_386 < 1.02
    )  # the register counts more than the census
    waiting = result.tables["waiting"].query("year == 'all'").set_index(["decided_for", "from_year"])
    cost = waiting["cost_million_yen"]
    assert cost["plan", 2022] < cost["plan", 2050] < cost["today", 2022]
    assert cost["plan", 2022] <= cost["2022", 2022] * (1 + 1e-3)


def test_crises_and_years_together_for_one_bloc_in_five_minutes() -> None:
    result, seconds = timed(["crisis_ready", "horizon_2050"], TOHOKU)
    assert result.outcome.status == "optimal" and result.outcome.gap <= 1e-3
    assert result.breaches == [] and result.accounts is not None
    assert seconds < 300
    assert "crisis_protocol" in result.tables and "horizon" in result.tables


def test_crises_years_equity_and_debts_together_have_a_plan_in_five_minutes_and_four_gigabytes() -> None:
    """No place loses more than the limit in any year, places are no more unequal than with today's arrangement in the
    same year, and nobody reaches a step of the law that he would not (all but) reach anyway."""
    started, case = time.perf_counter(), load_case(DEFAULT_CASE)
    package = load_package(case, ["recommended_2050"], [])
    result = solve(case, package, [], Limits(gap=1e-3, seconds=280.0), beside=False)
    assert time.perf_counter() - started < 300
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4 * 1024**2
    assert result.outcome.status == "optimal" and result.outcome.gap <= 1e-3
    assert result.breaches == [] and result.accounts is not None
    limit = package.settings["equity.place_loss_yen_per_resident"]
    assert limit is not None
    for now in (result.accounts, *result.accounts.later):
        today = todays_accounts(now.instance)
        assert (places.leeway(today) - places.leeway(now)).max() <= limit + 1.0
        assert places.dispersion(now) <= places.dispersion(today) * (1 + 1e-6)
    reach = 1.0 + package.settings["horizon.debt_steps_reach"]
    debts = zip(debts_later(result.accounts), debts_later(result.baseline), strict=True)
    for now, today in debts:
        for step in DEBT_SERVICE_STAGES:
            assert not ((now.ratios[0] >= step) & (reach * today.ratios[0] < step)).any()
