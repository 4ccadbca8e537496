"""The page made of rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from benchmarks.report import contradiction, grouped, main, page
from benchmarks.rows import COLUMNS, ending, phases, times

CONTEXT = {"machine": "A processor, 2 cores", "python": "3.11.7", "commit": "abc", "date": "2026-11-24"}
SIZE = {"columns": 1e4, "rows": 2e4, "nonzeros": 3e4, "integer_columns": 9e3, "candidate_bodies": 95}


def row(
    solver: str, reached: Mapping[float, float], objective: float, bound: float, **more: Any
) -> dict[str, str]:
    """A row as it is read back from the table."""
    values: dict[str, Any] = {
        "instance": "base", "solver": solver, "prefectures": "all", "limit_seconds": 600.0, "status": "optimal",
        **times(reached, 600.0), **ending(objective, bound), **phases(1.0, 0.5, 4.5), "layout_seconds": 1.5,
        "peak_memory_mib": 300, **SIZE, "pairs": 500, "rule_groups": 8, "threads": 2, "version": f"{solver} 1",
        **CONTEXT, **more,
    }  # fmt: skip
    return {name: str(values.get(name, "")) for name in COLUMNS}


ROWS = [
    row("highs", {1e-2: 30.0}, 1000.0, 995.0, status="limit"),
    row("decomposed", {1e-2: 3.21, 1e-3: 4.0, 1e-4: 5.0}, 999.0, 998.95),
]


def test_solvers_stand_side_by_side_ours_first() -> None:
    text = page(ROWS, "performance.svg")
    ours, highs = (
        text.index("| ours, decomposed | 3.2 | 4.0 | 5.0 |"),
        text.index("| HiGHS | 30 | > 600 | > 600 |"),
    )
    assert ours < highs
    assert (
        "A processor, 2 cores; Python 3.11.7" in text and "- highs 1" in text and "(performance.svg)" in text
    )
    assert "Not measured: `neighbours_8`" in text and "Contradiction" not in text


def test_solvers_stand_side_by_side_each_with_its_own_limit() -> None:
    other = {**ROWS[0], "solver": "scip", "limit_seconds": "60"}
    assert len(grouped([*ROWS, other])) == 1
    assert "| > 60 |" in page([*ROWS, other], "")


def test_a_bound_above_anothers_objective_is_called_a_contradiction() -> None:
    wrong = row("scip", {}, 1001.0, 999.5)
    assert contradiction(ROWS) == ""
    assert "bound of SCIP" in contradiction([*ROWS, wrong]) and "ours, decomposed" in contradiction(
        [*ROWS, wrong]
    )
    assert "Contradiction" in page([*ROWS, wrong], "")


def test_a_run_without_a_plan_has_no_gap() -> None:
    nothing = {**row("cbc", {}, 1.0, 0.5, status="nothing"), "gap": "", "objective_million_yen": ""}
    assert "| CBC | > 600 | > 600 | > 600 | none |  |" in page([nothing], "")


def test_without_rows_there_is_no_page(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--rows", "no/such/table.csv"])
    assert end.value.code == 2 and "run the bench first" in capsys.readouterr().err
