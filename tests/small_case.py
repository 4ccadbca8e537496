"""Tiny cases built in memory: a few municipalities, explicit numbers, nothing read from files.

Every cost that a test does not name is zero: no travel, no coordination, no transition, no taste, no scale
effect. Town halls lie on the equator (`east_km` along it), so that distances are exact; one kilometre of
travel takes one minute and costs what the test says.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import optimization.ledger.layout as layout_room
from optimization.case.bundles import JOINT_WORK, bundle_name
from optimization.case.case import Case
from optimization.case.crisis import NO_CRISES, PROBABILITY, SEVERITY, CrisisTables
from optimization.case.fiscal import government_accounts, joint_bases
from optimization.case.package import Package, Provision
from optimization.case.parameters import Parameters
from optimization.case.projections import AGES
from optimization.case.resolved import Origin, ResolvedPackage, Source
from optimization.case.sharing import ASKED, FEATURES
from optimization.costs.curves import ScaleCurve, flat_curve
from optimization.dictionary.settings import canonical, load_settings, status_quo
from optimization.dictionary.tiers import MUNICIPALITY, PREFECTURE, TIERS
from optimization.geography.distance import EARTH_RADIUS_KM
from optimization.ledger.accounts import Accounts
from optimization.ledger.instance import Instance
from optimization.ledger.layout import lay_out
from optimization.model.columns import Columns, columns
from optimization.model.model import build_model
from optimization.model.screening import screen
from optimization.outcome.result import Result
from optimization.outcome.solve import solve
from optimization.solving.highs import Limits, Outcome, Status
from optimization.solving.standard_form import StandardForm, compile_model

KM_PER_DEGREE = EARTH_RADIUS_KM * np.pi / 180.0
CLASSES = ("designated_city", "core_city", "special_city", "city", "town", "village", "wards")

GENERAL = {
    "detour_factor": 1.0,
    "travel_speed_km_per_hour": 60.0,
    "travel_cost_yen_per_person_km": 0.0,
    "price_elasticity": 0.5,
    "taste_elasticity": 1.0,
    "taste_gap_cap": 10.0,
    "discount_rate": 0.0,
    "transition_years": 10.0,
    "efficient_scale_persons": 100_000.0,
    "bloc_coordination_rate": 0.0,
    "national_overhead": 0.0,
    "branch_office_share": 0.0,
    "national_unit_share": 1.0,
    "coordination_fixed_million_yen": 0.0,
    "canada_standard": 1.0,
    "canada_cap": 1.0,
    "australia_floor": 0.75,
    "germany_rate": 0.63,
    "germany_top_up": 0.8,
    "germany_top_up_level": 0.9975,
    "switzerland_low_index": 0.7,
    "switzerland_floor": 0.865,
    "switzerland_power": 1.636,
    "switzerland_strong_share": 0.4,
    "nordic_rate": 0.75,
    "nordic_level": 1.0,
    "nordic_need_rate": 0.9,
    "block_fixed_share": 0.05,
    "block_area_share": 0.1,
}
BY_SERVICE = {
    "national_share": 0.0,
    "scale_realisation": 1.0,
    "prefectural_elasticity": 0.0,
    "trips_to_seat": 0.0,
    "max_travel_minutes": 1000.0,
    "coordination_rate": 0.0,
    "taste_weight": 0.0,
    "transition_cost": 0.0,
    "unit_fixed_cost_million_yen": 0.0,
}
NATIONAL_TAXES = pd.DataFrame(
    {"yield_million_yen": [1000.0, 500.0], "pool_share": [0.2, 0.5]},
    index=pd.Index(["income", "liquor"], name="tax"),
)
OPEN = {
    "pool.ordinary_million_yen": 1e6,
    "nation.limit_million_yen": 1e7,
    "weights.soft_budget": 0.0,
    "weights.dulled_incentive": 0.0,
    "weights.body_million_yen": 0.0,
}
"""Limits that never bind and no weight but that of cost: a test names what it is about."""

EXACT = Limits(gap=1e-9, seconds=60.0, threads=1)


TAXES = {("municipal", 0.75): "land", ("municipal", 1.0): "fees", ("prefectural", 0.75): "business"}
TAXES |= {("prefectural", 1.0): "dues"}
"""One tax counted at 75% (`base`) and one counted in full (`full`) for each tier."""


@dataclass(frozen=True)
class Town:
    """A municipality: needs by service and other money in million yen (1 of revenue, so that nobody has
    nothing at all). `base` is its taxes counted at 75%, `full` those counted in full."""

    code: str
    people: int = 10_000
    need: Mapping[str, float] = field(default_factory=dict)
    other: float = 0.0
    base: float = 0.0
    full: float = 1.0
    bond: float = 0.0
    residual: float = 0.0
    debt: float = 0.0
    debt_of_assets: float = 0.0
    debt_ratio: float = 0.0
    burden_ratio: float = 0.0
    scale: float | None = None
    east_km: float = 0.0
    area_km2: float = 100.0
    kind: str = "city"
    income_tax: float | None = None
    area: str = ""


@dataclass(frozen=True)
class Prefecture:
    """A prefecture: needs of its own services by name, other money in million yen; without numbers a need
    of 1 and a revenue of 1, so that it neither receives nor matters."""

    code: str
    bloc: str = "east"
    need: Mapping[str, float] = field(default_factory=dict)
    other: float = 1.0
    base: float = 0.0
    full: float = 1.0
    bond: float = 0.0
    residual: float = 0.0
    debt: float = 0.0
    debt_of_assets: float = 0.0
    debt_ratio: float = 0.0
    burden_ratio: float = 0.0
    scale: float | None = None


@dataclass(frozen=True)
class Service:
    """A service; `slope` makes its cost per head fall with (population) ^ -slope, `tiers` are those
    allowed beside today's (by class where a mapping is given)."""

    name: str
    home: str = MUNICIPALITY
    tiers: tuple[str, ...] | Mapping[str, tuple[str, ...]] = ()
    wide: bool = False
    slope: float = 0.0
    excluded: str = ""
    driver: str = "population_persons"
    parameters: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Shock:
    """A crisis scenario: its kind, annual probability, and whom it strikes by code."""

    kind: str
    probability: float
    exposed: Mapping[str, float]
    lost: Mapping[str, float] = field(default_factory=dict)


