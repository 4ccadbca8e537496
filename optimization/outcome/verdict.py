"""What an answer is worth: one place that weighs status and broken rules, for every command and for the library.

A plan that breaks a rule is no answer, however sure the solver is of it: that is a defect of this program, and neither
a table nor an exit code may call it optimal.
"""

from __future__ import annotations

from enum import StrEnum

from optimization.errors import InputError, Problem
from optimization.solving.ends import Status


class Worth(StrEnum):
    """What may be said of an answer; `run.json` and the tables of studies carry it as their status."""

    OPTIMAL = str(Status.OPTIMAL)
    INFEASIBLE = str(Status.INFEASIBLE)
    INCUMBENT = str(Status.INCUMBENT)
    NOTHING = str(Status.NOTHING)
    FAILED = str(Status.FAILED)
    APPLIED = str(Status.APPLIED)
    BROKEN = "breaks_rules"

    @property
    def exit_code(self) -> int:
        """What a command that asked one question ends with."""
        return EXIT_CODES[self]

    @property
    def settled(self) -> bool:
        """Whether there is a plan to the asked gap, or a proof that there is none, or nothing was searched."""
        return self in (Worth.OPTIMAL, Worth.INFEASIBLE, Worth.APPLIED)

    @property
    def planned(self) -> bool:
        """Whether there is a plan that keeps every rule."""
        return self in (Worth.OPTIMAL, Worth.INCUMBENT)


EXIT_CODES = {
    Worth.OPTIMAL: 0,
    Worth.APPLIED: 0,
    Worth.INFEASIBLE: 3,
    Worth.INCUMBENT: 4,
    Worth.NOTHING: 5,
    Worth.FAILED: 1,
    Worth.BROKEN: 1,
}

INTERRUPTED = 130
"""Exit code of a run stopped by Ctrl-C, as shells give it."""

REASONS = {
    Worth.OPTIMAL: "",
    Worth.APPLIED: "",
    Worth.INCUMBENT: "",
    Worth.INFEASIBLE: "its limits cannot hold together (proven by the solver on the whole program)",
    Worth.NOTHING: "the time limit ended the search before a plan was found; this proves nothing",
    Worth.FAILED: "the solver failed, of a fault of its own or for want of memory; this proves nothing",
}


class NoPlanError(InputError):
    """A question whose plan was to be studied has none; `worth` says why, `reason` in words. Callers who tell faults of
    the input from it catch it first."""

    def __init__(self, name: str, worth: Worth, reason: str) -> None:
        self.worth, self.reason = worth, reason
        remedy = "see solve.py explain" if worth is Worth.INFEASIBLE else REMEDIES.get(worth, "")
        super().__init__([Problem(name, f"there is no plan ({worth}): {reason}", remedy)])


REMEDIES = {
    Worth.NOTHING: "raise --time-limit",
    Worth.FAILED: "use a machine with more memory, or ask for fewer prefectures",
    Worth.BROKEN: "report it: this is a defect of the program",
}


def worst(answers: list[Worth]) -> int:
    """Exit code of a command that asked several questions: 1 where a plan breaks a rule or the solver failed, 4 where
    one was not settled, 3 where every one of them is impossible, else 0."""
    if {Worth.BROKEN, Worth.FAILED} & set(answers):
        return 1
    if not all(worth.settled for worth in answers):
        return 4
    return 3 if answers and set(answers) == {Worth.INFEASIBLE} else 0
