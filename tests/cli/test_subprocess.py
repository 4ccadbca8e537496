"""`python solve.py` as users start it: what reaches the two streams and the shell."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from command_line import REPO, RUN_IWATE, write_package


def solve_py(*arguments: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Start solve.py in `folder`."""
    return subprocess.run(
        [sys.executable, REPO / "solve.py", *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_only_json_reaches_standard_output(tmp_path: Path) -> None:
    """The solver's compiled part writes past Python, so only a process of its own can tell."""
    done = solve_py("run", "wide_area", *RUN_IWATE, "--json", "--out", "run", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["status"] == "optimal"
    assert (tmp_path / "run" / "run.json").is_file()


def test_a_bad_package_ends_with_2_and_no_trace(tmp_path: Path) -> None:
    package = write_package(tmp_path, "bad", '"equity.adequacy_floor" = nan')
    done = solve_py("run", package, *RUN_IWATE, "--out", tmp_path / "run", folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "bad.toml" in done.stderr and "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bad.toml"]


def test_an_impossible_package_ends_with_3(tmp_path: Path) -> None:
    package = write_package(tmp_path, "tight", '"pool.ordinary_million_yen" = 1.0')
    done = solve_py("run", package, *RUN_IWATE, "--out", tmp_path / "run", folder=tmp_path)
    assert done.returncode == 3
    assert "Raise the pool by" in done.stdout and "Traceback" not in done.stderr


def test_an_unknown_command_ends_with_2(tmp_path: Path) -> None:
    done = solve_py("slove", folder=tmp_path)
    assert done.returncode == 2
    assert "slove" in done.stderr and "Remedy" in done.stderr and "Traceback" not in done.stderr
