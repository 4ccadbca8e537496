"""Drafts that the benchmark asks for, as a user of the workbench makes them."""

from __future__ import annotations

from itertools import islice

from benchmarks.drafts import MOST_CHANGES, drafts, row

DATA = {
    "case": "a-case",
    "package": "status_quo",
    "open": {"fire@town_below_10k": ["municipality", "prefecture"], "police@wards": ["prefecture"]},
    "sliders": [
        {"key": "formula.counted_share", "low": 0.0, "high": 1.0},
        {"key": "equity.adequacy_floor", "low": 0.9, "high": 1.2},
    ],
}


def test_drafts_change_what_is_open_within_its_bounds_and_are_the_same_again() -> None:
    asked = list(islice(drafts(DATA, 3), 200))
    assert asked == list(islice(drafts(DATA, 3), 200)) != list(islice(drafts(DATA, 4), 200))
    assert {cell for each in asked for cell in each["tiers"]} == {"fire@town_below_10k"}
    floors = [each["settings"]["equity.adequacy_floor"] for each in asked if each["settings"]]
    assert 0.9 <= min(floors) < max(floors) <= 1.2
    assert all(set(each["settings"]) <= {"equity.adequacy_floor"} for each in asked)
    assert max(len(each["tiers"]) + len(each["settings"]) for each in asked) <= MOST_CHANGES


def test_a_row_tells_the_middle_and_the_slowest() -> None:
    told = row("one user", [float(n) for n in range(101)], 20.2, 100.4)
    assert (told["answers"], told["seconds_median"], told["seconds_95"], told["seconds_most"]) == (
        101,
        50.0,
        95.0,
        100.0,
    )
    assert told["memory_mb"] == 100 and told["processor_seconds_each"] == 0.2
