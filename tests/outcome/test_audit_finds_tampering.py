"""The audit re-checks a written run from its tables alone: sound as written, unsound after any change."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from optimization.archive import write_run
from optimization.referee.audit import audit_run
from tests.small_case import EXACT, Prefecture, Service, Shock, Small, Town, small, spending

Change = Callable[[Path], None]


def question() -> Small:
    """Two towns that act together for fire, a town alone, a health service handed to the prefecture."""
    asked = small(
        [
            Town("01201", 10_000, {"fire": 100.0, "health": 30.0}, base=80.0),
            Town("01202", 10_000, {"fire": 100.0, "health": 40.0}, base=400.0, east_km=5.0),
            Town("01301", 10_000, {"fire": 50.0, "health": 20.0}, base=30.0, east_km=90.0, kind="town"),
        ],
        [
            Service(
                "fire",
                wide=True,
                slope=0.5,
                tiers=("prefecture",),
                parameters={"national_share": 0.2, "surge_flood": 2.0, "crisis_urgency": 1.0},
            ),
            Service(
                "health",
                slope=0.5,
                tiers=("prefecture",),
                parameters={"unit_fixed_cost_million_yen": 5.0, "trips_to_seat": 0.1},
            ),
        ],
        [Prefecture("01", other=60.0, base=100.0)],
        parameters={"travel_cost_yen_per_person_km": 30.0, "coordination_fixed_million_yen": 0.5},
        bodies={"near": ["01201", "01202"]},
        bundles={("fire", "health"): 0.02},
        preferences={"fire": {"scale": 2.0, "joining": 0.5, "asked": 0.2}},
        shocks={"river": Shock("flood", 0.1, {"01201": 0.5, "01301": 0.2})},
        changes={
            "wide_area.services": ["fire"],
            "responsibility.free_services": ["health"],
            "responsibility.free_tiers": ["prefecture"],
            "wide_area.bodies_per_municipality": 1,
            "equity.adequacy_floor": 0.9,
            "discipline.balance": True,
            "discipline.debt_service_ceiling": 0.18,
            "discipline.debt_steps_kept": True,
            "equity.hold_harmless_years": 2,
            "weights.soft_budget": 0.03,
            "weights.dulled_incentive": 0.05,
            "weights.body_million_yen": 2.0,
            "weights.observed_sharing_million_yen": 1.5,
            "formula.counted_share": [0.6, 0.75],
            "pool.ordinary_million_yen": 700.0,
            "crisis.scenarios": ["river"],
            "crisis.lead_tiers": ["prefecture"],
            "crisis.reserve_tiers": ["prefecture"],
            "crisis.worst_case_share": 0.9,
        },
    )
    spent, law = (
        spending({"01201": 120.0, "01202": 90.0}),
        pd.DataFrame(
            {"standard": ["nation"], "money": ["responsible"], "delivery": ["responsible"]},
            index=pd.Index(["health"], name="service"),
            dtype=object,
        ),
    )
    return replace(asked, case=replace(asked.case, spending=spent, functions=law))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    result = question().solve()
    assert result.accounts is not None and result.accounts.decision.joint
    assert "prefecture" in result.accounts.decision.tier.values()
    folder = tmp_path_factory.mktemp("run") / "small"
    write_run(result, folder, EXACT, "decomposed", ())
    return folder


def test_a_run_as_written_is_sound_and_its_objective_is_recomputed(written: Path) -> None:
    audit = audit_run(written)
    assert audit.sound, audit.checks
    record = json.loads((written / "run.json").read_text(encoding="utf-8"))
    assert audit.objective_million_yen == pytest.approx(record["objective_million_yen"], rel=1e-9)


def cell(table: str, row: int, column: str, value: object) -> Change:
    """Write a value into one cell of a table."""

    def change(folder: Path) -> None:
        frame = pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False)
        assert frame.loc[row, column] != str(value)
        frame.loc[row, column] = str(value)
        frame.to_csv(folder / f"{table}.csv", index=False)

    return change


def rows(table: str, edit: Callable[[pd.DataFrame], pd.DataFrame]) -> Change:
    """Replace a table by an edited one."""

    def change(folder: Path) -> None:
        frame = pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False)
        edit(frame).to_csv(folder / f"{table}.csv", index=False)

    return change


def raised(table: str, column: str, by: float, where: Callable[[pd.DataFrame], pd.Series]) -> Change:
    """Add to a number in the rows where something holds."""

    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        here = where(frame)
        assert here.any()
        frame.loc[here, column] = (frame.loc[here, column].astype(float) + by).astype(str)
        return frame

    return rows(table, edit)


def both(*changes: Change) -> Change:
    return lambda folder: [change(folder) for change in changes] and None


def record(key: str, factor: float) -> Change:
    def change(folder: Path) -> None:
        path = folder / "run.json"
        content = json.loads(path.read_text(encoding="utf-8"))
        content[key] *= factor
        path.write_text(json.dumps(content), encoding="utf-8")

    return change


def first(frame: pd.DataFrame) -> pd.Series:
    return pd.Series(frame.index == 0, index=frame.index)


def earmarked_first(frame: pd.DataFrame) -> pd.Series:
    """The first row of earmarked money to municipalities."""
    here = (frame["kind"] == "earmarked") & (frame["to_sector"] == "municipalities")
    return here & (here.cumsum() == 1)


def moved(frame: pd.DataFrame) -> pd.Series:
    return frame["tier"] == "prefecture"


def home_again(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(tier=frame["tier"].replace("prefecture", "municipality"))


def receiver(frame: pd.DataFrame) -> pd.Series:
    return frame["grant_million_yen"].astype(float) > 1


TAMPERING: dict[str, tuple[Change, str]] = {
    "another objective": (record("objective_million_yen", 1.0001), "objective agrees"),
    "a bound above the plan": (record("bound_million_yen", 1.0001), "bound does not lie above"),
    "a grant raised": (raised("governments", "grant_million_yen", 1.0, receiver), "grants equal max"),
    "a grant raised in both columns": (
        both(
            raised("governments", "grant_million_yen", 1.0, receiver),
            raised("governments", "transfer_solver_million_yen", 1.0, receiver),
        ),
        "grants equal max",
    ),
    "another adjustment rate": (
        raised("formula", "under_package", 0.001, lambda f: f["parameter"] == "adjustment_rate"),
        "adjustment rate",
    ),
    "a need raised": (raised("governments", "need_million_yen", 1.0, receiver), "grants equal max"),
    "the solver's grant alone": (
        raised("governments", "transfer_solver_million_yen", 0.01, receiver),
        "solver's grants",
    ),
    "more paid than the pool holds": (raised("governments", "residual_million_yen", 900.0, first), "pool"),
    "funds below adequacy": (raised("governments", "funds_million_yen", -150.0, receiver), "adequacy"),
    "spending above funds": (raised("governments", "spending_million_yen", 900.0, receiver), "balance"),
    "a debt ratio beyond its ceiling": (
        raised("governments", "real_debt_service_ratio", 0.2, first),
        "debt ratios",
    ),
    **{
        f"{name} changed": (raised("debts", f"{name}_million_yen", 1e-5, first), "law's formula")
        for name in (
            "standard_scale",
            "standard_scale_today",
            "debt_service_in_need",
            "debt_service_in_need_today",
            "real_debt_service",
            "real_debt_service_today",
            "future_burden",
            "future_burden_today",
        )
    },
    "a step crossed in silence": (
        both(
            raised("governments", "real_debt_service_ratio", 0.2, first),
            raised("debts", "real_debt_service_million_yen", 1.0, first),
        ),
        "law's formula",
    ),
    "a step crossed": (cell("debts", 0, "crosses_a_step", 1), "crosses a step"),
    "a top-up raised": (raised("hold_harmless", "top_up_million_yen", 1.0, first), "hold-harmless path"),
    "a top-up hidden": (rows("hold_harmless", lambda f: f.iloc[1:]), "hold-harmless path"),
    "a year beyond the path": (
        rows("hold_harmless", lambda f: pd.concat([f, f.tail(1).assign(year="3")])),
        "hold-harmless path",
    ),
    "a provision row twice": (
        rows("provision", lambda f: pd.concat([f, f.tail(1)])),
        "provided exactly once",
    ),
    "a municipality left out": (
        rows("provision", lambda f: f[f["code"] != "01301"]),
        "provided exactly once",
    ),
    "a provision row left out": (rows("provision", lambda f: f.iloc[1:]), "as many places"),
    "a place without a provider": (cell("provision", 0, "provider", ""), "provided exactly once"),
    "a place given to another tier": (cell("provision", 0, "responsible_tier", "nation"), "follows"),
    "another kind of provider": (cell("provision", 0, "provider_kind", "prefecture"), "follows"),
    "a cheaper service": (raised("provision", "standard_million_yen", -0.1, first), "objective agrees"),
    "cheaper travel": (raised("provision", "access_million_yen", -0.1, first), "objective agrees"),
    "a cheaper unit": (raised("services", "units_million_yen", -0.1, first), "objective agrees"),
    "a tier that was not open": (cell("responsibility", 0, "tier", "nation"), "open to the group"),
    "an open tier that was not chosen": (rows("responsibility", home_again), "as many places"),
    "a duty twice": (rows("responsibility", lambda f: pd.concat([f, f.tail(1)])), "open to the group"),
    "a body hidden": (rows("bodies", lambda f: f.iloc[1:]), "objective agrees"),
    "a body too many": (rows("bodies", lambda f: pd.concat([f, f.tail(1)])), "bodies per municipality"),
    "a lead that was not open": (cell("crisis_protocol", 0, "lead", "nation"), "leads in crises"),
    "a shortage hidden": (raised("crisis_shortage", "shortage_million_yen", -1.0, first), "leads in crises"),
    "a shortage beyond the bound": (cell("crisis_shortage", 0, "unserved_ratio", "0.95"), "leads in crises"),
    "cheaper serving": (raised("crisis_cost", "serving_million_yen", -1.0, first), "objective agrees"),
    "a sum of spending raised": (
        raised("spending", "spent_million_yen", 1.0, lambda f: f["class"] == "all"),
        "spending by purpose",
    ),
    "a class of spenders hidden": (rows("spending", lambda f: f[f["class"] != "city_below_50k"]), "spending"),
    "a flow that nobody's accounts know": (
        raised("flows", "package_million_yen", 0.01, lambda f: f["kind"] == "earmarked"),
        "every yen",
    ),
    "a flow of today": (
        raised("flows", "today_million_yen", 0.01, lambda f: f["kind"] == "bond"),
        "every yen",
    ),
    "a yen between two sectors": (
        raised("sectors", "balance_package_million_yen", 0.01, lambda f: f["sector"] == "nation"),
        "every yen",
    ),
    "a government's flow": (raised("flows_by_government", "package_million_yen", 0.01, first), "every yen"),
    "a yen given twice, told alike everywhere": (
        both(
            raised("flows_by_government", "package_million_yen", 0.01, earmarked_first),
            raised("flows", "package_million_yen", 0.01, earmarked_first),
            raised("sectors", "balance_package_million_yen", 0.01, lambda f: f["sector"] == "municipalities"),
            raised("sectors", "balance_package_million_yen", -0.01, lambda f: f["sector"] == "nation"),
        ),
        "every yen",
    ),
    "a duty that nobody pays": (cell("functions", 0, "paying_tier", "nation"), "one holder"),
    "tiers counted wrongly": (cell("functions", 0, "tiers_involved_today", 1), "one holder"),
    "a function told twice": (rows("functions", lambda f: pd.concat([f, f.tail(1)])), "one holder"),
    "clarity that the duties do not show": (
        raised(
            "measures",
            "under_package",
            -0.1,
            lambda f: f["measure"] == "spending_whose_functions_differ",
        ),
        "one holder",
    ),
    "a bundle told as joined": (cell("joint_work", 0, "apart", 0), "joint work stands"),
    "cheaper joint work": (raised("joint_work", "base_million_yen", -1.0, first), "objective agrees"),
    "joint work of today": (
        raised("joint_work", "cost_today_million_yen", 0.1, first),
        "joint work stands",
    ),
    "a body worth more": (raised("observed_sharing", "of_members", 1.0, first), "objective agrees"),
    "a worth that its features do not show": (
        raised("observed_sharing", "worth", 0.1, first),
        "worth of sharing",
    ),
    "a body of whose worth nothing is told": (
        rows("observed_sharing", lambda f: f.assign(service="health")),
        "worth of sharing",
    ),
    "a verdict that its draws do not show": (
        cell("change_verdicts", 0, "verdict", "leave"),
        "follows from its draws",
    ),
    "verdicts on acting together the wrong way round": (
        rows(
            "together_verdicts",
            lambda f: f.assign(verdict=f["verdict"].map({"now": "only_if", "only_if": "now"})),
        ),
        "acting together",
    ),
    "a change that nobody judged": (
        rows("change_verdicts", lambda f: f.assign(in_plan=0)),
        "those of the statute",
    ),
    "another counted share": (raised("taxes", "counted_ratio", 0.01, first), "objective agrees"),
}


@pytest.fixture(scope="module")
def failed(written: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The checks that fail after each tampering."""
    found = {}
    for what, (change, _) in TAMPERING.items():
        folder = tmp_path_factory.mktemp("tampered") / "run"
        shutil.copytree(written, folder)
        change(folder)
        found[what] = {name for name, holds in audit_run(folder).checks.items() if not holds}
    return found


@pytest.mark.parametrize("what", TAMPERING)
def test_a_changed_run_is_not_sound(what: str, failed: dict[str, set[str]]) -> None:
    assert any(TAMPERING[what][1] in name for name in failed[what]), failed[what]


def test_every_check_of_the_audit_is_failed_by_some_tampering(
    written: Path, failed: dict[str, set[str]]
) -> None:
    assert set().union(*failed.values()) == set(audit_run(written).checks)


def test_settings_that_allow_less_than_was_decided_are_found_out(written: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tampered"
    shutil.copytree(written, folder)
    path = folder / "package.resolved.toml"
    text = path.read_text(encoding="utf-8")
    key = '"wide_area.bodies_per_municipality" = '
    assert f"{key}1" in text
    path.write_text(text.replace(f"{key}1", f"{key}0"), encoding="utf-8")
    assert not audit_run(folder).checks["bodies per municipality"]
