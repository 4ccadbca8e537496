"""The stay-put rule: among plans that cost almost as little, fewest people whose duties change hands, then fewest new
bodies, then least cost."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from optimization.archive import distance_of, read_run, write_run
from optimization.archive.seal import seal
from optimization.ledger.accounts import Accounts
from optimization.outcome import given_back
from optimization.outcome.choices import OF_CHANGES, PEOPLE, TOLERANCE
from optimization.outcome.run import least_cost
from optimization.outcome.solve import as_asked
from optimization.outcome.terms import Terms
from optimization.referee.audit import audit_run
from optimization.referee.exact import exact_check
from optimization.rules.checks import breaches
from optimization.solving.highs import Limits, Status
from tests.model.random_case import decisions, random_question, shares_worth_trying
from tests.seeds import seeds
from tests.small_case import EXACT, Service, Small, Town, small

QUIET = {"weights.soft_budget": 0.0, "weights.dulled_incentive": 0.0}


def two_duties() -> Small:
    """Fire and water of one town of 100,000 and two of 10,000, in two groups; each saves something with the prefecture.

    Fire costs P ^ -0.5 a head, water hardly less for a larger place."""
    parameters = {"scale_realisation": 1.0, "prefectural_elasticity": 0.0}
    services = [
        Service("fire", tiers=("prefecture",), slope=0.5, parameters=parameters),
        Service("water", tiers=("prefecture",), slope=0.01, parameters=parameters),
    ]
    towns = [
        Town("01101", 100_000, {"fire": 1000.0, "water": 1000.0}, other=20.0, kind="core_city"),
        Town("01201", 10_000, {"fire": 316.0, "water": 100.0}, other=20.0, kind="city"),
        Town("01202", 10_000, {"fire": 316.0, "water": 100.0}, other=20.0, kind="city"),
    ]
    return small(
        towns,
        services,
        changes={
            "rules.groups": "by_class",
            "responsibility.free_services": ["fire", "water"],
            "responsibility.free_tiers": ["prefecture"],
            "pool.ordinary_million_yen": 1e5,
            "nation.limit_million_yen": 1e6,
            **QUIET,
        },
    )


def saving_of_each(question: Small) -> dict[tuple[int, int], float]:
    """What each duty alone saves with the prefecture, by the ledger: services share nothing here."""
    instance = question.instance
    home = next(d for d in decisions(instance) if set(d.tier.values()) == {"municipality"})
    base = Accounts(instance, home).objective
    return {
        duty: base - Accounts(instance, replace(home, tier={**home.tier, duty: "prefecture"})).objective
        for duty in home.tier
    }


def people_and_bodies(accounts: Accounts) -> tuple[float, int]:
    """Residents for whom duties change hands, each counted, and bodies that do not exist today, by the ledger."""
    instance, decision = accounts.instance, accounts.decision
    people = instance.case.municipalities["population_persons"].to_numpy(float)
    moved = [
        people[instance.groups.members[k]] @ (instance.today[instance.groups.members[k], s] > 0)
        for (s, k), tier in decision.tier.items()
        if tier != instance.groups.home[s]
    ]
    today = {b for b, *_ in instance.bodies.whole_today}
    return float(sum(moved)), len(set(decision.existing_bodies) - today)


def changes(accounts: Accounts) -> int:
    """Duties whose tier is not today's."""
    home = accounts.instance.groups.home
    return sum(tier != home[s] for (s, _), tier in accounts.decision.tier.items())


