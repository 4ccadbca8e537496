"""What is held against a run or a curve, on the console: its repetition, its check in fractions, other runs, the
official needs."""

from __future__ import annotations

import re

import pandas as pd

from optimization.cli.console import SAY, billion, grid_of, out, show_frame
from optimization.referee.exact import ExactCheck

MONEY = re.compile("million yen")
"""Units of money; the console tells it in billion yen, and says so."""
LONGEST_HEAD = 24
"""Signs of the name of a run that stand at the head of a column; a longer one is told whole above the table."""


def show_repetition(differences: pd.DataFrame, agrees: bool) -> None:
    """What came out otherwise when a run was repeated."""
    if differences.empty:
        out.print("The same to the last digit: every table, objective, bound and gap.")
    elif agrees:
        furthest = differences["largest_relative_difference"].max()
        out.print(
            f"The same plan, and every figure to nine digits; {len(differences)} columns differ beyond, "
            f"by {furthest:.1e} of a figure at most."
        )
    else:
        show_frame(differences, "What came out otherwise")


def show_exact(found: ExactCheck) -> None:
    """What a check in fractions has found."""
    apart = abs(found.objective_million_yen - found.recorded_million_yen)
    identities = sum(each.identity for each in found.statements)
    out.print(
        f"The objective in fractions is {billion(float(found.objective_million_yen))} billion yen, "
        f"{float(apart * 1_000_000):.2g} yen from the recorded one.\n"
        f"{identities:,} identities and {len(found.statements) - identities:,} limits checked."
    )
    for each in found.broken:
        place = f" at {each.where}" if each.where else ""
        out.print(f"  - {each.rule}{place} is off by {float(each.excess):.3g}", style="bold red")
    for name, holds in found.plan.items():
        if not holds:
            out.print(f"  - {name}: does not hold", style="bold red")
    if found.sound:
        out.print("All hold.")


def show_comparison(table: pd.DataFrame) -> None:
    """Settings and outcomes that differ between runs, today's value beside them."""
    names = [*table.columns[4:]]
    heads = {name: f"({n})" if len(name) > LONGEST_HEAD else name for n, name in enumerate(names, start=1)}
    for name, head in heads.items():
        if head != name:
            out.print(f"{head} is {name}")
    grid = grid_of(
        "What differs", [("", "l"), ("unit", "l"), ("today", "r"), *((heads[n], "r") for n in names)]
    )
    for kind, rows in table.groupby("kind", sort=False):
        grid.add_row(f"{kind}s", style="bold")
        for _, row in rows.iterrows():
            unit = (
                row["unit"].replace("million yen", "billion yen", 1)
                if MONEY.match(row["unit"])
                else row["unit"]
            )
            grid.add_row(row["name"], unit, *(_figure(row[c], row["unit"]) for c in ("today", *names)))
    out.print(grid)


def _figure(value: object, unit: str) -> str:
    """A value as a reader wants it: money in billion yen, ratios with four digits."""
    if not isinstance(value, float | int) or pd.isna(value):
        text = "" if value is None or value != value else str(value)
        return text if len(text) <= 60 else text[:57] + "..."
    if unit.startswith("million yen"):
        return billion(value)
    return SAY.figure(float(value), unit).replace("−", "-")


def show_fit(report: pd.DataFrame) -> None:
    """Fit of the scale curves over all size bands, service by service."""
    grid = grid_of(
        "Scale curves against the official needs: median relative error",
        [
            ("service", "l"),
            ("municipalities", "r"),
            ("in sample", "r"),
            ("cross-validated", "r"),
            ("bias", "r"),
        ],
    )
    for _, row in report[report["size_band"] == "all"].iterrows():
        errors = (f"{row[name]:.1%}" for name in ("median_abs_error", "median_abs_error_cv", "bias_cv"))
        grid.add_row(row["service"], str(row["n"]), *errors)
    out.print(grid)
