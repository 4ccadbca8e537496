"""Sweeps that are disturbed: sixty national questions killed ten times, and a cluster that loses a worker."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from optimization.case.face import DEFAULT_CASE, INPUTS
from optimization.studies.study import read_study
from optimization.studies.sweep import sweep

pytestmark = pytest.mark.national
STUDY = INPUTS / "studies" / "pool_and_floor.toml"
ROOT = INPUTS.parent


def archived(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in out.glob("cells/*.json")}


def test_sixty_national_questions_killed_ten_times_are_all_answered_once(tmp_path: Path) -> None:
    out, draw = tmp_path / "killed", random.Random(0)
    command = [sys.executable, "solve.py", "sweep", str(STUDY), "--out", str(out)]
    seen: dict[str, int] = {}
    for _ in range(10):
        running = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(draw.uniform(5, 45))
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        assert seen.items() <= archived(out).items()  # nothing archived is written again
        seen = archived(out)
    subprocess.run(command, cwd=ROOT, capture_output=True)
    assert seen.items() <= archived(out).items()
    killed = pd.read_csv(out / "sweep.csv")
    assert len(killed) == 60 and killed["key"].nunique() == 60 == len(archived(out))
    assert set(killed["status"]) <= {"optimal", "infeasible"}
    calm = tmp_path / "calm"
    sweep(read_study(STUDY), DEFAULT_CASE, calm, processes=2)
    assert (out / "sweep.csv").read_bytes() == (calm / "sweep.csv").read_bytes()


def test_a_cluster_of_two_workers_loses_one_and_ends_alike(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    started = [
        subprocess.Popen(
            [sys.executable, "-m", *words], cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True
        )
        for words in (
            ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2]],
            *[["distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"]] * 2,
        )
    ]
    out, iwate = tmp_path / "cluster", INPUTS / "iwate-2022"
    try:
        time.sleep(5)
        command = [sys.executable, "solve.py", "sweep", str(STUDY), "--case", str(iwate), "--out", str(out)]
        running = subprocess.Popen([*command, "--scheduler", address], cwd=ROOT, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 240
        while len(archived(out)) < 15 and time.monotonic() < until:
            time.sleep(0.2)
        started[1].kill()
        assert running.wait(timeout=600) == 0
    finally:
        for process in started:
            process.kill()
            process.wait()
    calm = tmp_path / "calm"
    sweep(read_study(STUDY), iwate, calm, processes=2)
    assert (out / "sweep.csv").read_bytes() == (calm / "sweep.csv").read_bytes()
