"""One measured row of the ladder, and the table of rows that grows as the bench goes on.

Imports nothing of ours, so that a plain solver's process holds that solver alone.
"""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.clock import TARGETS, GapClock, relative_gap

RESULTS = Path(__file__).with_name("results") / "ladder.csv"
"""Where the rows go if nothing else is said."""

KEY = ("instance", "solver", "prefectures", "limit_seconds")
"""What makes a row unique: a row already in the table is not measured again."""

TIMES = tuple(column for t in TARGETS for column in (f"seconds_to_{t:.0e}", f"reached_{t:.0e}"))
SIZES = ("columns", "rows", "nonzeros", "integer_columns", "candidate_bodies", "pairs", "rule_groups")
COLUMNS = (
    *KEY,
    "status",
    *TIMES,
    "gap",
    "objective_million_yen",
    "bound_million_yen",
    "layout_seconds",
    "build_seconds",
    "hand_off_seconds",
    "solve_seconds",
    "total_seconds",
    "build_share",
    "peak_memory_mib",
    *SIZES,
    "threads",
    "version",
    "machine",
    "python",
    "commit",
    "date",
    "note",
)


@dataclass
class Record:
    """What a child has measured so far, kept in a file so that a child stopped from outside leaves it."""

    path: Path
    values: dict[str, Any] = field(default_factory=dict)

    def note(self, **values: Any) -> None:
        """Set values and write the file anew, whole or not at all; an infinite number is an empty cell."""
        self.values |= {k: "" if isinstance(v, float) and math.isinf(v) else v for k, v in values.items()}
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.values), encoding="utf-8")
        part.replace(self.path)

    def note_clock(self, clock: GapClock) -> None:
        """Note the targets met so far and the best incumbent and bound."""
        self.note(**times(clock.reached, clock.limit), **ending(clock.incumbent, clock.bound))


def moments(clock: GapClock, objective: float) -> dict[str, float]:
    """Seconds to each target as a run of this objective may claim them: what it did not deliver, it did not
    reach."""
    return times(clock.reached if math.isfinite(objective) else {}, clock.limit)


def times(reached: Mapping[float, float], limit: float) -> dict[str, float]:
    """Seconds to each target, and 1 where it was reached; the limit and 0 where not."""
    found: dict[str, float] = {}
    for target in TARGETS:
        found[f"seconds_to_{target:.0e}"] = reached.get(target, limit)
        found[f"reached_{target:.0e}"] = int(target in reached)
    return found


def ending(objective: float, bound: float) -> dict[str, float]:
    """Objective, bound and relative gap; a bound past the objective by rounding is the objective."""
    return {
        "objective_million_yen": objective,
        "bound_million_yen": min(bound, objective),
        "gap": relative_gap(objective, bound),
    }


def phases(build: float, hand_off: float, solve: float) -> dict[str, float]:
    """Seconds by phase from an instance ready laid out, and the part of building and handing over."""
    total = build + hand_off + solve
    seconds = {"build": build, "hand_off": hand_off, "solve": solve, "total": total}
    return {
        **{f"{name}_seconds": value for name, value in seconds.items()},
        "build_share": (build + hand_off) / total if total else 0.0,
    }


def read_rows(path: Path) -> list[dict[str, str]]:
    """Every row of the table as text; none where there is no table yet.

    Raises ValueError when the table has other columns than this version writes.
    """
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path.name}: its columns are not {', '.join(COLUMNS)}; name another --out")
        return list(reader)


def key(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The row's identity."""
    return tuple(f"{float(row[k]):g}" if k == "limit_seconds" else str(row[k]) for k in KEY)


def append_row(path: Path, row: Mapping[str, Any]) -> None:
    """Append one row, with the heading if the table is new; on the disk before it returns."""
    new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow({name: _text(value) for name, value in row.items()})
        file.flush()
        os.fsync(file.fileno())


def _text(value: Any) -> str:
    """A cell: numbers to ten digits."""
    return f"{value:.10g}" if isinstance(value, float) else str(value)
