"""A machine that fails on purpose: small disks, disks nobody may write to, processes killed at a chosen moment."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPO = Path(__file__).parents[2]
ON_IWATE = ("--case", str(REPO / "inputs" / "iwate-2022"))
EXAMPLE = REPO / "results" / "example"

KILLED_AT = """
import os, runpy, signal, sys
module, name, which, when = sys.argv[1:5]
__import__(module)
room = sys.modules[module]
plain, calls = getattr(room, name), [0]
def deadly(*args, **kwargs):
    calls[0] += 1
    mine = calls[0] == int(which)
    if mine and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    answer = plain(*args, **kwargs)
    if mine:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer
setattr(room, name, deadly)
sys.argv = ["solve.py", *sys.argv[5:]]
from optimization.cli.entry import main
sys.exit(main())
"""
"""The command line, killed before or after a call of a function: module, function, number of the call, before|after."""


@dataclass(frozen=True)
class Ended:
    """How a process ended: exit code (negative: the signal), standard output, standard error."""

    code: int
    out: str
    err: str


def solve_py(*arguments: str | Path, seconds: float = 120.0, **surroundings: str) -> Ended:
    """`solve.py ARGUMENTS` in a process of its own."""
    return ended([sys.executable, "solve.py", *map(str, arguments)], seconds, **surroundings)


def killed_at(moment: tuple[str, str, int, str], *arguments: str | Path) -> Ended:
    """The command line, killed at a moment."""
    told = [str(part) for part in moment]
    return ended([sys.executable, "-c", KILLED_AT, *told, *map(str, arguments)], 120.0)


def killed_after(seconds: float, *arguments: str | Path, **surroundings: str) -> Ended:
    """`solve.py ARGUMENTS`, it and all it has started killed after a time unless it has ended."""
    process = started(*arguments, **surroundings)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
    return Ended(process.returncode, out, err)


def started(*arguments: str | Path, **surroundings: str) -> subprocess.Popen[str]:
    """`solve.py ARGUMENTS`, begun."""
    return subprocess.Popen(
        [sys.executable, "solve.py", *map(str, arguments)],
        cwd=REPO,
        env={**os.environ, **surroundings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(command: Sequence[str], seconds: float, **surroundings: str) -> Ended:
    """A command run to its end, at most so many seconds."""
    done = subprocess.run(
        command,
        cwd=REPO,
        env={**os.environ, **surroundings},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@cache
def disks_can_be_made() -> bool:
    """Whether this user may mount a disk of his own, in a name space of his own."""
    try:
        return ended(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], 10.0).code == 0
    except OSError:
        return False


def on_a_disk(size: str, where: Path, script: str) -> Ended:
    """A shell script run where `where` is a disk of that size (such as 300k); `$PYTHON` is Python."""
    text = f"mount -t tmpfs -o size={size} none {shlex.quote(str(where))} && {script}"
    return ended(["unshare", "-rm", "sh", "-c", text], 300.0, PYTHON=sys.executable)
