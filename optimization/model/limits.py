"""The limits of a package as rows: every statement in force written over the columns of a year."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from optimization.model.affine import constraint, rows
from optimization.model.columns import Columns
from optimization.model.discipline import bindable
from optimization.model.quantities import ColumnsReading
from optimization.rules.listed import STATEMENTS, stated
from optimization.rules.statement import Statement

CANNOT_BIND: Mapping[str, Callable[[Columns], Sequence[int]]] = {"D1": bindable}
"""Components of which only some rows can bind, with what names these."""


def write(
    place: Any, columns: Columns, components: Sequence[str], reading: ColumnsReading | None = None
) -> None:
    """Write the rows of some components of statements at a place of the program: all of it, or a later year's block."""
    reading = reading or ColumnsReading(columns)
    for component in components:
        found: dict[Any, Any] = {}
        for statement in stated(component):
            if statement.in_force(columns.instance.settings):
                found |= relations(place, statement, reading)
        place.add_component(component, constraint(found))


def relations(place: Any, statement: Statement, reading: ColumnsReading) -> dict[Any, Any]:
    """The rows of one statement by their key: a member of its scope, and the sign of an absolute value."""
    which = CANNOT_BIND.get(statement.component)
    chosen = statement.chosen(reading)
    only = which(reading.columns) if which is not None else None if chosen is None else chosen.tolist()
    if only == []:
        return {}
    scale = statement.scaled(reading)
    found: dict[Any, Any] = {}
    for side in statement.sides(reading):
        keys: list[Any] = statement.keys(len(side.left))
        if side.sign is not None:
            keys = [(key, side.sign) for key in keys]
        found |= rows(place, keys, scale * side.left, scale * side.right, side.sense, only)
    return found


def components(later: bool) -> list[str]:
    """Components of statements in a year of the program: all of them in the first, and in a later one those that are
    not decided once."""
    kept = [s.component for s in STATEMENTS if not (later and s.decided_once)]
    return list(dict.fromkeys(kept))
