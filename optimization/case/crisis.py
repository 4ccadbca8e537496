"""Crises a case knows: scenarios with their annual probability, and whom each of them strikes.

Scenarios exclude each other within a year. Their probability and severity join the table of parameters
(`scenario.annual_probability`, `scenario.severity`), so that packages and sensitivity analysis reach them
like every other assumption.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from optimization.errors import Problem

INFECTION, EARTHQUAKE, FLOOD = CRISIS_TYPES = ("infection", "earthquake", "flood")
PROBABILITY, SEVERITY = "annual_probability", "severity"
WHOLE_NATION = "00"
SHARES = ("exposed_share", "capacity_lost_share")


@dataclass(frozen=True)
class CrisisTables:
    """`scenarios` (index scenario, sorted): crisis_type, label_en, label_ja. `exposed` and `lost` (code x
    scenario): share of residents struck, share of normal capacity lost; 0 where a scenario does not strike."""

    scenarios: pd.DataFrame
    exposed: pd.DataFrame
    lost: pd.DataFrame

    def restrict(self, codes: pd.Index) -> CrisisTables:
        """The scenarios as they strike some municipalities, by code."""
        return replace(self, exposed=self.exposed.loc[codes], lost=self.lost.loc[codes])


NO_CRISES = CrisisTables(pd.DataFrame({"crisis_type": []}, dtype=object), pd.DataFrame(), pd.DataFrame())


def crisis_tables(tables: Mapping[str, pd.DataFrame]) -> CrisisTables:
    """Scenarios and exposure of every municipality; the tables have passed `crisis_problems`."""
    scenarios = tables["crisis_scenarios"].set_index("scenario").sort_index()
    codes = pd.Index(sorted(tables["municipalities"]["code"]), name="code")
    exposed, lost = (_by_code(tables["crisis_exposure"], column, codes, scenarios.index) for column in SHARES)
    return CrisisTables(scenarios[["crisis_type", "label_en", "label_ja"]], exposed, lost)


def _by_code(exposure: pd.DataFrame, column: str, codes: pd.Index, scenarios: pd.Index) -> pd.DataFrame:
    """A share by code and scenario: the municipality's own row, else its prefecture's, else the nation's."""
    given = exposure.pivot(index="area", columns="scenario", values=column).reindex(columns=scenarios)
    own = given.reindex(codes)
    wider = (given.reindex(codes.str[:2]), given.reindex([WHOLE_NATION] * len(codes)))
    for frame in wider:
        own = own.fillna(frame.set_axis(codes))
    return own.astype(float).fillna(0.0)


def crisis_parameters(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Probability and severity of every scenario as rows of the table of parameters."""
    rows = []
    for row in tables["crisis_scenarios"].sort_values("scenario").itertuples():
        same = {"service": row.scenario, "source": row.source}
        probability = (row.probability_low, row.probability_central, row.probability_high)
        severity = (row.severity_low, 1.0, row.severity_high)
        for name, unit, values, mark in (
            (PROBABILITY, "per year", probability, row.mark),
            (SEVERITY, "ratio", severity, "assumption"),
        ):
            numbers = dict(zip(("low", "central", "high"), values, strict=True))
            rows.append({"parameter": name, "unit": unit, "mark": mark, **same, **numbers})
    return pd.DataFrame(rows, columns=tables["parameters"].columns)


def crisis_problems(tables: Mapping[str, pd.DataFrame]) -> Iterator[Problem]:
    """Ranges are in order, probabilities of exclusive scenarios sum to 1 at most, names and areas are known."""
    table, services = tables["crisis_scenarios"], set(tables["services"]["service"])
    for row in table.itertuples():
        values = (row.probability_low, row.probability_central, row.probability_high)
        for columns, (low, central, high) in (
            ("probability_low, probability_central, probability_high", values),
            ("severity_low, severity_high", (row.severity_low, 1.0, row.severity_high)),
        ):
            if not low <= central <= high:
                found = f"{low:g}, {central:g}, {high:g}"
                message, remedy = "the range is not in order", "want low <= central <= high (severity: 1)"
                yield Problem("crisis_scenarios", message, remedy, row.scenario, columns, found)
        if row.scenario in services:
            message, remedy = "is the name of a service too", "name the scenario otherwise"
            yield Problem("crisis_scenarios", message, remedy, row.scenario, "scenario", row.scenario)
    if (total := float(table["probability_central"].astype(float).sum())) > 1.0:
        message = f"the probabilities sum to {total:g}; scenarios exclude each other within a year"
        yield Problem("crisis_scenarios", message, "lower them to 1 in all", column="probability_central")
    yield from _areas(tables)


def _areas(tables: Mapping[str, pd.DataFrame]) -> Iterator[Problem]:
    """Every area is the nation's, a prefecture's or a municipality's."""
    known = {WHOLE_NATION, *tables["prefectures"]["prefecture_code"], *tables["municipalities"]["code"]}
    for row in tables["crisis_exposure"].itertuples():
        if row.area not in known:
            message = "is no prefecture and no municipality of the case"
            remedy = "write 00, a code of prefectures.csv or one of municipalities.csv"
            yield Problem("crisis_exposure", message, remedy, f"{row.scenario}/{row.area}", "area", row.area)
