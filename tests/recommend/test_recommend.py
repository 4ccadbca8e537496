"""The recommendation on the teaching case: a run folder that every reader opens, its certificate, its tables, and that
a search goes on where it was stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimization.archive import read_run
from optimization.archive.run import write_run
from optimization.case.case import Case
from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.errors import InputError
from optimization.ledger.accounts import Accounts, with_bonds
from optimization.ledger.decision import status_quo
from optimization.ledger.worlds import World, Worlds, centre, decision_in, one_factor
from optimization.outcome.question import laid_out
from optimization.outcome.solve import solve
from optimization.outcome.verdict import NoPlanError
from optimization.recommend import evaluating
from optimization.recommend.criteria import best_mixture, criterion_named, nearest_weights
from optimization.recommend.fresh import fresh_worlds
from optimization.recommend.held import formula_keeps
from optimization.recommend.recommend import Recommendation, recommend
from optimization.recommend.search import Search
from optimization.recommend.tables import tables_of, told
from optimization.referee.audit import audit_run
from optimization.report.page import render_report
from optimization.rules.checks import Breach, breaches
from optimization.solving.highs import Limits

IWATE = Path(__file__).parents[2] / "inputs/iwate-2022"
LIMITS = Limits(gap=2e-4, seconds=900.0, threads=1)
FEW = [
    centre(),
    World("realisation_low", {"realisation": 0.0}),
    World("realisation_high", {"realisation": 1.0}),
]


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case(IWATE)


@dataclass
class Kept:
    found: Recommendation
    archive: Path


@pytest.fixture(scope="module")
def kept(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    archive = tmp_path_factory.mktemp("answers")
    package = load_package(case, "role_division")
    return Kept(recommend(case, package, archive, worlds=FEW, limits=LIMITS), archive)


def test_the_plan_regrets_less_than_the_central_one_and_no_less_than_the_bound(kept: Kept) -> None:
    found = kept.found
    assert str(found.worth) == "optimal"
    assert 0.0 < found.bound <= found.of_plan < found.of_central
    assert found.of_plan - found.bound <= found.gap + 1e-6
    assert found.record["worst_regret_million_yen"] == pytest.approx(found.regrets[found.number].max())


def test_costs_in_every_world_are_those_of_the_ledger(kept: Kept) -> None:
    found = kept.found
    assert found.result.accounts is not None
    for w, world in enumerate(found.worlds):
        question = found.blends.worlds.question_in(world)
        accounts = Accounts(question, decision_in(question, found.result.accounts.decision))
        assert found.search.table[found.number, w] == pytest.approx(accounts.objective, rel=1e-9)


def test_the_least_cost_of_a_world_is_that_of_a_run_of_it(case: Case, kept: Kept) -> None:
    own = solve(case, load_package(case, "role_division"), limits=LIMITS)
    assert kept.found.search.most[0] == pytest.approx(own.outcome.objective, rel=3e-4)
    assert kept.found.search.least[0] <= own.outcome.objective + 1e-6


def test_a_folder_of_it_is_a_run_that_every_reader_opens(kept: Kept, tmp_path: Path) -> None:
    found, tables = kept.found, tables_of(kept.found)
    text = json.dumps(found.record, allow_nan=False)
    place = write_run(told(found), tmp_path / "run", LIMITS, "auto", [], beside={"recommend.json": text})
    record, read = read_run(place)
    assert record["method"] == "recommended" and tables.keys() <= read.keys()
    assert audit_run(place).sound
    assert json.loads((place / "recommend.json").read_text(encoding="utf-8"))["criterion"] == "worst"
    assert "<h1>" in render_report(place, IWATE)


def test_tables_tell_what_the_search_found(kept: Kept) -> None:
    found, tables = kept.found, tables_of(kept.found)
    regrets = tables["regrets"].set_index(["plan", "world"])["regret_million_yen"]
    assert regrets["recommended"].max() == pytest.approx(found.of_plan)
    assert regrets["central"].max() == pytest.approx(found.of_central)
    assert (regrets >= -1e-6).all()
    assert tables["worlds"]["weight_ratio"].sum() == pytest.approx(1.0)
    changes = tables["conditional_changes"]
    assert set(changes["verdict"]) <= {"now", "only_if", "leave"}
    now = changes[changes["verdict"] == "now"]
    assert len(now) and (now["in_plan"] == 1).all()
    alone = now["criterion_rises_million_yen"] > found.gap
    together = (now["service_rises_million_yen"] > found.gap) & (now["criterion_rises_million_yen"] > 0)
    everywhere = (now["share_of_worlds_ratio"] == 1) & (now["costs_at_best_million_yen"] > 0)
    assert (
        (alone | together | everywhere).all() and alone.any() and (now["share_of_worlds_ratio"] >= 0.8).all()
    )
    assert (changes["costs_at_best_million_yen"] <= changes["costs_at_worst_million_yen"])[now.index].all()
    told = changes[changes["condition"] != ""]
    assert (told["group"] == "realisation").all()  # nothing else differs between these worlds
    known = tables["information"].set_index("group").loc["realisation"]
    assert known["expected_value_million_yen"] > 0
    assert 0 < known["worst_regret_falls_million_yen"] <= found.of_plan
    families = tables["body_families"]
    assert (families["same_body_ratio"] <= families["family_ratio"] + 1e-12).all()
    now = families[families["verdict"] == "now"]
    assert (now["family_ratio"] >= 0.8).all() and not (now["costs_at_best_million_yen"] <= 0).any()
    assert (families.loc[families["verdict"] == "only_if", "condition"] != "").all()


def test_a_body_given_up_costs_what_the_ledger_counts_of_its_members_alone(kept: Kept) -> None:
    found = kept.found
    assert found.result.accounts is not None
    decision, instance = found.result.accounts.decision, found.blends.instance
    body, column = next(pair for pair in found.plan.joint if found.without_body(*pair) is not None)
    fewer = replace(decision, joint=tuple(pair for pair in decision.joint if pair != (body, column)))
    question = found.blends.worlds.question_in(found.worlds[1])
    before, after = (Accounts(question, decision_in(question, each)).objective for each in (decision, fewer))
    members = instance.bodies.members(body)
    more = found._dissolved(
        body, column, members[instance.costs.own[members, instance.costs.wide_columns[column]] > 0]
    )
    assert more[1] == pytest.approx(after - before, abs=1e-3)


def test_todays_arrangement_keeps_limits_that_are_todays_in_every_world(case: Case) -> None:
    package = load_package(case, "role_division")
    worlds = Worlds(case, package, laid_out(case, package))
    for world in one_factor():
        question = worlds.question_in(world).as_today
        assert not breaches(Accounts(question, with_bonds(question, status_quo(question))))


def test_in_a_world_where_a_limit_breaks_it_is_told_whether_another_formula_keeps_it(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = replace(kept.found)
    assert formula_keeps(found.blends, found.plan, found.worlds[0])  # the plan stands at the centre
    asked = []
    monkeypatch.setattr(
        "optimization.recommend.recommend.formula_keeps",
        lambda blends, plan, world: asked.append(world.name) or world.name != "realisation_low",
    )
    vars(found)["broken"] = {
        "realisation_low": [Breach("F6", "nation", 1.0)],
        "realisation_high": [Breach("R7", "B1/fire", 1.0)],
        "centre": [Breach("D1", "1", 1.0)],
    }
    assert found.mended == {"centre": True, "realisation_low": False} and len(asked) == 2
    assert found.record["worlds_in_which_another_formula_keeps_all"] == ["centre"]
    told = tables_of(found)["worlds"].set_index("world")["formula_keeps"]
    assert told["centre"] == 1 and told["realisation_low"] == 0 and np.isnan(told["realisation_high"])


def test_fresh_worlds_had_no_part_in_the_search_and_are_answered_once(kept: Kept, tmp_path: Path) -> None:
    found = kept.found
    first = fresh_worlds(found, tmp_path, 3, 0, 300.0)
    assert first is not None and len(first.table) == 3
    assert not set(first.table["world"]) & {world.name for world in found.worlds}
    assert (first.table["regret_million_yen"] >= -1e-6).all()
    assert first.table["now_held_ratio"].between(0, 1).all()
    assert first.record["worst_regret_million_yen"] == first.table["regret_million_yen"].max()
    told = first.record
    better = [
        told[f"{name}_regret_million_yen"] < told[f"{name}_regret_of_central_million_yen"]
        for name in ("worst", "high")
    ]
    assert told["stands"] == all(better)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "cells").iterdir()}
    again = fresh_worlds(found, tmp_path, 3, 0, 300.0)
    assert again is not None and again.record == first.record
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cells").iterdir()} == before


def test_a_search_that_was_stopped_goes_on_and_ends_the_same(
    case: Case, kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = load_package(case, "role_division")
    write, left = evaluating.store.write, iter(range(2))

    def killed(folder: Path, key: str, answer: dict[str, object]) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        write(folder, key, answer)

    monkeypatch.setattr(evaluating.store, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        recommend(case, package, tmp_path, worlds=FEW, limits=LIMITS)
    assert len(list((tmp_path / "cells").iterdir())) == 2
    monkeypatch.setattr(evaluating.store, "write", write)
    again = recommend(case, package, tmp_path, worlds=FEW, limits=LIMITS)
    for name, table in tables_of(again).items():
        pd.testing.assert_frame_equal(table, tables_of(kept.found)[name])


def test_two_processes_find_what_one_finds(case: Case, kept: Kept, tmp_path: Path) -> None:
    found = recommend(
        case, load_package(case, "role_division"), tmp_path, worlds=FEW, limits=LIMITS, processes=2
    )
    assert found.record == kept.found.record


@pytest.mark.parametrize(
    ("package", "words"),
    [("horizon_2050", "later years"), ("crisis_ready", "crises"), ("all_connected", "bodies to pricing")],
)
def test_what_cannot_be_asked_yet_is_said(case: Case, package: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=words):
        recommend(case, load_package(case, package), tmp_path, worlds=FEW, limits=LIMITS)


def test_without_time_for_every_world_it_says_so_and_keeps_what_it_has(case: Case, tmp_path: Path) -> None:
    package, short = load_package(case, "role_division"), replace(LIMITS, seconds=0.01)
    with pytest.raises(NoPlanError, match="the same command goes on"):
        recommend(case, package, tmp_path, worlds=FEW, limits=short)


def test_criteria_weigh_the_worst_worlds() -> None:
    regrets = np.array([4.0, 1.0, 3.0, 0.0])
    assert criterion_named("worst", 4).of(regrets) == 4.0
    assert criterion_named("expected", 4).of(regrets) == 2.0
    assert criterion_named("cvar", 4, tail=0.5).of(regrets) == 3.5
    assert criterion_named("cvar", 4, tail=0.375).of(regrets) == pytest.approx((4 * 2 + 3) / 3)
    for name, tail in (("best", 0.2), ("cvar", 0.0), ("cvar", 1.5)):
        with pytest.raises(InputError):
            criterion_named(name, 4, tail)


def test_weights_of_two_plans_by_hand() -> None:
    """Plan one regrets 4 in the first world and 0 in the second, plan two 0 and 2: mixed they reach 4/3, at weights
    1/3 and 2/3; at a level of 1 and from (1, 0) the nearest weights are those at which plan two has 1."""
    regrets, worst = np.array([[4.0, 0.0], [0.0, 2.0]]), criterion_named("worst", 2)
    value, weights = best_mixture(regrets, worst)
    assert value == pytest.approx(4 / 3) and weights == pytest.approx([1 / 3, 2 / 3])
    nearest = nearest_weights(regrets, worst, 1.0, np.array([1.0, 0.0]))
    assert nearest == pytest.approx([0.5, 0.5], abs=1e-6)


def _tried(search: Search) -> Iterator[np.ndarray]:
    yield from (each.weights for each in search.found)


def test_no_weights_are_tried_twice(kept: Kept) -> None:
    tried = list(_tried(kept.found.search))
    assert all(np.abs(a - b).max() > 1e-6 for n, a in enumerate(tried) for b in tried[:n])