def test_off_the_cheapest_plan_is_taken_and_with_room_what_saves_little_stays() -> None:
    """Every duty saves something with the prefecture. With room for the savings of water and no more, water stays in
    both classes (120,000 people fewer); with room for all but a yen, the city's fire (100,000 people) stays too where
    that is what fits."""
    question = two_duties()
    saved = saving_of_each(question)
    assert all(value > 0 for value in saved.values())
    cheapest = question.solve()
    assert cheapest.stay is None and cheapest.accounts is not None
    assert changes(cheapest.accounts) == len(saved)
    water = sum(value for (s, _), value in saved.items() if question.instance.services[s] == "water")
    tolerance = 1.001 * water / cheapest.outcome.bound
    result = question.but(**{TOLERANCE: tolerance}).solve()
    assert result.accounts is not None and result.stay is not None
    moved = {d for d, tier in result.accounts.decision.tier.items() if tier != "municipality"}
    assert {question.instance.services[s] for s, _ in moved} == {"fire"}
    assert result.stay.people == (240_000.0, 120_000.0)
    assert result.stay.cost == pytest.approx(water, rel=1e-6)
    assert result.outcome.objective == pytest.approx(cheapest.outcome.objective + water, rel=1e-9)
    assert result.outcome.gap == pytest.approx(cheapest.outcome.gap, abs=1e-9)


def test_without_room_nothing_that_saves_is_given_up() -> None:
    result = two_duties().but(**{TOLERANCE: 0.0}).solve()
    assert result.accounts is not None and result.stay is not None
    assert result.stay.people[0] == result.stay.people[1] == 240_000.0
    assert result.stay.cost == pytest.approx(0.0, abs=1e-6)


def test_a_change_below_the_threshold_is_given_back() -> None:
    """The two savings of water lie far below those of fire; a threshold between them keeps fire alone, whatever water
    saves in sum."""
    question = two_duties()
    saved = saving_of_each(question)
    names = question.instance.services
    fire = min(value for (s, _), value in saved.items() if names[s] == "fire")
    water = max(value for (s, _), value in saved.items() if names[s] == "water")
    assert water < fire
    result = question.but(**{OF_CHANGES: 0.5 * (fire + water)}).solve()
    assert result.accounts is not None
    moved = {d for d, tier in result.accounts.decision.tier.items() if tier != "municipality"}
    assert moved == {d for d in saved if names[d[0]] == "fire"}


def shared_duty() -> Small:
    """Fire of a core city and a city of 10,000 each, two classes, which costs P ^ -0.5 a head: 316 million yen for each
    alone, 632 / 2 ** 0.5 = 447 for both, with the prefecture or in a body of theirs. Such a body coordinates for 1% of
    that."""
    parameters = {"prefectural_elasticity": 0.0, "coordination_rate": 0.01}
    fire = Service("fire", tiers=("prefecture",), wide=True, slope=0.5, parameters=parameters)
    towns = [
        Town("01101", 10_000, {"fire": 316.0}, other=20.0, kind="core_city"),
        Town("01201", 10_000, {"fire": 316.0}, other=20.0, kind="city"),
    ]
    return small(
        towns,
        [fire],
        bodies={"both": ["01101", "01201"]},
        changes={
            "rules.groups": "by_class",
            "responsibility.free_services": ["fire"],
            "responsibility.free_tiers": ["prefecture"],
            "wide_area.services": ["fire"],
            **QUIET,
        },
    )


@pytest.mark.parametrize(("part", "moved"), [(0.4, 2), (0.6, 0)])
def test_changes_that_pay_one_by_one_and_not_together_are_given_back_together(
    part: float, moved: int
) -> None:
    """Both duties go to the prefecture. Either alone given back costs 316 for 223.45 (the prefecture's scale is that of
    all its people): it saves 92.55. Both given back make a body: together they save its coordination, 4.47, and two
    thresholds of 0.6 times that are more."""
    question = shared_duty().but(**{OF_CHANGES: part * 4.4689})
    result = question.solve()
    assert result.accounts is not None and result.stay is not None
    assert changes(result.accounts) == moved
    assert result.stay.cost == pytest.approx(0.0 if moved else 4.4689, abs=1e-3)
    if moved:
        table = result.tables["priced_changes"]
        assert table["saving_million_yen"].tolist() == pytest.approx([92.5543, 92.5543], abs=1e-3)
        assert table["service_saving_million_yen"].tolist() == pytest.approx([4.4689] * 2, abs=1e-3)


