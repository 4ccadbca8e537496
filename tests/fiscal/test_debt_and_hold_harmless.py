"""The debt ratios (D4) and the path of hold harmless (E6) where they bind, by hand."""

from __future__ import annotations

import pytest

from optimization.ledger.accounts import todays_accounts
from optimization.ledger.debt import debt_ratios, debt_stages, debts_of
from optimization.ledger.decision import status_quo
from optimization.ledger.hold_harmless import guaranteed_share, top_ups
from optimization.ledger.measures import all_measures
from optimization.outcome.debt_table import debts
from optimization.outcome.government_tables import hold_harmless
from optimization.outcome.tables import measures_table
from tests.fiscal.fiscal_case import DOWN, decided, money, rules_of, stops_at, towns, with_kappa
from tests.small_case import Prefecture, Service, Town, small

# debt: the poor town's funds are 100 kappa + 20 with the debt service of 20 in its need; its base is 100 kappa


@pytest.mark.parametrize(
    ("rule", "key", "ratios", "ceiling", "kappa"),
    [
        # 12% of 100 are 12, within 15% of 80
        ("D4", "discipline.debt_service_ceiling", {"debt_ratio": 0.12}, 0.15, 0.8),
        # above the ceiling today: no worse than today
        ("D4", "discipline.debt_service_ceiling", {"debt_ratio": 0.12}, 0.10, 1.0),
        # 2 x 100 within 2.5 x 80
        ("D4burden", "discipline.future_burden_ceiling", {"burden_ratio": 2.0}, 2.5, 0.8),
        ("D4burden", "discipline.future_burden_ceiling", {"burden_ratio": 2.0}, 1.5, 1.0),
    ],
)
def test_debt_bounds_the_funds_from_below(
    rule: str, key: str, ratios: dict[str, float], ceiling: float, kappa: float
) -> None:
    stops_at(towns(debt=20.0, **ratios, **{key: ceiling}), rule, DOWN, kappa, -1.0)


def test_a_refund_that_ends_comes_on_top_of_the_debt_service() -> None:
    """Half of the refund of 20 ends: funds are 100 kappa + 10, of which 10 are refund; debt service 12 + 10 within 25%
    of 88; the future burden is what it was, 200 within 2.5 x 80."""
    changes = {
        "formula.debt_service_refund": 0.5,
        "formula.promised_refunds_honoured": 0.0,
        "discipline.debt_service_ceiling": 0.25,
    }
    case = towns(debt=20.0, debt_ratio=0.12, burden_ratio=2.0, **changes)
    stops_at(case, "D4", DOWN, 0.88, -1.0)
    case = case.but(**{"discipline.debt_service_ceiling": "off", "discipline.future_burden_ceiling": 2.5})
    stops_at(case, "D4burden", DOWN, 0.8, -1.0)


@pytest.mark.parametrize(
    ("ratios", "rule", "kappa"),
    [
        # 12 stay a thousandth of a per cent below 18% of 100 kappa
        ({"debt_ratio": 0.12}, "D4step", 12 / 17.999),
        # at 18% and beyond today: below 25%
        ({"debt_ratio": 0.18}, "D4step", 18 / 24.999),
        ({"debt_ratio": 0.26}, "D4step", 26 / 34.999),
        # 340 below 350% of 100 kappa
        ({"burden_ratio": 3.4}, "D4warning", 340 / 349.999),
    ],
)
def test_nobody_crosses_a_step_of_the_law(ratios: dict[str, float], rule: str, kappa: float) -> None:
    stops_at(towns(debt=20.0, **ratios, **{"discipline.debt_steps_kept": True}), rule, DOWN, kappa, -1.0)


@pytest.mark.parametrize("ratios", [{"debt_ratio": 0.35}, {"debt_ratio": 0.68}, {"burden_ratio": 3.5}])
def test_who_is_beyond_the_last_step_is_left_out(ratios: dict[str, float]) -> None:
    case = towns(debt=20.0, **ratios, **{"discipline.debt_steps_kept": True})
    assert rules_of(with_kappa(case, 0.5)) == set()


def test_who_crosses_a_step_is_counted_and_marked() -> None:
    """12% of 100 are 24% of 50 and 40% of 30."""
    case = towns(debt=20.0, debt_ratio=0.12, **{"formula.unit_cost_revision": [0.1, 1.5]})
    today = todays_accounts(case.instance)
    for kappa, counts in ((0.5, (1, 0, 0)), (0.3, (1, 1, 1)), (1.0, (0, 0, 0))):
        accounts = with_kappa(case, kappa)
        found = {name: value for name, (value, _) in all_measures(accounts, today).items()}
        assert tuple(found[f"governments_from_{n}_percent"] for n in (18, 25, 35)) == counts
        assert found["governments_crossing_a_step"] == counts[0]
        table = debts(accounts, today).set_index("government")["crosses_a_step"]
        assert table.to_dict() == {"01": 0, "01201": counts[0], "01202": 0}


def test_the_scale_of_the_cards_counts_where_the_case_knows_it() -> None:
    """A scale of 150 where funds are 120: the base today is 150 - 20, debt service 12% of 130. Funds fall by 30 at
    kappa .7: 15.6 over 150 - 30 - 20 are 15.6%."""
    case = towns(debt=20.0, debt_ratio=0.12, scale=150.0, **{"formula.unit_cost_revision": [0.1, 1.5]})
    today = todays_accounts(case.instance)
    assert money(today, debt_ratios(today)[0])["01201"] == pytest.approx(0.12, abs=1e-15)
    accounts = with_kappa(case, 0.7)
    assert money(accounts, debts_of(accounts).base)["01201"] == pytest.approx(100.0)
    assert money(accounts, debt_ratios(accounts)[0])["01201"] == pytest.approx(0.156)
    stops_at(case.but(**{"discipline.debt_service_ceiling": 0.15}), "D4", DOWN, 0.74, -1.0)


