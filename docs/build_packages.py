"""Write the figures of packages.md, which stand between marks in a page that is otherwise written by hand.

    python docs/build_packages.py               # the tables from the figures at hand, docs/packages.json
    python docs/build_packages.py RUN ...       # and first the figures of these runs of the whole country

A run is a folder that `solve.py run NAME` has written. Nothing is solved here. A package that has changed since its
run, or whose assumptions have, is told at the end.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.archive import read_run
from optimization.case.face import DEFAULT_CASE, PACKAGES
from optimization.case.parameters import SPENDING_RATIO
from optimization.ledger.cost_kinds import RESIDENTS, of_kind, real_cost
from optimization.ledger.debt import STEPS
from optimization.report.language import speaker
from optimization.report.opening import comes_to_a_step

PAGE, FIGURES = (Path(__file__).with_name(f"packages.{ending}") for ending in ("md", "json"))
SAY = speaker("en")
NAMED = 3
"""Places and governments that are told by name."""

SHOWN = 6
"""Digits of a checksum that are shown."""

RESIDENT = "_yen_per_resident"
MIL = "_million_yen"

NO_RUN = "No run of the whole country is at hand."

Figures = dict[str, Any]


def figures_of(record: Mapping[str, Any], tables: Mapping[str, pd.DataFrame]) -> Figures:
    """What the page says of a run: money in million yen a year."""
    sectors = tables["sectors"].set_index("sector")
    change = sectors[f"balance_package{MIL}"] - sectors[f"balance_today{MIL}"]
    now, today = (record[f"{when}_parts{MIL}"] for when in ("objective", "baseline"))
    measures = tables["measures"].set_index("measure")
    formula = tables["formula"].set_index("parameter")
    governments = tables["governments"]
    names = ["grant_municipal", "grant_prefectural", "contributions", "national_outlay", "duties_moved"]
    names += ["wide_area_bodies", "place_cover_floor", "retention_municipal", "retention_prefectural"]
    return {
        "written": record["written"][:10],
        "status": record["status"],
        "gap": record["gap"],
        "seconds": round(sum(record["seconds"].values()), 1),
        "memory_mb": record["peak_memory_mb"],
        "budgets": {name: float(change[name]) for name in ("nation", "prefectures", "municipalities")},
        "residents": sum(of_kind(now, RESIDENTS).values()) - sum(of_kind(today, RESIDENTS).values()),
        "real_cost": real_cost(now) - real_cost(today),
        "released": float(formula.at["released", "under_package"] - formula.at["released", "today"]),
        "adjustment_rate": float(formula.at["adjustment_rate", "under_package"]),
        "guarantees": float(governments[f"guarantee{MIL}"].sum()),
        **{name: float(measures.at[name, "under_package"]) for name in names},
        "dispersion": [float(measures.at["place_leeway_dispersion", c]) for c in ("today", "under_package")],
        **_places(tables["places"]),
        "at_a_step": [int(governments[f"debt_stage{when}"].isin(STEPS).sum()) for when in ("_today", "")],
        "crossing": _crossing(governments),
        "package": settings_of(record["package"]),
        "assumptions": _assumed(record["inputs_sha256"]["parameters.csv"]),
    }


def _places(table: pd.DataFrame) -> Figures:
    """Who has less and more left."""
    change, people = table[f"change{RESIDENT}"], table["population_persons"]
    found: Figures = {}
    for name, side in (("less", -1), ("more", 1)):
        here = table["gains"] == side
        far = (side * change)[here].sort_values(ascending=False).index[:NAMED]
        found[name] = {
            "people": int(people[here].sum()),
            "places": int(here.sum()),
            "most": [[table.at[n, "name_ja"], float(change[n])] for n in far],
        }
    return found


def _crossing(table: pd.DataFrame) -> Figures:
    """How many come to or over a step of the law; names and debt service ratios, today and now, of some."""
    crossing = table[comes_to_a_step(table)]
    ratios = ["name_ja", "real_debt_service_today_ratio", "real_debt_service_ratio"]
    named = [list(row) for row in crossing[ratios].head(NAMED).itertuples(index=False, name=None)]
    return {"governments": len(crossing), "named": named}


def settings_of(name: str) -> str:
    """What a package asks, and those it extends, as one checksum; words do not count."""
    raw = tomllib.loads((PACKAGES / f"{name}.toml").read_text(encoding="utf-8"))
    asked = [each.get("settings", {}) for each in raw.get("provision", [])]
    under = [settings_of(other) for other in raw["package"].get("extends", [])]
    text = json.dumps([raw.get("assumptions", {}), asked, under], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def assumptions_of(written: bytes) -> str:
    """The central values of parameters on which plans and costs hang, as one checksum; ranges, sources and what only
    tells of money spent do not count."""
    table = pd.read_csv(io.BytesIO(written), dtype=str, keep_default_na=False)
    table = table[table["parameter"] != SPENDING_RATIO]
    values = sorted(zip(table["parameter"], table["service"], table["central"].map(float), strict=True))
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


def _assumed(sha256: str) -> str:
    """Those of a run: of today's file where it is the run's, else the file's own checksum, which none equals."""
    written = (DEFAULT_CASE / "parameters.csv").read_bytes()
    return assumptions_of(written) if hashlib.sha256(written).hexdigest() == sha256 else sha256


