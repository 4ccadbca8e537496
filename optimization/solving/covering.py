"""Which of very many joint options can pay: the covering relaxation by column generation.

Places (member i, task w) are served alone at a cost, or by an option (group b, task w) that serves all
members of the group at once. A group must be opened to serve anything, and a member belongs to few
open groups. Places of one demand are served together or not at all; a demand served is worth something:

    minimise   sum alone[i,w] x[i,w] + sum cost[b,w] v[b,w] + opening x sum z[b] - sum worth[d] y[d]
    subject to x[i,w] + sum over groups b of i of v[b,w] = y[d(i,w)]
               v[b,w] <= z[b],   sum over b of i of z[b] <= limit,   0 <= x, v, z, y <= 1

Only the options that the prices ask for ever enter the program.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import highspy
import numpy as np
from scipy import sparse

from optimization.solving.highs import Limits, quiet
from optimization.solving.running import run

NOTHING = 1e-7
ROUNDS = 40
FIRST = 2
"""Groups of each member that stand in the program from the start, best saving per member first."""

POOL = 30_000
"""Groups that gain most, among which those that join are sought before all others are priced again."""

ENTERING = 3
"""Groups of each member that join a covering at a time."""

CHUNK = 100_000
"""Groups outside a covering that are priced side by side."""

NONE = -1
INFINITY = highspy.kHighsInf


@dataclass(frozen=True)
class Covering:
    """`members` (B, I) CSR of ones; `cost` (B, W), infinite where an option does not exist; `alone`
    (I, W), infinite where a place cannot be served alone; `demand` (I, W) the number of the place's demand, NONE where
    there is nothing to serve; `worth` of each demand, infinite where it must be served; `opening` cost of a group;
    `limit` (I,) open groups a member may belong to; `needed` (B, W) options that stand in every program, so that a
    demand can be met where nobody is served alone."""

    members: sparse.csr_matrix
    cost: np.ndarray
    alone: np.ndarray
    demand: np.ndarray
    worth: np.ndarray
    opening: float
    limit: np.ndarray
    needed: np.ndarray


@dataclass(frozen=True)
class Survey:
    """`used` (B, W) options that serve at the worth of the demands; `price` (D,) what serving each demand
    costs when all are served."""

    used: np.ndarray
    price: np.ndarray


@dataclass(frozen=True)
class Repriced:
    """`start` value with the first options at the given worths; `least` value that all options may have
    at the other worths; `used` (B, W) the options in use then, `joined` the rows of further groups in use."""

    start: float
    least: float
    used: np.ndarray
    joined: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))


@dataclass(frozen=True)
class More:
    """Groups that stand outside a covering: `members` (M, I) CSR of ones, `cost` (M, W), infinite where an option
    does not exist; `inside` (M,) those that the covering holds already, which gain nothing."""

    members: sparse.csr_matrix
    cost: np.ndarray
    inside: np.ndarray

    def gain(self, place: np.ndarray, crowd: np.ndarray, opening: float) -> np.ndarray:
        """What opening each group with all its paying options would gain at given prices of places (I, W) and of
        crowding (I,), at most 0 each; shape (M,)."""
        result = np.zeros(self.members.shape[0])
        for first in range(0, len(result), CHUNK):
            part = slice(first, first + CHUNK)
            members = self.members[part]
            earned = np.maximum(0.0, members @ place - self.cost[part]).sum(axis=1)
            result[part] = np.maximum(0.0, earned - (opening - members @ crowd))
        return np.where(self.inside, 0.0, result)


def survey(covering: Covering, tolerance: float) -> Survey:
    """Serve everything, then only what is worth it, each to within `tolerance`."""
    program = _Program(covering)
    program.serve_everything()
    place = program.generate(tolerance, first_options(covering)).place
    served = covering.demand != NONE
    price = np.bincount(covering.demand[served], place[served], minlength=len(covering.worth))
    program.set_worth(covering.worth)
    program.generate(tolerance)
    return Survey(program.used(), price)


def reprice(
    covering: Covering, first: np.ndarray, worth: np.ndarray, tolerance: float, more: More | None = None
) -> Repriced:
    """From the `first` options at the covering's worths to all options, those of `more` groups too, at other
    `worth`s."""
    program = _Program(covering)
    program.set_worth(covering.worth)
    program.add(first)
    start = program.solve().value
    program.set_worth(worth)
    if more is None:
        end = program.generate(tolerance)
        return Repriced(start, end.value - end.gained, program.used())
    end, joined = program.generate_more(more, tolerance)
    used, count = program.used(), len(covering.cost)
    return Repriced(start, end.value - end.gained, used[:count], joined[used[count:].any(axis=1)])


def best_of_each(members: sparse.csr_matrix, gain: np.ndarray) -> np.ndarray:
    """For each member the few groups that gain most per member, rows in order."""
    rows = np.flatnonzero(gain > NOTHING)
    part = members[rows]
    size = np.diff(part.indptr)
    row, score = np.repeat(rows, size), np.repeat(gain[rows] / np.maximum(1, size), size)
    order = np.lexsort((row, -score, part.indices))
    member = part.indices[order]
    place = np.arange(len(order)) - np.searchsorted(member, member, side="left")
    return np.unique(row[order][place < ENTERING])


def excess(reduced: np.ndarray, outside: np.ndarray, opened: np.ndarray) -> np.ndarray:
    """By how much the options of each group that stand outside the program could together earn more
    than opening it still costs, shape (B,); `reduced` are the reduced costs of all options (B, W)."""
    earned = np.where(outside, np.maximum(0.0, -reduced), 0.0).sum(axis=1)
    return np.maximum(0.0, earned - opened)


def most_gained(members: sparse.csr_matrix, gain: np.ndarray, limit: np.ndarray) -> float:
    """Most that open groups can gain together when a member belongs to at most `limit` (I,) of them: the
    lesser of their sum and the sum over members of limit x the best gain per member."""
    if not gain.any():
        return 0.0
    size = np.maximum(1, np.diff(members.indptr))
    best = members.multiply((gain / size)[:, None]).tocsc().max(axis=0).toarray()
    return float(min(gain.sum(), (limit * best.ravel()).sum()))


def first_options(covering: Covering) -> np.ndarray:
    """Every paying option of the groups that save most per member, a few for each member, and all that are needed."""
    finite = np.where(np.isfinite(covering.alone), covering.alone, 0.0)
    saving = np.where(covering.needed, 0.0, np.maximum(0.0, covering.members @ finite - covering.cost))
    score = saving.sum(axis=1) / np.maximum(1, np.diff(covering.members.indptr))
    by_member = covering.members.T.tocsr()
    chosen = np.zeros(len(score), dtype=bool)
    for i in range(by_member.shape[0]):
        groups = by_member.indices[by_member.indptr[i] : by_member.indptr[i + 1]]
        chosen[groups[np.argsort(-score[groups], kind="stable")[:FIRST]]] = True
    return (chosen[:, None] & (saving > 0)) | covering.needed


@dataclass(frozen=True)
class _State:
    """A solution: its value, the price of every place (I, W) and of crowding every member (I,), what opening each
    group still costs (B,), and what the options outside could still gain."""

    value: float
    place: np.ndarray
    crowd: np.ndarray
    opened: np.ndarray
    gained: float = 0.0


class _Program:
    """The relaxation in HiGHS: a row for every place, then for every member, then for every option."""

    def __init__(self, covering: Covering) -> None:
        self._covering = covering
        self._solver = quiet(Limits(threads=1))
        self._inside = np.zeros(covering.cost.shape, dtype=bool)
        self._options: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._opened = np.full(covering.members.shape[0], -1)
        served = covering.demand != NONE
        count = self._first_member = int(served.sum())
        self._place_row = np.full(covering.alone.shape, -1)
        self._place_row[served] = np.arange(count)
        self._demands = np.arange(count, count + len(covering.worth), dtype=np.int32)
        self._add_places(covering.alone[served], covering.demand[served])

    def _add_places(self, alone: np.ndarray, demand: np.ndarray) -> None:
        count, demands = len(alone), len(self._demands)
        possible = np.isfinite(alone)
        cost = np.concatenate([np.where(possible, alone, 0.0), np.zeros(demands)])
        most = np.concatenate([possible.astype(float), np.ones(demands)])
        none = (0, np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0))
        self._solver.addCols(len(cost), cost, 0.0 * cost, most, *none)
        place = np.arange(count)
        whole = sparse.csr_matrix((-np.ones(count), (place, demand)), (count, demands))
        rows = sparse.hstack([sparse.identity(count, format="csr"), whole], format="csr")
        start, index = rows.indptr[:-1].astype(np.int32), rows.indices.astype(np.int32)
        self._solver.addRows(count, np.zeros(count), np.zeros(count), rows.nnz, start, index, rows.data)
        size = self._covering.alone.shape[0]
        limit = self._covering.limit.astype(float)
        self._solver.addRows(size, np.full(size, -INFINITY), limit, 0, np.zeros(size, np.int32), *none[2:])

    def serve_everything(self) -> None:
        """Every demand must be met."""
        self.set_worth(np.full(len(self._demands), np.inf))

    def set_worth(self, worth: np.ndarray) -> None:
        """What each demand is worth; an infinite one must be met."""
        must, count = np.isinf(worth), len(worth)
        self._solver.changeColsBounds(count, self._demands, must.astype(float), np.ones(count))
        self._solver.changeColsCost(count, self._demands, np.where(must, 0.0, -worth))

    def generate(self, tolerance: float, first: np.ndarray | None = None) -> _State:
        """Let options enter until those outside can gain no more than `tolerance`."""
        covering, enter = self._covering, first
        for _ in range(ROUNDS):
            if enter is not None:
                self.add(enter)
            state = self.solve()
            reduced = covering.cost - covering.members @ state.place
            gain = excess(reduced, ~self._inside, state.opened)
            gained = most_gained(covering.members, gain, covering.limit)
            if gained <= tolerance:
                break
            enter = (gain > 0)[:, None] & (reduced < -NOTHING) & ~self._inside
        return _State(state.value, state.place, state.crowd, state.opened, gained)

    def generate_more(self, more: More, tolerance: float) -> tuple[_State, np.ndarray]:
        """Let options enter, and groups join the covering when they gain, the most promising first, until what is left
        outside can gain no more than `tolerance`; the rows of the groups that joined, shape (joined,)."""
        opening, limit = self._covering.opening, self._covering.limit
        inside, joined = more.inside.copy(), [np.zeros(0, dtype=int)]
        while True:
            state = self.generate(tolerance / 2)
            gain = np.where(inside, 0.0, more.gain(state.place, state.crowd, opening))
            left = most_gained(more.members, gain, limit)
            if left <= tolerance / 2:
                return replace(state, gained=state.gained + left), np.concatenate(joined)
            pool = np.flatnonzero(gain > NOTHING)
            pool = pool[np.argsort(-gain[pool], kind="stable")[:POOL]]
            some, gain = More(more.members[pool], more.cost[pool], inside[pool]), gain[pool]
            while most_gained(some.members, gain, limit) > tolerance / 4:
                rows = best_of_each(some.members, gain)
                self.extend(some.members[rows], some.cost[rows].astype(float))
                joined.append(pool[rows])
                inside[pool[rows]] = some.inside[rows] = True
                state = self.generate(tolerance / 2)
                gain = some.gain(state.place, state.crowd, opening)

    def extend(self, members: sparse.csr_matrix, cost: np.ndarray) -> None:
        """Let groups join the covering, none of their options in the program yet."""
        covering = self._covering
        self._covering = replace(
            covering,
            members=sparse.vstack([covering.members, members], format="csr"),
            cost=np.vstack([covering.cost, cost]),
            needed=np.vstack([covering.needed, np.zeros(cost.shape, dtype=bool)]),
        )
        self._inside = np.vstack([self._inside, np.zeros(cost.shape, dtype=bool)])
        self._opened = np.concatenate([self._opened, np.full(len(cost), -1)])

    def add(self, options: np.ndarray) -> None:
        """Add options (B, W), and the groups they need."""
        groups, tasks = np.nonzero(options & ~self._inside)
        if not len(groups):
            return
        self._inside |= options
        members = self._covering.members
        new = np.setdiff1d(groups, np.flatnonzero(self._opened >= 0))
        part = members[new]
        rows = self._first_member + part.indices
        self._opened[new] = self._columns(np.full(len(new), self._covering.opening), part.indptr, rows)
        part = members[groups]
        rows = self._place_row[part.indices, np.repeat(tasks, np.diff(part.indptr))]
        start = np.concatenate([[0], np.cumsum(rows >= 0)])[part.indptr]
        columns = self._columns(self._covering.cost[groups, tasks], start, rows[rows >= 0])
        count = len(groups)
        pairs = np.column_stack([columns, self._opened[groups]]).ravel().astype(np.int32)
        start = np.arange(0, 2 * count, 2, dtype=np.int32)
        below = np.full(count, -INFINITY), np.zeros(count)
        self._solver.addRows(count, *below, 2 * count, start, pairs, np.tile([1.0, -1.0], count))
        self._options.append((groups, tasks, columns))

    def _columns(self, cost: np.ndarray, start: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Add columns between 0 and 1 with ones in given rows (`start` of each, CSR-like); their numbers."""
        count, first = len(cost), self._solver.getNumCol()
        bounds = np.zeros(count), np.ones(count)
        start = start[:-1].astype(np.int32)
        self._solver.addCols(
            count, cost, *bounds, len(rows), start, rows.astype(np.int32), np.ones(len(rows))
        )
        return np.arange(first, first + count)

    def solve(self) -> _State:
        """Solve from the last basis."""
        run(self._solver, linear=True)
        solution, size = self._solver.getSolution(), len(self._covering.alone)
        dual, reduced = np.array(solution.row_dual), np.array(solution.col_dual)
        crowd = dual[self._first_member : self._first_member + size]
        opened = self._covering.opening - self._covering.members @ crowd
        inside = self._opened >= 0
        opened[inside] = np.maximum(0.0, reduced[self._opened[inside]])
        place = np.where(self._place_row >= 0, dual[self._place_row], 0.0)
        return _State(self._solver.getInfo().objective_function_value, place, crowd, opened)

    def used(self) -> np.ndarray:
        """Options with a part in the last solution, shape (B, W)."""
        value = np.array(self._solver.getSolution().col_value)
        result = np.zeros(self._covering.cost.shape, dtype=bool)
        for groups, tasks, columns in self._options:
            result[groups, tasks] = value[columns] > NOTHING
        return result
