"""The named quantities as the accounts of a decision have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np

from optimization.dictionary.tiers import LOCAL_TIERS
from optimization.dictionary.typed_settings import Settings
from optimization.ledger import debt, hold_harmless, measures, places
from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.instance import Instance
from optimization.rules import places as of_places
from optimization.rules.fiscal import LOSERS, LOSS_LIMIT, PATH_YEARS
from optimization.rules.statement import TIERS, Reading

LOSS = 1e-6
"""Part of its standard cost by which a government must fall short of its promised coverage to be a loser."""

TODAY: Mapping[str, Callable[[Accounts], np.ndarray]] = {
    "coverage": lambda today: today.coverage,
    "dependence": measures.dependence,
    "own_share": measures.own_share,
    "mean_own_share": measures.mean_own_share,
    "real_debt_service_ratio": lambda today: _official(today.instance, "real_debt_service_ratio"),
    "future_burden_ratio": lambda today: _official(today.instance, "future_burden_ratio"),
    "future_burden_warning": lambda today: debt.burden_warning(today.instance),
    "debt_service_ratio_anyway": lambda today: _official(today.instance, "real_debt_service_ratio"),
    "future_burden_ratio_anyway": lambda today: _official(today.instance, "future_burden_ratio"),
    "tax_price": places.tax_price,
    "mean_tax_price": places.mean_tax_price,
}
"""Ratios of today's, shape (G,), or (I,) of places, from the accounts of today's arrangement."""

ANYWAY: Final = ("debt_service_ratio_anyway", "future_burden_ratio_anyway")
"""Ratios of debts that are reached anyway; in a later year those of today's arrangement with its bonds since the first,
and what such a projection may be off by."""


def _official(instance: Instance, name: str) -> np.ndarray:
    return instance.case.governments[name].to_numpy(float)


def reached_anyway(unchanged: debt.DebtFigures, name: str, settings: Settings) -> np.ndarray:
    """One of `ANYWAY` in a later year, shape (G,), from the debts of today's arrangement in it."""
    return unchanged.ratios[ANYWAY.index(name)] * (1.0 + settings["horizon.debt_steps_reach"])


def of_today(today: Accounts, name: str) -> np.ndarray:
    """A ratio of `TODAY`, or a quantity of governments, in the accounts of today's arrangement, shape (G,)."""
    return TODAY[name](today) if name in TODAY else AccountsReading(today).quantity(name)


class AccountsReading(Reading):
    """The accounts of a decision in one year; `debts` are those of a later year of a horizon, which is no question of
    its own, `unchanged` those of today's arrangement in the same year."""

    def __init__(
        self,
        accounts: Accounts,
        debts: debt.DebtFigures | None = None,
        unchanged: debt.DebtFigures | None = None,
    ) -> None:
        self.accounts, self.instance = accounts, accounts.instance
        self.settings = accounts.instance.settings
        self._today = todays_accounts(accounts.instance)
        self._debts, self._unchanged = debts, unchanged

    def today(self, name: str) -> np.ndarray:
        """A ratio of today's, or a quantity of governments today, shape (G,)."""
        if self._unchanged is not None and name in ANYWAY:
            return reached_anyway(self._unchanged, name, self.settings)
        return of_today(self._today, name)

    def members(self, tier: int) -> np.ndarray:
        """Positions of the governments of a tier."""
        return (measures.municipal, measures.prefectural)[tier](self.instance)

    def summed(self, value: np.ndarray, groups: Sequence[np.ndarray]) -> np.ndarray:
        """Sums over groups of members."""
        return np.array([value[group].sum() for group in groups])

    def quantity(self, name: str) -> np.ndarray:
        """A quantity of the decision, an array over its scope."""
        return np.atleast_1d(np.asarray(QUANTITIES[name](self), dtype=float))

    @cached_property
    def debts(self) -> debt.DebtFigures:
        """What the ratios of debts are made of."""
        return debt.debts_of(self.accounts) if self._debts is None else self._debts

    def gross_cost(self, factor: np.ndarray | None = None) -> np.ndarray:
        """Standard cost with the earmarked share, each service times its factor, shape (G,)."""
        return self.accounts.sum_of({t: self.instance.costs.by_tier[t].standard for t in LOCAL_TIERS}, factor)

    def own_part(self) -> np.ndarray:
        """What residents bear of the standard cost, shape (G,), million yen."""
        own = self.accounts
        return own.standard_cost - own.transfer - own.special - own.guarantee

    def lost(self) -> np.ndarray:
        """What lacks of the coverage that the limit of losses promises, shape (G,), million yen."""
        if self.settings[LOSS_LIMIT] is None:
            return np.zeros(len(self.accounts.funds))
        kept = (1.0 - self.settings[LOSS_LIMIT]) * self._today.coverage
        return kept * self.accounts.standard_cost - self.accounts.funds

    def let_off(self) -> np.ndarray:
        """What governments that may lose are let off, shape (G,): all they lose, where there may be losers at all."""
        return np.maximum(0.0, self.lost()) if self.settings[LOSERS] > 0 else np.zeros(len(self.lost()))

    def people_losing(self) -> float:
        """Part of all people who live under a loser."""
        people = self.instance.population / self.instance.population.sum()
        return float(people[self.lost() > LOSS * self.accounts.standard_cost].sum())

    def place_lost(self) -> np.ndarray:
        """What lacks of the leeway that the limit of a place's loss promises, shape (I,), yen per resident."""
        limit = self.settings[of_places.LOSS]
        kept = np.inf if limit is None else limit
        return places.leeway(self._today) - kept - places.leeway(self.accounts)

    def place_let_off(self) -> np.ndarray:
        """What places that may lose are let off, shape (I,): all they lose, where there may be such places at all."""
        lost = self.place_lost()
        return np.maximum(0.0, lost) if self.settings[of_places.LOSERS] > 0 else np.zeros(len(lost))

    def people_let_off(self) -> float:
        """Part of all people in places that lose more than the limit, by more than a yen."""
        return float(places.people(self.instance)[self.place_lost() > 1.0].sum())

    def top_ups(self) -> float:
        """Top-ups of the first year of the path, million yen."""
        if not self.settings[PATH_YEARS]:
            return 0.0
        return float(hold_harmless.top_ups(self.accounts)[0].sum())

    def shortfall(self) -> float:
        """What the nation borrows: in a later year whatever exceeds its limit."""
        limit = self.settings["nation.limit_million_yen"]
        if self.instance.bond_share is None or limit is None:
            return 0.0
        return max(0.0, self.accounts.national_outlay - limit)

    def pool_added(self) -> float:
        """What other shares of national taxes bring to the pool, million yen."""
        table, decided = self.instance.case.national_taxes, self.accounts.decision.pool_share
        extra = (decided - table["pool_share"].to_numpy(float)) @ table["yield_million_yen"].to_numpy(float)
        return float((1.0 - self.instance.case.national["special_share"]) * extra)

    def common_share(self) -> list[float]:
        """Counted share of the common taxes of each tier, 0 where there are none."""
        tax, counted = self.instance.tax, self.accounts.decision.counted
        common = tax.partial & ~tax.own_share & (self.accounts.decision.assigned > 0)
        return [float(counted[common & (tax.tier == t)].max(initial=0.0)) for t in TIERS]

    def shortage(self) -> np.ndarray:
        """What stays unserved in each scenario, shape (W,), million yen."""
        response = self.accounts.response
        return np.zeros(0) if response is None else response.total

    def surge(self) -> np.ndarray:
        """What each scenario asks for beyond normal times, shape (W,), million yen."""
        crisis = self.instance.crisis
        return np.zeros(0) if crisis is None else crisis.demand.sum(axis=(1, 2))


