"""Every rule of the model as readable rows: a change of the formulation shows as a change of a text file.

Three towns, three services and three bodies; several packages, so that every rule has rows. To accept a
change:  UPDATE_GOLDEN=1 python -m pytest tests/model/test_golden.py
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import Any

import pyomo.environ as pyo
import pytest
from pyomo.repn import generate_standard_repn

from optimization.model.columns import Columns
from optimization.model.model import build_model
from tests.small_case import Prefecture, Service, Shock, Small, Town, small

CRISIS = {
    "fire.surge_earthquake": 3.0,
    "fire.surge_infection": 1.5,
    "fire.crisis_urgency": 1.0,
    "health.surge_infection": 2.0,
    "health.crisis_urgency": 0.5,
    "spare_capacity_share": 0.2,
    "response_premium": 1.25,
    "reserve_cost_share": 0.3,
    "aid_loss_bloc": 0.1,
    "aid_loss_nation": 0.4,
    "response_delay_share_municipality": 0.01,
    "response_delay_share_prefecture": 0.04,
    "response_delay_share_bloc": 0.06,
    "response_delay_share_nation": 0.1,
}
GOLDEN = Path(__file__).with_name("golden")
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"
SIGNS = {(True, True): "=", (False, True): "<=", (True, False): ">="}
LEGEND = "columns"
OBJECTIVE = "total_cost"


def three_by_three(third: str = "01301", **changes: Any) -> Small:
    """Three towns of two classes in one prefecture, three services, all three pairs of towns as bodies; the third
    town lies in a prefecture and bloc of its own where its code says so."""
    second = (
        [] if third.startswith("01") else [Prefecture("02", need={"health": 30.0}, base=40.0, bloc="west")]
    )
    parameters = {"national_share": 0.2, "trips_to_seat": 0.5, "unit_fixed_cost_million_yen": 7.0}
    return small(
        [
            Town(
                "01201",
                30_000,
                {"fire": 120.0, "water": 90.0},
                other=20.0,
                base=150.0,
                debt=15.0,
                debt_ratio=0.1,
                burden_ratio=1.2,
            ),
            Town(
                "01202",
                10_000,
                {"fire": 60.0, "water": 50.0},
                other=10.0,
                base=30.0,
                debt=10.0,
                debt_ratio=0.15,
                burden_ratio=1.8,
                east_km=8.0,
            ),
            Town(third, 5_000, {"fire": 40.0}, other=5.0, base=8.0, debt=5.0, east_km=16.0, kind="town"),
        ],
        [
            Service(
                "fire", tiers=("prefecture", "bloc", "nation"), wide=True, slope=0.5, parameters=parameters
            ),
            Service("water", wide=True, slope=0.25, parameters={"transition_cost": 0.1}),
            Service("health", home="prefecture", tiers=("municipality",), parameters=parameters),
        ],
        [
            Prefecture(
                "01",
                need={"health": 90.0},
                other=50.0,
                base=200.0,
                debt=20.0,
                debt_ratio=0.11,
                burden_ratio=2.0,
            ),
            *second,
        ],
        parameters={"travel_cost_yen_per_person_km": 40.0, "coordination_fixed_million_yen": 0.5, **CRISIS},
        bodies={"ab": ["01201", "01202"], "ac": ["01201", third], "bc": ["01202", third]},
        bundles={("fire", "health"): 0.1, ("water", "fire"): 0.05},
        preferences={"fire": {"scale": 2.0, "largest": 0.5, "joining": -1.0, "asked": 0.25}},
        adjustment_rate=0.05,
        shocks={
            "quake": Shock("earthquake", 0.1, {"01201": 0.5}, {"01201": 0.1}),
            "fever": Shock("infection", 0.02, {"01201": 0.4, "01202": 0.4, third: 0.4}),
        },
        changes={
            "responsibility.free_services": ["fire", "health"],
            "responsibility.free_tiers": ["municipality", "prefecture", "bloc", "nation"],
            "wide_area.services": ["fire", "water"],
            "wide_area.bodies_per_municipality": 1,
            "weights.soft_budget": 0.03,
            "weights.dulled_incentive": 0.05,
            "weights.body_million_yen": 3.0,
            "weights.joint_work": 0.0,
            "pool.ordinary_million_yen": 400.0,
            "nation.limit_million_yen": 600.0,
            **changes,
        },
    )


PACKAGES: dict[str, dict[str, Any]] = {
    "today's formula, tiers and bodies free": {},
    "every limit": {
        "formula.counted_share": [0.5, 0.75],
        "formula.counted_share_prefecture": [0.6, 0.75],
        "clarity.tiers_per_service": 1,
        "clarity.changes_ceiling": 3,
        "equity.adequacy_floor": 0.9,
        "equity.coverage_ceiling": 1.3,
        "equity.dispersion_ceiling": 0.2,
        "equity.tax_price_spread": 0.3,
        "equity.loss_limit": 0.1,
        "equity.losers_population_ceiling": 0.25,
        "equity.hold_harmless_years": 3,
        "equity.hold_harmless_step": 0.05,
        "equity.hold_harmless_budget_million_yen": 40.0,
        "equity.place_cover_floor": 1.05,
        "equity.place_windfall_yen_per_resident": 2_000.0,
        "equity.place_dispersion_ceiling": 1.0,
        "equity.place_loss_yen_per_resident": 1_000.0,
        "equity.place_losers_population_ceiling": 0.25,
        "equity.place_tax_price_spread": 0.3,
        "discipline.balance": True,
        "discipline.retention_floor": 0.3,
        "discipline.grant_dependence_ceiling": 0.6,
        "discipline.own_source_floor_municipal": 0.3,
        "discipline.own_source_floor_prefectural": 0.4,
        "discipline.match_ceiling": 0.2,
        "discipline.earmarked_ceiling": 0.25,
        "discipline.debt_service_ceiling": 0.12,
        "discipline.future_burden_ceiling": 1.5,
        "discipline.debt_steps_kept": True,
    },
    "unit costs, guarantees, taxes and the pool free": {
        "formula.unit_cost_revision": [0.9, 1.1],
        "guarantee.share": {"fire": [0.2, 0.5]},
        "taxes.assigned": {"municipal.land": [0.9, 1.1], "prefectural.business": [0.8, 1.2]},
        "taxes.counted_share": {"municipal.land": [0.6, 0.8]},
        "taxes.neutral": ["municipal.land+prefectural.business"],
        "discipline.retention_floor": 0.2,
        "discipline.balance": True,
        "equity.adequacy_floor": 0.9,
        "pool.national_tax_shares": {"income": [0.2, 0.3]},
    },
    "related services": {"weights.joint_work": 1.0},
    "what sharing is worth to members": {"weights.observed_sharing_million_yen": 5.0},
    "crises": {
        "crisis.scenarios": ["all"],
        "crisis.lead_tiers": ["prefecture", "nation"],
        "crisis.reserve_tiers": ["prefecture", "nation"],
        "crisis.aid_share": 0.5,
        "crisis.aid_delay_share": 0.2,
        "crisis.cvar_ceiling_million_yen": 100.0,
        "crisis.worst_case_share": 0.6,
    },
    "aid between blocs": {
        "third": "02301",
        "wide_area.cross_prefectures": True,
        "crisis.scenarios": ["all"],
        "crisis.lead_tiers": ["prefecture"],
        "crisis.aid_share": 0.5,
        "crisis.lead_is_provider": True,
    },
    "a later year": {
        "horizon.years": ["2050"],
        "horizon.need_growth": 0.01,
        "discipline.debt_service_ceiling": 0.12,
        "discipline.future_burden_ceiling": 1.5,
        "discipline.debt_steps_kept": True,
        "discipline.balance": True,
        "equity.adequacy_floor": 0.9,
    },
    "taxes in the place of what the pool leaves": {
        "pool.released": "transfer",
        "pool.released_min_million_yen": 5.0,
        "pool.released_max_million_yen": 50.0,
        "taxes.assigned": {"municipal.land": [0.9, 1.5]},
        "equity.adequacy_floor": 0.9,
    },
    "what the pool leaves is paid out, in a later year too": {
        "pool.released": "special",
        "horizon.years": ["2050"],
        "discipline.grant_dependence_ceiling": 0.6,
        "equity.tax_price_spread": 0.3,
    },
    "the adjustment rate free": {"formula.adjustment_rate": [0.0, 0.1], "horizon.years": ["2050"]},
    "duties settled": {
        "formula.settles_duties": True,
        "formula.counted_share": [0.5, 1.0],
        "formula.unit_cost_revision_by_service": {"fire": [0.2, 1.1]},
        "guarantee.share": {"fire": [0.2, 0.5]},
        "equity.place_dispersion_ceiling": 1.0,
    },
    "nordic municipalities, australian prefectures": {
        "formula.family": "nordic",
        "formula.family_prefecture": "australia_hfe",
    },
    "a grant per head, fixed revisions": {
        "formula.family": "per_capita",
        "formula.unit_cost_revision": [0.95, 0.95],
        "formula.scale_correction": 0.5,
    },
}


def number(value: float) -> str:
    return f"{value:+.10g}"


def terms(expression: Any) -> str:
    """Linear part of an expression, variables by name in order."""
    repn = generate_standard_repn(expression)
    assert repn.is_linear()
    by_name: dict[str, float] = {}
    for coefficient, variable in zip(repn.linear_coefs, repn.linear_vars, strict=True):
        by_name[variable.name] = by_name.get(variable.name, 0.0) + coefficient
    if repn.constant:
        by_name["1"] = repn.constant
    return " ".join(f"{number(c)} {name}" for name, c in sorted(by_name.items()))


def rows_of(component: pyo.Constraint) -> Iterator[str]:
    for row in sorted(component.values(), key=lambda data: data.name):
        bounds = row.lower, row.upper
        sign = SIGNS[bounds[0] is not None, bounds[1] is not None]
        right = pyo.value(bounds[0] if bounds[1] is None else bounds[1])
        yield f"{row.name}: {terms(row.body)} {sign} {right:.10g}"


def column_names(columns: Columns) -> Iterator[str]:
    """What the decisions stand for."""
    instance, costs = columns.instance, columns.instance.costs
    for n, (s, k, t) in enumerate(columns.duties):
        yield f"y[{n}] = {instance.services[s]} of {instance.groups.labels[k]} to the {t}"
    for n, (i, w) in enumerate(columns.alone):
        yield f"x[{n}] = {instance.case.codes[i]} provides {costs.wide_services[w]} alone"
    members = ["+".join(instance.case.codes[instance.bodies.members(b)]) for b in range(len(instance.bodies))]
    for n, (b, w) in enumerate(zip(columns.pair_body, columns.pair_service, strict=True)):
        yield f"v[{n}] = {members[b]} provide {costs.wide_services[w]} together"
    for b in columns.body_rows:
        yield f"z[{b}] = {members[b]} have a body"
    for m, unit in enumerate(columns.unit_rows):
        needed = ", ".join(f"y[{n}]" for n in unit.duties)
        yield f"u[{m}] = {unit.tier} opens offices for {instance.services[unit.service]}, needed by {needed}"
    yield from crisis_names(columns)
    for g, name in enumerate(instance.case.governments.index):
        yield f"need[{g}], capacity[{g}], transfer[{g}], grant[{g}] of {name}"


def crisis_names(columns: Columns) -> Iterator[str]:
    """What the decisions about crises stand for."""
    crisis, services = columns.crisis, columns.instance.services
    if crisis is None:
        return
    for n, (s, k, kind, t) in enumerate(crisis.leads):
        yield f"q[{n}] = in an {kind} the {t} leads {services[s]} of {columns.instance.groups.labels[k]}"
    for m, (tier, place, s) in enumerate(crisis.reserves):
        yield f"reserve[{m}] = of {tier} {place} for {services[s]}"
    for m, (n, kind) in enumerate(crisis.joint_columns):
        yield f"g[{m}] = v[{n}] respond jointly to an {kind}"
    for n, pool in enumerate(crisis.pools):
        where = f"{pool.tier} {pool.place}, bloc {pool.bloc}"
        yield f"short[{n}], idle[{n}], received[{n}] of {where}: {services[pool.s]} in {crisis.crisis.names[pool.w]}"


@cache
def texts() -> dict[str, str]:
    """The golden text of every constraint component, of the objective and of the columns' meaning."""
    found: dict[str, list[str]] = {}
    for title, changes in PACKAGES.items():
        columns = three_by_three(**changes).columns()
        model = build_model(columns)

        def add(name: str, lines: Iterable[str], title: str = title) -> None:
            if block := list(lines):
                found.setdefault(name, []).append("\n".join([f"# {title}", *block]))

        for component in model.component_objects(pyo.Constraint):
            add(component.local_name, rows_of(component))
        add(OBJECTIVE, [terms(model.total_cost.expr)])
        add(LEGEND, column_names(columns))
    return {name: "\n\n".join(blocks) + "\n" for name, blocks in found.items()}


