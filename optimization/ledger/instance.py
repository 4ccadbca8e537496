"""The question: case, settings, rule groups, candidate bodies and costs; `ledger.layout` makes it.

Everything the ledger and the model need, in arrays of one fixed order:
I municipalities, S services, W services open to bodies, K rule groups, B bodies, G governments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.case.rule_groups import RuleGroups
from optimization.costs.provision import Parts, ProvisionCosts
from optimization.costs.social import SocialCosts, mean_of, social_costs
from optimization.costs.standard import StandardCosts
from optimization.dictionary.settings import setting_key, value_of, with_values
from optimization.dictionary.settings import status_quo as status_quo_settings
from optimization.dictionary.tiers import MUNICIPALITY, TIERS, tier_of
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.geography.candidates import Bodies
from optimization.ledger.asset_debt import asset_share, debt_years
from optimization.ledger.bundles import Bundles, bundles_of
from optimization.ledger.crisis import Crisis, crisis_of
from optimization.ledger.formula_need import formula_need
from optimization.ledger.horizon import LATER
from optimization.ledger.offices import Areas, Offices, offices_of
from optimization.ledger.tax_sources import TaxSources, tax_sources

GROWING: tuple[SettingKey, ...] = (
    "pool.ordinary_million_yen",
    "pool.released_min_million_yen",
    "pool.released_max_million_yen",
    "nation.limit_million_yen",
)
"""Amounts that grow with national taxes over later years."""

FACED = (
    "crisis.scenarios",
    "crisis.shortage_price",
    "crisis.cvar_level",
    "crisis.lead_change_million_yen",
    "crisis.lead_apart_million_yen",
    "crisis.worst_case_share",
    "horizon.",
)
"""What today's arrangement must face too: the crises of a package, priced as it prices them."""


def kept_today(settings: Settings) -> dict[SettingKey, object]:
    """The settings of a package that today's arrangement has too: its weights, and what it must face."""
    kept = ("weights.", *FACED)
    return {setting_key(key): value for key, value in settings.items() if key.startswith(kept)}


