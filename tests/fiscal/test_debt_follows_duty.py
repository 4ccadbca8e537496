"""Debt goes along with the duty for whose works it was made: by hand, against enumeration, in readings and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimization.archive import write_run
from optimization.case.load import load_case
from optimization.dictionary.purposes import load_purposes
from optimization.dictionary.settings import status_quo
from optimization.explain.diagnosis import diagnose
from optimization.explain.words import sentences
from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.debt import debts_of, debts_today
from optimization.ledger.decision import status_quo as as_it_is
from optimization.ledger.flows import by_sector, flows_of, side_by_side
from optimization.ledger.layout import lay_out
from optimization.ledger.places import leeway
from optimization.referee.audit import audit_run
from optimization.referee.closure import YEN, closures
from optimization.referee.debts import debt_closures
from tests.horizon.horizon_case import STILL
from tests.model.enumerated import found_by_both_methods
from tests.model.random_case import best, decisions, random_question
from tests.rules.test_readings_agree import solution
from tests.seeds import seeds
from tests.small_case import EXACT, Prefecture, Service, Small, Town, given_curves, small, spending

INPUTS = Path(__file__).parents[2] / "inputs"


RATIOS = {"debt_ratio": 0.12, "burden_ratio": 1.5}


def works(**by_code: dict[str, float]) -> pd.DataFrame:
    """Construction by code (`_03201`) and purpose, million yen."""
    return pd.concat(
        spending({code[1:]: 10.0 * amount}).assign(purpose=purpose)
        for code, built in by_code.items()
        for purpose, amount in built.items()
    )


def town(tier: str = "prefecture", own: float = 1.0, **changes: Any) -> Small:
    """A town of need 160: fire 100, debt service 20 (12 of it for works) and 40 of other need; three quarters of its
    construction are for fire, one for schools, which this case does not have. Fire goes to another tier. It has little
    of its `own`.

    Today funds are 160 and the base 140; 12% of it, 16.8, are to be borne, and 1.5 x 140 = 210 of debts.
    """
    question = small(
        [Town("03201", need={"fire": 100.0}, other=60.0, full=own, debt=20.0, debt_of_assets=12.0, **RATIOS)],
        [Service("fire", tiers=("prefecture", "nation"))],
        [Prefecture("03", other=100.0)],
        changes={"responsibility.fix": {"fire": tier}, **changes},
    )  # fmt: skip
    built = works(_03201={"fire": 3.0, "education": 1.0})
    return replace(question, case=replace(question.case, spending=built))


def of(accounts: Accounts, figures: np.ndarray, code: str) -> float:
    return float(figures[accounts.instance.case.governments.index.get_loc(code)])


# ---- by hand


def test_debt_goes_with_fire_to_the_prefecture() -> None:
    """9 of the 12 for works: need and cost of the town fall to 51, those of the prefecture rise to 209, so that nobody
    is left with a yen more or less. 12.6 of the 16.8 to be borne go along: 4.2 over 51 - 11, and 12.6 over 209 - 9."""
    accounts = town().optimum()
    before = todays_accounts(accounts.instance)
    for code, funds, cost in (("03201", 51.0, 51.0), ("03", 209.0, 209.0)):
        assert of(accounts, accounts.funds, code) == pytest.approx(funds)
        assert of(accounts, accounts.standard_cost, code) == pytest.approx(cost)
        left = [of(a, a.funds - a.spending, code) for a in (before, accounts)]
        assert left[1] - left[0] == pytest.approx(0.0, abs=1e-9)
    found = debts_of(accounts)
    assert [of(accounts, found.in_need, code) for code in ("03201", "03")] == pytest.approx([11.0, 9.0])
    assert [of(accounts, found.service, code) for code in ("03201", "03")] == pytest.approx([4.2, 12.6])
    assert [of(accounts, found.burden, code) for code in ("03201", "03")] == pytest.approx([52.5, 157.5])
    assert [of(accounts, found.ratios[0], code) for code in ("03201", "03")] == pytest.approx(
        [4.2 / 40, 12.6 / 200]
    )
    assert accounts.objective == pytest.approx(before.objective)


def test_debt_that_stays_weighs_on_what_is_left() -> None:
    """16.8 over 60 - 20 are 42%; half of it going along, 10.5 over 55.5 - 15.5, 26.25%."""
    for share, ratio in ((0.0, 0.42), (0.5, 0.2625), (1.0, 0.105)):
        accounts = town(**{"debt.follows_duty_share": share}).optimum()
        assert of(accounts, debts_of(accounts).ratios[0], "03201") == pytest.approx(ratio)


def test_the_nation_pays_the_debt_service_of_what_it_takes_over() -> None:
    """100 of fire and 9 of debt service, and 109 less of allocation; the accounts of all sectors close."""
    accounts = town("nation").optimum()
    before = todays_accounts(accounts.instance)
    assert accounts.national_debt_service == pytest.approx(9.0)
    assert accounts.national_outlay - before.national_outlay == pytest.approx(100.0 + 9.0 - 109.0)
    flows = flows_of(accounts).groupby(["from_sector", "to_sector", "kind"]).sum()
    assert flows["nation", "outside", "debt_service"] == pytest.approx(9.0)
    assert flows["municipalities", "outside", "other_needs"] == pytest.approx(60.0 - 9.0)
    change = by_sector(side_by_side(accounts, before)).sum()
    assert change["balance_package_million_yen"] == pytest.approx(change["balance_today_million_yen"])


@pytest.mark.parametrize("tier", ["prefecture", "nation"])
@pytest.mark.parametrize("own", [1.0, 400.0])
def test_a_duty_settled_with_its_debt_leaves_nobody_a_yen_more_or_less(tier: str, own: float) -> None:
    """Whether the town receives an allocation or has 400 of its own: need and cost move by 109 alike."""
    accounts = town(tier, own, **{"formula.settles_duties": True}).optimum()
    before = todays_accounts(accounts.instance)
    assert leeway(accounts) == pytest.approx(leeway(before), abs=1e-6)
    assert accounts.national_outlay == pytest.approx(before.national_outlay)


def test_an_impossible_step_is_explained_with_who_would_cross_it() -> None:
    """42% without the debt going along: the steps and the prescribed tier cannot hold together."""
    question = town(**{"debt.follows_duty_share": 0.0, "discipline.debt_steps_kept": True})
    with given_curves(question.curves):
        found = diagnose(question.case, question.package)
    assert {limit.key for limit in found.conflict} == {"discipline.debt_steps_kept", "responsibility.fix"}
    said = " ".join(sentences(found))
    assert "1 government must miss the steps of the law on debts (rule D4step) by" in said and "03201" in said


def test_refunds_that_end_end_wherever_the_debt_goes() -> None:
    """Half of the refund is honoured: the prefecture is recognised 4.5 of 9 and bears 12.6 + 4.5."""
    ends = {"formula.debt_service_refund": 0.0, "formula.promised_refunds_honoured": 0.5}
    found = debts_of(accounts := town(**ends).optimum())
    assert of(accounts, found.in_need, "03") == pytest.approx(4.5)
    assert of(accounts, found.service, "03") == pytest.approx(12.6 + 4.5)
    assert of(accounts, found.service, "03201") == pytest.approx(4.2 + 5.5)


def test_need_that_will_not_come_is_among_the_debts_to_be_borne() -> None:
    """Bonds of 150 against 10 paid a year: 15 years. Half of 20 and of the 9 that go along is no longer recognised, so
    that 15 x 10 are added in all, 15 x 4.5 of it to the prefecture."""
    ends = {"formula.debt_service_refund": 0.0, "formula.promised_refunds_honoured": 0.5}
    question = town(**ends)
    frame = question.case.governments.assign(bonds_outstanding_million_yen=[0.0, 150.0])
    paid = spending({"03201": 10.0}).assign(purpose="debt_service", construction_million_yen=0.0)
    case = replace(question.case, governments=frame, spending=pd.concat([question.case.spending, paid]))
    accounts = replace(question, case=case).optimum()
    burden = debts_of(accounts).burden
    assert [of(accounts, burden, code) for code in ("03201", "03")] == pytest.approx(
        [52.5 + 15 * 5.5, 157.5 + 15 * 4.5]
    )


def test_what_is_negative_stays() -> None:
    """A town whose sources exceed its debt service hands nobody less than nothing."""
    question = town()
    frame = question.case.governments.assign(real_debt_service_ratio=-0.05)
    accounts = replace(question, case=replace(question.case, governments=frame)).optimum()
    assert debts_of(accounts).service == pytest.approx(debts_today(accounts.instance).service)


def test_a_later_year_moves_the_same_debts() -> None:
    question = town(**{"horizon.years": ["2050"], **STILL, "horizon.need_growth": 0.01})
    accounts = question.optimum()
    assert accounts.later[0].debt_service_moved == pytest.approx(accounts.debt_service_moved)
    assert of(accounts, accounts.debt_service_moved, "03") == pytest.approx(9.0)


def test_debts_are_attributed_by_construction_and_within_a_purpose_by_standard_cost() -> None:
    """Of 8 of construction 2 are for welfare, of which nurseries (60) and elderly care (20) have works and benefits
    none, 2 for fire, 4 for what is no service of the case; of the prefecture all for high schools."""
    needs = {"fire": 50.0, "social_welfare": 60.0, "elderly_care": 20.0, "public_assistance": 500.0}
    question = small(
        [Town("03201", need=needs), Town("03202", need={"fire": 10.0})],
        [*(Service(name) for name in needs), Service("high_schools", home="prefecture")],
        [Prefecture("03", need={"high_schools": 30.0})],
    )
    built = works(_03201={"welfare": 2.0, "fire": 2.0, "commerce": 4.0}, _03={"education": 5.0})
    instance = replace(question, case=replace(question.case, spending=built)).instance
    shares = pd.DataFrame(instance.asset_share, instance.case.codes, instance.services)
    assert shares.loc["03201"].to_dict() == pytest.approx(
        {"fire": 0.25, "social_welfare": 0.1875, "elderly_care": 0.0625, "public_assistance": 0.0,
         "high_schools": shares.at["03201", "high_schools"]}
    )  # fmt: skip
    assert shares["high_schools"].sum() == pytest.approx(1.0)
    assert shares.loc["03202"].drop("high_schools").sum() == 0.0  # a town that has built nothing


def test_a_purpose_names_its_services_alone() -> None:
    entry = load_purposes()["fire"]
    with pytest.raises(ValueError, match="which is no service of the purpose"):
        type(entry).model_validate({**entry.model_dump(), "assets": ("police",)})


# ---- against others


def owing(seed: int) -> Small:
    """A random question whose governments have built, each its own mix, and whose steps of the law count."""
    question = random_question(seed)
    draw = np.random.default_rng([seed, 24])
    codes = [*question.case.codes, *question.case.prefectures.index]
    built = [
        spending({code: float(draw.uniform(0, 60)) for code in codes}).assign(purpose=purpose)
        for purpose in ("fire", "health_sanitation", "education")
    ]
    frame = question.case.governments
    debts = frame["debt_service_million_yen"] + draw.uniform(0, 5, len(frame)).round(2)
    prefecture = frame["tier"] == "prefecture"
    paid = spending({code: float(draw.uniform(1, 9)) for code in codes})
    built.append(paid.assign(purpose="debt_service", construction_million_yen=0.0))
    frame = frame.assign(
        bonds_outstanding_million_yen=30.0,
        need_million_yen=frame["need_million_yen"] + np.where(prefecture, debts, 0.0),
        debt_service_million_yen=debts,
        asset_debt_service_million_yen=0.7 * debts,
        real_debt_service_ratio=np.where(prefecture, 0.12, frame["real_debt_service_ratio"]),
    )
    owed = replace(question, case=replace(question.case, governments=frame, spending=pd.concat(built)))
    return owed.but(
        **{
            "formula.counted_share": [0.75, 0.75],
            "discipline.debt_steps_kept": bool(seed % 2),
            "formula.debt_service_refund": float(draw.choice([0.5, 1.0])),
            "formula.promised_refunds_honoured": 0.4,
            "debt.follows_duty_share": float(draw.choice([0.5, 1.0])),
        }
    )


@pytest.mark.parametrize("seed", seeds(4, 40))
def test_the_solver_finds_the_best_of_all_listed_decisions(seed: int) -> None:
    question = owing(seed)
    found_by_both_methods(question, best(question.instance))


@pytest.mark.parametrize("seed", seeds(4, 60))
def test_whatever_is_decided_no_debt_appears_or_is_lost(seed: int) -> None:
    """What the need promised of debt service lies with somebody; the accounts close; nothing moves where no duty
    does."""
    instance, draw = owing(seed).instance, np.random.default_rng(seed)
    before, listed = todays_accounts(instance), decisions(instance)
    assert Accounts(instance, as_it_is(instance)).debt_service_moved == pytest.approx(0.0, abs=0.0)
    for n in draw.choice(len(listed), min(5, len(listed)), replace=False):
        after = Accounts(instance, listed[n])
        assert after.debt_service_moved.sum() == pytest.approx(-after.national_debt_service, abs=1e-9)
        sums = by_sector(side_by_side(after, before)).sum()
        change, fall = (
            sums[f"{name}_package_million_yen"] - sums[f"{name}_today_million_yen"]
            for name in ("balance", "resource_cost")
        )
        assert change == pytest.approx(-fall, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_written_tables_say_the_same_of_any_decision(seed: int) -> None:
    found = solution("free", seed)
    tables = {name: table.to_dict("records") for name, table in found.tables().items()}
    asked = found.tight.instance.settings
    told = [*closures(tables, float, asked["pool.released"]), *debt_closures(tables, asked, float)]
    assert len(told) > 50 and [c for c in told if abs(c.distance) > YEN] == []


# ---- tables


def cell(table: str, column: str, by: float, **where: str) -> Callable[[Path], None]:
    """Add to a number where other columns say so."""

    def change(folder: Path) -> None:
        frame = pd.read_csv(folder / f"{table}.csv", dtype=str, keep_default_na=False)
        here = np.logical_and.reduce([frame[name] == value for name, value in where.items()])
        assert here.sum() == 1
        frame.loc[here, column] = (frame.loc[here, column].astype(float) + by).astype(str)
        frame.to_csv(folder / f"{table}.csv", index=False)

    return change


@pytest.mark.parametrize(
    "change",
    [
        cell("debts_of_services", "share_of_debt_ratio", 1e-5, code="03201"),
        cell("debts", "debt_service_for_works_million_yen", 1e-4, government="03201"),
        cell("debts", "debt_service_in_need_million_yen", 1e-5, government="03201"),
        cell("debts", "real_debt_service_million_yen", -1e-5, government="03201"),
        cell("debts", "future_burden_million_yen", -1e-5, government="03201"),
        cell("debts", "debt_term_years", 1e-5, government="03201"),
        cell("flows", "package_million_yen", -1e-5, kind="debt_service"),
        cell("flows_by_government", "package_million_yen", 1e-5, kind="other_needs", government="03201"),
        cell("governments", "real_debt_service_ratio", -1e-5, government="03201"),
    ],
)
def test_a_tampered_debt_is_found(change: Callable[[Path], None], tmp_path: Path) -> None:
    question = town(
        "nation", **{"formula.debt_service_refund": 0.5, "formula.promised_refunds_honoured": 0.0}
    )
    write_run(question.solve(), tmp_path / "run", EXACT, "decomposed", ())
    assert audit_run(tmp_path / "run").sound
    change(tmp_path / "run")
    assert not audit_run(tmp_path / "run").checks["debts are those of the law's formula"]


def test_the_teaching_case_attributes_most_of_its_debt(tmp_path: Path) -> None:
    """Every government's shares lie within 0 and 1 in sum; roads and schools hold most of the municipal debt; teachers
    and benefits none. A case without spending says that debts stay."""
    case = load_case(INPUTS / "iwate-2022")
    instance = lay_out(case, status_quo(list(case.services.index), case.defaults))
    held = np.zeros(len(case.governments))
    np.add.at(held, instance.home_government, instance.asset_share)
    assert (held > 0.75).all() and (held <= 1 + 1e-12).all()
    by_service = pd.Series(instance.asset_share.sum(axis=0), instance.services)
    assert (by_service[["compulsory_teachers", "public_assistance", "tax_collection"]] == 0).all()
    assert by_service["schools"] + by_service["municipal_roads"] > 0.2 * 33
