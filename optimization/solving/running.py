"""HiGHS run so that a hand on the keyboard is heard, and nothing but the run itself is touched.

A solver that is inside its own code hears nothing. So it runs in a thread of its own, with a scheduler of its own,
while the caller's thread waits in short steps: there signals arrive, and there the caller's own function is told of
progress, the solver standing still meanwhile. What that function raises, and Ctrl-C, ends the run and goes on to the
caller. A solver that does not come to a point where it can be ended is left to find one by itself.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import highspy

Told = Callable[[Any], bool]
"""Told of a moment of the search (the data of HiGHS's callback); False ends it."""

STEP = 0.1
"""Seconds between two looks at whether the run has ended, where no signal wakes the caller."""

PATIENCE = 0.7
"""Seconds given to a solver to end when it is asked to."""

QUICK = 20_000
"""Entries below which a linear program takes a few hundredths of a second: it runs in the caller's thread, as a thread
of its own would cost more than it is worth."""

ENDED = object()
left_behind: list[Thread] = []
"""Threads of solvers that were asked to end and had not ended when the caller went on."""


class Silent(highspy.Highs):
    """HiGHS without the banner it writes when its callbacks are set up."""

    def enableCallbacks(self) -> None:  # noqa: N802  HiGHS's own name
        """Set up the callbacks with all output off."""
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()


class StillRunningError(Exception):
    """The solver was asked to end and has not: its results cannot be read."""


@dataclass
class _Talk:
    """What the solver's thread and the caller's say to each other."""

    said: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)
    answers: queue.SimpleQueue[bool] = field(default_factory=queue.SimpleQueue)
    over: bool = False

    def tell(self, event: highspy.HighsCallbackEvent) -> None:
        """In the solver's thread: a moment of the search; wait for leave to go on."""
        if not self.over:
            self.said.put(event.data_out)
            if self.answers.get():
                return
        event.interrupt()

    def run(self, solver: highspy.Highs) -> None:
        """In the solver's thread: the run, and how it ended."""
        fault: BaseException | None = None
        try:
            solver.run()
        except BaseException as error:
            fault = error
        finally:
            highspy.Highs.resetThreadScheduler(False)
        self.said.put((ENDED, fault))

    def listen(self, told: Told | None) -> None:
        """In the caller's thread: answer until the run has ended."""
        while True:
            try:
                word = self.said.get(timeout=STEP)
            except queue.Empty:
                continue
            if isinstance(word, tuple):
                self.over = True
                if word[1] is not None:
                    raise word[1]
                return
            self.answers.put(told is None or told(word))

    def end(self, solver: highspy.Highs) -> bool:
        """In the caller's thread: ask the solver to end; whether it did."""
        self.over = True
        for moment in (solver.cbSimplexInterrupt, solver.cbIpmInterrupt, solver.cbMipInterrupt):
            moment.subscribe(self.tell)
        self.answers.put(False)
        until = time.monotonic() + PATIENCE
        while (left := until - time.monotonic()) > 0:
            try:
                if isinstance(self.said.get(timeout=min(STEP, left)), tuple):
                    return True
            except queue.Empty:
                continue
        return False


def run(solver: highspy.Highs, linear: bool, told: Told | None = None) -> None:
    """Run HiGHS on a program (`linear`, or with whole columns), telling `told` of every moment of a search.

    Raises what `told` raises and `KeyboardInterrupt`, once the solver has ended; where it has not ended in time the
    cause of the exception is a `StillRunningError`. A second Ctrl-C does away with the waiting.
    """
    if linear and solver.getNumNz() < QUICK:
        solver.run()
        return
    talk = _Talk()
    if told is not None:
        solver.cbMipInterrupt.subscribe(talk.tell)
    thread = Thread(target=talk.run, args=(solver,), daemon=True)
    thread.start()
    try:
        talk.listen(told)
    except BaseException as fault:
        if talk.over:
            raise
        left_behind.append(thread)
        try:
            ended = talk.end(solver)
        except KeyboardInterrupt:
            ended = False
        if ended:
            raise
        raise fault from StillRunningError()


def is_left_behind() -> bool:
    """Whether a solver that was asked to end is still running."""
    left_behind[:] = [thread for thread in left_behind if thread.is_alive()]
    return bool(left_behind)