@pytest.mark.parametrize(
    ("service", "burden", "kind", "stage"),
    [
        (0.179, 3.49, "city", "sound"),
        (-0.02, 0.0, "city", "sound"),
        (0.18, 0.0, "city", "permission"),
        (0.25, 0.0, "city", "early_warning"),
        (0.0, 3.5, "city", "early_warning"),
        (0.0, 3.99, "designated_city", "sound"),
        (0.0, 4.0, "designated_city", "early_warning"),
        (0.35, 3.0, "city", "rehabilitation"),
        (0.19, 3.6, "city", "early_warning"),
    ],
)
def test_the_stage_is_the_gravest_that_a_ratio_reaches(
    service: float, burden: float, kind: str, stage: str
) -> None:
    """Funds as today; the prefecture beside it is held against 4.0."""
    towns = [Town("01201", need={"fire": 100.0}, debt_ratio=service, burden_ratio=burden, kind=kind)]
    case = small(towns, [Service("fire")], [Prefecture("01", burden_ratio=3.99)])
    assert dict(zip(case.case.governments.index, debt_stages(decided(case)), strict=True)) == {
        "01": "sound",
        "01201": stage,
    }


def test_less_money_brings_a_town_to_the_next_stage() -> None:
    """12% of 100 are 24% of 50: kappa .5."""
    case = towns(debt=20.0, debt_ratio=0.12, **{"formula.unit_cost_revision": [0.1, 1.5]})
    accounts = with_kappa(case, 0.5)
    assert money(accounts, debt_ratios(accounts)[0])["01201"] == pytest.approx(0.24)
    found = {name: value for name, (value, _) in all_measures(accounts).items()}
    assert (found["governments_sound"], found["governments_permission"]) == (2.0, 1.0)
    assert found["real_debt_service_ratio_highest"] == pytest.approx(0.24)
    assert debt_stages(todays_accounts(case.instance)).tolist() == ["sound"] * 3


def test_tokyo_with_its_wards_takes_the_larger_ratio() -> None:
    case = small(
        [Town("13100", need={"fire": 100.0}, debt_ratio=0.03, burden_ratio=0.0, kind="wards")],
        [Service("fire")],
        [Prefecture("13", debt_ratio=0.01, burden_ratio=0.4)],
    )
    row = case.case.governments.loc["13+13100"]
    assert (row["real_debt_service_ratio"], row["future_burden_ratio"]) == (0.03, 0.4)


# the path of hold harmless ----------------------------------------------------------------------------


def test_the_path_tops_up_less_every_year() -> None:
    """Coverage .75 against today's 1, in steps of .1: 15, 5 and nothing of the cost of 100."""
    case = towns(**{"equity.hold_harmless_years": 3, "equity.hold_harmless_step": 0.1})
    accounts = with_kappa(case, 0.75)
    poor = [money(accounts, year)["01201"] for year in top_ups(accounts)]
    assert poor == pytest.approx([15.0, 5.0, 0.0])
    assert top_ups(accounts).sum(axis=1) == pytest.approx([15.0, 5.0, 0.0])
    table = hold_harmless(accounts)
    assert table["government"].tolist() == ["01201", "01201"]
    assert table["year"].tolist() == [1, 2]
    assert table["guaranteed_coverage_ratio"].tolist() == pytest.approx([0.9, 0.8])
    assert table["top_up_million_yen"].tolist() == pytest.approx([15.0, 5.0])
    measures = measures_table(accounts, todays_accounts(case.instance)).set_index("measure")
    row = measures.loc["hold_harmless_top_up_year_2"]
    assert (row["unit"], row["today"], row["under_package"]) == ("million yen per year", 0.0, 5.0)


def test_the_path_promises_a_share_of_the_cost_of_what_one_answers_for() -> None:
    """A duty that goes to the prefecture takes its standard cost along: nothing is topped up for it."""
    case = towns(**{"equity.hold_harmless_years": 1}).but(**{"formula.unit_cost_revision": [1.0, 1.0]})
    tier = dict.fromkeys(status_quo(case.instance).tier, "prefecture")
    accounts = decided(case, tier=tier)
    assert money(accounts, accounts.standard_cost) == pytest.approx({"01": 250.0, "01201": 0.0, "01202": 0.0})
    # the prefecture receives 150 more than its 40, coverage 1: no top-up
    assert (top_ups(accounts) == 0.0).all()


def test_a_path_that_has_run_out_promises_nothing() -> None:
    case = towns(**{"equity.hold_harmless_years": 12, "equity.hold_harmless_step": 0.1})
    paid = top_ups(with_kappa(case, 0.5)).sum(axis=1)
    assert paid == pytest.approx([40.0, 30.0, 20.0, 10.0, *[0.0] * 8])
    assert guaranteed_share(case.instance)[-3:] == pytest.approx([0.0, 0.0, 0.0])


def test_without_a_path_there_is_no_table_of_it() -> None:
    tables = {years: towns(**{"equity.hold_harmless_years": years}).solve().tables for years in (0, 1)}
    assert set(tables[1]) - set(tables[0]) == {"hold_harmless"}
    assert list(tables[1]["hold_harmless"]) == [
        "government", "name_ja", "year", "guaranteed_coverage_ratio", "top_up_million_yen",
    ]  # fmt: skip
