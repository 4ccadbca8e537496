"""What the estimates make of the numbers of `parameters.csv`: central value, 90% interval and source, by the
registered rules. What they do not reach stays the assumption it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from optimization.archive import written_over
from optimization.case.parameters import ASSUMED, DERIVED, ESTIMATED, SPENDING_RATIO
from optimization.case.sharing import TABLE as PREFERENCES
from optimization.errors import InputError, Problem
from optimization.evidence.candidates import places_of_bodies
from optimization.evidence.estimates import Sheet
from optimization.evidence.registered import registered
from optimization.evidence.regress import half_width
from optimization.evidence.sample import Sample, with_curve
from optimization.geography.distance import straight_km, travel_minutes
from optimization.prepare.other_year import section_of
from optimization.prepare.package import write_datapackage
from optimization.reading.table_file import text_table

COLUMNS = ("parameter", "service", "unit", "low", "central", "high", "mark", "source")
DIGITS = 3
PAGE = "docs/evidence.md"


class Number(NamedTuple):
    """A value with its interval."""

    central: float
    low: float
    high: float


def proposed(sheet: Sheet, sample: Sample) -> pd.DataFrame:
    """Rows for `parameters.csv` (columns `COLUMNS`), marked `estimated` but for ratios of money that are derived from
    what they are ratios of, or lent by other purposes."""
    scale = _scale(sheet, sample)
    money = _money_spent(sheet, sample, {row["service"] for row in scale})
    rows = [*scale, *_travel(sample), *money]
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(["parameter", "service"], ignore_index=True)


def _row(
    parameter: str, service: str, unit: str, number: Number, source: str, mark: str = ESTIMATED
) -> dict[str, Any]:
    low, central, high = (float(f"{v:.{DIGITS}g}") for v in (number.low, number.central, number.high))
    return dict(zip(COLUMNS, (parameter, service, unit, low, central, high, mark, source), strict=True))


def cut(central: float, half: float) -> Number:
    """A number and its interval within the registered bounds."""
    low, high = registered().parameters["bounds"]
    return Number(*(float(np.clip(v, low, high)) for v in (central, central - half, central + half)))


def _usable(sheet: Sheet, name: str) -> bool:
    fit = sheet.fits[name, "a_fixed"]
    return sheet.estimable(name) and fit.n >= registered().parameters["least_municipalities"]


def _scale(sheet: Sheet, sample: Sample) -> list[dict[str, Any]]:
    """Part of the scale slope that comes true: of services with bodies by their members, of others by what their own
    size shows times the part of it that bodies have brought elsewhere."""
    unit, rows = "ratio of the fitted slope", []
    pooled = sheet.pools.get("group_over_own")
    for name, purpose in with_curve(sample).items():
        if not _usable(sheet, name):
            continue
        fit = sheet.fits[name, "a_fixed"]
        for service in purpose.services:
            if service in registered().parameters["directly_known"]:
                continue
            if service in purpose.shared and name not in sheet.few:
                low, high = fit.interval("group_size", sheet.level)
                value, error = float(fit.value["group_size"]), fit.error("group_size")
                source = (
                    f"Estimated: members of today's bodies spend so much of the slope less for the size of their group "
                    f"({value:.2f}, s.e. {error:.2f}; settlements FY2023, {fit.n:,} municipalities, effects of "
                    f"prefectures, held equal: own size, density, ageing, remoteness, income, duties); {PAGE}."
                )
                rows.append(_row("scale_realisation", service, unit, cut(value, (high - low) / 2), source))
            elif pooled is not None:
                own, own_error = float(fit.value["own_size"]), fit.error("own_size")
                part, part_error = pooled.mean, pooled.of_another
                spread = np.sqrt(
                    (own * part_error) ** 2 + (part * own_error) ** 2 + (own_error * part_error) ** 2
                )
                half = half_width(float(spread), sheet.level, pooled.freedom)
                source = (
                    f"Estimated: spending on {name.replace('_', ' ')} falls with the own size by {own:.2f} of the "
                    f"slope (s.e. {own_error:.2f}; settlements FY2023, {fit.n:,} municipalities), of which bodies "
                    f"of fire and waste have brought {part:.2f} (s.e. {part_error:.2f}); that other services do "
                    f"alike is carried in the interval; {PAGE}."
                )
                rows.append(_row("scale_realisation", service, unit, cut(own * part, half), source))
    return rows


def _money_spent(sheet: Sheet, sample: Sample, estimated: set[str]) -> list[dict[str, Any]]:
    """What a yen saved of the norm is in money spent, of every service with a part of the slope that comes true: 1
    where that part was measured in money (services of `estimated`, and those registered), else what spending on its
    purpose shows of the slope of need, or spending on all purposes."""
    measured = {s: why for why, services in registered().money_spent["measured"].items() for s in services}
    purpose_of = {s: name for name, purpose in with_curve(sample).items() for s in purpose.services}
    pooled, rows = sheet.pools.get("own_size"), []
    table = sample.case.parameters.table
    for service in table.loc[table["parameter"] == "scale_realisation", "service"]:
        name = purpose_of.get(service, "")
        if service in estimated or service in measured:
            why = measured.get(service, "it is a coefficient of spending on the curve of need")
            source = f"Nothing is taken off twice: scale_realisation is of money already, for {why}; {PAGE}."
            number, mark = Number(1.0, 1.0, 1.0), DERIVED
        elif name and _usable(sheet, name):
            fit = sheet.fits[name, "a_fixed"]
            low, high = fit.interval("own_size", sheet.level)
            number, mark = Number(float(fit.value["own_size"]), low, high), ESTIMATED
            source = (
                f"Estimated: spending on {name.replace('_', ' ')} falls with size by {number.central:.2f} of the slope "
                f"of need (s.e. {fit.error('own_size'):.2f}; settlements FY2023, {fit.n:,} municipalities); {PAGE}."
            )
        elif pooled is not None:
            low, high = pooled.foretold(sheet.level)
            number, mark = Number(pooled.mean, low, high), ASSUMED
            source = (
                f"Lent: no spending on the service is estimated; what {pooled.count} purposes of municipal spending "
                f"show of the slope of need, with the interval of a purpose not among them; {PAGE}."
            )
        else:
            continue
        rows.append(_row(SPENDING_RATIO, service, "ratio of the saving of the norm", number, source, mark))
    return rows


def _travel(sample: Sample) -> list[dict[str, Any]]:
    """Longest way to a seat: the quantile that members of today's bodies keep, prefectures drawn with replacement."""
    rule, case = registered().parameters, sample.case
    km = straight_km(case.municipalities)
    people = case.municipalities["population_persons"].to_numpy(float)
    rows = []
    whole = {function for purpose in registered().purposes.values() for function in purpose.whole}
    for function, service in rule["travel_functions"].items():
        if function not in whole:
            continue
        place = places_of_bodies(case, function)
        seat = place.groupby(level=0).transform(lambda members: members.iloc[people[members].argmax()])
        goes = place.to_numpy() != seat.to_numpy()
        minutes = travel_minutes(km[place[goes], seat[goes]], case)
        home = case.municipalities["prefecture_code"].to_numpy()[place[goes]]
        if len(set(home)) < registered().weak["fewest_prefectures"]:
            continue
        number = drawn_quantile(minutes, home)
        source = (
            f"Estimated: the way that 19 of 20 members of today's {function.replace('_', ' ')} bodies "
            f"({len(set(place.index)):,}, inferred) keep to their largest member; interval by drawing prefectures "
            f"anew; {PAGE}."
        )
        rows.append(
            _row("max_travel_minutes", service, "minutes to the seat of a wide-area body", number, source)
        )
    return rows


