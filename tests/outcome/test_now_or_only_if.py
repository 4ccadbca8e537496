"""What to do now, only if and not: savings of single things by the ledger, verdicts by their rule, conditions that can
be meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimization.archive import read_run
from optimization.archive.run import write_run
from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.case.resolved import with_settings
from optimization.ledger.cost_kinds import real_cost
from optimization.ledger.decision import Decision
from optimization.ledger.provided import Provided
from optimization.outcome.conditions import best_split, moving, telling
from optimization.outcome.result import Result
from optimization.outcome.saving_range import SavingRange
from optimization.outcome.solve import solve
from optimization.outcome.verdicts import Saved, of_other, of_plan
from optimization.referee.audit import audit_of, written_settings
from optimization.solving.highs import Limits

IWATE = Path(__file__).parents[2] / "inputs/iwate-2022"
LEVELS = (np.arange(20) + 0.5) / 20


@pytest.fixture(scope="module")
def priced() -> Result:
    """A plan that moves duties and asks each for a saving, so that giving back was priced."""
    case = load_case(IWATE)
    package = with_settings(load_package(case, "role_division"), {"choice.change_threshold_million_yen": 1.0})
    return solve(case, package, limits=Limits(gap=1e-3, threads=1))


def told(result: Result) -> SavingRange:
    assert result.saving_range is not None
    return result.saving_range


def test_what_a_single_thing_saves_is_what_the_ledger_says(priced: Result) -> None:
    found = told(priced)
    assert priced.accounts is not None
    instance = priced.accounts.instance

    def cost(decision: Decision) -> float:
        return real_cost(Provided(instance, decision).provision_parts)

    tried = 0
    for n, change in enumerate(found.held.changes):
        base = found.held.base if change.anew else found.held.decision
        for step, saving in (
            (change.step, found.central.alone[0, n]),
            (change.together, found.central.together[0, n]),
        ):
            other = step.on(base)
            assert other is not None
            side = 1 if change.inside else -1
            assert side * (cost(other) - cost(base)) == pytest.approx(saving, abs=1e-5)
            tried += 1
    assert tried > 100 and any(change.anew for change in found.held.changes)


def test_changes_save_what_their_prices_say(priced: Result) -> None:
    verdicts = priced.verdicts["change_verdicts"].set_index(["service", "rule_group"])
    prices = priced.tables["priced_changes"].set_index(["service", "rule_group"])
    assert len(prices)
    ours = verdicts.loc[prices.index]
    for name in ("saving_million_yen", "service_saving_million_yen"):
        assert ours[name].to_numpy() == pytest.approx(prices[name].to_numpy(), rel=1e-5, abs=1e-3)


@pytest.mark.parametrize("weight", [0.0, 10.0])
def test_groups_that_act_together_save_in_all_what_the_plan_saves(weight: float) -> None:
    """Where no duty moves all that is saved comes of acting together; what bodies are worth to members is no saving."""
    case = load_case(IWATE)
    asked = with_settings(load_package(case, "wide_area"), {"weights.observed_sharing_million_yen": weight})
    result = solve(case, asked, limits=Limits(gap=1e-3, threads=1))
    found = told(result)
    assert result.accounts is not None and not any(change.inside for change in found.held.changes)
    saved = result.baseline.real_cost - result.accounts.real_cost
    assert len(found.held.groups) > 5
    assert found.central.groups.sum() == pytest.approx(saved, rel=1e-6)
    assert found.each.groups.sum(axis=1) == pytest.approx(found.real, rel=1e-6)


def saved(alone: np.ndarray, together: np.ndarray | None = None, asked: float = 0.0) -> Saved:
    levels = np.column_stack([LEVELS, LEVELS[::-1] ** 2 % 0.13])
    both = alone if together is None else together
    return Saved(alone, float(np.median(alone)), asked, both, asked, levels, ["realisation", "travel"])


def test_what_pays_nearly_always_and_loses_little_is_done_now() -> None:
    assert of_plan(saved(np.full(20, 5.0))).verdict == "now"
    one_bad = np.full(20, 5.0)
    one_bad[0] = -4.0
    assert of_plan(saved(one_bad)).verdict == "now"
    one_bad[0] = -6.0
    assert of_plan(saved(one_bad)).verdict == "only_if", "it loses more than it saves in the middle"


def test_what_saves_less_than_is_asked_does_not_pay() -> None:
    assert of_plan(saved(np.full(20, 5.0), asked=6.0)).verdict == "only_if"
    assert of_plan(saved(np.full(20, 5.0), asked=6.0), needed=True).verdict == "now"


def test_a_class_is_not_moved_now_where_the_service_as_a_whole_does_not_pay() -> None:
    together = np.linspace(-10.0, 12.0, 20)
    found = of_plan(saved(np.full(20, 5.0), together))
    assert (found.verdict, found.reason) == ("only_if", "together")
    assert found.split is not None and found.split.group == "realisation" and found.split.above


def test_what_hangs_on_a_number_says_on_which_side_of_which_value() -> None:
    found = of_plan(saved(40.0 * (LEVELS - 0.6)))
    assert found.verdict == "only_if" and found.split is not None
    assert (found.split.group, found.split.above, found.split.right) == ("realisation", True, 1.0)
    assert found.split.level == pytest.approx(0.6)


def test_what_the_plan_leaves_stays_left_unless_a_condition_tells() -> None:
    assert of_other(saved(np.full(20, -1.0)), False, "").verdict == "leave"
    hangs = of_other(saved(40.0 * (LEVELS - 0.7)), False, "")
    assert hangs.verdict == "only_if" and hangs.split is not None and hangs.split.right == 1.0
    pays = of_other(saved(np.full(20, 2.0)), False, "P3")
    assert (pays.verdict, pays.reason) == ("leave", "limits")
    assert of_other(saved(np.full(20, 2.0)), False, "").reason == "untold"
    small = saved(np.full(20, 2.0), asked=5.0)
    assert (
        of_other(small, True, "").reason == "given_back" and of_other(small, False, "").reason == "too_little"
    )


def test_a_group_that_moves_nothing_is_no_condition() -> None:
    draw = np.random.default_rng(1)
    levels = draw.random((20, 10))
    assert list(np.flatnonzero(moving(levels, 3.0 * levels[:, 4] - 1.0 + 1e-3 * draw.random(20)))) == [4]
    assert best_split([], levels[:, :0], levels[:, 0] > 0.5) is None


def test_a_condition_names_a_number_of_its_own_service(priced: Result) -> None:
    known = telling(told(priced).worlds, "digital")
    assert known["realisation"][0].key == "digital.scale_realisation"
    assert known["standing"][0].key == "weights.body_million_yen"
    for table in (priced.verdicts["change_verdicts"], priced.verdicts["together_verdicts"]):
        for _, row in table[table["group"] != ""].iterrows():
            name = str(row["number"])
            own = (
                "." not in name
                or name.startswith("weights.")
                or row["service"] in name.split(".")[0].split("+")
            )
            assert own, name


@pytest.mark.parametrize(
    ("column", "value", "check"),
    [
        ("verdict", "leave", "every verdict follows from its draws"),
        ("verdict", "now", "every verdict follows from its draws"),
        ("in_plan", 0, "the duties done now or only if are those of the statute"),
        ("saving_million_yen", 1e6, "a change has one saving in all tables"),
    ],
)
def test_a_verdict_that_was_changed_is_found(
    priced: Result, tmp_path: Path, column: str, value: object, check: str
) -> None:
    folder = write_run(priced, tmp_path / "run", Limits(gap=1e-3), "auto", [])
    record, tables = read_run(folder)
    settings = written_settings(folder)
    assert all(audit_of(record, tables, settings).checks.values())
    table: pd.DataFrame = tables["change_verdicts"].copy()
    mine = table.index[(table["verdict"] == "only_if") & (table["in_plan"] == 1)]
    table[column] = table[column].astype(object)
    table.loc[mine[0], column] = value
    assert not audit_of(record, {**tables, "change_verdicts": table}, settings).checks[check]
