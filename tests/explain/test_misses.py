"""Who must miss a limit of places, in yen per resident and with names, against arithmetic."""

from __future__ import annotations

import re
from typing import Any

import pytest

from optimization.explain.diagnosis import Diagnosis, diagnose
from optimization.explain.feasibility import Feasibility, Rung
from optimization.explain.folder import record
from optimization.explain.limits import limits_of
from optimization.explain.misses import MONEY, YEN, Miss, missed
from optimization.explain.words import miss_sentence, sentences
from optimization.rules.quantities import Scope
from tests.horizon.horizon_case import ageing_town
from tests.small_case import Prefecture, Service, Small, Town, given_curves, small


def diagnosed(question: Small) -> Diagnosis:
    with given_curves(question.curves):
        return diagnose(question.case, question.package)


def two_towns(**changes: Any) -> Small:
    """Towns of 10,000 with needs of 1,000 and 2,000 and a revenue of 1 each, all counted: both are paid up to need,
    which is all their cost. Leeway is 0 and cover 1 in either; a resident's duties cost 100,000 and 200,000 yen."""
    towns = [
        Town("01201", 10_000, {"fire": 1_000.0}),
        Town("01202", 10_000, {"fire": 2_000.0}),
    ]
    return small(towns, [Service("fire")], [Prefecture("01")], changes)


def miss_of(found: Diagnosis, key: str) -> Miss:
    (miss,) = [each for each in found.misses if each.limit.key == key]
    return miss


def missed_in(question: Small, key: str) -> Miss:
    """How a limit is missed that cannot be kept, without the search for what mends it."""
    with given_curves(question.curves):
        asked = Feasibility(question.case, question.package)
        verdict = asked.of(question.package.settings)
        assert verdict.impossible
        (limit,) = [each for each in limits_of(question.package) if each.key == key]
        (miss,) = missed(asked, limit, verdict.rung is Rung.LINEAR)
    return miss


def test_a_floor_of_cover_is_missed_by_places_and_their_residents() -> None:
    """Cover 1.1 asks a tenth of the cost more: 10,000 and 20,000 yen a resident, 300 million yen in all."""
    found = diagnosed(two_towns(**{"equity.place_cover_floor": 1.1}))
    miss = miss_of(found, "equity.place_cover_floor")
    assert (miss.scope, miss.unit, miss.count, miss.people) == (Scope.PLACE, YEN, 2, 20_000)
    assert [amount for _, amount in miss.worst] == pytest.approx([20_000.0, 10_000.0], rel=1e-3)
    assert miss.total_million_yen == pytest.approx(300.0, rel=1e-3)
    text = " ".join(sentences(found))
    assert "2 places with 20,000 residents" in text and re.search(r"by 20,0\d\d yen per resident", text)
    assert "0.30 billion yen in all" in text
    (told,) = [each for each in record(found)["misses"] if each["setting"] == "equity.place_cover_floor"]
    assert (told["places"], told["population_persons"], told["unit"]) == (2, 20_000, YEN)


def test_a_loss_is_told_and_mended_in_yen_of_a_resident() -> None:
    """Unit costs at 0.9 take 10,000 and 20,000 yen from a resident, 5,000 may be lost: the towns miss it by 5,000 and
    15,000, and the least limit that does is 20,000."""
    changes = {"formula.unit_cost_revision": [0.9, 0.9], "equity.place_loss_yen_per_resident": 5_000}
    found = diagnosed(two_towns(**changes))
    miss = miss_of(found, "equity.place_loss_yen_per_resident")
    assert [amount for _, amount in miss.worst] == pytest.approx([15_000.0, 5_000.0], rel=1e-3)
    assert miss.total_million_yen == pytest.approx(200.0, rel=1e-3)
    step = next(
        each.loosenings[0]
        for each in found.repairs
        if each.loosenings[0].limit.key == "equity.place_loss_yen_per_resident"
    )
    assert step.old == 5_000 and step.new == pytest.approx(20_000.0, rel=5e-3)
    assert "from 5,000 yen per resident to 20,0" in " ".join(sentences(found))


def test_a_windfall_is_told_of_places() -> None:
    """Unit costs at 1.1 bring 10,000 and 20,000 yen a resident, 12,000 may be gained."""
    changes = {"formula.unit_cost_revision": [1.1, 1.1], "equity.place_windfall_yen_per_resident": 12_000}
    miss = missed_in(two_towns(**changes), "equity.place_windfall_yen_per_resident")
    assert (miss.count, miss.worst[0][1]) == (1, pytest.approx(8_000.0, rel=1e-3))


def test_a_dispersion_is_told_in_yen_of_the_mean_distance() -> None:
    """At unit costs of 1.1 the mean distance is 5,000 yen where it is 0 today."""
    changes = {"formula.unit_cost_revision": [1.1, 1.1], "equity.place_dispersion_ceiling": 1.0}
    miss = missed_in(two_towns(**changes), "equity.place_dispersion_ceiling")
    assert (miss.scope, miss.unit, miss.count) == (Scope.NATION, YEN, 1)
    assert miss.worst[0][1] == pytest.approx(5_000.0, rel=1e-3)
    assert re.search(r"must be missed by 5,0\d\d\.\d yen per resident", miss_sentence(miss))


def test_money_of_the_nation_is_told_in_yen() -> None:
    miss = missed_in(two_towns(**{"pool.ordinary_million_yen": 2_000.0}), "pool.ordinary_million_yen")
    assert (miss.unit, miss.total_million_yen) == (MONEY, pytest.approx(998.0, rel=1e-3))


def test_debts_over_a_step_are_told_in_money_of_the_debt_service() -> None:
    """A town at 23.2% in 2050 may bear 0.18 of 150 at a ceiling of 18%: 34.8 - 27.0 of debt service too much."""
    miss = missed_in(ageing_town(0.18), "discipline.debt_service_ceiling")
    assert (miss.scope, miss.year, miss.count) == (Scope.GOVERNMENT, 2050, 1)
    assert miss.total_million_yen == pytest.approx(34.8 - 27.0, abs=0.2)
