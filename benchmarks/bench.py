"""The ladder, pair by pair: every (instance, solver) in its own process, its row appended when it ends."""

from __future__ import annotations

import datetime
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.child import BUILDERS, FILES, PROGRAM
from benchmarks.ladder import Rung
from benchmarks.rows import SIZES, append_row, key, read_rows, times

REPO = Path(__file__).resolve().parent.parent
GRACE_SECONDS = 240.0
"""How long a process may take beyond its limit, for reading the case, layout and writing, before it is
stopped from outside."""


@dataclass(frozen=True)
class Plan:
    """What to run: rungs, solvers, prefectures (empty: all), seconds for each pair, threads, where the rows
    go and where the files of work lie."""

    rungs: Sequence[Rung]
    solvers: Sequence[str]
    prefectures: str
    limit: float
    threads: int
    out: Path
    work: Path


def run(plan: Plan) -> None:
    """Measure what the table lacks, one pair after the other. Raises ValueError for a table of other columns."""
    done = {key(row) for row in read_rows(plan.out)}
    for rung in plan.rungs:
        left = [solver for solver in plan.solvers if key(_identity(plan, rung, solver)) not in done]
        _climb(plan, rung, left)


def _identity(plan: Plan, rung: Rung, solver: str) -> dict[str, Any]:
    where = plan.prefectures or "all"
    return {"instance": rung.name, "solver": solver, "prefectures": where, "limit_seconds": plan.limit}


def _climb(plan: Plan, rung: Rung, solvers: Sequence[str]) -> None:
    """All solvers of one rung; the program is built and written first, since all others need what that tells."""
    if not solvers:
        return
    folder = plan.work / "_".join(filter(None, (rung.name, plan.prefectures.replace(",", "_"))))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        built = _measure(plan, rung, "pyomo", folder)
        usable = built["status"] == "built"
        for solver in solvers if usable else ["pyomo"]:
            row = built if solver == "pyomo" else _measure(plan, rung, solver, folder)
            if solver in solvers and row["status"] != "skipped":
                append_row(plan.out, row)
            _tell(row)
    finally:
        (folder / PROGRAM).unlink(missing_ok=True)  # hundreds of megabytes; logs and records are small


def _measure(plan: Plan, rung: Rung, solver: str, folder: Path) -> dict[str, Any]:
    """Run one pair in a process of its own and make its row."""
    record, errors = folder / f"{solver}.json", folder / f"{solver}.err"
    record.unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.child", "--instance", rung.name, "--solver", solver]
    command += ["--limit", str(plan.limit), "--threads", str(plan.threads), "--folder", str(folder)]
    command += ["--prefectures", plan.prefectures] if plan.prefectures else []
    with errors.open("w", encoding="utf-8") as err:
        code, memory = watched(command, plan.limit + GRACE_SECONDS, err)
    values = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
    values = {k: v for k, v in values.items() if k not in ("compile_seconds", "constant")}
    if code is None:
        values |= {"status": "killed", "note": f"stopped {GRACE_SECONDS:g} s after the limit"}
    elif code != 0:
        words = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        values |= {"status": "failed", "note": words[-1][:200] if words else f"exit code {code}"}
    blank = {} if solver in BUILDERS else times({}, plan.limit)
    size = _size(folder) if solver in FILES else {}
    return {
        **_identity(plan, rung, solver),
        **blank,
        **size,
        **values,
        **_context(),
        "peak_memory_mib": memory,
    }


def _size(folder: Path) -> dict[str, Any]:
    """The program's size, as its builder noted it."""
    built = json.loads((folder / "pyomo.json").read_text(encoding="utf-8"))
    return {name: built[name] for name in SIZES}


def _context() -> dict[str, str]:
    """What the row was measured on and when."""
    return {
        "machine": machine.description(),
        "python": platform.python_version(),
        "commit": machine.commit(),
        "date": datetime.date.today().isoformat(),
    }


def watched(command: Sequence[str], seconds: float, errors: Any) -> tuple[int | None, int]:
    """Run a command to its end or for so many seconds; its exit code (None: stopped) and its peak memory,
    that of its largest process, in MiB.

    Linux counts as a process's peak what its parent held when it was started. So the bench itself imports
    nothing of ours: its few MiB do not show.
    """
    process = subprocess.Popen(
        command, cwd=REPO, stdout=subprocess.DEVNULL, stderr=errors, start_new_session=True
    )
    until, stopped = time.monotonic() + seconds, False
    try:
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                break
            if time.monotonic() > until and not stopped:
                os.killpg(process.pid, signal.SIGKILL)
                stopped = True
            time.sleep(0.05)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    return None if stopped else process.returncode, round(usage.ru_maxrss / 1024)


def _tell(row: Mapping[str, Any]) -> None:
    """One line about a row just written."""
    gap = f", gap {row['gap']:.1e}" if row.get("gap", "") != "" else ""
    total = f" in {row['total_seconds']:.1f} s" if "total_seconds" in row else ""
    note = f" ({row['note']})" if row.get("note") else ""
    line = (
        f"{row['instance']} {row['solver']}: {row['status']}{total}{gap}, {row['peak_memory_mib']} MiB{note}"
    )
    print(line, flush=True)
