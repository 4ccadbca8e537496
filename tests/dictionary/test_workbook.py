"""A workbook is safe to open, the same each time, and there whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sys
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from sheets import EXAMPLE, HEADER_ROWS, PARAMETERS, REPO, assert_equal, read_back, rows_of

import optimization.report.workbook as workbook_room
from optimization.archive.seal import seal
from optimization.dictionary.results import RESULTS_FILE
from optimization.errors import InputError
from optimization.outcome.trace import BLOCKS
from optimization.report.language import speaker
from optimization.report.titles import titled
from optimization.report.workbook import LONGEST, write_workbook

EVIL = (
    '=HYPERLINK("https://example.org")',
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "{=1+1}",
    "https://example.org/",
    "mailto:a@example.org",
    "internal:A1",
    "\tx",
    " x ",
    "007",
    "TRUE",
)


ROWS = 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example run that a test may spoil, its tables cut to their first rows."""
    copy = Path(shutil.copytree(EXAMPLE, tmp_path / "run"))
    for table in copy.glob("*.csv"):
        lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
        table.write_text("".join(lines[: 1 + ROWS]), encoding="utf-8")
    seal(copy)
    return copy


def put(folder: Path, table: str, column: str, values: tuple[str, ...]) -> None:
    """Write values into the first rows of a column."""
    frame = pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False)
    frame.loc[: len(values) - 1, column] = list(values)
    frame.to_csv(folder / f"{table}.csv", index=False, lineterminator="\n")
    seal(folder)


def record(folder: Path, **changes: object) -> None:
    """Change the record of a run; None takes a key away."""
    found = json.loads((folder / "run.json").read_text(encoding="utf-8")) | changes
    kept = {key: value for key, value in found.items() if value is not None}
    (folder / "run.json").write_text(json.dumps(kept), encoding="utf-8")
    seal(folder)


def test_the_first_sheet_says_what_the_run_is(folder: Path, tmp_path: Path) -> None:
    for language, title, wanted in (
        ("en", "About", ("Package", "Status", "Gap", "Publishers and licences", "Licence of the tables")),
        ("ja", "概要", ("改革案", "解の状態", "最適性ギャップ", "出典・ライセンス", "表のライセンス")),
    ):
        write_workbook(folder, tmp_path / f"{language}.xlsx", language)  # type: ignore[arg-type]
        pages = read_back(tmp_path / f"{language}.xlsx")
        assert next(iter(pages)) == title
        about = {row[0]: row[1] for row in pages[title] if row[0]}
        assert set(wanted) <= set(about)
        assert about[wanted[0]] == titled("role_division", speaker(language))  # type: ignore[arg-type]
        listed = {row[0] for row in pages[title] if row[0] in pages}
        assert listed == set(pages) - {title}


def test_a_case_unknown_here_has_no_credits(folder: Path, tmp_path: Path) -> None:
    record(folder, case="somewhere")
    write_workbook(folder, tmp_path / "run.xlsx")
    assert "Publishers and licences" not in {row[0] for row in read_back(tmp_path / "run.xlsx")["About"]}


def test_assumptions_are_marked(folder: Path, tmp_path: Path) -> None:
    write_workbook(folder, tmp_path / "run.xlsx", assumptions=pd.read_csv(PARAMETERS))
    page = openpyxl.load_workbook(tmp_path / "run.xlsx")["Assumptions"]
    header, *rows = rows_of(PARAMETERS)
    mark = header.index("mark")
    cells = list(page.iter_rows(min_row=HEADER_ROWS + 1))
    assert len(cells) == len(rows)
    for row, found in zip(rows, cells, strict=True):
        coloured = found[mark].fill.fgColor.rgb == "FFFFF2CC"
        assert coloured == (row[mark] == "assumption")
        low, central, high = (found[header.index(name)].value for name in ("low", "central", "high"))
        assert low <= central <= high and central == float(row[header.index("central")])


def test_the_tables_are_fit_to_read(folder: Path, tmp_path: Path) -> None:
    write_workbook(folder, tmp_path / "run.xlsx")
    page = openpyxl.load_workbook(tmp_path / "run.xlsx")["Governments"]
    columns = [cell.value for cell in page[HEADER_ROWS]]
    first = page[HEADER_ROWS + 1]
    assert page.freeze_panes == f"B{HEADER_ROWS + 1}"
    assert page.auto_filter.ref.startswith(f"A{HEADER_ROWS}:") and page.auto_filter.ref.endswith(
        str(page.max_row)
    )
    assert first[columns.index("prefecture_code")].value == "03"
    assert first[columns.index("prefecture_code")].number_format == "@"
    assert first[columns.index("need_million_yen")].number_format == "#,##0.0"
    assert first[columns.index("real_debt_service_ratio")].number_format == "0.0%"
    formula = openpyxl.load_workbook(tmp_path / "run.xlsx")["Allocation formula"]
    shown = {row[0].value: row[2].number_format for row in formula.iter_rows(min_row=HEADER_ROWS + 1)}
    assert (shown["pool"], shown["retention_municipal"]) == ("#,##0.0", "0.0000")


