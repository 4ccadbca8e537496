"""Where the questions of a study are answered: at home, on a pool of processes, or on the workers of a Dask scheduler.

The case travels with the questions, so that no worker reads a file that somebody may have changed; one whose program is
another refuses.
"""

from __future__ import annotations

import asyncio
import pickle
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from optimization.case.case import Case
from optimization.errors import InputError, Problem
from optimization.solving.workers import as_they_come, at_most, pool_of_its_own
from optimization.studies.question import Found, Question, answer, undone

_HELD: list[Case] = []
"""The case of a process of a pool."""


def answered(
    case: Case, questions: Sequence[Question], processes: int, scheduler: str
) -> Iterator[tuple[int, Found]]:
    """Number and answer of each question as they come; what a pool leaves undone that loses a process is done here.
    Raises InputError when the scheduler cannot be reached."""
    if scheduler:
        yield from _on_a_cluster(case, questions, scheduler)
        return
    if at_most(processes) > 1 and len(questions) > 1:
        yield from _on_a_pool(case, questions, processes)
        return
    for n, question in enumerate(questions):
        yield n, answer(case, question)


def _on_a_pool(case: Case, questions: Sequence[Question], processes: int) -> Iterator[tuple[int, Found]]:
    """Answers of several processes. The case goes to them through a file of their own: handed over at their start, one
    that is killed before it has read so much would leave its starter waiting for ever."""
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder) / "case"
        packed.write_bytes(pickle.dumps(case))
        pool = pool_of_its_own(processes, _hold, str(packed))
        tasks = [(question,) for question in questions]
        yield from as_they_come(_answer_held, tasks, pool, partial(answer, case))


def _hold(packed: str) -> None:
    _HELD[:] = [pickle.loads(Path(packed).read_bytes())]


def _answer_held(question: Question) -> Found:
    return answer(_HELD[0], question)


def _on_a_cluster(case: Case, questions: Sequence[Question], address: str) -> Iterator[tuple[int, Found]]:
    """Answers of the workers of a Dask scheduler; a question whose worker dies goes to another."""
    with connected(address) as client:
        from distributed import as_completed as completed

        sent = sent_whole(client, case)
        number = {
            client.submit(answer, sent, question, pure=False, retries=3): n
            for n, question in enumerate(questions)
        }
        for future in completed(number):
            yield number[future], _told(future)


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A client of the Dask scheduler at an address. Raises InputError when it cannot be reached."""
    remedy = (
        "start one with 'dask scheduler', install the extra 'cluster', and give its address, tcp://host:8786"
    )
    try:
        from distributed import Client

        client = Client(address, timeout=30)
    except (ImportError, OSError, ValueError) as error:
        message = f"cannot be reached ({type(error).__name__})"
        raise InputError(
            [Problem("command line", message, remedy, column="--scheduler", value=address)]
        ) from error
    with client:
        yield client


def sent_whole(client: Any, whole: object) -> Any:
    """What goes with every question to the workers of a cluster, as they will find it: sent once."""
    return client.submit(_unpacked, zlib.compress(pickle.dumps(whole), 1), pure=False, retries=3)


def _unpacked(packed: bytes) -> Any:
    """What was packed by who asks, on a worker he has put to work."""
    return pickle.loads(zlib.decompress(packed))


def _told(future: Any) -> Found:
    """What a worker answered; a question that it lost is undone."""
    try:
        found = future.result()
    except (
        Exception,
        asyncio.CancelledError,
    ) as lost:  # whatever a cluster may raise says nothing of the question
        return undone(f"{type(lost).__name__}: {lost}")
    return found if isinstance(found, Found) else undone("the worker's program is another; give it this one")