def drawn_quantile(values: np.ndarray, groups: np.ndarray) -> Number:
    """The registered quantile of values, its interval by drawing whole groups with replacement; seeded."""
    rule = registered().parameters
    generator = np.random.default_rng(registered().split["seed"])
    of_group = [values[groups == g] for g in sorted(set(groups))]
    tail = (1 - registered().level) / 2
    found = [
        np.quantile(np.concatenate([of_group[k] for k in generator.integers(0, len(of_group), len(of_group))]),
                    rule["travel_quantile"])
        for _ in range(rule["draws"])
    ]  # fmt: skip
    low, high = np.quantile(found, [tail, 1 - tail])
    return Number(float(np.quantile(values, rule["travel_quantile"])), float(low), float(high))


def written_into(case_folder: Path, rows: pd.DataFrame, preferences: pd.DataFrame | None = None) -> int:
    """Put the rows in the place of those of the case's parameters.csv, `preferences` into its table of that name, and
    tell its datapackage; returns how many were assumptions before. Ratios of money, which a case may lack, are added to
    it. `InputError` where the case lacks another row, before anything is written."""
    file = case_folder / "parameters.csv"
    table = text_table(file).fillna("")
    known = set(zip(table["parameter"], table["service"], strict=True))
    new = [
        pair[0] == SPENDING_RATIO and pair not in known
        for pair in zip(rows["parameter"], rows["service"], strict=True)
    ]
    table = pd.concat([table, rows.loc[new, list(COLUMNS)].map(_text)], ignore_index=True)
    keys = pd.MultiIndex.from_frame(table[["parameter", "service"]])
    wanted = pd.MultiIndex.from_frame(rows[["parameter", "service"]])
    lacking = wanted.difference(keys)
    if len(lacking):
        raise InputError(
            [
                Problem(
                    str(file),
                    "has no row for an estimate",
                    "add the row, or estimate without --write",
                    str(s),
                    p,
                )
                for p, s in lacking
            ]
        )
    place = keys.get_indexer(wanted)
    were = int(
        ((table["mark"].iloc[place] == ASSUMED).to_numpy() & (rows["mark"] != ASSUMED).to_numpy()).sum()
    )
    for column in COLUMNS:
        table.iloc[place, table.columns.get_loc(column)] = [_text(v) for v in rows[column]]
    written_over(file, table.to_csv(index=False, lineterminator="\n"))
    if preferences is not None:
        text = preferences.to_csv(index=False, lineterminator="\n")
        written_over(case_folder / f"{PREFERENCES}.csv", text)
    if (case_folder / "datapackage.json").is_file():
        write_datapackage(case_folder, section=section_of(case_folder / "README.md"))
    return were


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
