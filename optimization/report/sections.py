"""The figures of a report's sections, ready for the templates: rows of text in the reader's language."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from optimization.case.parameters import UNSURE
from optimization.dictionary.parameters import parameter_label
from optimization.dictionary.settings import load_settings
from optimization.ledger.cost_kinds import BESIDE, BUDGET, JUDGEMENT, PARTS, RESIDENTS
from optimization.reading.japan import JOINT_ACCOUNT
from optimization.report.language import Speaker
from optimization.report.sentences import Part, parts
from optimization.report.studies import ENDS, StudyView
from optimization.report.view import MIL, RunView

Rows = list[dict[str, Any]]
TRAVEL = (
    "travel_cost_yen_per_person_km",
    "travel_speed_km_per_hour",
    "detour_factor",
    "trips_to_seat",
    "max_travel_minutes",
)
"""Parameters about travel, asked for first of all."""

TOP = 8
"""Rows of a list of effects."""

NAMED = 3
"""Assumptions named that overturn a recommendation."""

TOKYO = "tokyo_joint"


def costs(run: RunView, say: Speaker) -> Rows:
    """The terms of the cost by who bears them, what budgets pay, the real cost; terms of judgement apart from it."""
    found = {part.name: part for part in parts(run)}

    def of(kind: str) -> list[Part]:
        return [found[name] for name in PARTS[kind] if name in found]

    def total(key: str, terms: list[Part]) -> Part:
        return Part(key, sum(each.today for each in terms), sum(each.now for each in terms))

    budget, rest = of(BUDGET), of(RESIDENTS) + of(BESIDE)
    rows = [
        *((say.word(part.name), part) for part in budget),
        (say("c_budget_cost"), total("c_budget_cost", budget)),
        *((say.word(part.name), part) for part in rest),
        (say("c_real_cost"), total("c_real_cost", budget + rest)),
        *((say("c_judged", term=say.word(part.name)), part) for part in of(JUDGEMENT)),
    ]
    return [
        {
            "part": name,
            "today": say.amount(part.today),
            "now": say.amount(part.now),
            "change": part.change,
            "said": say.amount(part.change, signed=True),
        }
        for name, part in rows
    ]


def allocation(run: RunView, say: Speaker) -> Rows:
    """Need, revenue, shortfall, surplus, grants and non-receiving governments by tier, today and under the package."""
    table = run.governments
    tokyo = table.index == JOINT_ACCOUNT
    kinds = {
        say.tier("municipality", "title"): table["tier"] == "municipality",
        say.tier("prefecture", "title"): (table["tier"] == "prefecture") & ~tokyo,
        say(TOKYO): tokyo,
    }
    rows = []
    for name, here in kinds.items():
        for when, mark in (("c_today", "_today"), ("c_package", "")):
            part = table[here]
            if part.empty:
                continue
            need, revenue = part[f"need{mark}{MIL}"], part[f"capacity{mark}{MIL}"]
            short = need - revenue
            sums = need.sum(), revenue.sum(), short.clip(lower=0).sum(), -short.clip(upper=0).sum()
            amounts = [say.amount(float(abs(value))) for value in (*sums, part[f"grant{mark}{MIL}"].sum())]
            rows.append(
                {"name": name, "when": say(when), "amounts": amounts, "count": say.number((short <= 0).sum())}
            )
    return rows


def parameters(run: RunView, say: Speaker) -> Rows:
    """The general parameters of the formula, and those of a service or tax that the package changes."""
    rows = []
    for name, unit, today, now in run.tables["formula"].itertuples(index=False):
        head, _, of = str(name).partition(".")
        if of and abs(float(now) - float(today)) < 1e-9:
            continue
        label = say.word(head)
        if of:
            called = run.service(of, say) if of in run.service_labels.index else of
            label = say("of_service", parameter=label, name=called)
        rows.append(
            {"name": label, "today": say.figure(float(today), unit), "now": say.figure(float(now), unit)}
        )
    return rows


def taxes(run: RunView, say: Speaker) -> Rows:
    """Taxes whose counted or assigned share changes."""
    table = run.tables["taxes"]
    moved = (table["counted_today_ratio"] - table["counted_ratio"]).abs() > 1e-6
    moved |= (table["assigned_today_ratio"] - table["assigned_ratio"]).abs() > 1e-6
    columns = ("counted_today_ratio", "counted_ratio", "assigned_today_ratio", "assigned_ratio")
    rows: Rows = [
        {"name": run.tax(str(row["tax"]), say), "shares": [say.share(float(row[c])) for c in columns]}
        for _, row in table[moved].iterrows()
    ]
    return [
        row for row in rows if row["shares"][0::2] != row["shares"][1::2]
    ]  # today's and the package's, as shown


KEY_MEASURES = (
    "gini_municipal_revenue_and_grant_per_head",
    "coverage_floor_municipal",
    "place_leeway_dispersion",
    "people_in_places_that_lose",
    "place_loss_largest",
    "retention_municipal",
    "own_source_share_municipal",
    "grant_dependence_highest",
    "mismatch_of_money_and_responsibility",
    "spending_decided_and_paid_by_the_same_tier",
    "tiers_per_service",
    "governments_permission",
    "governments_early_warning",
    "people_within_30_minutes_of_every_seat",
)
"""Measures that a reader asks for first."""


def measures(run: RunView, say: Speaker, first: bool) -> Rows:
    """The first measures, changed or not; or every other one that the package changes as far as figures are shown."""
    rows = [
        {"name": say.word(name), "today": say.figure(float(today), unit), "now": say.figure(float(now), unit)}
        for name, unit, today, now in run.tables["measures"].itertuples(index=False)
        if (name in KEY_MEASURES) == first
    ]
    return [row for row in rows if first or row["today"] != row["now"]]


def crisis(run: RunView, say: Speaker) -> dict[str, Rows] | None:
    """Leads by service and kind, shortage by scenario, reserves by tier; None where the package names no crisis."""
    if "crisis_protocol" not in run.tables:
        return None
    protocol, shortage = run.tables["crisis_protocol"], run.tables["crisis_shortage"]
    kinds = list(dict.fromkeys(protocol["crisis_type"]))
    leads = []
    for service, rows in protocol.groupby("service", sort=False):
        cells = [
            [
                (say.word(str(t)), int(n))
                for t, n in rows[rows["crisis_type"] == kind]["lead"].value_counts().items()
            ]
            for kind in kinds
        ]
        changed = [bool((rows[rows["crisis_type"] == kind]["changed"] == 1).any()) for kind in kinds]
        leads.append(
            {"name": run.service(str(service), say), "cells": list(zip(cells, changed, strict=True))}
        )
    nation = shortage[(shortage["prefecture_code"] == "all") & (shortage[f"surge{MIL}"] > 0)]
    scenarios = [
        {
            "name": _scenario(run, str(row["scenario"]), say),
            "kind": say.word(row["crisis_type"]),
            "odds": say.share(row["probability_per_year"]),
            "surge": say.money(row[f"surge{MIL}"]),
            "today": say.share(row["unserved_today_ratio"]),
            "now": say.share(row["unserved_ratio"]),
        }
        for _, row in nation.iterrows()
    ]
    reserves = [
        {"name": say.word(str(tier)), "amount": say.money(float(amount))}
        for tier, amount in run.tables["crisis_reserve"].groupby("tier")[f"reserve{MIL}"].sum().items()
    ]
    return {
        "kinds": [{"name": say.word(kind)} for kind in kinds],
        "leads": leads,
        "scenarios": scenarios,
        "reserves": reserves,
    }


def _scenario(run: RunView, name: str, say: Speaker) -> str:
    labels = run.case.crises.scenarios
    return str(labels.at[name, f"label_{say.language}"]) if name in labels.index else name


def years(run: RunView, say: Speaker) -> Rows:
    """Residents of the whole case in every projected year, and services below an efficient scale."""
    table = run.tables["outlook"]
    return [
        {
            "year": int(row["year"]),
            "people": say.people(row["population_persons"]),
            "elderly": say.share(row["age_65_plus_persons"] / row["population_persons"]),
            "today": say.share(row["services_below_efficient_scale_today_ratio"]),
            "now": say.share(row["services_below_efficient_scale_ratio"]),
        }
        for _, row in table[table["prefecture_code"] == "all"].iterrows()
    ]


def waiting(run: RunView, say: Speaker) -> Rows:
    """What other courses cost over a horizon; none where the package looks at one year."""
    if "waiting" not in run.tables:
        return []
    table = run.tables["waiting"]
    whole = table[table["year"].astype(str) == "all"]
    first = whole["from_year"].astype(int).min()
    rows = []
    for _, row in whole.iterrows():
        decided = str(row["decided_for"])
        course = say("course_alone", year=decided) if decided.isdecimal() else say.word(decided)
        if int(row["from_year"]) > first:
            course = say("course_from", course=course, year=int(row["from_year"]))
        rows.append({"course": course, "cost": say.money(float(row[f"cost{MIL}"]))})
    return rows


def assumptions(run: RunView, say: Speaker) -> dict[str, Rows]:
    """Every number marked as an assumption by its parameter: of the case, then of the settings."""
    changed = dict(run.package.assumptions)
    table = run.case.parameters.table
    found: dict[str, Rows] = {}
    for key, row in zip(run.case.parameters.keys, table.to_dict("records"), strict=True):
        if row["mark"] in UNSURE:
            of = row["service"]
            name = _of_what(run, of, say)
            found.setdefault(parameter_label(row["parameter"], say.language), []).append(
                {
                    "name": name,
                    "values": [
                        _plain(row["low"]),
                        _plain(changed.get(key, row["central"])),
                        _plain(row["high"]),
                    ],
                    "unit": say.unit_label(row["unit"]),
                    "mark": say.word(row["mark"]),
                    "source": say.text(row["source"]),
                    "changed": key in changed,
                }
            )
    found[say("c_setting")] = list(_assumed_settings(run, say))
    return found


def _of_what(run: RunView, of: str, say: Speaker) -> str:
    """What a number of the case is of: a service, two whose joint work it is, a crisis; '' where it is of all."""
    names = [run.service(part, say) for part in of.split("+") if part in run.service_labels.index]
    if len(names) == 2:
        return say("pair", one=names[0], other=names[1])
    return names[0] if names else _scenario(run, of, say) if of else ""


def _assumed_settings(run: RunView, say: Speaker) -> Iterator[dict[str, Any]]:
    for key, setting in load_settings().items():
        if setting.mark == "assumption":
            yield {
                "name": say.setting(key),
                "values": [
                    _plain(setting.low),
                    _plain(run.settings.get(key, setting.default)),
                    _plain(setting.high),
                ],
                "unit": say.unit_label(setting.unit),
                "mark": say.word("assumption"),
                "source": setting.told("source", say.language),
                "changed": run.settings.get(key, setting.default) != setting.default,
            }


def _plain(value: Any) -> str:
    return f"{value:,.6g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def study(found: StudyView, run: RunView, say: Speaker) -> dict[str, Any]:
    """A study's effects on cost and plan, its assumptions about travel, and what it leaves open."""
    effects, draws = found.tables["effects"], found.tables["draws"]
    travel = effects[effects["factor"].isin(TRAVEL)]
    return {
        "name": found.folder.name,
        "draws": say.number(len(draws)),
        "numbers": say.number(len(found.tables["numbers"].query("varied.astype('str') == 'True'"))),
        "factors": effects["factor"].nunique(),
        "impossible": int((draws["status"] == "infeasible").sum()),
        "note": say(
            {"tornado": "tornado_note", "morris": "mu_star_note"}.get(found.record["method"], "sobol_note")
        ),
        "ends": found.alone,
        "cost": _effects(effects, "cost_million_yen", say)[:TOP],
        "plan": _effects(effects, "duties_changed", say)[:TOP],
        "travel": _travel(travel, say),
        "open": _open(found, run, say),
    }


