"""What a study of the assumptions has found, on the console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from optimization.cli.console import err, out, show_frame

if TYPE_CHECKING:  # a part that may not be installed
    from optimization.studies.sensitivity import Findings


def show_draws(found: Findings) -> None:
    """How many draws have no plan, no answer, or one that counts as none."""
    counts = f"{found.impossible} leave no plan (proven), {found.unsettled} were not settled to the gap"
    out.print(f"{found.draws} draws: {counts}.")
    if found.broken:
        message = f"The plans of {found.broken} draws break rules and count as none; see draws.csv"
        err.print(message, style="bold red")


def show_sensitivity(tables: Mapping[str, pd.DataFrame], method: str) -> None:
    """How stable the recommendations are, or which of them one assumption alone overturns, and what moves them."""
    (_show_overturned if method == "tornado" else _show_stability)(
        tables["recommendations"], tables["bodies"]
    )
    first = tables["effects"]
    for output in ("cost_million_yen", "duties_changed"):
        show_frame(first[first["output"] == output], f"What moves {output}", rows=8)


def _show_stability(table: pd.DataFrame, bodies: pd.DataFrame) -> None:
    counts = table["mark"].value_counts()
    said = ", ".join(f"{counts.get(mark, 0)} {mark}" for mark in ("firm", "likely", "open"))
    out.print(f"Of {len(table)} recommended tiers {said}; of {len(bodies)} bodies "
              f"{(bodies['mark'] == 'firm').sum()} firm.")  # fmt: skip
    shaky = table[table["mark"] != "firm"].sort_values("share_of_draws", kind="stable")
    shown = shaky.drop(columns="overturned_by")
    show_frame(shown, "Recommendations that do not stand in at least 95% of the draws", rows=20)


def _show_overturned(table: pd.DataFrame, bodies: pd.DataFrame) -> None:
    turned, gone = (frame[frame["overturned_by"] != ""] for frame in (table, bodies))
    out.print(
        f"Of {len(table)} recommended tiers {len(turned)} are overturned by one assumption alone, "
        f"of {len(bodies)} bodies {len(gone)}. Of several together this says nothing: --method morris does."
    )
    shown = turned[["service", "rule_group", "tier", "rival_tier", "overturned_by"]]
    show_frame(shown, "Recommendations overturned by one assumption at a value", rows=20)
