"""Full disks and disks that cannot be written to: a message, nothing half-written, no finished answer lost."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from optimization.archive import read_run
from optimization.referee.audit import audit_run
from tests.faults.machine import EXAMPLE, REPO, Ended, disks_can_be_made, on_a_disk, solve_py

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(not disks_can_be_made(), reason="this user may not mount a disk (unshare -rm)"),
]

RUN = "run role_division --case inputs/iwate-2022 --threads 1"
SIZES = [4, 16, 64, 128, 200, 280, 360, 420, 440, 460, 480, 500, 520, 560, 640, 2000]
"""Sizes of disks, thousand bytes, around the 490 that a run of the teaching case takes."""


def on_disk(size_kb: int, command: str, folder: Path, more: str = "true", before: str = "true") -> Ended:
    """A command whose results go to a small disk, mounted on folder/disk, and what else is to be done on it; all that
    is left there is copied to folder/left."""
    (folder / "disk").mkdir()
    script = (
        f"{before}; $PYTHON solve.py {command}; code=$?; {more}; "
        f"cp -a {folder}/disk {folder}/left; umount {folder}/disk 2>/dev/null; exit $code"
    )
    return on_a_disk(f"{size_kb}k", folder / "disk", script)


def assert_told(ended: Ended) -> None:
    assert ended.code == 2, ended
    assert "Remedy" in ended.err and "Traceback" not in ended.err
    assert re.search(r"No space left on device|Read-only file system|cannot be (made|written)", ended.err), (
        ended
    )


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "left").iterdir())


@pytest.mark.parametrize("size", SIZES)
def test_a_finished_answer_is_kept_where_there_is_room(size: int, tmp_path: Path) -> None:
    """The system's folder for temporary files takes it where the disk asked for is full."""
    spare = tmp_path / "spare"
    spare.mkdir()
    command = f"{RUN} --out {tmp_path}/disk/run"
    ended = on_disk(size, command, tmp_path, before=f"export TMPDIR={spare}")
    assert ended.code == 0 and "Traceback" not in ended.err, ended
    fits = left(tmp_path) == ["run"]
    place = tmp_path / "left" / "run" if fits else spare / "run"
    assert fits or (left(tmp_path) == [] and f"the run was kept as {spare}/run" in ended.err)
    assert fits == (size >= 560) or 480 <= size < 560
    read_run(place)
    assert audit_run(place).sound


@pytest.mark.parametrize("size", [4, 128, 360, 460])
def test_with_no_room_anywhere_it_is_said(size: int, tmp_path: Path) -> None:
    """Even the solver's log stands on the full disk."""
    before = f"mkdir {tmp_path}/disk/tmp && export TMPDIR={tmp_path}/disk/tmp"
    ended = on_disk(size, f"{RUN} --out {tmp_path}/disk/run", tmp_path, before=before)
    assert_told(ended)
    assert left(tmp_path) == ["tmp"]
    assert not [p for p in (tmp_path / "left" / "tmp").rglob("*") if p.is_file()]


COMMANDS = {
    "report": f"report {EXAMPLE} --out {{disk}}/page.html",
    "export": f"export {EXAMPLE} --out {{disk}}/book.xlsx",
    "compare": f"compare {EXAMPLE} {EXAMPLE} --case inputs/iwate-2022 --out {{disk}}/compare",
    "rerun": f"rerun {EXAMPLE} --out {{disk}}/again",
    "cut": "cut --prefectures 03 --case inputs/iwate-2022 --out {disk}/case",
    "curves": "curves --case inputs/iwate-2022 --out {disk}/fit.csv",
    "explain": "explain role_division --case inputs/iwate-2022 --services fire --out {disk}/why",
    "alternatives": "alternatives role_division --case inputs/iwate-2022 --count 1 --out {disk}/plans",
    "pareto": "pareto role_division --case inputs/iwate-2022 --against changes --points 2 --out {disk}/front",
    "sweep": f"sweep {REPO}/inputs/studies/pool_and_floor.toml --case inputs/iwate-2022 --processes 1 --out {{disk}}/s",
}

KEPT = {"rerun": "again", "explain": "why", "alternatives": "plans", "pareto": "front"}
"""Commands that solve for long before they write, and the folder that each was to write."""


@pytest.mark.parametrize("name", COMMANDS)
def test_other_commands_on_a_full_disk(name: str, tmp_path: Path) -> None:
    """4 thousand bytes take no result; what stays is empty or whole, and what took long to solve is kept elsewhere."""
    spare = tmp_path / "spare"
    spare.mkdir()
    command = COMMANDS[name].format(disk=tmp_path / "disk")
    ended = on_disk(4, command, tmp_path, before=f"export TMPDIR={spare}")
    assert "Traceback" not in ended.err, ended
    if name in KEPT:
        assert ended.code == 0, ended
        assert f"was kept as {spare / KEPT[name]}" in ended.err or name == "rerun"
        assert list((spare / KEPT[name]).iterdir())
    else:
        assert_told(ended)
    files = [path for path in (tmp_path / "left").rglob("*") if path.is_file()]
    assert [path.name for path in files] == (["comparison.csv"] if name == "compare" else [])
    assert all(path.read_bytes().endswith(b"\n") for path in files)


@pytest.mark.parametrize("name", ["run", *COMMANDS])
def test_a_disk_that_cannot_be_written_to_is_told_before_anything_is_solved(
    name: str, tmp_path: Path
) -> None:
    command = ({"run": f"{RUN} --out {{disk}}/run"} | COMMANDS)[name].format(disk=tmp_path / "disk")
    ended = on_disk(400, command, tmp_path, before=f"mount -o remount,ro {tmp_path}/disk")
    assert_told(ended)
    assert left(tmp_path) == []
    if name not in ("curves", "report", "export"):
        assert "best plan" not in ended.err


@pytest.mark.skipif(os.getuid() == 0, reason="the administrator may write anywhere")
def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o500)
    assert_told(solve_py(*RUN.split(), "--out", tmp_path / "theirs" / "run"))
