"""Money flows by tier as a Sankey diagram: where the money comes from, who answers for it, what it serves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from optimization.dictionary.tiers import NATION, TIERS, tier_of
from optimization.report.language import Speaker
from optimization.report.view import MIL, RunView

GAP, BAR, TOP = 16.0, 12.0, 6.0
SMALLEST = 1.0
"""Height below which a bar is drawn no smaller (its label would have nothing to point at)."""

SOURCES = ("local_taxes", "allocation", "earmarked", "national_taxes")
USES = ("services", "other_needs", "left_in_pool")


@dataclass(frozen=True)
class Flow:
    """An amount from one node to the next, million yen a year."""

    source: str
    target: str
    amount: float


def flows(run: RunView, today: bool) -> list[Flow]:
    """Flows of a run, today or under the package.

    Into a tier: local taxes at standard rates, ordinary allocation, earmarked grants; for the nation its own taxes, for
    a union of prefectures what these pay (shown with their taxes). Out of it: gross spending on the services, and the
    rest, which pays other needs and debt service or is left. What the formula leaves of the pool is
    released: it stays with the nation.
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
    room = height - 2 * TOP - GAP * (max(map(len, (SOURCES, TIERS, USES))) - 1)
    scale = room / most
    bars: dict[str, Bar] = {}
    for number, names in enumerate(columns):
        x, y = number * (width - BAR) / 2, TOP
        for name in names:
            amount = max(into.get(name, 0.0), out.get(name, 0.0))
            bars[name] = Bar(name, x, y, max(SMALLEST, amount * scale), amount, number)
            y += bars[name].height + GAP
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
