"""A few hundred spoilt inputs in seconds, so that every run of the tests meets some."""

from __future__ import annotations

from collections import Counter

from tests.fuzz.driver import failures, sample

ASKED = (
    "case:9000:15",
    "package:9000:120",
    "study:9000:120",
    "names:9000:5",
    "workbook:9000:15",
    "run:9000:8",
)


def test_a_sample_of_spoilt_inputs_breaks_nothing() -> None:
    lines, end = sample(*ASKED)
    assert not failures(lines), failures(lines)
    wanted = {name: int(count) for name, _, count in (asked.split(":") for asked in ASKED)}
    assert Counter(line["target"] for line in lines) == wanted, end
    outcomes = Counter(line["outcome"] for line in lines)
    assert outcomes["refused"] > 100 and outcomes["equal"] > 20
