"""One process that spoils inputs and reads them: `python -m tests.fuzz.worker TARGET:FIRST:COUNT ...`.

Prints one line of JSON a mutation; the same target and number give the same mutation, so `TARGET:NUMBER:1` repeats one.
Memory is bounded by the system, each mutation by an alarm; the peak of each is measured on its own.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from random import Random

from optimization.errors import InputError
from tests.fuzz.mutations import operators, restored
from tests.fuzz.outcomes import BrokenError
from tests.fuzz.targets import TARGETS, Target

SECONDS, MEGABYTES = 30.0, 2000.0
ROOM = 2_200_000_000
"""Bytes of address space that a mutation may take beyond what the loaded program has."""


class Hang(BaseException):
    """A mutation took longer than allowed; no reader may swallow it."""


def main() -> int:
    """Run the mutations asked for."""
    warnings.simplefilter("ignore")
    os.environ["OPENPYXL_DEFUSEDXML"] = "False"  # the guard that a plain installation lacks
    signal.signal(signal.SIGALRM, _rise)
    with tempfile.TemporaryDirectory() as scratch:
        for place, asked in enumerate(sys.argv[1:]):
            name, first, count = asked.split(":")
            _mutations(TARGETS[name], range(int(first), int(first) + int(count)), Path(scratch) / str(place))
    return 0


def _mutations(target: Target, numbers: range, scratch: Path) -> None:
    base, folder = scratch / "original", scratch / "work" / _named(target)
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        target.prepare(base)
    shutil.copytree(base, folder)
    _bounded()
    gc.freeze()  # what is loaded for good needs no more looking at
    for number in numbers:
        print(json.dumps(one(target, number, folder, base)), flush=True)


def _named(target: Target) -> str:
    """Name of the working folder: that of the case where the folder is one."""
    return {"case": "iwate-2022", "nation": "japan-2022"}.get(target.name, "mine")


def _rise(*_: object) -> None:
    raise Hang


def _bounded() -> None:
    size = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, hard))


def one(target: Target, number: int, folder: Path, base: Path) -> dict[str, object]:
    """Spoil one file, read, put it back."""
    rng = Random(f"{target.name} {number}")
    files = [path for path in base.glob(target.files) if path.is_file()]
    files = sorted(path for path in files if not target.only or path.name in target.only)
    path = folder / rng.choice(files).relative_to(base)
    operator, before = rng.choice(operators(path)), path.read_bytes()
    said = {"target": target.name, "number": number, "operator": operator.__name__, "file": path.name}
    if number % 20 == 0:
        gc.collect()
    try:
        operator(path, rng)
        _forget_peak()
        started = time.perf_counter()
        outcome, error = _outcome(target, folder, path, base, rng)
        seconds, peak = time.perf_counter() - started, _peak()
    finally:
        if path.parent.is_dir():
            restored(path, before)
        if target.name in ("run", "sweep"):  # what was read may have been sealed, moved or written to
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(base, folder)
    if outcome != "fault" and seconds > SECONDS:
        outcome, error = "fault", f"took {seconds:.0f} s"
    if outcome != "fault" and peak > MEGABYTES:
        outcome, error = "fault", f"took {peak:.0f} MB"
    return {**said, "outcome": outcome, "seconds": round(seconds, 3), "peak_mb": round(peak), "error": error}


def _outcome(target: Target, folder: Path, path: Path, base: Path, rng: Random) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            return target.attempt(folder, path, base, rng), ""
    except InputError as refusal:
        return _refused(refusal)
    except Hang:
        return "fault", f"hangs: {traceback.format_exc(limit=-4)}"
    except BrokenError as fault:
        return "fault", str(fault)
    except BaseException:
        return "fault", traceback.format_exc(limit=-6)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _refused(refusal: InputError) -> tuple[str, str]:
    """A refusal must name file and remedy in words that can be printed, and not be a shortage of memory in disguise."""
    text = str(refusal)
    if not refusal.problems or not all(p.file and p.message and p.remedy for p in refusal.problems):
        return "fault", f"says too little: {text[:300]}"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "fault", f"cannot be printed: {text[:300]!r}"
    if "MemoryError" in text:
        return "fault", f"ran out of memory: {text[:300]}"
    return "refused", text[:300]


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak() -> float:
    """Largest memory held since `_forget_peak`, megabytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    sys.exit(main())
