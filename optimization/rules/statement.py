"""What a statement is: one limit of a package as an affine form of named quantities.

A statement says of every member of its scope

    sum of coefficient x quantity <= right side        (or >=, or |sum| <= another such sum)

with coefficients from the settings and from today. It does not know where the quantities come from: a `Reading` gives
them, as numbers of a decision or as linear expressions over the columns of a program, and the same few lines evaluate
both.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from optimization.dictionary.settings import value_of
from optimization.dictionary.tiers import ACCOUNT_TIERS
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.rules.quantities import QUANTITIES, Scope

UP, DOWN = 1.0, -1.0
"""Whether a limit is loosened by raising or by lowering it."""


TIERS = tuple(range(len(ACCOUNT_TIERS)))
"""Municipalities and prefectures (Tokyo with its wards among these), as statements on a tier number them."""


@dataclass(frozen=True)
class Form:
    """The formula of a statement: `terms` on the left, by quantity; `right` the constant on the right; `margin`, where
    it is given, the terms that the absolute value of the left side must not exceed. Coefficients are numbers, or arrays
    over the members of the scope."""

    terms: Mapping[str, Any]
    right: Any = 0
    sense: str = "<="
    margin: Mapping[str, Any] | None = None


def at_most(right: Any = 0, /, **terms: Any) -> Form:
    """The sum of coefficient x quantity is at most a constant."""
    return Form(terms, right)


def at_least(right: Any = 0, /, **terms: Any) -> Form:
    """The sum of coefficient x quantity is at least a constant."""
    return Form(terms, right, ">=")


def within(margin: Mapping[str, Any], /, **terms: Any) -> Form:
    """The sum of coefficient x quantity is no farther from 0 than another such sum."""
    return Form(terms, margin=margin)


def near_mean(part: str, cost: str, mean: Any, today: Any, spread: Any) -> Form:
    """|part - mean x cost| <= spread x cost: a ratio of two quantities lies within a spread of a mean of today's, or no
    farther from it than `today`, its own of today."""
    return within({cost: np.maximum(spread, abs(today - mean))}, **{part: 1, cost: -mean})


class Reading(ABC):
    """Where a statement finds what it speaks of. Quantities of a scope are arrays over its members (one number for the
    nation), or linear expressions with as many rows; those of today are arrays over governments."""

    settings: Settings

    def __getitem__(self, key: SettingKey) -> Any:
        """A setting as a number of the reading's own kind."""
        return value_of(self.settings, key)

    @abstractmethod
    def today(self, name: str) -> Any:
        """A ratio of today's for every government, one of `quantities.TODAY`, or a quantity of governments today."""

    @abstractmethod
    def quantity(self, name: str) -> Any:
        """A quantity for every member of its own scope."""

    @abstractmethod
    def members(self, tier: int) -> np.ndarray:
        """Positions of the governments of a tier, see `TIERS`."""

    @abstractmethod
    def summed(self, value: Any, groups: Sequence[np.ndarray]) -> Any:
        """A quantity summed over each of some groups of members."""

    def read(self, name: str, statement: Statement) -> Any:
        """A quantity for every row of a statement."""
        value, own = self.quantity(name), QUANTITIES[name].scope
        if own is statement.scope:
            return value
        if statement.scope is Scope.NATION:
            return self.summed(value, [np.arange(len(value))])
        if own is Scope.GOVERNMENT and statement.scope is Scope.TIER:
            return self.summed(value, [self.members(tier) for tier in statement.tiers])
        raise ValueError(f"{statement.label} cannot ask for {name} by {statement.scope}")


@dataclass(frozen=True)
class Side:
    """One inequality of a statement: `left` <= or >= (`sense`) `right` for every member of the scope; `sign` tells the
    two of an absolute value apart (none: there is one)."""

    left: Any
    right: Any
    sense: str = "<="
    sign: float | None = None


