"""What a plan chosen for many worlds says first: what to do now, what only if something is known, what to leave, and
what to find out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from optimization.report.language import Speaker

MIL = "_million_yen"
CUTS = ("group", "above", "level", "and_group", "and_above", "and_level")
"""Columns of a condition of one cut or two."""

MOST_NAMED = 8
"""Changes and groups that a row names."""

Tables = Mapping[str, pd.DataFrame]


def rows(tables: Tables, service: Callable[[str], str], say: Speaker) -> list[tuple[str, str]]:
    """Rows of label and text from the tables of a recommendation, `service` giving the name of one; none of another
    run."""
    if not {"worlds", "robustness", "conditional_changes", "information"} <= tables.keys():
        return []
    return [
        *_regret(tables, say),
        *_changes(tables, service, say),
        *_find_out(tables, say),
    ]


def _regret(tables: Tables, say: Speaker) -> Iterator[tuple[str, str]]:
    worlds, plans = tables["worlds"], tables["robustness"].set_index("plan")
    own, central = (
        plans.loc[name if name in plans.index else "recommended"] for name in ("recommended", "central")
    )
    text = say(
        "worlds_regret",
        worlds=say.number(len(worlds)),
        regret=say.money(own[f"worst_regret{MIL}"]),
        central=say.money(central[f"worst_regret{MIL}"]),
        more=say.money(own[f"more_than_central{MIL}"]),
    )
    yield say("worlds_label"), text
    broken = worlds[worlds["breaches"] > 0]
    if len(broken):
        named = [f"{row.world} ({str(row.limits_broken).replace('|', ', ')})" for row in broken.itertuples()]
        yield say("worlds_broken"), say.listed(named)


def _changes(tables: Tables, service: Callable[[str], str], say: Speaker) -> Iterator[tuple[str, str]]:
    for verdict in ("now", "only_if", "leave"):
        changes = tables["conditional_changes"]
        here = changes[changes["verdict"] == verdict]
        said = []
        keys = ["service", "tier", *(key for key in CUTS if key in here)]
        for found, part in here.groupby(keys, sort=False, dropna=False):
            row = dict(zip(keys, found, strict=True))
            text = say(
                "worlds_change",
                service=service(str(row["service"])),
                tier=say.word(str(row["tier"])),
                groups=say.number(len(part)),
            )
            said.append(text + _cuts(row, say) + _costs(part, say))
        families = tables.get("body_families")
        together = [] if families is None or "verdict" not in families else _families(families, verdict, say)
        none = say("worlds_none")
        yield say(f"worlds_{verdict}"), "; ".join([*few(said, MOST_NAMED, say), *together]) or none


def few(told: list[str], most: int, say: Speaker) -> list[str]:
    """The first of some texts, and how many more there are."""
    more = len(told) - most
    return [*told[:most], say("worlds_more", count=say.number(more))] if more > 0 else told


def _cuts(row: Mapping[str, object], say: Speaker) -> str:
    """The cuts of a condition, one or two; empty where there is none."""
    text = ""
    for before in ("", "and_"):
        group = row.get(f"{before}group")
        if isinstance(group, str) and group:
            side = "worlds_above" if row[f"{before}above"] else "worlds_below"
            level = say.number(float(str(row[f"{before}level"])), 2)
            text += say(side, group=say.word(f"numbers_{group}"), level=level)
    return text


def _costs(part: pd.DataFrame, say: Speaker) -> str:
    """What giving up a change costs from world to world; empty where it is not told."""
    ends = [f"costs_at_{end}{MIL}" for end in ("best", "worst")]
    if not set(ends) <= set(part) or part[ends].isna().any(axis=None):
        return ""
    low, high = part[ends[0]].min(), part[ends[1]].max()
    return say("worlds_costs", low=say.money(low, signed=True), high=say.money(high, signed=True))


def _families(families: pd.DataFrame, verdict: str, say: Speaker) -> list[str]:
    """How many bodies of the plan have a verdict, as families of a seat with some of its neighbours."""
    count = int((families["verdict"] == verdict).sum())
    return [say("worlds_families", count=say.number(count), all=say.number(len(families)))] if count else []


def _find_out(tables: Tables, say: Speaker) -> Iterator[tuple[str, str]]:
    """The groups of numbers whose knowing would save most, first."""
    worth = tables["information"]
    worth = worth[worth[f"expected_value{MIL}"] > 0].head(2)
    said = [
        say(
            "worlds_worth",
            group=say.word(f"numbers_{row['group']}"),
            value=say.money(row[f"expected_value{MIL}"]),
            falls=say.money(max(0.0, row[f"worst_regret_falls{MIL}"])),
        )
        for _, row in worth.iterrows()
    ]
    yield say("worlds_find_out"), "; ".join(said) or say("worlds_none")
