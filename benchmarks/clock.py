"""When was which gap reached: a clock fed with incumbents and bounds, live or from a log.

Like `solvers.py` it imports nothing of ours, so that a plain solver's process holds that solver alone.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

TARGETS = (1e-2, 1e-3, 1e-4)
"""Relative gaps whose first moment is kept."""

ROUNDING = 1e-9


def relative_gap(incumbent: float, bound: float) -> float:
    """|incumbent - bound| / |incumbent|; infinite where either is unknown, 0 where the bound has passed the
    incumbent by rounding."""
    if not (math.isfinite(incumbent) and math.isfinite(bound)):
        return math.inf
    return max(0.0, incumbent - bound) / abs(incumbent) if incumbent else float(bound < 0)


@dataclass
class GapClock:
    """Best incumbent and bound of a minimisation so far, and the seconds at which each target was met.

    Seconds count from an instance ready laid out: `offset` is what had passed when the clock was made (the
    time to build the program, for a solver that reads it from a file). Moments beyond `limit` do not count.
    `on_target` is called whenever a target is newly met.
    """

    limit: float
    offset: float = 0.0
    on_target: Callable[[GapClock], None] | None = None
    incumbent: float = math.inf
    bound: float = -math.inf
    reached: dict[float, float] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    @property
    def now(self) -> float:
        """Seconds on the clock."""
        return self.offset + time.perf_counter() - self.started

    @property
    def gap(self) -> float:
        """Relative gap of the best incumbent to the best bound."""
        return relative_gap(self.incumbent, self.bound)

    def forget(self) -> None:
        """Drop what was seen so far, the time on the clock excepted."""
        self.incumbent, self.bound = math.inf, -math.inf
        self.reached.clear()

    def see(self, incumbent: float, bound: float, seconds: float | None = None) -> None:
        """Note the state of a search `seconds` on the clock (now, if left out).

        Values of 1e20 and more are a solver's infinity; a worse value than before is an older one.
        """
        seconds = self.now if seconds is None else seconds
        self.incumbent = min(self.incumbent, incumbent if incumbent < 1e20 else math.inf)
        self.bound = max(self.bound, bound if bound > -1e20 else -math.inf)
        if seconds > self.limit:
            return
        newly = [t for t in TARGETS if t not in self.reached and self.gap <= t * (1 + ROUNDING)]
        self.reached.update(dict.fromkeys(newly, seconds))
        if newly and self.on_target is not None:
            self.on_target(self)


@dataclass(frozen=True)
class Moment:
    """A line of a log: seconds since the solver's start, incumbent and bound (infinite where unknown)."""

    seconds: float
    incumbent: float = math.inf
    bound: float = -math.inf


NUMBER = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
CBC_RELAXED = re.compile(rf"^✔ LP Optimal .*Obj: ({NUMBER}) .*Time: ({NUMBER})s")
CBC_FOUND = re.compile(rf"^✔ (?:Feasibility pump|Root node heuristics) — best ({NUMBER}) in ")
CBC_CLOSING = re.compile(
    rf"^(Objective value|Lower bound|Total time \(Wallclock seconds\)):\s+({NUMBER})", re.MULTILINE
)


def cbc_moments(log: str) -> Iterator[Moment]:
    """The moments of a CBC log, in its order; the last one is the closing summary, if the run came to it.

    CBC prints six digits. What a heuristic found is dated with the next line that bears a time.
    """
    section, found = "", math.inf
    for line in log.splitlines():
        words = line.replace("★", " ").split()
        if line.startswith("▶"):
            section = line[1:].split("(")[0].strip()
        elif match := CBC_RELAXED.match(line):
            yield Moment(float(match[2]), bound=float(match[1]))
        elif match := CBC_FOUND.match(line):
            section, found = "", float(match[1])
        elif (moment := _cbc_row(section, words, "★" in line)) is not None:
            yield Moment(moment.seconds, min(found, moment.incumbent), moment.bound)
    yield from _cbc_closing(log)


def _cbc_row(section: str, words: list[str], found: bool) -> Moment | None:
    """A row of one of CBC's tables; None for any other line."""
    if not words or not re.fullmatch(r"[\d.]+[KMG]?", words[0]) or not _is_number(words[-1]):
        return None
    if section == "Feasibility pump" and found:
        return Moment(float(words[-1]), incumbent=float(words[-2]))
    if section == "Cut generation" and len(words) == 7:
        return Moment(float(words[6]), bound=float(words[5]))
    if section == "Branch and bound" and len(words) >= 6 and _is_number(words[-3]):
        incumbent = float(words[3]) if len(words) >= 7 and _is_number(words[3]) else math.inf
        return Moment(float(words[-1]), incumbent, float(words[-3]))
    return None


def _cbc_closing(log: str) -> Iterator[Moment]:
    closing = {key: float(value) for key, value in CBC_CLOSING.findall(log)}
    total = closing.get("Total time (Wallclock seconds)")
    if total is None:
        return  # the run was cut off
    objective = closing.get("Objective value", math.inf)
    proven = re.search(r"^Result - Optimal solution found *$", log, re.MULTILINE)
    unknown = objective if proven else -math.inf
    yield Moment(total, objective, closing.get("Lower bound", unknown))


def _is_number(word: str) -> bool:
    return re.fullmatch(NUMBER, word) is not None
