"""Ten thousand spoilt inputs: each is refused in words or means what it says; none hangs or breaks a promise."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.fuzz.driver import Line, failures, mutations, totals
from tests.fuzz.mutations import HARMLESS
from tests.fuzz.targets import TARGETS

AT_ONCE = 250
PARTS = [
    pytest.param(name, first, min(AT_ONCE, target.count - first), id=f"{name}-{first}")
    for name, target in TARGETS.items()
    for first in range(0, target.count, AT_ONCE)
]


def noted(lines: list[Line]) -> str:
    """What the summary of the run adds up."""
    counts = {" ".join(key): n for key, n in totals(lines).items()}
    places = [(line, f"{line['target']}:{line['number']} {line['operator']}") for line in lines]
    slowest = max((line["seconds"], place) for line, place in places)
    largest = max((line["peak_mb"], place) for line, place in places)
    return json.dumps({"counts": counts, "slowest": slowest, "largest": largest})


@pytest.mark.fuzz
@pytest.mark.parametrize(("name", "first", "count"), PARTS)
def test_nothing_breaks(
    name: str, first: int, count: int, record_property: Callable[[str, object], None]
) -> None:
    if not TARGETS[name].at_hand:
        pytest.skip(f"no official data in {TARGETS[name].needs}")
    lines = mutations(name, first, count)
    record_property("fuzz", noted(lines))
    assert not failures(lines), failures(lines)
    if name in (
        "case",
        "nation",
    ):  # the order of rows and columns, a mark or other ends of lines change no figure
        taken = [line for line in lines if line["operator"] in HARMLESS]
        assert [line for line in taken if line["outcome"] != "equal"] == []
