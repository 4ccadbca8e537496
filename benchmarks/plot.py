"""Seconds to a gap of 0.1%, instance by instance, as an SVG file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt

TARGET = "1e-03"
COLOURS = {
    "decomposed": "#0072B2",
    "auto": "#56B4E9",
    "highs": "#D55E00",
    "scip": "#009E73",
    "cbc": "#CC79A7",
}
"""Told apart by colour-blind readers too (Okabe and Ito, 2008)."""
MARKS = {"decomposed": "o", "auto": "D", "highs": "s", "scip": "^", "cbc": "v"}


def draw(
    groups: Mapping[tuple[str, str], Sequence[Mapping[str, str]]],
    names: Mapping[str, str],
    path: Path,
) -> bool:
    """Draw the national rows to a file; False, and no file, where there are none."""
    national = {group: rows for group, rows in groups.items() if group[1] == "all"}
    labels = [instance for instance, _ in national]
    if not labels:
        return False
    plt.rcParams.update({"svg.hashsalt": "ladder", "svg.fonttype": "none", "font.size": 9})
    figure, axes = plt.subplots(figsize=(8, 1.2 + 0.5 * len(labels)))
    for number, (solver, colour) in enumerate(COLOURS.items()):
        lower = 0.13 * (number - 2)  # beside one another, so that none hides another at the limit
        points = [
            (place + lower, float(row[f"seconds_to_{TARGET}"]), row[f"reached_{TARGET}"] == "1")
            for place, rows in enumerate(national.values())
            for row in rows
            if row["solver"] == solver and row[f"seconds_to_{TARGET}"]
        ]
        for reached in (True, False):
            part = [(seconds, place) for place, seconds, met in points if met == reached]
            axes.plot(
                [seconds for seconds, _ in part],
                [place for _, place in part],
                MARKS[solver],
                color=colour,
                markerfacecolor=colour if reached else "none",
                label=names[solver] if reached and points else None,
            )
    axes.set_xscale("log")
    axes.set_xlabel("seconds to a gap of 0.1% (hollow: not within the limit)")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    figure.savefig(path, bbox_inches="tight", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return True
