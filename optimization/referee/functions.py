"""The second route for the functions of duties: the written table against the statute and the measures."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from optimization.dictionary.tiers import TIERS

TABLE = "functions"
HELD = ("standard_tier", "paying_tier", "delivering_tier")
KEYS = ["service", "rule_group"]
MEASURE = "spending_whose_functions_differ"
Tables = Mapping[str, pd.DataFrame]


def told_as_it_is(tables: Tables) -> bool:
    """Whether each function of every debated duty has one holder (R1), who answers pays, tiers are counted right and
    the measure is what the table says, today and now."""
    table = tables[TABLE]
    once = not table.duplicated(KEYS).any()
    statute = tables["responsibility"].drop_duplicates(KEYS).set_index(KEYS)
    duties = statute[statute.index.get_level_values("service").isin(table["service"])].index
    every = set(duties) == set(pd.MultiIndex.from_frame(table[KEYS]))
    measures = tables["measures"].set_index("measure")
    agree = once and every
    for when, of, side in (("_today", "tier_today", "today"), ("", "tier", "under_package")):
        held = table[[f"{name}{when}" for name in HELD]]
        pays = statute[of].reindex(pd.MultiIndex.from_frame(table[KEYS])).to_numpy(object)
        count = table[f"tiers_involved{when}"].astype(int)
        spent = table[f"budget_cost{when}_million_yen"].astype(float)
        share = float(spent[count > 1].sum() / spent.sum())
        agree &= bool(held.isin(TIERS).all(axis=None))
        agree &= bool((table[f"paying_tier{when}"] == pays).all() and (held.nunique(axis=1) == count).all())
        agree &= abs(share - float(measures.at[MEASURE, side])) <= 1e-9
    return agree