CALM = {
    "spare_capacity_share": 0.0,
    "response_premium": 1.0,
    "reserve_cost_share": 1.0,
    "aid_loss_bloc": 0.0,
    "aid_loss_nation": 0.0,
    **{f"response_delay_share_{tier}": 0.0 for tier in TIERS},
}
"""Crisis parameters of a small case: nothing spare, no delay, no loss, serving at cost."""


def power_curve(slope: float, smallest: float = 1.0, largest: float = 1e9) -> ScaleCurve:
    """The curve P ^ -slope exactly: a spline reproduces a straight line in logs."""
    if slope == 0:
        return flat_curve()
    ends = np.log([smallest, largest])
    corners = np.linspace(*ends, 4)
    knots = tuple(np.repeat(ends, 4).tolist())
    return ScaleCurve(knots, tuple((-slope * corners).tolist()), smallest, largest, 100)


def _governments(towns: Sequence[Town], prefectures: Sequence[Prefecture], rate: float) -> pd.DataFrame:
    """Accounts with today's allocation by the formula (of Tokyo and its wards together) and the residuals."""
    frame = government_accounts(_accounts(towns), _accounts(prefectures))
    gap = (1.0 - rate) * frame["need_million_yen"] - frame["revenue_million_yen"]
    return frame.assign(
        allocation_paid_million_yen=frame["allocation_paid_million_yen"] + gap.clip(lower=0.0)
    )


def _accounts(places: Sequence[Town] | Sequence[Prefecture]) -> pd.DataFrame:
    scaled = any(place.scale is not None for place in places)
    rows = {
        place.code: {
            "need_million_yen": sum(place.need.values()) + place.other,
            "bond_transfer_million_yen": place.bond,
            "debt_service_million_yen": place.debt,
            "asset_debt_service_million_yen": place.debt_of_assets,
            "revenue_million_yen": 0.75 * place.base + place.full,
            "allocation_paid_million_yen": place.residual,
            "deduction_million_yen": 0.0,
            "real_debt_service_ratio": place.debt_ratio,
            "future_burden_ratio": place.burden_ratio,
            "name_ja": place.code,
            "prefecture_code": place.code[:2],
        }
        | ({"standard_scale_million_yen": place.scale} if scaled else {})
        for place in places
    }
    return pd.DataFrame.from_dict(rows, orient="index").sort_index()