def components() -> set[str]:
    """Every constraint component of the model, with rows or without, as far as the packages reach."""
    return {
        component.local_name
        for changes in PACKAGES.values()
        for component in build_model(three_by_three(**changes).columns()).component_objects(pyo.Constraint)
    }


HINT = "if the change is meant: UPDATE_GOLDEN=1 python -m pytest tests/model/test_golden.py"


def test_every_rule_has_rows_in_some_package() -> None:
    assert components() - set(texts()) == set(), "give PACKAGES a package in which these rules have rows"


def test_every_rule_has_a_golden_file_and_every_golden_file_a_rule() -> None:
    if UPDATE:
        GOLDEN.mkdir(exist_ok=True)
        for old in GOLDEN.glob("*.txt"):
            old.unlink()
        for name, text in texts().items():
            (GOLDEN / f"{name}.txt").write_text(text, encoding="utf-8")
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(texts()), HINT


@pytest.mark.parametrize("name", sorted({path.stem for path in GOLDEN.glob("*.txt")}))
def test_the_rows_of_the_rule_are_the_golden_ones(name: str) -> None:
    path = GOLDEN / f"{name}.txt"
    golden = path.read_text(encoding="utf-8") if path.exists() else ""
    diff = "\n".join(
        unified_diff(
            golden.splitlines(), texts().get(name, "").splitlines(), "golden", "now", lineterm="", n=0
        )
    )
    assert not diff, f"\n{diff}\n{HINT}"
