"""What a plan chosen for many worlds says first: what to do now, what only if something is known, what to leave, and
what to find out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from optimization.report.language import Speaker

MIL = "_million_yen"
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
        *_changes(tables["conditional_changes"], service, say),
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


def _changes(changes: pd.DataFrame, service: Callable[[str], str], say: Speaker) -> Iterator[tuple[str, str]]:
    for verdict in ("now", "only_if", "leave"):
        here = changes[changes["verdict"] == verdict]
        said = []
        keys = ["service", "tier", "group", "above", "level"]
        for (name, tier, group, above, level), part in here.groupby(keys, sort=False, dropna=False):
            text = say(
                "worlds_change",
                service=service(str(name)),
                tier=say.word(str(tier)),
                groups=say.number(len(part)),
            )
            if isinstance(group, str) and group:
                side = "worlds_above" if above else "worlds_below"
                text += say(side, group=say.word(f"numbers_{group}"), level=say.number(float(level), 2))
            said.append(text)
        more = (
            [say("worlds_more", count=say.number(len(said) - MOST_NAMED))] if len(said) > MOST_NAMED else []
        )
        none = say("worlds_none")
        yield say(f"worlds_{verdict}"), "; ".join([*said[:MOST_NAMED], *more]) or none


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
