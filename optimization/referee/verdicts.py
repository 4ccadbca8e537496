"""Verdicts on changes re-checked from the tables: they are of the statute that is written, and follow from their own
figures by the rule that `now`, `only_if` and `leave` stand for."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

Tables = Mapping[str, pd.DataFrame]
SURE = 0.9
"""Part of the draws that a change done now pays in, and that a condition on one the plan has not tells right."""

ROUNDING = 1e-6
NEAR = 1e-4
"""How near two prices of a change must be, as a part of them."""

MIL = "_million_yen"
APART = (
    "observed_sharing",
    "crisis_response",
    "crisis_shortage",
    "crisis_reserve",
    "crisis_lead",
    "crisis_apart",
)
"""Terms of the objective that prices of changes hold, and savings in draws do not."""


def verdict_checks(tables: Tables, record: Mapping[str, Any]) -> dict[str, bool]:
    """What holds of the tables of verdicts; nothing of a run that tells none."""
    if "change_verdicts" not in tables:
        return {}
    changes, statute = tables["change_verdicts"], tables["responsibility"]
    moved = statute[statute["tier"] != statute["tier_today"]]
    inside = changes[changes["in_plan"] == 1]
    named = [
        sorted(zip(each["service"], each["rule_group"], each["tier"], strict=True))
        for each in (inside, moved)
    ]
    found = {
        "the duties done now or only if are those of the statute": named[0] == named[1],
        "every verdict follows from its draws": bool(_follow(changes).all()),
    }
    if "together_verdicts" in tables:
        both = tables["together_verdicts"]
        found["every verdict on acting together follows from its draws"] = bool(
            (_now(both) == (both["verdict"] == "now")).all()
        )
    spread, parts = record.get("saving_range"), record["objective_parts_million_yen"]
    beside = any(parts.get(name) for name in APART)
    if "priced_changes" in tables and spread and not spread["first_year"] and not beside:
        found["a change has one saving in all tables"] = _one_saving(inside, tables["priced_changes"])
    return found


def _now(table: pd.DataFrame) -> pd.Series:
    """Whether something pays in enough draws, and loses in the worst no more than it saves in the middle one."""
    least, middle = (table[f"saving_{name}{MIL}"].astype(float) for name in ("least", "middle"))
    return (table["draws_paid"] >= SURE * table["draws"] - ROUNDING) & (least >= -middle - ROUNDING)


def _follow(table: pd.DataFrame) -> pd.Series:
    """Whether each verdict on a change follows from its figures."""
    inside, needed = table["in_plan"] == 1, table["reason"] == "needed"
    told = table["draws_told"].astype(float) >= SURE * table["draws"] - ROUNDING
    own = table["verdict"].where(inside, "")
    together = table["service_draws_paid"] >= SURE * table["draws"] - ROUNDING
    of_plan = (own == "now") == (needed | (_now(table) & together))
    of_others = (table["verdict"] != "now") & ((table["verdict"] == "leave") | told)
    ordered = np.ones(len(table), dtype=bool)
    ends = [table[f"saving_{name}{MIL}"].astype(float) for name in ("least", "low", "middle", "high")]
    for lower, upper in pairwise(ends):
        ordered &= (lower <= upper + ROUNDING).to_numpy()
    return pd.Series(np.where(inside, of_plan & (own != "leave"), of_others) & ordered, index=table.index)


def _one_saving(changes: pd.DataFrame, priced: pd.DataFrame) -> bool:
    """Whether a change that both tables price saves the same in both."""
    key = ["service", "rule_group"]
    both = changes.merge(priced[[*key, f"saving{MIL}"]], on=key, suffixes=("", "_priced"))
    ours, theirs = (both[f"saving{MIL}{end}"].astype(float) for end in ("", "_priced"))
    apart = (ours - theirs).abs() > NEAR * np.maximum(1.0, theirs.abs())
    return not bool((apart & theirs.notna()).any())