# ---- tables


def _billion(million: float) -> str:
    return SAY.amount(million, signed=True)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _table(heads: tuple[str, ...], every: Mapping[str, Figures], row: Callable[[str, Figures], str]) -> str:
    lines = (row(name, figures) for name, figures in every.items())
    return "\n".join([_row(*heads), _row(*["---"] * len(heads)), *lines])


def budgets(every: Mapping[str, Figures]) -> str:
    """What budgets save and whose, what residents bear, the real cost of every package."""
    heads = (
        "package",
        "budgets save",
        "nation",
        "prefectures",
        "municipalities",
        "residents bear",
        "real cost",
    )

    def row(name: str, f: Figures) -> str:
        each = f["budgets"]
        return _row(
            name, *map(_billion, (sum(each.values()), *each.values(), f["residents"], f["real_cost"]))
        )

    return _table(heads, every, row)


def places(every: Mapping[str, Figures]) -> str:
    """Who has less left, equality, debts and what the pool leaves of every package."""
    heads = ("package", "people with less left, million", "most, yen a resident", "places apart")
    heads += ("at a step of debts (come to one)", "released")

    def row(name: str, f: Figures) -> str:
        least = f["less"]["most"]
        return _row(
            name,
            f"{f['less']['people'] / 1e6:.1f}",
            SAY.number(-least[0][1]) if least else "0",
            f"{f['dispersion'][1] / f['dispersion'][0]:.2f}",
            f"{f['at_a_step'][1]} ({f['crossing']['governments']})",
            _billion(f["released"]),
        )

    return _table(heads, every, row)


def money(every: Mapping[str, Figures]) -> str:
    """Grants, guarantees and outlay, cover of the poorest place, duties and bodies of every package."""
    heads = (
        *("package", "grants, municipalities", "grants, prefectures", "guarantees", "the nation's outlay"),
        *(
            "lowest cover of a place",
            "duties moved",
            "wide-area bodies",
            "uncounted of municipal, prefectural taxes",
        ),
    )

    def row(name: str, f: Figures) -> str:
        amounts = ("grant_municipal", "grant_prefectural", "guarantees", "national_outlay")
        return _row(
            name,
            *(SAY.number(f[each] / 1e6, 2) for each in amounts),
            f"{f['place_cover_floor']:.3f}",
            *(SAY.number(f[each]) for each in ("duties_moved", "wide_area_bodies")),
            f"{f['retention_municipal']:.1%}, {f['retention_prefectural']:.1%}",
        )

    return _table(heads, every, row)


