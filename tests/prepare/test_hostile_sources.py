"""Workbooks and tables made to stop the reader: archives that unpack without end, cells far off, figures beyond all."""

from __future__ import annotations

import io
import json
import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

import optimization.prepare.columns as columns_room
import optimization.prepare.workbook as room
import optimization.reading.table_file as table_file
from optimization.errors import InputError
from optimization.prepare.columns import read_table
from optimization.prepare.finance_tables import indicators
from optimization.prepare.places import MOST_POINTS, outlines
from optimization.prepare.sheets import whole_number
from optimization.prepare.workbook import read_sheets

HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
TAIL = "</sheetData></worksheet>"


def workbook(path: Path, sheet: bytes) -> Path:
    """A workbook of one sheet of that XML."""
    plain = io.BytesIO()
    openpyxl.Workbook().save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, sheet if name.startswith("xl/worksheets/") else source.read(name))
    return path


def refused(path: Path) -> str:
    started = time.perf_counter()
    with pytest.raises(InputError) as caught:
        read_sheets(path)
    assert time.perf_counter() - started < 10.0
    return str(caught.value)


def test_an_archive_that_unpacks_without_end_is_not_unpacked(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", HEAD.encode() + b" " * (room.MOST_UNPACKED + 1) + TAIL.encode())
    assert path.stat().st_size < 1_000_000
    assert "a.xlsx: has more than 32 MB once unpacked" in refused(path)


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 1000)),
        '<row r="999999999"><c r="A999999999"><v>1</v></c></row>',
    ],
)
def test_cells_far_off_do_not_fill_the_memory(tmp_path: Path, rows: str) -> None:
    path = workbook(tmp_path / "a.xlsx", f"{HEAD}{rows}{TAIL}".encode())
    assert f"a.xlsx: has more than {room.MOST_CELLS:,} cells" in refused(path)


def test_blank_cells_to_the_right_and_below_are_left_out(tmp_path: Path) -> None:
    blank = '<c r="XFD1" s="0"/>'
    rows = f'<row r="1"><c r="A1"><v>1</v></c>{blank}</row><row r="1048576">{blank.replace("1", "1048576")}</row>'
    (sheet,) = read_sheets(workbook(tmp_path / "a.xlsx", f"{HEAD}{rows}{TAIL}".encode()))
    assert sheet.grid == [[1]]


