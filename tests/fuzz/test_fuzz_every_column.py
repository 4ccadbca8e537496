"""Every table with a byte order mark, every code in every wrong shape, every column in every wrong unit: none is taken
for something else. One after the other, where the spoilt inputs of `test_fuzz_mutations` are drawn by chance."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from optimization.case.check import check_examined
from optimization.case.load import load_case
from optimization.case.tables import Examined, read_tables
from optimization.dictionary.tables import load_tables
from optimization.errors import InputError
from optimization.reading.codes import PATTERNS, check_digit
from optimization.reading.japan import PREFECTURES
from optimization.reading.table_file import text_table
from tests.fuzz.bases import IWATE, NATION

pytestmark = pytest.mark.fuzz

MARK = b"\xef\xbb\xbf"
FACTORS = (10.0, 100.0, 1000.0, 0.1, 0.01, 0.001)

BY_HAND = {
    "parameters",
    "services",
    "allowed_tiers",
    "bundles",
    "functions",
    "crisis_scenarios",
    "crisis_exposure",
    "items",
    "joint_bodies",
}
"""Assumptions, whose unit stands beside them, and the gaps of joint bodies, which may be anything down to nothing."""

NO_UNIT = {"0/1", "year", "fraction", "ratio", "number", "percent", "see unit"}
"""Units that are nobody's to mistake, and shares."""

SLIGHT = {
    "prefectural_settlements": {
        "local_allocation_tax_thousand_yen", "exp_health_waste_thousand_yen", "exp_health_centre_thousand_yen",
        "exp_fire_thousand_yen", "exp_edu_high_thousand_yen", "exp_edu_special_thousand_yen",
        "exp_edu_kindergarten_thousand_yen", "exp_disaster_recovery_thousand_yen",
        "exp_welfare_disaster_relief_thousand_yen", "exp_welfare_public_assistance_thousand_yen",
    },
    "municipalities": {"age_not_published_persons", "employed_primary"},
}  # fmt: skip
"""What is next to nothing in some prefectures: too little of it proves nothing."""


@cache
def tables(case: Path) -> dict[str, pd.DataFrame]:
    return read_tables(case)


# ---- marks


@pytest.mark.parametrize("name", sorted(path.stem for path in IWATE.glob("*.csv")))
def test_a_mark_in_any_table_changes_nothing(tmp_path: Path, name: str) -> None:
    folder = Path(shutil.copytree(IWATE, tmp_path / "iwate-2022"))
    file = folder / f"{name}.csv"
    file.write_bytes(MARK + file.read_bytes().replace(b"\n", b"\r\n"))
    for table, frame in read_tables(folder).items():
        pd.testing.assert_frame_equal(frame, tables(IWATE)[table])


# ---- codes


def columns_of_codes() -> list[tuple[str, str]]:
    return [
        (name, column)
        for name, table in load_tables().items()
        for column, rule in table.columns.items()
        if rule.pattern in PATTERNS and (IWATE / f"{name}.csv").exists()
    ]


def digit(code: str) -> str:
    return check_digit(code if len(code) == 5 else f"{code}000")


SHAPES: dict[str, Callable[[str], str]] = {
    "zero lost": lambda code: code.removeprefix("0"),
    "check digit": lambda code: (code if len(code) == 5 else f"{code}000") + digit(code),
    "both": lambda code: ((code if len(code) == 5 else f"{code}000") + digit(code)).removeprefix("0"),
    "a number": lambda code: f"{code.removeprefix('0')}.0",
    "a formula": lambda code: f'="{code}"',
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("name", "column"), columns_of_codes())
def test_no_code_of_another_shape_is_another_place(
    tmp_path: Path, name: str, column: str, shape: str
) -> None:
    """The first code of the column, wherever it stands there: refused, and the right one is told where any is."""
    folder = Path(shutil.copytree(IWATE, tmp_path / "iwate-2022"))
    frame = text_table(folder / f"{name}.csv")
    code = next((text for text in frame[column] if text.startswith("03")), "")
    if not code:
        pytest.skip("the teaching case has no code there")
    frame[column] = frame[column].where(frame[column] != code, SHAPES[shape](code))
    frame.to_csv(folder / f"{name}.csv", index=False)
    with pytest.raises(InputError) as caught:
        load_case(folder)
    assert f"write {code}" in str(caught.value) or f"digits, {code}" in str(caught.value), str(caught.value)[
        :500
    ]


@pytest.mark.parametrize(("name", "column"), columns_of_codes())
def test_the_name_beside_any_code_is_taken(tmp_path: Path, name: str, column: str) -> None:
    folder = Path(shutil.copytree(IWATE, tmp_path / "iwate-2022"))
    called = tables(IWATE)["municipalities"].set_index("code")["name_ja"].to_dict()
    called |= {code: name for code, (name, _) in PREFECTURES.items()}
    frame = text_table(folder / f"{name}.csv")
    frame[column] = [f"{text} {called[text]}" if text in called else text for text in frame[column]]
    frame.to_csv(folder / f"{name}.csv", index=False)
    pd.testing.assert_frame_equal(read_tables(folder)[name], tables(IWATE)[name])


# ---- units


def columns_of_figures() -> Iterator[tuple[str, str]]:
    for name, table in load_tables().items():
        for column in tables(IWATE)[name].columns if name not in BY_HAND else ():
            rule = table.columns.get(column)
            if rule is None or (rule.type != "string" and rule.unit not in NO_UNIT):
                yield name, column


def fits(name: str, figures: pd.Series) -> bool:
    """Whether the bounds of the dictionary let the figures pass."""
    rule = load_tables()[name].columns.get(str(figures.name))
    least, most = (rule.min, rule.max) if rule else (0.0, 1e10)
    return bool((figures.dropna() >= (least or 0.0)).all() and (figures.dropna() <= (most or 1e30)).all())


@pytest.mark.parametrize("case", [IWATE, NATION], ids=["iwate", "nation"])
@pytest.mark.parametrize(("name", "column"), list(columns_of_figures()))
def test_no_column_in_another_unit_is_taken(case: Path, name: str, column: str) -> None:
    good = tables(case)
    figures, taken = good[name][column], []
    if not figures.any() or figures.dropna().empty:
        pytest.skip("nothing stands in the column")
    for factor in FACTORS if case == IWATE else (10.0, 0.1):
        scaled = figures * factor
        scaled = scaled.round().astype("int64") if figures.dtype == "int64" else scaled
        if factor < 1 and (column in SLIGHT.get(name, ()) or not scaled.any()):
            continue
        if not fits(name, scaled):
            continue
        spoilt = {**good, name: good[name].assign(**{column: scaled})}
        try:
            check_examined(Examined(spoilt, {}, frozenset(spoilt)), case)
            taken.append(factor)
        except InputError:
            pass
    assert taken == []
