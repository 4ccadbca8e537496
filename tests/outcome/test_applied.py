"""A decision applied: exactly what is prescribed, counted as a run counts it, with what it breaks told in yen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optimization.archive import read_run, write_run
from optimization.case.assignments import package_given
from optimization.case.case import Case
from optimization.case.face import DEFAULT_CASE, load_package, with_on_top
from optimization.case.load import load_case
from optimization.case.prescribed import GivenBody
from optimization.case.resolved import ResolvedPackage
from optimization.errors import InputError
from optimization.outcome.applied import apply
from optimization.outcome.given import plan_of
from optimization.outcome.result import APPLIED, Result
from optimization.outcome.solve import solve
from optimization.outcome.verdict import Worth
from optimization.referee.audit import audit_of, audit_run, written_settings
from optimization.solving.highs import Limits

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"
ONE = Limits(threads=1)
NAMES = ["body", "provider", "continued_by", "source"]
"""Columns that hold the names of bodies on a list, and where they come from."""


@pytest.fixture(scope="module")
def case() -> Case:
    """The teaching case, read once."""
    return load_case(IWATE)


def asked(case: Case, name: str = "status_quo", *given: str) -> ResolvedPackage:
    """A package with some settings given on top."""
    package, top = load_package(case, name), package_given(given)
    return package if top is None else with_on_top(case, package, top)


def comparable(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables without what an applied decision lacks or calls otherwise: names on a longer list of bodies, the formula
    as the solver has it, rows in order."""
    left_out = {"coefficients", "priced_changes", "breaches"}
    found = {}
    for name, table in tables.items():
        if name not in left_out:
            kept = table.drop(columns=[*NAMES, "transfer_solver_million_yen", "tiers_open"], errors="ignore")
            found[name] = kept.reset_index(drop=True)
    return found


def same_figures(one: Result, other: Result) -> None:
    """Every figure of two results, to the last digit."""
    first, second = comparable(one.tables), comparable(other.tables)
    assert first.keys() == second.keys()
    for name in first:
        pd.testing.assert_frame_equal(first[name], second[name], check_exact=True, obj=name)
    assert one.outcome.objective == other.outcome.objective


def test_the_plan_of_a_run_applied_is_the_run(case: Case) -> None:
    package = asked(case, "role_division")
    found = solve(case, package, limits=ONE)
    again = apply(case, package, plan=plan_of(found.tables))
    same_figures(found, again)
    assert again.worth is Worth.APPLIED and not again.breaches


PRESCRIBED = (
    "responsibility.fix.fire=prefecture",
    "responsibility.fix.registry=nation",
    "responsibility.fix.elderly_care@city_below_50k=prefecture",
    "formula.counted_share=[0.7, 0.7]",
    "pool.ordinary_million_yen=500000",
    "nation.limit_million_yen=2000000",
    "equity.place_loss_yen_per_resident=100000",
)


def test_what_is_prescribed_in_full_is_what_a_run_finds(case: Case) -> None:
    package = asked(case, "status_quo", *PRESCRIBED)
    same_figures(solve(case, package, limits=ONE), apply(case, package))


def bodies_fixed(case: Case) -> tuple[str, ...]:
    """Bodies to prescribe, as settings write them: one that cuts through a body of today, a member of one by itself,
    and one of a service that nobody shares."""
    today = served_together(apply(case, asked(case)), "fire")
    large, other = sorted(map(sorted, today), key=lambda members: (-len(members), members))[:2]
    free = sorted(set(case.codes) - frozenset().union(*today))[0]
    return (
        f"fire:{'|'.join([*large[:2], free])}",
        f"fire:{other[0]}",
        f"registry|fire:{large[2]}|{other[1]}",
    )


@pytest.mark.parametrize("kept", ["true", "false"])
def test_bodies_that_are_prescribed_stand_in_a_run_as_they_are(case: Case, kept: str) -> None:
    fixed = bodies_fixed(case)
    given = (f"wide_area.fix=[{', '.join(map(repr, fixed))}]", f"wide_area.keep_existing={kept}")
    package = asked(case, "status_quo", *given)
    applied = apply(case, package)
    assert kept == "false" or not applied.breaches
    alone = fixed[1].partition(":")[2]
    for entry in fixed:
        services, _, members = entry.partition(":")
        for service in services.split("|"):
            found = served_together(applied, service)
            assert frozenset(members.split("|")) in found or members == alone
            assert not any(alone in body for body in served_together(applied, "fire"))
    free = asked(case, "role_division", *given, "responsibility.at_home=fire,registry")
    plan = solve(case, free, limits=ONE)
    assert plan.worth is Worth.OPTIMAL and not plan.breaches
    for entry in fixed[::2]:
        services, _, members = entry.partition(":")
        for service in services.split("|"):
            assert frozenset(members.split("|")) in served_together(plan, service)
    assert not any(alone in body for body in served_together(plan, "fire"))