def runs(every: Mapping[str, Figures]) -> str:
    """Status, gap, seconds and memory of every run."""
    heads = ("package", "status", "gap", "seconds", "memory, MB", "run of", "assumptions")

    def row(name: str, f: Figures) -> str:
        seconds, memory = f"{f['seconds']:,.0f}", f"{f['memory_mb']:,.0f}"
        when = (f["written"], f["assumptions"][:SHOWN])
        return _row(name, f["status"].replace("_", " "), f"{f['gap']:.4%}", seconds, memory, *when)

    return _table(heads, every, row)


def told(f: Figures) -> str:
    """The figures of one package in sentences."""
    budgets = f["budgets"]
    nation, prefectures, municipalities = (_billion(budgets[each]) for each in budgets)
    return " ".join(
        [
            f"Budgets save {SAY.money(sum(budgets.values()))} a year (nation {nation}, prefectures {prefectures}, "
            f"municipalities {municipalities}); residents bear {SAY.money(f['residents'])} beside them; real cost "
            f"{SAY.money(f['real_cost'], signed=True)}.",
            _side(f["less"], "less"),
            _side(f["more"], "more"),
            _debts(f),
            f"Released: {SAY.money(f['released'])}.",
        ]
    )


def _side(of: Figures, word: str) -> str:
    if not of["places"]:
        return f"No place has {word} left."
    most = ", ".join(f"{name} ({SAY.yen(change, signed=True)} a resident)" for name, change in of["most"])
    return (
        f"{SAY.people(of['people'])} people in {of['places']:,} places have {word} left, most of all {most}."
    )


def _debts(f: Figures) -> str:
    today, now = f["at_a_step"]
    crossing = f["crossing"]["governments"]
    if not crossing:
        return f"Debts: {now} governments at or over a step of the law ({today} today), none crosses one."
    named = ", ".join(f"{name} {before:.1%} to {after:.1%}" for name, before, after in f["crossing"]["named"])
    more = f" and {crossing - NAMED} more" if crossing > NAMED else ""
    return f"Debts: {now} governments at or over a step of the law ({today} today); {named}{more} cross one."


# ---- the page

TABLES: Mapping[str, Callable[[Mapping[str, Figures]], str]] = {
    "budgets": budgets,
    "places": places,
    "money": money,
    "runs": runs,
}
MARK = re.compile(r"(<!-- figures: (\S+) -->\n).*?(<!-- end of figures -->)", re.DOTALL)


def page(text: str, every: Mapping[str, Figures]) -> str:
    """The page with everything between its marks written anew; tables name packages in the order of the page."""
    told_of = [found[2] for found in MARK.finditer(text)]
    every = {name: every[name] for name in told_of if name in every}

    def written(found: re.Match[str]) -> str:
        name = found[2]
        inside = TABLES[name](every) if name in TABLES else told(every[name]) if name in every else NO_RUN
        return f"{found[1]}{inside}\n{found[3]}"

    return MARK.sub(written, text)


def stale(every: Mapping[str, Figures]) -> list[str]:
    """Packages that ask for something else than they did, or whose assumptions were others, when they were run."""
    now = assumptions_of((DEFAULT_CASE / "parameters.csv").read_bytes())
    return [name for name, f in every.items() if [f["package"], f["assumptions"]] != [settings_of(name), now]]


def main(folders: list[str]) -> None:
    """Take the figures of runs, write the page, tell what is no longer of today."""
    every = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    for folder in folders:
        record, tables = read_run(folder)
        if record["case"] != DEFAULT_CASE.name or record["prefectures_asked"]:
            sys.exit(f"{folder} is no run of the whole country")
        every[record["package"]] = figures_of(record, tables)
    every = {name: every[name] for name in sorted(every)}
    FIGURES.write_text(json.dumps(every, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), every), encoding="utf-8")
    for name in stale(every):
        print(f"{name} or an assumption has changed since its run: run it anew on the whole country")


if __name__ == "__main__":
    main(sys.argv[1:])
