"""The formula chosen after cost: least dispersion of what places have left, then least change of the law (L1, L2)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimization import load_case, load_package, solve
from optimization.ledger.accounts import Accounts
from optimization.outcome.choices import CHANGE, DISPERSION
from optimization.outcome.clock import SOLVE, Clock
from optimization.outcome.formula import chosen
from optimization.outcome.master import MasterProblem
from optimization.outcome.result import Result
from optimization.outcome.run import answer, least_cost
from optimization.outcome.terms import Terms
from optimization.rules.checks import breaches
from optimization.solving.highs import Limits, Outcome, Status
from tests.model.random_case import random_question, shares_worth_trying
from tests.seeds import seeds
from tests.small_case import EXACT, Service, Small, Town, given_curves, small

FIRE = [Service("fire")]
LOOSE = {"pool.ordinary_million_yen": 1e4, "nation.limit_million_yen": 1e5}
FREE = {"formula.counted_share": [0.6, 0.8]}


def two_towns(base: float, other_base: float, **changes: object) -> Small:
    """Two towns of 10,000 with a need of 100 million yen each and taxes counted at 75% today."""
    towns = [
        Town("01201", need={"fire": 100.0}, base=base),
        Town("01202", need={"fire": 100.0}, base=other_base),
    ]
    return small(towns, FIRE, changes={**FREE, **LOOSE, **changes})


def dispersion(accounts: Accounts) -> float:
    """Mean distance of leeway from its mean by residents, thousand yen, by the ledger alone."""
    instance = accounts.instance
    per_head = 1e3 * (accounts.funds - accounts.standard_cost) / instance.population
    own, above = instance.municipal_government, instance.prefectural_government
    leeway = per_head[own] + np.where(own == above, 0.0, per_head[above])
    people = instance.case.municipalities["population_persons"].to_numpy(float)
    return float(people @ np.abs(leeway - people @ leeway / people.sum()) / people.sum())


def test_the_evenest_share_is_chosen() -> None:
    """Both receive: funds less cost is what is not counted, (1 - rho) x base. At rho = 0.8 that is 8 and 16 million
    yen, or 0.8 and 1.6 thousand yen for each of 10,000; their mean is 1.2, each 0.4 away, and at 0.75 0.5."""
    result = two_towns(40.0, 80.0).solve()
    assert result.accounts is not None
    assert result.accounts.decision.counted[0] == pytest.approx(0.8, abs=1e-6)
    reached = {each.aim.name: each for each in result.formula[0].reached}
    assert reached[DISPERSION].value == pytest.approx(0.4, abs=1e-6)
    assert dispersion(result.accounts) == pytest.approx(0.4, abs=1e-6)
    assert reached[CHANGE].value == pytest.approx(0.05, abs=1e-6)


@pytest.mark.parametrize(("most", "share"), [(0.8, 0.75), (0.7, 0.7)])
def test_of_even_shares_the_one_nearest_to_today_is_chosen(most: float, share: float) -> None:
    """Two towns alike have the same whatever is counted: today's 0.75 stays, or the nearest to it that is open."""
    result = two_towns(60.0, 60.0, **{"formula.counted_share": [0.6, most]}).solve()
    assert result.accounts is not None
    assert result.accounts.decision.counted[0] == pytest.approx(share, abs=1e-6)


def test_a_package_without_a_free_formula_has_nothing_to_choose() -> None:
    result = two_towns(40.0, 80.0, **{"formula.counted_share": [0.75, 0.75]}).solve()
    assert [choice.reached for choice in result.formula] == [()]
    assert result.formula[0].settled


@pytest.mark.parametrize("seed", seeds(6, 30))
def test_no_other_share_is_evener_or_nearer_to_the_law(seed: int) -> None:
    """With the provision of the plan, against a list of shares priced and checked by the ledger."""
    question = random_question(seed).but(
        **{"weights.soft_budget": 0.0, "weights.dulled_incentive": 0.0, "formula.counted_share": [0.6, 0.8]},
    )
    result = question.solve()
    if result.accounts is None:
        pytest.skip("impossible")
    assert result.breaches == []
    plan, found = result.accounts, dispersion(result.accounts)
    share = float(plan.decision.counted[0])
    first = np.arange(len(plan.decision.counted)) == 0
    tried = 0
    for other in [*np.linspace(0.6, 0.8, 201), *shares_worth_trying(plan)]:
        decision = replace(plan.decision, counted=np.where(first, other, plan.decision.counted))
        accounts = Accounts(plan.instance, decision)
        if breaches(accounts):
            continue
        tried += 1
        room = 1e-5 * max(1.0, found)
        assert dispersion(accounts) >= found - room
        if dispersion(accounts) <= found + 1e-9:
            assert abs(other - 0.75) >= abs(share - 0.75) - 1e-4
    assert tried


