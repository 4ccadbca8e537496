"""How cheap a plan of a program can be at all, proven in fractions.

HiGHS proposes, fractions decide. Whatever multipliers y of the rows a solver gives, in doubles and wrong in the last
digits, every x of a program obeys  cost x >= sum over rows of y times the side it leans on + sum over columns of
(cost - y A) times the bound it leans on  (Neumaier and Shcherbina, Safe bounds in linear and mixed-integer linear
programming, 2004). The coefficients are the doubles of the program, which are fractions; nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import highspy
import numpy as np

from optimization.solving.standard_form import StandardForm
from tests.other_solvers import loaded

Entries = list[tuple[int, Fraction]]
End = Fraction | None
"""A bound; None where there is none."""


def _ends(bounds: np.ndarray) -> list[End]:
    return [Fraction(float(bound)) if np.isfinite(bound) else None for bound in bounds]


NOISE = 1e-9
"""Multipliers below this share of the largest are rounding."""

LEAN = 1e-8
"""What the proposing solver believes a unit of a column without an end is cheaper, million yen."""


@dataclass(frozen=True)
class Exact:
    """A program in fractions: minimise cost x, each row (entries, least, most), each column (least, most)."""

    cost: list[Fraction]
    rows: list[tuple[Entries, End, End]]
    lower: list[End]
    upper: list[End]

    def bound(self, multipliers: Sequence[float] | np.ndarray, priced: bool = True) -> Fraction | None:
        """What no plan can cost less than, by these multipliers, without the constant; None where a column without an
        end makes them say nothing. With `priced` false of a cost of nothing: above zero, there is no plan."""
        total, rest = Fraction(0), list(self.cost) if priced else [Fraction(0)] * len(self.cost)
        for (entries, least, most), given in zip(self.rows, multipliers, strict=True):
            side = least if given > 0 else most
            if given == 0 or side is None:
                continue
            multiplier = Fraction(float(given))
            total += multiplier * side
            for column, coefficient in entries:
                rest[column] -= multiplier * coefficient
        for weight, least, most in zip(rest, self.lower, self.upper, strict=True):
            if weight:
                end = least if weight > 0 else most
                if end is None:
                    return None
                total += weight * end
        return total

    def within(self, lower: np.ndarray, upper: np.ndarray, columns: np.ndarray) -> Exact:
        """The same program with other ends of some columns, whole numbers."""
        least, most = list(self.lower), list(self.upper)
        for n in columns.tolist():
            least[n], most[n] = Fraction(float(lower[n])), Fraction(float(upper[n]))
        return replace(self, lower=least, upper=most)


def exact(form: StandardForm) -> Exact:
    """A program in fractions, each column with the ends that the rows imply where it has none of its own."""
    matrix = form.matrix
    rows = [
        (
            [
                (int(column), Fraction(float(value)))
                for column, value in zip(matrix.indices[part], matrix.data[part], strict=True)
                if value
            ],
            least,
            most,
        )
        for part, least, most in zip(
            (slice(*pair) for pair in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)),
            _ends(form.row_lower),
            _ends(form.row_upper),
            strict=True,
        )
    ]
    lower, upper = _ends(form.lower), _ends(form.upper)
    lacking = rows
    while lacking:
        lacking = [row for row in lacking if any(lower[n] is None or upper[n] is None for n, _ in row[0])]
        if not _implied(lacking, lower, upper):
            break
    return Exact([Fraction(float(c)) for c in form.cost], rows, lower, upper)


def _implied(rows: list[tuple[Entries, End, End]], lower: list[End], upper: list[End]) -> bool:
    """Give ends to columns without, from rows of which all else is bounded; whether any was found."""
    found = False
    for entries, least, most in rows:
        for side, sign in ((most, 1), (least, -1)):
            if side is None:
                continue
            # sign * sum <= sign * side: what one term can be at most is the side less the least of all others
            lows = [(lower if sign * value > 0 else upper)[column] for column, value in entries]
            missing = [n for n, low in enumerate(lows) if low is None]
            if len(missing) > 1:
                continue
            others = sum((v * low for (_, v), low in zip(entries, lows, strict=True) if low), Fraction(0))
            for n in missing or range(len(entries)):
                column, value = entries[n]
                ends = upper if sign * value > 0 else lower
                if ends[column] is None:
                    low = lows[n]
                    ends[column] = (side - others + (value * low if low is not None else 0)) / value
                    found = True
    return found


def relaxed_bound(form: StandardForm) -> Fraction | None:
    """What no plan can cost less than, with the constant, from one solve of the relaxed program."""
    program = exact(form)
    solver = _proposer(form, program)
    solver.run()
    found = program.bound(solver.getSolution().row_dual)
    return None if found is None else found + Fraction(form.constant)


@dataclass(frozen=True)
class Proof:
    """Whether every part of a divided program was proven to hold no plan below the claim; the number of parts, and
    what is proven of the whole program before it is divided (None: it has no plan, or nothing is)."""

    holds: bool
    parts: int
    root: Fraction | None


def prove(form: StandardForm, claim: float, most_parts: int = 2000) -> Proof:
    """Prove that no plan costs less than the claim (infinite: that there is no plan), dividing the program at whole
    numbers as long as needed."""
    columns = np.flatnonzero(form.integer)
    least = None if np.isinf(claim) else Fraction(claim) - Fraction(form.constant)
    program = exact(form)
    open_parts, root = [(form.lower.copy(), form.upper.copy())], None
    solver = _proposer(form, program)
    solver.setOptionValue("presolve", "off")  # it hides why there is no plan
    for part in range(most_parts):
        if not open_parts:
            return Proof(True, part, root)
        lower, upper = open_parts.pop()
        solver.changeColsBounds(len(columns), columns.astype(np.int32), lower[columns], upper[columns])
        solver.run()
        here = program.within(lower, upper, columns)
        if part == 0:
            root = here.bound(solver.getSolution().row_dual)
        if _closed(solver, here, least):
            continue
        divided = list(_divided(solver, lower, upper, columns))
        if not divided:
            return Proof(False, part + 1, root)
        open_parts += divided
    return Proof(False, most_parts, root)


def _proposer(form: StandardForm, program: Exact) -> highspy.Highs:
    """The relaxed program, in which a column without an end is worth going there a little more than it is: so the
    multipliers keep on the right side of it, by more than the solver's tolerance."""
    solver = loaded(replace(form, integer=np.zeros_like(form.integer)))
    solver.setOptionValue("dual_feasibility_tolerance", LEAN / 10)
    for n, (cost, least, most) in enumerate(zip(form.cost, program.lower, program.upper, strict=True)):
        solver.changeColCost(n, float(cost) + LEAN * ((least is None) - (most is None)))
    return solver


