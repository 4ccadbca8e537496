"""The bodies of today: who continues them, what may be left of them, who may not leave by itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from optimization.geography.existing import ExistingBodies

PEOPLE = np.array([60.0, 30.0, 10.0, 55.0, 55.0, 5.0])


def existing(kept: bool = True, piece: tuple[tuple[int, ...], ...] = ((0, 1, 1), (0, 0))) -> ExistingBodies:
    """Six municipalities; 0, 1, 2 share service 0, 3 and 4 too; 5 acts alone. In the first body 1 and 2 are of one
    rule group, 0 of another."""
    return ExistingBodies(("T1", "T2"), (0, 0), ((0, 1, 2), (3, 4)), piece, PEOPLE, kept)


def rows(*sets: tuple[int, ...]) -> sparse.csr_matrix:
    matrix = np.zeros((len(sets), len(PEOPLE)))
    for row, members in zip(matrix, sets, strict=True):
        row[list(members)] = 1.0
    return sparse.csr_matrix(matrix)


def test_a_body_is_continued_by_whoever_holds_the_greater_part_of_its_people() -> None:
    """T1 has 100 people, T2 110. {0} holds 60 of T1. {1, 2} holds 40: not the greater part. {3} holds just half of T2:
    not more. {0, 3, 4, 5} holds 60 of T1 and all of T2, the larger body, which goes on."""
    found = existing().continued(0, rows((0,), (1, 2), (3,), (3, 4), (0, 1, 2, 5), (0, 3, 4, 5), (5,)))
    assert found.tolist() == [0, -1, -1, 1, 0, 1, -1]


def test_of_two_bodies_of_one_size_the_first_named_goes_on() -> None:
    equal = ExistingBodies(("T1", "T2"), (0, 0), ((2, 3), (0, 1)), ((0, 0), (0, 0)), np.ones(4), kept=True)
    assert equal.continued(0, rows((0, 1, 2, 3))[:, :4]).tolist() == [0]


def test_a_service_that_nobody_shares_has_nothing_to_continue() -> None:
    assert existing().continued(3, rows((0, 1), (3, 4))).tolist() == [-1, -1]


def test_a_body_is_divided_along_the_rule_groups_of_its_members_alone() -> None:
    bodies = existing()
    assert list(bodies.parts(0)) == [(0,), (1, 2)]
    assert list(bodies.parts(1)) == []
    assert bodies.standing == {(0, 1, 2): [0], (3, 4): [0], (1, 2): [0]}
    assert existing(kept=False).standing == {(0, 1, 2): [0], (3, 4): [0]}


def test_a_set_may_not_cut_through_a_part() -> None:
    sets = rows((0, 5), (1, 5), (1, 2, 5), (0, 1, 2), (3, 5), (3, 4, 5), (0, 3, 4))
    assert existing().cut_through(0, sets).tolist() == [False, True, False, False, True, False, False]
    assert not existing(kept=False).cut_through(0, sets).any()


def test_who_shares_may_act_alone_only_as_a_part_by_itself() -> None:
    assert existing().may_act_alone(0).tolist() == [True, False, False, False, False, True]
    assert existing(kept=False).may_act_alone(0).all()
    assert existing().may_act_alone(1).all()


def test_a_set_is_extended_by_the_bodies_it_touches() -> None:
    assert set(existing().around(0, [frozenset({2, 5}), frozenset({5})])) == {frozenset({0, 1, 2, 5})}


@pytest.mark.parametrize("kinds", [2, 3, 7, 8, 12])
def test_any_rule_groups_that_stay_can_be_served_by_parts(kinds: int) -> None:
    """Whatever groups leave, the others stand as one part or, where groups are many, as parts of one group each."""
    members = tuple(range(kinds))
    one = ExistingBodies(("T",), (0,), (members,), (members,), np.ones(kinds), kept=True)
    parts = set(one.parts(0))
    assert all((i,) in parts for i in members)
    assert kinds > 7 or len(parts) == 2**kinds - 2


def test_memberships_are_counted_by_service() -> None:
    two = ExistingBodies(("A", "B"), (0, 1), ((0, 1), (0, 1)), ((0, 0), (0, 0)), np.ones(3), kept=True)
    assert two.count.tolist() == [2, 2, 0]
