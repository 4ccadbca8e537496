"""A statement says the same whoever reads it: rows of the program, accounts, tables in floats and in fractions."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimization.ledger import debt
from optimization.ledger.accounts import Accounts
from optimization.model.affine import variables_of
from optimization.model.horizon import Year
from optimization.model.quantities import QUANTITIES as OVER_COLUMNS
from optimization.model.quantities import ColumnsReading
from optimization.rules import written
from optimization.rules.accounts import QUANTITIES as OF_ACCOUNTS
from optimization.rules.accounts import AccountsReading
from optimization.rules.listed import STATEMENTS
from optimization.rules.quantities import QUANTITIES
from tests.model.test_golden import three_by_three
from tests.rules.reading_case import LOOSE, SPOKEN_FOR, AtColumns, Read, differ, excess, read, worst
from tests.small_case import Small, spending

FREE: dict[str, Any] = {
    "formula.counted_share": [0.5, 0.75],
    "formula.unit_cost_revision": [0.9, 1.1],
    "guarantee.share": {"fire": [0.2, 0.5]},
    "taxes.assigned": {"municipal.land": [0.9, 1.1]},
    "taxes.counted_share": {"municipal.land": [0.6, 0.8]},
    "pool.national_tax_shares": {"income": [0.2, 0.3]},
    "pool.ordinary_million_yen": 1e6,
    "nation.limit_million_yen": 1e7,
    "formula.debt_service_refund": 0.5,
    "formula.promised_refunds_honoured": 0.4,
}
CRISES: dict[str, Any] = {
    "crisis.scenarios": ["all"],
    "crisis.lead_tiers": ["prefecture", "nation"],
    "crisis.reserve_tiers": ["prefecture"],
    "crisis.cvar_ceiling_million_yen": 1e6,
    "crisis.worst_case_share": 1.0,
}
SPECIAL: dict[str, Any] = FREE | {"pool.released": "special", "pool.ordinary_million_yen": 500.0}
MOVED: dict[str, Any] = FREE | {
    "pool.released": "transfer",
    "pool.ordinary_million_yen": 500.0,
    "taxes.assigned": {"municipal.land": [0.5, 5.0]},
}
SPREAD: dict[str, Any] = {
    key: FREE[key] for key in FREE if not key.startswith(("formula.unit", "guarantee"))
} | {
    "formula.adjustment_rate": [0.0, 0.1],
    "pool.ordinary_million_yen": 160.0,
}
QUESTIONS: dict[str, dict[str, Any]] = {
    "free": FREE,
    "crises": FREE | CRISES,
    "special": SPECIAL,
    "transfer": MOVED,
    "spread": SPREAD,
}
CASES = [("free", 0), ("free", 1), ("free", 2), ("crises", 0), ("special", 0), ("transfer", 0), ("spread", 0)]

COARSE = {"let_off", "place_let_off", "tiers_answering", "shortage_at_risk"}
"""Quantities that rows bound from one side, or that stand in the program for some members alone."""


@cache
def solution(name: str, seed: int) -> Read:
    """A random decision of a small question, read once for all tests."""
    return read(with_corrections(three_by_three(**QUESTIONS[name])), seed)


def with_corrections(question: Small) -> Small:
    """The question with corrections of earlier years, extraordinary bonds of today, and debts for works that follow
    duties, in its accounts."""
    frame = question.case.governments.copy()
    frame["allocation_paid_million_yen"] += np.linspace(0.5, 2.0, len(frame))
    frame["bond_transfer_million_yen"] += np.linspace(1.0, 4.0, len(frame))
    frame["asset_debt_service_million_yen"] = 0.6 * frame["debt_service_million_yen"]
    works = spending(dict.fromkeys([*question.case.codes, *question.case.prefectures.index], 30.0))
    elsewhere = works.assign(purpose="education", construction_million_yen=2.0)
    frame["bonds_outstanding_million_yen"] = 40.0
    paid = works.assign(purpose="debt_service", construction_million_yen=0.0)
    case = replace(question.case, governments=frame, spending=pd.concat([works, elsewhere, paid]))
    return replace(question, case=case)


def test_every_reading_knows_every_quantity() -> None:
    assert set(OVER_COLUMNS) == set(OF_ACCOUNTS) == set(QUANTITIES)
    assert set(written.QUANTITIES) | set(written.SUMMED) == set(QUANTITIES)


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_columns_and_accounts_agree_on_every_quantity(name: str, seed: int) -> None:
    columns, accounts = solution(name, seed).from_columns(), solution(name, seed).from_accounts()
    for quantity in QUANTITIES:
        here, there = columns.quantity(quantity), accounts.quantity(quantity)
        if quantity not in COARSE:
            assert here == pytest.approx(there, rel=1e-6, abs=1e-5), quantity
    for quantity in ("let_off", "place_let_off"):
        assert (columns.quantity(quantity) >= accounts.quantity(quantity) - 1e-6).all()


@pytest.mark.parametrize(("name", "seed"), CASES)
def test_rows_accounts_and_tables_say_the_same_of_every_limit(name: str, seed: int) -> None:
    found = solution(name, seed)
    accounts = worst(found.from_accounts())
    assert sum(beyond > 1e-3 for beyond in accounts.values()) >= 5, "the decision keeps almost every limit"
    for reading in (found.from_columns(), found.from_tables(), found.from_fractions()):
        assert differ(reading, found.from_accounts()) == []
        furthest = worst(reading)
        assert furthest.keys() == accounts.keys()
        assert furthest["E6"] <= accounts["E6"] + 1e-6 or accounts["E6"] > 0
        assert furthest["P6"] <= accounts["P6"] + 1e-6 or accounts["P6"] > 0
        assert furthest["D3"] >= accounts["D3"] - 1e-6
        assert furthest["R1"] <= accounts["R1"] + 1e-6
        if not isinstance(reading, AtColumns):  # rows count the tiers of crowded services alone
            assert furthest["R1"] == pytest.approx(accounts["R1"])


def test_rows_and_accounts_agree_in_a_later_year_with_its_bond_and_debts() -> None:
    later = {"horizon.years": ["2050"], "horizon.need_growth": 0.02, "pool.ordinary_million_yen": 60.0}
    found = read(with_corrections(three_by_three(**{**later, "equity.loss_limit": "off"})), 0)
    accounts, (year, part) = found.accounts, next(iter(found.table.later.items()))
    assert accounts.decision.bonds[0] > 1.0
    there = AccountsReading(accounts.later[0], debt.debts_later(accounts)[0])
    place, over = Year(found.model, year), ColumnsReading(part)
    one_sided = {*COARSE, *SPOKEN_FOR, "national_shortfall"}
    for quantity in QUANTITIES:
        if QUANTITIES[quantity].decided_once or quantity in one_sided:
            continue
        expression = over.quantity(quantity)
        here = expression.constant + sum(
            matrix @ found.values.of(variables_of(place, name)) for name, matrix in expression.parts.items()
        )
        assert here == pytest.approx(there.quantity(quantity), rel=1e-6, abs=1e-4), quantity


def test_a_statement_says_of_what_it_speaks() -> None:
    reading = solution("free", 0).from_accounts()
    for statement in STATEMENTS:
        if statement.in_force(reading.settings):
            form = statement.formula(reading)
            assert set(form.terms) | set(form.margin or {}) == set(statement.of) - (
                {"standard_cost"} if statement.label == "E6path" else set()
            ), statement.label


def test_loose_limits_are_in_force_and_kept() -> None:
    found = solution("free", 0)
    reading = AccountsReading(Accounts(found.table.instance, found.accounts.decision))
    for statement in STATEMENTS:
        if statement.setting in LOOSE:
            assert statement.in_force(reading.settings), statement.label
            assert np.max(excess(statement, reading), initial=-1.0) <= 1e-6, statement.label
