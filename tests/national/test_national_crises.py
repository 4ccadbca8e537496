"""The crisis packages on the whole country."""

from __future__ import annotations

import resource
import time

import pytest

from optimization.case.face import DEFAULT_CASE, load_package
from optimization.case.load import load_case
from optimization.outcome.solve import solve
from optimization.solving.highs import Limits

pytestmark = pytest.mark.national


@pytest.fixture(scope="module")
def solved():  # type: ignore[no-untyped-def]
    case = load_case(DEFAULT_CASE)
    found = {}
    for name in ("crisis_ready", "national_command", "mutual_aid"):
        started = time.perf_counter()
        result = solve(case, load_package(case, name), limits=Limits(gap=1e-3, seconds=590.0))
        found[name] = (result, time.perf_counter() - started)
    return found


def test_each_is_certified_in_ten_minutes_and_six_gigabytes(solved) -> None:  # type: ignore[no-untyped-def]
    for result, seconds in solved.values():
        assert result.outcome.status == "optimal" and result.outcome.gap <= 1e-3
        assert result.breaches == []
        assert seconds < 600
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 6 * 1024**2


def test_a_large_pool_helps_against_a_local_shock_and_not_against_a_common_one(solved) -> None:  # type: ignore[no-untyped-def]
    result, _ = solved["national_command"]
    now, today = (a.response for a in (result.accounts, result.baseline))
    change = dict(zip(now.crisis.names, now.worst_share - today.worst_share, strict=True))
    assert change["tokyo_inland"] < -0.3 and change["nankai"] < -0.15
    assert abs(change["pandemic"]) < 1e-9
    assert change["flood_east"] > 0  # too late where neighbours suffice


def test_only_reserves_help_against_a_pandemic(solved) -> None:  # type: ignore[no-untyped-def]
    aid, ready = solved["mutual_aid"][0].accounts, solved["crisis_ready"][0].accounts
    pandemic = ready.response.crisis.names.index("pandemic")
    assert aid.decision.reserve == {} and sum(ready.decision.reserve.values()) > 200_000
    assert aid.response.worst_share[pandemic] > ready.response.worst_share[pandemic] + 0.02
