"""What was chosen among plans of one cost, and how: for the record of a run and for who tells of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from optimization.dictionary.typed_settings import Settings
from optimization.outcome.steps import Duty, Pair, Step
from optimization.solving.highs import Outcome, Status
from optimization.solving.lexicographic import Reached

COST, DISPERSION, CHANGE = "cost", "dispersion", "change_of_law"
"""Names of the aims, in their order."""

UNITS = {
    COST: "million yen per year, of what hangs on the formula",
    DISPERSION: "thousand yen per resident",
    CHANGE: "ratio",
}


@dataclass(frozen=True)
class FormulaChoice:
    """What the aims have come to, in their order; none where the package leaves nothing of the formula open."""

    reached: tuple[Reached, ...] = ()
    kept: bool = True

    @property
    def settled(self) -> bool:
        """Whether dispersion and change of the law were solved in time, so that the formula is the one they choose."""
        return self.kept and all(each.proven for each in self.reached if each.aim.name != COST)

    @property
    def record(self) -> dict[str, object]:
        """The choice for `run.json`: whether the formula is the one that the aims choose, and what each has come to."""
        aims = [
            {
                "aim": each.aim.name,
                "unit": UNITS[each.aim.name],
                "before": each.before,
                "after": each.value,
                "status": str(each.status),
            }
            for each in self.reached
        ]
        return {"settled": self.settled, "aims": aims}


FRICTION, PEOPLE, BODIES = "cost_and_thresholds", "people", "new_bodies"
"""Names of the aims of the stay-put rule, before the least cost."""


TOLERANCE: Final = "choice.stay_put_tolerance"
OF_CHANGES: Final = "choice.change_threshold_million_yen"
OF_BODIES: Final = "choice.body_threshold_million_yen"


def asked(settings: Settings) -> bool:
    """Whether a package asks for a plan in which less changes."""
    known = settings[TOLERANCE], settings[OF_CHANGES], settings[OF_BODIES]
    return any(each is not None for each in known)


@dataclass(frozen=True)
class Given:
    """A change of the plan, what it saves by itself and what all changes of its service save together, million yen a
    year (infinite where today's tier leaves no provision, not a number where there was no time to price it), and
    whether it must be kept because without it no plan keeps all limits. `without` and `without_all` are the steps by
    which it, and all changes of its service, are given back; None where there was no price."""

    duty: Duty
    tier: str
    saving: float
    together: float
    needed: bool
    without: Step | None = None
    without_all: Step | None = None


@dataclass(frozen=True)
class GivenBack:
    """What is left of a plan's changes once those that save too little are given back: what each saves, the sets that
    were given back, and the pairs of body and service from which the savings are reckoned: those of the plan with
    provision decided anew (None where it was not)."""

    given: tuple[Given, ...] = ()
    returned: tuple[tuple[Duty, ...], ...] = ()
    joint: tuple[Pair, ...] | None = None


@dataclass(frozen=True)
class StayPut:
    """How a plan in which less changes was chosen: the cheapest plan found with its certificate (`least`), what the
    rule costs more, million yen a year; residents for whom duties change hands (each duty counted) and new bodies,
    before and after; what the aims came to, in their order. `kept` is False where the plan found would break a rule,
    so that the cheapest stays. `back` tells what every change that is left saves, where one must save something."""

    tolerance: float
    least: Outcome
    cost: float
    people: tuple[float, float]
    bodies: tuple[int, int]
    reached: tuple[Reached, ...]
    kept: bool = True
    back: GivenBack = GivenBack()

    @property
    def given(self) -> tuple[Given, ...]:
        """What every change that is left saves, where one must save something."""
        return self.back.given

    @property
    def gap(self) -> float:
        """Part of its people by which the plan may miss the fewest within the tolerance; infinite where no bound is
        known."""
        aim = next((each for each in self.reached if each.aim.name == PEOPLE), None)
        if aim is None:
            return float("inf")
        if aim.status is Status.OPTIMAL or aim.value == 0:
            return 0.0
        return float((aim.value - aim.bound) / aim.value) if np.isfinite(aim.bound) else float("inf")

    @property
    def record(self) -> dict[str, object]:
        """The rule for `run.json`; `gap` is missing where nothing is known of it."""
        return {
            "applied": self.kept,
            "tolerance": self.tolerance,
            "least_cost_million_yen": self.least.objective,
            "cost_million_yen": self.cost,
            "people_before": self.people[0],
            "people_after": self.people[1],
            "new_bodies_before": self.bodies[0],
            "new_bodies_after": self.bodies[1],
            "gap_of_people": self.gap if np.isfinite(self.gap) else None,
            "aims": {each.aim.name: str(each.status) for each in self.reached},
        }
