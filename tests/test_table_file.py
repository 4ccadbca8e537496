"""A table as spreadsheets save it: opened alike by every room, and told in words where it is none."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from optimization.case.load import load_case
from optimization.case.tables import read_tables
from optimization.cli.app import start
from optimization.errors import InputError
from optimization.prepare.case import cut_case
from optimization.prepare.columns import read_table
from optimization.prepare.package import write_datapackage
from optimization.prepare.places import readings
from optimization.reading.table_file import text_table
from validation.dispersion import dispersion
from validation.formula import formula_errors

INPUTS = Path(__file__).parents[1] / "inputs"
IWATE = INPUTS / "iwate-2022"
MARK = b"\xef\xbb\xbf"
TABLE = "code,name,n\n03201,盛岡市,1\n03202,宮古市,\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the teaching case that a test may spoil."""
    return Path(shutil.copytree(IWATE, tmp_path / "mine"))


def rows(text: str, change: Callable[[list[list[str]]], object], quoting: int = csv.QUOTE_MINIMAL) -> bytes:
    cells = list(csv.reader(io.StringIO(text, newline="")))
    change(cells)
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n", quoting=quoting).writerows(cells)  # type: ignore[arg-type]
    return out.getvalue().encode("utf-8")


def stray(cells: list[list[str]]) -> None:
    for row in cells:
        row += ["", "", ""]
    cells += [[""] * len(cells[0])] * 3


def right_of_some(cells: list[list[str]]) -> None:
    for row in cells[1:3]:
        row += ["", " "]


def nothing(_: list[list[str]]) -> None:
    pass


SAVED: dict[str, Callable[[str], bytes]] = {
    "mark": lambda text: MARK + text.encode(),
    "mark twice": lambda text: MARK + MARK + text.encode(),
    "ends of lines of Windows, a mark, no end": lambda text: (
        MARK + text.replace("\n", "\r\n").rstrip().encode()
    ),
    "old ends of lines": lambda text: text.replace("\n", "\r").encode(),
    "everything in quotation marks": lambda text: rows(text, nothing, csv.QUOTE_ALL),
    "columns and rows without anything at the end": lambda text: rows(text, stray),
    "commas to the right of some rows": lambda text: rows(text, right_of_some),
}


@pytest.mark.parametrize("how", SAVED)
def test_a_table_means_the_same_however_it_was_saved(tmp_path: Path, how: str) -> None:
    plain, saved = tmp_path / "plain.csv", tmp_path / "saved.csv"
    plain.write_text(TABLE, encoding="utf-8")
    saved.write_bytes(SAVED[how](TABLE))
    pd.testing.assert_frame_equal(text_table(saved), text_table(plain))
    assert text_table(saved).to_numpy().tolist() == [["03201", "盛岡市", "1"], ["03202", "宮古市", ""]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (TABLE.encode("cp932"), "is not UTF-8 text (line 2), but Shift_JIS (cp932)"),
        (TABLE.encode("utf-16"), "is not UTF-8 text (line 1), but UTF-16"),
        (b"PK\x03\x04\xff\xfe", "is not UTF-8 text (line 1), but a workbook"),
        (b"sep=,\n" + TABLE.encode(), "begins with the line 'sep=,'"),
        (b"code,code\n1,2\n", "column code: stands 2 times"),
        (b"a,,b\n1,2,3\n", "column (without a name)"),
        (b"a,b,\n1,2,3\n", "column (without a name)"),
        (b"a,b\n1\n2,3\n", "row line 2: has 1 fields, the header 2"),
        (b"a,b\n1,2,3\n4,5,\n", "row line 2: has 3 fields, the header 2"),
        (b"a,b" + b"x" * 200_000 + b",\n1,2,\n", "has a header of 200,004 characters"),
    ],
)
def test_what_is_no_table_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        text_table(file)
    assert words in str(caught.value)
    assert all(problem.remedy for problem in caught.value.problems)


def test_every_room_reads_tables_with_a_mark(folder: Path, tmp_path: Path) -> None:
    """What the tool tells people to do, saving as 'CSV UTF-8', adds a mark: to load, cut, prepare, describe."""
    for file in folder.glob("*.csv"):
        file.write_bytes(
            SAVED["columns and rows without anything at the end"](file.read_text(encoding="utf-8"))
        )
        file.write_bytes(MARK + file.read_bytes())
    for name, table in read_tables(IWATE).items():
        pd.testing.assert_frame_equal(read_tables(folder)[name], table)
    assert len(write_datapackage(folder)["resources"]) == len(list(folder.glob("*.csv")))
    cut_case(folder, ["03"], tmp_path / "part")
    assert load_case(tmp_path / "part").municipalities.equals(load_case(IWATE).municipalities)
    read = read_table(folder / "population_history.csv", ("code",), ("register_persons",))
    assert int(read["register_persons"].iloc[0]) == 285_270


def test_the_checks_against_what_was_observed_read_tables_with_a_mark(tmp_path: Path) -> None:
    nation = INPUTS / "japan-2022"
    for file in nation.glob("*.csv"):
        (tmp_path / file.name).write_bytes(MARK + file.read_bytes())
    pd.testing.assert_frame_equal(dispersion(tmp_path), dispersion(nation))
    pd.testing.assert_frame_equal(formula_errors(tmp_path, 2022), formula_errors(nation, 2022))


def test_a_file_of_addresses_in_another_encoding_is_told(tmp_path: Path) -> None:
    file = tmp_path / "utf_ken_all.csv"
    file.write_bytes("盛岡市".encode("cp932"))
    with pytest.raises(InputError, match="Shift_JIS"):
        readings(file, pd.DataFrame({"code": [], "name_ja": [], "county_ja": []}))


@pytest.mark.parametrize("again", [False, True])
def test_no_half_case_is_left_by_a_cut_that_fails(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    part = tmp_path / "part"
    if again:
        cut_case(folder, ["03"], part)
    before = {path.name: path.read_bytes() for path in part.glob("*")}
    (folder / "notes.csv").write_bytes("名\n岩手\n".encode("cp932"))
    assert start(["cut", "--case", str(folder), "--prefectures", "03", "--out", str(part)]) == 2
    assert {path.name: path.read_bytes() for path in part.glob("*")} == before
    assert part.exists() == again
    assert not list(tmp_path.glob(".part*"))
