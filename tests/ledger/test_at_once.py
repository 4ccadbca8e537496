"""What is worked out for all places at once is what it comes to one by one, to the last digit."""

from __future__ import annotations

import functools
import random
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from optimization.case.assignments import package_given
from optimization.case.case import Case
from optimization.case.face import load_package, with_on_top
from optimization.case.load import load_case
from optimization.costs.provision import COMPONENTS
from optimization.dictionary.tiers import TIERS
from optimization.ledger.accounts import Accounts
from optimization.ledger.decision import body_by_place, jointly
from optimization.ledger.flows import RESOURCE_COST, SECTORS, by_sector, side_by_side
from optimization.ledger.instance import Instance
from optimization.ledger.layout import OF_NEED, OF_THE_CASE, with_bodies
from optimization.outcome.applied import applied, apply
from optimization.outcome.bench import Bench
from optimization.outcome.given import GivenBody
from optimization.outcome.question import laid_out

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"
BODIES = (
    GivenBody(("waste", "fire"), ("03202", "03203", "03207")),
    GivenBody(("schools",), ("03201", "03321")),
)


@functools.cache
def case() -> Case:
    """The teaching case."""
    return load_case(IWATE)


@functools.cache
def question() -> Instance:
    """Everything free on it, with the bodies of today."""
    return laid_out(case(), load_package(case(), "role_division"))


def drawn(seed: int) -> Accounts:
    """Accounts of a decision with a tier drawn for every duty, and bodies."""
    draw, asked = random.Random(seed), question()
    names = list(asked.services), list(asked.groups.labels)
    fix = {
        f"{names[0][s]}@{names[1][k]}": draw.choice(tiers) for (s, k), tiers in asked.groups.options.items()
    }
    package = load_package(case(), "role_division")
    package = replace(package, settings={**package.settings, "responsibility.fix": fix})  # type: ignore[arg-type]
    groups = replace(
        asked.groups,
        options={(s, k): (fix[f"{names[0][s]}@{names[1][k]}"],) for s, k in asked.groups.options},
    )
    found = applied(replace(asked, groups=groups, settings=package.settings), package, BODIES).accounts
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(4))
def test_who_answers_and_what_it_costs(seed: int) -> None:
    accounts = drawn(seed)
    instance, costs = accounts.instance, accounts.instance.costs
    for tier in TIERS:
        np.testing.assert_array_equal(accounts.held_by[tier], accounts.tiers == tier)
    np.testing.assert_array_equal(accounts.away, accounts.tiers != np.array(instance.groups.home))
    wanted = {c: np.zeros(accounts.tiers.shape) for c in COMPONENTS}
    body = np.full(accounts.bodies.shape, -1)
    for tier in TIERS:
        here = accounts.tiers == tier
        for c in COMPONENTS:
            wanted[c][here] = getattr(costs.by_tier[tier], c)[here]
    for b, w, s, members in jointly(instance, accounts.decision):
        own = costs.own[members, s]
        for c in COMPONENTS:
            wanted[c][members, s] = own / own.sum() * getattr(costs.bodies, c)[b, w]
        body[members[instance.today[members, s] > 0], w] = b
    for c in COMPONENTS:
        np.testing.assert_array_equal(accounts.components[c], wanted[c])
    np.testing.assert_array_equal(accounts.bodies, body)


def test_a_service_provided_twice_or_without_responsibility_is_refused_by_name() -> None:
    instance, decision = (part := drawn(0)).instance, part.decision
    each = next(each for each in jointly(instance, decision) if len(each.members) > 1)
    name = str(instance.services[each.service])
    groups = {int(k) for k in instance.groups.of_municipality[each.members]}
    handed = {(each.service, k): "prefecture" for k in groups}
    with pytest.raises(ValueError, match=f"a body provides {name} without responsibility"):
        body_by_place(instance, replace(decision, tier={**decision.tier, **handed}))
    with pytest.raises(ValueError, match=f"service {name} is provided twice"):
        body_by_place(instance, replace(decision, joint=(*decision.joint, (each.body, each.column))))


def test_balances_are_the_sums_of_flows_by_name() -> None:
    accounts = drawn(1)
    flows = side_by_side(accounts, drawn(2))
    into, out = (
        flows.groupby(level=f"{end}_sector").sum().reindex(SECTORS, fill_value=0.0) for end in ("to", "from")
    )
    cost = (
        flows.xs(RESOURCE_COST, level="kind")
        .groupby(level="from_sector")
        .sum()
        .reindex(SECTORS, fill_value=0.0)
    )
    found = by_sector(flows)
    for when in ("today", "package"):
        name = f"{when}_million_yen"
        pd.testing.assert_series_equal(
            found[f"balance_{name}"], (into - out)[name], check_exact=True, check_names=False
        )
        assert found[f"resource_cost_{name}"].tolist() == cost[name].tolist()


def plain(value: Any) -> Any:
    """A value with its arrays as lists."""
    if sparse.issparse(value):
        return value.toarray().tolist()
    if is_dataclass(value):
        return [plain(getattr(value, each.name)) for each in fields(value)]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, tuple) else np.asarray(value).tolist()


def test_a_question_with_other_bodies_keeps_what_no_body_changes() -> None:
    asked = question()
    for name in (*OF_THE_CASE, *OF_NEED):
        getattr(asked, name)
    other, anew = with_bodies(asked, asked.bodies), replace(asked)
    for name in (*OF_THE_CASE, *OF_NEED):
        assert vars(other)[name] is vars(asked)[name]
        np.testing.assert_equal(plain(getattr(other, name)), plain(getattr(anew, name)), err_msg=name)


def test_what_the_tables_alone_tell_is_worked_out_once_for_them_alone() -> None:
    whole = case()
    found = whole.once("a thing", list)
    assert whole.with_parameters({"detour_factor": 1.5}).once("a thing", list) is found
    assert replace(whole, municipalities=whole.municipalities).once("a thing", list) is not found


def test_bodies_that_were_listed_before_are_those_that_are_listed_anew() -> None:
    plain = load_package(case(), "status_quo")
    bench, seen = Bench(case(), plain), []
    for floor in ("0.9", "0.95"):
        given = ["responsibility.fix.waste@town_below_10k=prefecture", f"equity.adequacy_floor={floor}"]
        top = package_given(given)
        assert top is not None
        package = with_on_top(case(), plain, top)
        found, wanted = bench.apply(package, BODIES), apply(case(), package, bodies=BODIES)
        seen.append(found.instance.bodies)
        for name, table in wanted.tables.items():
            assert table.to_csv() == found.tables[name].to_csv(), name
    assert seen[0] is seen[1]
