"""Who gains and who loses: leeway of places, what both tiers that serve a municipality have left for each resident."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimization.outcome.place_table import RESIDENT
from optimization.report.language import Speaker
from optimization.report.view import RunView

QUANTILES = (0.0, 0.1, 0.5, 0.9, 1.0)
ENDS = 8
"""Places named at each end of the list."""


@dataclass(frozen=True)
class Spread:
    """Change of leeway within a group of places, yen per resident, at `QUANTILES`; how many gain and lose, and in how
    many the municipality receives allocation, today and under the package."""

    name: str
    count: int
    gain: int
    lose: int
    receiving_today: int
    receiving: int
    at: tuple[float, ...]


def changes(run: RunView) -> pd.DataFrame:
    """The table of places by code with `change` of leeway in yen per resident, and whether the municipality receives
    allocation, today and under the package."""
    table = run.places
    own = run.governments.loc[table["municipal_government"]]
    return table.assign(
        change=table[f"change{RESIDENT}"],
        receiving_today=own["receiving_today"].to_numpy(),
        receiving=own["receiving"].to_numpy(),
    )


def by_class(run: RunView, say: Speaker) -> list[Spread]:
    """The spread within every class of municipality, the largest first."""
    table = changes(run)
    order = table.groupby("class")["population_persons"].mean().sort_values(ascending=False).index
    return [_spread(say.word(name), table[table["class"] == name]) for name in order]


def by_prefecture(run: RunView, say: Speaker) -> list[Spread]:
    """The spread among the places of every prefecture, by code."""
    return [
        _spread(run.prefecture(str(code), say), rows)
        for code, rows in changes(run).groupby("prefecture_code")
        if code in run.case.prefectures.index
    ]


def _spread(name: str, rows: pd.DataFrame) -> Spread:
    at = np.quantile(rows["change"], QUANTILES)
    return Spread(
        name,
        len(rows),
        int((rows["gains"] > 0).sum()),
        int((rows["gains"] < 0).sum()),
        int(rows["receiving_today"].sum()),
        int(rows["receiving"].sum()),
        tuple(float(value) for value in at),
    )


@dataclass(frozen=True)
class Scale:
    """Yen per resident on a strip from 0 to 100 per cent of its width; extremes are cut to the strip's ends."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Place of a value, per cent from the left."""
        return round(float(np.clip((value - self.low) / (self.high - self.low), 0.0, 1.0)) * 100.0, 2)


def strip(spreads: list[Spread]) -> Scale:
    """A strip wide enough for nine tenths of all groups' tenths, zero always on it."""
    low = min([0.0, *(s.at[1] for s in spreads)])
    high = max([0.0, float(np.quantile([s.at[3] for s in spreads], 0.9))])
    room = 0.05 * (high - low) or 1.0
    return Scale(low - room, high + room)


def losers(run: RunView) -> pd.DataFrame:
    """Places whose leeway falls, the hardest hit first."""
    table = changes(run)
    return table[table["gains"] < 0].sort_values("change", kind="stable")


def ends(run: RunView) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The places with the largest fall and the largest rise of leeway."""
    table = changes(run).sort_values("change", kind="stable")
    return table.head(ENDS), table.tail(ENDS)[::-1]
