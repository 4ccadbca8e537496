"""Statements on written figures in fractions: what they are, and how far one may be off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

ROUNDING = Fraction(1, 2**53)
"""Largest relative error of one operation on doubles, and of reading a decimal into one."""

STEPS = 16
"""More operations than any figure of one row has behind it, counted from the other figures of its row."""

TOLERANCE = Fraction(1, 10**6)
"""Largest excess over a limit, relative to its sides: what the solver calls feasible."""

MIL = "_million_yen"
Row = Mapping[str, str]
"""A row of a written table: text by column."""


@dataclass(frozen=True)
class Statement:
    """`excess` of one side over the other (of an identity, their distance), in the unit of the figures, and the most
    that it may be; `where` is a government, a service or nothing."""

    rule: str
    where: str
    identity: bool
    excess: Fraction
    allowance: Fraction

    @property
    def holds(self) -> bool:
        """Whether the excess is within its allowance."""
        return self.excess <= self.allowance


def column_of(rows: Sequence[Row], name: str) -> list[Fraction]:
    """The figures of a column as fractions, exactly as they are written; in the unit of the column."""
    return [Fraction(row[name]) for row in rows]


def total_of(figures: Iterable[Fraction]) -> Fraction:
    """The exact sum of figures, 0 of none."""
    return sum(figures, Fraction(0))


def equal(
    rule: str,
    where: str,
    left: Sequence[Fraction],
    right: Sequence[Fraction],
    steps: int = STEPS,
    terms: Sequence[Fraction] | None = None,
) -> Statement:
    """sum(left) = sum(right), but for `steps` roundings of all terms."""
    size = total_of(map(abs, terms if terms is not None else [*left, *right]))
    return Statement(rule, where, True, abs(total_of(left) - total_of(right)), steps * ROUNDING * size)


def at_most(
    rule: str, where: str, left: Fraction, right: Fraction, size: Fraction = Fraction(0)
) -> Statement:
    """left <= right, but for the solver's tolerance of the largest of both and `size`."""
    return Statement(rule, where, False, left - right, TOLERANCE * max(abs(left), abs(right), size))
