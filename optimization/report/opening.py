"""What a reader asks first, in one table: what budgets save and whose, who has less left in yen, debts, what stays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from optimization.case.parameters import DERIVED
from optimization.dictionary.results import load_units, unit_label
from optimization.dictionary.settings import load_settings
from optimization.ledger.cost_kinds import RESIDENTS, of_kind, real_cost
from optimization.ledger.debt import STAGES, STEPS
from optimization.ledger.flows import GOVERNING
from optimization.outcome.place_table import RESIDENT
from optimization.reading.units import MILLION_IN_YEN
from optimization.report.language import Speaker
from optimization.rules.listed import STATEMENTS

TOO_LITTLE = 0.5
"""Million yen of standard cost that are not told apart."""

MOST_TOLD, TOLD = 3, 0.2
"""Groups of numbers that are named at most, and the rank correlation from which one is."""

Tables = Mapping[str, pd.DataFrame]
Parts = Mapping[str, float]


def opening(
    tables: Tables,
    places: pd.DataFrame,
    before: Parts,
    after: Parts,
    owner: str,
    spread: Mapping[str, Any] | None,
    say: Speaker,
) -> list[tuple[str, str]]:
    """Rows of label and text, from the tables of a run, its table of places, the parts of the objective today and under
    the package (million yen a year), who owns what the pool leaves, and what the plan saves in joint draws of the
    uncertain numbers (`saving_range` of the record; None in a run that does not tell)."""
    return [
        *_savings(tables, before, after, spread, say),
        *_places(places, tables, say),
        *_debts(tables, say),
        *_breaches(tables, say),
        *_released(tables, owner, say),
        *_roles(tables, say),
    ]


def _savings(
    tables: Tables, before: Parts, after: Parts, spread: Mapping[str, Any] | None, say: Speaker
) -> Iterator[tuple[str, str]]:
    """What budgets save, by sector, with its range, what residents bear beside them, and how wrong the saving can be;
    nothing of budgets in a run of before there were flows."""
    if "sectors" in tables:
        table = tables["sectors"].set_index("sector")
        change = table["balance_package_million_yen"] - table["balance_today_million_yen"]
        each = {name: say.money(float(change[name]), signed=True) for name in GOVERNING}
        total = say.money(float(change.sum()), signed=True)
        ranged = {} if spread is None else ends(spread["budgets_million_yen"], say)
        total = say("open_ranged" if ranged else "open_plain", all=total, **ranged)
        yield say("open_budgets"), say("open_sectors", all=total, **each)
    if "savings" in tables:
        yield say("open_spent"), spent(tables["savings"], spread, say)
    borne = sum(of_kind(after, RESIDENTS).values()) - sum(of_kind(before, RESIDENTS).values())
    yield say("open_residents"), say("open_borne", change=say.money(borne, signed=True))
    if spread is not None:
        yield say("open_doubt"), doubt(spread, real_cost(before) - real_cost(after), say)


def spent(savings: pd.DataFrame, spread: Mapping[str, Any] | None, say: Speaker) -> str:
    """What is saved of money spent, with its range, and how much of the fall in standard cost was measured in money."""
    total, rows = savings.iloc[-1], savings.iloc[:-1]
    ranged = spread and spread.get("spent_million_yen")
    found = ranged or {end: total[f"saving_spent_{end}_million_yen"] for end in ("low", "high")}
    measured = rows["ratio_mark"].isin(["", DERIVED]) | rows["ratio_mark"].isna()
    fall = rows["saving_standard_million_yen"]
    rest = float(fall[~measured].sum())
    text = say(
        "spent_ranged" if ranged else "spent_at_ends",
        spent=say.money(float(total["saving_spent_million_yen"]), signed=True),
        **ends(found, say),
    )
    full = say("spent_full", full=say.money(float(total["saving_whole_slope_million_yen"]), signed=True))
    if abs(rest) < TOO_LITTLE:
        return text + say("spent_measured") + full
    figures = {
        "measured": say.money(float(fall[measured].sum()), signed=True),
        "rest": say.money(rest, signed=True),
        "lost": say.money(rest - float((fall * rows["spending_ratio"])[~measured].sum())),
    }
    return text + say("spent_in_part", **figures) + full


def ends(found: Mapping[str, float], say: Speaker) -> dict[str, str]:
    """The low and the high end of a range of savings, in words."""
    return {name: say.money(found[name], signed=True) for name in ("low", "high")}


def doubt(spread: Mapping[str, Any], saved: float, say: Speaker) -> str:
    """What the plan saves in all with its range, in how many draws it saves anything, and on which numbers it hangs."""
    told = [each for each in spread["moved_by"][:MOST_TOLD] if abs(each["rank_correlation"]) >= TOLD]
    moved = say.listed([say.word(f"numbers_{each['group']}") for each in told])
    return say(
        "open_range_first" if spread["first_year"] else "open_range",
        saved=say.money(saved, signed=True),
        draws=say.number(spread["draws"]),
        saving=say.number(spread["draws_in_which_it_saves"]),
        **ends(spread["real_million_yen"], say),
    ) + (say("open_hangs", groups=moved) if told else "")


def _places(places: pd.DataFrame, tables: Tables, say: Speaker) -> Iterator[tuple[str, str]]:
    change, people = places[f"change{RESIDENT}"], places["population_persons"]
    losing, gaining = places["gains"] < 0, places["gains"] > 0
    figures = {
        "people": say.people(people[losing].sum()),
        "places": say.number(losing.sum()),
        "most": say.yen(-change.min()),
    }
    yield say("open_losers"), say("open_lose" if losing.any() else "open_lose_nobody", **figures)
    mean = float(np.average(change, weights=people))
    yield (
        say("open_gainers"),
        say(
            "open_gain",
            people=say.people(people[gaining].sum()),
            mean=say.yen(mean, signed=True),
            most=say.yen(change.max()),
        ),
    )
    measures = tables["measures"].set_index("measure")
    if "place_leeway_dispersion" in measures.index:
        row = measures.loc["place_leeway_dispersion"]
        yield (
            say("open_equality"),
            say("open_apart", today=say.yen(row["today"]), now=say.yen(row["under_package"])),
        )


def _debts(tables: Tables, say: Speaker) -> Iterator[tuple[str, str]]:
    """Governments at or over the first step of the law, and how many cross one."""
    governments = tables["governments"]
    today, now = (governments[f"debt_stage{when}"].isin(STEPS).sum() for when in ("_today", ""))
    coming = say.number(comes_to_a_step(governments).sum())
    yield say("open_debts"), say("open_steps", today=say.number(today), now=say.number(now), crossing=coming)


def comes_to_a_step(governments: pd.DataFrame) -> pd.Series:
    """Which rows of the table `governments` come to a graver step of the law on debts than today's."""
    rank = {stage: n for n, stage in enumerate(STAGES)}
    return governments["debt_stage"].map(rank) > governments["debt_stage_today"].map(rank)