def _closed(solver: highspy.Highs, program: Exact, least: Fraction | None) -> bool:
    """Whether no plan of this part is below, by the multipliers of the solver."""
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        _, _, ray = solver.getDualRay()  # type: ignore[attr-defined]
        # any multipliers may be tried: those that are but rounding would lean on ends that are not there
        found = program.bound(np.where(np.abs(ray) > NOISE * np.max(np.abs(ray)), ray, 0.0), priced=False)
        return found is not None and found > 0
    found = program.bound(solver.getSolution().row_dual)
    return found is not None and least is not None and found >= least


def _divided(
    solver: highspy.Highs, lower: np.ndarray, upper: np.ndarray, columns: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Two parts, at the column farthest from whole; where all are whole, at any that is still open."""
    point = np.asarray(solver.getSolution().col_value)[columns]
    off = np.abs(point - np.round(point))
    free = lower[columns] < upper[columns]
    if not free.any():
        return
    at = int(np.argmax(np.where(free, off, -1.0)))
    column, value = columns[at], np.clip(point[at], lower[columns[at]], upper[columns[at]])
    below = min(np.floor(value), upper[column] - 1)
    for least, most in ((lower[column], below), (below + 1, upper[column])):
        low, high = lower.copy(), upper.copy()
        low[column], high[column] = least, most
        yield low, high
