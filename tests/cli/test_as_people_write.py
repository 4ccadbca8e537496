"""The command line takes what people write, and answers in the units of the settings."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from optimization.cli.app import start
from optimization.cli.held_against import show_comparison

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"
FAULTY = """
[package]
name = "other_name"
titel = "Half a header"
author = "Test"
source = "Test"
baseline = "status_quo"

[[provision]]
number = 1
text = "A share in per cent."
[provision.settings]
"equity.adequacy_floor" = 97
"formula.equalisation_rate" = ０．７
"discipline.retention_floor" = "25%"
"responsibility.fix" = { fire = "prefekture", "elderly_care@town_below_10k" = "prefecture" }
"""


def test_a_fault_of_the_header_hides_no_later_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package = tmp_path / "mine.toml"
    package.write_text(FAULTY, encoding="utf-8")
    assert start(["validate", str(package), "--case", str(IWATE)]) == 2
    said = capsys.readouterr().err
    for text in (
        "titel",
        "did you mean 'title'?",
        "column date: is missing",
        "differs from the file's name",
        "did you mean 0.97?",
        "has full-width digits or signs",
        "write 0.7",
        "a percent sign",
        "write 0.25",
        "did you mean 'prefecture'?",
    ):
        assert text in said, text


@pytest.mark.parametrize("name", ["3", "iwate-ken", "岩手"])
def test_a_prefecture_goes_by_any_of_its_names(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert start(["validate", "status_quo", "--case", str(IWATE), "--prefectures", name]) == 0
    assert "No fault found" in capsys.readouterr().out


def test_75_where_a_share_is_meant_is_asked_back(capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--set", "formula.counted_share=75"]
    assert start(["validate", "status_quo", "--case", str(IWATE), *given]) == 2
    assert "did you mean 0.75?" in capsys.readouterr().err


def test_a_comparison_has_whole_heads_and_units_that_fit_its_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = "a_package_with_a_long_name+another_one_laid_on_top_of_it"
    table = pd.DataFrame(
        [["outcome", "cost", "million yen per year", 1_234_567.0, 1_230_000.0, 1_220_000.0],
         ["outcome", "duties_moved", "duties", 0.0, 3.0, 4.0]],
        columns=["kind", "name", "unit", "today", "short", long],
    )  # fmt: skip
    show_comparison(table)
    out = capsys.readouterr().out
    assert long in out and "short" in out
    (cost,) = (line for line in out.splitlines() if line.startswith("cost"))
    assert "billion yen per year" in cost and "1,234.6" in cost and "million" not in cost
