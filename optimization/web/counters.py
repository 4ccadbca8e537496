"""Processes that count drafts side by side: one process of Python reckons on one core only.

They are started once the first draft is answered, each lays the case out for itself, and until all are ready the server
counts in its own process, as it does wherever there are none: on one core, on Windows, where one has died. The answers
are the same to the last byte. A process ends with the server, however that ends.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool

from optimization.dictionary.results import Language
from optimization.errors import InputError
from optimization.web.api import NoJsonError, answered, read_as, read_question
from optimization.web.range_api import range_answered
from optimization.web.refused import faults
from optimization.web.town_api import TownAsked, town_answered

MOST = 4
"""Processes at most: each holds the cases that are asked about, some 300 MB for the whole country."""


APPLY, TOWN, RANGE = "apply", "town", "range"
"""What is asked of a decision: its accounts, one municipality under it, or the range of what it saves."""


class Question(NamedTuple):
    """The body of a request, the language in which its faults are told, and what is asked of the decision."""

    body: bytes
    language: Language = "en"
    of: str = APPLY


class Counted(NamedTuple):
    """The answer to a question: HTTP status, and JSON."""

    status: int
    content: bytes


ANSWERS: Mapping[str, Callable[[bytes], dict[str, Any]]] = {
    APPLY: lambda body: answered(read_question(body)),
    TOWN: lambda body: town_answered(read_as(TownAsked, body)),
    RANGE: lambda body: range_answered(read_question(body)),
}
"""What answers a body of JSON, by what is asked."""


def counted(asked: Question) -> Counted:
    """The answer to a question."""
    try:
        answer = ANSWERS[asked.of](asked.body)
    except NoJsonError as error:
        return Counted(400, bytes(faults(400, error, asked.language).body))
    except InputError as error:
        return Counted(422, bytes(faults(422, error, asked.language).body))
    text = json.dumps(answer, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Counted(200, text.encode("utf-8"))


def first_counted(asked: Question) -> Counted:
    """The answer to the first question of a process; what it has read for it stays to its end, and no collection of
    garbage need look at it."""
    found = counted(asked)
    gc.collect()
    gc.freeze()
    return found


def cores() -> int:
    """Cores that this process may use, `MOST` at most; 1 where processes cannot be forked from one that has loaded all
    that they need."""
    if sys.platform == "win32" or "forkserver" not in multiprocessing.get_all_start_methods():
        return 1
    allowed = getattr(os, "sched_getaffinity", None)
    return min(MOST, len(allowed(0)) if allowed else os.cpu_count() or 1)


class Counters:
    """So many processes that count; with one or none the server's own."""

    def __init__(self, processes: int = 1) -> None:
        self.processes = processes
        self._pool: ProcessPoolExecutor | None = None
        self._beginning: asyncio.Future[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether the processes count."""
        return self._pool is not None

    async def answer(self, asked: Question) -> Counted:
        """The answer to a question, wherever it is counted; the first one begins the processes."""
        pool = self._pool
        if pool is not None:
            try:
                return await asyncio.wrap_future(pool.submit(counted, asked))
            except BrokenProcessPool:  # one was killed, which ends them all: they are begun anew below
                if self._pool is pool:
                    self._pool = self._beginning = None
        found = await run_in_threadpool(counted, asked)
        if self.processes > 1 and self._beginning is None:
            self._beginning = asyncio.get_running_loop().run_in_executor(None, self._begin, asked)
        return found

    def _begin(self, asked: Question) -> None:
        """Begin the processes, and let as many first questions be counted before any other is given to them. In a
        thread of its own: to load what they need takes a second or two."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        with suppress(BrokenProcessPool, OSError):  # the machine starts no more: the server goes on by itself
            pool = ProcessPoolExecutor(self.processes, context, begin)
            for first in [pool.submit(first_counted, asked) for _ in range(self.processes)]:
                first.result()
            self._pool = pool

    def close(self) -> None:
        """Let all processes end with what they are at; a question that is asked later begins them anew."""
        pool, self._pool, self._beginning = self._pool, None, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)


def begin() -> None:
    """What a process does first: it leaves the keyboard to the server, and ends at once where that has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = multiprocessing.parent_process()

    def watch() -> None:
        if server is not None:
            server.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