@dataclass(frozen=True, eq=False)
class Instance:
    """One reform question on one case; two are the same question only if they are one object.

    `horizon` holds the later years the plan must serve, `bond_share` (G,) in one of them who gets how much of its
    extraordinary bond and `first_asset_share` (I, S) what debts stood for in the first. `km` (I, I) is the straight
    line between town halls, `office_km` (I,) that to the branch office.
    """

    case: Case
    settings: Settings
    groups: RuleGroups
    bodies: Bodies
    costs: ProvisionCosts
    standard: StandardCosts
    km: np.ndarray
    office_km: np.ndarray
    horizon: Horizon | None = None
    bond_share: np.ndarray | None = None
    first_asset_share: np.ndarray | None = None

    @property
    def services(self) -> pd.Index:
        """Services in column order."""
        return self.case.services.index

    @cached_property
    def national_share(self) -> np.ndarray:
        """Earmarked national share of gross standard cost, shape (S,)."""
        return self.case.parameters.of("national_share", self.services).to_numpy()

    @cached_property
    def as_today(self) -> Instance:
        """The question under today's formula, taxes and guarantees, with the package's weights and crises."""
        today = status_quo_settings(list(self.services), self.case.defaults)
        settings = with_values(today, kept_today(self.settings))
        if self.horizon is None:
            return replace(self, settings=settings)
        pairs = zip(self.horizon.later, self.horizon.richer, strict=True)
        later = tuple(replace(each, settings=richer_by(growth, settings)) for each, growth in pairs)
        return replace(self, settings=settings, horizon=replace(self.horizon, later=later))

    @property
    def mass(self) -> float:
        """Weight of all years together: 1, but for one phase of a horizon."""
        return 1.0 if self.horizon is None else self.horizon.mass

    @cached_property
    def social(self) -> SocialCosts:
        """What each way of providing costs society, weighted over the years of the horizon."""
        own = social_costs(self.costs, self.settings)
        if self.horizon is None:
            return own
        every = [own, *(social_costs(later.costs, later.settings) for later in self.horizon.later)]
        return mean_of(every, self.horizon.weight)

    @cached_property
    def crisis(self) -> Crisis | None:
        """The scenarios the package names and what they ask; None where there are none."""
        return crisis_of(self.case, self.settings, self.groups, self.today)

    @cached_property
    def bundles(self) -> Bundles:
        """Related services and what it costs in this year when two tiers answer for them."""
        return bundles_of(self.case, self.groups, self.today)

    @cached_property
    def joint_work_price(self) -> np.ndarray:
        """What the objective counts of a bundle that is apart in a rule group, (N, K), million yen per year: weighted,
        over the years of the horizon."""
        weight = self.settings["weights.joint_work"]
        if self.horizon is None:
            return weight * self.bundles.cost
        every = [self, *self.horizon.later]
        shares = zip(self.horizon.weight, every, strict=True)
        return np.asarray(weight * sum(share * each.bundles.cost for share, each in shares))

    @cached_property
    def today(self) -> np.ndarray:
        """Gross standard cost at today's tier, shape (I, S); 0 where a service does not exist."""
        return todays_cost(self.case, self.costs.by_tier)

    @cached_property
    def standard_need(self) -> dict[str, np.ndarray]:
        """Standard need (net of the earmarked share) by tier, shape (I, S), million yen."""
        return {tier: self.costs.by_tier[tier].standard * (1.0 - self.national_share) for tier in TIERS}

    @cached_property
    def municipal_government(self) -> np.ndarray:
        """Position among governments of each municipality, shape (I,)."""
        return self.case.governments.index.get_indexer(self.case.government_of_municipality)

    @cached_property
    def prefectural_government(self) -> np.ndarray:
        """Position among governments of each municipality's prefecture, shape (I,)."""
        code = self.case.municipalities["prefecture_code"].map(self.case.government_of_prefecture)
        return self.case.governments.index.get_indexer(code)

    def paying_government(self, tier: str) -> np.ndarray:
        """Government that pays for a service of a local tier, shape (I,); where the tier is a union of prefectures,
        each pays its own part."""
        own = tier_of(tier).pays == MUNICIPALITY
        return self.municipal_government if own else self.prefectural_government

    @cached_property
    def other_need(self) -> np.ndarray:
        """Need after transfer that no service of the table carries (debt service, promotion of
        regions, less the transfer to the extraordinary bond), shape (G,), million yen."""
        return self.other_cost - self.dropped_refund

    @cached_property
    def debt_service(self) -> np.ndarray:
        """Debt service that today's need recognises, shape (G,), million yen."""
        return self.case.governments["debt_service_million_yen"].to_numpy(float)

    @cached_property
    def dropped_refund(self) -> np.ndarray:
        """Debt service that today's need recognises and the package's no longer does, shape (G,)."""
        return (1.0 - self.recognised_share) * self.debt_service

    @cached_property
    def recognised_share(self) -> float:
        """Share of today's debt service in the needs that the package's need still recognises."""
        refund = self.settings["formula.debt_service_refund"]
        honoured = self.settings["formula.promised_refunds_honoured"]
        return 1.0 - (1.0 - refund) * (1.0 - honoured)

    @cached_property
    def home_government(self) -> np.ndarray:
        """Position of the government that answers today for each service at each place, shape (I, S)."""
        return np.column_stack([self.paying_government(home) for home in self.groups.home])

    @cached_property
    def asset_share(self) -> np.ndarray:
        """Share of the debt for works of the government that answers today which stands for each service at each place,
        shape (I, S); in a later year as in the first, for debts are what they are."""
        if self.first_asset_share is not None:
            return self.first_asset_share
        cost = np.column_stack([self.standard_need[home][:, s] for s, home in enumerate(self.groups.home)])
        return asset_share(self.case, cost, self.home_government)

    @cached_property
    def asset_debt_service(self) -> np.ndarray:
        """Debt service in today's need for bonds that paid for works, shape (G,), million yen."""
        return self.case.governments["asset_debt_service_million_yen"].to_numpy(float)

    @cached_property
    def debt_years(self) -> np.ndarray:
        """Years of debt service that the debt itself comes to, shape (G,)."""
        return debt_years(self.case)

    def of_works(self, amount: np.ndarray) -> np.ndarray:
        """What of an amount for the works of each government, shape (G,), goes along with the services at each place
        when somebody else answers for them, shape (I, S)."""
        return self.settings["debt.follows_duty_share"] * self.asset_share * amount[self.home_government]

    @cached_property
    def other_cost(self) -> np.ndarray:
        """What the other need stands for in cost, shape (G,): debt service is paid, refunded or not."""
        carried = np.zeros(len(self.case.governments))
        for s, home in enumerate(self.groups.home):
            np.add.at(carried, self.paying_government(home), self.standard_need[home][:, s])
        return self.case.governments["need_million_yen"].to_numpy(float) - carried

    @cached_property
    def tax(self) -> TaxSources:
        """The tax bases and what the package may do with each."""
        return tax_sources(self.case, self.settings)

    @cached_property
    def guarantee(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest guarantee grant as a share of gross standard cost, shape (S,) each;
        where the package says nothing, today's earmarked share."""
        today = zip(self.national_share, self.national_share, strict=True)
        ranges = dict(zip(self.services, today, strict=True)) | dict(self.settings["guarantee.share"])
        low, high = np.array([ranges[s] for s in self.services]).T
        return low, high

    @cached_property
    def revision(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest revision of the unit cost of each service, shape (S,) each."""
        common = self.settings["formula.unit_cost_revision"]
        own = self.settings["formula.unit_cost_revision_by_service"]
        low, high = np.array([own.get(s, common) for s in self.services]).T
        return low, high

    @cached_property
    def formula_need(self) -> dict[str, np.ndarray]:
        """Need that the formula recognises before revision, by tier, shape (I, S): the standard need
        under the package's scale correction and simplification."""
        return formula_need(self.case, self.settings, self.standard.curves, self.standard_need)

    @cached_property
    def bond(self) -> np.ndarray:
        """Extraordinary bond that stands in for allocation tax, shape (G,), million yen."""
        return self.case.governments["bond_transfer_million_yen"].to_numpy(float)

    @cached_property
    def receiving_today(self) -> np.ndarray:
        """Governments whose need exceeds their revenue today, shape (G,)."""
        need, revenue = self.case.governments[["need_million_yen", "revenue_million_yen"]].to_numpy().T
        return need > revenue

    @cached_property
    def residual(self) -> np.ndarray:
        """Allocation paid beyond the formula (corrections of earlier years' errors, rounding),
        shape (G,), million yen; it stays as it is under any package."""
        frame = self.case.governments
        need, revenue = frame["need_million_yen"], frame["revenue_million_yen"]
        formula = np.maximum(0.0, (1.0 - self.case.national["adjustment_rate"]) * need - revenue)
        return (frame["allocation_paid_million_yen"] - formula).to_numpy(float)

    @property
    def pays_special(self) -> bool:
        """Whether what the formula leaves of the pool is paid out as special allocation."""
        return self.settings["pool.released"] == "special"

    @cached_property
    def special_share(self) -> np.ndarray:
        """Each government's part of what is paid out as special allocation, shape (G,): by the need of today of those
        who receive today, or by residents where nobody does."""
        need = self.case.governments["need_million_yen"].to_numpy(float) * self.receiving_today
        weight = need if need.sum() > 0 else self.population
        return np.asarray(weight / weight.sum())

    @cached_property
    def formula_paid(self) -> np.ndarray:
        """Ordinary allocation paid today less the corrections, shape (G,), million yen."""
        return self.case.governments["allocation_paid_million_yen"].to_numpy(float) - self.residual

    @cached_property
    def tiers_held(self) -> np.ndarray:
        """Whether each government is a municipality and whether a prefecture, (G, 2) of 0 and 1."""
        count = len(self.case.governments)
        held = np.zeros((count, 2))
        held[self.municipal_government, 0] = 1.0
        held[self.prefectural_government, 1] = 1.0
        return held

    @cached_property
    def population(self) -> np.ndarray:
        """Residents of each government, shape (G,)."""
        return self._by_government("population_persons")

    @cached_property
    def area(self) -> np.ndarray:
        """Area of each government, shape (G,), km2."""
        return self._by_government("area_km2")

    def _by_government(self, column: str) -> np.ndarray:
        size = self.case.municipalities[column].to_numpy(float)
        count = len(self.case.governments)
        own = np.bincount(self.municipal_government, size, minlength=count)
        whole = np.bincount(self.prefectural_government, size, minlength=count)
        return np.where(self.tiers_held[:, 1] == 1.0, whole, own)

    @cached_property
    def most_bodies(self) -> np.ndarray:
        """Most bodies each municipality may belong to (R4), shape (I,): the package's limit, or one for each service
        that it shares today, where today's bodies are kept, or by prescription."""
        return np.maximum(self.settings["wide_area.bodies_per_municipality"], self.bodies.existing.count)

    @cached_property
    def standing_pairs(self) -> np.ndarray:
        """Pairs that are today's bodies or parts of them, where they must be kept, or prescribed, boolean (B, W)."""
        result = np.zeros(self.costs.allowed.shape, dtype=bool)
        existing, position = self.bodies.existing, self.costs.wide_position
        if existing.kept:
            for b, s in self.bodies.standing:
                result[b, position[s]] = True
        for s, members in existing.prescribed:
            if members in self.bodies.row_of:
                result[self.bodies.row_of[members], position[s]] = True
        return result & self.costs.allowed

    @cached_property
    def prefecture(self) -> np.ndarray:
        """Position of each municipality's prefecture among the case's prefectures, shape (I,)."""
        return self.case.prefectures.index.get_indexer(self.case.municipalities["prefecture_code"])

    @cached_property
    def areas(self) -> dict[str, Areas]:
        """The areas in which each tier serves, by tier."""
        found = {}
        people = self.case.municipalities["population_persons"].to_numpy(float)
        of_prefecture = np.bincount(self.prefecture, weights=people, minlength=len(self.case.prefectures))
        for tier in TIERS:
            names, number = np.unique(self.case.area_of(tier).to_numpy(str), return_inverse=True)
            first = np.zeros(len(self.case.prefectures), dtype=int)
            first[self.prefecture] = number
            together = np.bincount(first, weights=of_prefecture, minlength=len(names))
            found[tier] = Areas(number, names, first, of_prefecture / together[first])
        return found

    @cached_property
    def offices(self) -> dict[str, tuple[Offices, ...]]:
        """The kinds of offices that each tier opens for what it takes over."""
        return offices_of(self.case, self.areas, self.prefecture, self.municipal_government)


@dataclass(frozen=True)
class Horizon:
    """Y years, the case's first: `years`, `span` of each, `weight` (Y,) summing to 1, and `later`, the question of
    every later year on the same bodies and rule groups; `richer`: by how much national taxes have grown in each.

    `second`: from which year on a decision of its own holds; 0 for none. One phase alone is a horizon too: its weights
    are those it has in the whole (0 for a first year it leaves out), `before` (2,) what municipalities and the nation
    owe at its first later year, million yen, and `lasting` what a yen costs that is owed when it ends.
    """

    years: tuple[int, ...]
    span: tuple[int, ...]
    weight: np.ndarray
    later: tuple[Instance, ...]
    richer: tuple[float, ...]
    second: int = 0
    before: tuple[float, float] = (0.0, 0.0)
    lasting: float = 0.0

    @property
    def mass(self) -> float:
        """Weight of all years together."""
        return float(self.weight.sum())

    def in_second(self, year: int) -> bool:
        """Whether a year belongs to the second phase."""
        return 0 < self.second <= year


def richer_by(growth: float, settings: Settings) -> Settings:
    """The settings of a later year: pool, bounds of what it leaves and national limit grow with national taxes, what
    belongs to the first year alone is off."""
    money = {key: value_of(settings, key) for key in GROWING}
    grown = {key: value if value is None else growth * value for key, value in money.items()}
    owner = settings["pool.released"]
    kept = "nation" if owner == "transfer" else owner  # taxes have moved by the first year's figures
    return with_values(settings, {**grown, "pool.released": kept, **LATER})


def todays_cost(case: Case, parts: Mapping[str, Parts]) -> np.ndarray:
    """Gross standard cost of every service at today's tier, shape (I, S)."""
    home = case.services["home_tier"]
    return np.column_stack([parts[tier].standard[:, s] for s, tier in enumerate(home)])
