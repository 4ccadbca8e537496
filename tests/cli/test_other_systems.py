"""Where Python is not at home: a system without the modules of Unix, a clone that rewrites line ends."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

from command_line import IWATE, REPO

from optimization.archive import read_run

AS_ON_WINDOWS = """
import os, signal, sys
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None  # to import it is an ImportError
for name in ("killpg", "fork", "getuid", "geteuid", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK"):
    delattr(os, name)
del signal.SIGKILL
from optimization.cli.app import start
codes = [start(arguments) for arguments in {commands!r}]
from pathlib import Path
from optimization.web.server import application, room_for_files
room_for_files()
application(Path({results!r}))
sys.exit("".join(map(str, codes)) if any(codes) else 0)
"""


def test_it_starts_and_runs_without_the_modules_of_unix(tmp_path: Path) -> None:
    on = ["--case", str(IWATE)]
    commands = [
        ["--help"],
        ["packages"],
        ["validate", "wide_area", *on],
        ["run", "status_quo", *on, "--threads", "1", "--out", str(tmp_path / "run")],
    ]
    program = AS_ON_WINDOWS.format(commands=commands, results=str(tmp_path / "results"))
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPO, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "No fault found" in done.stdout
    record, tables = read_run(tmp_path / "run")
    assert record["peak_memory_mb"] is None and len(tables["governments"])
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def git(*arguments: str | Path, folder: Path) -> None:
    """Run git, as a person of no name."""
    person = [
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@t",
        "-c",
        "core.autocrlf=true",
        "-c",
        "core.safecrlf=false",
    ]
    subprocess.run(["git", *person, *map(str, arguments)], cwd=folder, check=True, capture_output=True)


def test_a_clone_that_rewrites_line_ends_leaves_what_is_sealed_alone(tmp_path: Path) -> None:
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    shutil.copy(REPO / ".gitattributes", origin)
    shutil.copytree(REPO / "results" / "example", origin / "results" / "example")
    shutil.copytree(IWATE, origin / "inputs" / "iwate-2022")
    (origin / "optimization").mkdir()
    shutil.copy(REPO / "optimization" / "errors.py", origin / "optimization")
    git("init", "--quiet", folder=origin)
    git("add", "--all", "--force", folder=origin)
    git("commit", "--quiet", "--message", "all", folder=origin)
    git("clone", "--quiet", origin, clone, folder=tmp_path)
    record, _ = read_run(clone / "results" / "example")
    sums = json.loads((REPO / "results" / "example" / "run.json").read_text(encoding="utf-8"))[
        "inputs_sha256"
    ]
    assert record["inputs_sha256"] == sums
    for path in sorted(path for path in origin.rglob("*") if path.is_file() and ".git" not in path.parts):
        there = clone / path.relative_to(origin)
        assert hashlib.sha256(there.read_bytes()).digest() == hashlib.sha256(path.read_bytes()).digest(), path
