"""Every grant is traced from official cells to the package, and every step adds up to the yen."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimization.archive import write_run
from optimization.case.case import Case
from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.case.resolved import with_settings
from optimization.cli.app import start
from optimization.errors import InputError
from optimization.outcome.applied import apply
from optimization.outcome.result import APPLIED
from optimization.outcome.trace import BLOCKS, COLUMNS, YEN, apart, trace, trace_lines
from optimization.reading.table_file import number_table
from optimization.report.trace_sheet import write_trace
from optimization.solving.highs import Limits

INPUTS = Path(__file__).parents[2] / "inputs"
FIX = {
    "responsibility.fix": {"fire": "prefecture", "elderly_care@core_city": "prefecture", "police": "nation"}
}
PACKAGES = {
    "status_quo": FIX,
    "simple_need": {**FIX, "formula.settles_duties": True, "formula.counted_share": [0.7, 0.7]},
    "equalisation_only": {"taxes.assigned": {"municipal.tobacco": [1.2, 1.2]}},
}
"""Packages, and what is set on top of each."""


@pytest.fixture(scope="module")
def case() -> Case:
    """The teaching case, read once."""
    return load_case(INPUTS / "iwate-2022")


@pytest.mark.parametrize("name", PACKAGES)
def test_every_step_of_every_government_adds_up_to_the_yen(case: Case, name: str) -> None:
    lines = trace_lines(apply(case, with_settings(load_package(case, name), PACKAGES[name])))
    assert {line.block for line in lines} == set(BLOCKS)
    assert apart(lines).max() < YEN / 2


@pytest.mark.national
@pytest.mark.slow
@pytest.mark.parametrize("name", PACKAGES)
def test_every_step_of_the_whole_country_adds_up_to_the_yen(name: str) -> None:
    whole = load_case(INPUTS / "japan-2022")
    lines = trace_lines(apply(whole, with_settings(load_package(whole, name), PACKAGES[name])))
    assert len(lines[0].amount) == 1_765
    assert apart(lines).max() < YEN / 2


def test_a_step_that_does_not_add_up_is_seen(case: Case) -> None:
    lines = trace_lines(apply(case, load_package(case, "status_quo")))
    assert apart(lines[1:]).max() > 1.0


def test_the_lines_of_today_are_the_official_cells(case: Case) -> None:
    table = trace(apply(case, load_package(case, "status_quo")), "03208")
    for tier, block, sheet in (
        ("municipal", "need_today", "need"),
        ("municipal", "revenue_today", "revenue"),
    ):
        official = number_table(INPUTS / "iwate-2022" / f"{tier}_{sheet}.csv", "code").loc["03208"]
        rows = table[(table["block"] == block) & (table["workbook"] != "")].set_index("line")
        assert len(rows) > 10 and rows["heading"].ne("").all() and rows["sheet"].ne("").all()
        for line, row in rows.iterrows():
            item = f"{str(line).removeprefix('municipal.')}_thousand_yen"
            sign = -1 if item.startswith("transfer_to_extraordinary") else 1
            assert round(row["amount_million_yen"] * 1e6) == sign * int(official[item]) * 1_000, line
    paid = number_table(INPUTS / "iwate-2022" / "municipal_allocation.csv", "code").loc["03208"]
    last = table[table["block"] == "grant_today"].iloc[-1]
    assert round(last["amount_million_yen"] * 1e6) == int(paid["ordinary_allocation_thousand_yen"]) * 1_000


def test_who_gets_nothing_keeps_his_surplus_and_who_receives_loses_the_rate(case: Case) -> None:
    result = apply(case, with_settings(load_package(case, "status_quo"), PACKAGES["status_quo"]))
    found = {(line.block, line.name): line.amount for line in trace_lines(result)}
    left, gap = found["grant", "surplus_kept"], found["grant", "gap"]
    assert result.accounts is not None
    receives = result.accounts.grant > 0
    np.testing.assert_allclose(left[receives], 0.0, atol=YEN)
    np.testing.assert_allclose(left[~receives], -gap[~receives], atol=YEN)


@pytest.fixture(scope="module")
def folder(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a decision that was applied."""
    result = apply(case, with_settings(load_package(case, "status_quo"), FIX))
    return write_run(result, tmp_path_factory.mktemp("traced") / "run", Limits(), APPLIED, [])


def test_a_run_is_traced_to_what_its_tables_say(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(["trace", "Iwate", str(folder), "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)["lines"]
    table = (
        pd.read_csv(folder / "governments.csv", dtype={"government": str}).set_index("government").loc["03"]
    )
    found = {(line["block"], line["line"]): line["amount_million_yen"] for line in lines}
    assert found["grant", "formula"] == pytest.approx(table["grant_million_yen"], abs=YEN)
    assert found["need", "fire.taken_over"] > 0 and found["need", "need"] == pytest.approx(
        table["need_million_yen"]
    )


def test_the_sheet_holds_every_line(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(["trace", "盛岡市", str(folder), "--out", str(tmp_path / "trace.xlsx")]) == 0
    assert "official heading" in capsys.readouterr().out
    sheet = pd.read_excel(tmp_path / "trace.xlsx", header=1)
    assert sheet["Workbook 資料"].dropna().str.startswith("muni_2022").all() and len(sheet) > 60


@pytest.mark.parametrize(
    ("words", "said"),
    [(["trace", "Atlantis"], "is no municipality"), (["trace", "Tono", "NOWHERE"], "is not a run folder")],
)
def test_what_cannot_be_traced_is_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    case = ["--case", str(INPUTS / "iwate-2022")]
    assert start([*words, *case]) == 2
    assert said in capsys.readouterr().err


def test_a_sheet_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A folder stands where the file is to go."""
    table = pd.DataFrame(columns=COLUMNS)
    with pytest.raises(InputError, match="cannot be written"):
        write_trace(table, "盛岡市", tmp_path)
