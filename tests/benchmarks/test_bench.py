"""The bench from its command line on one prefecture: rows, resuming, and what a failure leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.bench import watched
from benchmarks.rows import COLUMNS, read_rows

REPO = Path(__file__).parents[2]
LIMIT = "30"


def bench(folder: Path, *arguments: str) -> str:
    """What the bench prints; its rows go to `ladder.csv` in the folder."""
    command = [sys.executable, "-m", "benchmarks", "--prefectures", "03", "--limit", LIMIT]
    command += ["--out", str(folder / "ladder.csv"), "--work", str(folder / "work"), *arguments]
    return subprocess.run(command, cwd=REPO, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which Iwate was measured, first by HiGHS alone and then by our method too."""
    here = tmp_path_factory.mktemp("bench")
    bench(here, "--instances", "base", "--solvers", "pyomo,highs")
    bench(here, "--instances", "base", "--solvers", "pyomo,decomposed,highs")
    return here


def test_a_row_is_measured_once(folder: Path) -> None:
    assert [row["solver"] for row in read_rows(folder / "ladder.csv")] == ["pyomo", "highs", "decomposed"]
    assert bench(folder, "--instances", "base", "--solvers", "highs") == ""


def test_both_solvers_agree_and_every_number_is_there(folder: Path) -> None:
    _, highs, ours = read_rows(folder / "ladder.csv")
    for row in (highs, ours):
        assert row["status"] == "optimal" and row["prefectures"] == "03"
        assert set(COLUMNS) - {k for k, v in row.items() if v} == {"note"}
        steps = [float(row[f"{name}_seconds"]) for name in ("build", "hand_off", "solve")]
        assert float(row["total_seconds"]) == pytest.approx(sum(steps))
        assert float(row["build_share"]) == pytest.approx(sum(steps[:2]) / sum(steps))
        assert (
            0
            < float(row["seconds_to_1e-02"])
            <= float(row["seconds_to_1e-04"])
            <= float(row["total_seconds"])
        )
    assert float(highs["objective_million_yen"]) == pytest.approx(
        float(ours["objective_million_yen"]), rel=1e-4
    )
    assert float(highs["peak_memory_mib"]) < float(ours["peak_memory_mib"])


def test_the_large_file_is_gone_and_the_logs_stay(folder: Path) -> None:
    left = {path.name for path in (folder / "work").rglob("*") if path.is_file()}
    assert "program.mps" not in left and {"pyomo.json", "highs.log", "decomposed.log"} <= left


def test_a_rung_or_method_that_is_not_there_yet_is_skipped_with_a_note(tmp_path: Path) -> None:
    (tmp_path / "ladder.toml").write_text(
        '[dreams]\ntitle = "t"\naxis = "a"\nneeds = { "wide_area.sources" = "dreams" }\n', encoding="utf-8"
    )
    code = (
        "import benchmarks.ladder as ladder, benchmarks.child as child, pathlib, sys\n"
        "ladder.LADDER_FILE = pathlib.Path(sys.argv[1]) / 'ladder.toml'\n"
        "child.main(['--instance', 'dreams', '--solver', 'pyomo', '--limit', '1', '--threads', '1',"
        " '--folder', sys.argv[1]])\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=REPO, check=True)
    record = (tmp_path / "pyomo.json").read_text(encoding="utf-8")
    assert "skipped" in record and "wide_area.sources = 'dreams'" in record


def test_a_process_is_stopped_at_its_time(tmp_path: Path) -> None:
    with (tmp_path / "errors").open("w") as errors:
        assert watched([sys.executable, "-c", "import time; time.sleep(60)"], 0.5, errors)[0] is None
        done, memory = watched([sys.executable, "-c", "raise SystemExit(3)"], 30.0, errors)
    assert done == 3 and memory > 1


def test_neither_the_bench_nor_a_plain_solvers_process_imports_the_tool() -> None:
    """Their memory would be the tool's and not the solver's."""
    code = (
        "import sys, benchmarks.__main__, benchmarks.child, benchmarks.solvers\n"
        "assert not {'optimization', 'pyomo', 'pandas', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=REPO, check=True)
