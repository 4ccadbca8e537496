"""Bodies, the user's and today's, that a part of a case cannot hold: some of their members lie in it, others beyond it.

Half a body is another body: the whole is kept out of the part, and said to be.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

MOST_NAMED = 5
"""Members beyond the part that a notice names."""


def within(bodies: pd.DataFrame, prefectures: Collection[str]) -> pd.Series:
    """Whether each row of `bodies` (columns body_id, code) is of a body whose members all lie in the prefectures."""
    inside = bodies["code"].str[:2].isin(list(prefectures))
    return inside.groupby(bodies["body_id"]).transform("all").astype(bool)


def notices(bodies: pd.DataFrame, prefectures: Collection[str], table: str = "bodies.csv") -> list[str]:
    """A sentence for every body of a table that lies in the prefectures in part, by name."""
    inside = bodies["code"].str[:2].isin(list(prefectures))
    return [
        _said(str(name), table, sorted(members["code"][~inside[members.index]]))
        for name, members in bodies.groupby("body_id")
        if inside[members.index].any() and not inside[members.index].all()
    ]


def _said(name: str, table: str, beyond: list[str]) -> str:
    more = f" and {len(beyond) - MOST_NAMED} more" if len(beyond) > MOST_NAMED else ""
    others = ", ".join(sorted({code[:2] for code in beyond}))
    return (
        f"the body {name} of {table} is kept out: of its members {', '.join(beyond[:MOST_NAMED])}{more} lie beyond "
        f"the prefectures asked for (ask for {others} too to have it)"
    )
