"""Every statement, in the order in which their rows stand in the program."""

from __future__ import annotations

from optimization.rules import clarity, debts, fiscal, places
from optimization.rules.statement import Statement

STATEMENTS: tuple[Statement, ...] = (
    *fiscal.STATEMENTS,
    *debts.STATEMENTS,
    *places.STATEMENTS,
    *clarity.STATEMENTS,
)


def stated(component: str) -> list[Statement]:
    """The statements whose rows stand in a component of the program."""
    return [statement for statement in STATEMENTS if statement.component == component]
