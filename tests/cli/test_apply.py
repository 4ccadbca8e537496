"""The command that applies a decision, and settings given beside packages."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from command_line import ON_IWATE, Run, assert_refused, command

from optimization.cli.app import COMMANDS, loaded

pytestmark = pytest.mark.usefixtures("quick_case")


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Fire to the prefecture but for one class, under a floor that cannot be kept, applied on the teaching case."""
    folder = tmp_path_factory.mktemp("applied") / "run"
    finished = command(
        "apply", "status_quo", *ON_IWATE, "--set", "responsibility.fix.fire=prefecture", "--set",
        "responsibility.fix.fire@core_city=municipality", "--set", "equity.adequacy_floor=1.1", "--out", folder,
    )  # fmt: skip
    return Run(finished, folder)


def test_what_is_not_kept_is_told_and_is_no_failure(applied: Run) -> None:
    assert applied.finished.code == 0
    assert "Limits not kept: adequacy (E1) in" in applied.finished.out
    assert "infeasible" not in applied.finished.out + applied.finished.err
    record = applied.record
    assert record["status"] == "applied"
    assert record["gap"] is None and record["bound_million_yen"] is None
    table = pd.read_csv(applied.folder / "breaches.csv", dtype={"place": str})
    assert len(table) == len(record["breaches"]) > 0 and (table["excess_yen"] > 0).all()


def test_what_was_given_is_recorded(applied: Run) -> None:
    text = (applied.folder / "package.resolved.toml").read_text(encoding="utf-8")
    assert '"fire@core_city" = "municipality"' in text
    changes = pd.read_csv(applied.folder / "changes.csv").set_index("setting")
    assert changes.at["equity.adequacy_floor", "source"] == "set"


def test_every_reader_opens_it(applied: Run, tmp_path: Path) -> None:
    assert command("rerun", applied.folder).out.startswith("The same to the last digit")
    for language in ("en", "ja"):
        page = tmp_path / f"{language}.html"
        assert command("report", applied.folder, "--language", language, "--out", page).code == 0
    assert "nothing was optimised" in (tmp_path / "en.html").read_text(encoding="utf-8")
    assert command("export", applied.folder, "--out", tmp_path / "book.xlsx").code == 0
    assert command("exact", applied.folder).code == 0


def test_a_plan_holds_where_nothing_is_prescribed(applied: Run, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    finished = command("apply", "status_quo", *ON_IWATE, "--plan", applied.folder, "--out", folder)
    assert finished.code == 0
    named = pd.read_csv(folder / "responsibility.csv")
    assert set(named[named["service"] == "fire"]["tier"]) == {"prefecture", "municipality"}


def test_machines_read_its_record(tmp_path: Path) -> None:
    finished = command("apply", "status_quo", *ON_IWATE, "--json", "--out", tmp_path / "run")
    assert json.loads(finished.out)["status"] == "applied"


BODIES = {
    "a column": ("body,services\nb,fire\n", ["column code", "is missing"]),
    "a code": ("body,services,code\nb,fire,03201\nb,fire,99999\n", ["body 1", "99999"]),
    "two services": ("body,services,code\nb,fire,03201\nb,waste,03202\n", ["different services"]),
    "a service": ("body,services,code\nb,fyre,03201\nb,fyre,03202\n", ["did you mean 'fire'"]),
}


@pytest.mark.parametrize("fault", BODIES)
def test_bodies_that_cannot_be_are_refused(tmp_path: Path, fault: str) -> None:
    text, words = BODIES[fault]
    (tmp_path / "bodies.csv").write_text(text, encoding="utf-8")
    finished = command(
        "apply", "status_quo", *ON_IWATE, "--bodies", tmp_path / "bodies.csv", "--out", tmp_path / "run"
    )
    assert_refused(finished, *words)
    assert not (tmp_path / "run").exists()


def test_a_plan_that_is_no_run_is_refused(tmp_path: Path) -> None:
    assert_refused(command("apply", "status_quo", *ON_IWATE, "--plan", tmp_path), "is not a run folder")


FAULTS = {
    "no value": ("equity.adequacy_floor", ["--set", "KEY=VALUE"]),
    "no setting": ("equity.adequacy_flor=1", ["did you mean 'equity.adequacy_floor'"]),
    "a share in per cent": ("equity.adequacy_floor=75", ["did you mean 0.75?"]),
    "full-width digits": ("equity.adequacy_floor=０．７", ["full-width digits", "write 0.7"]),
    "no number": ("equity.adequacy_floor=0.7x", ["is no value"]),
    "no service": ("responsibility.fix.fyre=prefecture", ["did you mean 'fire'"]),
    "no rule group": ("responsibility.fix.fire@town_below_10=prefecture", ["did you mean 'town_below_10k'"]),
    "no name of a list": ("wide_area.services=fire,wast", ["did you mean 'waste'"]),
    "no assumption": ("assumptions.detour_factr=1", ["did you mean 'detour_factor'"]),
    "not within its range": ("assumptions.detour_factor=-1", ["detour_factor"]),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_setting_given_wrongly_is_refused(fault: str) -> None:
    given, words = FAULTS[fault]
    finished = command("apply", "status_quo", *ON_IWATE, "--set", given)
    assert_refused(finished, *words)


def test_a_setting_is_given_once() -> None:
    twice = ["--set", "equity.adequacy_floor=0.9", "--set", "equity.adequacy_floor=0.8"]
    assert_refused(command("validate", "status_quo", *ON_IWATE, *twice), "is given twice")


def test_every_command_that_takes_packages_takes_settings() -> None:
    takes = {
        name: {parameter.name for parameter in each.params}
        for name, each in ((name, loaded(name)) for name in COMMANDS)
    }
    asked = {name for name, names in takes.items() if "packages" in names or name == "compare"}
    assert {"run", "apply", "explain", "sensitivity"} <= asked
    assert [name for name in asked if "given" not in takes[name]] == []
