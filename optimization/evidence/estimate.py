"""All estimates of a case, from reading it to the tables of the command `estimate`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimization.case.case import Case
from optimization.evidence.estimates import estimate_spending
from optimization.evidence.panels import back_test, estimate_need, estimate_spent
from optimization.evidence.parameters import proposed
from optimization.evidence.registered import registered
from optimization.evidence.sample import sample_of
from optimization.evidence.sharing import held_out_sharing


@dataclass(frozen=True)
class Evidence:
    """Tables by name, and the rows that the estimates make of parameters.csv."""

    tables: dict[str, pd.DataFrame]
    parameters: pd.DataFrame


def estimate(case: Case, history: Path | None) -> Evidence:
    """Every registered specification on a case; the panel of need only where a folder of all years is given."""
    sample = sample_of(case)
    sheet = estimate_spending(sample)
    further = dict(zip(("sharing", "preferences"), held_out_sharing(case), strict=True))
    if history is not None:
        estimate_need(sheet, sample, history)
        further["backtest"] = back_test(sample, history)
    if (case.path / "settlements.csv").is_file() and (case.path / "population_history.csv").is_file():
        estimate_spent(sheet, sample)
    parameters = proposed(sheet, sample)
    deviations = pd.DataFrame(registered().deviations)
    return Evidence(
        {**sheet.tables(), **further, "deviations": deviations, "parameters": parameters}, parameters
    )
