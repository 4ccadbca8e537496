"""The question laid out: from a case and a package's settings to everything that the ledger and the model need."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

import numpy as np

from optimization.case.case import Case
from optimization.case.prescribed import prescribed_bodies
from optimization.case.projections import growth_problems
from optimization.case.rule_groups import rule_groups
from optimization.costs.curves import ScaleCurve
from optimization.costs.later import case_of_year, national_growth
from optimization.costs.provision import body_parts_of, tier_parts
from optimization.costs.standard import scale_curves, standard_costs
from optimization.dictionary.typed_settings import Settings
from optimization.errors import raise_if_any
from optimization.geography.candidates import Bodies, candidate_bodies
from optimization.geography.distance import branch_km, straight_km, town_hall_km
from optimization.geography.existing import ExistingBodies, existing_bodies
from optimization.ledger.borrowing import bond_share
from optimization.ledger.horizon import SECOND_PHASE, horizon_years, spans, weights
from optimization.ledger.instance import Horizon, Instance, richer_by, todays_cost

Candidates = Callable[[Case, Settings, np.ndarray, ExistingBodies], Bodies]
"""Lists the bodies of a question: of a case, settings, distances between town halls (I, I) and bodies of today."""

OF_THE_CASE: Final = (
    "national_share", "today", "standard_need", "municipal_government", "prefectural_government", "home_government",
    "asset_share", "asset_debt_service", "debt_service", "debt_years", "other_cost", "bond", "receiving_today",
    "residual", "special_share", "formula_paid", "tiers_held", "population", "area", "prefecture", "areas", "offices",
)  # fmt: skip
"""What a question works out of its case alone, whatever a package says."""

OF_NEED: Final = ("formula_need",)
"""What it works out of the case and of settings on need, and of no body."""


def lay_out(
    case: Case,
    settings: Settings,
    prefectures: list[str] | None = None,
    candidates: Candidates = candidate_bodies,
) -> Instance:
    """Compute everything a package asks for; `prefectures` keeps only those, `candidates` lists the bodies.

    Scale curves, blocs and national means are always those of the whole case, so that a run on one
    prefecture prices its services as a national run does.
    """
    whole, curves = case, scale_curves(case)
    standard = standard_costs(case, curves)
    km = town_hall_km(case)
    office_km = branch_km(case, km)
    parts = tier_parts(case, standard, office_km)
    if prefectures:
        keep = case.municipalities["prefecture_code"].isin(prefectures).to_numpy()
        case, km = case.restrict(prefectures), km[np.ix_(keep, keep)]
        parts = {tier: part.rows(keep) for tier, part in parts.items()}
        standard, office_km = standard.rows(keep), office_km[keep]
    groups = rule_groups(case, settings, todays_cost(case, parts))
    prescribed = prescribed_bodies(case, settings, groups.options, groups.of_municipality)
    existing = existing_bodies(case, groups, settings["wide_area.keep_existing"], prescribed)
    bodies = candidates(case, settings, km, existing)
    costs = body_parts_of(case, settings, standard, parts, bodies, km)
    instance = Instance(case, settings, groups, bodies, costs, standard, km, office_km)
    years = horizon_years(whole, settings)
    if len(years) == 1:
        return instance
    raise_if_any(list(growth_problems(whole.growth, whole.municipalities, years[1:])))
    richer = tuple(national_growth(whole, year, settings["horizon.revenue_growth"]) for year in years[1:])
    later = tuple(
        _later(instance, whole, curves, year, growth, prefectures)
        for year, growth in zip(years[1:], richer, strict=True)
    )
    weight = weights(years, case.parameters("discount_rate"))
    second = settings[SECOND_PHASE]
    return replace(instance, horizon=Horizon(years, spans(years), weight, later, richer, second))


def _later(
    first: Instance,
    whole: Case,
    curves: dict[str, ScaleCurve],
    year: int,
    richer: float,
    prefectures: list[str] | None,
) -> Instance:
    """The question of a later year: its needs, taxes and scales on the bodies and rule groups of the first."""
    growth = first.settings["horizon.need_growth"], first.settings["horizon.revenue_growth"]
    case = case_of_year(whole, curves, year, *growth)
    standard = standard_costs(case, curves)
    parts = tier_parts(case, standard, branch_km(case, straight_km(case.municipalities)))
    if prefectures:
        keep = case.municipalities["prefecture_code"].isin(prefectures).to_numpy()
        case, standard = case.restrict(prefectures), standard.rows(keep)
        parts = {tier: part.rows(keep) for tier, part in parts.items()}
    settings = richer_by(richer, first.settings)
    costs = body_parts_of(case, settings, standard, parts, first.bodies, first.km)
    share = bond_share(first)
    return replace(
        first,
        case=case,
        settings=settings,
        costs=costs,
        standard=standard,
        bond_share=share,
        first_asset_share=first.asset_share,
    )


def with_bodies(instance: Instance, bodies: Bodies, opened: Collection[str] = ()) -> Instance:
    """A question with another list of candidate bodies, in all its years; `opened` names services that bodies may
    provide beside those of the package."""
    costs = instance.costs
    parts = body_parts_of(
        instance.case, instance.settings, instance.standard, costs.by_tier, bodies, instance.km, opened
    )
    horizon = instance.horizon
    if horizon is not None:
        horizon = replace(horizon, later=tuple(with_bodies(later, bodies, opened) for later in horizon.later))
    return keeping(instance, replace(instance, bodies=bodies, costs=parts, horizon=horizon))


def keeping(instance: Instance, changed: Instance) -> Instance:
    """A question that was changed in its bodies alone, with what no body changes as far as it is known."""
    known = vars(instance)
    vars(changed).update({name: known[name] for name in (*OF_THE_CASE, *OF_NEED) if name in known})
    return changed
