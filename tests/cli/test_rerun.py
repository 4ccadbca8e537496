"""A run repeated from its folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from command_line import IWATE, Run, assert_refused, command, write_package

from optimization.archive import CODES
from optimization.archive.seal import seal
from optimization.case.today import TODAY_TABLES
from optimization.referee import rerun as room
from optimization.referee.rerun import table_differences

SCHEMA_1 = Path(__file__).parents[1] / "archive" / "schema_1"


@pytest.fixture
def copy(reform: Run, tmp_path: Path) -> Path:
    return Path(shutil.copytree(reform.folder, tmp_path / "copy"))


def test_the_same_to_the_last_digit(reform: Run) -> None:
    done = command("rerun", reform.folder)
    assert done.code == 0 and "The same to the last digit" in done.out
    assert "note:" not in done.err


def test_the_new_run_can_be_kept(reform: Run, tmp_path: Path) -> None:
    done = command("rerun", reform.folder, "--out", tmp_path / "again")
    assert done.code == 0 and f"Wrote {tmp_path / 'again'}" in done.out
    for name in ("governments.csv", "provision.parquet", "responsibility.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (reform.folder / name).read_bytes()
    assert_refused(command("rerun", reform.folder, "--out", tmp_path / "again"), "already exists")


def test_settings_seed_and_part_of_the_country_are_the_runs_own(
    run: Callable[..., Run], tmp_path: Path
) -> None:
    first = run("hard_budget+retention_40", "--gap", "1e-3", "--seed", "7", "--method", "decomposed")
    done = command("rerun", first.folder, "--out", tmp_path / "again")
    assert done.code == 0, done
    record = json.loads((tmp_path / "again" / "run.json").read_text(encoding="utf-8"))
    for key in ("asked_gap", "seed", "asked_method", "threads", "prefectures_asked", "package", "status"):
        assert record[key] == first.record[key], key


def test_an_impossible_package_stays_impossible(run: Callable[..., Run], tmp_path: Path) -> None:
    package = write_package(tmp_path, "tight", '"pool.ordinary_million_yen" = 300000.0')
    first = run(package)
    assert first.finished.code == 3
    assert command("rerun", first.folder).code == 0


def test_a_run_of_an_older_layout_and_program(older_case: Path, tmp_path: Path) -> None:
    folder = tmp_path / "older"
    assert command("run", "role_division", "--case", older_case, "--threads", "1", "--out", folder).code == 0
    as_layout_1(folder)
    done = command("rerun", folder, "--case", older_case)
    assert done.code == 0, done
    assert "note: program unknown then" in done.err
    assert "every figure to nine digits" in done.out or "last digit" in done.out


def test_an_older_run_on_another_case_than_its_own_is_refused() -> None:
    assert_refused(
        command("rerun", SCHEMA_1), "parameters.csv", "is not the table the run was solved on", "--case"
    )


@pytest.fixture
def older_case(tmp_path: Path) -> Path:
    """The case without what older ones lacked: today's bodies, spending, bundles, functions and the scale of debts;
    a year stood in a column's name."""
    case = Path(shutil.copytree(IWATE, tmp_path / "iwate-2022"))
    for name in (*TODAY_TABLES, "bundles", "functions", "standard_scale"):
        (case / f"{name}.csv").unlink()
    history = case / "population_history.csv"
    text = history.read_text(encoding="utf-8").replace("register_persons", "register_2022_persons", 1)
    history.write_text(text, encoding="utf-8")
    return case


def as_layout_1(folder: Path) -> None:
    """Make a run of today one of the first layout: with the tables, columns, rows and entries of the one kept."""
    for path in folder.iterdir():
        if not (SCHEMA_1 / path.name).exists():
            path.unlink()
    for name in ("governments", "measures", "formula"):
        then, table = (
            pd.read_csv(place / f"{name}.csv", dtype=str, keep_default_na=False)
            for place in (SCHEMA_1, folder)
        )
        table = table.replace("released", "left_to_special_allocation")
        table = table.reindex(columns=then.columns, fill_value="0")
        if name != "governments":
            # a row of a service, "share.service", is of the case and not of the layout
            table = table[
                table.iloc[:, 0].isin(then.iloc[:, 0]) | table.iloc[:, 0].str.contains(".", regex=False)
            ]
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    then = json.loads((SCHEMA_1 / "run.json").read_text(encoding="utf-8"))
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    record = {key: value for key, value in record.items() if key in then} | {"schema": 1}
    for when in ("objective", "baseline"):
        parts = record[f"{when}_parts_million_yen"]
        record[f"{when}_parts_million_yen"] = {
            name: parts[name] for name in then[f"{when}_parts_million_yen"]
        }
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    settings = folder / "package.resolved.toml"
    lines = settings.read_text(encoding="utf-8").splitlines(keepends=True)
    settings.write_text("".join(line for line in lines if "weights.joint_work" not in line), encoding="utf-8")