def _own_share(reading: AccountsReading, factor: np.ndarray) -> np.ndarray:
    return np.where(reading.instance.tax.own_share, factor, 0.0)


QUANTITIES: Mapping[str, Callable[[AccountsReading], Any]] = {
    "funds": lambda r: r.accounts.funds,
    "standard_cost": lambda r: r.accounts.standard_cost,
    "transfer": lambda r: r.accounts.transfer,
    "paid": lambda r: r.accounts.transfer + r.instance.residual,
    "special": lambda r: r.accounts.special,
    "own_part": AccountsReading.own_part,
    "own_revenue": lambda r: r.accounts.own_revenue,
    "gross_cost": lambda r: r.gross_cost(),
    "gross_spending": lambda r: r.gross_cost() + r.accounts.other_cost + r.instance.bond,
    "earmarked": lambda r: r.gross_cost(r.accounts.decision.guarantee),
    "spending": lambda r: r.accounts.spending,
    "debt_base": lambda r: r.debts.base,
    "debt_service": lambda r: r.debts.service,
    "future_burden": lambda r: r.debts.burden,
    "let_off": AccountsReading.let_off,
    "pool_added": AccountsReading.pool_added,
    "released": lambda r: r.accounts.released,
    "handed_over": lambda r: r.accounts.handed_over,
    "national_outlay": lambda r: r.accounts.national_outlay,
    "national_shortfall": AccountsReading.shortfall,
    "dispersion": lambda r: measures.dispersion(r.accounts),
    "people_losing": AccountsReading.people_losing,
    "top_ups": AccountsReading.top_ups,
    "leeway": lambda r: places.leeway(r.accounts),
    "cost_per_resident": lambda r: places.borne(r.accounts),
    "taxes_per_resident": lambda r: places.own_taxes(r.accounts),
    "place_let_off": AccountsReading.place_let_off,
    "place_dispersion": lambda r: places.dispersion(r.accounts),
    "people_let_off": AccountsReading.people_let_off,
    "common_share": AccountsReading.common_share,
    "counted_part": lambda r: _own_share(r, r.accounts.decision.counted * r.accounts.decision.assigned),
    "assigned_part": lambda r: _own_share(r, r.accounts.decision.assigned),
    "tiers_answering": lambda r: [
        len(r.accounts.decision.tiers_in_use.get(s, ())) for s in range(len(r.instance.services))
    ],
    "duties_moved": lambda r: measures.duties_moved(r.accounts),
    "leads_apart": lambda r: 0.0 if r.accounts.response is None else r.accounts.response.leads_apart,
    "shortage_at_risk": lambda r: 0.0 if r.accounts.response is None else r.accounts.response.value_at_risk,
    "shortage": AccountsReading.shortage,
    "surge": AccountsReading.surge,
}
"""Every quantity of `rules.quantities` from the accounts of a decision."""


def later_readings(accounts: Accounts) -> list[AccountsReading]:
    """The accounts of every later year of a horizon, with the debts of that year and those of today's arrangement in
    it."""
    today = todays_accounts(accounts.instance)
    debts = (debt.debts_later(accounts), debt.debts_later(today))
    return [AccountsReading(*of_year) for of_year in zip(accounts.later, *debts, strict=True)]
