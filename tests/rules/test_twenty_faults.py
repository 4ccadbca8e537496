"""Faults put by hand into statements, quantities and readings: each is caught by rows held against golden files, or by
readings held against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from optimization.model import limits, money, pool
from optimization.model.affine import Affine
from optimization.model.columns import Columns
from optimization.model.horizon import Year
from optimization.model.model import build_model
from optimization.model.quantities import QUANTITIES as OVER_COLUMNS
from optimization.rules import accounts, debts, fiscal, written
from optimization.rules.accounts import QUANTITIES as OF_ACCOUNTS
from optimization.rules.clarity import changes
from optimization.rules.quantities import QUANTITIES
from optimization.rules.statement import Statement, at_least, at_most, within
from tests.model.test_golden import GOLDEN, PACKAGES, rows_of, three_by_three
from tests.rules.reading_case import differ
from tests.rules.test_readings_agree import COARSE, solution

TITLES = ("every limit", "a later year")
Patch = pytest.MonkeyPatch


# ---- the checks


@cache
def built(title: str) -> tuple[pyo.ConcreteModel, Columns]:
    """The program of a package of the golden files."""
    columns = three_by_three(**PACKAGES[title]).columns()
    return build_model(columns), columns


def places(title: str) -> Iterator[tuple[Any, Columns]]:
    """The program and its later years."""
    model, columns = built(title)
    yield model, columns
    yield from ((Year(model, year), part) for year, part in columns.later.items())


def rewritten(title: str, component: str) -> list[str]:
    """The rows of a component as it is written now, in every year of a program."""
    found = []
    for place, columns in places(title):
        place.del_component(component)
        place.del_component(f"{component}_index")
        limits.write(place, columns, [component])
        if lines := list(rows_of(place.component(component))):
            found.append("\n".join([f"# {title}", *lines]))
    return found


def golden(title: str, component: str) -> list[str]:
    """The rows of a component as its golden file has them."""
    blocks = (GOLDEN / f"{component}.txt").read_text(encoding="utf-8").rstrip("\n").split("\n\n")
    return [block for block in blocks if block.startswith(f"# {title}\n")]


def rows_differ(components: tuple[str, ...]) -> bool:
    """Whether some rows are not the golden ones."""
    return any(rewritten(title, name) != golden(title, name) for title in TITLES for name in components)


def readings_differ() -> bool:
    """Whether columns, accounts and tables of some decision disagree on how far a limit is passed, or columns and
    accounts on a quantity."""
    asked = [("free", 0), ("free", 1), ("free", 2), ("special", 0), ("transfer", 0)]
    return any(_differ(*one) for one in asked)


def _differ(name: str, seed: int) -> bool:
    found = solution(name, seed)
    columns, of_accounts = found.from_columns(), found.from_accounts()
    apart = [
        each
        for each in QUANTITIES
        if each not in COARSE
        and not np.allclose(columns.quantity(each), of_accounts.quantity(each), rtol=1e-6, atol=1e-5)
    ]
    return bool(apart or differ(columns, of_accounts) or differ(found.from_tables(), of_accounts))


# ---- the faults


def formula(statement: Statement, wrong: Callable[[Any], Any], *of: str) -> Callable[[Patch], None]:
    """A statement with another formula (and what it then speaks of)."""

    def put(patch: Patch) -> None:
        patch.setitem(vars(statement), "formula", wrong)
        if of:
            patch.setitem(vars(statement), "of", of)

    return put


def part(statement: Statement, name: str, value: Any) -> Callable[[Patch], None]:
    """A statement with another part."""
    return lambda patch: patch.setitem(vars(statement), name, value)


def quantity(readings: Any, name: str, wrong: Any) -> Callable[[Patch], None]:
    """A quantity read otherwise."""
    return lambda patch: patch.setitem(readings, name, wrong)


def without(name: str, of: Callable[[Columns], Affine]) -> Callable[[Columns], Affine]:
    """An expression that has lost the columns of a block."""

    def lost(columns: Columns) -> Affine:
        whole = of(columns)
        return Affine(whole.constant, {k: m for k, m in whole.parts.items() if k != name})

    return lost


def shifted(of: Callable[[Columns], Affine], constant: Callable[[Columns], np.ndarray]) -> Any:
    """An expression that has lost a constant."""
    return lambda columns: Affine(of(columns).constant - constant(columns), of(columns).parts)


FLOOR, DEPENDENCE = "equity.adequacy_floor", "discipline.grant_dependence_ceiling"

FAULTS: dict[str, tuple[Callable[[Patch], None], tuple[str, ...]]] = {
    "adequacy with its sign flipped": (
        formula(fiscal.adequacy, lambda f: at_most(funds=1, standard_cost=-f[FLOOR])),
        ("E1",),
    ),
    "adequacy without its floor": (
        formula(fiscal.adequacy, lambda f: at_least(funds=1, standard_cost=-1)),
        ("E1",),
    ),
    "a ceiling of coverage that forgets today": (
        formula(fiscal.coverage, lambda f: at_most(funds=1, standard_cost=-f["equity.coverage_ceiling"])),
        ("E2",),
    ),
    "dispersion held against its level": (
        formula(fiscal.dispersion, lambda f: at_most(f["equity.dispersion_level"], dispersion=1)),
        ("E3_mean",),
    ),
    "the tax price held against one's own share of today": (
        formula(
            fiscal.tax_price,
            lambda f: within(
                {"standard_cost": f["equity.tax_price_spread"]},
                own_part=1,
                standard_cost=-f.today("own_share"),
            ),
        ),
        ("E4",),
    ),
    "the tax price on one side only": (
        formula(
            fiscal.tax_price,
            lambda f: at_most(
                own_part=1, standard_cost=-f.today("mean_own_share") - f["equity.tax_price_spread"]
            ),
        ),
        ("E4",),
    ),
    "losses that forget today's coverage": (
        formula(
            fiscal.losses,
            lambda f: at_least(funds=1, let_off=1, standard_cost=f["equity.loss_limit"] - 1),
        ),
        ("E6",),
    ),
    "losers without a way out": (
        formula(
            fiscal.losses,
            lambda f: at_least(funds=1, standard_cost=-(1 - f["equity.loss_limit"]) * f.today("coverage")),
        ),
        ("E6",),
    ),
    "losers held against the limit of losses": (
        formula(fiscal.losers, lambda f: at_most(f["equity.loss_limit"], people_losing=1)),
        ("E6_people",),
    ),
    "top-ups in million yen where rows are in billion": (part(fiscal.top_ups, "scale", 1.0), ("E6path_sum",)),
    "balance of the standard cost": (
        formula(fiscal.balance, lambda f: at_least(funds=1, standard_cost=-1), "funds", "standard_cost"),
        ("D1",),
    ),
    "retention of what is counted": (
        formula(fiscal.retention, lambda f: at_most(f["discipline.retention_floor"], common_share=1)),
        ("D3",),
    ),
    "dependence on grants of standard cost": (
        formula(
            fiscal.grant_dependence,
            lambda f: at_most(transfer=1, standard_cost=-f[DEPENDENCE]),
            "transfer",
            "standard_cost",
        ),
        ("D2",),
    ),
    "the municipal floor asked of prefectures": (part(fiscal.own_source_municipal, "tier", 1), ("D2own",)),
    "a match on one side only": (
        formula(fiscal.match, lambda f: at_most(funds=1, standard_cost=-1 - f["discipline.match_ceiling"])),
        ("D5",),
    ),
    "a match that is never in force": (part(fiscal.match, "on", lambda settings: False), ("D5",)),
    "debt service without its declared scale": (part(debts.debt_service, "scale", 1.0), ("D4",)),
    "the future burden in the place of debt service": (
        formula(
            debts.debt_service,
            lambda f: at_least(debt_base=f[debts.SERVICE_CEILING], future_burden=-1),
            "debt_base",
            "future_burden",
        ),
        ("D4",),
    ),
    "changes that are not counted": (formula(changes, lambda f: at_most(0, duties_moved=1)), ("R9",)),
    "program: nobody stays": (
        quantity(OVER_COLUMNS, "duties_moved", without("y", OVER_COLUMNS["duties_moved"])),
        ("R9",),
    ),
    "program: a pool without corrections": (quantity(OVER_COLUMNS, "paid", money.transfer), ()),
    "program: the nation without its units": (
        quantity(OVER_COLUMNS, "national_outlay", without("u", pool.national_outlay)),
        ("F6",),
    ),
    "program: the nation without taxes handed over": (
        quantity(OVER_COLUMNS, "national_outlay", without("theta", pool.national_outlay)),
        (),
    ),
    "program: funds without what is paid out of the pool": (
        quantity(OVER_COLUMNS, "funds", without("left", money.funds)),
        (),
    ),
    "program: what the pool leaves before corrections": (
        quantity(OVER_COLUMNS, "released", shifted(pool.released, lambda columns: np.ones(1))),
        (),
    ),
    "accounts: the nation keeps what it pays as special allocation": (
        quantity(
            OF_ACCOUNTS, "national_outlay", lambda r: r.accounts.national_outlay - r.accounts.special.sum()
        ),
        (),
    ),
    "tables: taxes handed over are those of the plan alone": (
        quantity(
            written.QUANTITIES,
            "handed_over",
            lambda w: (
                w.tables.figures("taxes", "base_million_yen") * w.tables.figures("taxes", "assigned_ratio")
            ).sum(),
        ),
        (),
    ),
    "tables: no special allocation": (
        quantity(written.QUANTITIES, "special", lambda w: 0 * w.of("grant")),
        (),
    ),
    "program: funds without the guarantee": (
        quantity(OVER_COLUMNS, "funds", without("e", money.funds)),
        (),
    ),
    "program: funds without the extraordinary bond of today": (
        quantity(OVER_COLUMNS, "funds", shifted(money.funds, lambda columns: columns.instance.bond)),
        (),
    ),
    "program: later funds without the bond of the year": (
        quantity(OVER_COLUMNS, "funds", without("bond", money.funds)),
        ("E1",),
    ),
    "program: a later scale without the bond of the year": (
        quantity(OVER_COLUMNS, "debt_base", without("bond", money.debt_base)),
        ("D4",),
    ),
    "accounts: debts over general funds": (
        quantity(OF_ACCOUNTS, "debt_base", lambda r: r.accounts.funds),
        (),
    ),
    "program: debts of a later year without the bonds since": (
        quantity(OVER_COLUMNS, "debt_service", without("owed", money.debt_service)),
        ("D4",),
    ),
    "program: spending without what bodies cost": (
        quantity(OVER_COLUMNS, "spending", without("v", OVER_COLUMNS["spending"])),
        ("D1",),
    ),
    "accounts: the own part without the guarantee": (
        quantity(OF_ACCOUNTS, "own_part", lambda r: r.accounts.standard_cost - r.accounts.transfer),
        (),
    ),
    "accounts: today's coverage is that of the plan": (
        quantity(accounts.TODAY, "coverage", lambda today: np.ones(len(today.funds))),
        ("E2",),
    ),
    "accounts: gross cost net of the earmarked share": (
        quantity(OF_ACCOUNTS, "gross_cost", lambda r: r.accounts.standard_cost),
        (),
    ),
    "tables: what is paid without corrections": (
        quantity(written.QUANTITIES, "paid", lambda w: w.of("grant") - w.of("contribution")),
        (),
    ),
    "tables: debts as ratios": (
        quantity(
            written.QUANTITIES,
            "debt_service",
            lambda w: w.tables.figures("governments", "real_debt_service_ratio"),
        ),
        (),
    ),
    "tables: own revenue of today's bases": (
        quantity(written.QUANTITIES, "own_revenue", lambda w: w.of("own_revenue_today")),
        (),
    ),
}


def test_there_are_twenty_faults_and_more() -> None:
    assert len(FAULTS) >= 20


def test_without_a_fault_nothing_differs() -> None:
    named = {component for _, components in FAULTS.values() for component in components}
    assert not rows_differ(tuple(sorted(named))) and not readings_differ()


@pytest.mark.parametrize("name", list(FAULTS))
def test_a_fault_is_caught(name: str, monkeypatch: Patch) -> None:
    put, components = FAULTS[name]
    put(monkeypatch)
    assert rows_differ(components) if components else readings_differ()