def test_a_given_back_plan_that_there_was_no_time_for_is_not_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of time nothing is known of the limits, so that no change is marked as one that they need."""
    monkeypatch.setattr("optimization.outcome.given_back._plan", lambda *_: None)
    monkeypatch.setattr("optimization.outcome.stay_put.MOST_SECONDS", 0.0)
    result = two_duties().but(**{OF_CHANGES: 1e5}).solve()
    assert result.stay is not None and not any(each.needed for each in result.stay.given)


@pytest.mark.parametrize("seed", seeds(4, 30))
def test_cheapest_provision_with_a_formula_is_the_plan_of_the_whole_program(seed: int) -> None:
    """The fast road to a plan with changes given back (cheapest provision, then money) costs what the slow one does."""
    question = listed(seed)
    found = least_cost(question.instance, question.package, Terms(EXACT))
    problem, values = found.problem, found.result.outcome.values
    if values is None:
        return
    prices = given_back.Prices(problem)
    statute = prices.statute(values)
    for given in prices.alone(statute):
        fewer = prices.without(statute, given)
        fast = given_back._plan(prices, values, fewer, EXACT)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(given_back, "_with_money", lambda *_: None)
            slow = given_back._plan(prices, values, fewer, EXACT)
        assert (fast is None) == (slow is None)
        if fast is not None and slow is not None:
            cost = problem.form.cost
            assert cost @ fast == pytest.approx(cost @ slow, rel=1e-6, abs=1e-4)


def test_every_change_is_priced_alone() -> None:
    """Services share nothing here, so each change saves what it saves with nothing else moved."""
    question = two_duties()
    saved = saving_of_each(question)
    result = question.but(**{OF_CHANGES: 0.5 * min(saved.values())}).solve()
    assert result.stay is not None
    assert {each.duty: each.saving for each in result.stay.given} == pytest.approx(saved, rel=1e-6)
    table = result.tables["priced_changes"]
    assert len(table) == len(saved)
    assert (table["saving_million_yen"] >= table["threshold_million_yen"]).all()
    assert not table["needed"].any()


def test_without_time_for_the_program_changes_are_given_back_worst_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The cheapest plan moves all four; the two of water, which save less than the threshold, are given back."""
    from tests.outcome.test_formula_choice import out_of_time

    question = two_duties()
    saved = saving_of_each(question)
    names = question.instance.services
    fire = min(value for (s, _), value in saved.items() if names[s] == "fire")
    monkeypatch.setattr("optimization.solving.lexicographic._solved", out_of_time)
    result = question.but(**{OF_CHANGES: 0.99 * fire}).solve()
    assert result.accounts is not None and result.stay is not None
    assert {names[s] for (s, _), tier in result.accounts.decision.tier.items() if tier != "municipality"} == {
        "fire"
    }
    assert result.stay.cost == pytest.approx(
        sum(v for (s, _), v in saved.items() if names[s] == "water"), rel=1e-6
    )
    assert result.breaches == []


def test_a_change_without_which_no_limit_holds_is_kept_and_marked() -> None:
    """Municipalities have 3 million yen of their own and 60 of other cost: a floor of 4% on own sources asks for 2.4
    with nothing more to do, and for 10.4 with any of the four duties (200 million yen and more)."""
    floor = {"discipline.own_source_floor_municipal": 0.04}
    result = two_duties().but(**{OF_CHANGES: 1e5}, **floor).solve()
    assert result.accounts is not None
    assert changes(result.accounts) == 4
    assert result.tables["priced_changes"]["needed"].tolist() == [1, 1, 1, 1]


@cache
def cheapest_of_each(seed: int) -> list[Accounts]:
    """Every decision of a random question that keeps the rules, at the share at which it costs least."""
    found = []
    for decision in decisions(listed(seed).instance):
        first = Accounts(listed(seed).instance, decision)
        counted = decision.counted
        tried = [
            Accounts(
                first.instance, replace(decision, counted=np.where(np.arange(len(counted)) == 0, s, counted))
            )
            for s in shares_worth_trying(first)
        ]
        sound = [accounts for accounts in tried if not breaches(accounts)]
        found += sorted(sound, key=lambda a: a.objective)[:1]
    return found


