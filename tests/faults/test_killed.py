"""Killed (signal 9) in every phase: nothing half-written, and the next command works and tidies up."""

from __future__ import annotations

import json
import time
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from optimization.archive import read_run
from optimization.archive.folders import DRAFT
from optimization.archive.seal import SUMS
from optimization.referee.audit import audit_run
from tests.faults.machine import EXAMPLE, ON_IWATE, REPO, killed_after, killed_at, solve_py

pytestmark = pytest.mark.faults

RUN = ("run", "role_division", *ON_IWATE, "--threads", "2")
MOMENTS = [
    ("optimization.cli.options", "load_case", 1, "before"),
    ("optimization.cli.options", "load_case", 1, "after"),
    ("optimization.cli.options", "load_package", 1, "after"),
    ("optimization.cli.commands", "new_folder", 1, "after"),
    ("optimization.outcome.run", "screen", 1, "after"),
    ("optimization.outcome.master", "build_model", 1, "after"),
    ("optimization.outcome.master", "compile_model", 1, "after"),
    ("optimization.outcome.relaxed", "solve_plain", 1, "before"),
    ("optimization.outcome.relaxed", "solve_plain", 1, "after"),
    ("optimization.outcome.run", "read_result", 1, "after"),
    ("optimization.cli.commands", "write_run", 1, "before"),
    ("optimization.archive.run", "run_record", 1, "after"),
    ("optimization.archive.run", "write_tables", 1, "before"),
    ("optimization.archive.run", "write_tables", 1, "after"),
    ("optimization.archive.seal", "digest", 1, "after"),
    ("optimization.archive.seal", "digest", 20, "after"),
    ("optimization.archive.run", "seal", 1, "after"),
    ("optimization.cli.commands", "write_run", 1, "after"),
    ("optimization.referee.audit", "audit_run", 1, "before"),
]
"""Before and after every phase of a run, and in the middle of its writing."""


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def assert_whole(run: Path) -> None:
    read_run(run)
    assert audit_run(run).sound


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda m: f"{m[3]}-{m[1]}-{m[2]}")
def test_a_run_killed_in_any_phase_leaves_all_or_nothing(
    moment: tuple[str, str, int, str], tmp_path: Path
) -> None:
    done = killed_at(moment, *RUN, "--out", tmp_path / "run")
    assert done.code == -9, done
    written = moment[1:] in [("write_run", 1, "after"), ("audit_run", 1, "before")]
    assert visible(tmp_path) == (["run"] if written else [])
    if written:
        assert_whole(tmp_path / "run")
    again = solve_py(*RUN, "--out", tmp_path / "again")
    assert again.code == 0, again
    assert_whole(tmp_path / "again")
    assert not list(tmp_path.glob(f"{DRAFT}*"))


def test_a_run_killed_at_any_time_leaves_all_or_nothing(tmp_path: Path) -> None:
    """The same by the clock, which knows nothing of phases: sixty moments over the time of one run, and later ones
    until a run has ended (a busy machine is slower than it was)."""
    begun = time.perf_counter()
    assert solve_py(*RUN, "--out", tmp_path / "whole").code == 0
    whole = time.perf_counter() - begun
    ends: set[tuple[int, bool]] = set()
    for n in range(180):
        if n >= 60 and (0, True) in ends:
            break
        place = tmp_path / f"run{n}"
        ended = killed_after(whole * (0.4 + 0.7 * n / 60), *RUN, "--out", place)
        assert ended.code in (0, -9), ended
        ends.add((ended.code, place.exists()))
        if place.exists():
            assert_whole(place)
    assert {(-9, False), (0, True)} <= ends
    assert visible(tmp_path) == sorted({"whole", *(p.name for p in tmp_path.glob("run*"))})


LONG = {
    "explain": ("explain", "role_division", *ON_IWATE, "--services", "fire"),
    "alternatives": ("alternatives", "role_division", *ON_IWATE, "--count", "2"),
    "pareto": ("pareto", "role_division", *ON_IWATE, "--against", "changes", "--points", "4"),
    "compare": ("compare", "status_quo", "wide_area", *ON_IWATE),
    "cut": ("cut", "--prefectures", "03", *ON_IWATE),
    "rerun": ("rerun", EXAMPLE),
}


