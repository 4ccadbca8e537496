"""A run that the machine has no room to start fails, says so, and holds up nobody."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from visitor import LOCAL, SLOW, Page

from optimization.web import jobs as line
from optimization.web.jobs import FAILED, QUEUED, RUNNING, Jobs, Order
from optimization.web.server import application

ORDER = Order("japan-2022", "role_division", gap=0.0)


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    made = Jobs(tmp_path, threads=1)
    yield made
    made.close()


def no_process(*_: Any, **__: Any) -> None:
    raise OSError(24, "Too many open files")


def no_thread(_: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


def test_without_a_process_the_run_fails_and_the_next_starts(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(line.subprocess, "Popen", no_process)
        job = jobs.submit(ORDER, "me")
    assert (job.state, job.why) == (FAILED, "start")
    assert not (jobs.work / job.id).exists()
    assert jobs.submit(ORDER, "me").state == RUNNING


def test_without_a_thread_no_process_is_left(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def noted(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        started.append(real(*arguments, **options))
        return started[-1]

    with monkeypatch.context() as patched:
        patched.setattr(line.subprocess, "Popen", noted)
        patched.setattr(threading.Thread, "start", no_thread)
        job = jobs.submit(ORDER, "me")
    assert (job.state, job.why) == (FAILED, "start")
    assert started[0].returncode is not None
    assert jobs.submit(ORDER, "me").state == RUNNING


def test_those_that_wait_are_not_held_up(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = (jobs.submit(ORDER, name) for name in ("a", "b", "c"))
    real, calls = subprocess.Popen, []

    def fails_once(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        calls.append(arguments)
        if len(calls) == 1:
            no_process()
        return real(*arguments, **options)

    monkeypatch.setattr(line.subprocess, "Popen", fails_once)
    assert [second.state, third.state] == [QUEUED, QUEUED]
    jobs.cancel(first)
    end = time.monotonic() + 15
    while third.state == QUEUED:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert (second.state, third.state) == (FAILED, RUNNING)


def test_the_page_says_that_the_machine_has_no_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Page(application(tmp_path), base_url=LOCAL, follow_redirects=False) as page:
        with monkeypatch.context() as patched:
            patched.setattr(line.subprocess, "Popen", no_process)
            answer = page.post_form("/", SLOW)
        assert answer.status_code == 303
        assert "The run could not be started" in page.get(answer.headers["location"] + "?lang=en").text
        assert "算定を開始できなかった" in page.get(answer.headers["location"] + "?lang=ja").text
