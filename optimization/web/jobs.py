"""Runs in the background: a bounded line of jobs, each a child process with a group of its own, one at a time.

The line is fair. A job takes a number, one above that of its owner's job before it, or above that of the job started
last where this is more; the lowest number is next, among equals the oldest. So who asks for one run waits for one at
most of each other, however many they ask for.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optimization.archive.locks import MARK, Lock, let_go, marked, remove_abandoned
from optimization.reading.whereabouts import WORK, input_folder
from optimization.web.cases import OWN, attached_to
from optimization.web.worker import BAD_INPUT, OVERLAY, UNKEPT, replace_json

log = logging.getLogger(__name__)

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
FIND = "find"
"""What is done with a question: its best plan is looked for; `APPLY`: it is counted exactly as it stands."""
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
"""What ends a process unasked; on Windows every signal does."""
REMEMBERED = 200
"""Ended jobs of which the server still tells what became of them."""


class LineFullError(Exception):
    """No place in the line; `mine` when the session has taken its part of it."""

    def __init__(self, mine: bool) -> None:
        super().__init__()
        self.mine = mine


@dataclass(frozen=True)
class Order:
    """What to run: name of the case and of the package, prefectures (codes), relative gap, seconds, settings
    and assumptions changed on the page, and the digest of the question as it was shown ('' where nobody looked).
    `kind` is what is done with it; an analysis (`analysing.KINDS`) is `of` the run in a folder, and has its own
    `options`."""

    case: str
    package: str
    prefectures: tuple[str, ...] = ()
    gap: float = 1e-4
    seconds: float = 600.0
    settings: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    assumptions: Mapping[str, float] = field(default_factory=dict)
    kind: str = FIND
    of: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The packages as a run names them."""
        return f"{self.package}+{OVERLAY}" if self.settings or self.assumptions else self.package


@dataclass
class Job:
    """An order with its `number` in the line and its state; `why` and `detail` say what is wrong where it failed."""

    id: str
    session: str
    order: Order
    asked: datetime
    number: int = 0
    state: str = QUEUED
    started: datetime | None = None
    ended: datetime | None = None
    why: str = ""
    detail: list[str] = field(default_factory=list)
    detail_ja: list[str] = field(default_factory=list)
    unwanted: bool = False
    process: subprocess.Popen[bytes] | None = None

    @property
    def seconds(self) -> float:
        """Seconds since it started."""
        return ((self.ended or datetime.now(UTC)) - self.started).total_seconds() if self.started else 0.0


