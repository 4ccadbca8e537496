"""Every number with a source names one that a reader finds; every assumption has a range or says why not."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

REPO = Path(__file__).parents[2]
PAGE = (REPO / "docs" / "references.md").read_text(encoding="utf-8")
CASES = ("iwate-2022", "japan-2022")
TOLD = ("*.toml", "*.csv", "*.md", "*.json")


def names() -> set[str]:
    """What sources are called: the first cells of the tables that have such a column."""
    found = set()
    for table in PAGE.split("\n\n"):
        lines = table.strip().split("\n")
        if lines[0].startswith("| named as |"):
            found |= {each.strip() for line in lines[2:] for each in line.split("|")[1].split(";")}
    return found


def parameters(case: str) -> pd.DataFrame:
    return pd.read_csv(
        REPO / "inputs" / case / "parameters.csv", dtype={"service": str}, keep_default_na=False
    )


@pytest.mark.parametrize("case", CASES)
def test_a_sourced_or_estimated_number_names_what_a_reader_finds(case: str) -> None:
    table, known = parameters(case), names()
    assert len(known) > 25
    for row in table[table["mark"].isin(["sourced", "estimated"])].itertuples():
        told = "docs/evidence.md" in row.source or any(name in row.source for name in known)
        assert told, f"{row.parameter} {row.service}: {row.source}"


@pytest.mark.parametrize("case", CASES)
def test_works_that_are_cited_stand_on_the_page(case: str) -> None:
    """A name with a year in brackets, whatever the mark of the row."""
    known = names()
    for source in parameters(case)["source"].unique():
        for cited in re.findall(r"(?:[A-Z][\w-]+(?: et al\.| and [A-Z]\w+)?) \(?(?:19|20)\d\d\b", source):
            bare = cited.replace("(", "").replace("Sebo", "Sebő")
            given = any(bare in name or name in bare for name in known)
            assert given or bare.split()[0] in ("FY", "Denmark", "March", "Act"), (cited, source)


@pytest.mark.parametrize("case", CASES)
def test_an_assumption_has_a_range_or_says_why_not(case: str) -> None:
    table = parameters(case)
    assumed = table[table["mark"] == "assumption"]
    for row in assumed[assumed["low"] >= assumed["high"]].itertuples():
        assert "without a range" in row.source, f"{row.parameter} {row.service}: {row.source}"
    assert (assumed["low"] <= assumed["central"]).all() and (assumed["central"] <= assumed["high"]).all()


def test_nothing_a_reader_sees_cites_notes_that_he_has_not() -> None:
    """Labels of the notes of this project are no source."""
    folders = [REPO / name for name in ("inputs", "docs", "optimization")]
    files = [file for folder in folders for kind in TOLD for file in folder.rglob(kind)]
    assert len(files) > 100
    for file in files:
        assert "FACTS" not in file.read_text(encoding="utf-8"), file


def test_every_entry_says_whether_it_was_followed() -> None:
    rows = [
        line
        for line in PAGE.split("\n")
        if line.startswith("| ") and not line.startswith(("| named", "| source"))
    ]
    assert len(rows) > 30
    for row in rows:
        last = row.rstrip(" |").split("|")[-1]
        assert re.search(r"followed|second hand|read for this project", last), row