@pytest.mark.parametrize("name", LONG)
def test_what_other_commands_leave_is_whole(name: str, tmp_path: Path) -> None:
    """Folders of studies and comparisons, killed at eight moments, are whole, absent, or told to hold nothing yet."""
    begun = time.perf_counter()
    first = solve_py(*LONG[name], "--out", tmp_path / "whole")
    whole = time.perf_counter() - begun
    assert first.code == 0, first
    expected = {path.name for path in (tmp_path / "whole").rglob("*")}
    for n in range(8):
        place = tmp_path / f"out{n}"
        ended = killed_after(whole * (n + 1) / 9, *LONG[name], "--out", place)
        assert ended.code in (0, -9), ended
        # what was being written is hidden, and swept later
        seen = [
            path for path in place.rglob("*.*") if not any(p.name.startswith(DRAFT) for p in path.parents)
        ]
        for path in (path for path in seen if path.suffix == ".csv"):
            assert path.name in expected
            assert list(pd.read_csv(path, dtype=str)) and path.read_bytes().endswith(b"\n")
        for run in (path for path in seen if path.name == "run.json"):
            assert_whole(run.parent)
    assert solve_py(*LONG[name], "--out", tmp_path / "again").code == 0


@pytest.mark.parametrize(("command", "ending"), [("report", ".html"), ("export", ".xlsx")])
def test_a_page_or_workbook_is_whole_or_absent(command: str, ending: str, tmp_path: Path) -> None:
    begun = time.perf_counter()
    assert solve_py(command, EXAMPLE, "--out", tmp_path / f"whole{ending}").code == 0
    whole = time.perf_counter() - begun
    for n in range(12):
        place = tmp_path / f"out{n}{ending}"
        killed_after(whole * (0.5 + 0.5 * n / 11), command, EXAMPLE, "--out", place)
        if place.exists() and ending == ".html":
            assert place.read_text(encoding="utf-8").rstrip().endswith("</html>")
        elif place.exists():
            with zipfile.ZipFile(place) as book:
                assert book.testzip() is None
    assert solve_py(command, EXAMPLE, "--out", tmp_path / f"again{ending}").code == 0


@pytest.mark.parametrize(
    "study",
    [
        (
            "sensitivity",
            "role_division",
            *ON_IWATE,
            "--only",
            "detour_factor,transition_cost",
            "--processes",
            "2",
        ),
        ("sweep", str(REPO / "inputs" / "studies" / "pool_and_floor.toml"), *ON_IWATE, "--processes", "2"),
    ],
    ids=["sensitivity", "sweep"],
)
def test_a_study_goes_on_where_it_was_killed(study: tuple[str, ...], tmp_path: Path) -> None:
    """Cells that are finished stay, byte for byte, and are not solved again; the end is that of an unbroken study."""
    begun = time.perf_counter()
    assert solve_py(*study, "--out", tmp_path / "unbroken", seconds=600).code == 0
    whole = time.perf_counter() - begun
    place = tmp_path / "broken"
    kept: dict[str, bytes] = {}
    for n in range(4):
        killed_after(whole * (0.3 + 0.15 * n), *study, "--out", place)
        cells = {path.name: path.read_bytes() for path in place.glob("cells/*.json")}
        assert all(cells[name] == content for name, content in kept.items())
        assert all(json.loads(content) for content in cells.values())
        kept |= cells
    assert solve_py(*study, "--out", place, seconds=600).code == 0
    for path in (tmp_path / "unbroken").glob("*.csv"):
        old, new = (pd.read_csv(folder / path.name).drop(columns="seconds", errors="ignore")
                    for folder in (tmp_path / "unbroken", place))  # fmt: skip
        pd.testing.assert_frame_equal(old, new)


def test_the_sums_come_last(tmp_path: Path) -> None:
    """A folder whose writer could be cut off by a dead machine after the move shows it: its sums do not agree."""
    done = solve_py(*RUN, "--out", tmp_path / "run")
    assert done.code == 0
    table = tmp_path / "run" / "governments.csv"
    table.write_bytes(table.read_bytes()[:-4096])
    assert (tmp_path / "run" / SUMS).is_file()
    refused = solve_py("report", tmp_path / "run")
    assert refused.code == 2 and "governments.csv" in refused.err and "Traceback" not in refused.err
