"""The folder of a run: complete, with units, the same twice, and whole or not at all."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from command_line import IWATE, RUN_IWATE, Run, command

import optimization.archive as archive
from optimization.archive import read_run
from optimization.dictionary.results import column_of
from optimization.referee.audit import audit_run

TABLES = [
    "responsibility", "provision", "bodies", "formula", "governments", "services", "tiers", "taxes", "measures",
    "coefficients", "outlook", "spending", "bodies_today", "flows", "flows_by_government", "sectors",
    "debts", "debts_of_services", "joint_work", "places", "functions", "savings",
    "change_verdicts", "together_verdicts", "worth_knowing",
]  # fmt: skip
KEYS = {
    "status", "termination", "objective_million_yen", "baseline_million_yen", "bound_million_yen", "gap",
    "seconds", "peak_memory_mb", "columns", "rows", "nonzeros", "versions", "inputs_sha256", "packages", "seed",
    "formula_choice",
}  # fmt: skip
UNITS = ("_million_yen", "_persons", "_km", "_minutes", "_ratio", "_yen_per_resident", "_years")
COUNTS = {
    # columns of numbers that count things, or are 1 for yes, 0 for no, -1 for less
    "year", "municipalities_below_efficient_scale",
    "changed", "municipalities", "members", "services", "services_today", "receiving", "receiving_today", "gains",
    "counted_in_part", "apart", "apart_today", "crosses_a_step",
    "tiers_involved", "tiers_involved_today", "rows", "nonzeros", "governments",
    "in_plan", "draws", "draws_paid", "service_draws_paid", "draws_told", "bodies", "bodies_today", "changes_decided",
    "groups_decided",
}  # fmt: skip  # fmt: skip
OWN_UNIT = {
    "formula": {"today", "under_package"},
    "measures": {"today", "under_package"},
    "change_verdicts": {"threshold", "taken"},
    "together_verdicts": {"threshold", "taken"},
    "coefficients": {"smallest_coefficient", "largest_coefficient", "largest_right_hand_side"},
}
"""Tables whose rows carry their unit in the column `unit`, or are in the solver's rows' own units."""


@pytest.fixture(scope="module")
def tables(reform: Run) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(reform.folder / f"{name}.parquet") for name in TABLES}


def test_every_file_is_there_and_no_other(reform: Run) -> None:
    expected = {"run.json", "package.resolved.toml", "changes.csv", "solver.log", "SHA256SUMS"}
    expected |= {f"{name}.{kind}" for name in TABLES for kind in ("csv", "parquet")}
    assert reform.files == expected
    assert (reform.folder / "solver.log").stat().st_size > 0


def test_only_the_folder_was_written(reform: Run) -> None:
    assert [path.name for path in reform.folder.parent.iterdir()] == [reform.folder.name]


def test_the_record_holds_its_keys(reform: Run) -> None:
    assert set(reform.record) >= KEYS
    assert reform.record["packages"] == ["wide_area", "role_division"]
    assert reform.record["bound_million_yen"] <= reform.record["objective_million_yen"]
    assert set(reform.record["seconds"]) == {
        "layout",
        "starting_pairs",
        "build",
        "hand_off",
        "solve",
        "read_back",
        "formula",
    }
    assert {"python", "pyomo", "highspy", "pandas"} <= set(reform.record["versions"])
    assert reform.record["municipalities"] == 33 and reform.record["joint_wards"] == 0


def test_the_checksums_are_those_of_the_case(reform: Run) -> None:
    sums = reform.record["inputs_sha256"]
    assert {"municipal_need.csv", "services.csv", "parameters.csv"} <= set(sums)
    for name, digest in sums.items():
        assert hashlib.sha256((IWATE / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.parametrize("name", TABLES)
def test_csv_and_parquet_are_the_same(reform: Run, tables: dict[str, pd.DataFrame], name: str) -> None:
    parquet = tables[name]
    text = {column: str for column in parquet if not pd.api.types.is_numeric_dtype(parquet[column])}
    parquet = parquet.fillna(dict.fromkeys(text, ""))
    numbers = set(parquet) - set(text)
    empty = {column: [""] for column in numbers if column_of(name, column).empty}
    csv = pd.read_csv(reform.folder / f"{name}.csv", dtype=text, keep_default_na=False, na_values=empty)
    pd.testing.assert_frame_equal(csv, parquet, check_exact=True, check_dtype=False)
    assert len(parquet)


@pytest.mark.parametrize("name", TABLES)
def test_every_number_has_a_unit(tables: dict[str, pd.DataFrame], name: str) -> None:
    table = tables[name]
    numbers = {column for column in table if pd.api.types.is_numeric_dtype(table[column])}
    assert numbers
    bare = {column for column in numbers - COUNTS if not column.endswith(UNITS)}
    assert bare == OWN_UNIT.get(name, set())
    if name in OWN_UNIT:
        assert (table["unit"] != "").all()
    whole = numbers & COUNTS
    assert all(pd.api.types.is_integer_dtype(table[column]) for column in whole)


def test_nothing_is_missing(tables: dict[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        may_be_empty = [column for column in table if column_of(name, column).empty]
        assert not table.drop(columns=may_be_empty).isna().any().any(), name


def test_costs_of_today_by_place_and_by_service_are_those_of_one_arrangement(
    tables: dict[str, pd.DataFrame],
) -> None:
    """Bodies of today are priced as bodies in both."""
    by_place = tables["provision"].groupby("service")["cost_today_standard_million_yen"].sum()
    by_service = tables["services"].set_index("service")["standard_today_million_yen"]
    by_place = by_place.reindex(by_service.index, fill_value=0.0)  # a service may have no place in a part
    pd.testing.assert_series_equal(by_place, by_service, check_names=False)


def test_every_change_has_its_source(reform: Run) -> None:
    rows = pd.read_csv(reform.folder / "changes.csv", dtype=str, keep_default_na=False)
    assert list(rows.columns)[:4] == ["setting", "from", "to", "source"]
    assert set(rows["source"]) == {"wide_area", "role_division"}
    assert (rows["from"] != rows["to"]).all()
    adequacy = rows.set_index("setting").loc["equity.adequacy_floor"]
    assert (adequacy["from"], float(adequacy["to"])) == ("off", 0.97)


def test_the_folder_reads_back_and_audits(reform: Run) -> None:
    record, tables = read_run(reform.folder)
    assert record == reform.record
    assert set(tables) == set(TABLES)
    assert tables["governments"]["government"].str.len().isin([2, 5]).all()
    audit = audit_run(reform.folder)
    assert audit.sound, audit.checks
    assert audit.objective_million_yen == pytest.approx(record["objective_million_yen"], rel=1e-9)


def test_an_altered_table_fails_the_audit(reform: Run, tmp_path: Path) -> None:
    for path in reform.folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    services = pd.read_csv(tmp_path / "provision.csv", dtype={"code": str})
    services.loc[0, "standard_million_yen"] *= 1.1
    services.to_csv(tmp_path / "provision.csv", index=False)
    assert not audit_run(tmp_path).sound


def test_the_same_run_gives_the_same_files(reform: Run, run: Callable[..., Run]) -> None:
    again = run("role_division")
    kept = [name for name in sorted(reform.files) if name not in ("run.json", "solver.log", "SHA256SUMS")]
    for name in kept:
        assert (again.folder / name).read_bytes() == (reform.folder / name).read_bytes(), name
    changing = {"seconds", "peak_memory_mb", "written"}
    assert {k: v for k, v in again.record.items() if k not in changing} == {
        k: v for k, v in reform.record.items() if k not in changing
    }


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_while_writing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    written = []

    def fail(table: pd.DataFrame, path: Path, **options: object) -> None:
        written.append(sorted(p.name for p in Path(path).parent.iterdir()))
        raise fault

    monkeypatch.setattr(pd.DataFrame, "to_parquet", fail)
    folder = tmp_path / "run"
    arguments = ("run", "status_quo", *RUN_IWATE, "--out", folder)
    if isinstance(fault, OSError):
        done = command(*arguments)
        assert done.code == 2 and "No space left on device" in done.err and "Remedy" in done.err
    else:
        assert command(*arguments).code == 130
    assert written and "run.json" in written[0]
    assert not list(tmp_path.iterdir())


def test_the_default_folder_is_named_by_time_and_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = archive.new_folder(None, "wide_area", tmp_path / "results")
    assert re.fullmatch(r"\d{8}T\d{6}Z-wide_area", folder.name)
    assert folder.parent == tmp_path / "results"
