"""The standard financial scale: against what it is made of, in the country; faults of its table; a case without."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimization.case.case import Case
from optimization.case.load import load_case
from optimization.case.standard_scale import NO_TABLE
from optimization.dictionary.settings import status_quo
from optimization.errors import InputError
from optimization.ledger.accounts import todays_accounts
from optimization.ledger.debt import counted_funds, debt_ratios, scale_today
from optimization.ledger.instance import Instance
from optimization.ledger.layout import lay_out

INPUTS = Path(__file__).parents[2] / "inputs"
IWATE = INPUTS / "iwate-2022"
MONEY = ["standard_scale_thousand_yen", "standard_tax_revenue_thousand_yen", "bonds_outstanding_thousand_yen"]


@cache
def teaching() -> Case:
    return load_case(IWATE)


def laid_out(case: Case) -> Instance:
    return lay_out(case, status_quo(list(case.services.index), case.defaults))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the teaching case that a test may change."""
    return Path(shutil.copytree(IWATE, tmp_path / "mine"))


def changed(folder: Path, how: Callable[[pd.DataFrame], pd.DataFrame]) -> Path:
    path = folder / "standard_scale.csv"
    frame = pd.read_csv(path, dtype=str)
    frame[MONEY] = frame[MONEY].astype("int64")
    how(frame).to_csv(path, index=False)
    return folder


def country(name: str) -> pd.DataFrame:
    return pd.read_csv(INPUTS / "japan-2022" / f"{name}.csv", dtype={"code": str, "prefecture_code": str})


@pytest.mark.parametrize(
    ("level", "tier", "key"),
    [("municipality", "municipal", "code"), ("prefecture", "prefectural", "prefecture_code")],
)
def test_the_scale_is_taxes_allocation_and_bond(level: str, tier: str, key: str) -> None:
    """Of every government of the country: the case's allocation and bond are those decided in July, to which the scale
    adds what was decided in December (1.1% of need), so that the parts come to a little less, never more."""
    scale = country("standard_scale").query("level == @level and fiscal_year == 2022").set_index("code")
    paid = country(f"{tier}_allocation").set_index(key)["ordinary_allocation_thousand_yen"]
    bond = country(f"{tier}_need").set_index(key)["transfer_to_extraordinary_bond_thousand_yen"]
    parts = scale["standard_tax_revenue_thousand_yen"] + paid + bond
    ratio = parts / scale["standard_scale_thousand_yen"]
    assert len(ratio) == {"municipality": 1719, "prefecture": 47}[level]
    assert ratio.between(0.96, 1.0001).all()
    assert np.corrcoef(parts, scale["standard_scale_thousand_yen"])[0, 1] > 0.9999
    assert 0.99 < parts.sum() / scale["standard_scale_thousand_yen"].sum() < 1.0


def test_the_ratios_of_today_are_the_official_ones() -> None:
    instance = laid_out(teaching())
    official = instance.case.governments[["real_debt_service_ratio", "future_burden_ratio"]].to_numpy(float).T
    assert np.abs(np.array(debt_ratios(todays_accounts(instance))) - official).max() <= 1e-15
    scale = country("standard_scale").query("code == '03' and fiscal_year == 2022")[MONEY[0]].iloc[0]
    assert scale_today(instance)[instance.case.governments.index.get_loc("03")] == scale / 1000


def test_the_year_of_the_case_counts_else_the_oldest_with_a_notice(folder: Path) -> None:
    case = load_case(changed(folder, lambda f: f[f["fiscal_year"] == "2023"]))
    assert "the standard financial scale, by which debts are divided, is that of FY2023" in case.notices
    assert (case.governments["standard_scale_million_yen"] > 0).all()
    assert teaching().notices == ()


def test_a_case_without_the_table_says_what_it_takes_in_its_place(folder: Path) -> None:
    (folder / "standard_scale.csv").unlink()
    case = load_case(folder)
    assert case.notices == (NO_TABLE,)
    instance = laid_out(case)
    assert scale_today(instance) == pytest.approx(counted_funds(todays_accounts(instance)))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (lambda f: f[(f["code"] != "03201") | (f["fiscal_year"] != "2022")], "row 03201, column code: has no row"),
        (lambda f: pd.concat([f, f.tail(1).assign(code="04")]), "row 04, column code: is no code of prefectures.csv"),
        (
            lambda f: f.assign(
                standard_tax_revenue_thousand_yen=f[MONEY[1]].where(f["code"] != "03201", f[MONEY[0]] + 1)
            ),
            "row municipality/03201/2022, column standard_tax_revenue_thousand_yen: is more than",
        ),
        (
            lambda f: f.assign(**{name: f[name] // 10 for name in MONEY}),
            "row 03201, column standard_scale_thousand_yen: comes to",
        ),
        (
            lambda f: f.assign(**{name: f[name].where(f["code"] != "03202", 3 * f[name]) for name in MONEY}),
            "row 03202, column standard_scale_thousand_yen: comes to",
        ),
    ],
)  # fmt: skip
def test_a_fault_of_the_table_is_told(
    folder: Path, how: Callable[[pd.DataFrame], pd.DataFrame], words: str
) -> None:
    with pytest.raises(InputError) as caught:
        load_case(changed(folder, how))
    assert words in str(caught.value)
