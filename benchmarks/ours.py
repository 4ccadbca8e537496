"""Our own method on one rung, timed from the same moment as the other solvers."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from typing import Any

import highspy

from benchmarks.clock import GapClock
from benchmarks.ladder import ladder
from benchmarks.question import question
from benchmarks.rows import Record, ending, moments, phases
from optimization import __version__
from optimization.case.face import DEFAULT_CASE
from optimization.case.load import load_case
from optimization.outcome.solve import solve
from optimization.outcome.terms import METHODS
from optimization.solving.highs import Limits, Progress, Status

STATUS = {
    Status.OPTIMAL: "optimal",
    Status.INFEASIBLE: "infeasible",
    Status.INCUMBENT: "limit",
    Status.NOTHING: "nothing",
    Status.FAILED: "failed",
}


class Watch:
    """Moments of a run of ours: seconds since its call, incumbent, bound.

    A run starts anew when pairs enter its model; progress then begins from nought. `live`
    is a clock for the record of a run that is stopped from outside: how long the layout took is known only at
    the end, so it counts with an estimate.
    """

    def __init__(self, live: GapClock) -> None:
        self.started = time.perf_counter()
        self.moments: list[tuple[float, float, float]] = []
        self._live, self._last = live, 0.0

    def __call__(self, progress: Progress) -> bool:
        """Note one moment of the search; never stops it."""
        if progress.seconds < self._last:
            self.moments.clear()
            self._live.forget()
        self._last = progress.seconds
        self.moments.append((time.perf_counter() - self.started, progress.incumbent, progress.bound))
        self._live.see(progress.incumbent, progress.bound)
        return True


def measure_method(asked: argparse.Namespace, built: Mapping[str, Any], record: Record) -> None:
    """Solve the rung by `asked.solver`, one of our methods, and note it.

    The solver gets the seconds that are left of the limit after building, as the plain solvers do;
    `built` tells how long that takes.
    """
    if asked.solver not in METHODS:
        record.note(status="skipped", note=f"the tool has no method {asked.solver!r}")
        return
    case = load_case(DEFAULT_CASE)
    prefectures = [code for code in asked.prefectures.split(",") if code]
    package = question(case, ladder()[asked.instance], prefectures)
    left = max(1.0, asked.limit - built["build_seconds"] - built["compile_seconds"])
    limits = Limits(gap=ladder()[asked.instance].gap, seconds=left, threads=asked.threads)
    log = record.path.with_suffix(".log")
    watch = Watch(GapClock(asked.limit, -built["layout_seconds"], record.note_clock))
    result = solve(case, package, prefectures, limits, asked.solver, log, watch)
    wall, seconds, outcome = time.perf_counter() - watch.started, result.seconds, result.outcome
    layout, total = seconds["layout"], wall - seconds["layout"] - seconds["read_back"]
    clock = GapClock(asked.limit)
    for moment, incumbent, bound in watch.moments:
        clock.see(incumbent, bound, moment - layout)
    clock.see(outcome.objective, outcome.bound, total)
    size = {key: result.size[key] for key in ("columns", "rows", "nonzeros", "integer_columns")}
    record.note(
        status=STATUS[outcome.status],
        **moments(clock, outcome.objective),
        **ending(outcome.objective, outcome.bound),
        **phases(seconds["build"], seconds["hand_off"], total - seconds["build"] - seconds["hand_off"]),
        layout_seconds=layout,
        **size,
        candidate_bodies=result.size["candidate_bodies"],
        pairs=result.size["pairs_listed"],
        rule_groups=len(result.instance.groups.labels),
        threads=asked.threads,
        version=f"optimization {__version__} on HiGHS {highspy.Highs().version()}",
        note="; ".join(f"breach of {breach}" for breach in result.breaches),
    )