def _steady(towns: Sequence[Town]) -> pd.DataFrame:
    """Projections under which nobody moves, ages or dies."""
    parts = dict(zip(AGES, (1.0, 0.3, 0.15), strict=True))
    frame = pd.DataFrame(
        {
            (age, year): [part * t.people for t in towns]
            for age, part in parts.items()
            for year in (2020, 2050)
        },
        index=pd.Index([t.code for t in towns], name="code"),
    )
    return frame.rename_axis(columns=[None, "year"]).sort_index()


def _bases(places: Sequence[Town] | Sequence[Prefecture], tier: str) -> pd.DataFrame:
    columns = [(f"{tier}.{TAXES[tier, share]}", share) for share in (0.75, 1.0)]
    return pd.DataFrame(
        [(float(place.base), float(place.full)) for place in places],
        index=[place.code for place in places],
        columns=pd.MultiIndex.from_tuples(columns, names=["source", "counted_share"]),
    ).sort_index()


def _crises(towns: Sequence[Town], shocks: Mapping[str, Shock]) -> CrisisTables:
    """The scenarios as a case holds them."""
    names = pd.Index(sorted(shocks), name="scenario")
    if names.empty:
        return NO_CRISES
    codes = pd.Index([t.code for t in towns], name="code")
    exposed, lost = (
        pd.DataFrame({n: [of(shocks[n]).get(c, 0.0) for c in codes] for n in names}, index=codes).sort_index()
        for of in (lambda shock: shock.exposed, lambda shock: shock.lost)
    )
    scenarios = pd.DataFrame(
        {"crisis_type": [shocks[n].kind for n in names], "label_en": names, "label_ja": names}, index=names
    )
    return CrisisTables(scenarios, exposed, lost)


