"""Independent tasks on several processes, one solver thread each.

Every task is solved alone with its own limits, so that the answers do not depend on how many
processes there are. The processes are spawned (a fork after HiGHS has run hangs), know nothing but
the arrays they are sent, and stay for the next call.
"""

from __future__ import annotations

import multiprocessing
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

Answer = TypeVar("Answer")

IDLE_SECONDS = 60
FEW = 4
"""Tasks below which sending them away costs more than it saves."""


def each(function: Callable[..., Answer], tasks: Sequence[tuple[Any, ...]], processes: int) -> list[Answer]:
    """`function(*task)` for every task, in their order; list the longest first. What a process leaves undone that is
    killed, or finds no memory, is done here."""
    if at_most(processes) <= 1 or len(tasks) < FEW:
        return [function(*task) for task in tasks]
    from concurrent.futures.process import BrokenProcessPool

    done: dict[int, Answer] = {}
    with (
        untold_replacements(),
        suppress(BrokenProcessPool),
        ended_on_a_fault(_executor(processes)) as executor,
    ):
        futures = {n: executor.submit(function, *task) for n, task in enumerate(tasks)}
        for n, future in futures.items():
            done[n] = future.result()
    return [done[n] if n in done else function(*task) for n, task in enumerate(tasks)]


def at_most(processes: int) -> int:
    """Processes that this one may start: none beside itself where it is a daemon (a process of a pool of
    `multiprocessing`, a worker of Dask under its nanny), which Python lets have no children."""
    return 1 if multiprocessing.current_process().daemon else processes


@contextmanager
def ended_on_a_fault(executor: Any) -> Iterator[Any]:
    """A pool whose processes end at once when the block does not end as it should, by Ctrl-C above all: nobody waits
    for what they are at."""
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, kill_workers=True)
        raise


@contextmanager
def untold_replacements() -> Iterator[None]:
    """No warning where a pool replaces a process that has grown or ended: the answers are the same, and where warnings
    are errors (`python -W error`) it would break the pool."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "A worker (was restarted|stopped)", UserWarning)
        yield


def _executor(processes: int) -> Any:
    from loky import get_reusable_executor

    return get_reusable_executor(max_workers=processes, timeout=IDLE_SECONDS)
