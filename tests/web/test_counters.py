"""Drafts counted by several processes: the very answers of one, whatever becomes of a process; equal questions once."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest

from optimization.web.counters import MOST, Counted, Counters, Question, cores, counted
from optimization.web.counting import Counting

CASE = "iwate-2022"
QUESTIONS = [
    Question(json.dumps({"case": CASE, **each}).encode(), language)
    for each, language in (
        ({"tiers": {"fire": "prefecture"}}, "en"),
        ({"bodies": [{"services": ["waste"], "members": ["03202", "03203"]}], "places": False}, "ja"),
        ({"settings": {"equity.adequacy_floor": 75}}, "en"),
        ({"settings": {"equity.adequacy_floor": 75}}, "ja"),
        ({"places": ["no such column"]}, "ja"),
    )
] + [Question(b"{")]
PATIENCE = 300.0


async def until_ready(counters: Counters) -> None:
    """Ask until the processes answer."""
    end = time.monotonic() + PATIENCE
    while not counters.ready:
        assert time.monotonic() < end, "the processes did not begin"
        await asyncio.sleep(0.1)


@pytest.mark.skipif(sys.platform == "win32", reason="one process there")
def test_processes_answer_as_one_does_and_one_that_is_killed_takes_no_answer_along() -> None:
    async def ask() -> None:
        counters = Counters(2)
        wanted = [counted(body) for body in QUESTIONS]
        try:
            for _ in range(2):
                assert await counters.answer(QUESTIONS[0]) == wanted[0]  # while they begin
            await until_ready(counters)
            assert await asyncio.gather(*map(counters.answer, QUESTIONS)) == wanted
            assert counters._pool is not None
            for process in list(counters._pool._processes):
                os.kill(process, signal.SIGKILL)
            assert await asyncio.gather(*map(counters.answer, QUESTIONS)) == wanted
        finally:
            counters.close()

    asyncio.run(ask())


def test_no_more_processes_than_cores() -> None:
    assert 1 <= cores() <= min(MOST, os.cpu_count() or 1)


class Slow(Counters):
    """Counts what it is asked, and how often."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[bytes] = []

    async def answer(self, asked: Question) -> Counted:
        self.asked.append(asked.body)
        await asyncio.sleep(0.05)
        return Counted(200, asked.body)


def asker(body: bytes, gone: bool = False) -> Any:
    """A request as far as counting looks at it."""

    async def is_disconnected() -> bool:
        return gone

    state = SimpleNamespace(body=body)
    return SimpleNamespace(
        state=state, is_disconnected=is_disconnected, cookies={}, headers={}, query_params={}
    )


def test_equal_questions_at_once_are_counted_once() -> None:
    async def ask() -> list[bytes]:
        counting = Counting(slow)
        both = [counting.apply(asker(body)) for body in (b"one", b"other", b"one", b"one", b"other")]
        assert [bytes(each.body) for each in await asyncio.gather(*both)] == [
            b"one",
            b"other",
            b"one",
            b"one",
            b"other",
        ]
        await counting.apply(asker(b"one"))
        return slow.asked

    slow = Slow()
    assert asyncio.run(ask()) == [b"one", b"other", b"one"]


def test_a_question_is_counted_while_somebody_waits_for_it() -> None:
    async def ask() -> None:
        counting = Counting(slow)
        first, second, third = await asyncio.gather(
            counting.apply(asker(b"one", gone=True)),
            counting.apply(asker(b"other", gone=True)),
            counting.apply(asker(b"other")),
        )
        assert bytes(first.body) == b"" and bytes(second.body) == bytes(third.body) == b"other"

    slow = Slow()
    asyncio.run(ask())
    assert slow.asked == [b"other"]


def test_who_goes_does_not_take_the_answer_from_the_others() -> None:
    async def ask() -> bytes:
        counting = Counting(Slow())
        goes = asyncio.ensure_future(counting.apply(asker(b"one")))
        stays = asyncio.ensure_future(counting.apply(asker(b"one")))
        await asyncio.sleep(0.01)
        goes.cancel()
        return bytes((await stays).body)

    assert asyncio.run(ask()) == b"one"