@dataclass(frozen=True)
class Statement:
    """One limit of a package.

    `label` is the name of its rule, `rows` that of its rows in the program where it is another; `setting` holds the
    limit, `direction` says how it is loosened (0: a switch), `words` what it is called in English (its Japanese name is
    the label of the setting); `of` names the quantities it speaks of. `on` tells whether settings put it in force,
    where more than its own is needed; `tier` is the one tier it speaks of (of governments: those of that tier), `among`
    tells which governments it speaks of where it is not all of them, a truth for each; `scale` what its rows are
    multiplied by, a number or one for each row; `rounding` names further quantities by whose size its sides may be off;
    `part` tells how many units of its sides make one of its quantities.
    """

    label: str
    setting: SettingKey
    scope: Scope
    direction: float
    words: str
    of: tuple[str, ...]
    formula: Callable[[Any], Form]
    rows: str = ""
    tier: int | None = None
    among: Callable[[Reading], np.ndarray] | None = None
    scale: float | Callable[[Reading], Any] = 1.0
    on: Callable[[Settings], bool] = field(default=lambda settings: True)
    rounding: tuple[str, ...] = ()
    part: float = 1.0

    @property
    def component(self) -> str:
        """Name of its rows in the program."""
        return self.rows or self.label

    @property
    def rule(self) -> str:
        """Letter and number of its rule, such as D2 for D2own."""
        found = re.match(r"[A-Z]\d+", self.label)
        assert found is not None, self.label
        return found.group()

    @property
    def tiers(self) -> tuple[int, ...]:
        """The tiers that a statement by tier speaks of."""
        return TIERS if self.tier is None else (self.tier,)

    @property
    def text(self) -> str:
        """The formula of the statement in words and signs."""
        return self.formula.__doc__ or ""

    @property
    def decided_once(self) -> bool:
        """Whether it says the same in every year of a horizon."""
        return all(QUANTITIES[name].decided_once for name in self.of)

    @property
    def by_providers(self) -> bool:
        """Whether it hangs on who provides a service."""
        return any(QUANTITIES[name].by_providers for name in self.of)

    def in_force(self, settings: Settings) -> bool:
        """Whether the settings put it in force at all."""
        value = value_of(settings, self.setting)
        return value is not None and value is not False and self.on(settings)

    def scaled(self, reading: Reading) -> Any:
        """What its rows are multiplied by over a reading: a number, or one for each member of its scope."""
        return self.scale(reading) if callable(self.scale) else self.scale

    def sides(self, reading: Reading) -> list[Side]:
        """The inequalities of the statement over what a reading gives, one or, of an absolute value, two."""
        form = self.formula(reading)
        left = self._sum(form.terms, reading)
        if form.margin is None:
            return [Side(left, form.right, form.sense)]
        margin = self._sum({name: -1 * c for name, c in form.margin.items()}, reading)
        return [Side(sign * left + margin, form.right, sign=sign) for sign in (1.0, -1.0)]

    def excesses(self, reading: Reading) -> list[tuple[Any, Any]]:
        """By how much each of its inequalities is broken (below 0: kept), and the size of what it speaks of, by which
        its rounding is told; an array over its rows each."""
        size: Any = np.array(1)
        chosen = self.chosen(reading)
        kept = slice(None) if chosen is None else chosen
        for name in (*self.of, *self.rounding):
            size = np.maximum(size, abs(reading.read(name, self)))
        return [
            (
                (side.left - side.right if side.sense == "<=" else side.right - side.left)[kept],
                np.broadcast_to(np.maximum(size, abs(side.right)), side.left.shape)[kept],
            )
            for side in self.sides(reading)
        ]

    def chosen(self, reading: Reading) -> np.ndarray | None:
        """Positions of the members of its scope that it speaks of; None where it speaks of all."""
        if self.among is not None:
            return np.flatnonzero(np.asarray(self.among(reading), dtype=bool))
        if self.scope is not Scope.GOVERNMENT or self.tier is None:
            return None
        return reading.members(self.tier)

    def keys(self, count: int) -> list[int | None]:
        """What its rows are called, `count` of them if it speaks of all members of its scope: positions of members,
        tiers, or nothing for the nation."""
        if self.scope is Scope.NATION:
            return [None]
        return list(self.tiers) if self.scope is Scope.TIER else list(range(count))

    def _sum(self, terms: Mapping[str, Any], reading: Reading) -> Any:
        if unknown := set(terms) - set(self.of):
            raise ValueError(f"{self.label} does not say that it speaks of {', '.join(sorted(unknown))}")
        return reduce(add, (c * reading.read(name, self) for name, c in terms.items()))


def statement(
    label: str,
    setting: SettingKey,
    scope: Scope,
    direction: float,
    words: str,
    of: tuple[str, ...],
    **more: Any,
) -> Callable[[Callable[[Any], Form]], Statement]:
    """Make the function below it, whose docstring is the formula in words, a statement."""

    def stated(formula: Callable[[Any], Form]) -> Statement:
        return Statement(label, setting, scope, direction, words, of, formula, **more)

    return stated
