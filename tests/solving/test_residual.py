"""What is left once columns are fixed falls into parts that recombine to the whole."""

from __future__ import annotations

import numpy as np
import pytest

from optimization.solving.highs import Limits, solve
from optimization.solving.residual import Frame, fix, split
from tests.solving.programs import program, random_blocks, violation

EXACT = Limits(gap=1e-9, seconds=30.0, threads=1)


def national_choice(national: np.ndarray, form: object, draw: np.random.Generator) -> np.ndarray:
    """One column of each group of three, read from the rows that demand exactly one."""
    values = np.zeros(len(national))
    matrix = form.matrix  # type: ignore[attr-defined]
    for r in np.flatnonzero((form.row_lower == 1.0) & (form.row_upper == 1.0)):  # type: ignore[attr-defined]
        group = matrix.indices[matrix.indptr[r] : matrix.indptr[r + 1]]
        values[np.searchsorted(national, draw.choice(group))] = 1.0
    return values


@pytest.mark.parametrize("seed", range(8))
def test_parts_recombine_to_the_whole_point_and_its_cost(seed: int) -> None:
    form, national = random_blocks(seed)
    held = fix(form, national, national_choice(national, form, np.random.default_rng(seed)))
    parts, fixed, cost = split(held)
    whole = solve(held, EXACT)
    point = np.nan_to_num(fixed)
    solutions = [solve(part.form, EXACT).values for part in parts]
    assert (whole.values is None) == any(solution is None for solution in solutions)
    if whole.values is None:
        return
    for part, solution in zip(parts, solutions, strict=True):
        point[part.columns] = solution
        cost += float(part.form.cost @ solution)
    assert violation(held, point) <= 1e-6
    assert [form.cost @ point + form.constant, whole.objective] == pytest.approx([cost] * 2)


def test_the_parts_are_the_blocks_each_column_in_one() -> None:
    form, national = random_blocks(3, blocks=5)
    choice = national_choice(national, form, np.random.default_rng(0))
    parts, fixed, _ = split(fix(form, national, choice))
    assert len(parts) >= 5  # a block may fall apart further where its rows do not tie it
    columns = np.concatenate([part.columns for part in parts])
    assert sorted([*columns, *national]) == list(range(form.matrix.shape[1]))
    assert np.isnan(fixed[columns]).all() and fixed[national] == pytest.approx(choice)
    assert [len(part.columns) for part in parts] == sorted((len(p.columns) for p in parts), reverse=True)


def test_without_links_the_parts_do_not_depend_on_what_is_fixed() -> None:
    form, national = random_blocks(5, with_links=False)
    draw = np.random.default_rng(1)
    first, second = (split(fix(form, national, national_choice(national, form, draw))) for _ in range(2))
    for one, other in zip(first[0], second[0], strict=True):
        assert np.array_equal(one.columns, other.columns)
        assert np.array_equal(one.form.row_lower, other.form.row_lower)


def test_fixed_columns_move_to_the_right_side() -> None:
    """3 x + 2 y >= 10 with x fixed at 2 leaves 2 y >= 4; cost 7 x is 14 and the constant 1."""
    form = program([7, 5], [([3, 2], 10, np.inf)], upper=9.0, constant=1.0)
    parts, fixed, cost = split(fix(form, np.array([0]), np.array([2.0])))
    assert cost == 15.0 and fixed[0] == 2.0
    (part,) = parts
    assert part.columns.tolist() == [1]
    assert part.form.matrix.toarray().tolist() == [[2.0]] and part.form.row_lower.tolist() == [4.0]
    assert solve(part.form, EXACT).objective == pytest.approx(10.0)


def test_a_row_of_fixed_columns_alone_that_breaks_is_told() -> None:
    form = program([1, 1], [([1, 0], 2, np.inf), ([0, 1], 0, 1)], upper=9.0)
    with pytest.raises(ValueError, match="1 rows cannot hold"):
        split(fix(form, np.array([0]), np.array([1.0])))
    split(fix(form, np.array([0]), np.array([2.0])))


def test_a_column_without_rows_is_a_part_of_its_own_and_takes_its_cheap_end() -> None:
    form = program([1, -1], [([1, 0], 1, np.inf)], upper=4.0)
    parts, _, _ = split(form)
    assert [part.columns.tolist() for part in parts] == [[0], [1]]
    assert [solve(part.form, EXACT).objective for part in parts] == pytest.approx([1.0, -4.0])


def test_fixing_leaves_the_form_as_it_was() -> None:
    form, national = random_blocks(1)
    before = form.lower.copy(), form.upper.copy()
    fix(form, national, np.ones(len(national)))
    assert np.array_equal(form.lower, before[0]) and np.array_equal(form.upper, before[1])


@pytest.mark.parametrize("seed", range(6))
def test_a_frame_at_any_values_is_what_the_cut_of_these_values_is(seed: int) -> None:
    form, national = random_blocks(seed)
    frame, draw = Frame(form, national), np.random.default_rng(seed)
    for _ in range(4):
        values = national_choice(national, form, draw)
        try:
            parts, fixed, cost = split(fix(form, national, values))
        except ValueError:
            with pytest.raises(ValueError, match="cannot hold"):
                frame.at(values)
            continue
        left = frame.at(values)
        assert left.cost == pytest.approx(cost)
        assert np.array_equal(left.known, fixed, equal_nan=True)
        assert len(parts) == len(frame.parts)
        for n, part in enumerate(parts):
            own = frame.part(n, left.shifts[n])
            assert np.array_equal(frame.parts[n].columns, part.columns)
            assert own.row_lower == pytest.approx(part.form.row_lower)
            assert own.row_upper == pytest.approx(part.form.row_upper)
            assert (own.matrix != part.form.matrix).nnz == 0


def test_a_frame_refuses_values_that_break_a_row_of_their_own() -> None:
    form, national = random_blocks(1)
    with pytest.raises(ValueError, match="cannot hold"):
        Frame(form, national).at(np.zeros(len(national)))  # no group of three has its one
