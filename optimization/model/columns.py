"""Index tables of the model's columns: which decisions exist and where each one counts.

Rules never test conditions; they read these tables.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy import sparse

from optimization.dictionary.tiers import (
    LOCAL_TIERS,
    TIERS,
)
from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.debt import DebtFigures, debts_later
from optimization.ledger.decision import status_quo, tier_by_place
from optimization.ledger.instance import Instance
from optimization.model.apart import Choice
from optimization.model.crisis_columns import CrisisColumns
from optimization.model.screening import Screening

MOST_BOND = 2.0
"""Most that an extraordinary bond can be beside the pool of its year, or beside what today's formula would pay in it
without a limit where that is more."""


@dataclass(frozen=True)
class Columns:
    """Columns of the decisions on one instance.

    `duties`: (s, k, t) of every y; `pair_body`, `pair_service`: body row and wide-service column
    of every v, in a fixed order. `scenario` names the one crisis that the columns are about (`QUIET`: none), where
    each is a model of its own; empty for all of the package. `opening` are the columns of the first year and
    `year` the year, in those of a later one.
    """

    instance: Instance
    screening: Screening
    pair_body: np.ndarray
    pair_service: np.ndarray
    scenario: str = ""
    opening: Columns | None = None
    year: int = 0

    @property
    def first(self) -> Columns:
        """The columns of the first year."""
        return self.opening or self

    @cached_property
    def later(self) -> dict[int, Columns]:
        """The columns of every later year of the horizon, by year: decisions are shared, accounts are not."""
        horizon = self.instance.horizon
        if horizon is None:
            return {}
        parts = zip(horizon.years[1:], horizon.later, self.screening.tight_later, strict=True)
        return {
            year: replace(
                self,
                instance=later,
                screening=replace(self.screening, tight=tight, tight_later=()),
                opening=self,
                year=year,
            )
            for year, later, tight in parts
        }

    @cached_property
    def most_bond(self) -> float:
        """Most that the extraordinary bond of a later year can be, million yen."""
        pool = self.instance.settings["pool.ordinary_million_yen"]
        return MOST_BOND * max(pool, float(self.instance.formula_paid.sum()))

    @cached_property
    def most_bonded(self) -> np.ndarray | float:
        """Most that the extraordinary bond of a later year takes out of each government's need, (G,), million yen."""
        share = self.instance.bond_share
        return 0.0 if share is None else share * self.most_bond

    @cached_property
    def duties(self) -> list[tuple[int, int, str]]:
        """Every (service, group, tier) the statute may choose."""
        options = self.instance.groups.options
        return [(s, k, t) for (s, k), tiers in options.items() for t in TIERS if t in tiers]

    @cached_property
    def duty_number(self) -> dict[tuple[int, int, str], int]:
        """Position of each duty in `duties`."""
        return {duty: number for number, duty in enumerate(self.duties)}

    def duty_choice(self, s: int, k: int) -> Choice:
        """The choice of the tier that answers for service s in group k."""
        number = self.duty_number
        return Choice("y", {t: number[s, k, t] for t in TIERS if (s, k, t) in number})

    def duty_at(self, s: int, tier: str) -> np.ndarray:
        """Number of the duty that governs service s at each municipality, shape (I,); -1 if none."""
        number = self.duty_number
        by_group = [number.get((s, k, tier), -1) for k in range(len(self.instance.groups.labels))]
        return np.array(by_group, dtype=int)[self.instance.groups.of_municipality]

    @cached_property
    def pair_service_number(self) -> np.ndarray:
        """Service (among S) of every pair."""
        return self.instance.costs.wide_columns[self.pair_service]

    @cached_property
    def body_rows(self) -> np.ndarray:
        """Rows of the bodies that have a pair, sorted: the z columns."""
        return np.unique(self.pair_body)

    @cached_property
    def places(self) -> sparse.csr_matrix:
        """Pairs by place: rows are places (i, w) with i * W + w, columns the pairs covering them."""
        members = self.instance.bodies.membership[self.pair_body]
        width = max(1, len(self.instance.costs.wide_services))
        pair = np.repeat(np.arange(len(self.pair_body)), np.diff(members.indptr))
        here = self.instance.costs.own[members.indices, self.pair_service_number[pair]] > 0
        place = (members.indices.astype(np.int64) * width + self.pair_service[pair])[here]
        pair = pair[here]
        shape = (len(self.instance.case.codes) * width, len(self.pair_body))
        return sparse.csr_matrix((np.ones(len(pair)), (place, pair)), shape=shape)

    @cached_property
    def alone(self) -> list[tuple[int, int]]:
        """(i, w) of every x: places that some pair could serve; elsewhere x is y itself."""
        width = max(1, len(self.instance.costs.wide_services))
        occupied = np.flatnonzero(np.diff(self.places.indptr))
        return [(int(place // width), int(place % width)) for place in occupied]

    @cached_property
    def has_alone(self) -> np.ndarray:
        """Whether place (i, s) has an x column, shape (I, S)."""
        result = np.zeros((len(self.instance.case.codes), len(self.instance.services)), dtype=bool)
        if self.alone:
            i, w = np.array(self.alone).T
            result[i, self.instance.costs.wide_columns[w]] = True
        return result

    @cached_property
    def today(self) -> Accounts:
        """Accounts of today's arrangement, once for all rules that look back at it."""
        return todays_accounts(self.instance)

    @cached_property
    def debts_unchanged(self) -> DebtFigures:
        """Debts of today's arrangement in this later year of a horizon, with the bonds that it borrows until then."""
        today = self.first.today
        return dict(zip(today.in_later_year, debts_later(today), strict=True))[self.year]

    @cached_property
    def crisis(self) -> CrisisColumns | None:
        """Columns of the crisis part; None where the package names no crisis."""
        crisis = self.instance.crisis
        if crisis is None:
            return None
        faced = crisis.only(self.scenario) if self.scenario else crisis
        return CrisisColumns(self.instance, faced, self.pair_body, self.pair_service_number)

    @cached_property
    def need_at_home(self) -> np.ndarray:
        """Recognised need before revision of the duties that each government has today, by service, (G, S)."""
        return self._at_home(self.instance.formula_need)

    @cached_property
    def gross_at_home(self) -> np.ndarray:
        """Gross standard cost of the duties that each government has today, by service, (G, S)."""
        return self._at_home({tier: self.instance.costs.by_tier[tier].standard for tier in LOCAL_TIERS})

    def _at_home(self, value: dict[str, np.ndarray]) -> np.ndarray:
        """Sum of value[t][i, s] over the places of a government that is responsible today, (G, S)."""
        instance = self.instance
        tiers = tier_by_place(instance, status_quo(instance))
        found = np.zeros((len(instance.bond), tiers.shape[1]))
        for tier in LOCAL_TIERS:
            np.add.at(found, instance.paying_government(tier), np.where(tiers == tier, value[tier], 0.0))
        return found

    @cached_property
    def gross_cost(self) -> sparse.csr_matrix:
        """Gross standard cost that each duty brings to each government, shape (G, duties)."""
        return self.government_matrix({t: self.instance.costs.by_tier[t].standard for t in LOCAL_TIERS})

    @cached_property
    def net_cost(self) -> sparse.csr_matrix:
        """Standard cost net of today's earmarked share that each duty brings, and the debt service that goes along,
        shape (G, duties)."""
        own = self.government_matrix(self.instance.standard_need)
        return sparse.csr_matrix(own + self.debt_service_moved)

    @cached_property
    def debt_service_moved(self) -> sparse.csr_matrix:
        """Debt service in today's need that each duty brings to a government, or takes away from it, (G, duties)."""
        return self.moved(self.instance.asset_debt_service)

    def moved(self, amount: np.ndarray) -> sparse.csr_matrix:
        """How each duty changes what governments have of an amount for works, from today's (G,): (G, duties). It goes
        from who answers today to who answers; of what goes to the nation nobody else has it."""
        instance, home = self.instance, np.array(self.instance.groups.home)
        part, count = instance.of_works(amount), len(self.instance.case.governments)
        away = {t: np.where(home != t, part, 0.0) for t in TIERS}
        payer = {t: instance.paying_government(t) for t in LOCAL_TIERS}
        come = self.duty_matrix({t: away[t] for t in LOCAL_TIERS}, payer, count)
        gone = [
            self.duty_matrix(
                {t: np.where(home == of, away[t], 0.0) for t in TIERS}, dict.fromkeys(TIERS, payer[of]), count
            )
            for of in sorted(set(instance.groups.home))
        ]
        return sparse.csr_matrix(come - sum(gone[1:], gone[0]))

    @cached_property
    def recognised_need(self) -> sparse.csr_matrix:
        """Need the formula recognises, before revision, that each duty brings, shape (G, duties)."""
        return self.government_matrix(self.instance.formula_need)

    def government_matrix(self, value: dict[str, np.ndarray]) -> sparse.csr_matrix:
        """Sum of `value[t][i, s]` of the local tiers by paying government and duty, (G, duties)."""
        instance = self.instance
        payer = {t: instance.paying_government(t) for t in LOCAL_TIERS}
        local = {t: value[t] for t in LOCAL_TIERS}
        return self.duty_matrix(local, payer, len(instance.case.governments))

    def duty_matrix(
        self, value: dict[str, np.ndarray], row_of: dict[str, np.ndarray], rows: int
    ) -> sparse.csr_matrix:
        """Sum of `value[t][i, s]` over the municipalities a duty governs, by row: shape
        (rows, duties). `row_of[t]` (I,) names the row to which municipality i's value goes."""
        entries = [
            (row_of[tier][here], duty[here], value[tier][here, s])
            for tier in value
            for s in range(len(self.instance.services))
            for duty in [self.duty_at(s, tier)]
            for here in [np.flatnonzero((duty >= 0) & (value[tier][:, s] != 0))]
        ]
        empty = (np.zeros(0, int), np.zeros(0, int), np.zeros(0))
        row, column, data = (np.concatenate(part) for part in zip(empty, *entries, strict=True))
        matrix = sparse.csr_matrix((data, (row, column)), shape=(rows, len(self.duties)))
        matrix.sum_duplicates()
        return matrix

    @cached_property
    def unit_rows(self) -> list[Unit]:
        """Offices that may be opened, for tiers that do not run the service today."""
        return [unit for units, _ in self._units for unit in units]

    @cached_property
    def unit_cost(self) -> sparse.csr_matrix:
        """What each u costs a year, million yen, by the government in whose area the offices lie, (G, units)."""
        nobody = sparse.csr_matrix((0, len(self.instance.case.governments)))
        return sparse.csr_matrix(sparse.vstack([nobody, *(cost for _, cost in self._units)]).T)

    @cached_property
    def _units(self) -> list[tuple[list[Unit], sparse.csr_matrix]]:
        """By tier and service: the units, and what they cost each government, (units, G)."""
        instance, result = self.instance, []
        for tier in TIERS:
            for s, home in enumerate(instance.groups.home):
                duty = self.duty_at(s, tier)
                served = np.flatnonzero((duty >= 0) & (instance.costs.by_tier[home].standard[:, s] > 0))
                if home == tier or not len(served):
                    continue
                kinds = [_needed(kind.of_place[served], duty[served]) for kind in instance.offices[tier]]
                units = sorted({duties for needed in kinds for duties in needed.values()})
                number = {duties: n for n, duties in enumerate(units)}
                cost = sparse.csr_matrix((len(units), len(instance.case.governments)))
                for kind, needed in zip(instance.offices[tier], kinds, strict=True):
                    rows = [number[duties] for duties in needed.values()]
                    shape = (len(units), kind.share.shape[0])
                    cost = (
                        cost
                        + sparse.csr_matrix((np.ones(len(rows)), (rows, list(needed))), shape=shape)
                        @ kind.share
                    )
                result.append(
                    (
                        [Unit(tier, s, list(duties)) for duties in units],
                        cost * float(instance.costs.unit_fixed[s]),
                    )
                )
        return result


class Unit(NamedTuple):
    """Offices of a tier for a service that stand or fall together, since the same duties need them: any of these opens
    them all."""

    tier: str
    service: int
    duties: list[int]


def _needed(area: np.ndarray, duty: np.ndarray) -> dict[int, tuple[int, ...]]:
    """The duties of the places of every area; `area` and `duty` (n,) of each place."""
    found: dict[int, list[int]] = {}
    for a, n in sorted(set(zip(area.tolist(), duty.tolist(), strict=True))):
        found.setdefault(a, []).append(n)
    return {a: tuple(duties) for a, duties in found.items()}


def columns(instance: Instance, screening: Screening, inside: np.ndarray | None = None) -> Columns:
    """Columns of the listed pairs that `inside` marks, boolean over the list; of the kept ones by default."""
    body, service = screening.listed
    if inside is None:
        inside = np.arange(len(body)) < len(screening.kept[0])
    return Columns(instance, screening, body[inside], service[inside])