def test_a_run_with_nothing_free_but_bodies_prescribed_is_what_they_come_to(case: Case) -> None:
    package = asked(
        case, "status_quo", f"wide_area.fix=[{', '.join(map(repr, bodies_fixed(case)))}]", *PRESCRIBED[1:]
    )
    same_figures(solve(case, package, limits=ONE), apply(case, package))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("fire", "is no body"),
        ("fyre:03201|03202", "did you mean 'fire'"),
        ("fire:03201|99999", "is no municipality of the case"),
        ("police:03201|03202", "cannot be provided by a body"),
        ("fire:03201|03201", "stands in body 1 of fire already"),
    ],
)
def test_a_body_that_cannot_be_prescribed_is_refused(case: Case, text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        apply(case, asked(case, "status_quo", f"wide_area.fix=['{text}']"))
    assert words in str(caught.value) and "wide_area.fix" in str(caught.value)


def test_what_is_prescribed_for_a_part_of_a_case_is_what_a_run_of_it_finds() -> None:
    """Curves and offices are those of the whole country on both sides, in the table of savings too. Bodies that lie
    elsewhere are left out."""
    country = load_case(DEFAULT_CASE)
    bodies = "wide_area.fix=['waste:03202|03203|13101', 'waste:01100|01202']"
    top = package_given((*PRESCRIBED, "responsibility.fix.prefectural_roads=bloc", bodies))
    assert top is not None
    package = with_on_top(country, load_package(country, "status_quo", ["03"]), top, ["03"])
    found = apply(country, package, ["03"])
    same_figures(solve(country, package, ["03"], limits=ONE), found)
    assert frozenset(("03202", "03203")) in served_together(found, "waste")


def test_a_limit_that_is_not_kept_is_told_in_yen(case: Case) -> None:
    floor = 1.05
    result = apply(case, asked(case, "status_quo", f"equity.adequacy_floor={floor}"))
    table = result.tables["governments"].set_index("government")
    short = floor * table["standard_cost_million_yen"] - table["funds_million_yen"]
    broken = result.tables["breaches"]
    assert result.worth.exit_code == 0
    assert set(broken["rule"]) == {"E1"} and set(broken["place"]) == set(short.index[short > 0.01])
    assert broken.set_index("place")["excess_yen"].to_dict() == pytest.approx(
        (short[broken["place"]] * 1e6).to_dict()
    )


def test_no_package_on_the_shelf_is_impossible_to_apply(case: Case) -> None:
    for name in ("uniform", "hard_budget", "national_guarantee", "equalisation_only"):
        result = apply(case, asked(case, name, "nation.limit_million_yen=0"))
        assert "F6" in {breach.rule for breach in result.breaches}
        assert {breach.unit for breach in result.breaches if breach.rule == "F6"} == {"million yen per year"}


def served_together(result: Result, service: str) -> set[frozenset[str]]:
    """Members of every body that provides a service."""
    table = result.tables["bodies"]
    rows = table[table["services"].str.split("|").map(lambda names: service in names)]
    return {frozenset(codes.split("|")) for codes in rows["member_codes"]}


def test_a_body_that_is_given_takes_its_members_from_those_of_today(case: Case) -> None:
    today = served_together(apply(case, asked(case)), "fire")
    large = max(today, key=lambda members: (len(members), sorted(members)))
    moved = sorted(large)[:2]
    alone = sorted(set(case.codes) - frozenset().union(*today))[0]
    given = GivenBody(("fire",), (*moved, alone))
    found = served_together(apply(case, asked(case), bodies=[given]), "fire")
    assert frozenset(given.members) in found
    assert large - set(moved) in found
    assert found - {frozenset(given.members), large - set(moved)} == today - {large}


def test_a_body_lapses_where_another_tier_answers(case: Case) -> None:
    members = tuple(case.codes[:3])
    result = apply(
        case,
        asked(case, "status_quo", "responsibility.fix.fire=prefecture"),
        bodies=[GivenBody(("fire",), members)],
    )
    assert not served_together(result, "fire")
    assert any("another tier answers" in text for text in result.package.warnings)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (GivenBody(("fire",), ("03201", "99999")), "is no municipality of the case"),
        (GivenBody(("fire",), ("03201",)), "fewer than two members"),
        (GivenBody(("fyre",), ("03201", "03202")), "did you mean 'fire'"),
        (GivenBody(("police",), ("03201", "03202")), "cannot be provided by a body"),
        (GivenBody((), ("03201", "03202")), "names no service"),
    ],
)
def test_a_body_that_cannot_be_is_refused(case: Case, body: GivenBody, words: str) -> None:
    with pytest.raises(InputError, match=words):
        apply(case, asked(case), bodies=[body])


