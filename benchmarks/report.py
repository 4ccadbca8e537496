"""The rows of the ladder as a page: `python -m benchmarks.report`.

Reads a table of rows and writes docs/performance.md with its plot docs/performance.svg.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.bench import REPO
from benchmarks.child import BUILDERS
from benchmarks.clock import TARGETS
from benchmarks.ladder import ladder
from benchmarks.rows import RESULTS, read_rows
from benchmarks.studies import studies

PAGE = REPO / "docs" / "performance.md"
SIX_DIGITS = 2e-6
"""CBC prints six digits: a bound may exceed an objective by so much without contradiction."""

Row = Mapping[str, str]
Group = tuple[str, str]
"""Instance and prefectures: what is compared side by side, each solver within its own limit."""

NAMES = {
    "pyomo": "Pyomo (build only)",
    "linopy": "linopy (build only)",
    "decomposed": "ours, decomposed",
    "auto": "ours, auto",
    "highs": "HiGHS",
    "scip": "SCIP",
    "cbc": "CBC",
}

HEAD = """# Performance

Written by `python -m benchmarks.report` from the rows that `make bench` measured: do not edit. The ladder is in
[benchmarks/ladder.toml](../benchmarks/ladder.toml); every rung overlays settings on `role_division`.

## What is measured

- **The clock starts at an instance ready laid out** (case read, candidate bodies listed, costs computed, pairs
  screened) and covers building the program, handing it to the solver and solving. *Layout* is shown beside it.
- **gap** = |incumbent − bound| / |incumbent|. *Seconds to 1%, 0.1%, 0.01%* are the first moments at which
  incumbent and bound were that close. Every solver is asked for 0.01% and may stop there; ours is asked for
  0.1% where unit costs are free (`kappa_free`, `kappa_free_pool_tight`), as the packages that free them are.
- **A time limit counts as the limit** and is marked `>`. It holds for the whole clock: a solver gets what
  building has left of it.
- *Ours* is `optimization.solve` as the command line calls it. The other solvers read one MPS file, written
  from the same Pyomo model with every listed pair (method `plain`); they are charged the time of building and
  compiling that model, measured once, and of reading the file, not of writing it.
- Every pair ran in a process of its own, one after the other. *Peak memory* is that of the whole process: for
  ours and the builders with the case and the libraries, for the others with the file alone.
- *Build share* is the part of building and handing over in the whole.

