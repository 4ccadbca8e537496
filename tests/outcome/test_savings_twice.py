"""What is saved of the norm and of money spent: by hand, and one number everywhere on the teaching case."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimization.archive import read_run
from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.case.parameters import SPENDING_RATIO, Parameters
from optimization.case.ranges import range_of
from optimization.errors import InputError
from optimization.evidence.registered import registered
from optimization.ledger.decision import status_quo
from optimization.ledger.factors import numbers_of
from optimization.ledger.money_spent import ratios_of, saved
from optimization.ledger.provided import Provided
from optimization.referee.savings import told_as_it_is
from optimization.report.language import LANGUAGES, Language, speaker
from optimization.report.opening import opening
from optimization.report.page import render_report
from tests.small_case import Service, Small, Town, small

REPO = Path(__file__).parents[2]
IWATE, EXAMPLE = REPO / "inputs/iwate-2022", REPO / "results/example"
MIL = "_million_yen"


@pytest.fixture
def pair() -> Small:
    """Two towns of one size whose fire costs half as much a head together, with 10% of it for coordination."""
    fire = {"coordination_rate": 0.1, SPENDING_RATIO: 0.8}
    return small(
        [Town("01201", 50_000, {"fire": 100.0}), Town("01202", 50_000, {"fire": 100.0})],
        [Service("fire", wide=True, slope=1.0, parameters=fire)],
        bodies={"both": ["01201", "01202"]},
        changes={"wide_area.services": ["fire"]},
    )


def ranged(parameters: Parameters, low: float, high: float) -> Parameters:
    """The parameters with a range about the ratio."""
    table = parameters.table.assign(unit="ratio", mark="estimated", source="by hand")
    here = table["parameter"] == SPENDING_RATIO
    table.loc[here, ["low", "high"]] = [low, high]
    return replace(parameters, table=table)


def test_two_towns_by_hand(pair: Small) -> None:
    """Standard cost 200 alone, 200 x (1/2) = 100 together: 100 saved. Coordination 10% of 100 for one further member:
    10. Of the norm 100 - 10 = 90; of money spent 0.8 x 100 - 10 = 70, at 0.5 and 1.1 of it 40 and 100."""
    instance = pair.instance
    today = status_quo(instance)
    found = saved(Provided(instance, today), Provided(instance, replace(today, joint=((0, 0),))))
    assert found.standard[0] == pytest.approx(100.0) and found.beside[0] == pytest.approx(-10.0)
    assert found.norm[0] == pytest.approx(90.0)
    case = replace(pair.case, parameters=ranged(pair.case.parameters, 0.5, 1.1))
    ratios = ratios_of(case)
    assert ratios is not None
    assert [found.spent(ratio)[0] for ratio in ratios.ends] == pytest.approx([40.0, 70.0, 100.0])


def test_a_case_without_ratios_tells_no_money_spent() -> None:
    case = load_case(IWATE)
    table = case.parameters.table
    bare = replace(case, parameters=Parameters(table[table["parameter"] != SPENDING_RATIO], {}))
    assert ratios_of(bare) is None and ratios_of(case) is not None


def test_nothing_is_taken_off_twice() -> None:
    """A realisation that is estimated, or that was set by what was paid, holds the slope of spending already: its ratio
    is 1 without a range. Every other service with a scale has the ratio of its purpose or the one that is lent."""
    table = pd.read_csv(IWATE / "parameters.csv", dtype={"service": str}, keep_default_na=False)
    of = {name: rows.set_index("service") for name, rows in table.groupby("parameter")}
    realised, ratio = of["scale_realisation"], of[SPENDING_RATIO]
    measured = {s for services in registered().money_spent["measured"].values() for s in services}
    assert set(ratio.index) == set(realised.index) >= measured
    once = (realised["mark"] == "estimated") | realised.index.isin(measured)
    for service in ratio.index:
        low, central, high = (float(ratio.at[service, name]) for name in ("low", "central", "high"))
        if once[service]:
            assert (low, central, high, ratio.at[service, "mark"]) == (1.0, 1.0, 1.0, "derived"), service
        else:
            assert low < central < high and central < 1.0, service
            assert ratio.at[service, "mark"] in ("estimated", "assumption"), service
    estimates = pd.read_csv(REPO / "docs/evidence/estimates.csv")
    own = estimates[(estimates["specification"] == "a_fixed") & (estimates["effect"] == "own_size")]
    administration = own.set_index("purpose").loc["administration"]
    assert float(ratio.at["registry", "central"]) == pytest.approx(administration["value"], abs=6e-4)


def test_some_ratios_and_not_all_are_refused(tmp_path: Path) -> None:
    import shutil

    case = Path(shutil.copytree(IWATE, tmp_path / "case"))
    table = pd.read_csv(case / "parameters.csv", dtype=str, keep_default_na=False)
    lost = (table["parameter"] == SPENDING_RATIO) & (table["service"] == "digital")
    table[~lost].to_csv(case / "parameters.csv", index=False)
    with pytest.raises(InputError, match="digital.*give it for all or for none"):
        load_case(case)


def test_no_cost_is_made_of_it() -> None:
    case = load_case(IWATE)
    idle = [
        why
        for name, _, _, why in numbers_of(case, load_package(case, "status_quo"))
        if name == SPENDING_RATIO
    ]
    assert idle and all("no cost is made of it" in why or "a point" in why for why in idle)
    allowed = range_of(f"fire.{SPENDING_RATIO}")
    assert allowed is not None and not allowed.holds(-0.1)


def test_the_table_is_the_services_and_the_sectors_again() -> None:
    """Of the norm it is what the services' costs fall by, and in all what the budgets save."""
    record, tables = read_run(EXAMPLE)
    savings, services = tables["savings"].set_index("service"), tables["services"].set_index("service")
    total, rows = savings.loc["all"], savings.drop("all")
    for service, row in rows.iterrows():
        of = {name: services.at[service, f"{name}_today{MIL}"] - services.at[service, f"{name}{MIL}"]
              for name in ("standard", "coordination", "transition", "units")}  # fmt: skip
        assert row[f"saving_standard{MIL}"] == pytest.approx(of.pop("standard"), abs=1e-6)
        assert row[f"saving_beside{MIL}"] == pytest.approx(sum(of.values()), abs=1e-6)
        spent = row["spending_ratio"] * row[f"saving_standard{MIL}"] + row[f"saving_beside{MIL}"]
        assert row[f"saving_spent{MIL}"] == pytest.approx(spent)
    sectors = tables["sectors"]
    budgets = (sectors[f"balance_package{MIL}"] - sectors[f"balance_today{MIL}"]).sum()
    assert total[f"saving_norm{MIL}"] == pytest.approx(budgets, abs=1e-3)
    for name in ("saving_standard", "saving_beside", "saving_norm", "saving_spent"):
        assert total[f"{name}{MIL}"] == pytest.approx(rows[f"{name}{MIL}"].sum(), abs=0.01)
    assert total[f"saving_whole_slope{MIL}"] > total[f"saving_norm{MIL}"]
    ends = record["saving_range"]["spent_million_yen"]
    assert ends["low"] <= ends["middle"] <= ends["high"]