def _factor(name: str, say: Speaker) -> str:
    if name.startswith("weights."):
        part = name.removeprefix("weights.").removesuffix("_million_yen")
        return say("weight_of", part=say.word({"body": "bodies"}.get(part, part)))
    if name in load_settings():
        return load_settings()[name].label_ja if say.language == "ja" else name
    return parameter_label(name, say.language)


def _effects(table: pd.DataFrame, output: str, say: Speaker) -> Rows:
    """Effects on one output, the largest first."""
    rows = table[table["output"] == output]
    return [
        {"name": _factor(str(row["factor"]), say), "values": _effect(row, output, say)}
        for _, row in rows.iterrows()
    ]


def _effect(row: pd.Series, output: str, say: Speaker) -> list[str]:
    """The cells of an effect: change at the low and the high end, or one measure of it."""
    money = output == "cost_million_yen"
    if "at_low" in row:
        change = [float(row[end]) - float(row["central"]) for end in ENDS]
        told = [say.money(c, signed=True) if money else say.number(c) for c in change if c == c]
        return [told.pop(0) if c == c else say("no_plan_there") for c in change]
    if "mu_star" in row:
        return [say.money(float(row["mu_star"])) if money else say.number(float(row["mu_star"]), 1)]
    return [say.share(float(row["total"]))]


