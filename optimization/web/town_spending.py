"""What a municipality spent by purpose beside what is recognised as needed and what the model reckons, per resident."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from optimization.case.spending import (
    counterparts,
    needed_by_purpose,
    of_services,
    purposes,
    spent_by_purpose,
    year_of_spending,
)
from optimization.dictionary.tiers import MUNICIPALITY
from optimization.reading.units import MILLION_IN_YEN
from optimization.report.language import shown
from optimization.web.cases import Finished
from optimization.web.language import Voice
from optimization.web.towns import Town

SPENT, GENERAL = "total_million_yen", "general_funds_million_yen"
MODELLED = ("cost_today_standard_million_yen", "standard_million_yen")
"""Columns of the table of provision: gross standard cost of today's arrangement and of the package's."""


@dataclass(frozen=True)
class Outlay:
    """A purpose, yen per resident: spent, of it from general funds, needed, modelled today and under the package; a
    dash where nothing stands beside it."""

    purpose: str
    spent: str
    general: str
    needed: str
    modelled_today: str
    modelled: str


@dataclass(frozen=True)
class Outlays:
    """The purposes that a municipality spends on or is held to need, all of them last, and the year of the spending."""

    year: int
    rows: tuple[Outlay, ...]


def outlays(run: Finished, town: Town, voice: Voice) -> Outlays | None:
    """The spending of a municipality of a run; None where the case does not tell it."""
    case = run.case
    spent = spent_by_purpose(case)
    if town.code not in spent.index.get_level_values("code"):
        return None
    beside = counterparts(case, MUNICIPALITY)
    provision = run.tables["provision"]
    own = provision[provision["code"] == town.code].set_index("service")[list(MODELLED)].T
    # a service of which the town has nothing stands in no row
    costs = own.reindex(columns=[s for of in beside.values() for s in of.services], fill_value=0.0)
    modelled = of_services(costs, beside).T
    table = pd.DataFrame(index=purposes())
    table[[SPENT, GENERAL]] = spent.loc[town.code][[SPENT, GENERAL]]
    table["needed"] = needed_by_purpose(case, MUNICIPALITY).loc[town.code]
    table[list(MODELLED)] = modelled
    table[[SPENT, GENERAL]] = table[[SPENT, GENERAL]].fillna(0.0)
    table = table[(table.fillna(0.0) != 0.0).any(axis=1)]
    per_head = table * MILLION_IN_YEN / float(case.municipalities.at[town.code, "population_persons"])
    rows = [_row(voice.word(str(name)), figures, voice) for name, figures in per_head.iterrows()]
    return Outlays(year_of_spending(case), (*rows, _row(voice("all_purposes"), per_head.sum(), voice)))


def _row(label: str, figures: pd.Series, voice: Voice) -> Outlay:
    return Outlay(label, *(shown(float(value), voice.yen) for value in figures))