Caveats. Each number is one run. Every solver runs with its defaults; each could be tuned. SCIP searches on one
thread; all others may use those shown. HiGHS and SCIP are watched through callbacks. CBC is read from its log: six
digits, and what a heuristic finds is dated with the next line that bears a time; its reading of the file is part
of its search. Where a run ends without a plan there is no gap.
"""


def page(rows: Sequence[Row], plot: str) -> str:
    """The whole page; `plot` is the file name of the picture beside it (empty: none)."""
    groups = grouped(rows)
    parts = [HEAD, _measured_on(rows), _sizes(groups)]
    if plot:
        parts.append(
            f"## Seconds to 0.1%, by instance\n\n![Seconds to a gap of 0.1% by instance and solver]({plot})\n\n"
            "Hollow: not reached within the limit.\n"
        )
    parts += [_instance(group, members) for group, members in groups.items()]
    parts += [_building(groups), *studies()]
    return "\n".join(parts)


def grouped(rows: Iterable[Row]) -> dict[Group, list[Row]]:
    """Rows by instance and prefectures: instances in the ladder's order, rows in the solvers'."""
    order, solvers = list(ladder()), list(NAMES)
    known = [row for row in rows if row["instance"] in order and row["solver"] in solvers]
    known.sort(key=lambda row: (order.index(row["instance"]), solvers.index(row["solver"])))
    groups: dict[Group, list[Row]] = {}
    for row in known:
        groups.setdefault((row["instance"], row["prefectures"]), []).append(row)
    return groups


def contradiction(rows: Iterable[Row]) -> str:
    """A sentence when one solver's bound exceeds another's objective, which no two right answers can do."""
    bounds = {row["solver"]: float(row["bound_million_yen"]) for row in rows if row["bound_million_yen"]}
    costs = {
        row["solver"]: float(row["objective_million_yen"]) for row in rows if row["objective_million_yen"]
    }
    if not bounds or not costs:
        return ""
    highest, least = max(bounds, key=bounds.__getitem__), min(costs, key=costs.__getitem__)
    if bounds[highest] <= costs[least] + SIX_DIGITS * abs(costs[least]):
        return ""
    return (
        f"**Contradiction:** the bound of {NAMES[highest]}, {bounds[highest]:,.0f}, exceeds the objective of "
        f"{NAMES[least]}, {costs[least]:,.0f} million yen."
    )


def table(heading: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    rows = [heading, ["---"] * len(heading), *lines]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows) + "\n"


def _measured_on(rows: Sequence[Row]) -> str:
    machines = sorted({f"{row['machine']}; Python {row['python']}" for row in rows})
    runs = sorted({(row["date"], row["commit"]) for row in rows})
    versions = [f"- {version}" for version in sorted({row["version"] for row in rows if row["version"]})]
    when = ", ".join(f"{date} (commit {commit})" for date, commit in runs)
    lines = ["## Machine and versions", "", *(f"- {machine}" for machine in machines), f"- measured {when}"]
    return "\n".join([*lines, *versions]) + "\n"


def _sizes(groups: Mapping[Group, Sequence[Row]]) -> str:
    sizes = ("candidate_bodies", "pairs", "rule_groups", "columns", "integer_columns", "rows", "nonzeros")
    lines = []
    for group, members in groups.items():
        row = next((row for row in members if row["solver"] == "pyomo"), members[-1])
        lines.append([_link(group), ladder()[group[0]].title, *(_whole(row[name]) for name in sizes)])
    heading = ["instance", "what", "bodies", "pairs", "groups", "columns", "integer", "rows", "non-zeros"]
    rungs = {group[0] for group in groups}
    left = [f"`{name}`" for name in ladder() if name not in rungs]
    note = f"\nNot measured: {', '.join(left)}.\n" if left else ""
    return "## Instances\n\n" + table(heading, lines) + note


def _link(group: Group) -> str:
    """The instance as a link to its section."""
    name = _name(group)
    return f"[{name}](#{name.replace(' ', '-').replace(',', '').replace('(', '').replace(')', '')})"


def _name(group: Group) -> str:
    instance, prefectures = group
    return instance if prefectures == "all" else f"{instance} (prefectures {prefectures})"


def _instance(group: Group, members: Sequence[Row]) -> str:
    heading = ["solver", *(f"s to {100 * target:g}%" for target in TARGETS)]
    heading += ["final gap", "objective, million yen", "bound", "total s", "layout s", "build share"]
    heading += ["peak MiB", "threads", "end"]
    lines = [
        [
            NAMES[row["solver"]],
            *(moment(row, target, float(row["limit_seconds"])) for target in TARGETS),
            f"{100 * float(row['gap']):.4f}%" if row["gap"] else "none",
            _whole(row["objective_million_yen"]),
            _whole(row["bound_million_yen"]),
            _seconds(row["total_seconds"]),
            _seconds(row["layout_seconds"]),
            f"{float(row['build_share']):.0%}" if row["build_share"] else "",
            _whole(row["peak_memory_mib"]),
            row["threads"],
            " ".join(filter(None, (row["status"], row["note"]))),
        ]
        for row in members
        if row["solver"] not in BUILDERS
    ]
    text = contradiction(members)
    return f"### {_name(group)}\n\n{table(heading, lines)}" + (f"\n{text}\n" if text else "")


def moment(row: Row, target: float, limit: float) -> str:
    """Seconds to a target, or `> limit`."""
    if row[f"reached_{target:.0e}"] == "1":
        return _seconds(row[f"seconds_to_{target:.0e}"])
    return f"> {limit:g}"


def _building(groups: Mapping[Group, Sequence[Row]]) -> str:
    heading = ["instance", "model", "build s", "hand-off s", "together s", "peak MiB", "end"]
    lines = [
        [
            _name(group),
            NAMES[row["solver"]],
            _seconds(row["build_seconds"]),
            _seconds(row["hand_off_seconds"]),
            _seconds(row["total_seconds"]),
            _whole(row["peak_memory_mib"]),
            " ".join(filter(None, (row["status"], row["note"]))),
        ]
        for group, members in groups.items()
        for row in members
        if row["solver"] in BUILDERS
    ]
    text = (
        "The same program from the same index tables: built, and handed to HiGHS as arrays. `built` says that "
        "columns, rows, non-zeros and integer columns agree; a test holds the two relaxations together. Imports "
        "are not timed. linopy runs on its sparse path."
    )
    return f"## Building: Pyomo and linopy\n\n{text}\n\n{table(heading, lines)}"


def _whole(text: str) -> str:
    return f"{float(text):,.0f}" if text else ""


def _seconds(text: str) -> str:
    if not text:
        return ""
    value = float(text)
    return f"{value:.{max(0, 1 - math.floor(math.log10(value)))}f}" if 0 < value < 10 else f"{value:.0f}"


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0, or 2 where the table is missing or not the bench's."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.report", description=__doc__)
    parser.add_argument("--rows", type=Path, default=RESULTS, metavar="FILE", help="table of the bench")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="page to write")
    asked = parser.parse_args(arguments)
    try:
        rows = read_rows(asked.rows)
    except ValueError as error:
        parser.error(str(error))
    if not rows:
        parser.error(f"{asked.rows}: there are no rows; run the bench first")
    from benchmarks.plot import draw

    picture = asked.page.with_suffix(".svg")
    drawn = draw(grouped(rows), NAMES, picture)
    asked.page.write_text(page(rows, picture.name if drawn else ""), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