@pytest.mark.parametrize("seed", seeds(4, 30))
def test_cost_is_held_and_rules_are_kept(seed: int) -> None:
    """Judgement weights that are not 0 hold the formula by its cost: it never rises. The same comes out again."""
    question = random_question(seed)
    with given_curves(question.curves):
        before = least_cost(question.instance, question.package, Terms(EXACT))
        after, again = (chosen(before.result, before.problem, EXACT) for _ in range(2))
    assert after.outcome.status == before.result.outcome.status
    if before.result.accounts is None:
        assert after is before.result
        return
    assert after.breaches == []
    assert after.outcome.objective <= before.result.outcome.objective * (1 + 1e-7)
    assert after.accounts is not None and again.accounts is not None
    assert after.accounts.decision.counted.tolist() == again.accounts.decision.counted.tolist()
    assert after.accounts.decision.tier == before.result.accounts.decision.tier
    assert after.accounts.decision.joint == before.result.accounts.decision.joint


def test_without_time_the_formula_stays_and_the_record_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    question = two_towns(40.0, 80.0)
    with given_curves(question.curves):
        before = least_cost(question.instance, question.package, Terms(EXACT))
        monkeypatch.setattr("optimization.solving.lexicographic._solved", out_of_time)
        after = chosen(before.result, before.problem, EXACT)
    assert before.result.accounts is not None and after.accounts is not None
    assert after.accounts.decision.counted.tolist() == before.result.accounts.decision.counted.tolist()
    assert [choice.record["settled"] for choice in after.formula] == [False]


class Spent(Clock):
    """A clock by which every search takes all the time there is."""

    @property
    def solving(self) -> float:
        return 75.0 if SOLVE in self.seconds else 0.0


def test_where_the_search_took_all_its_time_the_formula_is_chosen_in_what_was_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of 90 seconds a fifth, 18, is kept: a search of 75 is over its 72 and leaves 15."""
    given: list[float] = []

    def seen(result: Result, problem: MasterProblem, limits: Limits) -> Result:
        given.append(limits.seconds)
        return chosen(result, problem, limits)

    monkeypatch.setattr("optimization.outcome.run.chosen", seen)
    question = two_towns(40.0, 80.0)
    with given_curves(question.curves):
        found = answer(question.instance, question.package, Terms(replace(EXACT, seconds=90.0)), Spent())
    assert given == [15.0]
    assert [choice.record["settled"] for choice in found.result.formula] == [True]


def out_of_time(*asked: object) -> Outcome:
    """What a solve comes to that has had no time."""
    return Outcome(Status.NOTHING, "time limit", None, np.inf, -np.inf, np.inf, 0.0, 0, "")


def figures(result: Result) -> list[float]:
    """Retention of both tiers, grants of both, receivers."""
    accounts = result.accounts
    assert accounts is not None
    table = result.tables["governments"].groupby("tier")["grant_million_yen"].sum()
    formula = result.tables["formula"].set_index("parameter")["under_package"]
    kept = [formula[f"retention_{tier}"] for tier in ("municipal", "prefectural")]
    return [*kept, *table, float((accounts.grant > 0).sum())]


def test_figures_do_not_hang_on_the_gap() -> None:
    """Retention, grants and receivers to three digits."""
    case = load_case("inputs/iwate-2022")
    package = load_package(case, "role_division")
    found = [figures(solve(case, package, limits=Limits(gap=gap))) for gap in (1e-3, 2e-4, 1e-4, 1e-5)]
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=5e-4)


def test_a_session_answers_in_place_with_the_same_formula() -> None:
    """A changed limit answered from the last question, and from the beginning."""
    from optimization.case.resolved import with_settings
    from optimization.outcome.session import IN_PLACE, Session

    case = load_case("inputs/iwate-2022")
    package = load_package(case, "role_division")
    session = Session(case, limits=Limits(gap=1e-4))
    session.solve(package)
    changed = with_settings(package, {**package.settings, "discipline.retention_floor": 0.28})
    placed, fresh = session.solve(changed), Session(case, limits=Limits(gap=1e-4)).solve(changed)
    assert placed.method == IN_PLACE
    assert figures(placed) == pytest.approx(figures(fresh), rel=5e-4)


def test_both_methods_choose_one_formula() -> None:
    question = random_question(3).but(**{"weights.soft_budget": 0.0, "weights.dulled_incentive": 0.0, **FREE})
    shares = [answer_of(question, method) for method in ("plain", "decomposed")]
    assert shares[0] == pytest.approx(shares[1], abs=1e-5)


def answer_of(question: Small, method: str) -> list[float]:
    """Counted shares of a question's answer by a method."""
    with given_curves(question.curves):
        accounts = answer(question.instance, question.package, Terms(EXACT, method)).result.accounts
    return [] if accounts is None else accounts.decision.counted.tolist()
