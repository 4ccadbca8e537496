"""Ctrl-C, exceptions of the caller's own functions, and solves side by side: what a process does not lose by them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from optimization.solving import decomposed, running, workers
from optimization.solving.decomposed import solve_decomposed
from optimization.solving.highs import BY_HAND, Limits, Progress, Status, StoppedByHandError, solve
from optimization.solving.running import StillRunningError
from tests.solving.programs import knapsack, random_blocks, violation

ENDLESS = Limits(gap=0.0, seconds=60.0, threads=1)
FOLDER = Path(__file__).parents[2]


@contextmanager
def ctrl_c(after: float) -> Iterator[list[float]]:
    """A signal from the keyboard in some seconds; when it was sent."""
    sent: list[float] = []

    def send() -> None:
        sent.append(time.perf_counter())
        signal.raise_signal(signal.SIGINT) if os.name == "nt" else os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(after, send)
    timer.start()
    try:
        yield sent
    finally:
        timer.cancel()
        timer.join()


def test_ctrl_c_ends_a_search_within_two_seconds_and_keeps_its_plan() -> None:
    form = knapsack(2, items=60, rows=10)
    with ctrl_c(1.0) as sent, pytest.raises(StoppedByHandError) as stop:
        solve(form, ENDLESS)
    assert time.perf_counter() - sent[0] < 2.0
    found = stop.value.outcome
    assert found.status is Status.INCUMBENT and found.termination == BY_HAND
    assert found.values is not None and violation(form, found.values) <= 1e-6
    assert found.objective == pytest.approx(form.cost @ found.values) and found.bound < found.objective


def test_a_solver_that_does_not_end_is_left_and_its_best_plan_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    form = knapsack(2, items=60, rows=10)
    monkeypatch.setattr(running, "PATIENCE", 0.0)
    with ctrl_c(1.0), pytest.raises(StoppedByHandError) as stop:
        solve(form, ENDLESS)
    assert isinstance(stop.value.__cause__, KeyboardInterrupt)
    assert isinstance(stop.value.__cause__.__cause__, StillRunningError)
    found = stop.value.outcome
    assert found.status is Status.INCUMBENT and found.termination == BY_HAND
    assert found.values is not None and violation(form, found.values) <= 1e-6
    assert found.objective == pytest.approx(form.cost @ found.values) and found.bound < found.objective
    until = time.monotonic() + 20.0
    while running.is_left_behind():
        assert time.monotonic() < until, "it was asked to end"
        time.sleep(0.02)


def test_ctrl_c_in_a_search_of_parts_keeps_the_best_plan() -> None:
    form, national = random_blocks(3)
    best = solve_decomposed(form, national, ENDLESS)

    def until_found(progress: Progress) -> bool:
        if np.isfinite(progress.incumbent):
            raise KeyboardInterrupt
        return True

    with pytest.raises(StoppedByHandError) as stop:
        solve_decomposed(form, national, ENDLESS, on_progress=until_found)
    found = stop.value.outcome
    assert found.values is not None and violation(form, found.values) <= 1e-6
    assert found.bound <= best.objective + 1e-6 <= found.objective + 2e-6
    assert found.termination in (BY_HAND, "gap reached")


def test_ctrl_c_in_the_largest_part_makes_a_plan_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    form, national = random_blocks(3)
    plain, asked = decomposed.solve_part, [0]

    def stopped(*args: object) -> decomposed.PartSolution:
        asked[0] += 1
        found = plain(*args)  # type: ignore[arg-type]
        if len(args) > 2:
            outcome = solve(args[0], args[1])  # type: ignore[arg-type]
            raise StoppedByHandError(outcome)
        return found

    monkeypatch.setattr(decomposed, "solve_part", stopped)
    with pytest.raises(StoppedByHandError) as stop:
        solve_decomposed(form, national, ENDLESS)
    assert stop.value.outcome.values is not None
    assert violation(form, stop.value.outcome.values) <= 1e-6


@pytest.mark.parametrize("method", ["plain", "decomposed"])
def test_what_the_callers_function_raises_goes_through(method: str) -> None:
    form, national = random_blocks(3)
    hard = knapsack(2, items=60, rows=10)

    def fault(_: Progress) -> bool:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        if method == "plain":
            solve(hard, ENDLESS, on_progress=fault)
        else:
            solve_decomposed(form, national, ENDLESS, on_progress=fault)
    assert solve(knapsack(1), Limits(gap=1e-9, threads=1)).status is Status.OPTIMAL


def test_the_callers_function_is_called_in_the_callers_thread() -> None:
    seen = set()

    def note(_: Progress) -> bool:
        seen.add(threading.get_ident())
        return len(seen) < 1

    solve(knapsack(2, items=60, rows=10), ENDLESS, on_progress=note)
    assert seen == {threading.get_ident()}


def test_an_interrupted_relaxation_is_no_plan() -> None:
    form = knapsack(1)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("optimization.solving.highs.run", stop)
        with pytest.raises(StoppedByHandError) as stopped:
            solve(form, ENDLESS, relax=True)
    assert stopped.value.outcome.values is None


def test_solves_in_threads_give_what_they_give_one_by_one_and_standard_output_stays() -> None:
    """In a process of its own: descriptor 1 is what is watched."""
    script = (
        "import os, sys\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from optimization.solving.highs import Limits, solve\n"
        "from tests.solving.programs import knapsack\n"
        "before = os.fstat(1)\n"
        "def one(n): return [solve(knapsack(n, 8, 3), Limits(gap=1e-9, threads=1 + n % 2)).objective"
        " for _ in range(3)][-1]\n"
        "with ThreadPoolExecutor(4) as pool: together = list(pool.map(one, range(5)))\n"
        "assert os.path.samestat(before, os.fstat(1)), 'standard output is another'\n"
        "assert together == [one(n) for n in range(5)]\n"
        "print('still here')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=FOLDER, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "still here\n", done.stderr


def test_no_descriptor_of_the_process_is_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> int:
        raise AssertionError("a descriptor of the whole process is moved")

    with monkeypatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(os, "dup2", refused)
        found = list(pool.map(lambda n: solve(knapsack(n, 8, 3), ENDLESS), (1, 2)))
    assert all(each.values is not None for each in found)


@pytest.mark.skipif(os.name == "nt", reason="processes are looked for as Unix does")
def test_ctrl_c_ends_the_processes_of_the_pool() -> None:
    pids = set(workers.each(os.getpid, [()] * 8, 2))
    with ctrl_c(0.5) as sent, pytest.raises(KeyboardInterrupt):
        workers.each(time.sleep, [(30.0,)] * 8, 2)
    assert time.perf_counter() - sent[0] < 5.0
    until = time.monotonic() + 10.0
    while any(Path(f"/proc/{pid}").exists() and _alive(pid) for pid in pids):
        assert time.monotonic() < until, "a process was left behind"
        time.sleep(0.05)
    assert len(workers.each(os.getpid, [()] * 8, 2)) == 8


def _alive(pid: int) -> bool:
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
