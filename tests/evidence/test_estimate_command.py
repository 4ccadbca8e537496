"""The command `estimate`: what it refuses, what it writes, and that it writes the same twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimization.case.load import load_case
from optimization.case.parameters import ESTIMATED, SPENDING_RATIO
from optimization.cli.app import start
from optimization.errors import InputError
from optimization.evidence.parameters import drawn_quantile, written_into
from optimization.evidence.registered import registered

REPO = Path(__file__).parents[2]
IWATE, JAPAN = REPO / "inputs" / "iwate-2022", REPO / "inputs" / "japan-2022"


def test_the_draws_of_prefectures_are_those_of_their_seed() -> None:
    draw = np.random.default_rng(registered().split["seed"])
    codes = [f"{number:02d}" for number in range(1, 48)]
    assert registered().draws == [tuple(sorted(draw.choice(codes, 7, replace=False))) for _ in range(10)]


def test_one_prefecture_is_no_country(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert start(["estimate", "--case", str(IWATE), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert "has 1 prefectures" in said and "estimate on the whole country" in said
    assert not (tmp_path / "out").exists()


def test_a_case_without_spending_is_refused_with_every_missing_table(tmp_path: Path) -> None:
    case = tmp_path / "case"
    shutil.copytree(IWATE, case)
    for name in ("municipal_spending", "bodies_today"):
        (case / f"{name}.csv").unlink()
    from optimization.evidence.sample import sample_of

    with pytest.raises(InputError) as fault:
        sample_of(load_case(case))
    assert {Path(p.file).stem for p in fault.value.problems} >= {"bodies_today"}


@pytest.fixture
def row() -> pd.DataFrame:
    """One estimate as the command makes it."""
    return pd.DataFrame(
        [
            (
                "scale_realisation",
                "fire",
                "ratio of the fitted slope",
                0.01,
                0.1,
                0.2,
                ESTIMATED,
                "ours, twice",
            )
        ],
        columns=["parameter", "service", "unit", "low", "central", "high", "mark", "source"],
    )


def test_estimates_stand_in_the_place_of_assumptions(tmp_path: Path, row: pd.DataFrame) -> None:
    case = tmp_path / "case"
    shutil.copytree(IWATE, case)
    before = load_case(case).parameters.table
    assert written_into(case, row) in (0, 1)
    after = load_case(case).parameters.table
    changed = after[(after != before).any(axis=1)]
    assert list(changed["service"]) == ["fire"] and list(changed["mark"]) == [ESTIMATED]
    assert changed[["low", "central", "high"]].iloc[0].tolist() == [0.01, 0.1, 0.2]


def test_ratios_of_money_are_added_to_a_case_that_has_none(tmp_path: Path, row: pd.DataFrame) -> None:
    case = Path(shutil.copytree(IWATE, tmp_path / "case"))
    table = pd.read_csv(case / "parameters.csv", dtype=str, keep_default_na=False)
    ratios = table["parameter"] == SPENDING_RATIO
    table[~ratios].to_csv(case / "parameters.csv", index=False)
    assert SPENDING_RATIO not in set(load_case(case).parameters.table["parameter"])
    numbers = {name: table.loc[ratios, name].astype(float) for name in ("low", "central", "high")}
    written_into(case, pd.concat([row, table[ratios].assign(**numbers)], ignore_index=True))
    again = load_case(case).parameters
    assert again("spending_ratio", "registry") == 0.847 and again("scale_realisation", "fire") == 0.1


def test_an_estimate_without_a_row_is_refused_and_nothing_written(tmp_path: Path, row: pd.DataFrame) -> None:
    case = tmp_path / "case"
    shutil.copytree(IWATE, case)
    text = (case / "parameters.csv").read_bytes()
    with pytest.raises(InputError, match="has no row for an estimate"):
        written_into(case, row.assign(service="no_such"))
    assert (case / "parameters.csv").read_bytes() == text


def test_an_estimated_number_is_varied_by_sensitivity(tmp_path: Path, row: pd.DataFrame) -> None:
    from optimization.case.face import load_package
    from optimization.ledger.factors import factors_of

    case = tmp_path / "case"
    shutil.copytree(IWATE, case)
    written_into(case, row)
    read = load_case(case)
    numbers = factors_of(read, load_package(read, "role_division"))[1]
    (found,) = numbers[numbers["key"] == "fire.scale_realisation"].to_dict("records")
    assert (found["mark"], found["low"], found["high"]) == (ESTIMATED, 0.01, 0.2)


def test_a_quantile_is_drawn_by_whole_groups_and_twice_alike() -> None:
    draw = np.random.default_rng(0)
    groups = np.repeat([f"{k:02d}" for k in range(20)], 30)
    values = draw.uniform(0, 100, 600) + np.repeat(draw.normal(0, 10, 20), 30)
    one = drawn_quantile(values, groups)
    assert one == drawn_quantile(values, groups)
    assert one.low < one.central < one.high
    alone = np.sort(values)
    plain = alone[int(0.95 * 600 - 1.645 * np.sqrt(600 * 0.95 * 0.05))], alone[-15]
    assert one.high - one.low > 0.8 * (plain[1] - plain[0])


@pytest.mark.national
def test_the_whole_country_is_estimated_and_alike_twice(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert start(["estimate", "--case", str(JAPAN), "--out", str(tmp_path / name)]) == 0
    for file in sorted((tmp_path / "one").glob("*.csv")):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes(), file.name
    found = pd.read_csv(tmp_path / "one" / "estimates.csv")
    fire = found[(found["purpose"] == "fire") & (found["specification"] == "a_fixed")].set_index("effect")
    assert 0.7 < fire.at["own_size", "value"] < 1.1 and -0.1 < fire.at["group_size", "value"] < 0.3
    rows = pd.read_csv(tmp_path / "one" / "parameters.csv")
    assert (rows["parameter"] == "scale_realisation").sum() >= 10
    ratios = rows["parameter"] == SPENDING_RATIO
    assert (rows.loc[~ratios, "mark"] == ESTIMATED).all() and ratios.sum() > 20
    written = pd.read_csv(JAPAN / "parameters.csv", keep_default_na=False).set_index(["parameter", "service"])
    for row in rows[ratios].itertuples():
        there = written.loc[(row.parameter, row.service)]
        assert [float(there[name]) for name in ("low", "central", "high")] == [row.low, row.central, row.high]
    assert ((rows["low"] <= rows["central"]) & (rows["central"] <= rows["high"])).all()