def _travel(table: pd.DataFrame, say: Speaker) -> Rows:
    """Travel assumptions: cells of the effect on cost, then of that on the plan."""
    rows = []
    for factor in dict.fromkeys(table["factor"]):
        mine = table[table["factor"] == factor].set_index("output")
        cells = [
            cell
            for output in ("cost_million_yen", "duties_changed")
            if output in mine.index
            for cell in _effect(mine.loc[output], output, say)
        ]
        rows.append({"name": _factor(str(factor), say), "values": cells})
    return rows


def _open(found: StudyView, run: RunView, say: Speaker) -> Rows:
    """Recommendations that one assumption alone overturns, with what does it; after joint draws those that are not
    firm, the shakiest first."""
    table = found.tables["recommendations"]
    shaky = table[~table["mark"].isin(["firm", "tested_alone"])].sort_values("share_of_draws", kind="stable")
    turned = _overturned(found, say) if found.alone else {}
    return [
        {
            "service": run.service(str(row["service"]), say),
            "group": run.group(str(row["rule_group"]), say),
            "tier": say.word(row["tier"]),
            "held": turned.get((row["service"], row["rule_group"]), "")
            if found.alone
            else say.share(float(row["share_of_draws"]), 0),
            "rival": say.word(row["rival_tier"]) if row["rival_tier"] else "",
        }
        for _, row in shaky.iterrows()
    ]


def _overturned(found: StudyView, say: Speaker) -> dict[tuple[str, str], str]:
    """What overturns each duty, the assumption that must move least first."""
    said: dict[tuple[str, str], list[str]] = {}
    for row in found.crossings.to_dict("records"):
        factor, value = _factor(str(row["factor"]), say), float(row["overturned_at_value"])
        unit = say.unit_label(str(row["unit"]))
        text = (
            say("overturned_at_level", factor=factor, share=say.share(float(row["overturned_at_level"]), 0))
            if math.isnan(value)
            else say("overturned_at", factor=factor, value=_plain(value), unit=unit).rstrip()
        )
        said.setdefault((row["service"], row["rule_group"]), []).append(text)
    return {duty: "; ".join(texts[:NAMED]) for duty, texts in said.items()}
