"""What to do now, what only if something is known first, what to leave; and what to find out first.

now       the plan has it, it pays in at least nine of ten joint draws of the numbers that are not known, by itself and
          with all that changes of its service, and loses in the worst of them no more than it saves in the middle one;
          or the limits of the package need it
only_if   the plan has it and it pays in fewer draws; or the plan has it not, and it pays in the draws on one side of a
          threshold, which tells at least nine of ten draws right
leave     else

A change pays where it saves what the package asks of every change (several together as many times as much), more than
nothing where it asks for nothing. What it is worth to know a group of numbers is told by a straight line through what
each thing saves in the draws: by how much the mean saving rises where each is done where the line, with all other
groups in the middle, lies above nothing, and not always or never (expected value of partial information by regression).
The draws are twenty and their ends ranges that somebody assumed: a verdict tells how much hangs on what, and proves
nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from optimization.ledger.accounts import Accounts
from optimization.ledger.instance import Instance
from optimization.outcome.alternatives import Change, Group
from optimization.outcome.choices import OF_CHANGES
from optimization.outcome.conditions import Split, best_split, moving, of_number
from optimization.outcome.result import Result
from optimization.outcome.saving_range import SavingRange, ends_of
from optimization.rules.checks import breaches

MIL: Final = "_million_yen"
NOW, ONLY_IF, LEAVE = VERDICTS = "now", "only_if", "leave"

SURE: Final = 0.9
"""Part of the draws in which a change pays that is done now, and that a condition tells right."""

SELDOM: Final = 0.1
"""Part of the draws below which what a change would save there is not worth a condition."""

PAYS, NEEDED, HANGS, TOGETHER = "pays", "needed", "hangs", "together"
COSTS_MORE, TOO_LITTLE, RETURNED, LIMITS, UNTOLD, SCATTERED = (
    "costs_more",
    "too_little",
    "given_back",
    "limits",
    "untold",
    "scattered",
)
"""Reasons of a verdict: it pays; the limits need it; it hangs on what is not known, by itself or with all that changes
of its service; and why a duty stays: it would cost more, save less than is asked, was given back for that, breaks a
limit, saves too little to tell, or pays in some draws without a number that tells in which."""

REASONS: Final = (PAYS, NEEDED, HANGS, TOGETHER, COSTS_MORE, TOO_LITTLE, RETURNED, LIMITS, UNTOLD, SCATTERED)
VERDICT_TABLES: Final = ("change_verdicts", "together_verdicts", "worth_knowing")
"""Of duties, of municipalities that act together, and of what to find out first."""

CHECKED: Final = 12
"""Changes that would save what is asked and are no part of the plan, of which it is checked what they would break."""


@dataclass(frozen=True)
class Judged:
    """A verdict with its reason, in how many draws the change pays, and on which side of which threshold, if any."""

    verdict: str
    reason: str
    paid: int
    split: Split | None = None


@dataclass(frozen=True)
class Saved:
    """What one thing saves in the draws, million yen a year: `alone` (W,) and where the central values are right, and
    `together` with all that changes of its service; what is asked of it and of all of that; and the levels (W, groups)
    of the `groups` of numbers on which it can hang."""

    alone: np.ndarray
    central: float
    asked: float
    together: np.ndarray
    asked_together: float
    levels: np.ndarray
    groups: Sequence[str]

    def paying(self, saved: np.ndarray, asked: float) -> np.ndarray:
        """In which draws something saves what is asked."""
        return saved >= asked - 1e-6 * max(1.0, asked) if asked > 0 else saved > 0

    @property
    def pays(self) -> np.ndarray:
        """In which draws it pays by itself."""
        return self.paying(self.alone, self.asked)

    @property
    def all_pays(self) -> np.ndarray:
        """In which draws it pays with all of its service."""
        return self.paying(self.together, self.asked_together)

    def split(self, saved: np.ndarray, has: np.ndarray) -> Split | None:
        """The threshold that tells the draws that have something, among groups that move what is saved."""
        here = np.flatnonzero(moving(self.levels, saved)).tolist()
        return best_split([self.groups[n] for n in here], self.levels[:, here], has)


def of_plan(saved: Saved, needed: bool = False) -> Judged:
    """The verdict on something that the plan has; `needed` by its limits."""
    pays, all_pays = saved.pays, saved.all_pays
    paid = int(pays.sum())
    if needed or not np.isfinite(saved.central):
        return Judged(NOW, NEEDED, paid)
    alone = pays.mean() >= SURE and saved.alone.min() >= -float(np.median(saved.alone))
    if alone and all_pays.mean() >= SURE:
        return Judged(NOW, PAYS, paid)
    if alone:
        return Judged(ONLY_IF, TOGETHER, paid, saved.split(saved.together, all_pays))
    return Judged(ONLY_IF, HANGS, paid, saved.split(saved.alone, pays))


def of_other(saved: Saved, returned: bool, limited: str) -> Judged:
    """The verdict on a change that the plan has not; `limited` names the limits that would break."""
    pays = saved.pays
    paid, split = int(pays.sum()), saved.split(saved.alone, pays)
    if saved.central >= saved.asked and saved.central > 0:
        return Judged(LEAVE, LIMITS if limited else UNTOLD, paid)
    if pays.mean() > SELDOM:
        tells = split is not None and split.right >= SURE
        return Judged(ONLY_IF, HANGS, paid, split) if tells else Judged(LEAVE, SCATTERED, paid)
    little = RETURNED if returned else TOO_LITTLE
    return Judged(LEAVE, little if saved.central > 0 else COSTS_MORE, paid)


def verdict_tables(result: Result) -> dict[str, pd.DataFrame]:
    """The tables of verdicts of a result: changes of duties, groups of municipalities that act together, and what it
    would be worth to know a group of numbers first; none where nothing is told of its saving."""
    found = result.saving_range
    if found is None:
        return {}
    asked = float(result.instance.settings[OF_CHANGES] or 0.0)
    limited, services = _limited(result, found, asked), result.instance.services
    count = Counter(change.duty[0] for change in found.held.changes if change.inside)
    rows = []
    for n, change in enumerate(found.held.changes):
        s, alone, together = change.duty[0], found.each.alone[:, n], found.each.together[:, n]
        asked_together = count[s] * asked if change.inside else 0.0
        central = float(found.central.alone[0, n])
        saved = Saved(alone, central, asked, together, asked_together, *_on_which(found, services[s]))
        told = (
            of_plan(saved, change.needed)
            if change.inside
            else of_other(saved, change.returned, limited.get(n, ""))
        )
        rows.append((n, change, told, saved))
    rows = _one_for_a_duty(rows, found)
    groups = []
    for n, group in enumerate(found.held.groups):
        both, central = found.each.groups[:, n], float(found.central.groups[0, n])
        saved = Saved(both, central, 0.0, both, 0.0, *_on_which(found, services[group.service]))
        groups.append((n, group, of_plan(saved)))
    changes = pd.DataFrame(
        [_change_row(result.instance, found, row, limited.get(row[0], "")) for row in rows],
        columns=CHANGE_COLUMNS,
    )  # fmt: skip
    together = pd.DataFrame(
        [_group_row(result.instance, found, n, group, told) for n, group, told in groups],
        columns=GROUP_COLUMNS,
    )
    tables = changes, together, _worth(found, rows, groups)
    return dict(zip(VERDICT_TABLES, tables, strict=True))


def _on_which(found: SavingRange, service: str) -> tuple[np.ndarray, list[str]]:
    """The levels of the groups of numbers on which a service can hang, and these groups."""
    groups = list(found.telling[service])
    return found.levels[:, [found.groups.index(group) for group in groups]], groups


Row = tuple[int, Change, Judged, Saved]


def _one_for_a_duty(rows: Sequence[Row], found: SavingRange) -> list[Row]:
    """Of every duty the change of the plan, or the one of the best verdict that would save most in the middle draw."""
    best: dict[tuple[int, int], Row] = {}
    middle = np.median(found.each.alone, axis=0)

    def rank(row: Row) -> tuple[int, float]:
        return -VERDICTS.index(row[2].verdict), float(middle[row[0]])

    for row in rows:
        duty = row[1].duty
        if duty not in best or rank(row) > rank(best[duty]):
            best[duty] = row
    return [best[duty] for duty in sorted(best)]


def _limited(result: Result, found: SavingRange, asked: float) -> dict[int, str]:
    """The rules that the plan would break with a change which would save what is asked, its formula as it is, by the
    number of the change; of those that save most."""
    accounts, central = result.accounts, found.central.alone[0]
    assert accounts is not None
    if found.first_year or result.breaches:
        return {}
    wanted = [n for n, change in enumerate(found.held.changes)
              if not change.inside and central[n] >= asked and central[n] > 0]  # fmt: skip
    told = {}
    for n in sorted(wanted, key=lambda n: -central[n])[:CHECKED]:
        other = found.held.changes[n].step.on(accounts.decision)
        if other is not None:
            broken = breaches(Accounts(accounts.instance, other))
            told[n] = "|".join(sorted({breach.rule for breach in broken}))
    return told


SAVED = tuple(f"saving{part}{MIL}" for part in ("", "_low", "_middle", "_high", "_least"))
OF_SERVICE = tuple(f"service_saving{part}{MIL}" for part in ("", "_low", "_high"))
CONDITION = (
    "group",
    "side",
    "level_ratio",
    "draws_told",
    "number",
    "number_side",
    "threshold",
    "taken",
    "unit",
)
SIDES = "below", "above"
NO_UNIT = "–"
CHANGE_COLUMNS = [
    "service", "rule_group", "tier_today", "tier", "in_plan", "verdict", "reason", f"asked{MIL}", *SAVED, "draws",
    "draws_paid", *OF_SERVICE, "service_draws_paid", *CONDITION, "limits_broken",
]  # fmt: skip
GROUP_COLUMNS = [
    "service", "member_codes", "hub_code", "bodies_today", "bodies", "population_persons", "verdict", *SAVED, "draws",
    "draws_paid", *CONDITION,
]  # fmt: skip
WORTH_COLUMNS = [
    "group",
    f"worth{MIL}",
    "rank_correlation_ratio",
    "changes_decided",
    "groups_decided",
    f"at_stake{MIL}",
]


def _saved(central: float, saved: np.ndarray) -> tuple[float, ...]:
    """Saving where the central values are right, low end, middle, high end, and in the worst draw."""
    return (central, *ends_of(saved).values(), float(saved.min()))


def _condition(found: SavingRange, told: Judged, service: str) -> tuple[object, ...]:
    """A condition: the group, side and level, in how many draws it tells right, and a number with its threshold."""
    if told.split is None:
        return "", "", np.nan, 0, "", "", np.nan, np.nan, NO_UNIT
    split = told.split
    number = of_number(*found.telling[service][split.group], split.above, split.level)
    right = round(split.right * len(found.real))
    return (split.group, SIDES[split.above], split.level, right, number.number.key, SIDES[number.above], number.value,
            number.number.central, number.number.unit)  # fmt: skip


def _change_row(instance: Instance, found: SavingRange, row: Row, limited: str) -> tuple[object, ...]:
    n, change, told, saved = row
    s, k = change.duty
    service, ends = instance.services[s], ends_of(saved.together)
    return (
        service, instance.groups.labels[k], instance.groups.home[s], change.tier, int(change.inside), told.verdict,
        told.reason, saved.asked, *_saved(saved.central, saved.alone), len(found.real), told.paid,
        found.central.together[0, n], ends["low"], ends["high"], int(saved.all_pays.sum()),
        *_condition(found, told, service), limited,
    )  # fmt: skip


def _group_row(
    instance: Instance, found: SavingRange, n: int, group: Group, told: Judged
) -> tuple[object, ...]:
    codes, places = instance.case.codes, instance.case.municipalities
    members = list(group.places)
    people = places["population_persons"].to_numpy()[members]
    hub = codes[members[int(np.argmax(people))]]
    service = instance.services[group.service]
    return (
        service, "|".join(codes[members]), hub, len(group.today), len(group.plan), int(people.sum()), told.verdict,
        *_saved(found.central.groups[0, n], found.each.groups[:, n]), len(found.real), told.paid,
        *_condition(found, told, service),
    )  # fmt: skip


def _worth(
    found: SavingRange, rows: Sequence[Row], groups: Sequence[tuple[int, Group, Judged]]
) -> pd.DataFrame:
    """What it would be worth to know a group of numbers before deciding, the dearest first, and what hangs on it."""
    open_ = [n for n, _, told, _ in rows if told.reason not in (LIMITS, UNTOLD, NEEDED)]
    saved = np.hstack([found.each.alone[:, open_], found.each.groups])
    worth, moved = _of_knowing(found.levels, saved), dict(found.moved_by)
    table = []
    for g, group in enumerate(found.groups):
        decided = [n for n, _, each, _ in rows if each.split is not None and each.split.group == group]
        grouped = [n for n, _, each in groups if each.split is not None and each.split.group == group]
        stake = float(np.abs(found.each.alone[:, decided]).mean(axis=0).sum())
        stake += float(np.abs(found.each.groups[:, grouped]).mean(axis=0).sum())
        table.append((group, float(worth[g]), moved[group], len(decided), len(grouped), stake))
    frame = pd.DataFrame(table, columns=WORTH_COLUMNS)
    return frame.sort_values(WORTH_COLUMNS[1], ascending=False, kind="stable").reset_index(drop=True)


def _of_knowing(levels: np.ndarray, saved: np.ndarray) -> np.ndarray:
    """What knowing each group first is worth, (groups,), over all things that save `saved` (W, things); see the head of
    the module."""
    middle = levels - levels.mean(axis=0)
    mean = saved.mean(axis=0)
    part = np.linalg.pinv(middle) @ (saved - mean)
    known = [np.maximum(0.0, mean + np.outer(middle[:, g], part[g])).mean(axis=0) for g in range(len(part))]
    return np.array([float((each - np.maximum(0.0, mean)).sum()) for each in known])
