"""What to do now, what to wait for, what to leave and what to find out first, in words: of draws with the plan held,
or, where a plan was chosen for many worlds, of these worlds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import pandas as pd

from optimization.dictionary.parameters import load_parameters, parameter_label
from optimization.dictionary.settings import load_settings
from optimization.report import many_worlds
from optimization.report.language import Speaker
from optimization.report.many_worlds import few

MIL = "_million_yen"
ABOVE = {"above": "verdict_above", "below": "verdict_below"}
WHOLE = "together"
"""Reason of a change whose service as a whole hangs on something."""

NAMED = 4
"""Changes, services and groups that a row names."""

OBVIOUS = "scale_realisation"
"""The parameter that the words of its group name already; those of a setting always do."""

Tables = Mapping[str, pd.DataFrame]


class Names(NamedTuple):
    """What services and rule groups of a run are called."""

    service: Callable[[str], str]
    group: Callable[[str], str]


class Said(NamedTuple):
    """A row: its label, and the texts in it one by one."""

    label: str
    texts: list[str]


def rows(tables: Tables, names: Names, say: Speaker) -> list[tuple[str, str]]:
    """Rows of label and text: those of a plan chosen for many worlds where it is one, else those of the draws; none of
    a run of before there were either."""
    return [(label, joined(texts, say)) for label, texts in said(tables, names, say)]


def said(tables: Tables, names: Names, say: Speaker) -> list[Said]:
    """The rows with their texts apart."""
    certified = many_worlds.rows(tables, names.service, say)
    if certified:
        return [*(Said(label, [text]) for label, text in certified), *_otherwise(tables, names, say)]
    if "change_verdicts" not in tables:
        return []
    return [
        Said(say("verdict_now"), _now(tables, names, say)),
        *_only_if(tables, names, say),
        Said(say("verdict_leave"), _leave(tables, names, say)),
        Said(say("verdict_find_out"), find_out(tables, names, say)),
    ]


def in_draws(tables: Tables, draws: int, say: Speaker) -> str:
    """How much of the plan pays in nearly all draws, in a sentence; empty of one that changes nothing."""
    changes, groups = tables["change_verdicts"], tables["together_verdicts"]
    inside = changes[changes["in_plan"] == 1]
    if not len(inside) and not len(groups):
        return ""
    return say(
        "sure_draws" if len(inside) else "sure_draws_groups",
        draws=say.number(draws),
        now=say.number((inside["verdict"] == "now").sum()),
        changes=say.number(len(inside)),
        sure=say.number((groups["verdict"] == "now").sum()),
        groups=say.number(len(groups)),
    )


def _otherwise(tables: Tables, names: Names, say: Speaker) -> Iterator[Said]:
    """Where the draws with the plan held say something else than the worlds for which it was chosen."""
    if "change_verdicts" not in tables:
        return
    key = ["service", "rule_group", "tier"]
    both = tables["conditional_changes"].merge(tables["change_verdicts"], on=key, suffixes=("", "_draws"))
    apart = both[both["verdict"] != both["verdict_draws"]]
    if len(apart):
        told = [
            say("verdict_apart_item", change=_called(row["service"], row["tier"], [row["rule_group"]], names, say),
                ours=say.word(row["verdict"]), draws=say.word(row["verdict_draws"]))
            for _, row in apart.iterrows()
        ]  # fmt: skip
        yield Said(say("verdict_apart"), few(told, NAMED, say))


def joined(told: list[str], say: Speaker) -> str:
    """Texts one after another; that there is nothing where there are none."""
    return ("；" if say.language == "ja" else "; ").join(told) or say("verdict_nothing")


def _called(service: str, tier: str, groups: list[str], names: Names, say: Speaker) -> str:
    """A service that goes to a tier in some rule groups."""
    listed = say.listed([names.group(group) for group in groups]) if len(groups) <= NAMED else ""
    key = "verdict_change" if listed else "verdict_change_many"
    return say(
        key,
        service=names.service(service),
        tier=say.word(tier),
        groups=listed,
        count=say.number(len(groups)),
    )


def spanned(row: Mapping[str, float], say: Speaker, of: str = "saving") -> str:
    """A saving with its range."""
    amounts = {
        name: say.money(float(row[f"{of}{end}{MIL}"]), signed=True)
        for name, end in (("saved", ""), ("low", "_low"), ("high", "_high"))
    }
    return say("verdict_saving", **amounts)


def changes_of(table: pd.DataFrame, verdict: str, inside: bool) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """The changes of a verdict by service and tier, those that save most together first."""
    here = table[(table["verdict"] == verdict) & ((table["in_plan"] == 1) == inside)]
    found = list(here.groupby(["service", "tier"], sort=False))
    for (service, tier), part in sorted(found, key=lambda each: -each[1][f"saving_middle{MIL}"].sum()):
        yield str(service), str(tier), part


def _now(tables: Tables, names: Names, say: Speaker) -> list[str]:
    table = tables["change_verdicts"]
    told = []
    for service, tier, part in changes_of(table, "now", inside=True):
        change = _called(service, tier, list(part["rule_group"]), names, say)
        moved = int(((table["service"] == service) & (table["in_plan"] == 1)).sum())
        alone = len(part) == moved == 1
        saved = spanned(part.iloc[0], say, "saving" if alone else "service_saving")
        key = (
            "verdict_now_alone" if alone else "verdict_now_all" if len(part) == moved else "verdict_now_with"
        )
        told.append(say(key, change=change, saved=saved, count=say.number(moved)))
    together = tables.get("together_verdicts")
    if together is not None and len(together):
        sure = together[together["verdict"] == "now"]
        if len(sure):
            told.append(_together("verdict_now_together", sure, len(together), names, say))
    return told


def _together(key: str, part: pd.DataFrame, of: int, names: Names, say: Speaker) -> str:
    """Groups of municipalities that act together, by service."""
    counts = part["service"].value_counts()
    named = [
        f"{names.service(str(service))} {say.number(count)}" for service, count in counts.head(NAMED).items()
    ]
    return say(key, count=say.number(len(part)), all=say.number(of), services=say.listed(named))


def _only_if(tables: Tables, names: Names, say: Speaker) -> Iterator[Said]:
    """What is in the plan and hangs on something, then what is not and would pay under a condition."""
    table = tables["change_verdicts"]
    told = [_conditional(service, tier, part, names, say)
            for service, tier, parts in changes_of(table, "only_if", inside=True)
            for part in _by_condition(parts)]  # fmt: skip
    together = tables.get("together_verdicts")
    if together is not None and (together["verdict"] == "only_if").any():
        told.append(_open_together(together, names, say))
    yield Said(say("verdict_only_if"), told)
    outside = [_conditional(service, tier, part, names, say)
               for service, tier, parts in changes_of(table, "only_if", inside=False)
               for part in _by_condition(parts)]  # fmt: skip
    if outside:
        yield Said(say("verdict_would"), few(outside, NAMED, say))


def _by_condition(part: pd.DataFrame) -> list[pd.DataFrame]:
    """Changes of one service by the group on whose side they hang; all of them where the service hangs as a whole."""
    if (part["reason"] == WHOLE).any():
        return [part]
    keys = ["group", "number_side"]
    return [each for _, each in part.fillna({"group": ""}).groupby(keys, sort=False, dropna=False)]


def _conditional(service: str, tier: str, part: pd.DataFrame, names: Names, say: Speaker) -> str:
    """Changes of one service on one condition, with what they save."""
    change = _called(service, tier, list(part["rule_group"]), names, say)
    whole = part[part["reason"] == WHOLE]
    alone = len(part) == 1 and whole.empty
    row = (part if whole.empty else whole).iloc[0]
    told = say(
        "verdict_open_one" if alone else "verdict_open_all",
        change=change,
        saved=spanned(row, say, "saving" if alone else "service_saving"),
        paid=say.number(row["draws_paid" if alone else "service_draws_paid"]),
        draws=say.number(row["draws"]),
    )
    return told + condition(part if whole.empty else whole, say)


def condition(part: pd.DataFrame, say: Speaker) -> str:
    """On which side of which value of which number changes pay, and how many draws that tells right; that no one group
    tells where none does."""
    row = part.iloc[0]
    if not isinstance(row["group"], str) or not row["group"]:
        return say("verdict_no_condition")
    low, high = (valued(f(part["threshold"].astype(float)), str(row["unit"]), say) for f in (min, max))
    right = say.number(part["draws_told"].astype(float).min())
    return say(
        ABOVE[row["number_side"]],
        number=number_called(str(row["group"]), str(row["number"]), say),
        value=low if low == high else say("verdict_between", low=low, high=high),
        taken=valued(float(row["taken"]), str(row["unit"]), say),
        right=right,
        draws=say.number(row["draws"]),
    )


def number_called(group: str, key: str, say: Speaker) -> str:
    """A number as a reader knows it: the words of its group, and its own where these do not say which it is."""
    told = say.word(f"numbers_{group}")
    own = key.rpartition(".")[2]
    if key in load_settings() or own == OBVIOUS or own not in load_parameters():
        return told
    return say("verdict_number", group=told, number=parameter_label(own, say.language))


def valued(value: float, unit: str, say: Speaker) -> str:
    """A value of a number: a ratio as per cent, money with its unit."""
    if unit.startswith("ratio"):
        return say.share(value, 0 if abs(value) >= 0.1 else 2)
    if unit.startswith("million yen"):
        return say.money(value)
    return say.number(value, 0 if abs(value) >= 100 else 2)


def _open_together(together: pd.DataFrame, names: Names, say: Speaker) -> str:
    """How many groups of municipalities hang on what."""
    part = together[together["verdict"] == "only_if"].fillna({"group": ""})
    told = _together("verdict_open_together", part, len(together), names, say)
    named = hanging(part, say)[:NAMED]
    return told + (say("verdict_hang", groups=say.listed(named)) if named else "")


def hanging(part: pd.DataFrame, say: Speaker) -> list[str]:
    """On what groups of municipalities hang, most of them first; an empty `group` hangs on nothing that is known."""
    hangs = part[part["group"] != ""]["group"].value_counts()
    return [
        say("verdict_hangs", group=say.word(f"numbers_{group}"), count=say.number(count))
        for group, count in hangs.items()
    ]


def _leave(tables: Tables, names: Names, say: Speaker) -> list[str]:
    """How many duties stay and why, with those named that came nearest."""
    table = tables["change_verdicts"]
    stays = table[table["verdict"] == "leave"]
    if stays.empty:
        return []
    counts = stays["reason"].value_counts()
    key = "verdict_reason_only" if len(counts) == 1 else "verdict_reason"
    why = [
        say(key, count=say.number(count), reason=say.word(str(reason))) for reason, count in counts.items()
    ]
    nearest = nearest_of(table).head(NAMED - 1)
    named = [
        say(
            "verdict_near_next" if n else "verdict_near",
            change=_called(row["service"], row["tier"], [row["rule_group"]], names, say),
            saved=spanned(row, say),
            paid=say.number(row["draws_paid"]),
            draws=say.number(row["draws"]),
        )
        for n, (_, row) in enumerate(nearest.iterrows())
    ]
    return [say("verdict_left", count=say.number(len(stays)), why=say.listed(why)), *named]


def nearest_of(table: pd.DataFrame) -> pd.DataFrame:
    """Of every service that is left, the change that pays in most draws (of equals the one that saves most in the
    middle one), the nearest to paying of all first."""
    stays = table[table["verdict"] == "leave"]
    order = stays.sort_values(["draws_paid", f"saving_middle{MIL}"], ascending=False, kind="stable")
    return order.drop_duplicates("service")


def find_out(tables: Tables, names: Names, say: Speaker) -> list[str]:
    """The groups of numbers whose knowing first would save most, each with what it decides."""
    if "worth_knowing" not in tables:
        return []
    worth, changes = tables["worth_knowing"], tables["change_verdicts"]
    told = []
    deciding = (worth[f"worth{MIL}"] > 0) & (worth["changes_decided"] + worth["groups_decided"] > 0)
    for _, row in worth[deciding].head(NAMED - 1).iterrows():
        mine = changes[changes["group"] == row["group"]]
        services = [names.service(str(each)) for each in dict.fromkeys(mine["service"])]
        decides = [say("verdict_decides", services=say.listed(services[:NAMED]))] if services else []
        if row["groups_decided"]:
            decides.append(say("verdict_decides_groups", count=say.number(row["groups_decided"])))
        told.append(
            say(
                "verdict_worth",
                group=say.word(f"numbers_{row['group']}"),
                worth=say.money(row[f"worth{MIL}"]),
            )
            + say("verdict_decided", what=say.listed(decides))
        )
    return told
