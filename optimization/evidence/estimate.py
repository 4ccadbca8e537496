"""All estimates of a case, from reading it to the tables of the command `estimate`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimization.case.case import Case
from optimization.evidence.bodies import modelled_sharing
from optimization.evidence.estimates import estimate_spending
from optimization.evidence.objections import objections
from optimization.evidence.panels import back_test, estimate_need, estimate_spent
from optimization.evidence.parameters import proposed
from optimization.evidence.registered import registered
from optimization.evidence.sample import sample_of
from optimization.evidence.sharing import held_out_sharing, preferences_of_the_case


@dataclass(frozen=True)
class Evidence:
    """Tables by name, the rows that the estimates make of parameters.csv, and the case's table of preferences."""

    tables: dict[str, pd.DataFrame]
    parameters: pd.DataFrame
    sharing_preferences: pd.DataFrame


def estimate(case: Case, history: Path | None, processes: int = 1) -> Evidence:
    """Every registered specification on a case, some of it on several processes; the panel of need only where a folder
    of all years is given."""
    sample = sample_of(case)
    sheet = estimate_spending(sample)
    sharing = held_out_sharing(case, processes)
    modelled, fitted = modelled_sharing(case, sharing, processes)
    preferences = preferences_of_the_case(fitted)
    further = {
        "sharing": sharing.rows,
        "modelled_sharing": modelled,
        "preferences": sharing.preferences,
        "objections": objections(case, sharing, processes),
        "sharing_preferences": preferences,
    }
    if history is not None:
        estimate_need(sheet, sample, history)
        further["backtest"] = back_test(sample, history)
    if (case.path / "settlements.csv").is_file() and (case.path / "population_history.csv").is_file():
        estimate_spent(sheet, sample)
    parameters = proposed(sheet, sample)
    deviations = pd.DataFrame(registered().deviations)
    tables = {**sheet.tables(), **further, "deviations": deviations, "parameters": parameters}
    return Evidence(tables, parameters, preferences)
