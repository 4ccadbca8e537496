"""The second route for bundles: joint work reckoned from who answers, as the tables of a run say."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

TABLE = "joint_work"
MIL = "_million_yen"
Tables = Mapping[str, pd.DataFrame]


def apart(tables: Tables, year: int | None = None, suffix: str = "") -> pd.DataFrame:
    """The rows of the table of joint work (of one year) with `answer`: 1 where two tiers answer for the bundle in the
    statute of a phase; no rows for a run of before there was such a table."""
    if TABLE not in tables:
        return pd.DataFrame({"answer": [], f"base{MIL}": [], "rate_ratio": [], f"cost{MIL}": [], "apart": []})
    keys = ["service", "rule_group"]
    table, statute = tables[TABLE], tables[f"responsibility{suffix}"].drop_duplicates(keys)
    table = table if year is None else table[table["year"] == year]
    tier = statute.set_index(keys)["tier"]
    one, other = (
        tier.reindex(pd.MultiIndex.from_frame(table[[column, "rule_group"]])).to_numpy(object)
        for column in ("service", "with_service")
    )
    return table.assign(answer=(one != other).astype(int))


def joint_work(tables: Tables, year: int | None = None, suffix: str = "") -> float:
    """Joint work of a year before its weight, million yen: rate x base of the bundles for which two tiers answer."""
    rows = apart(tables, year, suffix)
    return float((rows["rate_ratio"] * rows[f"base{MIL}"] * rows["answer"]).sum())


def told_as_it_is(tables: Tables) -> bool:
    """Whether the table says of every bundle what the statute does, and the cost that follows, today and now."""
    if TABLE not in tables:
        return True
    first = tables[TABLE]["year"].min()
    rows = apart(tables, first)
    agree = bool((rows["apart"].astype(int) == rows["answer"]).all())
    for when in ("", "_today"):
        cost = tables[TABLE][f"base{MIL}"] * tables[TABLE]["rate_ratio"] * tables[TABLE][f"apart{when}"]
        agree &= bool((cost - tables[TABLE][f"cost{when}{MIL}"]).abs().le(1e-9 * (1.0 + cost.abs())).all())
    return agree