def make_case(
    towns: Sequence[Town],
    services: Sequence[Service],
    prefectures: Sequence[Prefecture] = (),
    parameters: Mapping[str, float] | None = None,
    bodies: Mapping[str, Sequence[str]] | None = None,
    borders: Sequence[tuple[str, str]] | None = None,
    adjustment_rate: float = 0.0,
    largest_prefecture: float = 1e9,
    shocks: Mapping[str, Shock] | None = None,
    bodies_today: Mapping[tuple[str, str], Sequence[str]] | None = None,
    bundles: Mapping[tuple[str, str], float] | None = None,
    preferences: Mapping[str, Mapping[str, float]] | None = None,
) -> Case:
    """A case of these places. `parameters` by `name` or `service.name`; `bodies` are the user's own
    candidate bodies, `bodies_today` those that exist, by (name, service); `bundles` by two services the rate of their
    joint work; `preferences` by service what a unit of a feature is worth to a member (0 where not named); without
    `borders` all municipalities of a prefecture touch."""
    known = {p.code for p in prefectures}
    prefectures = [
        *prefectures,
        *(Prefecture(code) for code in dict.fromkeys(t.code[:2] for t in towns) if code not in known),
    ]
    if borders is None:
        borders = [
            (a.code, b.code) for a in towns for b in towns if a.code < b.code and a.code[:2] == b.code[:2]
        ]
    needs = {
        tier: pd.DataFrame(
            {s.name: [p.need.get(s.name, 0.0) for p in places] for s in services},
            index=[p.code for p in places],
            dtype=float,
        ).sort_index()
        for tier, places in (("municipal", towns), ("prefectural", prefectures))
    }
    numbers = {**GENERAL, **{f"{s.name}.{k}": v for s in services for k, v in BY_SERVICE.items()}}
    numbers |= {f"{s.name}.{k}": v for s in services for k, v in s.parameters.items()}
    shocks = shocks or {}
    numbers |= CALM if shocks else {}
    numbers |= {f"{n}.{PROBABILITY}": shock.probability for n, shock in shocks.items()}
    numbers |= {f"{n}.{SEVERITY}": 1.0 for n in shocks}
    related = pd.DataFrame(list(bundles or {}), columns=["service_a", "service_b"], dtype=object)
    related.index = pd.Index([bundle_name(a, b) for a, b in bundles or {}], dtype=object)
    numbers |= {f"{bundle_name(*pair)}.{JOINT_WORK}": rate for pair, rate in (bundles or {}).items()}
    numbers |= parameters or {}
    split = [key.rpartition(".") for key in numbers]
    governments = _governments(towns, prefectures, adjustment_rate)
    return Case(
        name="small",
        path=Path("small"),
        fiscal_year=2022,
        municipalities=pd.DataFrame(
            {
                "prefecture_code": [t.code[:2] for t in towns],
                "name_ja": [t.code for t in towns],
                "city_class": [t.kind for t in towns],
                "population_persons": [t.people for t in towns],
                "age_65_plus_persons": [0.3 * t.people for t in towns],
                "age_75_plus_persons": [0.15 * t.people for t in towns],
                "office_lon_deg": [t.east_km / KM_PER_DEGREE for t in towns],
                "office_lat_deg": 0.0,
                "area_km2": [t.area_km2 for t in towns],
                "habitable_area_km2": [t.area_km2 for t in towns],
                "county_ja": "",
                "has_own_health_centre": 0,
                "income_tax_million_yen": [
                    float(t.people if t.income_tax is None else t.income_tax) for t in towns
                ],
            },
            index=pd.Index([t.code for t in towns], name="code"),
        ).sort_index(),
        prefectures=pd.DataFrame(
            {
                "name_en": [p.code for p in prefectures],
                "name_ja": [p.code for p in prefectures],
                "bloc": [p.bloc for p in prefectures],
            },
            index=pd.Index([p.code for p in prefectures], name="prefecture_code"),
        ).sort_index(),
        projections=_steady(towns),
        adjacency=pd.DataFrame(borders, columns=["code_a", "code_b"], dtype=object),
        medical_areas=pd.DataFrame(
            {
                "code": [t.code for t in towns],
                "medical_area_code": [t.area or t.code[:2] + "01" for t in towns],
                "population_share": 1.0,
            }
        ),
        user_bodies=pd.DataFrame(
            [(name, code) for name, codes in (bodies or {}).items() for code in codes],
            columns=["body_id", "code"],
            dtype=object,
        ),
        bodies_today=today_table(bodies_today or {}),
        municipal_need=needs["municipal"],
        prefectural_need=needs["prefectural"],
        governments=governments,
        tax_bases=joint_bases(
            _bases(towns, "municipal"), _bases(prefectures, "prefectural"), governments.index
        ),
        services=pd.DataFrame(
            {
                "label_en": [s.name for s in services],
                "label_ja": [s.name for s in services],
                "home_tier": [s.home for s in services],
                "need_items": [s.name for s in services],
                "need_drivers": [s.driver for s in services],
                "scale_basis": "population_persons",
                "spread_by": "population_persons",
                "excluded_classes": [s.excluded for s in services],
                "wide_area": [int(s.wide) for s in services],
            },
            index=pd.Index([s.name for s in services], name="service"),
        ),
        allowed_tiers={
            (s.name, c): (s.home, *(s.tiers.get(c, ()) if isinstance(s.tiers, Mapping) else s.tiers))
            for s in services
            for c in CLASSES
        },
        parameters=Parameters(
            pd.DataFrame(
                {
                    "parameter": [name for *_, name in split],
                    "service": [service for service, *_ in split],
                    "central": [float(v) for v in numbers.values()],
                    "mark": "sourced",
                }
            ),
            {},
        ),
        national={
            "adjustment_rate": adjustment_rate,
            "largest_prefecture_scale": largest_prefecture,
            "special_share": 0.06,
        },
        national_taxes=NATIONAL_TAXES,
        sha256={},
        crises=_crises(towns, shocks),
        bundles=related,
        sharing_preferences=preferences_table(preferences or {}),
    )


