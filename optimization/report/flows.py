"""Money flows by tier as a Sankey diagram: where the money comes from, who answers for it, what it serves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from optimization.dictionary.tiers import MUNICIPALITY, NATION, PREFECTURE, TIERS, tier_of
from optimization.report.language import Speaker
from optimization.report.view import MIL, RunView

GAP, BAR, TOP = 16.0, 12.0, 6.0
SMALLEST = 1.0
"""Height below which a bar is drawn no smaller (its label would have nothing to point at)."""

SOURCES = (
    "local_taxes",
    "allocation",
    "special_allocation",
    "earmarked",
    "bond",
    "national_taxes",
    "uncovered",
)
USES = ("services", "other_needs", "contribution", "left", "left_in_pool")

SECTORS = {"municipalities": MUNICIPALITY, "prefectures": PREFECTURE, NATION: NATION}
"""Tier as which each sector of the closed accounts is drawn; a union of prefectures is paid by these."""

GIVEN = {"correction": "allocation"}
"""Kinds of flows that are drawn with another."""


@dataclass(frozen=True)
class Flow:
    """An amount from one node to the next, million yen a year."""

    source: str
    target: str
    amount: float


def flows(run: RunView, today: bool) -> list[Flow]:
    """Flows of a run, today or under the package: those of its closed accounts, or of its tiers where it was written
    before there were any."""
    return of_sectors(run.tables["flows"], today) if "flows" in run.tables else of_tiers(run, today)


def of_sectors(table: pd.DataFrame, today: bool) -> list[Flow]:
    """Flows of the closed accounts, each yen once.

    Into a sector: its taxes, what the nation gives, bonds. What the nation gives on stands beside the sector that gets
    it, so that national taxes are drawn as those that pay what the nation uses up itself and what it is left with. Out
    of a sector: what its services use up, other needs and debt service, contributions, and what is left; a sector that
    spends more than it has is shown with what is not covered.
    """
    column = f"{'today' if today else 'package'}{MIL}"
    drawn: dict[tuple[str, str], float] = {}

    def add(source: str, target: str, amount: float) -> None:
        drawn[source, target] = drawn.get((source, target), 0.0) + amount

    balance = dict.fromkeys(SECTORS, 0.0)
    for row in table.to_dict("records"):
        giver, taker, kind, amount = row["from_sector"], row["to_sector"], row["kind"], float(row[column])
        kind = GIVEN.get(kind, kind)
        if taker in balance:
            balance[taker] += amount
        if giver in balance:
            balance[giver] -= amount
        if kind == "contribution":
            add(SECTORS[giver], "contribution", amount)
        elif giver in SECTORS and taker not in SECTORS:
            add(SECTORS[giver], "other_needs" if kind == "other_needs" else "services", amount)
        elif taker in SECTORS:
            add(kind, SECTORS[taker], amount)
        if giver == NATION and taker in SECTORS:
            add("national_taxes", NATION, -amount)
        elif kind == "contribution":
            add("national_taxes", NATION, amount)
    for sector, left in balance.items():
        add(*((SECTORS[sector], "left", left) if left >= 0 else ("uncovered", SECTORS[sector], -left)))
    return [Flow(*ends, amount) for ends, amount in drawn.items() if amount > 0.5]


def of_tiers(run: RunView, today: bool) -> list[Flow]:
    """Flows of a run without closed accounts, by tier.

    Into a tier: local taxes at standard rates, ordinary allocation, earmarked grants; for the nation its own taxes, for
    a union of prefectures what these pay (shown with their taxes). Out of it: gross spending on the services, and the
    rest, which pays other needs and debt service or is left. What the formula leaves of the pool stays with the nation.
    """
    mark = "_today" if today else ""
    table = run.tables["tiers"].set_index("tier")
    columns = {"local_taxes": "own_revenue", "allocation": "grant", "earmarked": "earmarked"}
    parts = table[[f"{column}{mark}{MIL}" for column in columns.values()]].set_axis([*columns], axis=1)
    spent = table[f"gross_spending{mark}{MIL}"]
    for tier in parts.index:
        payer = tier_of(tier).pays
        if payer not in (tier, ""):
            paid = spent[tier] - parts.loc[tier].sum()
            parts.loc[tier, "local_taxes"] += paid
            parts.loc[payer, "local_taxes"] -= paid
    parts["national_taxes"] = 0.0
    parts.loc[NATION, "national_taxes"] = spent[NATION] - parts.loc[NATION].sum()
    found: list[Flow] = []
    for tier, row in parts.iterrows():
        spending, rest = float(spent[tier]), float(row.sum() - spent[tier])
        found += [Flow(str(source), str(tier), float(amount)) for source, amount in row.items()]
        found += [Flow(str(tier), "services", spending), Flow(str(tier), "other_needs", rest)]
    found.append(Flow("allocation", "left_in_pool", left_in_pool(run.tables["formula"], today)))
    return [flow for flow in found if flow.amount > 0.5]


def left_in_pool(formula: pd.DataFrame, today: bool) -> float:
    """What the formula leaves of the pool, million yen a year."""
    rows = formula[formula["parameter"] == "released"]
    return max(0.0, float(rows["today" if today else "under_package"].sum()))


@dataclass(frozen=True)
class Bar:
    """A node: its name, place (top left corner) and height in the drawing, amount in million yen, column 0 to 2."""

    name: str
    x: float
    y: float
    height: float
    amount: float
    column: int


@dataclass(frozen=True)
class Ribbon:
    """A flow as a closed path; `source`, `target` name its ends."""

    source: str
    target: str
    path: str
    amount: float


@dataclass(frozen=True)
class Sankey:
    """A diagram of a width and height, in pixels."""

    width: float
    height: float
    bars: Sequence[Bar]
    ribbons: Sequence[Ribbon]


def sankey(found: Sequence[Flow], width: float, height: float, most: float) -> Sankey:
    """Lay out flows. `most` is the amount (million yen) that would fill the height, so that two diagrams compare."""
    into: dict[str, float] = {}
    out: dict[str, float] = {}
    for flow in found:
        out[flow.source] = out.get(flow.source, 0.0) + flow.amount
        into[flow.target] = into.get(flow.target, 0.0) + flow.amount
    columns = [[n for n in names if n in into or n in out] for names in (SOURCES, TIERS, USES)]
    gaps = GAP * (len(TIERS) - 1)
    room = height - 2 * TOP - gaps
    scale = room / most
    bars: dict[str, Bar] = {}
    for number, names in enumerate(columns):
        x, y = number * (width - BAR) / 2, TOP
        for name in names:
            amount = max(into.get(name, 0.0), out.get(name, 0.0))
            bars[name] = Bar(name, x, y, max(SMALLEST, amount * scale), amount, number)
            y += bars[name].height + min(GAP, gaps / max(1, len(names) - 1))
    return Sankey(width, height, list(bars.values()), _ribbons(found, bars, scale))


def _ribbons(found: Sequence[Flow], bars: dict[str, Bar], scale: float) -> list[Ribbon]:
    """Ribbons from the top of each bar downwards, in the order of the bars they lead to."""
    order = list(bars)
    left = {name: bar.y for name, bar in bars.items()}
    right = dict(left)
    ribbons = []
    for flow in sorted(found, key=lambda f: (order.index(f.source), order.index(f.target))):
        source, target = bars[flow.source], bars[flow.target]
        thick = flow.amount * scale
        x0, x1 = source.x + BAR, target.x
        y0, y1 = right[flow.source], left[flow.target]
        right[flow.source] += thick
        left[flow.target] += thick
        bend = (x0 + x1) / 2
        path = (
            f"M{x0:.1f} {y0:.1f}C{bend:.1f} {y0:.1f} {bend:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
            f"v{thick:.1f}C{bend:.1f} {y1 + thick:.1f} {bend:.1f} {y0 + thick:.1f} {x0:.1f} {y0 + thick:.1f}z"
        )
        ribbons.append(Ribbon(flow.source, flow.target, path, flow.amount))
    return ribbons


def largest(*found: Sequence[Flow]) -> float:
    """Amount of the fullest column of several diagrams, million yen."""
    totals = []
    for flows_of_one in found:
        for names in (SOURCES, TIERS, USES):
            totals.append(sum(f.amount for f in flows_of_one if f.source in names))
            totals.append(sum(f.amount for f in flows_of_one if f.target in names))
    return max(totals)


def flow_rows(run: RunView, say: Speaker) -> list[dict[str, str]]:
    """The flows of a run as a table: from, to, today, under the package, change."""
    before, after = ({(f.source, f.target): f.amount for f in flows(run, today)} for today in (True, False))
    names = [*SOURCES, *TIERS, *USES]
    keys = sorted(before.keys() | after.keys(), key=lambda k: (names.index(k[0]), names.index(k[1])))
    return [
        {
            "from": node(key[0], say),
            "to": node(key[1], say),
            "today": say.money(before.get(key, 0.0)),
            "now": say.money(after.get(key, 0.0)),
            "change": say.money(after.get(key, 0.0) - before.get(key, 0.0), signed=True),
        }
        for key in keys
    ]


def node(name: str, say: Speaker) -> str:
    """A node as it is called."""
    return say.tier(name, "title") if name in TIERS else say(f"flow_{name}")
