"""One run in a process of its own: `python -m optimization.web.worker JOBFILE`.

The job file (JSON) names the case folder, the package, the settings changed on the page and their date, prefectures,
gap, seconds, threads, the run folder to write (`target`), the folder to work in (`work`), one on another disk for an
answer that finds no place (`spare`) and the process that asked (`parent`). Progress goes to `progress.json` of `work`,
the end to `end.json`. The run folder is filled and re-checked in `work` and moved to `target` as the last act, so that
a process killed at any moment leaves nothing but `work`.
"""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
import signal
import sys
import threading
import time
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from optimization.archive import kept, write_run
from optimization.case.face import load_package, with_on_top
from optimization.case.kept import kept_case
from optimization.case.overlay import overlay_package
from optimization.errors import InputError, Problem
from optimization.outcome.applied import apply
from optimization.outcome.result import APPLIED, Result
from optimization.outcome.solve import solve
from optimization.outcome.verdict import NoPlanError, Worth
from optimization.referee.audit import failed_checks
from optimization.solving.highs import Limits, Progress
from optimization.web.analysing import analysed
from optimization.web.digest import question_digest
from optimization.web.faults import all_said

REFUSED = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}
"""What a disk refuses to take; anything else is a defect of ours."""

BAD_INPUT = 2
"""Exit code where the question could not be put."""

UNKEPT = 74
"""Exit code where neither the results nor the spare folder took the answer (EX_IOERR of BSD)."""

APPLY = "apply"
"""Kind of a job that counts a decision as it stands; any other solves."""

OVERLAY = "my_settings"
"""Name of the package that holds what the user changed on the page."""

CHANGED = ("Settings changed on the page.", "画面で変更した設定による。")

EVERY = 0.5
"""Seconds between two notes of progress."""


def replace_json(path: Path, value: Any) -> None:
    """Write a JSON file whole, so that a reader meets the old text or the new one."""
    draft = path.with_name(f".{path.name}")
    draft.write_text(json.dumps(value, ensure_ascii=False, allow_nan=False), encoding="utf-8")
    os.replace(draft, path)


class Notes:
    """The progress of the run, noted twice a second at most; called by the solver, it lets it go on."""

    def __init__(self, path: Path) -> None:
        self.path, self.last = path, 0.0

    def phase(self, name: str) -> None:
        """A phase begins."""
        self._note({"phase": name})

    def __call__(self, progress: Progress) -> bool:
        """A moment of the solve: best plan and bound in million yen, relative gap."""
        if time.monotonic() - self.last >= EVERY:
            numbers = {"best": progress.incumbent, "bound": progress.bound, "gap": progress.gap}
            known = {key: value for key, value in numbers.items() if math.isfinite(value)}
            self._note({"phase": "solving", **known})
        return True

    def count(self, done: int, total: int) -> None:
        """Parts that are done, of how many (0: nobody knows)."""
        if time.monotonic() - self.last >= EVERY:
            self._note({"phase": "solving", "done": done, "total": total})

    def _note(self, value: dict[str, Any]) -> None:
        with suppress(OSError):  # no answer is given up for a note: the disk may be full, the folder gone
            replace_json(self.path, value)
        self.last = time.monotonic()


def watch_parent(parent: int) -> None:
    """End this process, and those it has started, at once when the one that asked for it has gone."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(EVERY)
        if hasattr(os, "killpg") and os.getpgid(0) == os.getpid():
            os.killpg(os.getpid(), signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def answer(job: dict[str, Any]) -> tuple[Path, dict[str, Any]]:
    """Solve and write the run, into the folder of work or, where that cannot be, the spare one; where it stands, and
    what became of it: `state` and, where it failed, `why`."""
    work, name = Path(job["work"]), Path(job["target"]).name
    notes = Notes(work / "progress.json")
    notes.phase("reading")
    if job.get("of"):
        try:
            return analysed(job, notes.count), {"state": "done"}
        except NoPlanError as error:
            return work, {"state": "failed", "why": "no_plan", "detail": [str(error)]}
    case = kept_case(job["case"])
    package = load_package(case, job["package"], job["prefectures"])
    if job.get("digest") and question_digest(case, load_package(case, job["package"])) != job["digest"]:
        message, remedy = "has been changed since the run was ordered, or its case has", "order it anew"
        raise InputError([Problem(str(job["package"]), message, remedy)])
    assumptions = job.get("assumptions", {})
    if job["settings"] or assumptions:
        dated = date.fromisoformat(job["dated"])
        own = overlay_package(
            OVERLAY, "the user of the page", CHANGED, job["settings"], assumptions, dated=dated
        )
        package = with_on_top(case, package, own, job["prefectures"])
    limits = Limits(gap=job["gap"], seconds=job["seconds"], threads=job["threads"])
    notes.phase("building")
    if job.get("kind") == APPLY:
        method, limits = APPLIED, Limits()
        result = apply(case, package, job["prefectures"])
    else:
        method = "auto"
        result = solve(case, package, job["prefectures"], limits, method, work / "highs", notes)
    notes.phase("writing")
    place = write_run(result, work / name, limits, method, job["prefectures"], Path(job["spare"]))
    notes.phase("checking")
    if failed := _failed_checks(result, place):
        return place, {"state": "failed", "why": "unsound", "detail": failed}
    if result.worth is Worth.FAILED:
        return place, {"state": "failed", "why": "solver", "detail": [result.outcome.termination]}
    return place, {"state": "done"}


def moved(place: Path, target: Path, spare: Path) -> None:
    """Put a written run in its place; where that cannot be, it is kept in the spare folder under the same name."""
    if place.parent == spare:
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        place.rename(target)
    except OSError:

        def copied(draft: Path) -> None:
            shutil.copytree(place, draft, dirs_exist_ok=True)

        kept(spare / target.name, copied, spare)


def _failed_checks(result: Result, folder: Path) -> list[str]:
    """Rules that the decision breaks, or statements in which the written tables do not agree with themselves."""
    if result.worth is Worth.BROKEN:
        return sorted({breach.rule for breach in result.breaches})
    if result.accounts is None:
        return []
    return failed_checks(folder)


def main(arguments: list[str]) -> int:
    """Do the job of the file named; 0 where a run folder was written, 2 for bad input, `UNKEPT` where the machine took
    no answer, 1 for a defect of ours."""
    job = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    watch_parent(job["parent"])
    code = 0
    try:
        place, end = answer(job)
        if end["state"] == "done":
            moved(place, Path(job["target"]), Path(job["spare"]))
        elif place.parent == Path(job["spare"]):
            shutil.rmtree(place)
    except InputError as error:
        code, end = (
            BAD_INPUT,
            {
                "state": "failed",
                "why": "input",
                "detail": all_said(error.problems, "en"),
                "detail_ja": all_said(error.problems, "ja"),
            },
        )
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        code, end = UNKEPT, {"state": "failed", "why": "disk", "detail": [str(error.strerror)]}
    with suppress(OSError):  # the code says it too
        replace_json(Path(job["work"]) / "end.json", end)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