def test_a_difference_is_told_and_ends_with_1(copy: Path) -> None:
    """One grant a yen higher, one duty at another tier, one row gone, one objective lower; the seal put on anew."""
    governments = pd.read_csv(copy / "governments.csv", dtype=CODES, keep_default_na=False)
    governments.loc[3, "grant_million_yen"] += 1e-3
    governments.to_csv(copy / "governments.csv", index=False)
    duties = pd.read_csv(copy / "responsibility.csv", dtype=CODES, keep_default_na=False)
    duties.loc[0, "tier"] = "nation"
    duties.to_csv(copy / "responsibility.csv", index=False)
    bodies = (copy / "bodies.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (copy / "bodies.csv").write_text("".join(bodies[:-1]), encoding="utf-8")
    record = json.loads((copy / "run.json").read_text(encoding="utf-8"))
    record["objective_million_yen"] -= 1.0
    (copy / "run.json").write_text(json.dumps(record), encoding="utf-8")
    seal(copy)
    done = command("rerun", copy, "--json")
    found = json.loads(done.out)
    assert done.code == 1 and not found["same"] and not found["agrees"]
    assert found["changed"] == []
    told = {(row["table"], row["column"]): row for row in found["differences"]}
    assert told["governments", "grant_million_yen"]["rows"] == 1
    assert told["governments", "grant_million_yen"]["largest_difference"] == pytest.approx(1e-3)
    assert told["run.json", "objective_million_yen"]["largest_difference"] == pytest.approx(1.0)
    assert told["bodies", ""]["rows"] == 1 and "of now" in told["bodies", ""]["example"]
    assert told["responsibility", ""]["rows"] == 1
    assert set(told) == {
        ("governments", "grant_million_yen"),
        ("run.json", "objective_million_yen"),
        ("bodies", ""),
        ("responsibility", ""),
    }
    shown = command("rerun", copy)
    assert shown.code == 1 and "What came out otherwise" in shown.out


def test_another_library_is_named(copy: Path) -> None:
    record = json.loads((copy / "run.json").read_text(encoding="utf-8"))
    record["versions"]["highspy"] = "1.0.0"
    (copy / "run.json").write_text(json.dumps(record), encoding="utf-8")
    seal(copy)
    done = command("rerun", copy)
    assert done.code == 0 and "note: highspy 1.0.0 then" in done.err


def test_other_inputs_are_refused(reform: Run, tmp_path: Path) -> None:
    case = Path(shutil.copytree(IWATE, tmp_path / "iwate-2022"))
    text = (case / "parameters.csv").read_text(encoding="utf-8")
    (case / "parameters.csv").write_text(text + "\n", encoding="utf-8")
    done = command("rerun", reform.folder, "--case", case)
    assert_refused(done, "parameters.csv", "is not the table the run was solved on", "--case")


def test_a_changed_folder_is_refused(copy: Path) -> None:
    with (copy / "tiers.csv").open("a", encoding="utf-8") as file:
        file.write("\n")
    assert_refused(command("rerun", copy), "tiers.csv", "has been changed since the run was written")


def test_no_run_is_refused(tmp_path: Path) -> None:
    assert_refused(command("rerun", tmp_path), "is not a run folder")


# ---- how tables are compared


def frame(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_rows_are_joined_by_their_words_not_their_place() -> None:
    then = frame(code=["01", "02", "02"], cost=[1.0, 2.0, 3.0])
    now = frame(code=["02", "01", "02"], cost=[2.0, 1.0, 3.5])
    [row] = table_differences({"t": then}, {"t": now})
    assert row[:4] == ("t", "cost", 1, 0.5)
    assert row[4] == pytest.approx(0.5 / 3.5)


def test_order_columns_tables_and_gaps_are_differences() -> None:
    then = frame(code=["01", "02"], cost=[1.0, float("nan")])
    swapped = then.iloc[::-1].reset_index(drop=True)
    assert [row[-1] for row in table_differences({"t": then}, {"t": swapped})] == ["the order of the rows"]
    assert not table_differences({"t": then}, {"t": then.copy()})
    [row] = table_differences({"t": then}, {"t": then.fillna(0.0)})
    assert row[:4] == ("t", "cost", 1, float("inf"))
    assert table_differences({"t": then}, {})[0][0] == "t"
    assert table_differences({"t": then}, {"t": then.assign(new=1)})[0][1] == "new"


@pytest.mark.parametrize(("apart", "agrees"), [(1e-10, True), (1e-6, False)])
def test_rounding_is_told_from_another_answer(
    reform: Run, monkeypatch: pytest.MonkeyPatch, apart: float, agrees: bool
) -> None:
    """Nine digits may be held, a yen in a million may not."""
    read = room.read_run

    def read_otherwise(folder: Path, **more: bool) -> tuple[dict[str, object], dict[str, pd.DataFrame]]:
        record, tables = read(folder, **more)
        if Path(folder) == reform.folder:
            tables["governments"]["need_million_yen"] *= 1 + apart
        return record, tables

    monkeypatch.setattr(room, "read_run", read_otherwise)
    done = command("rerun", reform.folder)
    assert done.code == (0 if agrees else 1)
    assert ("nine digits" in done.out) is agrees