def _breaches(tables: Tables, say: Speaker) -> Iterator[tuple[str, str]]:
    """The limits that a decision which was applied does not keep; nothing where it keeps all."""
    if found := broken_limits(tables, say):
        yield say("open_breaches"), "; ".join(found)


def broken_limits(tables: Tables, say: Speaker) -> list[str]:
    """Every limit of the table `breaches` in a phrase: in how many places, by how much in all and at most."""
    if "breaches" not in tables:
        return []
    found = []
    for (rule, setting, unit), rows in (
        tables["breaches"]
        .fillna({"unit": "", "setting": ""})
        .groupby(["rule", "setting", "unit"], sort=False)
    ):
        count = len(rows)
        places = (
            say("open_breach_place") if count == 1 else say("open_breach_places", count=say.number(count))
        )
        told = {"name": _limit_called(str(rule), str(setting), say), "rule": rule, "places": places}
        yen = rows["excess_yen"].astype(float)
        if yen.notna().all():
            amounts = [say.money(float(each) / MILLION_IN_YEN) for each in (yen.sum(), yen.max())]
            found.append(say("open_breach_of", **told, amount=amounts[0], most=amounts[1]))
        elif unit:
            most = say.figure(float(rows["excess"].astype(float).max()), str(unit))
            found.append(
                say("open_breach_ratio", **told, most=f"{most} {word_of_unit(str(unit), say)}".strip())
            )
        else:
            found.append(say("open_breach", **told))
    return found


def word_of_unit(unit: str, say: Speaker) -> str:
    """A unit behind a figure; nothing behind a ratio, which has none."""
    return "" if unit == "ratio" else unit_label(unit, say.language) if unit in load_units() else unit


def _limit_called(rule: str, setting: str, say: Speaker) -> str:
    """What a limit is called: by its setting, or as a rule of the model."""
    if setting in load_settings():
        if say.language == "ja":
            return load_settings()[setting].label_ja
        return next(
            (each.words for each in STATEMENTS if (each.label, each.setting) == (rule, setting)), setting
        )
    return say(f"rule_{rule}" if rule in MODEL_RULES else "rule_other")


MODEL_RULES = ("R4", "R6", "R7", "R8", "R10")


def _released(tables: Tables, owner: str, say: Speaker) -> Iterator[tuple[str, str]]:
    formula = tables["formula"].set_index("parameter")
    left = float(formula.at["released", "under_package"] - formula.at["released", "today"])
    yield say("open_released"), say(f"open_owner_{owner}", amount=say.money(left, signed=True))


def _roles(tables: Tables, say: Speaker) -> Iterator[tuple[str, str]]:
    """How many duties change hands, how many services might have moved and stay with today's tier."""
    table = tables["responsibility"]
    changed = table["changed"] == 1
    open_to = table["tiers_open"].str.contains("|", regex=False)
    free = set(table.loc[open_to, "service"])
    yield (
        say("open_changes"),
        say(
            "open_moved",
            moved=say.number(changed.sum()),
            duties=say.number(len(table)),
            services=say.number(table.loc[changed, "service"].nunique()),
            stay=say.number(len(free - set(table.loc[changed, "service"]))),
            free=say.number(len(free)),
        ),
    )
