"""The terms on which a question is answered: limits of the solver, method, where its log goes, who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from optimization.errors import InputError, Problem
from optimization.ledger.instance import Instance
from optimization.outcome.methods import DECOMPOSED, METHODS, PLAIN
from optimization.solving.highs import Limits, Progress

if TYPE_CHECKING:  # the model takes a second to load
    from optimization.model.screening import Screening

OnProgress = Callable[[Progress], bool]
"""Told of a moment of the search; False ends it."""

SMALL = 1_000
"""Pairs and duties below which HiGHS takes the whole program at once."""

TAKEN_UP = 1.0 - 1e-3
"""Value of y from which a duty counts as taken up in a relaxation, where nothing else is asked."""

MANY = 60_000
"""Listed pairs from which several processes are worth their start."""


@dataclass(frozen=True)
class Terms:
    """How a question is to be answered; `stay_put` tells whether a plan in which less changes is chosen where the
    package asks for it (the phases of a plan, and courses beside it, are taken as cheap as they are),
    `taken_up` the value from which a relaxation is held to take a duty up (`pricing`). Raises `InputError` for a method
    that there is not."""

    limits: Limits = field(default_factory=Limits)
    method: str = METHODS[0]
    log_file: Path | None = None
    on_progress: OnProgress | None = None
    stay_put: bool = True
    taken_up: float = TAKEN_UP

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            remedy = f"choose {', '.join(METHODS[:-1])} or {METHODS[-1]}"
            raise InputError(
                [Problem("solve", "is not a method", remedy, column="method", value=str(self.method))]
            )

    def on(self, instance: Instance, screening: Screening) -> Terms:
        """The terms for a list of bodies: small programs go to HiGHS whole, others are decomposed; several processes,
        as many as threads, only where starting them costs less than they save."""
        many = len(screening.listed[0]) >= MANY
        limits = replace(self.limits, processes=self.limits.threads if many else 1)
        if self.method in (PLAIN, DECOMPOSED):
            return replace(self, limits=limits)
        decisions = len(screening.listed[0]) + sum(map(len, instance.groups.options.values()))
        return replace(self, limits=limits, method=PLAIN if decisions < SMALL else DECOMPOSED)