@pytest.mark.parametrize("column", ["saving_standard", "saving_beside", "saving_norm", "saving_spent"])
def test_a_table_that_says_otherwise_is_told(column: str) -> None:
    tables = read_run(EXAMPLE)[1]
    assert told_as_it_is(tables)
    for row in (0, len(tables["savings"]) - 1):
        changed = tables["savings"].copy()
        changed.loc[row, f"{column}{MIL}"] += 5.0
        assert not told_as_it_is({**tables, "savings": changed}), row
    fewer = tables["savings"].drop(index=0).reset_index(drop=True)
    assert not told_as_it_is({**tables, "savings": fewer})


@pytest.mark.parametrize("language", LANGUAGES)
def test_report_and_opening_say_the_figure_of_the_table(language: Language) -> None:
    record, tables = read_run(EXAMPLE)
    say = speaker(language)
    parts = [record[f"{when}_parts_million_yen"] for when in ("baseline", "objective")]
    for spread in (record["saving_range"], None):
        rows = dict(opening(tables, tables["places"], *parts, "nation", spread, say))
        total = tables["savings"].iloc[-1]
        for name in ("saving_spent", "saving_whole_slope"):
            assert say.money(total[f"{name}{MIL}"], signed=True) in rows[say("open_spent")]
    older = {name: table for name, table in tables.items() if name != "savings"}
    assert say("open_spent") not in dict(opening(older, tables["places"], *parts, "nation", None, say))
    assert say("open_spent") in render_report(EXAMPLE, IWATE, language=language)


def test_what_spending_does_not_follow_is_told() -> None:
    _, tables = read_run(EXAMPLE)
    record, say = read_run(EXAMPLE)[0], speaker("en")
    savings = tables["savings"].copy()
    first = savings.index[savings[f"saving_standard{MIL}"] > 1][0]
    savings["ratio_mark"] = savings["ratio_mark"].astype(object)
    savings.loc[first, ["ratio_mark", "spending_ratio"]] = ["assumption", 0.5]
    lost = float(np.float64(savings.at[first, f"saving_standard{MIL}"]) * 0.5)
    parts = [record[f"{when}_parts_million_yen"] for when in ("baseline", "objective")]
    rows = dict(opening({**tables, "savings": savings}, tables["places"], *parts, "nation", None, say))
    assert f"spending is taken not to follow {say.money(lost)}" in rows[say("open_spent")]