def preferences_table(by_service: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """The table `sharing_preferences`: every feature of the services named, as those of fire brigades are."""
    rows = [
        ("fire", feature, service, float(worth.get(feature, 0.0)))
        for service, worth in by_service.items()
        for feature in (*FEATURES, ASKED)
    ]
    return pd.DataFrame(rows, columns=["function", "feature", "service", "value"])


def today_table(bodies: Mapping[tuple[str, str], Sequence[str]]) -> pd.DataFrame:
    """The table `bodies_today`: the members of every body that exists, by (name, service); the function, which is
    that of a fire brigade throughout, says only that the whole service is shared."""
    rows = [(name, "fire", service, code) for (name, service), codes in bodies.items() for code in codes]
    return pd.DataFrame(rows, columns=["body_id", "function", "service", "code"], dtype=object)


def settings(case: Case, **changes: Any) -> dict[str, Any]:
    """Every setting at its status quo on this case, but for `changes` (`**{"discipline.balance": True}`)."""
    known, services = load_settings(), list(case.services.index)
    today = status_quo(services, case.defaults)
    return today | {key: canonical(known[key], value, services) for key, value in changes.items()}


def package(case: Case, **changes: Any) -> ResolvedPackage:
    """A resolved package of one provision that makes these changes to the status quo."""
    effective, today = settings(case, **changes), settings(case)
    laid = Package(
        name="small",
        title="A small package",
        title_ja="小",
        author="the tests",
        source="the tests",
        date=datetime.date(2024, 1, 1),
        baseline="status_quo",
        provisions=(Provision(1, "All at once.", "一括", dict(changes)),),
        path=Path("small.toml"),
    )
    origin = {key: Origin((Source("small", 1),) if key in changes else ()) for key in effective}
    return ResolvedPackage("small", (laid,), effective, today, origin, (), {}, (), tuple(case.services.index))


@contextmanager
def given_curves(curves: Mapping[str, ScaleCurve]) -> Iterator[None]:
    """Let `lay_out` take these scale curves: a handful of municipalities is too few to fit one."""
    fitted = layout_room.scale_curves
    layout_room.scale_curves = lambda case: dict(curves)
    try:
        yield
    finally:
        layout_room.scale_curves = fitted


@dataclass(frozen=True)
class Small:
    """A small case with a question: what a test lays out, builds and solves."""

    case: Case
    curves: Mapping[str, ScaleCurve]
    changes: Mapping[str, Any]

    def but(self, **changes: Any) -> Small:
        """The same question with some settings changed."""
        return replace(self, changes={**self.changes, **changes})

    @cached_property
    def package(self) -> ResolvedPackage:
        """The question as a resolved package."""
        return package(self.case, **self.changes)

    @cached_property
    def instance(self) -> Instance:
        """The question laid out."""
        with given_curves(self.curves):
            return lay_out(self.case, self.package.settings)

    def columns(self, keep_dominated: bool = False) -> Columns:
        """The model's columns; the reserve stays out."""
        return columns(self.instance, screen(self.instance, keep_dominated))

    def form(self, keep_dominated: bool = False) -> StandardForm:
        """The model in arrays; the reserve stays out."""
        return compile_model(build_model(self.columns(keep_dominated)))

    def solve(self, method: str = "decomposed", limits: Limits = EXACT, **more: Any) -> Result:
        """The whole run, as the command line makes it."""
        with given_curves(self.curves):
            return solve(self.case, self.package, method=method, limits=limits, **more)

    def optimum(self, method: str = "decomposed") -> Accounts:
        """Accounts of the optimal decision, which must exist and break no rule."""
        result = self.solve(method)
        assert result.outcome.status == "optimal", result.outcome
        assert result.breaches == []
        assert result.accounts is not None
        return result.accounts


def as_given(accounts: Accounts) -> Outcome:
    """The outcome of a decision that no solver has found: it costs what the ledger says."""
    cost = accounts.objective
    return Outcome(Status.OPTIMAL, "given", None, cost, cost, 0.0, 0.0, 0, "")


def small(
    towns: Sequence[Town],
    services: Sequence[Service],
    prefectures: Sequence[Prefecture] = (),
    changes: Mapping[str, Any] | None = None,
    **case: Any,
) -> Small:
    """A small question under open limits; `changes` are settings, the rest goes to `make_case`."""
    own = {s.name: power_curve(s.slope) for s in services if s.home == MUNICIPALITY}
    base = OPEN | (
        {"wide_area.sources": ["user"], "wide_area.radius_km": 1000.0} if case.get("bodies") else {}
    )
    return Small(make_case(towns, services, prefectures, **case), own, {**base, **(changes or {})})


def spending(fire: Mapping[str, float], year: int = 2023) -> pd.DataFrame:
    """Spending of `Case.spending` on the fire service by code, million yen: a tenth on construction, half from general
    funds; municipalities have five digits, prefectures two."""
    total = pd.Series(fire, dtype=float)
    return pd.DataFrame(
        {
            "tier": [MUNICIPALITY if len(code) == 5 else PREFECTURE for code in total.index],
            "fiscal_year": year,
            "purpose": "fire",
            "total_million_yen": total,
            "construction_million_yen": total / 10,
            "general_funds_million_yen": total / 2,
        }
    ).rename_axis("code")
