"""Where questions are answered changes nothing of the answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.errors import InputError
from optimization.ledger.worlds import World, centre
from optimization.recommend.evaluating import asked
from optimization.recommend.workers import Cluster, Here, Task, workers_for
from optimization.solving.highs import Limits

IWATE = Path(__file__).parents[2] / "inputs/iwate-2022"


class Future:
    """What a scheduler of one worker gives back; one in three tasks it loses."""

    def __init__(self, lost: bool, answer: Any) -> None:
        self.status, self._answer = ("error" if lost else "finished"), answer

    def result(self) -> Any:
        return self._answer


class Client:
    """A Dask client as far as it is used."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.sent = 0

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def submit(self, function: Any, *args: Any, **_: Any) -> Future:
        self.sent += 1
        values = [each.result() if isinstance(each, Future) else each for each in args]
        lost = self.sent == 3
        return Future(lost, None if lost else function(*values))


@pytest.fixture
def dask(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module = SimpleNamespace(Client=Client, as_completed=lambda futures: list(futures))
    monkeypatch.setitem(sys.modules, "distributed", module)  # type: ignore[arg-type]
    yield


def test_a_cluster_answers_as_one_process_does_and_what_it_loses_is_done_here(dask: None) -> None:
    case = load_case(IWATE)
    limits = Limits(gap=1e-3, seconds=60.0, threads=1)
    question = asked(case, load_package(case, "role_division"), (), limits, "auto")
    here = question.laid_out()
    drawn = (centre(), World("travel_high", {"travel": 1.0}))
    tasks = [Task(drawn, np.array(weights), 1e-3, 60.0) for weights in ([0.5, 0.5], [0.3, 0.7])]
    with workers_for(question, 1, "tcp://somewhere:1") as cluster:
        assert isinstance(cluster, Cluster)
        far = dict(cluster.answers(here, tasks))
    near = dict(Here().answers(here, tasks))
    assert far.keys() == near.keys() == {0, 1}
    for n in near:
        assert far[n].plan == near[n].plan and far[n].bound == near[n].bound


def test_a_scheduler_that_is_not_there_is_said() -> None:
    case = load_case(IWATE)
    question = asked(case, load_package(case, "role_division"), (), Limits(), "auto")
    with pytest.raises(InputError, match="cannot be reached"), workers_for(question, 1, "nonsense"):
        pass
