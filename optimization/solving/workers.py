"""Independent tasks on several processes, one solver thread each.

Every task is solved alone with its own limits, so that the answers do not depend on how many
processes there are. The processes are spawned (a fork after HiGHS has run hangs), know nothing but
the arrays they are sent, and stay for the next call.
"""

from __future__ import annotations

import multiprocessing
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
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
    found = dict(as_they_come(function, tasks, standing_pool(processes)))
    return [found[n] for n in range(len(tasks))]


def as_they_come(
    function: Callable[..., Answer],
    tasks: Sequence[tuple[Any, ...]],
    pool: AbstractContextManager[Any],
    here: Callable[..., Answer] | None = None,
) -> Iterator[tuple[int, Answer]]:
    """Number and answer of every task, those of a pool as they come. What the pool leaves undone that loses a process
    is done here, by the same function or the one that is to be used `here`."""
    from concurrent.futures import as_completed
    from concurrent.futures.process import BrokenProcessPool

    done: set[int] = set()
    with untold_replacements(), suppress(BrokenProcessPool), pool as executor:
        number = {executor.submit(function, *task): n for n, task in enumerate(tasks)}
        for future in as_completed(number):
            answer = future.result()
            done.add(number[future])
            yield number[future], answer
    for n, task in enumerate(tasks):
        if n not in done:
            yield n, (here or function)(*task)


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


@contextmanager
def standing_pool(processes: int) -> Iterator[Any]:
    """The pool of processes that stays for the next call."""
    from loky import get_reusable_executor

    with ended_on_a_fault(get_reusable_executor(max_workers=processes, timeout=IDLE_SECONDS)) as executor:
        yield executor


@contextmanager
def pool_of_its_own(processes: int, begin: Callable[..., None], *told: Any) -> Iterator[Any]:
    """A pool whose processes each `begin` with what they are told, and end with the block."""
    from loky import ProcessPoolExecutor

    pool = ProcessPoolExecutor(processes, initializer=begin, initargs=told)
    with pool, ended_on_a_fault(pool):
        yield pool
