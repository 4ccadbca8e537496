"""The verdicts of a run as tables, and as a map of the places where all that it does is sure, and where some of it
hangs on what is not known."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd

from optimization.case.rule_groups import group_labels
from optimization.report.language import Speaker
from optimization.report.verdicts import (
    WHOLE,
    Names,
    Tables,
    find_out,
    hanging,
    nearest_of,
    number_called,
    spanned,
    valued,
)
from optimization.report.view import RunView

ABOVE = {"above": "verdict_cell_above", "below": "verdict_cell_below"}
CLASSES = ("map_open_0", "map_open_1", "map_open_2", "map_open_3", "map_open_4")
ORDER = {"now": 0, "only_if": 1, "leave": 2}


def tells(tables: Tables) -> bool:
    """Whether a run has verdicts of draws."""
    return "change_verdicts" in tables and "conditional_changes" not in tables


def section(run: RunView, names: Names, say: Speaker) -> dict[str, Any] | None:
    """The tables of what to do now, only if and not, and what to find out first; None where a run tells none, or those
    of a plan chosen for many worlds take their place."""
    if not tells(run.tables):
        return None
    heads = [say(key) for key in ("c_service", "saved_to", "c_group", "c_verdict", "c_saved_range", "c_pays")]
    shared = ("c_service", "c_groups_all", "c_groups_now", "c_groups_open", "c_hangs")
    return {
        "lead": say(
            "verdict_lead", draws=say.number(run.record["saving_range"]["draws"]), asked=_asked(run, say)
        ),
        "plan": planned(run.tables, names, say),
        "plan_heads": [*heads, say("c_hangs")],
        "together": together(run.tables, names, say),
        "together_heads": [say(key) for key in shared],
        "stay": staying(run.tables, names, say),
        "stay_heads": [*heads, say("c_why")],
        "agenda": find_out(run.tables, names, say),
    }


def _asked(run: RunView, say: Speaker) -> str:
    """What a change must save to pay."""
    asked = run.settings["choice.change_threshold_million_yen"]
    return say("verdict_asked", asked=say.money(asked)) if asked else say("verdict_asked_nothing")


def planned(tables: Tables, names: Names, say: Speaker) -> list[list[str]]:
    """Every change of the plan: service, tier, class, verdict, saving with its range, in how many draws it pays, and on
    what it hangs."""
    table = tables["change_verdicts"]
    inside = table[table["in_plan"] == 1]
    order = inside["verdict"].map(ORDER).argsort(kind="stable")
    return [[*_what_it_saves(row, names, say), _hangs(row, say)] for _, row in inside.iloc[order].iterrows()]


def _what_it_saves(row: pd.Series, names: Names, say: Speaker) -> list[str]:
    """The first cells of a change: service, tier, class, verdict, saving with its range, in how many draws it pays."""
    return [
        names.service(row["service"]),
        say.word(row["tier"]),
        names.group(row["rule_group"]),
        say.word(row["verdict"]),
        spanned(row, say),
        say("verdict_paid", paid=say.number(row["draws_paid"]), draws=say.number(row["draws"])),
    ]


def _hangs(row: pd.Series, say: Speaker) -> str:
    """On what a verdict hangs, in a cell."""
    told = say.word(str(row["reason"])) if row.get("reason") in (WHOLE, "needed") else ""
    if not isinstance(row["group"], str) or not row["group"]:
        return told or "–"
    text = say(
        ABOVE[row["number_side"]],
        number=number_called(row["group"], row["number"], say),
        value=valued(float(row["threshold"]), str(row["unit"]), say),
        right=say.number(row["draws_told"]),
        draws=say.number(row["draws"]),
    )
    return f"{told}{'：' if say.language == 'ja' else ': '}{text}" if told else text


def together(tables: Tables, names: Names, say: Speaker) -> list[list[str]]:
    """Acting together otherwise than today by service: groups of municipalities, how many of them are sure, and on what
    the others hang."""
    table, rows = tables["together_verdicts"], []
    for service, part in table.groupby("service", sort=False):
        open_ = part[part["verdict"] == "only_if"].fillna({"group": ""})
        rows.append(
            [
                names.service(str(service)),
                say.number(len(part)),
                say.number((part["verdict"] == "now").sum()),
                say.number(len(open_)),
                say.listed(hanging(open_, say)) or "–",
            ]
        )
    return rows


def staying(tables: Tables, names: Names, say: Speaker) -> list[list[str]]:
    """Of every service that is left, or would pay under a condition, the change that comes nearest to paying: where to
    and for whom, its saving with its range, in how many draws it pays, why it stays or on what it hangs."""
    table = tables["change_verdicts"]
    others = table[(table["in_plan"] == 0) & (table["verdict"] == "only_if")]
    rows = [*others.iterrows(), *nearest_of(table[~table["service"].isin(others["service"])]).iterrows()]
    return [
        [
            *_what_it_saves(row, names, say),
            _hangs(row, say) if row["verdict"] == "only_if" else say.word(str(row["reason"])),
        ]
        for _, row in rows
    ]


def open_places(run: RunView) -> dict[str, int]:
    """The class of every municipality: 0 where nothing changes, 1 where all that changes is sure, then by the part that
    is open up to 4 where all of it is. What changes are its duties that go to another tier, and the services that it
    shares otherwise than today."""
    changes, both = run.tables["change_verdicts"], run.tables["together_verdicts"]
    inside = changes[changes["in_plan"] == 1]
    sure = {(row.service, row.rule_group): row.verdict == "now" for row in inside.itertuples()}
    label = group_labels(run.case.municipalities, run.settings["rules.groups"])
    number, unsure = Counter[str](), Counter[str]()
    provision = run.tables["provision"]
    for code, service in provision[["code", "service"]].itertuples(index=False):
        if (found := sure.get((service, str(label[code])))) is not None:
            number[code] += 1
            unsure[code] += not found
    for members, verdict in both[["member_codes", "verdict"]].itertuples(index=False):
        for code in members.split("|"):
            number[code] += 1
            unsure[code] += verdict != "now"
    return {code: _class(number[code], unsure[code]) for code in run.case.codes}


def _class(number: int, unsure: int) -> int:
    """The class of a place where some things change, of which some are open."""
    if not number:
        return 0
    share = unsure / number
    return 1 if share == 0.0 else 2 if share <= 0.5 else 3 if share < 1.0 else 4


def open_key(say: Speaker) -> list[str]:
    """Words of the classes of the map."""
    return [say(key) for key in CLASSES]
