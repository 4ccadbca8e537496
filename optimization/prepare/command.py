"""What `solve.py prepare` does, as plain functions that return the lines to print."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import pandas as pd

from optimization.errors import InputError, Problem, raise_if_any
from optimization.prepare import city_teachers, finance_tables, places, today
from optimization.prepare.allocation_tax import INITIAL, Tier, read_allocation_tax, tables_of
from optimization.prepare.identities import NEED, REVENUE
from optimization.prepare.other_year import Taken, section_of, taken_from
from optimization.prepare.package import write_datapackage
from optimization.prepare.population_tables import register_year
from optimization.prepare.renumbered import recoded
from optimization.prepare.tables import read_tables
from optimization.prepare.writing import drafted, write_tables
from optimization.reading.japan import JOINT_MUNICIPALITY, JOINT_PREFECTURE
from optimization.reading.table_file import text_table
from optimization.reading.units import BILLION_IN_THOUSAND

OWNERS = (("municipal", "municipalities", "code"), ("prefectural", "prefectures", "prefecture_code"))
Read = tuple[dict[str, pd.DataFrame], list[str]]


def run(
    allocation_tax: Path | None,
    tables: Path | None,
    indicators: Path | None,
    year: int,
    out: Path,
    readings: Path | None = None,
    vintage: str = INITIAL,
    base: Path | None = None,
    settlement: Path | None = None,
) -> list[str]:
    """Prepare the given folders into the case folder `out`; returns the totals checked, one a line, and notices of
    what the registry does not list.

    Sources not given leave their tables in `out` as they are; with a case `base`, tables that are in neither are taken
    from it, so that a new folder becomes a whole case of the year. Raises `InputError` with the faults of
    all sources; nothing has been written then.
    """
    given = {"allocation_tax": allocation_tax, "tables": tables, "indicators": indicators}
    raise_if_any(_check_folders(given | {"settlement": settlement}, readings))
    frames, lines, problems = dict[str, pd.DataFrame](), list[str](), list[Problem]()
    tiers: list[Tier] = []
    for name, folder in given.items():
        if folder is None:
            continue
        try:
            if name == "allocation_tax":
                tiers = read_allocation_tax(folder, year, vintage)
                continue
            found, said = READERS[name](folder, year)
            frames |= found
            lines += said
        except InputError as fault:
            problems += fault.problems
    raise_if_any(problems)
    tiers = [recoded(tier, _names(tier, frames, out, base)) for tier in tiers]
    frames |= tables_of(tiers) if tiers else {}
    if any(tier.tier == "municipal" for tier in tiers) and (people := _people(frames, out, base)) is not None:
        frames |= city_teachers.parted(frames, people, year)
    lines = [line for tier in tiers for line in describe_tier(tier, year)] + lines
    lines += [f"notice: {notice}" for tier in tiers for notice in tier.notices]
    if readings is not None:
        people = _of_case(("municipalities",), frames, out)["municipalities"]
        frames["readings"] = places.readings(readings, people)
        lines.append(f"readings.csv: {len(frames['readings']):,} rows")
    taken = Taken()
    if base is not None and allocation_tax is not None:
        notes = [note for tier in tiers for note in tier.decisions]
        taken = taken_from(base, frames, out, year, notes)
        frames |= taken.frames
        lines += taken.lines
    if settlement is not None:
        found, said = today.read_today(settlement, year, _of_case(today.NEEDED, frames, out))
        frames |= found
        lines += said
    raise_if_any(crosscheck(frames, out))
    with drafted(out) as folder:
        write_tables(frames, folder)
        section = taken.section or section_of(out / "README.md")
        package = write_datapackage(folder, out.resolve().name, section=section)
    return [*lines, f"datapackage.json: {len(package['resources'])} tables described"]


def _check_folders(given: dict[str, Path | None], readings: Path | None) -> list[Problem]:
    if not any(given.values()) and readings is None:
        return [Problem("prepare", "no source was given", "name a folder of workbooks or tables")]
    return [
        Problem(str(path), "no such folder", f"give the folder of {name}")
        for name, path in given.items()
        if path is not None and not path.is_dir()
    ]


def _of_case(names: Iterable[str], frames: dict[str, pd.DataFrame], out: Path) -> dict[str, pd.DataFrame]:
    """Tables just read, else those of the case as text."""
    wanted = [name for name in names if name not in frames]
    remedy = "give --tables as well"
    raise_if_any(
        [
            Problem(str(out / f"{name}.csv"), "is missing, and what is prepared rests on it", remedy)
            for name in wanted
            if not (out / f"{name}.csv").is_file()
        ]
    )
    of_out = {name: text_table(out / f"{name}.csv") for name in wanted}
    return of_out | {name: frames[name] for name in names if name in frames}


def _people(frames: dict[str, pd.DataFrame], out: Path, base: Path | None) -> pd.DataFrame | None:
    """The municipalities just read, of the case, or of the one the rest is taken from; None where none has them."""
    if "municipalities" in frames:
        return frames["municipalities"]
    files = [folder / "municipalities.csv" for folder in (out, base) if folder is not None]
    return next((text_table(file) for file in files if file.is_file()), None)


def _names(tier: Tier, frames: dict[str, pd.DataFrame], out: Path, base: Path | None) -> dict[str, str]:
    """Names of the municipalities (or prefectures) by the codes of the case the tier is for; its own where none is."""
    owner, key = next((owner, key) for name, owner, key in OWNERS if name == tier.tier)
    folders = [folder for folder in (out, base) if folder is not None and (folder / f"{owner}.csv").is_file()]
    if owner not in frames and not folders:
        return {code: name for code, (_, name) in zip(tier.need.codes, tier.need.names, strict=True)}
    table = frames[owner] if owner in frames else text_table(folders[0] / f"{owner}.csv")
    return dict(zip(table[key], table["name_ja"], strict=True))


def _read_tables(folder: Path, year: int) -> Read:
    frames = read_tables(folder, year)
    people = frames["municipalities"]
    persons, households = people["population_persons"].sum(), people["households"].sum()
    projected = frames["projections"].groupby("year")["population_persons"].sum()
    lines = [
        f"register of {register_year(folder)}: {persons:,} persons, {households:,} households",
        *(f"projection {when}: {total:,} persons" for when, total in projected.iloc[[0, -1]].items()),
    ]
    return frames, lines + [f"{name}.csv: {len(frame):,} rows" for name, frame in frames.items()]


def _read_indicators(folder: Path, _year: int) -> Read:
    frame = finance_tables.indicators(folder)
    years = f"FY{frame['fiscal_year'].min()}-{frame['fiscal_year'].max()}"
    return {"indicators": frame}, [f"indicators.csv: {len(frame):,} rows, {years}"]


READERS: dict[str, Callable[[Path, int], Read]] = {
    "tables": _read_tables,
    "indicators": _read_indicators,
}


def describe_tier(tier: Tier, year: int) -> list[str]:
    """Checked totals of one tier in billion yen, without Tokyo or the joint wards: they settle together."""
    apart = JOINT_PREFECTURE if tier.tier == "prefectural" else JOINT_MUNICIPALITY
    need = dict(zip(tier.need.codes, tier.need.values[NEED], strict=True))
    revenue = dict(zip(tier.revenue.codes, tier.revenue.values[REVENUE], strict=True))
    codes = [code for code in need if code != apart]
    gaps = [need[code] - revenue[code] for code in codes]
    figures = {
        "need after transfer": sum(need[code] for code in codes),
        "standard revenue": sum(revenue[code] for code in codes),
        "shortfall": sum(gap for gap in gaps if gap > 0),
        "surplus": -sum(gap for gap in gaps if gap < 0),
        "ordinary allocation": sum(tier.result.allocation[code] for code in codes),
    }
    lines = [
        f"FY{year} {tier.tier} ({len(codes):,} without {apart}), {name}: {value / BILLION_IN_THOUSAND:,.1f} billion yen"
        for name, value in figures.items()
    ]
    other = sum(not tier.receives[code] for code in codes)
    return [
        *lines,
        f"FY{year} {tier.tier}, not receiving: {other} (and {apart})",
        f"FY{year} {tier.tier}, {_describe_fit(need, revenue, tier.result.allocation)}",
    ]


def _describe_fit(need: dict[str, int], revenue: dict[str, int], paid: dict[str, int]) -> str:
    """How well (need - revenue) - rate x need gives the amounts paid, the rate being the median fit."""
    gaps = {code: need[code] - revenue[code] for code in need if need[code] > revenue[code]}
    rate = median((gap - paid[code]) / need[code] for code, gap in gaps.items())
    left = sum(abs(gap - rate * need[code] - paid[code]) for code, gap in gaps.items())
    share = left / sum(paid.values())
    return f"fitted adjustment rate: {rate:.6f}, residuals {share:.2%} of the allocation"


def crosscheck(frames: dict[str, pd.DataFrame], out: Path) -> list[Problem]:
    """Faults where codes of the new tables differ from the case's municipalities and prefectures.

    A table not among `frames` is taken from `out`; what stands in neither is not compared.
    """
    problems = []
    for tier, owner, key in OWNERS:
        known = _codes(frames, out, owner, key)
        for name in ("need", "debt_service", "revenue", "allocation"):
            held = _codes(frames, out, f"{tier}_{name}", key)
            if known is not None and held is not None:
                problems += [
                    Problem(
                        f"{tier}_{name}.csv",
                        f"its codes differ from {owner}.csv",
                        "prepare both for one year",
                        row=code,
                    )
                    for code in sorted(held ^ known)
                ]
    return problems


def _codes(frames: dict[str, pd.DataFrame], out: Path, name: str, key: str) -> set[str] | None:
    path = out / f"{name}.csv"
    if name not in frames and not path.is_file():
        return None
    return set(frames[name][key] if name in frames else text_table(path)[key])
