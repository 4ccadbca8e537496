"""What people read is second to what was solved: a reader that goes, or a full disk behind standard output, ends
nothing."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import IWATE, REPO

from optimization.archive import read_run


def shell(script: str) -> subprocess.CompletedProcess[str]:
    """`$RUN` in a shell script is solve.py."""
    text = script.replace("$RUN", f"{shlex.quote(sys.executable)} solve.py")
    return subprocess.run(
        ["bash", "-c", text], cwd=REPO, capture_output=True, text=True, timeout=240, check=False
    )


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell of Unix")
@pytest.mark.parametrize(
    ("where", "code"),
    [("| head -1; exit ${PIPESTATUS[0]}", 0), (">&- 2>&- <&-", 0), (">/dev/full", 2)],
)
def test_a_run_is_kept_wherever_its_output_goes(where: str, code: int, tmp_path: Path) -> None:
    run = tmp_path / "run"
    done = shell(f"$RUN run status_quo --case {shlex.quote(str(IWATE))} --threads 1 --out {run} {where}")
    assert done.returncode == code, done
    assert read_run(run)[0]["status"] == "optimal"
    assert "Traceback" not in done.stderr and "nothing was" not in done.stderr
    assert ("took no more (No space left on device)" in done.stderr) == (code == 2)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell of Unix")
def test_a_fault_keeps_its_code_and_a_descriptor_its_number() -> None:
    """Where standard output is closed no file takes its place, into which libraries would print."""
    done = shell("$RUN packages nosuch >&-")
    assert done.returncode == 2 and "there is no such package" in done.stderr
    code = (
        "from optimization.cli.streams import open_streams; import os, sys; open_streams()\n"
        "file = open(sys.argv[1], 'w'); print('for people'); os.write(1, b'by a library')\n"
        "assert file.fileno() > 2"
    )
    assert shell(f"{shlex.quote(sys.executable)} -c {shlex.quote(code)} /dev/null >&-").returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="limits addresses as Linux does")
@pytest.mark.parametrize("megabytes", [200, 395, 500])
def test_too_few_addresses_end_with_a_message(megabytes: int) -> None:
    """Where the libraries cannot be loaded, some of which would try for ever."""
    done = shell(f"ulimit -v {megabytes * 1024}; timeout 60 $RUN packages")
    assert done.returncode == 5 and "The memory ran out" in done.stderr, done
