"""Column generation of joint options: the same value as the full list, and what it promises of the rest."""

from __future__ import annotations

from dataclasses import replace

import highspy
import numpy as np
import pytest
from scipy import sparse

from optimization.solving.covering import NONE, Covering, excess, most_gained, reprice, survey


def random_covering(seed: int) -> Covering:
    """8 members, 3 tasks, 25 groups of 2 to 4, two demands; an option saves about as often as not. With odd seeds the
    members of one group cannot be served alone in the first task; its option is needed."""
    draw = np.random.default_rng(seed)
    members = np.zeros((25, 8))
    for row in members:
        row[draw.choice(8, size=draw.integers(2, 5), replace=False)] = 1.0
    alone = draw.uniform(10, 50, size=(8, 3)).round(1)
    demand = np.where(draw.random((8, 3)) < 0.85, draw.integers(0, 2, size=(8, 3)), NONE)
    demand[0, :2] = [0, 1]
    cost = (members @ np.where(demand != NONE, alone, 0.0)) * draw.uniform(0.6, 1.2, size=(25, 3))
    cost[draw.random((25, 3)) < 0.2] = np.inf
    served = [alone[demand == d].sum() for d in range(2)]
    needed, limit = np.zeros(cost.shape, dtype=bool), draw.integers(1, 3, size=8)
    if seed % 2:
        together = (members[0] > 0) & (demand[:, 0] != NONE)
        needed[0, 0], cost[0, 0] = True, 1.1 * alone[together, 0].sum()
        alone[together, 0] = np.inf
    return Covering(
        members=sparse.csr_matrix(members),
        cost=cost,
        alone=alone,
        demand=demand,
        worth=np.array(served) * draw.uniform(0.5, 1.1, size=2),
        opening=float(draw.uniform(0, 5)),
        limit=limit,
        needed=needed,
    )


def full_value(c: Covering) -> float:
    """The covering relaxation over all options at once, written row by row from its definition."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    must = np.isinf(c.worth)
    y = [
        solver.addVariable(float(m), 1.0, 0.0 if m else -float(w)) for m, w in zip(must, c.worth, strict=True)
    ]
    z = [solver.addVariable(0.0, 1.0, c.opening) for _ in range(c.members.shape[0])]
    serving: dict[tuple[int, int], list[object]] = {}
    for i, w in np.argwhere(c.demand != NONE).tolist():
        alone = float(c.alone[i, w])
        serving[i, w] = [solver.addVariable(0.0, float(alone < np.inf), alone if alone < np.inf else 0.0)]
    for b, w in np.argwhere(np.isfinite(c.cost)).tolist():
        v = solver.addVariable(0.0, 1.0, float(c.cost[b, w]))
        solver.addConstr(v - z[b] <= 0)
        for i in c.members[b].indices.tolist():
            if (i, w) in serving:
                serving[i, w].append(v)
    for (i, w), options in serving.items():
        solver.addConstr(sum(options[1:], options[0] + 0.0) - y[c.demand[i, w]] == 0)
    for i in range(c.members.shape[1]):
        groups = c.members[:, [i]].tocoo().row.tolist()
        if groups:
            solver.addConstr(sum((z[b] for b in groups[1:]), z[groups[0]] + 0.0) <= float(c.limit[i]))
    solver.run()
    return float(solver.getInfo().objective_function_value)


@pytest.mark.parametrize("seed", range(20))
def test_generation_reaches_the_value_of_the_full_list(seed: int) -> None:
    c = random_covering(seed)
    nothing = np.zeros(c.cost.shape, dtype=bool)
    found = reprice(c, nothing, c.worth, 0.0)
    assert found.least == pytest.approx(full_value(c), abs=1e-6)
    only_used = replace(c, cost=np.where(found.used, c.cost, np.inf))
    assert full_value(only_used) == pytest.approx(found.least, abs=1e-6)


@pytest.mark.parametrize("tolerance", [0.0, 1.0, 10.0, 100.0])
def test_what_is_promised_of_the_rest_is_never_too_little(tolerance: float) -> None:
    """`least` may not exceed the value over all options, and may lie below it by the tolerance at most."""
    for seed in range(20):
        c = random_covering(seed)
        found = reprice(c, np.zeros(c.cost.shape, dtype=bool), c.worth, tolerance)
        assert full_value(c) - tolerance - 1e-6 <= found.least <= full_value(c) + 1e-6


@pytest.mark.parametrize("seed", range(10))
def test_the_start_is_the_value_of_the_first_options_at_the_first_worth(seed: int) -> None:
    c = random_covering(seed)
    first = np.isfinite(c.cost) & (np.random.default_rng(seed).random(c.cost.shape) < 0.3) | c.needed
    found = reprice(c, first, 0.5 * c.worth, 0.0)
    assert found.start == pytest.approx(
        full_value(replace(c, cost=np.where(first, c.cost, np.inf))), abs=1e-6
    )
    assert found.least == pytest.approx(full_value(replace(c, worth=0.5 * c.worth)), abs=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_a_survey_prices_each_demand_when_all_must_be_served(seed: int) -> None:
    """By duality the prices of the demands are the whole value less what memberships beyond the limit cost,
    and so at least the value; one demand more expensive by 1% of its places costs no more than its price."""
    c = random_covering(seed)
    found = survey(c, 0.0)
    everything = full_value(replace(c, worth=np.full(2, np.inf)))
    assert found.price.sum() >= everything - 1e-6
    if not c.needed.any():
        assert found.price.sum() <= np.where(c.demand != NONE, c.alone, 0.0).sum() + 1e-6
    at_worth = replace(c, cost=np.where(found.used, c.cost, np.inf))
    assert full_value(at_worth) == pytest.approx(full_value(c), abs=1e-6)


def test_groups_with_an_excess_gain_no_more_than_memberships_allow() -> None:
    """Three groups of two share member 0; each gains 10. One open group a member: together 10 at most by
    counting, 1 x (5 + 5 + 5 + 5) by the bound, never the 30 of their sum."""
    members = sparse.csr_matrix([[1.0, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]])
    gain = np.full(3, 10.0)
    assert most_gained(members, gain, np.full(4, 1)) == pytest.approx(20.0)
    assert most_gained(members, gain, np.full(4, 9)) == pytest.approx(30.0)
    assert most_gained(members, np.zeros(3), np.full(4, 1)) == 0.0


def test_an_excess_is_what_options_outside_earn_beyond_opening() -> None:
    """Reduced costs -4, -3 (outside) and -9 (inside): 4 + 3 - 5 = 2; with opening at 8 nothing."""
    reduced = np.array([[-4.0, -3.0, -9.0], [-4.0, -3.0, -9.0]])
    outside = np.array([[True, True, False]] * 2)
    assert excess(reduced, outside, np.array([5.0, 8.0])) == pytest.approx([2.0, 0.0])
