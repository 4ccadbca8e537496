"""Which of the numbers marked as assumptions the answer to a question can depend on.

No list says so: every parameter is moved to an end of its range, for all its services at once, what a question reads is
reckoned anew, and compared with what it was. A question reads what is open in it: the cost of a tier only where that
tier may answer, of a body only where one may serve, of two offices only where they can come about, of crises only those
that are named. A number that changes none of this changes no figure of a run; one that changes something counts,
whether or not the plan would be another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from scipy import sparse

from optimization.case.case import Case
from optimization.case.parameters import ASSUMED, SPENDING_RATIO, Noting
from optimization.case.resolved import ResolvedPackage
from optimization.costs.provision import COMPONENTS, in_reach
from optimization.dictionary.families import FAMILY_SETTINGS
from optimization.dictionary.settings import value_of
from optimization.dictionary.tiers import MUNICIPALITY, TIERS
from optimization.geography.candidates import Bodies
from optimization.geography.distance import travel_minutes
from optimization.ledger.factors import OF_FAMILY, Number, numbers_of
from optimization.ledger.instance import Instance
from optimization.ledger.money_spent import ratios_of
from optimization.ledger.offices import offices_of
from optimization.ledger.relaid import remembered
from optimization.ledger.worlds import EFFICIENT, Worlds

READ: Final = ("access.", "crisis.", "formula.family", "wide_area.")
"""Settings on which it hangs, beside the tiers that are open, which numbers are read."""

OF_CRISES: Final = ("aid_loss_bloc", "aid_loss_nation", "response_premium", "reserve_cost_share")
"""What the response to a crisis reads by itself, beside the arrays of `Crisis`."""


class Read(NamedTuple):
    """Figures that a question reads; the last axis runs over `of`: services, bundles, scenarios, or '' for what is of
    them all."""

    of: Sequence[str]
    figures: np.ndarray


@dataclass(frozen=True)
class Rests:
    """Keys of the assumptions that an answer can depend on, and how many the case has in all."""

    on: tuple[str, ...]
    marked: int

    @property
    def record(self) -> dict[str, object]:
        """What `run.json` holds of it."""
        return {"marked": self.marked, "rest_on": len(self.on), "keys": list(self.on)}


def rests_on(whole: Case, package: ResolvedPackage, instance: Instance) -> Rests:
    """The assumptions of a case that the answer to a question can depend on; `whole` is the case of which the question
    may be a part, before the package's assumptions. Over a horizon the first year tells, whose duties and kinds of cost
    are those of the later ones."""
    look = _Look(Worlds(whole, package, replace(instance, horizon=None)))
    if not whole.sha256:
        return _rests_on(look)
    return remembered(KNOWN, look.signature, lambda: _rests_on(look), MOST_KNOWN)


KNOWN: Final[dict[tuple[str, ...], Rests]] = {}
MOST_KNOWN: Final = 64
"""Answers that are kept: many questions in a row read the very same numbers."""


def _rests_on(look: _Look) -> Rests:
    whole, package = look.worlds.whole, look.worlds.package
    before = list(look.read({}))
    moved: dict[str, list[Number]] = {}
    for name, setting, number, idle in numbers_of(whole, package):
        if number.mark == ASSUMED and not setting and (not idle or name == SPENDING_RATIO):
            moved.setdefault(name, []).append(number)

    def move(numbers: Sequence[Number], end: float) -> set[str]:
        changed = _changed(before, look.read({number.key: _moved(number, end) for number in numbers}))
        return {number.key for number in numbers if number.key.rpartition(".")[0] in changed}

    found = {key for numbers in moved.values() for key in move(numbers, 1.0)}
    found |= set(_among([n for numbers in moved.values() for n in numbers if n.key not in found], move))
    marked = int((whole.parameters.table["mark"] == ASSUMED).sum())
    return Rests(tuple(key for key in whole.parameters.keys if key in found), marked)


def _moved(number: Number, end: float) -> float:
    """A number at an end of its range (0 low, 1 high); at the other end where it stands at that one."""
    there = number.at(end)
    return there if there != number.central else number.at(1.0 - end)


def _among(numbers: list[Number], move: Callable[[Sequence[Number], float], set[str]]) -> Iterator[str]:
    """Keys of the numbers, of one place or of another parameter each, whose low end changes something: halved until
    one parameter is left, since hardly any is among them."""
    names = list(dict.fromkeys(number.key.rpartition(".")[2] for number in numbers))
    if not numbers or not (changed := move(numbers, 0.0)):
        return
    if len(names) == 1:
        yield from changed
        return
    first = set(names[: len(names) // 2])
    for within in (True, False):
        yield from _among([n for n in numbers if (n.key.rpartition(".")[2] in first) == within], move)


def _changed(before: Sequence[Read], after: Iterator[Read]) -> set[str]:
    """Of what something that is read has changed; '' where anything has."""
    found: set[str] = set()
    for old, new in zip(before, after, strict=True):
        differs = (old.figures != new.figures).reshape(-1, len(old.of)).any(axis=0)
        found |= {of for of, other in zip(old.of, differs.tolist(), strict=True) if other}
    return found | {""} if found else found


@dataclass(frozen=True)
class _Look:
    """What one question reads of its numbers: as they are, and with others."""

    worlds: Worlds

    @property
    def instance(self) -> Instance:
        """The question itself."""
        return self.worlds.instance

    @property
    def signature(self) -> tuple[str, ...]:
        """All that decides which numbers are read: two questions that agree in it read the same."""
        own, whole = self.instance, self.worlds.whole
        settings = {key: value for key, value in own.settings.items() if key.startswith(READ)}
        told = (whole.sha256, self.worlds.package.assumptions, settings, own.groups.options)
        members = (each.tobytes().hex() for each in own.groups.members)
        return (*(repr(sorted(each.items())) for each in told), *own.case.codes, *members)

    def read(self, values: Mapping[str, float]) -> Iterator[Read]:
        """All that the question reads with other `values` of parameters, by key."""
        question = self.worlds.question_at(values, self.few)
        costs, services = question.costs, list(question.services)
        for tier, here in self.open.items():
            for component in COMPONENTS:
                yield Read(services, np.where(here, getattr(costs.by_tier[tier], component), 0.0))
        yield Read(services, costs.unit_fixed * np.any([*self.away.values()], axis=0))
        ratios = ratios_of(question.case)
        if ratios is not None:
            changes = np.any([*self.away.values()], axis=0)
            changes[costs.wide_columns] |= self.serving.any(axis=0)
            yield Read(services, ratios.at(lambda number: number.central) * changes)
        wide = list(costs.wide_services)
        if wide:
            for component in COMPONENTS:
                yield Read(wide, np.where(self.kept, getattr(costs.bodies, component), 0.0))
            yield Read(wide, self._in_reach(question))
        bundles = question.bundles
        if bundles.names:
            yield Read(bundles.names, (bundles.cost * self.may_be_apart).T)
        yield from self._of_crises(question)
        yield from (Read([""], figures[:, None]) for figures in self._of_all(question))

    @cached_property
    def open(self) -> dict[str, np.ndarray]:
        """Where each tier may answer for a service that exists, boolean (I, S) by tier."""
        exists = self.instance.today > 0
        found = {tier: np.zeros(exists.shape, dtype=bool) for tier in TIERS}
        for (s, k), options in self.instance.groups.options.items():
            for tier in options:
                found[tier][self.instance.groups.members[k], s] = True
        return {tier: here & exists for tier, here in found.items()}

    @cached_property
    def away(self) -> dict[str, np.ndarray]:
        """Services that each tier may take over from another, boolean (S,) by tier."""
        home = np.array(self.instance.groups.home)
        return {tier: here.any(axis=0) & (home != tier) for tier, here in self.open.items()}

    @cached_property
    def serving(self) -> np.ndarray:
        """Pairs of body and service that may come about, boolean (B, W): allowed, and some member's municipality may
        answer for the service."""
        costs = self.instance.costs
        here = self.open[MUNICIPALITY][:, costs.wide_columns].astype(float)
        return np.asarray(costs.allowed & ((self.instance.bodies.membership @ here) > 0))

    @cached_property
    def rows(self) -> list[int]:
        """Bodies whose costs are looked at: of every service the dearest that may serve, and the one with the longest
        ways."""
        bodies, parts, found = self.instance.bodies, self.instance.costs.bodies, set[int]()
        for w in range(self.serving.shape[1]):
            may = np.flatnonzero(self.serving[:, w] & (bodies.size > 1))
            if len(may):
                found |= {int(may[cost[may, w].argmax()]) for cost in (parts.standard, parts.access)}
        return sorted(found)

    @cached_property
    def few(self) -> Bodies:
        """The list of these bodies."""
        bodies = self.instance.bodies
        table, membership = bodies.table.iloc[self.rows], sparse.csr_matrix(bodies.membership[self.rows])
        return Bodies(table, membership, bodies.existing)

    @property
    def kept(self) -> np.ndarray:
        """The pairs that may come about among the few bodies, boolean (few, W)."""
        return self.serving[self.rows]

    def _in_reach(self, question: Instance) -> np.ndarray:
        """Which bodies of the whole list keep the longest way of each service that is opened, boolean (B, W)."""
        own, wide = self.instance, self.instance.costs.wide_services
        opened = wide.isin(own.settings["wide_area.services"])
        return in_reach(question.case, own.settings, own.bodies, wide) & opened

    @cached_property
    def may_be_apart(self) -> np.ndarray:
        """Where the two services of a bundle can have two tiers, boolean (N, K)."""
        bundles, options = self.instance.bundles, self.instance.groups.options
        found = np.zeros(bundles.base.shape, dtype=bool)
        for n, k in np.argwhere(bundles.base > 0).tolist():
            pair = (options[int(bundles.first[n]), k], options[int(bundles.second[n]), k])
            found[n, k] = len({*pair[0], *pair[1]}) > 1
        return found

    def _of_crises(self, question: Instance) -> Iterator[Read]:
        """What the named crises ask, by service and by scenario."""
        crisis = question.crisis
        if crisis is None:
            return
        services = list(question.services)
        leads = {tier: np.zeros(len(services), dtype=bool) for tier in TIERS}
        for (s, _, _), tiers in crisis.options.items():
            for tier in tiers:
                leads[tier][s] = True
        for asked in (crisis.demand, crisis.capacity):
            yield Read(services, asked)
            yield Read(crisis.names, np.moveaxis(asked, 0, -1))
        yield Read(services, crisis.helped * np.any([*leads.values()], axis=0))
        yield from (Read(services, crisis.delayed[tier] * leads[tier]) for tier in TIERS)
        yield Read(crisis.names, crisis.probability)

    @cached_property
    def of_offices(self) -> set[str]:
        """Names of the parameters that the offices of a tier hang on."""
        own = self.instance
        noting = Noting(own.case.parameters.table, own.case.parameters.overrides)
        offices_of(replace(own.case, parameters=noting), own.areas, own.prefecture, own.municipal_government)
        return noting.noted

    def _of_all(self, question: Instance) -> Iterator[np.ndarray]:
        """Figures of no one service, (n,) each: offices, ways and the efficient scale that tables show, and what
        formula families and crises read by themselves."""
        value = question.case.parameters
        offices = question if self.of_offices & {*question.case.parameters.overrides} else self.instance
        for tier, away in self.away.items():
            if (away & (question.costs.unit_fixed > 0)).any():
                yield from (each.share.data for each in offices.offices[tier])
        if any(here.any() for tier, here in self.open.items() if tier != MUNICIPALITY):
            yield travel_minutes(question.office_km, question.case)
        if len(question.costs.wide_columns):
            yield np.array([value(EFFICIENT)])
        families = {value_of(question.settings, key) for key in FAMILY_SETTINGS}
        named = {row.rpartition(".")[2] for row in value.keys}
        yield np.array([value(name) for name, of in OF_FAMILY.items() if of in families and name in named])
        if question.crisis is not None:
            yield np.array([value(name) for name in OF_CRISES])
