"""The table of rows and the record of a process."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmarks.clock import GapClock
from benchmarks.rows import COLUMNS, Record, append_row, key, moments, phases, read_rows, times

IDENTITY = {"instance": "base", "solver": "highs", "prefectures": "all", "limit_seconds": 600.0}


def test_rows_are_appended_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ladder.csv"
    assert read_rows(path) == []
    append_row(path, {**IDENTITY, "status": "optimal", "gap": 1 / 3})
    append_row(path, {**IDENTITY, "solver": "scip", "note": "a, b"})
    first, second = read_rows(path)
    assert first["gap"] == "0.3333333333" and first["note"] == "" and second["note"] == "a, b"
    assert key(first) == key(IDENTITY) != key(second)


def test_a_table_of_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ladder.csv"
    path.write_text("instance,solver\nbase,highs\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"ladder\.csv: its columns are not"):
        read_rows(path)


def test_a_row_of_an_unknown_column_is_a_defect(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unheard_of"):
        append_row(tmp_path / "ladder.csv", {**IDENTITY, "unheard_of": 1})


def test_a_limit_counts_as_the_limit_and_is_marked() -> None:
    found = times({1e-2: 3.0}, 600.0)
    assert (found["seconds_to_1e-02"], found["reached_1e-02"]) == (3.0, 1)
    assert (found["seconds_to_1e-04"], found["reached_1e-04"]) == (600.0, 0)
    assert set(found) < set(COLUMNS)


def test_what_a_run_did_not_deliver_it_did_not_reach() -> None:
    clock = GapClock(limit=600.0)
    clock.see(100.0, 100.0, 5.0)
    assert moments(clock, 100.0)["reached_1e-04"] == 1
    assert moments(clock, math.inf)["reached_1e-02"] == 0


def test_the_share_of_building() -> None:
    found = phases(build=1.0, hand_off=0.5, solve=4.5)
    assert found["total_seconds"] == 6.0 and found["build_share"] == 0.25
    assert set(found) < set(COLUMNS)


def test_a_record_is_whole_after_every_note_and_has_no_infinite_number(tmp_path: Path) -> None:
    record = Record(tmp_path / "highs.json")
    clock = GapClock(limit=600.0)
    clock.see(100.0, 99.5, 5.0)
    record.note_clock(clock)
    kept = json.loads(record.path.read_text(encoding="utf-8"))
    assert kept["gap"] == pytest.approx(0.005) and kept["seconds_to_1e-02"] == 5.0
    record.note(status="nothing", gap=math.inf)
    assert json.loads(record.path.read_text(encoding="utf-8")) == {**kept, "status": "nothing", "gap": ""}
