"""The recommendation in plain sentences: what moves, what it saves, who loses, how sure, what if travel is dearer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from optimization.archive import distance_of
from optimization.archive.form import AGAIN
from optimization.case.parameters import ASSUMED
from optimization.dictionary.tiers import rank
from optimization.errors import InputError, Problem
from optimization.ledger.cost_kinds import JUDGEMENT, PARTS, real_cost
from optimization.outcome.existing_table import fates
from optimization.report.flows import left_in_pool
from optimization.report.gains import changes, losers
from optimization.report.language import Speaker
from optimization.report.opening import ends
from optimization.report.roles import Move, cost_changes, moves
from optimization.report.verdicts import in_draws
from optimization.report.view import RunView

NAMED = 3
"""Moves, services and governments that a sentence names."""

FEW = 6
"""Losing governments that are all named."""

ROUNDED = 0.05
"""Half of the last digit of travel minutes in the table."""

PRICES = ("access", "coordination", "uniformity", "transition", "units", "bodies", "joint_work")
"""Parts of the cost that hang on a price which is assumed."""


@dataclass(frozen=True)
class Part:
    """A part of the cost, million yen a year."""

    name: str
    today: float
    now: float

    @property
    def change(self) -> float:
        """What the package adds."""
        return self.now - self.today


def parts(run: RunView) -> list[Part]:
    """Parts of the cost that are not nought both today and under the package."""
    before = run.record["baseline_parts_million_yen"]
    after = run.record["objective_parts_million_yen"]
    found = [Part(name, float(before.get(name, 0.0)), float(now)) for name, now in after.items()]
    return [part for part in found if part.today or part.now]


def real_costs(run: RunView) -> tuple[float, float]:
    """What today and the package really cost, million yen a year: without terms of judgement."""
    before, after = (run.record[f"{when}_parts_million_yen"] for when in ("baseline", "objective"))
    return real_cost(before), real_cost(after)


def saving(run: RunView) -> float:
    """What the package really saves, million yen a year; negative where it costs more."""
    today, now = real_costs(run)
    return today - now


@dataclass(frozen=True)
class BreakEven:
    """A price that may be wrong: the saving (million yen a year) if it were twice as high, the plan staying as it is,
    and the multiple at which the saving is gone (infinite where never)."""

    part: Part
    at_double: float
    multiple: float


def break_even(run: RunView) -> list[BreakEven]:
    """saving at a multiple f of a price = saving - (f - 1) x change of its part; gone at f = 1 + saving / change."""
    total = saving(run)
    found = []
    for part in parts(run):
        if part.name in PRICES:
            multiple = 1.0 + total / part.change if part.change > 0 and total > 0 else float("inf")
            found.append(BreakEven(part, total - part.change, multiple))
    return sorted(found, key=lambda each: each.multiple)


def realised_share(run: RunView) -> float | None:
    """Least share of the fall in standard cost that must come true for the plan to pay; None where it does not fall or
    the plan does not pay."""
    standard = next((part for part in parts(run) if part.name == "standard"), None)
    if standard is None or standard.change >= 0 or saving(run) <= 0:
        return None
    return max(0.0, 1.0 - saving(run) / -standard.change)


def recommendation(run: RunView, say: Speaker) -> list[str]:
    """Half a page of sentences, in the order in which readers ask."""
    return [
        _what_moves(run, say),
        _what_it_saves(run, say),
        _money(run, say),
        _together(run, say),
        _who_loses(run, say),
        _how_sure(run, say),
        _what_if_travel(run, say),
    ]


def _what_moves(run: RunView, say: Speaker) -> str:
    table = run.tables["responsibility"]
    changed = table[table["changed"] == 1]
    if changed.empty:
        return say("moves_none")
    up = int((changed["tier"].map(rank) > changed["tier_today"].map(rank)).sum())
    going: dict[str, list[Move]] = {}
    for move in moves(run):
        going.setdefault(move.service, []).append(move)
    costs = cost_changes(run)
    named = say.listed([_move(run, each, costs[each[0].service], say) for each in [*going.values()][:NAMED]])
    return say(
        "moves_some",
        duties=say.number(len(table)),
        moved=len(changed),
        up=up,
        down=len(changed) - up,
        moves=named,
    )


def _move(run: RunView, going: Sequence[Move], change: float, say: Speaker) -> str:
    """Where a service goes, and the change of its whole cost (million yen a year)."""
    tiers = [say("move_tier", tier=say.word(move.tier), people=say.people(move.people)) for move in going]
    key = "move_item" if change <= 0 else "move_item_dearer"
    service = run.service(going[0].service, say)
    return say(key, service=service, tiers=say.listed(tiers), saving=say.money(abs(change)))


def _what_it_saves(run: RunView, say: Speaker) -> str:
    today, now = real_costs(run)
    amount = today - now
    if abs(amount) < 0.5:
        return say("costs_same", now=say.money(now))
    real = [part for part in parts(run) if part.name not in PARTS[JUDGEMENT]]
    largest = sorted(real, key=lambda part: -abs(part.change))
    items = [
        say("part_item", part=say.word(part.name), change=say.money(part.change, signed=True))
        for part in largest[:5]
        if abs(part.change) >= 0.5
    ]
    listed = ("、" if say.language == "ja" else ", ").join(items)
    text = say(
        "saves" if amount > 0 else "costs_more",
        saving=say.money(abs(amount)),
        share=say.share(abs(amount) / today, 2),
        today=say.money(today),
        now=say.money(now),
        parts=listed,
    )
    return joined(say, text, _range(run, say))


def _range(run: RunView, say: Speaker) -> str:
    """The range of what the plan saves in joint draws; empty in a run that does not tell."""
    spread = run.record.get("saving_range")
    if spread is None or spread["first_year"]:
        return ""
    return say("saves_range", draws=say.number(spread["draws"]), **ends(spread["real_million_yen"], say))


def _money(run: RunView, say: Speaker) -> str:
    towns = run.governments[run.governments["tier"] == "municipality"]
    text = say(
        "money",
        today=say.money(granted(run.governments, today=True)),
        now=say.money(granted(run.governments, today=False)),
        receiving_today=say.number(towns["receiving_today"].sum()),
        receiving=say.number(towns["receiving"].sum()),
    )
    before, after = (float(measure(run, "national_outlay")[when]) for when in ("today", "under_package"))
    same = abs(after - before) < 0.5
    outlay = say("outlay_same" if same else "outlay_changes", today=say.money(before), now=say.money(after))
    left = left_in_pool(run.tables["formula"], today=False)
    return joined(say, text, outlay, _released(run, left, say) if left > 0.5 else "", _spread(run, say))


def _spread(run: RunView, say: Speaker) -> str:
    """What a short pool leaves to those who receive to go without, where the package frees the rate."""
    low, high = run.settings["formula.adjustment_rate"]
    formula = run.tables["formula"].set_index("parameter")["under_package"]
    if low == high or formula["adjustment_rate"] <= low:
        return ""
    spread, rate = float(formula["spread_by_rate"]), float(formula["adjustment_rate"])
    return say("money_spread", spread=say.money(spread), rate=say.share(rate, 2), most=say.share(high, 2))


def _released(run: RunView, left: float, say: Speaker) -> str:
    """Who owns what the formula leaves of the pool."""
    pool = float(run.tables["formula"].set_index("parameter").at["pool", "under_package"])
    words = {"nation": "money_left", "transfer": "money_left_transfer", "special": "money_left_special"}
    return say(
        words[run.settings["pool.released"]], left=say.money(left), factor=say.share(1.0 - left / pool)
    )


def _together(run: RunView, say: Speaker) -> str:
    provision = run.tables["provision"]
    joint = provision[provision["provider_kind"] == "wide_area_body"]
    if joint.empty:
        return say("together_none")
    most = joint.groupby("service").size().sort_values(ascending=False, kind="stable")
    text = say(
        "together",
        bodies=say.number(len(run.tables["bodies"])),
        services=len(most),
        places=say.number(joint["code"].nunique()),
        most=say.listed([run.service(str(name), say) for name in most.index[:NAMED]]),
    )
    if "bodies_today" not in run.tables:
        return text
    found = fates(run.tables["bodies_today"], run.tables["bodies"])
    numbers = {name: say.number(count) for name, count in asdict(found).items()}
    return joined(say, text, say("together_today", **numbers))


def _who_loses(run: RunView, say: Speaker) -> str:
    table, losing = changes(run), losers(run)
    text = say(
        "gainers",
        gain=say.people(table.loc[table["gains"] > 0, "population_persons"].sum()),
        lose=say.people(losing["population_persons"].sum()),
        places=say.number(len(losing)),
        mean=say.yen(float(np.average(table["change"], weights=table["population_persons"])), signed=True),
    )
    names = ""
    if len(losing):
        key = "losers_named" if len(losing) <= FEW else "losers_many"
        names = say(
            key,
            names=say.listed([run.place(str(c), say) for c in losing.index[:FEW]]),
            most=say.yen(-losing["change"].iloc[0]),
        )
    floor = measure(run, "coverage_floor_municipal")
    lowest = say(
        "lowest_coverage",
        now=say.ratio(float(floor["under_package"])),
        today=say.ratio(float(floor["today"])),
    )
    return joined(say, text, names, lowest, _debts(run, say))


def _debts(run: RunView, say: Speaker) -> str:
    """Governments whose debts have grown too heavy for what they still have; empty where none has."""
    permission, warning = measure(run, "governments_permission"), measure(run, "governments_early_warning")
    if permission["under_package"] <= permission["today"] and warning["under_package"] <= warning["today"]:
        return ""
    counted = say(
        "debt_stages",
        permission=say.number(permission["under_package"]),
        before=say.number(permission["today"]),
        warning=say.number(warning["under_package"]),
        warned=say.number(warning["today"]),
    )
    crossing = run.tables["debts"].query("crosses_a_step == 1")["government"] if "debts" in run.tables else []
    names = [run.government(str(code), say) for code in crossing[:FEW]]
    return joined(say, counted, say("debt_crossing", names=say.listed(names)) if names else "")


def _how_sure(run: RunView, say: Speaker) -> str:
    distance = distance_of(run.record)
    if distance is None:
        text = say("sure_applied")
    else:
        bound = say.money(run.record["bound_million_yen"])
        judged = any(part.now for part in parts(run) if part.name in PARTS[JUDGEMENT])
        text = say("sure_gap_judged" if judged else "sure_gap", bound=bound, gap=say.gap(distance))
    if rule := say_stay(run, say):
        text = joined(say, text, rule)
    told = "change_verdicts" in run.tables
    if told:
        rest = say("sure_assumptions", assumptions=say_assumptions(run, say))
        text = joined(say, text, in_draws(run.tables, run.record["saving_range"]["draws"], say), rest)
    if run.stability is None:
        return (
            text if told else joined(say, text, say("sure_untested", assumptions=say_assumptions(run, say)))
        )
    study, counts = run.telling_study, run.stability["mark"].value_counts()
    assert study is not None
    marks = ("overturned",) if study.alone else ("firm", "likely", "open")
    stable = say(
        "sure_overturned" if study.alone else "sure_stability",
        duties=say.number(len(run.stability)),
        **{mark: say.number(counts.get(mark, 0)) for mark in marks},
        numbers=say.number(varied(study.tables["numbers"])),
        draws=say.number(study.draws),
    )
    return joined(say, text, stable)


def say_stay(run: RunView, say: Speaker) -> str:
    """What the stay-put rule costs and what it spares; empty where none chose the plan."""
    stay = run.record.get("stay_put")
    if not (stay and stay["applied"]):
        return ""
    if not stay["aims"]:
        least = run.settings["choice.change_threshold_million_yen"]
        return "" if least is None else say("sure_threshold", least=say.money(least))
    return say(
        "sure_stay",
        cost=say.money(stay["cost_million_yen"]),
        before=say.number(stay["people_before"]),
        after=say.number(stay["people_after"]),
    )


def varied(numbers: pd.DataFrame) -> int:
    """How many numbers a study has varied."""
    return int((numbers["varied"].astype(str) == "True").sum())


def _what_if_travel(run: RunView, say: Speaker) -> str:
    share = realised_share(run)
    rest = say("realised", share=say.share(share, 0)) if share is not None else ""
    rest = joined(say, _if_slower(run, say), rest)
    travel = next((each for each in break_even(run) if each.part.name == "access"), None)
    if travel is None or travel.part.change <= 0:
        return joined(say, say("travel_none"), rest)
    if saving(run) <= 0:
        return rest
    key = "travel_robust" if travel.at_double >= 0 else "travel_fragile"
    text = say(key, double=say.money(abs(travel.at_double)), times=say.number(travel.multiple, 1))
    return joined(say, text, rest)


@dataclass(frozen=True)
class Slower:
    """Travel at the slow end of its range, km/h, and what of the bodies then lies farther than allowed: services shared
    by municipalities, and bodies."""

    speed: float
    slow: float
    pairs: int
    farther: int
    bodies: int


def slower(run: RunView) -> Slower | None:
    """What slower travel puts out of reach; None where no body provides anything.

    A way then takes minutes x speed / slow speed, against the longest allowed way of the service."""
    provision = run.tables["provision"]
    joint = provision[provision["provider_kind"] == "wide_area_body"]
    if joint.empty:
        return None
    parameters = run.case.parameters.override(run.package.assumptions)
    rows = parameters.table[parameters.table["parameter"] == "travel_speed_km_per_hour"]
    speed, slow = parameters("travel_speed_km_per_hour"), float(rows["low"].iloc[0])
    allowed = joint["service"].map(parameters.of("max_travel_minutes", joint["service"].unique()))
    farther = joint["travel_minutes"] * speed / slow > allowed + ROUNDED
    return Slower(speed, slow, len(joint), int(farther.sum()), joint[farther]["provider"].nunique())


def _if_slower(run: RunView, say: Speaker) -> str:
    found = slower(run)
    if found is None:
        return ""
    figures = {
        "speed": say.number(found.speed),
        "slow": say.number(found.slow),
        "pairs": say.number(found.pairs),
        "farther": say.number(found.farther),
        "bodies": say.number(found.bodies),
        "all": say.number(len(run.tables["bodies"])),
    }
    return say("slower_some" if found.farther else "slower_none", **figures)


def granted(governments: pd.DataFrame, today: bool) -> float:
    """Ordinary allocation by the formula, million yen a year: what all governments receive, without the corrections of
    earlier years. The figure that every sentence, table and picture gives for it."""
    return float(governments["grant_today_million_yen" if today else "grant_million_yen"].sum())


def measure(run: RunView, name: str) -> pd.Series:
    """A row of the table of measures; raises `InputError` where it has none of that name."""
    table = run.tables["measures"].set_index("measure")
    if name not in table.index:
        raise InputError(
            [Problem(str(run.folder / "measures.csv"), "has no row for this measure", AGAIN, value=name)]
        )
    return table.loc[name]


def say_assumptions(run: RunView, say: Speaker) -> str:
    """On how many of the marked assumptions the figures rest; all of them in a run that does not tell."""
    counted = assumptions_counted(run, say)
    return say("assumptions_some" if "on" in counted else "assumptions_all", **counted)


def assumptions_counted(run: RunView, say: Speaker) -> dict[str, str]:
    """How many numbers of the case are `marked` as assumptions, and `on` how many of them the figures of the run rest,
    where it tells."""
    told = run.record["assumptions"]
    if told is None:
        return {"marked": say.number((run.case.parameters.table["mark"] == ASSUMED).sum())}
    return {"marked": say.number(told["marked"]), "on": say.number(told["rest_on"])}


def joined(say: Speaker, *sentences: str) -> str:
    """Sentences one after another; empty ones fall out."""
    return ("" if say.language == "ja" else " ").join(sentence for sentence in sentences if sentence)
