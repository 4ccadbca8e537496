"""Sweeps: studies read, failures as rows, killed and continued, the same table in the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from optimization.case.case import Case
from optimization.case.face import INPUTS
from optimization.case.load import load_case
from optimization.errors import InputError
from optimization.studies import store
from optimization.studies.question import FAILED, Found, Question, answer
from optimization.studies.study import Cell, Study, read_study, resolved
from optimization.studies.sweep import sweep

ROOT = INPUTS.parent
IWATE = INPUTS / "iwate-2022"
STUDY = """
[study]
name = "small"
gap = 1e-3

[grid]
packages = ["wide_area"]
[grid.settings]
"weights.body_million_yen" = [10.0, 30.0, 90.0]

[[cell]]
packages = "status_quo"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(STUDY, encoding="utf-8")
    return path


def test_a_grid_is_every_combination_once(tmp_path: Path) -> None:
    path = tmp_path / "grid.toml"
    path.write_text(
        '[study]\nname = "g"\n[grid]\npackages = ["wide_area", "uniform"]\n[grid.settings]\n'
        '"wide_area.radius_km" = [30.0, 60.0]\n[grid.assumptions]\ndetour_factor = [1.2, 1.3, 1.4]\n'
        '[[cell]]\npackages = "uniform"\nsettings = { "wide_area.radius_km" = 30.0 }\n'
        "assumptions = { detour_factor = 1.2 }\n",
        encoding="utf-8",
    )
    study = read_study(path)
    assert len(study.cells) == 12  # the cell stands in the grid already
    assert study.cells[0].varied == {
        "packages": "wide_area",
        "wide_area.radius_km": 30.0,
        "detour_factor": 1.2,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("not toml [", "is not valid TOML"),
        ('[study]\nname = "a b"\n[[cell]]\npackages = "uniform"', "names no study"),
        ('[study]\nname = "a"', "asks nothing"),
        ('[study]\nname = "a"\ngap = "small"\n[[cell]]\npackages = "uniform"', "of the wrong kind"),
        ('[study]\nname = "a"\nspeed = 9\n[[cell]]\npackages = "uniform"', "is not known here"),
        ('[study]\nname = "a"\n[grid]\npackages = "uniform"\nsettings = { x = 3 }', "is no list of values"),
        ('[study]\nname = "a"\n[[cell]]\nsettings = {}', "names no package"),
    ],
)
def test_a_faulty_study_is_said(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words) as caught:
        read_study(path)
    assert all(problem.remedy for problem in caught.value.problems)


def test_failures_are_rows_with_their_reason(tmp_path: Path) -> None:
    cells = (
        Cell("status_quo"),
        Cell("no_such_package"),
        Cell("wide_area", {"wide_area.radius_km": -5.0}),
        Cell("wide_area", {}, {"no_such_parameter": 1.0}),
        Cell("wide_area", {"horizon.years": ["1999"]}),
    )
    study = Study("faults", "", (), 1e-3, 60.0, "auto", 0, cells)
    table = sweep(study, IWATE, tmp_path / "out")
    assert list(table["status"]) == ["optimal", *[FAILED] * 4]
    for row, words in zip(
        table.iloc[1:]["reason"],
        ["no_such_package", "radius_km", "no_such_parameter", "projected year"],
        strict=True,
    ):
        assert words in row


def test_the_name_of_a_question_follows_all_that_it_depends_on() -> None:
    case = load_case(IWATE)

    plain = Cell("wide_area")

    def key(cell: Cell = plain, gap: float = 1e-3) -> str:
        return store.key_of(case, resolved(case, cell), Study("s", "", (), gap, 60.0, "auto", 0, (cell,)))

    radius = float(resolved(case, plain).settings["wide_area.radius_km"])
    same = Cell("wide_area", {"wide_area.radius_km": radius})
    others = [
        key(Cell("uniform")),
        key(Cell("wide_area", {"wide_area.radius_km": 31.0})),
        key(Cell("wide_area", {}, {"detour_factor": 1.21})),
        key(gap=1e-4),
    ]
    assert key() == key() == key(same)
    assert len({key(), *others}) == 5


