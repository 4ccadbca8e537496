"""Runs in child processes: sound at the end, nothing left when ended, a reason where there is no plan."""

from __future__ import annotations

import errno
import functools
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from optimization.archive import run as archive_run
from optimization.archive.locks import MARK, let_go
from optimization.referee.audit import audit_run
from optimization.web import run_view, worker
from optimization.web.cases import finished_run, run_places
from optimization.web.jobs import (
    CANCELLED,
    DONE,
    FAILED,
    QUEUED,
    RUNNING,
    Job,
    Jobs,
    LineFullError,
    Order,
)
from optimization.web.language import Voice
from optimization.web.once import once

REPO = Path(__file__).parents[2]
SLOW = Order("japan-2022", "role_division", gap=0.0)
QUICK = Order("iwate-2022", "wide_area")


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    line = Jobs(tmp_path / "results", threads=1)
    yield line
    line.close()


def wait(holds: Callable[[], bool], seconds: float = 40.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def over(job: Job) -> bool:
    return job.state not in (QUEUED, RUNNING) and job.process is None


def left(jobs: Jobs) -> list[Path]:
    """Files beside the mark of the server's own folder, which stays as long as the server."""
    return [path for path in jobs.target.rglob("*") if path.is_file() and path.name != MARK]


def test_a_run_ends_with_a_sound_folder(jobs: Jobs) -> None:
    job = jobs.submit(QUICK, "me")
    phases = set()
    wait(lambda: phases.add(jobs.progress(job)["phase"]) or over(job))
    assert job.state == DONE
    assert phases & {"reading", "building", "solving", "writing", "checking"}
    folder = jobs.target / job.id
    assert audit_run(folder).sound
    assert {place.id for place in run_places(jobs.target.parent)} == {job.id}
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert (record["status"], record["package"], record["asked_gap"]) == ("optimal", "wide_area", 1e-4)
    assert all(path.is_relative_to(folder) for path in left(jobs))


def test_settings_of_the_page_are_laid_on_top(jobs: Jobs) -> None:
    job = jobs.submit(
        Order("iwate-2022", "wide_area", ("03",), settings={"equity.adequacy_floor": 0.9}), "me"
    )
    wait(lambda: over(job))
    assert job.state == DONE, job.detail
    resolved = (jobs.target / job.id / "package.resolved.toml").read_text(encoding="utf-8")
    assert '"equity.adequacy_floor" = 0.9  # my_settings/1' in resolved


def test_ended_in_the_middle_it_leaves_nothing(jobs: Jobs) -> None:
    job = jobs.submit(SLOW, "me")
    wait(lambda: jobs.progress(job)["phase"] in ("building", "solving"))
    process = job.process
    assert process is not None
    jobs.cancel(job)
    wait(lambda: over(job), 10.0)
    assert job.state == CANCELLED
    assert left(jobs) == []
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


def test_killed_from_outside_it_fails_and_leaves_nothing(jobs: Jobs) -> None:
    job = jobs.submit(SLOW, "me")
    wait(lambda: jobs.progress(job)["phase"] in ("reading", "building", "solving"))
    assert job.process is not None
    job.process.kill()
    wait(lambda: over(job), 10.0)
    assert (job.state, job.why) == (FAILED, "defect")
    assert left(jobs) == []


def test_the_line_is_fair(tmp_path: Path) -> None:
    """Who asks for one run does not wait for all five of somebody else: 1 2 3 of me, 1 2 of you, 1 of him start as
    my 1 (at once), then my 2, your 1, his 1, my 3, your 2."""
    jobs = Jobs(tmp_path, threads=1)
    try:
        mine = [jobs.submit(SLOW, "me") for _ in range(3)]
        yours = [jobs.submit(SLOW, "you") for _ in range(2)]
        his = jobs.submit(SLOW, "him")
        order = [mine[0], mine[1], yours[0], his, mine[2], yours[1]]
        assert [jobs.ahead(job) for job in order[1:]] == [1, 2, 3, 4, 5]
        jobs.cancel(mine[1])
        assert [jobs.ahead(job) for job in (yours[0], his, mine[2], yours[1])] == [1, 2, 3, 4]
        jobs.cancel(mine[0])
        wait(lambda: yours[0].state == RUNNING, 10.0)
        late = jobs.submit(SLOW, "late")  # after the one that runs, which is number 2
        assert [jobs.ahead(job) for job in (his, mine[2], yours[1], late)] == [1, 2, 3, 4]
    finally:
        jobs.close()


def test_the_line_goes_on_and_is_bounded(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path, waiting=3, each=2, threads=1)
    try:
        first, second = jobs.submit(SLOW, "me"), jobs.submit(SLOW, "me")
        third = jobs.submit(QUICK, "me")
        assert [job.state for job in (first, second, third)] == [RUNNING, QUEUED, QUEUED]
        assert (jobs.ahead(second), jobs.ahead(third)) == (1, 2)
        with pytest.raises(LineFullError) as mine:
            jobs.submit(QUICK, "me")
        assert mine.value.mine
        yours = jobs.submit(SLOW, "you")
        with pytest.raises(LineFullError) as full:
            jobs.submit(QUICK, "somebody else")
        assert not full.value.mine
        jobs.cancel(second)
        assert second.state == CANCELLED
        jobs.cancel(first)
        wait(lambda: first.state == CANCELLED and yours.state == RUNNING, 10.0)
        jobs.cancel(yours)
        wait(lambda: third.state == RUNNING, 10.0)
    finally:
        jobs.close()
    assert all(job.state in (CANCELLED, DONE) for job in jobs.all())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_an_impossible_package_says_why(jobs: Jobs) -> None:
    job = jobs.submit(Order("iwate-2022", "status_quo", settings={"equity.adequacy_floor": 2.0}), "me")
    wait(lambda: over(job))
    assert job.state == DONE, job.detail
    run = finished_run(jobs.target.parent, job.id)
    assert run is not None
    assert run.record["status"] == "infeasible"
    assert not run.decided
    assert run.record["counting_arguments"] or "infeasible" in (run.folder / "diagnosis.md").read_text()


def test_bad_input_is_said(jobs: Jobs) -> None:
    job = jobs.submit(Order("iwate-2022", "wide_area", settings={"horizon.years": ("1999",)}), "me")
    wait(lambda: over(job))
    assert (job.state, job.why) == (FAILED, "input")
    assert "1999" in " ".join(job.detail)
    assert str(jobs.target) not in " ".join(job.detail)


def test_what_a_dead_server_left_is_swept(tmp_path: Path) -> None:
    """And nothing else: not what a living server works in, though it bear no process id that this one can see, nor
    what bears no mark of ours."""
    dead, living = Jobs(tmp_path), Jobs(tmp_path)
    theirs = tmp_path / "web" / ".jobs" / "999999999-abc"
    theirs.mkdir(parents=True)
    for server in (dead, living):
        server._own_work()
        (server.work / "x").mkdir()
    let_go(dead.held)  # as the end of its process does
    Jobs(tmp_path).close()
    assert not dead.work.exists()
    assert (living.work / "x").is_dir() and theirs.is_dir()
    living.close()
    assert not living.work.exists()


def test_results_removed_under_a_run_are_made_anew(jobs: Jobs) -> None:
    """While it solves, and before the next one starts."""
    first = jobs.submit(QUICK, "me")
    second = jobs.submit(QUICK, "me")
    wait(lambda: jobs.progress(first)["phase"] in ("building", "solving", "writing") or over(first))
    shutil.rmtree(jobs.target.parent)
    for job in (first, second):
        wait(functools.partial(over, job))
        assert job.state == DONE, (job.why, job.detail)
        assert audit_run(jobs.target / job.id).sound


def test_an_answer_that_the_results_do_not_take_is_kept_elsewhere(jobs: Jobs, tmp_path: Path) -> None:
    """Where it is, the page says."""
    jobs.spare = tmp_path / "spare"
    jobs.spare.mkdir()
    job = jobs.submit(QUICK, "me")
    wait(lambda: jobs.progress(job)["phase"] in ("building", "solving", "writing") or over(job))
    (jobs.target / job.id).mkdir()
    (jobs.target / job.id / "in the way").write_text("theirs", encoding="utf-8")
    wait(lambda: over(job))
    place = jobs.spare / job.id
    assert (job.state, job.why, job.detail) == (FAILED, "elsewhere", [str(place)])
    assert audit_run(place).sound
    assert run_view.failure(job, Voice("en")).startswith("The run was solved, but")


def test_a_full_disk_is_said_and_the_answer_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither notes nor the word of how it ended can be written; without a spare disk too the code says why."""
    question = {
        "case": str(REPO / "inputs" / "iwate-2022"), "package": "status_quo", "settings": {}, "prefectures": [],
        "gap": 1e-3, "seconds": 60.0, "threads": 1, "target": str(tmp_path / "web" / "mine"),
        "work": str(tmp_path / "work"),
        "spare": str(tmp_path / "spare"), "parent": os.getppid(),
    }  # fmt: skip
    (tmp_path / "spare").mkdir()
    (tmp_path / "job.json").write_text(json.dumps(question), encoding="utf-8")
    plain, full = archive_run._fill, [tmp_path / "work"]

    def fill(draft: Path, *rest: object) -> None:
        if any(draft.is_relative_to(place) for place in full):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        plain(draft, *rest)

    def no_word(path: Path, value: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(archive_run, "_fill", fill)
    monkeypatch.setattr(worker, "replace_json", no_word)
    monkeypatch.setattr(worker, "watch_parent", lambda parent: None)
    assert worker.main([str(tmp_path / "job.json")]) == 0
    assert audit_run(tmp_path / "spare" / "mine").sound
    shutil.rmtree(tmp_path / "spare" / "mine")
    full.append(tmp_path / "spare")
    assert worker.main([str(tmp_path / "job.json")]) == worker.UNKEPT
    assert not [
        path for path in tmp_path.rglob("*") if path.is_file() and path.name not in ("job.json", "highs")
    ]


def test_what_many_ask_for_at_once_is_worked_out_once() -> None:
    asked: list[int] = []

    @once(2)
    def slow(number: int) -> int:
        asked.append(number)
        time.sleep(0.1)
        return number * number

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(slow, [7] * 20)) == [49] * 20
    assert asked == [7]
    assert [slow(n) for n in (7, 8, 9, 7)] == [49, 64, 81, 49]
    assert asked == [7, 8, 9, 7]
