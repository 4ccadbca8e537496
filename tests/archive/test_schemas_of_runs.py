"""Folders of every layout open: today's whole and untouched, older ones as today's, later ones refused."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from optimization.archive import read_changes, read_run, read_settings
from optimization.archive.schemas import OFF_SINCE, SCHEMA, STEPS
from optimization.archive.seal import SUMS, seal
from optimization.errors import InputError
from optimization.referee.audit import audit_run
from optimization.report.view import view_run

HERE = Path(__file__).parent
EXAMPLE = Path(__file__).parents[2] / "results" / "example"

SINCE_3 = {
    "flows",
    "flows_by_government",
    "sectors",
    "debts",
    "debts_of_services",
    "joint_work",
    "functions",
    "places",
    "change_verdicts",
    "together_verdicts",
    "worth_knowing",
    "savings",
}
"""Tables of the closed accounts, of debts, of joint work and of verdicts, which older runs have not."""

WHERE_THE_CASE_HAS_THEM = {"bodies_today", "spending"}
"""Tables of a run whose case tells of today's bodies and of spending: older cases did not."""


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "example"))


def problems_of(folder: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_run(folder)
    return [f"{Path(p.file).name}: {p.message}" for p in caught.value.problems]


def test_there_is_a_folder_of_every_older_layout_and_a_step_from_it() -> None:
    assert sorted(STEPS) == list(range(1, SCHEMA))
    assert {path.name for path in HERE.glob("schema_*")} == {f"schema_{n}" for n in STEPS}


@pytest.mark.parametrize("schema", sorted(STEPS))
def test_an_older_folder_reads_as_one_of_today(schema: int) -> None:
    folder = HERE / f"schema_{schema}"
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["schema"] == schema
    record, tables = read_run(folder)
    today, tables_of_today = read_run(EXAMPLE)
    assert record["schema"] == SCHEMA and record.keys() == today.keys()
    assert tables.keys() | WHERE_THE_CASE_HAS_THEM | SINCE_3 == tables_of_today.keys()
    assert audit_run(folder).sound
    assert read_settings(folder)[1]["weights.joint_work"] == 0.0
    assert read_settings(EXAMPLE)[1]["weights.joint_work"] == 1.0
    assert view_run(folder).title == "role_division"


@pytest.mark.parametrize("schema", [n for n in STEPS if n < OFF_SINCE])
def test_the_numbers_that_switched_limits_off_are_read_as_off(schema: int) -> None:
    folder = HERE / f"schema_{schema}"
    written = (folder / "package.resolved.toml").read_text(encoding="utf-8")
    assert '"equity.dispersion_ceiling" = 0.0' in written and '"clarity.changes_ceiling" = 100000' in written
    package, settings = read_settings(folder)
    assert package.settings["equity.dispersion_ceiling"] == "off"
    assert settings["equity.dispersion_ceiling"] is None and settings["clarity.changes_ceiling"] is None
    assert settings["equity.adequacy_floor"] == 0.97 and settings["equity.losers_population_ceiling"] == 0.0
    changes = read_changes(folder).set_index("setting")
    assert changes.loc["equity.adequacy_floor", ["from", "to"]].tolist() == ["off", "0.97"]


def test_a_number_of_today_is_a_limit_and_not_read_as_off(example: Path) -> None:
    file = example / "package.resolved.toml"
    text = file.read_text(encoding="utf-8")
    assert '"equity.dispersion_ceiling" = "off"' in text
    changed = text.replace('"equity.dispersion_ceiling" = "off"', '"equity.dispersion_ceiling" = 0.0')
    file.write_text(changed, encoding="utf-8")
    assert read_settings(example)[1]["equity.dispersion_ceiling"] == 0.0


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (SCHEMA + 1, f"is of a later version than this program reads (up to {SCHEMA})"),
        (0, "does not say its layout"),
        (True, "does not say its layout"),
        ("2", "does not say its layout"),
        (None, "does not say its layout"),
    ],
)
def test_a_layout_that_nobody_knows_is_refused(example: Path, schema: object, words: str) -> None:
    record = json.loads((example / "run.json").read_text(encoding="utf-8"))
    (example / "run.json").write_text(json.dumps({**record, "schema": schema}), encoding="utf-8")
    assert problems_of(example) == [f"run.json: {words}"]


def test_a_record_that_is_no_record_is_refused(example: Path) -> None:
    (example / "run.json").write_text("[1, 2]", encoding="utf-8")
    assert problems_of(example) == ["run.json: does not say its layout"]


# ---- the seal


def test_the_sums_are_those_that_sha256sum_reads(example: Path) -> None:
    done = subprocess.run(["sha256sum", "--check", "--quiet", SUMS], cwd=example, check=False)
    assert done.returncode == 0


def test_every_file_of_a_run_is_sealed(example: Path) -> None:
    for path in sorted(example.iterdir()):
        whole = path.read_bytes()
        if path.name == SUMS:
            continue
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert problems_of(example), path.name
        path.write_bytes(whole)
    read_run(example)


def test_a_file_changed_a_file_gone_and_a_sum_spoilt_are_all_named(example: Path) -> None:
    table = example / "tiers.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("prefecture", "nation", 1), encoding="utf-8")
    (example / "bodies.parquet").unlink()
    with (example / SUMS).open("a", encoding="utf-8") as file:
        file.write(f"{'0' * 64}  ../../elsewhere\n")
    assert problems_of(example) == [
        "bodies.parquet: is missing",
        "tiers.csv: has been changed since the run was written",
        "SHA256SUMS: holds a line that is no sum of a file",
    ]


def test_a_run_without_its_sums_is_refused(example: Path) -> None:
    (example / SUMS).unlink()
    assert problems_of(example) == [
        "SHA256SUMS: cannot be read: the files of this run cannot be told from changed ones"
    ]


def test_a_report_written_later_breaks_no_seal(example: Path) -> None:
    (example / "report.html").write_text("<p>later</p>", encoding="utf-8")
    read_run(example)


def test_sealing_anew_is_what_makes_a_change_pass(example: Path) -> None:
    """The seal tells of accidents; who means to deceive can seal anew, and meets the audit."""
    table = example / "provision.csv"
    table.write_text(
        table.read_text(encoding="utf-8").replace(",prefecture,", ",nation,", 1), encoding="utf-8"
    )
    assert problems_of(example)
    seal(example)
    read_run(example)
    assert not audit_run(example).sound
