"""Where the questions of a search are answered: here, on a pool of processes, or on the workers of a Dask scheduler.

The question goes once to whoever answers, the worlds and their weights with every task. An answer hangs on nothing
else, so that it is one and the same wherever it is worked out, and in whatever order.
"""

from __future__ import annotations

import pickle
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

import numpy as np

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.ledger.worlds import World, Worlds
from optimization.outcome.question import laid_out
from optimization.recommend.blended import Blends, Evaluated
from optimization.solving.deadline import LEAST_SECONDS
from optimization.solving.highs import Limits
from optimization.solving.workers import as_they_come, at_most, pool_of_its_own
from optimization.studies.workers import connected, sent_whole

IN_LINE: Final = 4
"""Tasks that a pool takes at a time for each of its processes."""

ON_A_CLUSTER: Final = 1_000
"""Tasks that a cluster takes at a time: more than it has workers."""


@dataclass(frozen=True)
class Asked:
    """A question as it travels to whoever answers; `key` names it."""

    case: Case
    package: ResolvedPackage
    codes: tuple[str, ...]
    limits: Limits
    method: str
    key: str

    def laid_out(self) -> Blends:
        """The question over no worlds yet."""
        instance = laid_out(self.case, self.package, self.codes)
        return Blends(Worlds(self.case, self.package, instance), (), self.limits, self.method)


class Task(NamedTuple):
    """The worlds that weigh something, their weights, the gap, the seconds that the answer may take, and the moment
    (`time.time`) at which it must be there."""

    drawn: tuple[World, ...]
    weights: np.ndarray
    gap: float
    seconds: float
    until: float = np.inf


class Workers(Protocol):
    """Whoever answers; `count` tasks are taken at a time, more than are worked on, so that nobody waits for another."""

    count: int

    def answers(self, here: Blends, tasks: Sequence[Task]) -> Iterator[tuple[int, Evaluated]]:
        """Number and answer of each task as they come; `here` is the question in this process."""


@dataclass
class Here:
    """This process alone."""

    count: int = 1

    def answers(self, here: Blends, tasks: Sequence[Task]) -> Iterator[tuple[int, Evaluated]]:
        """Number and answer of each task, in order."""
        for n, task in enumerate(tasks):
            yield n, answer(here, task)


@dataclass
class Pool:
    """Processes that hold the question; what one leaves undone is done here."""

    count: int
    executor: Any

    def answers(self, here: Blends, tasks: Sequence[Task]) -> Iterator[tuple[int, Evaluated]]:
        """Number and answer of each task as the processes give them; a single one is worked out here."""
        if len(tasks) < 2:
            yield from Here().answers(here, tasks)
            return
        pool: AbstractContextManager[Any] = nullcontext(self.executor)
        alone = [(task,) for task in tasks]
        yield from as_they_come(_answer_held, alone, pool, lambda task: answer(here, task))


@dataclass
class Cluster:
    """The workers of a Dask scheduler, to whom the question has been `sent`; what they lose is done here."""

    client: Any
    sent: Any
    count: int = ON_A_CLUSTER

    def answers(self, here: Blends, tasks: Sequence[Task]) -> Iterator[tuple[int, Evaluated]]:
        """Number and answer of each task as the cluster gives them."""
        from distributed import as_completed

        number = {
            self.client.submit(_answer_sent, self.sent, task, pure=False, retries=3): n
            for n, task in enumerate(tasks)
        }
        for future in as_completed(number):
            n = number[future]
            found = future.result() if future.status == "finished" else None
            yield n, found if isinstance(found, Evaluated) else answer(here, tasks[n])


def answer(blends: Blends, task: Task) -> Evaluated:
    """The cheapest plan at a blend of some worlds."""
    left = max(LEAST_SECONDS, task.until - time.time())
    return blends.over(task.drawn).cheapest(task.weights, min(task.seconds, left), task.gap)


_HELD: dict[str, Blends] = {}
"""The question of a process of a pool, or of a worker of a cluster, by its key."""

_ONE_AT_A_TIME = threading.Lock()
"""A worker of a cluster may have several threads; the solver has one scheduler for all of them."""


def _hold(packed: str) -> None:
    asked: Asked = pickle.loads(Path(packed).read_bytes())
    _HELD.clear()
    _HELD[""] = asked.laid_out()


def _answer_held(task: Task) -> Evaluated:
    return answer(_HELD[""], task)


def _answer_sent(asked: Asked, task: Task) -> Evaluated:
    with _ONE_AT_A_TIME:
        if asked.key not in _HELD:
            _HELD.clear()
            _HELD[asked.key] = asked.laid_out()
        return answer(_HELD[asked.key], task)


@contextmanager
def workers_for(asked: Asked, processes: int, scheduler: str = "") -> Iterator[Workers]:
    """Those who answer: a cluster where a scheduler is named, else as many processes as asked. Raises `InputError` when
    the scheduler cannot be reached."""
    if scheduler:
        with connected(scheduler) as client:
            yield Cluster(client, sent_whole(client, asked))
        return
    count = at_most(processes)
    if count <= 1:
        yield Here()
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        packed = Path(folder) / "question"
        packed.write_bytes(pickle.dumps(asked))
        with pool_of_its_own(count, _hold, str(packed)) as pool:
            yield Pool(IN_LINE * count, pool)
