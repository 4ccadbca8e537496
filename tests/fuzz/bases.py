"""Unspoilt inputs to start from: small cases, packages, workbooks in the official layout, runs, studies."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from optimization.cli.app import start
from optimization.prepare.items import load_register
from optimization.reading.codes import check_digit
from optimization.reading.japan import PREFECTURES

REPO = Path(__file__).parents[2]
INPUTS, EXAMPLE = REPO / "inputs", REPO / "results" / "example"
IWATE, NATION = INPUTS / "iwate-2022", INPUTS / "japan-2022"
OFFICIAL = Path(os.environ.get("OFFICIAL_DATA") or REPO.parent / "shared" / "data")
TITLES = {
    "need": "令和４年度　基準財政需要額",
    "debt_service": "公債費内訳",
    "revenue": "令和４年度　基準財政収入額",
}

STUDY = """[study]
name = "fuzz"
title = "Two floors"
prefectures = ["03"]
gap = 1e-3
time_limit = 20
method = "auto"
seed = 1

[grid]
packages = ["status_quo", "wide_area+hard_budget"]
[grid.settings]
"equity.adequacy_floor" = [0.9, 0.95]
"responsibility.free_services" = [["fire"], "all"]
[grid.assumptions]
"coordination_fixed_million_yen" = [0.5, 2.0]

[[cell]]
packages = "uniform"
settings = { "equity.adequacy_floor" = 0.9 }
assumptions = { "fire.scale_realisation" = 0.4 }
"""


def case(folder: Path) -> None:
    shutil.copytree(IWATE, folder, dirs_exist_ok=True)


def nation(folder: Path) -> None:
    shutil.copytree(INPUTS / "japan-2022", folder, dirs_exist_ok=True)


def packages(folder: Path) -> None:
    shutil.copytree(INPUTS / "packages", folder, dirs_exist_ok=True)


def study(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fuzz.toml").write_text(STUDY, encoding="utf-8")
    shutil.copyfile(INPUTS / "studies" / "pool_and_floor.toml", folder / "pool_and_floor.toml")


def names(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(
        ("role_division", "wide_area+hard_budget", str(INPUTS / "packages" / "uniform.toml"))
    ):
        (folder / f"{number}.txt").write_text(name, encoding="utf-8")


def run(folder: Path) -> None:
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)


def sweep(folder: Path) -> None:
    """A sweep of two questions and a sensitivity study of the example's question, both finished."""
    folder.mkdir(parents=True, exist_ok=True)
    text = STUDY.partition("[grid]")[0] + "[grid]\npackages = ['status_quo', 'wide_area']\n"
    (folder / "fuzz.toml").write_text(text, encoding="utf-8")
    start(
        ["sweep", str(folder / "fuzz.toml"), "--case", str(IWATE), "--out", str(folder), "--processes", "1"]
    )
    asked = ["sensitivity", "role_division", "--only", "detour_factor", "--gap", "1e-2"]
    start([*asked, "--case", str(IWATE), "--out", str(folder / "study"), "--processes", "1"])


# ---- workbooks of the official layout, from the tables of the teaching case


def workbooks(folder: Path) -> None:
    """The three municipal workbooks of FY2022, thirty-three municipalities."""
    folder.mkdir(parents=True, exist_ok=True)
    towns = pd.read_csv(IWATE / "municipalities.csv", dtype=str).set_index("code")
    tables = {name: pd.read_csv(IWATE / f"municipal_{name}.csv", dtype={"code": str}) for name in TITLES}
    gap = tables["need"].set_index("code")["need_after_transfer_thousand_yen"]
    gap = gap - tables["revenue"].set_index("code")["standard_revenue_thousand_yen"]
    marks = {code: "不足" if value > 0 else "超過" for code, value in gap.items()}
    grids = {name: _grid(name, table, towns["name_ja"], marks) for name, table in tables.items()}
    paid = pd.read_csv(IWATE / "municipal_allocation.csv", dtype={"code": str})
    result: list[list[Any]] = [
        ["令和４年度　普通交付税"],
        ["（単位：千円）"],
        ["都道府県", "市町村", "普通交付税"],
        [None, None, "R4"],
    ]
    result += [
        ["岩手県", towns.at[code, "name_ja"], amount] for code, amount, _ in paid.itertuples(index=False)
    ]
    _save(folder / "muni_2022-demand.xlsx", {"需要額": grids["need"], "公債費": grids["debt_service"]})
    _save(folder / "muni_2022-income.xlsx", {"収入額": grids["revenue"]})
    _save(folder / "muni_2022.xlsx", {"交付税": result})


def _grid(name: str, table: pd.DataFrame, called: pd.Series, marks: dict[str, str]) -> list[list[Any]]:
    items = [item for item in load_register(f"municipal_{name}").items if item.column in table]
    heads = [item.headings[0] for item in items]
    keys = ["コード", "都道府県", "市町村", "団体区分", "不足超過の別"]
    # in the sheet of debt service the topmost heading is dropped and the rows beneath are lines of one name
    head = (
        [[*keys, *heads]]
        if name != "debt_service"
        else [[*keys, *["償還費"] * len(heads)], [None] * 5 + heads]
    )
    rows = [
        [*_names(str(row["code"]), called, marks), *(int(row[item.column]) for item in items)]
        for row in table.to_dict("records")
    ]
    totals = [
        [
            None,
            None,
            mark,
            None,
            None,
            *(sum(row[n] for row in rows if mark in (row[4], "合計")) for n in range(5, len(rows[0]))),
        ]
        for mark in ("不足", "超過", "合計")
    ]
    return [[TITLES[name]], ["（単位：千円）"], *head, *rows, *totals]


def _names(code: str, called: pd.Series, marks: dict[str, str]) -> list[str]:
    """The key cells of a row."""
    return [f"C{code}{check_digit(code)}000000", PREFECTURES["03"][0], called[code], "市町村", marks[code]]


def _save(path: Path, sheets: dict[str, list[list[Any]]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, grid in sheets.items():
        page = book.create_sheet(name)
        for row in grid:
            page.append(row)
    book.save(path)


# ---- the official files themselves, where they are at hand


def official_workbooks(folder: Path) -> None:
    """The smallest: prefectures of two years, in .xls, .xlsx and .csv."""
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in ("allocation_tax/pref_20*", "indicators/prefecture_R*.xlsx"):
        for path in OFFICIAL.glob(pattern):
            if path.suffix != ".pdf":
                shutil.copyfile(path, folder / path.name)


def official_tables(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in (OFFICIAL / "tables").iterdir():
        shutil.copyfile(path, folder / path.name)