def test_text_stays_text_whatever_it_looks_like(folder: Path, tmp_path: Path) -> None:
    put(folder, "governments", "name_ja", EVIL)
    record(folder, package=EVIL[0], warnings=list(EVIL))
    target = tmp_path / "run.xlsx"
    write_workbook(folder, target)
    assert_equal(folder, target)
    assert {"Package", EVIL[0], *EVIL} <= {cell for row in read_back(target)["About"] for cell in row}
    with zipfile.ZipFile(target) as archive:
        for name in archive.namelist():
            assert not re.search(rb"<f[ >]|<hyperlink|TargetMode=\"External\"", archive.read(name)), name


def test_a_number_that_is_none_stays_what_it_is(folder: Path, tmp_path: Path) -> None:
    put(folder, "governments", "need_million_yen", ("=1+1", "inf", "nan", ""))
    write_workbook(folder, tmp_path / "run.xlsx")
    header, *rows = read_back(tmp_path / "run.xlsx")["Governments"][HEADER_ROWS - 1 :]
    at = header.index("need_million_yen")
    assert [row[at] for row in rows[:4]] == ["=1+1", "inf", "nan", None]


def test_what_a_cell_cannot_hold_is_cut_and_says_so(folder: Path, tmp_path: Path) -> None:
    put(folder, "changes", "to", ("x" * (LONGEST + 1),))
    write_workbook(folder, tmp_path / "run.xlsx")
    page = read_back(tmp_path / "run.xlsx")["Changes"]
    cell = page[HEADER_ROWS][page[HEADER_ROWS - 1].index("to")]
    assert len(cell) == LONGEST and cell.endswith("whole in the CSV file)")


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(EXAMPLE, tmp_path / name, "ja", pd.read_csv(PARAMETERS))
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    created = openpyxl.load_workbook(tmp_path / "a.xlsx").properties.created
    written = json.loads((EXAMPLE / "run.json").read_text(encoding="utf-8"))["written"]
    assert f"{created:%Y-%m-%dT%H:%M:%SZ}" == written


@pytest.mark.parametrize("kind", ["file", "folder", "link to nowhere"])
def test_an_existing_target_is_refused(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "run.xlsx"
    if kind == "file":
        target.write_text("mine", encoding="utf-8")
    elif kind == "folder":
        target.mkdir()
    else:
        target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="already exists.*Remedy"):
        write_workbook(EXAMPLE, target)
    assert [path.name for path in tmp_path.iterdir()] == ["run.xlsx"]
    assert kind != "file" or target.read_text(encoding="utf-8") == "mine"


def test_a_place_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for place in (tmp_path / "file" / "run.xlsx", tmp_path / f"{'x' * 300}.xlsx"):
        with pytest.raises(InputError, match="cannot be written.*Remedy"):
            write_workbook(EXAMPLE, place)


def full(*_: object, **__: object) -> None:
    """A disk without room."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize(("owner", "function"), [(zipfile.ZipFile, "write"), (os, "replace")])
def test_nothing_is_left_where_the_disk_is_full(
    owner: object, function: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, function, full)
    with pytest.raises(InputError, match="No space left on device.*Remedy"):
        write_workbook(EXAMPLE, tmp_path / "new" / "run.xlsx")
    assert list((tmp_path / "new").iterdir()) == []


def test_nothing_is_left_where_we_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("ours")

    monkeypatch.setattr(workbook_room, "_words", broken)
    with pytest.raises(RuntimeError, match="ours"):
        write_workbook(EXAMPLE, tmp_path / "run.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_run_is_refused(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "run.xlsx"
    with pytest.raises(InputError, match="is not a run folder"):
        write_workbook(tmp_path, target)
    for changes in ({"case": None}, {"status": "happy"}, {"written": "yesterday"}, {"case": "../iwate-2022"}):
        shutil.copy(EXAMPLE / "run.json", folder / "run.json")
        record(folder, **changes)
        with pytest.raises(InputError, match=rf"run\.json: column {next(iter(changes))}: "):
            write_workbook(folder, target)
    (folder / "run.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="does not say its layout"):
        write_workbook(folder, target)
    assert not target.exists()


def test_every_unknown_table_and_column_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "notes.csv").write_text("a\n1\n", encoding="utf-8")
    frame = pd.read_csv(folder / "tiers.csv").assign(joy_ratio=1.0)
    frame.to_csv(folder / "tiers.csv", index=False)
    with (folder / "taxes.csv").open("a", encoding="utf-8") as file:
        file.write("short,row\n")
    seal(folder)
    with pytest.raises(InputError) as fault:
        write_workbook(folder, tmp_path / "run.xlsx")
    assert len(fault.value.problems) == 3
    for name in ("notes.csv", "joy_ratio", f"taxes.csv: row {ROWS + 2}"):
        assert name in str(fault.value)


def test_the_lacking_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(InputError, match="XlsxWriter.*pip install"):
        write_workbook(EXAMPLE, tmp_path / "run.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_every_text_is_said() -> None:
    files = ("workbook", "trace_table")
    source = "".join((REPO / f"optimization/report/{name}.py").read_text(encoding="utf-8") for name in files)
    source += "".join(f"'trace_{block}'" for block in BLOCKS)
    section = RESULTS_FILE.read_text(encoding="utf-8").partition("\n[texts]\n")[2]
    names = re.findall(r"^(\w+) = ", section, re.MULTILINE)
    assert names and [name for name in names if not re.search(f"[\"']{name}[\"']", source)] == []