def test_killed_and_continued_it_ends_as_if_undisturbed(file: Path, tmp_path: Path) -> None:
    calm = sweep(read_study(file), IWATE, tmp_path / "calm")
    out = tmp_path / "killed"
    command = [sys.executable, "solve.py", "sweep", str(file), "--case", str(IWATE), "--out", str(out)]
    command += ["--processes", "1"]
    running = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)
    until = time.monotonic() + 60
    while not list(out.glob("cells/*.json")) and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("cells/*.json")}
    assert 0 < len(before) < 4
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0
    after = {path.name: path.stat().st_mtime_ns for path in out.glob("cells/*.json")}
    assert len(after) == 4 and before.items() <= after.items()
    assert (out / "sweep.csv").read_bytes() == (tmp_path / "calm" / "sweep.csv").read_bytes()
    assert (out / "iamc.csv").read_bytes() == (tmp_path / "calm" / "iamc.csv").read_bytes()
    assert list(calm["status"]) == ["optimal"] * 4
    assert calm["objective_million_yen"].iloc[:3].is_monotonic_increasing  # dearer bodies never cost less


def test_two_processes_give_the_same_table(file: Path, tmp_path: Path) -> None:
    study = read_study(file)
    one, two = (sweep(study, IWATE, tmp_path / str(n), processes=n) for n in (1, 2))
    pd.testing.assert_frame_equal(one, two)


GROWN = """
import loky.process_executor as pool
pool._MAX_MEMORY_LEAK_SIZE = -(10**12)
pool._MEMORY_LEAK_CHECK_DELAY = 0.0
"""
"""Makes a process of a pool look after each task as if its memory had grown too far."""


def test_a_process_that_has_grown_is_replaced_unnoticed(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(STUDY.replace("10.0, 30.0", "10.0, 15.0, 20.0, 25.0, 30.0, 35.0"), encoding="utf-8")
    one = sweep(read_study(file), IWATE, tmp_path / "one")
    (tmp_path / "sitecustomize.py").write_text(GROWN, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    at_home: list[Question] = []

    def noted(case: Case, question: Question) -> Found:
        at_home.append(question)
        return answer(case, question)

    monkeypatch.setattr("optimization.studies.workers.answer", noted)
    two = sweep(read_study(file), IWATE, tmp_path / "two", processes=2)
    assert at_home == []
    pd.testing.assert_frame_equal(one, two)


def test_a_process_that_is_killed_costs_no_answer(file: Path, tmp_path: Path) -> None:
    sweep(read_study(file), IWATE, tmp_path / "calm")
    out = tmp_path / "struck"
    command = [sys.executable, "solve.py", "sweep", str(file), "--case", str(IWATE), "--out", str(out)]
    running = subprocess.Popen([*command, "--processes", "2"], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    until, struck = time.monotonic() + 60, False
    while not struck and running.poll() is None and time.monotonic() < until:
        for process in processes_of(running.pid):
            os.kill(process, signal.SIGKILL)
            struck = True
            break
        time.sleep(0.05)
    _, told = running.communicate(timeout=120)
    assert struck and running.returncode == 0, told
    assert "Traceback" not in told
    assert (out / "sweep.csv").read_bytes() == (tmp_path / "calm" / "sweep.csv").read_bytes()


def processes_of(parent: int) -> list[int]:
    """Processes of the pool of a running sweep."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
    return [int(n) for n in children if b"popen_loky" in Path(f"/proc/{n}/cmdline").read_bytes()]


def test_a_scheduler_that_is_not_there_is_said(file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be reached"):
        sweep(read_study(file), IWATE, tmp_path / "out", scheduler="nonsense")


def test_the_long_form_holds_every_number(file: Path, tmp_path: Path) -> None:
    table = sweep(read_study(file), IWATE, tmp_path / "out")
    long = pd.read_csv(tmp_path / "out" / "iamc.csv")
    assert list(long.columns) == ["model", "scenario", "region", "variable", "unit", "year", "value"]
    objective = long[long["variable"] == "objective"].set_index("scenario")["value"]
    assert objective.to_numpy() == pytest.approx(table["objective_million_yen"].to_numpy())
    assert set(long["year"]) == {2022} and set(long["region"]) == {"iwate-2022"}
