"""Random small questions in a few worlds, small enough that every decision can be listed under all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimization.ledger.accounts import Accounts, with_bonds
from optimization.ledger.worlds import World, Worlds
from optimization.outcome.question import laid_out
from optimization.recommend.blended import Blends
from optimization.rules.checks import breaches
from tests.model.random_case import decisions, random_question
from tests.small_case import EXACT, Small, given_curves

NAMES = (
    "scale_realisation",
    "trips_to_seat",
    "transition_cost",
    "unit_fixed_cost_million_yen",
    "coordination_rate",
)
MOST = {"scale_realisation": 1.0}


@dataclass(frozen=True)
class Given(Worlds):
    """Worlds in which numbers of a case made by hand are drawn by the name of the world."""

    def values(self, world: World) -> tuple[dict[str, float], dict[str, float]]:
        if not world.levels:
            return {}, {}
        draw = np.random.default_rng([int(part) for part in world.name.split("_")[1:]])
        numbers = self.whole.parameters
        found = {
            f"{service}.{name}": min(
                numbers(name, service) * draw.choice([0.0, 0.3, 1.0, 2.5]), MOST.get(name, 1e9)
            )
            for name in NAMES
            for service in self.whole.services.index
        }
        found["national_overhead"] = float(draw.choice([0.0, 0.05, 0.2]))
        return found, {"weights.body_million_yen": float(draw.uniform(0, 12))}


@dataclass(frozen=True)
class WorldCase:
    """A question, its worlds, and every decision with its cost in each."""

    seed: int
    worlds: int = 4

    @cached_property
    def question(self) -> Small:
        question = random_question(self.seed)
        off = {"weights.soft_budget": 0.0, "weights.dulled_incentive": 0.0}
        if "formula.counted_share" in question.changes:
            off["formula.counted_share"] = [0.7, 0.7]  # type: ignore[assignment]
        return question.but(**off)

    @property
    def drawn(self) -> list[World]:
        return [
            World("centre"),
            *(World(f"draw_{self.seed}_{n}", {"any": 0.0}) for n in range(1, self.worlds)),
        ]

    @cached_property
    def blends(self) -> Blends:
        with given_curves(self.question.curves):
            instance = laid_out(self.question.case, self.question.package)
        return Blends(Given(self.question.case, self.question.package, instance), self.drawn, EXACT)

    @cached_property
    def enumerated(self) -> np.ndarray:
        """Cost in every world of every decision that keeps the limits at the central values, (decisions, W)."""
        return self.enumerated_in(self.drawn)

    def enumerated_in(self, worlds: list[World]) -> np.ndarray:
        """Cost in some worlds of every decision that keeps the limits at the central values, (decisions, worlds)."""
        instance = self.blends.instance
        questions = [self.blends.worlds.question_in(world) for world in worlds]
        found = [
            [Accounts(question, decision).objective for question in questions]
            for decision in decisions(instance)
            if not breaches(Accounts(instance, with_bonds(instance, decision)))
        ]
        return np.array(found).reshape(-1, len(questions))


@dataclass(frozen=True)
class Boxed(Worlds):
    """Worlds in which the numbers of a case made by hand run along a range by the level of one of three groups."""

    def values(self, world: World) -> tuple[dict[str, float], dict[str, float]]:
        numbers, services = self.whole.parameters, self.whole.services.index
        found = {}
        for group, names in BOX.items():
            factor = 2.0 * world.level(group)
            for name in names:
                for service in services:
                    found[f"{service}.{name}"] = min(numbers(name, service) * factor, MOST.get(name, 1e9))
        found["national_overhead"] = 0.2 * world.level("overhead")
        return found, {}


BOX = {
    "scale": ("scale_realisation",),
    "travel": ("trips_to_seat",),
    "overhead": ("transition_cost", "unit_fixed_cost_million_yen"),
}
"""Groups of a box, and the numbers that follow each."""


@dataclass(frozen=True)
class BoxCase(WorldCase):
    """A question in a box of three groups."""

    @property
    def drawn(self) -> list[World]:
        return [World("centre")]

    @cached_property
    def blends(self) -> Blends:
        with given_curves(self.question.curves):
            instance = laid_out(self.question.case, self.question.package)
        return Blends(Boxed(self.question.case, self.question.package, instance), self.drawn, EXACT)