def test_cells_without_an_end_are_looked_at_once(tmp_path: Path) -> None:
    """The search for formulas without results must not start anew at every cell."""
    path = workbook(tmp_path / "a.xlsx", HEAD.encode() + b'<c r="A1" ' * 200_000)
    assert "cannot be read" in refused(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.xlsx")
    assert "cannot be read (is no regular file)" in refused(tmp_path / "a.xlsx")


@pytest.mark.parametrize("cell", [10**400, 1e16, float("inf"), float("nan"), -(10**16), 0.5, True, "1"])
def test_a_figure_beyond_all_is_none(cell: object) -> None:
    assert whole_number(cell) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("ratio", ["9" * 400, "1" + "0" * 7])
def test_a_ratio_beyond_all_is_refused(tmp_path: Path, ratio: str) -> None:
    head = "令和３年度,,,,\n団体,財政力指数,経常収支比率,実質公債費比率,将来負担比率\n"
    (tmp_path / "prefecture_R3.xlsx").write_text(f"{head}岩手県,0.5,90.1,10.2,{ratio}\n", encoding="utf-8")
    with pytest.raises(InputError, match="not a number"):
        indicators(tmp_path)


# ---- year and sheets of the indicators

HEADINGS = ["団体", "財政力指数", "経常収支比率", "実質公債費比率", "将来負担比率"]


def book_of(path: Path, sheets: dict[str, list[list[object]]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    book.save(path)


def sheet_of(title: str, *names: str) -> list[list[object]]:
    return [[title], HEADINGS, *([name, 0.5, 90.1, 10.2, 30.0] for name in names)]


def test_the_date_of_a_law_is_no_fiscal_year(tmp_path: Path) -> None:
    """Indicators of FY2021 under a note on the Act of 22 June 2007."""
    note = ["地方公共団体の財政の健全化に関する法律（平成19年6月22日法律第94号）による。"]
    book_of(
        tmp_path / "prefecture_R3.xlsx", {"指標": [note, *sheet_of("主要財政指標（令和３年度）", "岩手県")]}
    )
    assert indicators(tmp_path)["fiscal_year"].tolist() == [2021]
    book_of(tmp_path / "prefecture_R3.xlsx", {"指標": [note, *sheet_of("主要財政指標", "岩手県")]})
    with pytest.raises(InputError, match=r"\[指標\]: names no fiscal year above its headings"):
        indicators(tmp_path)
    book_of(tmp_path / "prefecture_R3.xlsx", {"指標": sheet_of("令和２年度・令和３年度", "岩手県")})
    with pytest.raises(InputError, match=r"names several fiscal years .*\(found '2020, 2021'\)"):
        indicators(tmp_path)


def test_every_sheet_is_read_or_refused_by_name(tmp_path: Path) -> None:
    title, path = "主要財政指標（令和３年度）", tmp_path / "prefecture_R3.xlsx"
    book_of(path, {"東": sheet_of(title, "岩手県"), "西": sheet_of(title, "奈良県"), "空": []})
    assert indicators(tmp_path)["code"].tolist() == ["03", "29"]
    book_of(path, {"東": sheet_of(title, "岩手県"), "西": [["奈良県", 0.5, 90.1, 10.2, 30.0]]})
    with pytest.raises(InputError, match=r"prefecture_R3.xlsx \[西\]: has no headings of indicators"):
        indicators(tmp_path)


# ---- compiled tables


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("code,n\n03201," + "x" * 200_000, "not a number"),
        ("code,n\n03201,inf", r"not a number.*'inf'"),
        ("code,n\n03201,1e400", r"not a number.*'1e400'"),
        ("code,n\n03201," + "9" * 400, "not a number"),
        ("code,n\n03201,1e99", "not a number"),
        ("code,n\n" + "x\n" * 100, "line 2: has 1 fields, the header 2"),
    ],
)
def test_a_compiled_table_without_sense_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words) as caught:
        read_table(tmp_path / "t.csv", ("code",), ("n",))
    assert len(caught.value.problems) <= columns_room.SHOWN + 1  # the last counts the others


def test_a_compiled_table_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_file, "MOST_ROWS", 2)
    (tmp_path / "t.csv").write_text("code,n\n1,1\n2,2\n3,3\n", encoding="utf-8")
    with pytest.raises(InputError, match="no table has more than 2"):
        read_table(tmp_path / "t.csv", ("code",), ("n",))


def topology(arcs: object, ring: object) -> str:
    shape = {"id": "03201", "type": "Polygon", "arcs": [ring]}
    transform = {"scale": [1, 1], "translate": [0, 0]}
    return json.dumps(
        {"objects": {"municipalities": {"geometries": [shape]}}, "transform": transform, "arcs": arcs}
    )


@pytest.mark.parametrize(
    "text",
    [
        lambda: "[" * 100_000,
        lambda: topology([[[n, n] for n in range(1000)]], [0] * 100_000),
        lambda: topology([[[1e308, 1e308], [1e308, 1e308]]], [0]),
        lambda: topology([[[1, 1]]], [{}]),
        lambda: topology(3, [0]),
    ],
)
def test_boundaries_without_end_are_refused(tmp_path: Path, text: Callable[[], str]) -> None:
    (tmp_path / "municipalities.topojson").write_text(text(), encoding="utf-8")
    started = time.perf_counter()
    with pytest.raises(InputError, match="cannot be read as a topology"):
        outlines(tmp_path)
    assert time.perf_counter() - started < 10.0
    assert MOST_POINTS < 1_000_000