@cache
def listed(seed: int) -> Small:
    return random_question(seed).but(**QUIET)


@pytest.mark.parametrize("threshold", ["off", 3.0])
@pytest.mark.parametrize("seed", seeds(6, 30))
def test_no_listed_plan_within_the_tolerance_changes_less(seed: int, threshold: float | str) -> None:
    """Lexicographic optimum over all decisions, ties included: people, then new bodies, then cost."""
    plans, tolerance = cheapest_of_each(seed), 0.02
    result = listed(seed).but(**{TOLERANCE: tolerance, OF_CHANGES: threshold}).solve()
    if not plans:
        assert result.accounts is None
        return
    each = 0.0 if threshold == "off" else float(threshold)
    assert result.accounts is not None and result.stay is not None
    assert result.breaches == []
    least = min(a.objective for a in plans)
    friction = min(a.objective + each * changes(a) for a in plans)
    within = [
        a for a in plans if a.objective + each * changes(a) <= friction + tolerance * least * (1 + 1e-9)
    ]
    best = min((*people_and_bodies(a), a.objective) for a in within)
    assert people_and_bodies(result.accounts) == best[:2]
    assert result.outcome.objective == pytest.approx(best[2], rel=1e-5)
    assert result.stay.people[1] == best[0]
    assert result.stay.least.objective == pytest.approx(least, rel=1e-6)
    assert result.outcome.objective - result.stay.cost == pytest.approx(least, rel=1e-6)
    for other in plans:  # no change that could be given back alone brings less than its threshold
        back = [d for d, t in result.accounts.decision.tier.items() if t != other.decision.tier[d]]
        home = result.instance.groups.home
        if len(back) == 1 and other.decision.tier[back[0]] == home[back[0][0]]:
            assert other.objective - result.outcome.objective > each - 1e-4