class Jobs:
    """The line of jobs. `waiting` is the most that may be queued, `each` the most of one session, `at_once` how many
    run side by side, `grace` the seconds between asking a process to end and ending it."""

    def __init__(
        self,
        results: Path,
        waiting: int = 20,
        each: int = 5,
        at_once: int = 1,
        threads: int = 2,
        grace: float = 5.0,
    ) -> None:
        self.results = results.resolve()
        self.target = self.results / OWN
        self.waiting, self.each, self.at_once, self.threads, self.grace = (
            waiting,
            each,
            at_once,
            threads,
            grace,
        )
        self.jobs: dict[str, Job] = {}
        self.last = 0
        self.lock = threading.RLock()
        self.closed = False
        self.watchers: list[threading.Thread] = []
        jobs = self.target / ".jobs"
        remove_abandoned(jobs, "")
        self.work = jobs / secrets.token_hex(8)
        self.held: Lock = None  # the lock of its mark, which says that it is ours
        try:
            self.spare = Path(tempfile.gettempdir())
        except OSError:  # no place for temporary files at all
            self.spare = self.target

    def submit(self, order: Order, session: str) -> Job:
        """Take an order; raises LineFullError when there is no place."""
        with self.lock:
            queued = [job for job in self.jobs.values() if job.state == QUEUED]
            if len(queued) >= self.waiting:
                raise LineFullError(mine=False)
            if sum(job.session == session for job in queued) >= self.each:
                raise LineFullError(mine=True)
            name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
            job = self.jobs[name] = Job(name, session, order, datetime.now(UTC), self._number(session))
            self._forget()
            self._go_on()
            return job

    def get(self, name: str) -> Job | None:
        """A job by its id."""
        return self.jobs.get(name)

    def all(self) -> list[Job]:
        """Every job that is remembered, newest first."""
        with self.lock:
            return sorted(self.jobs.values(), key=lambda job: job.asked, reverse=True)

    def ahead(self, job: Job) -> int:
        """Jobs that run or stand before it in the line."""
        with self.lock:
            line = self._line()
            running = sum(other.state == RUNNING for other in self.jobs.values())
            return running + (line.index(job) if job in line else len(line))

    def progress(self, job: Job) -> Mapping[str, Any]:
        """The last note of a running job: `phase` and, while solving, `best`, `bound` (million yen), `gap`."""
        try:
            note = json.loads((self.work / job.id / "progress.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {"phase": "starting"}
        return note if isinstance(note, dict) else {"phase": "starting"}

    def cancel(self, job: Job) -> None:
        """Take a queued job out of the line; end the processes of a running one."""
        with self.lock:
            if job.state == QUEUED:
                job.state, job.ended = CANCELLED, datetime.now(UTC)
            elif job.state == RUNNING and job.process is not None and not job.unwanted:
                job.unwanted = True
                _signal(job.process, signal.SIGTERM)
                later = threading.Timer(self.grace, _kill, (job.process,))
                later.daemon = True
                later.start()

    def place(self, job: Job) -> Path:
        """Where the answer to a job goes: a run among the page's own, an analysis to its run."""
        if job.order.of:
            return attached_to(self.results, job.order.of) / f"{job.order.kind}-{job.id}"
        return self.target / job.id

    def close(self) -> None:
        """Empty the line, end every process, remove what was being worked on."""
        with self.lock:
            self.closed = True
            for job in list(self.jobs.values()):
                self.cancel(job)
            watchers = list(self.watchers)
        for watcher in watchers:
            watcher.join(self.grace + 5.0)
        shutil.rmtree(self.work, ignore_errors=True)
        let_go(self.held)
        self.held = None
        for folder in (self.work.parent, self.target):
            try:
                folder.rmdir()
            except OSError:
                break  # another server works there, or runs stand in it

    def _go_on(self) -> None:
        """Start what may start; the lock is held."""
        for job in self._line():
            if self.closed or sum(j.state == RUNNING for j in self.jobs.values()) >= self.at_once:
                return
            try:
                self._start(job)
            except (OSError, RuntimeError) as error:
                self._give_up(job, error)

    def _line(self) -> list[Job]:
        """The waiting jobs in the order in which they will start."""
        queued = [job for job in self.jobs.values() if job.state == QUEUED]
        return sorted(queued, key=lambda job: (job.number, job.asked))

    def _number(self, session: str) -> int:
        own = [
            job.number
            for job in self.jobs.values()
            if job.session == session and job.state in (QUEUED, RUNNING)
        ]
        return max([self.last, *own]) + 1

    def _start(self, job: Job) -> None:
        self._own_work()
        work = self.work / job.id
        work.mkdir()
        question = {
            "case": str(input_folder(job.order.case)),
            "package": job.order.package,
            "settings": dict(job.order.settings),
            "assumptions": dict(job.order.assumptions),
            "kind": job.order.kind,
            "of": job.order.of,
            "options": dict(job.order.options),
            "dated": datetime.now(UTC).date().isoformat(),
            "prefectures": list(job.order.prefectures),
            "digest": job.order.digest,
            "gap": job.order.gap,
            "seconds": job.order.seconds,
            "threads": self.threads,
            "target": str(self.place(job)),
            "work": str(work),
            "spare": str(self.spare),
            "parent": os.getpid(),
        }
        replace_json(work / "job.json", question)
        command = [sys.executable, "-m", "optimization.web.worker", str(work / "job.json")]
        # all that the process writes by the way is removed with the folder of work
        surroundings = {**os.environ, "TMPDIR": str(work)}
        with (work / "output").open("wb") as output:
            job.process = subprocess.Popen(
                command,
                cwd=WORK,
                env=surroundings,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        job.state, job.started = RUNNING, datetime.now(UTC)
        self.last = job.number
        watcher = threading.Thread(target=self._watch, args=(job, job.process), daemon=True)
        self.watchers = [old for old in self.watchers if old.is_alive()] + [watcher]
        watcher.start()

    def _own_work(self) -> None:
        """Make the folder of work and mark it as ours, unless it stands (somebody may have removed the results)."""
        if not (self.work / MARK).is_file():
            self.work.mkdir(parents=True, exist_ok=True)
            let_go(self.held)
            _, self.held = marked(self.work)

    def _give_up(self, job: Job, error: Exception) -> None:
        """A job that cannot be started (no file, process or thread to be had) fails and leaves the line: if it stayed,
        it would stop all that wait behind it."""
        log.error("run %s could not be started: %s", job.id, error)
        if job.process is not None:
            _signal(job.process, KILL)
            job.process.wait()
            job.process = None
        job.state, job.ended, job.why = FAILED, datetime.now(UTC), "start"
        shutil.rmtree(self.work / job.id, ignore_errors=True)

    def _watch(self, job: Job, process: subprocess.Popen[bytes]) -> None:
        """Wait for a process, settle what became of its job, start the next."""
        process.wait()
        _signal(process, KILL)  # helpers of the solver that outlived it
        with self.lock:
            self._settle(job, process.returncode)
            shutil.rmtree(self.work / job.id, ignore_errors=True)
            job.process = None
            self._go_on()

    def _settle(self, job: Job, code: int) -> None:
        work, aside = self.work / job.id, self.spare / job.id
        job.ended = datetime.now(UTC)
        place = self.place(job)
        if place.is_dir() if job.order.of else (place / "run.json").is_file():
            job.state = DONE
        elif job.unwanted:
            job.state = CANCELLED
        elif (aside / "run.json").is_file():
            job.state, job.why, job.detail = FAILED, "elsewhere", [str(aside)]
        else:
            job.state = FAILED
            try:
                end = json.loads((work / "end.json").read_text(encoding="utf-8"))
                job.why, job.detail = str(end["why"]), [str(line) for line in end["detail"]]
                job.detail_ja = [str(line) for line in end.get("detail_ja", ())]
            except (OSError, ValueError, KeyError):
                job.why = "disk" if code in (BAD_INPUT, UNKEPT) else "defect"
                output = work / "output"
                words = (
                    output.read_text(encoding="utf-8", errors="replace")[-4000:] if output.is_file() else ""
                )
                log.error("run %s ended without an answer:\n%s", job.id, words)

    def _forget(self) -> None:
        ended = [job for job in self.jobs.values() if job.state not in (QUEUED, RUNNING)]
        for job in sorted(ended, key=lambda job: job.asked)[:-REMEMBERED]:
            del self.jobs[job.id]


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a process and all it has started (its group bears its id; Windows knows no such group)."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.terminate()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process that did not end when asked; one that has ended may have given its number to another."""
    if process.poll() is None:
        _signal(process, KILL)
