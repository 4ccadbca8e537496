"""One package, one result: a plan decided once, or in the two phases of a horizon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from optimization.case.case import Case
from optimization.case.compose import ResolvedPackage
from optimization.ledger.instance import Instance
from optimization.outcome.result import Result
from optimization.outcome.run import Clock, OnProgress, answered, laid_out
from optimization.outcome.two_phases import in_two_phases
from optimization.solving.highs import Limits

PHASE_SHARE = 0.5
"""Part of the asked gap within which each phase is solved; the rest is for what binds the two."""


def solve(
    case: Case,
    package: ResolvedPackage,
    prefectures: Sequence[str] = (),
    limits: Limits | None = None,
    method: str = "auto",
    log_file: Path | None = None,
    on_progress: OnProgress | None = None,
) -> Result:
    """Solve one reform package on a case (or on some of its prefectures).

    Raises `InputError` when the case lacks a parameter the package needs. The objective reported is
    recomputed outside the solver from the rounded decision, and every hard rule is checked on it.
    """
    clock, limits = Clock(), limits or Limits()
    with clock.phase("layout"):
        instance = laid_out(case, package, prefectures)
    if instance.horizon is None or not instance.horizon.second:
        return answered(instance, package, limits, method, log_file, on_progress, clock).result

    def part(question: Instance) -> Result:
        left = max(1.0, limits.seconds - clock.seconds.get("solve", 0.0))
        own = replace(limits, gap=PHASE_SHARE * limits.gap, seconds=left)
        return answered(question, package, own, method, log_file, on_progress, clock).result

    result = in_two_phases(instance, part, limits, lambda: clock.seconds.get("solve", 0.0) < limits.seconds)
    return replace(result, seconds=clock.seconds)