@pytest.mark.parametrize(("near", "threshold"), [(0, "off"), (1000, "off"), (1000, 3.0)])
@pytest.mark.parametrize("seed", seeds(4, 30))
def test_a_large_program_is_begun_from_its_relaxation(
    seed: int, near: int, threshold: float | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By rounding alone no plan that changes more, costs more than the limit or beats its bound; with every duty open
    to the exact step the fewest people of all listed plans."""
    monkeypatch.setattr("optimization.outcome.stay_put.LARGE", 0)
    monkeypatch.setattr("optimization.outcome.stay_put.NEAR", near)
    plans, tolerance = cheapest_of_each(seed), 0.02
    result = listed(seed).but(**{TOLERANCE: tolerance, OF_CHANGES: threshold}).solve()
    if not plans:
        assert result.accounts is None
        return
    assert result.accounts is not None and result.stay is not None
    assert result.breaches == []
    each = 0.0 if threshold == "off" else float(threshold)
    least = min(a.objective for a in plans)
    friction = min(a.objective + each * changes(a) for a in plans)
    room = friction * 1e-4 if each else 0.0  # cost with thresholds is sought to a gap
    most = friction + room + tolerance * least * (1 + 1e-9)
    assert result.outcome.objective + each * changes(result.accounts) <= most + 1e-3
    people = people_and_bodies(result.accounts)[0]
    best = min(people_and_bodies(a)[0] for a in plans if a.objective + each * changes(a) <= most)
    assert people <= result.stay.people[0]
    assert best * (1 - 1e-9) <= people
    if near:
        assert people == best
    elif result.stay.gap < 1:
        assert people * (1 - result.stay.gap) <= best * (1 + 1e-6)


@pytest.mark.parametrize("seed", seeds(3, 30))
def test_the_same_plan_comes_out_again_and_never_changes_more(seed: int) -> None:
    question = listed(seed).but(**{TOLERANCE: 0.01})
    one, other = question.solve(), question.solve()
    if one.accounts is None or other.accounts is None:
        return
    assert one.stay is not None
    assert one.stay.people[1] <= one.stay.people[0]
    assert one.accounts.decision.tier == other.accounts.decision.tier
    assert one.accounts.decision.joint == other.accounts.decision.joint


def test_without_time_the_cheapest_plan_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.outcome.test_formula_choice import out_of_time

    monkeypatch.setattr("optimization.solving.lexicographic._solved", out_of_time)
    result = two_duties().but(**{TOLERANCE: 0.05}).solve()
    assert result.stay is not None
    assert result.stay.people[0] == result.stay.people[1]
    assert result.stay.record["gap_of_people"] is None


def test_the_record_tells_gap_and_rule_apart_and_the_audit_holds_them(tmp_path: Path) -> None:
    """The gap is that of the least cost; the plan lies farther from the bound by what the rule costs."""
    question = two_duties().but(**{TOLERANCE: 0.05, OF_CHANGES: 1.0})
    result = question.solve()
    folder = write_run(result, tmp_path / "run", Limits(), "decomposed", [])
    record, _ = read_run(folder)
    assert record["stay_put"]["applied"] and record["stay_put"]["cost_million_yen"] > 0
    assert record["gap"] == pytest.approx(0.0, abs=1e-6)
    whole = (record["objective_million_yen"] - record["bound_million_yen"]) / record["objective_million_yen"]
    assert distance_of(record) == pytest.approx(whole, abs=1e-8)
    assert audit_run(folder).sound and exact_check(folder).sound
    for key, change in (("cost_million_yen", 1.0), ("people_after", 1e4), ("least_cost_million_yen", -5.0)):
        spoilt = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        spoilt["stay_put"][key] += change
        other = tmp_path / key
        other.mkdir()
        for file in folder.iterdir():
            (other / file.name).write_bytes(file.read_bytes())
        (other / "run.json").write_text(json.dumps(spoilt), encoding="utf-8")
        seal(other)
        assert not audit_run(other).sound, key
        assert not exact_check(other).sound, key


def test_a_change_that_saves_too_little_is_found_in_the_tables(tmp_path: Path) -> None:
    result = two_duties().but(**{OF_CHANGES: 1.0}).solve()
    folder = write_run(result, tmp_path / "run", Limits(), "decomposed", [])
    assert audit_run(folder).sound
    written = (folder / "priced_changes.csv").read_text(encoding="utf-8").splitlines()
    names, cells = written[0].split(","), written[1].split(",")
    cells[names.index("saving_million_yen")] = "0.5"
    (folder / "priced_changes.csv").write_text("\n".join([written[0], ",".join(cells), *written[2:]]) + "\n")
    seal(folder)
    audit = audit_run(folder)
    assert [name for name, held in audit.checks.items() if not held] == [
        "every change saves what is asked of it"
    ]


def test_fewest_people_is_proven_here() -> None:
    result = two_duties().but(**{TOLERANCE: 0.01}).solve(limits=EXACT)
    assert result.stay is not None
    assert [each.proven for each in result.stay.reached if each.aim.name == PEOPLE] == [True]


@pytest.mark.parametrize("seed", seeds(2, 30))
def test_a_package_is_solved_to_its_own_gap(seed: int) -> None:
    """However wide the gap asked for, the least cost is that of an exact run, and proven to be."""
    exact = listed(seed).solve()
    coarse = listed(seed).but(**{"choice.cost_gap": 1e-6}).solve(limits=replace(EXACT, gap=0.5))
    assert coarse.outcome.status == exact.outcome.status
    if exact.accounts is not None:
        assert coarse.outcome.gap <= 1e-6
        assert coarse.outcome.objective == pytest.approx(exact.outcome.objective, rel=2e-6)


@pytest.mark.parametrize(("gap", "status"), [(5e-4, Status.OPTIMAL), (5e-3, Status.INCUMBENT)])
def test_a_run_that_misses_only_the_gap_of_its_package_is_solved(gap: float, status: Status) -> None:
    result = two_duties().solve()
    missed = replace(result, outcome=replace(result.outcome, status=Status.INCUMBENT, gap=gap))
    assert as_asked(missed, replace(EXACT, gap=1e-3)).outcome.status is status
