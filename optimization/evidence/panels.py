"""Need and spending of the same municipalities over years: what growing or shrinking did to money per head.

The effect of a municipality takes out all that stays as it is (geography, distance, duties), that of a year what befell
all. What is left is small: residents change by some percent in six years, and the law softens a sudden fall.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from optimization.case.history import load_history
from optimization.evidence.estimates import Sheet
from optimization.evidence.registered import registered
from optimization.evidence.regress import fixed_effects, within
from optimization.evidence.sample import Sample, per_head, with_curve
from optimization.reading.table_file import number_table, text_table

NEED, SPENT = "d_need", "d_spent"
CENSUS_OF = {2016: 2015, 2018: 2015, 2020: 2015, 2021: 2020, 2022: 2020}
"""Census whose residents a fiscal year's need counts."""

SETTLED = {"welfare": "welfare", "public_works": "public_works", "education": "education"}
REGISTERS = (2015, 2022)
"""Registers of residents between which those of other years are interpolated."""

LEAST_YEARS = 3
"""Years below which a panel is none: items that came late have two."""

ROUNDS = 60


def two_ways(table: pd.DataFrame) -> pd.DataFrame:
    """Columns y and x (index: code, year) less the means of municipality and year, by turns until both are nought."""
    code, year = (pd.Series(table.index.get_level_values(k), table.index) for k in (0, 1))
    for _ in range(ROUNDS):
        table = within(within(table, code), year)
    return table


def _need_of(history: Path, years: list[int]) -> pd.DataFrame:
    """Municipal need of some years, thousand yen: index code and fiscal_year, a column an item."""
    need = load_history(history, years=years)
    need = need[(need["tier"] == "municipal") & (need["table"] == "need")]
    return need.pivot_table(
        index=["code", "fiscal_year"], columns="item", values="thousand_yen", observed=True
    )


def _of_service(wide: pd.DataFrame, sample: Sample, service: str) -> pd.DataFrame:
    """Need of a service, thousand yen: rows as the sample's, a column a year."""
    items = sample.case.services.at[service, "need_items"].split("+")
    money = wide[[item for item in items if item in wide]].sum(axis=1)
    return money.unstack("fiscal_year").reindex(sample.places.index)


def estimate_need(sheet: Sheet, sample: Sample, history: Path) -> None:
    """Specification (d) on need: the part of each curve's slope that a service's need showed over the years."""
    wide = _need_of(history, list(CENSUS_OF))
    people = number_table(sample.case.path / "population_history.csv", "code").loc[sample.places.index]
    grown = {y: people[f"census_{c}_persons"] / sample.places["residents"] for y, c in CENSUS_OF.items()}
    for name, purpose in with_curve(sample).items():
        for service in purpose.services:
            money = _of_service(wide, sample, service)
            columns = {
                year: (per_head(money[year], grown[year] * sample.places["residents"]),
                       sample.own_size((service,), grown[year]))
                for year in money.columns[(money > 0).any()]
            }  # fmt: skip
            _panel(sheet, sample, columns, NEED, purpose=name, service=service, outcome="need")


def back_test(sample: Sample, history: Path) -> pd.DataFrame:
    """The need of the registered later year from that of the earlier one, in held-out prefectures: moved along the
    service's curve by the change of residents and grown as in the training prefectures, beside grown alone. Median
    absolute errors by service over all draws; money per head in both."""
    first, last = (int(registered().backtest[name]) for name in ("from_year", "to_year"))
    wide = _need_of(history, [first, last])
    people = number_table(sample.case.path / "population_history.csv", "code").loc[sample.places.index]
    before, after = (people[f"census_{CENSUS_OF[year]}_persons"].astype(float) for year in (first, last))
    rows = []
    for service in (s for purpose in with_curve(sample).values() for s in purpose.services):
        money = _of_service(wide, sample, service)
        head = per_head(money[last], after) - per_head(money[first], before)
        curve = sample.own_size((service,), after / sample.places["residents"])
        curve = curve - sample.own_size((service,), before / sample.places["residents"])
        seen = head.replace([np.inf, -np.inf], np.nan).notna()
        if not seen.any():
            continue
        errors: dict[str, list[pd.Series]] = {"along": [], "grown": []}
        for outside in registered().draws:
            held = sample.groups.isin(list(outside))
            for name, moved in (("along", curve), ("grown", 0.0 * curve)):
                left = (head - moved)[seen]
                errors[name].append((left[held] - left[~held].mean()).abs())
        along, grown = (float(np.expm1(np.median(pd.concat(errors[name])))) for name in errors)
        row = {"service": service, "municipalities": int(seen.sum()), "median_abs_error": along}
        rows.append({**row, "median_abs_error_without_size": grown})
    return pd.DataFrame(rows)


def estimate_spent(sheet: Sheet, sample: Sample) -> None:
    """Specification (d) on what settlements say was spent, for the purposes of which every year tells."""
    folder = sample.case.path
    settled = text_table(folder / "settlements.csv").set_index("code")
    settled = settled.apply(pd.to_numeric, errors="coerce").set_index("fiscal_year", append=True)
    people = number_table(folder / "population_history.csv", "code").loc[sample.places.index]
    first, last = REGISTERS
    start, end = people[f"register_{first}_persons"], people["register_persons"]
    years = [y for y in settled.index.get_level_values(1).unique() if first <= y <= last]
    grown = {y: (start + (end - start) * (y - first) / (last - first)) / end for y in years}
    purposes = with_curve(sample)
    for column, name in SETTLED.items():
        if name not in purposes:
            continue
        money = settled[f"exp_{column}_thousand_yen"].unstack("fiscal_year").reindex(sample.places.index)
        services = purposes[name].services
        columns = {
            y: (
                per_head(money[y], grown[y] * sample.places["residents"]),
                sample.own_size(services, grown[y]),
            )
            for y in years
        }
        _panel(
            sheet,
            sample,
            columns,
            SPENT,
            purpose=name,
            service="+".join(services),
            outcome="spent with construction",
        )


def _panel(
    sheet: Sheet,
    sample: Sample,
    columns: dict[int, tuple[pd.Series, pd.Series]],
    specification: str,
    **about: str,
) -> None:
    frame = pd.concat(
        {year: pd.DataFrame({"y": y, "x": x}) for year, (y, x) in columns.items()}, names=["year", "code"]
    )
    frame = frame.reorder_levels(["code", "year"]).sort_index().replace([np.inf, -np.inf], np.nan)
    whole = frame.notna().all(axis=1).groupby(level="code").transform("all")
    frame = frame[whole]
    if frame.index.get_level_values("year").nunique() < LEAST_YEARS:
        return
    code = frame.index.get_level_values("code")
    inner = two_ways(frame).reset_index(drop=True)
    home = pd.Series(sample.groups.reindex(code).to_numpy(), inner.index)
    alike = pd.Series(0, inner.index)
    fit = fixed_effects(inner["y"], inner[["x"]].rename(columns={"x": "own_size"}), alike, home)
    spread = float(inner["x"].std())
    note = f"{code.nunique()} municipalities; own size moved by {spread:.1%} about its means"
    sheet.add(fit, "own_size", specification, note=note, **about)
