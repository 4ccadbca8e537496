"""The answer of a run on the console, in tables a layman can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
from rich.table import Table

from optimization.cli.console import SAY, billion, grid_of, out
from optimization.dictionary.families import TODAYS_FAMILY
from optimization.dictionary.results import word
from optimization.ledger.accounts import Accounts
from optimization.ledger.cost_kinds import BESIDE, BUDGET, JUDGEMENT, RESIDENTS, of_kind
from optimization.ledger.flows import pool_factor
from optimization.ledger.measures import retention
from optimization.outcome.choices import OF_CHANGES, asked
from optimization.outcome.existing_table import fates, people_shared
from optimization.outcome.outlook_table import WHOLE
from optimization.outcome.place_table import RESIDENT
from optimization.outcome.result import PLAN, TODAY, Result
from optimization.outcome.verdict import Worth
from optimization.reading.japan import JOINT_MUNICIPALITY
from optimization.reading.units import billions
from optimization.report import verdicts
from optimization.report.opening import ends, opening


def show_result(result: Result, folder: str) -> None:
    """The answer: in short, then what moves, who acts together, what it costs, who gains and loses."""
    if result.accounts is None:
        show_no_decision(result)
        out.print(f"Run folder: {folder}")
        return
    _in_short(result)
    moves, joint = _moves(result.tables["responsibility"]), _joint(result)
    if moves.row_count:
        out.print(moves)
    if "priced_changes" in result.tables:
        saved = _saved(result.tables["priced_changes"])
        if saved.row_count:
            out.print(saved)
    if joint.row_count:
        out.print(joint)
    out.print(_cost(result.baseline, result.accounts))
    out.print(_sectors(result.tables["sectors"]))
    for line in _owner(result):
        out.print(line)
    out.print(_allocation(result.tables["governments"]))
    out.print(_gainers(result.tables["places"], result.tables["governments"]))
    out.print(_debts(result.tables))
    if "crisis_shortage" in result.tables:
        out.print(_crises(result.tables["crisis_shortage"]))
    if "horizon" in result.tables:
        out.print(_years(result.tables["horizon"]))
        out.print(_waiting(result.tables["waiting"]))
    _closing(result, folder)


def _in_short(result: Result) -> None:
    """What a reader asks first, as the report says it."""
    assert result.accounts is not None
    out.print("In short", style="bold")
    parts = result.baseline.objective_parts, result.accounts.objective_parts
    owner = result.instance.settings["pool.released"]
    spread = None if result.saving_range is None else result.saving_range.record
    told = [
        *verdicts.rows(result.verdicts, _names(result), SAY),
        *opening(result.tables, result.tables["places"], *parts, owner, spread, SAY),
    ]
    for label, text in told:
        out.print(f"- {label}: {text.replace('−', '-')}")


def _names(result: Result) -> verdicts.Names:
    """What services and rule groups are called."""
    services, places = result.instance.case.services["label_en"], result.instance.case.prefectures["name_en"]

    def group(label: str) -> str:
        code, _, kind = label.partition("_")
        if code in places.index:
            return f"{places[code]} / {word(kind, 'en')}" if kind else str(places[code])
        return label if label in result.instance.case.codes else word(label, "en")

    return verdicts.Names(lambda name: str(services[name]), group)


def _sectors(table: pd.DataFrame) -> Table:
    """What each sector is left with; all together by what the budgets save."""
    columns = [("sector", "l"), ("today", "r"), ("package", "r"), ("change", "r")]
    grid = grid_of("What each sector is left with, billion yen a year", columns)
    today, package = table["balance_today_million_yen"], table["balance_package_million_yen"]
    for sector, *pair, change in zip(table["sector"], today, package, package - today, strict=True):
        grid.add_row(sector, *map(billion, pair), billion(change, signed=True))
    grid.add_row("all: what the budgets save", "", "", billion((package - today).sum(), signed=True))
    return grid


OWNERS = {
    "nation": "stays with the nation, the law's shares of national taxes fall to {factor:.1%}",
    "transfer": "is handed over as taxes of that yield, the law's shares of national taxes fall to {factor:.1%}",
    "special": "is paid out as special allocation to those who receive today",
}


def _owner(result: Result) -> Iterator[str]:
    """Who owns what the formula leaves of the pool, or what those who receive go without where it is short."""
    accounts, settings = result.accounts, result.package.settings
    assert accounts is not None
    if accounts.released > 0.5:
        words = OWNERS[settings["pool.released"]].format(factor=pool_factor(accounts))
        yield f"Released: {billion(accounts.released)} billion yen of the pool, which {words}."
    low, high = settings["formula.adjustment_rate"]
    if low < accounts.adjustment_rate:
        yield (
            f"A short pool is spread: those who receive go without {billion(accounts.spread)} billion yen, "
            f"an adjustment rate of {accounts.adjustment_rate:.4%} (allowed: {high:.2%})."
        )


def _crises(table: pd.DataFrame) -> Table:
    grid = grid_of(
        "In a crisis: part of the surge that stays unserved",
        [("scenario", "l"), ("odds a year", "r"), ("surge", "r"), ("today", "r"), ("package", "r")],
    )
    nation = table[(table["prefecture_code"] == WHOLE) & (table["surge_million_yen"] > 0)]
    for _, row in nation.iterrows():
        surge = f"{billion(row['surge_million_yen'])} bn"
        shares = (f"{row[name]:.1%}" for name in ("unserved_today_ratio", "unserved_ratio"))
        grid.add_row(row["scenario"], f"{row['probability_per_year']:.1%}", surge, *shares)
    return grid


def _years(table: pd.DataFrame) -> Table:
    names = ("cost today", "package", "extraordinary bonds today", "package", "all owed today", "package")
    grid = grid_of("Year by year, billion yen", [("year", "l"), ("weight", "r"), *((n, "r") for n in names)])
    for _, row in table.iterrows():
        amounts = []
        for parts in (
            ["total"],
            ["extraordinary_bond"],
            ["extraordinary_bonds_owed", "national_shortfalls_owed"],
        ):
            amounts += [sum(row[f"{n}{when}_million_yen"] for n in parts) for when in ("_today", "")]
        grid.add_row(str(int(row["year"])), f"{row['weight']:.1%}", *map(billion, amounts))
    return grid


def _waiting(table: pd.DataFrame) -> Table:
    grid = grid_of(
        "What other courses cost over the whole horizon, billion yen a year, crises left out",
        [("course", "l"), ("cost", "r"), ("beyond the plan", "r"), ("places that break a rule", "r")],
    )
    whole = table[table["year"] == WHOLE]
    first = whole["from_year"].min()
    plan = whole[(whole["decided_for"] == PLAN) & (whole["from_year"] == first)].iloc[0]["cost_million_yen"]
    for _, row in whole.iterrows():
        course = {TODAY: "today's arrangement", PLAN: "this plan"}.get(
            row["decided_for"], f"plan of {row['decided_for']} alone"
        )
        late = f", from {row['from_year']} on" if row["from_year"] > first else ""
        cost = row["cost_million_yen"]
        amounts = billion(cost), billion(cost - plan, signed=True)
        grid.add_row(course + late, *amounts, str(row["rules_broken"]) if row["rules"] else "")
    return grid


def show_no_decision(result: Result) -> None:
    """Why there is none."""
    from optimization.archive import diagnosis

    out.print(diagnosis(result))


def _moves(table: pd.DataFrame) -> Table:
    grid = grid_of(
        "What moves to which tier",
        [("service", "l"), ("from", "l"), ("to", "l"), ("rule groups", "r"), ("people", "r")],
    )
    changed = table[table["changed"] == 1]
    keys = ["service", "tier_today", "tier"]
    for (service, today, tier), rows in changed.groupby(keys, sort=False):
        share = f"{len(rows)} of {(table['service'] == service).sum()}"
        people = SAY.people(rows["population_persons"].sum())
        grid.add_row(service, SAY.tier(today, "spoken"), SAY.tier(tier, "spoken"), share, people)
    return grid


def _saved(table: pd.DataFrame) -> Table:
    """What the changes of each service save, one rule group given back alone and all of the service together."""
    grid = grid_of(
        "What each change saves, billion yen a year: each rule group alone, and all of the service together",
        [
            ("service", "l"),
            ("to", "l"),
            *((name, "r") for name in ("rule groups", "least", "most", "together")),
            ("limits need", "l"),
        ],
    )
    for (service, tier), rows in table.groupby(["service", "tier"], sort=False):
        alone = rows["saving_million_yen"].dropna()
        together = rows["service_saving_million_yen"].dropna()
        amounts = [*((alone.min(), alone.max()) if len(alone) else (None, None)), *together.head(1)]
        said = ["" if amount is None else f"{billions(amount):,.2f}" for amount in [*amounts, None][:3]]
        needed = f"{int(rows['needed'].sum())} of {len(rows)}" if rows["needed"].any() else ""
        grid.add_row(service, SAY.tier(tier, "spoken"), str(len(rows)), *said, needed)
    return grid


def _joint(result: Result) -> Table:
    """People served by wide-area bodies, today and under the package, of every service that some share."""
    table, people = result.tables["services"], result.instance.case.municipalities["population_persons"]
    shared = people_shared(result.tables.get("bodies_today"))
    grid = grid_of(
        "What municipalities do together",
        [("service", "l"), ("people served by wide-area bodies today", "r"), ("package", "r")],
    )
    now = table.set_index("service")["population_served_by_wide_area_body_ratio"].fillna(0.0)
    today = shared.reindex(now.index, fill_value=0) / people.sum()
    for service in now.index[np.lexsort((-today, -now))]:
        if now[service] > 0 or today[service] > 0:
            grid.add_row(service, f"{today[service]:.1%}", f"{now[service]:.1%}")
    return grid


def _cost(before: Accounts, after: Accounts) -> Table:
    """Term by term, summed by who bears it: what budgets pay, then the real cost; terms of judgement stand apart."""
    grid = grid_of("Cost, billion yen a year", [("", "l"), ("today", "r"), ("package", "r"), ("change", "r")])
    pair = before.objective_parts, after.objective_parts
    for kind in (BUDGET, RESIDENTS, BESIDE):
        for key, now in of_kind(pair[1], kind).items():
            grid.add_row(word(key, "en"), *_three(pair[0][key], now))
        if kind == BUDGET:
            grid.add_section()
            paid = [sum(of_kind(parts, BUDGET).values()) for parts in pair]
            grid.add_row("what budgets pay", *_three(*paid))
            grid.add_section()
    grid.add_section()
    today, now = before.real_cost, after.real_cost
    grid.add_row(
        "real cost", *_three(today, now)[:2], f"{billion(now - today, signed=True)} ({now / today - 1:+.2%})"
    )
    judged = [key for key, now in of_kind(pair[1], JUDGEMENT).items() if now or pair[0][key]]
    if judged:
        grid.add_section()
    for key in judged:
        grid.add_row(f"judgement, no money: {word(key, 'en')}", *_three(pair[0][key], pair[1][key]))
    return grid


def _three(today: float, now: float) -> tuple[str, str, str]:
    """Today, under the package, and the change, in billion yen."""
    return billion(today), billion(now), billion(now - today, signed=True)


def _allocation(table: pd.DataFrame) -> Table:
    grid = grid_of(
        "Allocation tax, billion yen a year",
        [("", "l"), ("when", "l"), *((name, "r") for name in ("need", "revenue", "shortfall", "surplus"))],
    )
    for name in ("grants", "not receiving"):
        grid.add_column(name, justify="right")
    tokyo = table["government"].str.startswith("13+")
    kinds = {
        "municipalities": (table["tier"] == "municipality"),
        "prefectures": (table["tier"] == "prefecture") & ~tokyo,
        "Tokyo with its wards": tokyo,
    }
    for name, here in kinds.items():
        for when, label in (("today", "_today"), ("package", "")):
            rows = table[here]
            need, capacity = rows[f"need{label}_million_yen"], rows[f"capacity{label}_million_yen"]
            gap = need - capacity
            sums = [need.sum(), capacity.sum(), gap.clip(lower=0).sum(), -gap.clip(upper=0).sum()]
            sums.append(rows[f"grant{label}_million_yen"].sum())
            count = str(int((gap <= 0).sum()))
            if here.any():
                grid.add_row(name, when, *(billion(abs(value)) for value in sums), count)
    return grid


def _gainers(places: pd.DataFrame, governments: pd.DataFrame) -> Table:
    grid = grid_of(
        "Who gains and who loses: yen a resident that both tiers have left once the standard cost of duties is paid",
        [
            ("class", "l"),
            *((name, "r") for name in ("places", "gain", "lose", "mean change", "least", "most")),
        ],
    )
    for name in ("receiving today", "package"):
        grid.add_column(name, justify="right")
    own = governments.set_index("government").loc[places["municipal_government"]]
    table = places.assign(**{name: own[name].to_numpy() for name in ("receiving_today", "receiving")})
    for name, rows in [*table.groupby("class"), ("all", table)]:
        change, people = rows[f"change{RESIDENT}"], rows["population_persons"]
        grid.add_row(
            str(name),
            str(len(rows)),
            *(str(int((side * rows["gains"] > 0).sum())) for side in (1, -1)),
            *(
                f"{round(value) + 0:+,}"
                for value in (np.average(change, weights=people), change.min(), change.max())
            ),
            *(str(int(rows[when].sum())) for when in ("receiving_today", "receiving")),
        )
    return grid


def _debts(tables: Mapping[str, pd.DataFrame]) -> Table:
    """Governments at or over each step of the law on debts, and the names of who crosses one."""
    columns = [("", "l"), ("today", "r"), ("package", "r")]
    grid = grid_of("Debts: governments at or over a step of the law", columns)
    measures = tables["measures"].set_index("measure")[["today", "under_package"]]
    for name in (n for n in measures.index if n.startswith("governments_from_")):
        grid.add_row(word(name, "en").removeprefix("governments "), *(f"{n:.0f}" for n in measures.loc[name]))
    both = tables["governments"].set_index("government").join(tables["debts"].set_index("government"))
    crossing = both[both["crosses_a_step"] == 1]
    ratios = ["real_debt_service_today_ratio", "real_debt_service_ratio"]
    named = [
        f"{r.name_ja} {r[ratios[0]]:.1%} to {r[ratios[1]]:.1%}" for _, r in crossing.head(NAMED).iterrows()
    ]
    more = [f"{len(crossing) - NAMED} more"] if len(crossing) > NAMED else []
    if named:
        grid.caption = "Crossing a step: " + ", ".join([*named, *more])
    return grid


NAMED = 10
"""Governments that are told by name."""


def _closing(result: Result, folder: str) -> None:
    assert result.accounts is not None
    decision = result.accounts.decision
    places = result.instance.case.codes
    kept = retention(result.accounts)
    wards = " and the joint Tokyo wards" if JOINT_MUNICIPALITY in places else ""
    sets = result.size.get("connected_sets_priced")
    judged = ", terms of judgement included" if result.accounts.objective != result.accounts.real_cost else ""
    priced = f"; {sets:,} connected sets priced and none left that could pay" if sets else ""
    out.print(
        f"\n{(places != JOINT_MUNICIPALITY).sum():,} municipalities{wards}, {len(result.instance.case.prefectures)} "
        f"prefectures, {len(result.instance.services)} services; "
        f"{len(decision.existing_bodies)} wide-area bodies of {len(result.instance.bodies):,} candidates{priced}"
        f"{_fates(result)}.\n"
        f"Standard revenue leaves uncounted {kept[0]:.1%} of municipal and {kept[1]:.1%} of prefectural taxes; "
        f"under {TODAYS_FAMILY} a receiving government keeps that of a tax rise (today 25%).\n"
        f"{_formula(result)}"
        f"{_status(result, judged)}"
        f"{_side_effects(result)}"
        f"Figures rest on {len(result.rests_on.on)} of the {result.rests_on.marked} marked assumptions, the others can "
        "change nothing here; see parameters.csv and changes.csv.\n"
        f"Run folder: {folder}"
    )


def _side_effects(result: Result) -> str:
    """What is saved in all, and beside it who has less left and who crosses a step of the law on debts."""
    accounts, places = result.accounts, result.tables["places"]
    assert accounts is not None
    losing, crossing = places["gains"] < 0, int(result.tables["debts"]["crosses_a_step"].sum())
    who = "no place has" if not losing.any() else f"{losing.sum():,} places have"
    people = SAY.people(places.loc[losing, "population_persons"].sum()) if losing.any() else ""
    ranged = ""
    if result.saving_range is not None:
        found = ends(result.saving_range.record["real_million_yen"], SAY)
        when = "in its first year " if result.saving_range.first_year else ""
        ranged = f" ({when}{found['low']} to {found['high']})".replace("−", "-")
    return (
        f"Saved in all: {billion(result.baseline.real_cost - accounts.real_cost, signed=True)} billion yen a year"
        f"{ranged}; "
        f"{who} less left{f', {people} people' if people else ''}; "
        f"{crossing} governments cross a step of the law on debts.\n"
    )


def _status(result: Result, judged: str) -> str:
    """What is proven of the plan; of a decision that was applied, nothing."""
    if result.worth is Worth.APPLIED:
        return "Status applied: the decision was given and nothing was optimised; no bound is known.\n"
    outcome = result.outcome
    return (
        f"Status {result.worth}: no plan within the package's limits can cost less than "
        f"{billion(outcome.bound)} billion yen{judged} (gap {outcome.gap:.5%}).\n"
        f"{_stay_put(result)}"
    )


def _stay_put(result: Result) -> str:
    """What the stay-put rule has cost and spared; nothing where the package does not ask for it."""
    stay = result.stay
    if stay is None:
        unheard = asked(result.instance.settings)
        return "The stay-put rule was not applied: the plan has two phases.\n" if unheard else ""
    if not stay.kept:
        return "The stay-put rule was not applied: what it chose would break a rule of the package.\n"
    if not stay.reached:
        least = result.instance.settings[OF_CHANGES]
        spared = stay.people[0] - stay.people[1]
        told = f"; those given back cost {billions(stay.cost):,.3f} billion yen" if spared else ""
        needed = sum(each.needed for each in stay.given)
        but = f", but for {needed} that the limits need" if needed else ""
        return f"Every duty that changes hands saves at least {least:,.0f} million yen a year by itself{but}{told}.\n"
    known = f"within {stay.gap:.2%} of the fewest" if stay.gap < 1 else "how near the fewest is not known"
    return (
        f"The stay-put rule costs {billions(stay.cost):,.3f} billion yen of it beyond the gap: duties change hands for "
        f"{stay.people[1]:,.0f} people, each duty counted, not {stay.people[0]:,.0f} ({known}); "
        f"{stay.bodies[1]:,} new bodies, not {stay.bodies[0]:,}.\n"
    )


def _formula(result: Result) -> str:
    """That the formula could have been another at the same cost, where it was not chosen in time; else nothing."""
    if all(choice.settled for choice in result.formula):
        return ""
    return (
        "Its formula was not chosen in time: retention, grants and who receives may be others at the same cost "
        "(see formula_choice in run.json).\n"
    )


def _fates(result: Result) -> str:
    """How many of the bodies exist today, and what becomes of those that do."""
    if "bodies_today" not in result.tables:
        return ""
    found = fates(result.tables["bodies_today"], result.tables["bodies"])
    ended = found.to_one + found.handed_up + found.dissolved
    return (
        f": {found.kept} as they exist today, {found.continued} go on from one of today with other members, "
        f"{found.new} new; of {found.today} bodies of today (each service counted) {found.unchanged} go on unchanged, "
        f"{found.extended} with more members, {found.reduced} with fewer, {ended} end"
    )
