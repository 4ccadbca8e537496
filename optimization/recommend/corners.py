"""Corners of the box of what is not known: worlds in which every group stands at one end of its range.

Where cost is linear in the numbers, the regret of a plan is convex in them and largest at a corner. There are 2^n of
them for n groups. What a plan costs in a corner beyond the cheapest plan met there bounds its regret from below and
takes no search, so that corners are looked through by it: from the centre and from each world in which the plan regrets
most, one group after the other is set to the end that promises more regret, until no group promises more at its other
end. The corner that promises most is then asked (its own cheapest plan sought); where the plan regrets more there than
anywhere it joins the worlds, and the search goes on, until several in a row are no worse. A heuristic: a corner that
promises little may hide a cheap plan that nobody has met. Only asking all of them (`all_corners`) leaves none out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Final

import numpy as np

from optimization.errors import InputError, Problem
from optimization.ledger.worlds import CENTRE, World
from optimization.recommend.criteria import Criterion
from optimization.recommend.search import SAME, Search

NONE, SEARCHED, ALL = "none", "search", "all"
CORNERS: Final = (NONE, SEARCHED, ALL)
"""Which corners join the worlds: none, those that a search finds, or all."""

PREFIX: Final = "corner_"
MOST_ASKED: Final = 12
"""Corners that a search asks at most."""

PATIENCE: Final = 3
"""Corners asked in a row that are no worse, after which a search ends."""

STARTS: Final = 3
"""Worlds in which the plan regrets most that a search begins from, beside the centre."""

Promise = Callable[[World], float]
"""What a plan costs in a world beyond the cheapest plan met, million yen a year."""


def known_corners(name: str) -> str:
    """Which corners are wanted. Raises `InputError` where there is no such choice."""
    if name in CORNERS:
        return name
    remedy = f"choose {', '.join(CORNERS)}"
    raise InputError(
        [Problem("command line", "is no choice of corners", remedy, column="--corners", value=name)]
    )


def corner(groups: Sequence[str], ends: Sequence[float]) -> World:
    """The corner at which each group stands at an end, 0 or 1; its name tells the ends in the order of the groups."""
    name = PREFIX + "".join(str(round(end)) for end in ends)
    return World(name, dict(zip(groups, map(float, ends), strict=True)))


def is_corner(world: World) -> bool:
    """Whether a world is a corner that joined the others."""
    return world.name.startswith(PREFIX)


def all_corners(groups: Sequence[str]) -> list[World]:
    """Every corner of some groups, all low first."""
    return [corner(groups, ends) for ends in product((0.0, 1.0), repeat=len(groups))]


@dataclass
class Climb:
    """The coordinate search of one plan among the corners of some groups; `promised` holds what each corner met
    promises, by its name, and `corners` the corners."""

    groups: Sequence[str]
    promise: Promise
    promised: dict[str, float] = field(default_factory=dict)
    corners: dict[str, World] = field(default_factory=dict)

    def of(self, ends: Sequence[float]) -> float:
        """What a corner promises."""
        here = corner(self.groups, ends)
        if here.name not in self.promised:
            self.corners[here.name], self.promised[here.name] = here, self.promise(here)
        return self.promised[here.name]

    def up(self, start: World) -> None:
        """From a world to a corner of which no neighbour promises more: groups that stand at neither end of it first,
        then all, are set to the end that promises more, one at a time."""
        levels = [start.level(group) for group in self.groups]
        here = [0.0 if level <= CENTRE else 1.0 for level in levels]
        order = sorted(range(len(levels)), key=lambda n: abs(levels[n] - CENTRE))
        turned = True
        while turned:
            turned = False
            for n in order:
                other = [1.0 - end if m == n else end for m, end in enumerate(here)]
                if self.of(other) > self.of(here) + SAME:
                    here, turned = other, True

    @property
    def ranked(self) -> list[World]:
        """The corners met, the one that promises most first."""
        names = sorted(self.promised, key=lambda name: (-self.promised[name], name))
        return [self.corners[name] for name in names]


@dataclass
class Looked:
    """What a search among corners has done: how many it has priced and asked, of how many there are, which joined, and
    the regret of the plan in those that were asked since and did not."""

    of: int
    priced: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    joined: list[World] = field(default_factory=list)
    no_worse: dict[str, float] = field(default_factory=dict)


def search_corners(
    search: Search,
    drawn: Sequence[World],
    groups: Sequence[str],
    criterion: Callable[[int], Criterion],
    go_on: Callable[[], str],
    end: str,
) -> tuple[list[World], str, Looked]:
    """The worlds with the corners that joined, why the search ended last, and what was done. `criterion` is that over
    so many worlds, `go_on` runs the search after some have joined; `end` is why it ended before."""
    worlds, looked = list(drawn), Looked(2 ** len(groups))
    costs: dict[str, list[float]] = {}
    while len(looked.asked) < MOST_ASKED and not search.deadline.over:
        climb = _climb(search, worlds, groups, costs)
        looked.priced |= climb.promised.keys()
        known = [world.levels for world in worlds]
        fresh = [c for c in climb.ranked if c.levels not in known and c.name not in looked.asked]
        if not fresh:
            break
        alone = search.evaluator.over(fresh[:1])
        answers = alone.cheapest([np.ones(1)], search.deadline)
        if not answers or answers[0].plan is None:
            break
        looked.asked.append(fresh[0].name)
        regret = float(search.cost_of_best(alone)[0] - answers[0].bound)
        if regret <= search.criteria[search.best] + SAME:
            looked.no_worse[fresh[0].name] = regret
            search.take(answers)
            if len(looked.no_worse) >= PATIENCE:
                break
            continue
        looked.no_worse.clear()
        worlds.append(fresh[0])
        looked.joined.append(fresh[0])
        search.join(worlds, criterion(len(worlds)), answers)
        end = go_on()
    return worlds, end, looked


def _climb(
    search: Search, worlds: Sequence[World], groups: Sequence[str], costs: dict[str, list[float]]
) -> Climb:
    """The coordinate search for the best plan met, from the centre and from the worlds in which it regrets most.
    `costs` holds by corner what the plans met cost there, so that only those met since are priced."""
    best = search.best

    def promise(world: World) -> float:
        known = costs.setdefault(world.name, [])
        if fresh := search.plans[len(known) :]:
            more = search.evaluator.over([world]).costs(fresh)[:, 0] + search.judged[len(known) :]
            known += more.tolist()
        return known[best] - min(known)

    climb = Climb(groups, promise)
    regrets = search.table[search.best] - search.least
    for w in dict.fromkeys([0, *np.argsort(-regrets, kind="stable")[:STARTS].tolist()]):
        climb.up(worlds[w])
    return climb
