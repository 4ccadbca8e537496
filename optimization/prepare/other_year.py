"""What a case of one year takes from the case of another: people, places, services, parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from optimization.dictionary.tables import load_tables
from optimization.prepare.identities import NEED, REVENUE
from optimization.prepare.items import MONEY_SUFFIX
from optimization.prepare.rate import fitted_rate
from optimization.reading.japan import JOINT_MUNICIPALITY, JOINT_PREFECTURE
from optimization.reading.table_file import text_table

TIERS = {"municipal": ("code", JOINT_MUNICIPALITY), "prefectural": ("prefecture_code", JOINT_PREFECTURE)}
HOME = {"municipality": "municipal_need", "prefecture": "prefectural_need"}
BY_SERVICE = ("services", "allowed_tiers", "parameters", "sharing_preferences")
"""Tables whose rows belong to services."""

HEADING = "## Taken from another year"
Frames = Mapping[str, pd.DataFrame]


@dataclass
class Taken:
    """Tables taken over and what there is to say of them; `section` stands in the case's README."""

    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    section: str = ""


def taken_from(base: Path, frames: Frames, out: Path, year: int, notes: Sequence[str] = ()) -> Taken:
    """Every table of the case `base` that was neither just read (`frames`) nor stands in `out`.

    Services whose need items the year's sheets do not hold are left out; the national figures get the year and the
    adjustment rate that its amounts show, and say which years people and debt ratios are of. `notes` stand in the
    README beside.
    """
    names = [name for name in sorted(load_tables()) if (base / f"{name}.csv").is_file()]
    missing = [name for name in names if name not in frames and not (out / f"{name}.csv").is_file()]
    if not missing:
        return Taken()
    taken = Taken({name: text_table(base / f"{name}.csv") for name in missing})
    whole: dict[str, pd.DataFrame] = {**taken.frames, **frames}
    gone = _services_without_items(whole) if "services" in missing else []
    for name in BY_SERVICE:
        if name in missing:
            rows = taken.frames[name]
            taken.frames[name] = rows[~rows["service"].isin(gone)]
    if "bundles" in missing:
        pairs = taken.frames["bundles"]
        taken.frames["bundles"] = pairs[~pairs[["service_a", "service_b"]].isin(gone).any(axis=1)]
    if "joint_today" in missing:  # a function of a service that the year does not know is part of none
        functions = taken.frames["joint_today"]
        taken.frames["joint_today"] = functions.assign(
            service=functions["service"].where(~functions["service"].isin(gone), "")
        )
    if "national" in missing:
        before = taken.frames["national"].set_index("item")["value"]
        taken.frames["national"] = _national(whole, year)
        taken.lines.append(_rate_line(taken.frames["national"], year))
        taken.section = _section(base.name, before["fiscal_year"], missing, gone, taken.frames["national"])
        taken.section += "".join(f"- {note}.\n" for note in notes)
    taken.lines.append(f"taken from {base.name}: {', '.join(missing)}")
    if gone:
        taken.lines.append(f"services left out, FY{year} has no such need item: {', '.join(gone)}")
    return taken


def section_of(readme: Path) -> str:
    """The part of a README that says what was taken from another year; blank where it has none."""
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    return HEADING + text.split(HEADING)[1].split("\n## ")[0].rstrip() + "\n" if HEADING in text else ""


def _services_without_items(tables: Frames) -> list[str]:
    """Services of which some need item stands in no column of the year."""
    held = {home: set(tables[name].columns) for home, name in HOME.items() if name in tables}
    return [
        row.service
        for row in tables["services"].itertuples()
        if row.home_tier in held
        and not {item + MONEY_SUFFIX for item in row.need_items.split("+")} <= held[row.home_tier]
    ]


def _national(tables: Frames, year: int) -> pd.DataFrame:
    """The national figures of another year with this one's, and the years of what stands in for it."""
    figures = tables["national"].set_index("item")
    register = figures.at["fiscal_year", "value"]
    if "register_year" in figures.index:
        register = figures.at["register_year", "value"]
    accounts = []
    for tier, (key, apart) in TIERS.items():
        need, revenue, paid = (
            tables[f"{tier}_{name}"].set_index(key).drop(apart, errors="ignore")
            for name in ("need", "revenue", "allocation")
        )
        codes = need.index
        accounts.append(
            (
                need[NEED + MONEY_SUFFIX].to_numpy(),
                revenue.loc[codes, REVENUE + MONEY_SUFFIX].to_numpy(),
                paid.loc[codes, "ordinary_allocation" + MONEY_SUFFIX].to_numpy(),
            )
        )
    rate = fitted_rate(accounts)
    shown = f"Fitted from the MIC workbooks of FY{year}: (need - revenue) - rate x need reproduces the amounts of most."
    figures.loc["fiscal_year", ["value", "source"]] = [str(year), f"MIC workbooks of FY{year}."]
    figures.loc["adjustment_rate", ["value", "source"]] = [f"{rate:.9f}", shown]
    source = "People and places of this case."
    figures.loc["register_year"] = [
        "year",
        register,
        "sourced",
        f"{source} Register of 1 January {register}.",
    ]
    years = pd.to_numeric(tables["indicators"]["fiscal_year"])
    if (years > year).all():
        source = f"No indicators up to FY{year} are at hand: those of the nearest year stand in."
        figures.loc["indicator_year"] = ["year", str(years.min()), "assumption", source]
    return figures.reset_index()


def _rate_line(national: pd.DataFrame, year: int) -> str:
    return f"FY{year} adjustment rate: {national.set_index('item').at['adjustment_rate', 'value']}"


def _section(base: str, year: str, missing: list[str], gone: list[str], national: pd.DataFrame) -> str:
    figures = national.set_index("item")["value"]
    lines = [
        HEADING,
        "",
        f"Only the allocation tax is that of FY{figures['fiscal_year']}.",
        f"From `{base}` (FY{year}) this case takes, as they stand there: "
        + ", ".join(f"`{name}`" for name in missing)
        + ".",
        "",
        f"- Population, ages and households are of the register of 1 January {figures['register_year']},",
        "  areas and borders of the same time, national taxes those of the year the case was taken from:",
        "  per head, another year's money meets these people.",
        f"- The adjustment rate is that of FY{figures['fiscal_year']}, fitted to the amounts paid.",
        "- Prices, parameters and settings are those of the other year and not deflated.",
    ]
    if "indicator_year" in figures:
        lines.append(f"- Debt ratios are those of FY{figures['indicator_year']}, the nearest year at hand.")
    if "standard_scale" in missing:
        lines.append(
            "- The standard financial scale, by which debts are divided, is that of the nearest year at hand."
        )
    if gone:
        lines.append(f"- Left out, because the year has no such need item: {', '.join(gone)}.")
    return "\n".join(lines) + "\n"
