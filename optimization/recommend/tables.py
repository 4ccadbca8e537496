"""The tables of a recommendation: worlds, regrets, what robustness costs, what knowing is worth, changes, bodies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from optimization.ledger.instance import Instance
from optimization.ledger.worlds import GROUPS
from optimization.outcome.result import Result, no_tables
from optimization.outcome.steps import Duty
from optimization.outcome.verdicts import LEAVE, NOW, ONLY_IF
from optimization.recommend.blended import Blends, Plan
from optimization.recommend.conditions import Condition, condition
from optimization.recommend.corners import is_corner
from optimization.recommend.recommend import GivenUp, Recommendation

RECORD: Final = "recommend.json"
MIL: Final = "_million_yen"
RECOMMENDED, CENTRAL, OWN, OTHER = "recommended", "central", "own", "other"
"""Kinds of plans in the table of regrets: the one recommended, the cheapest of the central values, that of another
world, and any other met on the way."""

ASKED, CORNER = "asked", "corner"
"""How a world came to be among the worlds: asked for, or a corner of the box."""

BINS: Final = 3
"""Parts into which the levels of a group are cut where they differ from world to world."""

ALWAYS: Final = 0.85
"""Part of the worlds from which on something is taken to be so always: a town in the family of a body, a change in the
own plans of worlds."""


def told(found: Recommendation, beside: Mapping[str, pd.DataFrame] | None = None) -> Result:
    """The result of a recommendation, which tells its tables and some `beside` them with those of any plan, and its own
    verdicts in place of those of draws with the plan held."""
    own, tables = found.result.tabulated, {**tables_of(found), **(beside or {})}
    return replace(found.result, tabulated=lambda result: own(result) | tables, judged=no_tables)


def record_of(found: Recommendation, more: Mapping[str, Any] | None = None) -> dict[str, str]:
    """The record of a recommendation, with what more is known of it, as the file that stands beside those of a run."""
    text = json.dumps({**found.record, **(more or {})}, indent=2, ensure_ascii=False, allow_nan=False)
    return {RECORD: f"{text}\n"}


def tables_of(found: Recommendation) -> dict[str, pd.DataFrame]:
    """All tables of a recommendation by name."""
    return {
        "worlds": worlds(found),
        "regrets": regrets(found),
        "robustness": robustness(found),
        "information": information(found),
        "conditional_changes": changes(found),
        "body_families": families(found),
    }


def worlds(found: Recommendation) -> pd.DataFrame:
    """A row for every world: levels, least cost and its bound, what the plan costs and regrets there, weights of the
    world where the bound is highest, and the limits that the plan does not keep there."""
    search, weights = found.search, found.weights
    broken = found.broken
    rows = []
    for w, world in enumerate(found.worlds):
        rows.append(
            {
                "world": world.name,
                "origin": CORNER if is_corner(world) else ASKED,
                **{f"{group}_level": world.level(group) for group in GROUPS},
                f"least_cost{MIL}": float(search.most[w]),
                f"least_cost_bound{MIL}": float(search.least[w]),
                f"cost{MIL}": float(search.table[found.number, w]),
                f"regret{MIL}": float(found.regrets[found.number, w]),
                "weight_ratio": float(weights[w]),
                "limits_broken": "|".join(sorted({each.rule for each in broken.get(world.name, [])})),
                "breaches": len(broken.get(world.name, [])),
                "formula_keeps": float(found.mended[world.name]) if world.name in found.mended else np.nan,
            }
        )
    return pd.DataFrame(rows)


def named(found: Recommendation) -> list[tuple[str, str]]:
    """Name and kind of every plan met."""
    own = found.own
    result = []
    for n, plan in enumerate(found.search.plans):
        of = [world.name for world, each in zip(found.worlds, own, strict=True) if each.name == plan.name]
        if n == found.number:
            result.append((RECOMMENDED, RECOMMENDED))
        elif n == 0:
            result.append((CENTRAL, CENTRAL))
        elif of:
            result.append((of[0], OWN))
        else:
            result.append((f"plan_{n:03d}", OTHER))
    return result


def regrets(found: Recommendation) -> pd.DataFrame:
    """Every plan met in every world: its cost, and its regret at most (against what no plan costs less than there)."""
    rows = [
        (name, kind, world.name, float(cost), float(regret))
        for (name, kind), costs, lost in zip(named(found), found.search.table, found.regrets, strict=True)
        for world, cost, regret in zip(found.worlds, costs, lost, strict=True)
    ]
    return pd.DataFrame(rows, columns=["plan", "kind", "world", f"cost{MIL}", f"regret{MIL}"])


def robustness(found: Recommendation) -> pd.DataFrame:
    """Every plan met: its criterion, its worst and mean regret, in which world it is worst, and what it costs more than
    the cheapest plan of the central values, there and in the mean of all worlds (the price of robustness)."""
    home, table = found.blends.instance.groups.home, found.search.table
    rows = []
    for n, (name, kind) in enumerate(named(found)):
        lost = found.regrets[n]
        more = table[n] - table[0]
        rows.append(
            {
                "plan": name,
                "kind": kind,
                f"criterion{MIL}": found.criterion.of(lost),
                f"worst_regret{MIL}": float(lost.max()),
                "worst_world": found.worlds[int(np.argmax(lost))].name,
                f"mean_regret{MIL}": float(lost.mean()),
                f"more_than_central{MIL}": float(more[0]),
                f"more_than_central_mean{MIL}": float(more.mean()),
                "duties_moved": sum(tier != home[s] for (s, _), tier in found.search.plans[n].tier.items()),
            }
        )
    order = sorted(range(len(rows)), key=lambda n: (n != found.number, n != 0, rows[n][f"criterion{MIL}"], n))
    return pd.DataFrame([rows[n] for n in order])


def information(found: Recommendation) -> pd.DataFrame:
    """What it would be worth to know a group of numbers before deciding, the dearest first: among the plans met the
    best one for each part of the group's range is taken, in place of one plan for all. `expected_value` is by how much
    the mean cost falls, `worst_regret_if_known` the worst regret that is left."""
    table, lost = found.search.table, found.regrets
    alone = float(table.mean(axis=1).min())
    rows = []
    for group in found.blends.worlds.groups:
        parts = _parts(np.array([world.level(group) for world in found.worlds]))
        if len(parts) < 2:
            continue
        mean = sum(float(table[:, part].mean(axis=1).min()) * len(part) for part in parts) / len(found.worlds)
        worst = max(float(lost[:, part].max(axis=1).min()) for part in parts)
        rows.append((group, max(0.0, alone - mean), worst, float(lost[found.number].max()) - worst))
    names = ["group", f"expected_value{MIL}", f"worst_regret_if_known{MIL}", f"worst_regret_falls{MIL}"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.sort_values(names[1], ascending=False, kind="stable").reset_index(drop=True)


def _parts(levels: np.ndarray) -> list[np.ndarray]:
    """Positions of the worlds by the level of a group: one part for each where there are few levels, else thirds."""
    known = np.unique(levels)
    if len(known) <= BINS:
        return [np.flatnonzero(levels == level) for level in known]
    number = np.minimum((levels * BINS).astype(int), BINS - 1)
    return [np.flatnonzero(number == n) for n in range(BINS) if (number == n).any()]


def changes(found: Recommendation) -> pd.DataFrame:
    """Every duty that the recommended plan or the own plan of some world gives to another tier than today's, with the
    verdict. `now`: the plan has it, the own plans of 17 of 20 worlds have it (of all, where numbers are wrong one group
    at a time: their share is no likelihood; corners left out), and giving it up,
    or all changes of the service that it is part of, raises the criterion by more than the gap, asked and reached; or
    every world's own plan has it and giving it up costs in every world. `only_if`: the own plans of a part of the
    worlds have it that a condition tells; the plan may have it too, as a hedge. `leave`: else."""
    instance, own = found.blends.instance, found.own
    home, names, labels = instance.groups.home, instance.services, instance.groups.labels
    rows = []
    for (s, k), tier in sorted(set(_moves([found.plan, *own], home))):
        has = np.array([plan.tier[s, k] == tier for plan in own])
        inside = found.plan.tier[s, k] == tier
        price = found.given_up.get(((s, k),)) if inside else None
        service = found.given_up.get(_of_service(found.plan, s, home)) if inside else None
        told = condition(found.blends.worlds, found.worlds, has)
        now = price is not None and _at_once(found, price, service, has)
        rows.append(
            {
                "service": names[s],
                "rule_group": labels[k],
                "tier_today": home[s],
                "tier": tier,
                "in_plan": int(inside),
                "verdict": NOW if now else ONLY_IF if told is not None else LEAVE,
                "share_of_worlds_ratio": float(has.mean()),
                f"criterion_rises{MIL}": np.nan if price is None else price.rises,
                f"service_rises{MIL}": np.nan if service is None else service.rises,
                f"costs_at_worst{MIL}": np.nan if price is None else price.at_worst,
                f"costs_at_best{MIL}": np.nan if price is None else price.at_best,
                **_told(None if now else told),
            }
        )
    columns = ["service", "rule_group", "tier_today", "tier", "in_plan", "verdict", "share_of_worlds_ratio",
               f"criterion_rises{MIL}", f"service_rises{MIL}", f"costs_at_worst{MIL}", f"costs_at_best{MIL}",
               *_told(None)]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _of_service(plan: Plan, service: int, home: Sequence[str]) -> tuple[Duty, ...]:
    """All changes that a plan makes of a service."""
    return tuple((s, k) for (s, k), tier in sorted(plan.tier.items()) if s == service and tier != home[s])


def _at_once(found: Recommendation, price: GivenUp, service: GivenUp | None, has: np.ndarray) -> bool:
    """Whether a change of the plan is to be made whatever is not known; `has` tells the worlds whose own plans make
    it."""
    likely = has[[not is_corner(world) for world in found.worlds]]
    jointly = any(len(world.levels) > 1 and not is_corner(world) for world in found.worlds)
    room = max(found.gap, found.of_plan - found.bound)
    together = service is not None and service.rises > room and price.rises > 0
    nearly = likely.mean() >= (ALWAYS if jointly else 1.0) and (price.rises > room or together)
    return bool(nearly or (likely.all() and price.at_best > 0))


def _moves(plans: Sequence[Plan], home: Sequence[str]) -> Iterator[tuple[Duty, str]]:
    for plan in plans:
        yield from ((duty, tier) for duty, tier in plan.tier.items() if tier != home[duty[0]])


def _told(told: Condition | None) -> dict[str, object]:
    """The columns of a condition; that of none is empty."""
    cuts = () if told is None else told.cuts
    row: dict[str, object] = {}
    for prefix, cut in zip(("", "and_"), (*cuts, None, None), strict=False):
        row |= {
            f"{prefix}group": "" if cut is None else cut.group,
            f"{prefix}above": np.nan if cut is None else float(cut.above),
            f"{prefix}level": np.nan if cut is None else cut.level,
        }
    words, right = ("", np.nan) if told is None else (told.words, told.right)
    return {**row, "condition": words, "worlds_told_ratio": right}


def families(found: Recommendation) -> pd.DataFrame:
    """Every body of the plan and service as a family: in which part of the worlds their own plans have the very same
    body, and in which one that holds its seat and the greater part of its members; which towns are always, and which
    sometimes, together with the seat in these; and what it costs where its members act alone instead.

    One body saves far less than the gap, so that the verdict hangs on the family. `now`: it stands in at least four of
    five worlds, and without it this plan costs more in every world, or a member may not act alone. `only_if`: a
    condition tells the worlds in which it stands. `leave`: else.
    """
    blends, own = found.blends, found.own
    instance = blends.instance
    codes, services, seat_of = instance.case.codes, instance.costs.wide_services, _seats(instance)
    holding = [_by_seat(blends, plan) for plan in own]
    rows = []
    for body, column in found.plan.joint:
        seat, members = int(seat_of[body]), set(instance.bodies.members(body).tolist())
        beside = [each.get((seat, column)) for each in holding]
        near = [set() if b is None else set(instance.bodies.members(b).tolist()) for b in beside]
        has = np.array([2 * len(other & members) > len(members) for other in near])
        like = [other for other, one in zip(near, has, strict=True) if one]
        count = {i: sum(i in other for other in like) for i in set().union(members, *like)}
        always = sorted(i for i, n in count.items() if i != seat and like and n >= ALWAYS * len(like))
        sometimes = sorted(i for i, n in count.items() if i != seat and i not in always and n > 0)
        without = found.without_body(body, column)
        told = condition(blends.worlds, found.worlds, has)
        now = has.mean() >= ALWAYS and (without is None or without.at_best > 0)
        rows.append(
            {
                "service": services[column],
                "hub_code": codes[seat],
                "member_codes": "+".join(codes[sorted(members)]),
                "same_body_ratio": sum(other == members for other in near) / len(own),
                "family_ratio": float(has.mean()),
                "always_codes": "+".join(codes[always]),
                "sometimes_codes": "+".join(codes[sometimes]),
                "verdict": NOW if now else ONLY_IF if told is not None else LEAVE,
                f"costs_at_worst{MIL}": np.nan if without is None else without.at_worst,
                f"costs_at_best{MIL}": np.nan if without is None else without.at_best,
                **_told(None if now else told),
            }
        )
    names = ["service", "hub_code", "member_codes", "same_body_ratio", "family_ratio", "always_codes",
             "sometimes_codes", "verdict", f"costs_at_worst{MIL}", f"costs_at_best{MIL}", *_told(None)]  # fmt: skip
    return pd.DataFrame(rows, columns=names)


def _seats(instance: Instance) -> np.ndarray:
    """Position of the seat of every body of the list, (B,)."""
    return np.asarray(instance.case.codes.get_indexer(instance.bodies.table["hub"]))


def _by_seat(blends: Blends, plan: Plan) -> Mapping[tuple[int, int], int]:
    """The body that provides a wide service and holds each town, by town and service."""
    return {
        (int(i), column): body
        for body, column in plan.joint
        for i in blends.instance.bodies.members(body).tolist()
    }