def test_a_member_stands_in_one_body_of_a_service(case: Case) -> None:
    twice = [GivenBody(("fire",), ("03201", "03202")), GivenBody(("fire", "waste"), ("03202", "03203"))]
    with pytest.raises(InputError, match="body 1 of fire already"):
        apply(case, asked(case), bodies=twice)


def test_a_body_out_of_bounds_is_applied_and_told(case: Case) -> None:
    everybody = GivenBody(("fire",), tuple(case.codes))
    result = apply(case, asked(case, "status_quo", "wide_area.max_members=5"), bodies=[everybody])
    assert frozenset(case.codes) in served_together(result, "fire")
    assert "R8" in {breach.rule for breach in result.breaches}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("responsibility.fix.fire@town_below_10=prefecture", "did you mean 'town_below_10k'"),
        ("responsibility.fix.fire@=prefecture", "names no rule group"),
        ("responsibility.fix.fyre@town_below_10k=prefecture", "did you mean 'fire'"),
        ("responsibility.fix.general_administration@core_city=nation", "is not open to core_city"),
    ],
)
def test_a_prescription_for_a_class_is_checked(case: Case, given: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        apply(case, asked(case, "status_quo", given))


def test_a_prescription_for_a_class_comes_before_that_for_the_service(case: Case) -> None:
    given = ("responsibility.fix.fire=prefecture", "responsibility.fix.fire@core_city=municipality")
    table = apply(case, asked(case, "status_quo", *given)).tables["responsibility"]
    fire = table[table["service"] == "fire"].set_index("rule_group")["tier"]
    assert fire.pop("core_city") == "municipality" and set(fire) == {"prefecture"}


def test_what_a_package_leaves_open_is_told(case: Case) -> None:
    result = apply(case, asked(case, "role_division"))
    said = "\n".join(result.package.warnings)
    assert "free to move: each was given today's tier" in said
    assert "formula.counted_share is free from 0.6 to 0.75: 0.75 was taken, today's value" in said


def test_a_plan_of_two_phases_is_refused(case: Case) -> None:
    with pytest.raises(InputError, match="two phases"):
        apply(case, asked(case, "horizon_phased"))


@pytest.fixture(scope="module")
def folder(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of a decision that breaks limits."""
    result = apply(case, asked(case, "role_division", "equity.adequacy_floor=1.1"))
    return write_run(result, tmp_path_factory.mktemp("applied") / "run", ONE, APPLIED, [])


def test_the_folder_is_sound(folder: Path) -> None:
    checks = audit_run(folder).checks
    assert [name for name, held in checks.items() if not held] == []


@pytest.mark.parametrize(
    ("spoilt", "check"),
    [
        (lambda found: [], "every limit holds as it is stated"),
        (
            lambda found: [*found, {**found[0], "rule": "E2"}],
            "the breaches stand in the tables as in the record",
        ),
    ],
)
def test_the_audit_sees_a_breach_that_is_hidden_or_made_up(folder: Path, spoilt: Any, check: str) -> None:
    record, tables = read_run(folder)
    record = {**record, "breaches": spoilt(record["breaches"])}
    assert not audit_of(record, tables, written_settings(folder)).checks[check]


def test_a_limit_told_as_broken_that_holds_is_seen(case: Case, folder: Path) -> None:
    record, tables = read_run(folder)
    settings = replace_floor(written_settings(folder), 0.5)
    assert not audit_of(record, tables, settings).checks["no limit is told as broken that holds"]


def replace_floor(settings: Any, floor: float) -> Any:
    """Settings with another floor of adequacy."""
    return {**settings, "equity.adequacy_floor": floor}


def test_a_step_of_debt_that_is_crossed_is_told_in_money_that_there_is(case: Case) -> None:
    given = ("responsibility.fix.elderly_care=prefecture", "discipline.debt_steps_kept=true")
    result = apply(case, asked(case, "status_quo", *given))
    broken = {b.where: b.amount for b in result.breaches if b.rule == "D4step"}
    debts = result.tables["debts"].set_index("government")
    assert broken
    for government, amount in broken.items():
        assert 0 < amount < debts.at[government, "real_debt_service_million_yen"]
