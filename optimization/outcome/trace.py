"""Every step of every grant: from the cells of the official workbooks to what a government gets under a package.

Six blocks, each a sum of lines that comes to its total to the yen, for every government at once:

    need today      official items of the need, less what goes over to the extraordinary bond
    revenue today   official items of the standard revenue, deductions below 0
    grant today     need - revenue - adjustment rate x need, nothing below 0; with the residual the amount that was paid
    need            today's, and by service what leaves, what comes and what the unit cost is revised by; debt service
    revenue         today's, and by tax what is counted or assigned otherwise
    grant           need - guarantees - revenue - adjustment; the residual stays; what is paid out of the released

An official amount names its workbook, sheet and heading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.dictionary.families import TODAYS_FAMILY
from optimization.dictionary.tiers import LOCAL_TIERS
from optimization.errors import InputError, Problem
from optimization.ledger.accounts import Accounts
from optimization.ledger.allocation import family_of
from optimization.outcome.result import Result
from optimization.reading.japan import JOINT_ACCOUNT, SETTLED_TOGETHER
from optimization.reading.table_file import text_table

BLOCKS: Final = ("need_today", "revenue_today", "grant_today", "need", "revenue", "grant")
YEN: Final = 1e-6
"""Million yen."""

UNIT = "_thousand_yen"
SHEETS: Mapping[str, tuple[str, str, str]] = {
    "need": ("{tier}_{year}-demand", "基準財政需要額", "need"),
    "revenue": ("{tier}_{year}-income", "基準財政収入額", "revenue"),
    "allocation": ("{tier}_{year}", "普通交付税額", "allocation"),
}
"""Workbook, words of the sheet's title, and what it holds."""

TIERS = {"municipal": "muni", "prefectural": "pref"}
FULL = "_in_full"


@dataclass(frozen=True)
class Line:
    """One line of a block: amounts of all governments (G,), million yen a year; what it is called in English and
    Japanese; where it stands in an official workbook, `service` which carries it. A `total` is the sum of the lines
    above it in its block since the last total, with that total."""

    block: str
    name: str
    label: tuple[str, str]
    amount: np.ndarray
    total: bool = False
    source: tuple[str, str, str] = ("", "", "")
    service: str = ""


def trace_lines(result: Result) -> list[Line]:
    """Every line of every government of a question of one year. Raises InputError where the case has no table of
    items."""
    after, before = result.accounts, result.baseline
    if after is None:
        raise InputError([Problem(result.package.name, "holds no decision", "trace a run that found a plan")])
    return [
        *_need_today(before),
        *_revenue_today(before),
        *_grant_today(before),
        *_need(after, before),
        *_revenue(after, before),
        *_grant(after),
    ]


def trace(result: Result, government: str) -> pd.DataFrame:
    """The lines of one government (its code in the table of governments), those of nothing left out. Raises KeyError
    for a government that there is not."""
    index = result.instance.case.governments.index
    return of_government(trace_lines(result), int(index.get_loc(government)))


def of_government(lines: Sequence[Line], at: int) -> pd.DataFrame:
    """The lines of the government at a position, those of nothing left out."""
    rows = [
        (
            line.block, line.name, *line.label, line.service, *line.source,
            float(line.amount[at]) + 0.0, int(line.total),
        )
        for line in lines
        if line.total or line.amount[at] != 0.0
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = [
    "block", "line", "label_en", "label_ja", "service", "workbook", "sheet", "heading", "amount_million_yen", "total",
]  # fmt: skip


def apart(lines: list[Line]) -> np.ndarray:
    """The farthest that any total of each government is from what is above it, (G,), million yen."""
    farthest = np.zeros(len(lines[0].amount))
    for block in BLOCKS:
        sum_of = np.zeros(len(farthest))
        for line in (each for each in lines if each.block == block):
            if line.total:
                farthest = np.maximum(farthest, np.abs(line.amount - sum_of))
                sum_of = line.amount.copy()
            else:
                sum_of = sum_of + line.amount
    return farthest


# ---- today, from the official workbooks


def _items(case: Case, tables: str) -> pd.DataFrame:
    """The official items of a table of both tiers: table, column, name_ja, kind, tier."""
    items = text_table(case.path / "items.csv")
    return items[items["table"].str.endswith(f"_{tables}")]


def _source(case: Case, tier: str, sheet: str, heading: str) -> tuple[str, str, str]:
    workbook, title, _ = SHEETS[sheet]
    return workbook.format(tier=TIERS[tier], year=case.fiscal_year), title, heading


def _by_government(case: Case, amount: pd.Series) -> np.ndarray:
    """Amounts by official code as (G,); Tokyo and its wards summed, 0 where a code has none."""
    index = case.governments.index
    if JOINT_ACCOUNT in index:
        joint = float(amount.reindex(list(SETTLED_TOGETHER)).fillna(0.0).sum())
        amount = pd.concat(
            [amount.drop(list(SETTLED_TOGETHER), errors="ignore"), pd.Series({JOINT_ACCOUNT: joint})]
        )
    return amount.reindex(index).fillna(0.0).to_numpy(float)


def _need_today(before: Accounts) -> Iterator[Line]:
    case = before.instance.case
    carried = {
        (tier, item): str(service)
        for service, tier, items in zip(
            case.services.index, case.services["home_tier"], case.services["need_items"], strict=True
        )
        for item in items.split("+")
    }
    tables = {"municipal": case.municipal_need, "prefectural": case.prefectural_need}
    homes = {"municipal": "municipality", "prefectural": "prefecture"}
    for row in _items(case, "need").itertuples():
        name = str(row.column).removesuffix(UNIT)
        if row.kind not in ("item", "transfer"):
            continue
        sign = -1.0 if row.kind == "transfer" else 1.0
        amount = sign * _by_government(case, tables[row.tier][name])
        source = _source(case, row.tier, "need", row.name_ja)
        yield Line(
            "need_today", f"{row.tier}.{name}", (f"{row.tier}: {name.replace('_', ' ')}", row.name_ja), amount,
            source=source, service=carried.get((homes[row.tier], name), ""),
        )  # fmt: skip
    total = case.governments["need_million_yen"].to_numpy(float)
    yield Line("need_today", "need", ("standard financial need", "基準財政需要額（振替後）"), total, True)


def _revenue_today(before: Accounts) -> Iterator[Line]:
    case, bases = before.instance.case, before.instance.case.tax_bases
    names, shares = (bases.columns.get_level_values(n) for n in ("source", "counted_share"))
    counted = pd.DataFrame(bases.to_numpy(float) * shares.to_numpy(float), bases.index, names)
    for row in _items(case, "revenue").itertuples():
        key = f"{row.tier}.{str(row.column).removesuffix(UNIT)}"
        parts = [name for name in (key, f"{key}{FULL}") if name in counted]
        if row.kind == "item" and parts:
            label = f"{row.tier}: {key.partition('.')[2].replace('_', ' ')}"
            amount = counted[parts].sum(axis=1).to_numpy(float)
            source = _source(case, row.tier, "revenue", row.name_ja)
            yield Line("revenue_today", key, (label, row.name_ja), amount, source=source)
    deducted = case.governments["deduction_million_yen"].to_numpy(float)
    yield Line("revenue_today", "deduction", ("deductions of the sheet", "低工法等による控除額"), deducted)
    total = case.governments["revenue_million_yen"].to_numpy(float)
    yield Line("revenue_today", "capacity", ("standard financial revenue", "基準財政収入額"), total, True)


def _grant_today(before: Accounts) -> Iterator[Line]:
    case = before.instance.case
    need, revenue, paid = (
        case.governments[f"{name}_million_yen"].to_numpy(float)
        for name in ("need", "revenue", "allocation_paid")
    )
    rate = float(case.national["adjustment_rate"])
    yield from _formula("grant_today", need, np.zeros(len(need)), revenue, rate * need, before.grant)
    yield Line(
        "grant_today",
        "residual",
        ("corrections of earlier years, rounding", "過年度分の精算等"),
        paid - before.grant,
    )
    codes = {code: tier for tier, part in (("municipal", case.municipal_need), ("prefectural", case.prefectural_need))
             for code in part.index}  # fmt: skip
    kinds = {codes.get(str(code), "prefectural") for code in case.governments.index}
    sources = " / ".join(sorted(_source(case, tier, "allocation", "")[0] for tier in kinds))
    source = (sources, SHEETS["allocation"][1], "普通交付税額")
    yield Line("grant_today", "paid", ("ordinary allocation decided", "普通交付税決定額"), paid, True, source)


def _formula(
    block: str,
    need: np.ndarray,
    guarantee: np.ndarray,
    revenue: np.ndarray,
    cut: np.ndarray,
    given: np.ndarray,
) -> Iterator[Line]:
    """The lines from need and revenue to what the formula gives: who would get less than nothing keeps the surplus."""
    yield Line(block, "need", ("need", "基準財政需要額"), need)
    if guarantee.any():
        yield Line(
            block,
            "guarantee",
            ("less guarantee grants beyond today's", "保障交付金（現行超過分）"),
            -guarantee,
        )
    yield Line(block, "capacity", ("less revenue", "基準財政収入額"), -revenue)
    gap = need - guarantee - revenue
    yield Line(block, "gap", ("shortfall (below 0: surplus)", "財源不足額（負は超過額）"), gap, True)
    receives = gap - cut > 0.0
    lost = np.where(receives, -cut, 0.0)
    yield Line(block, "adjustment", ("less adjustment rate x need", "調整率による減額"), lost)
    left = given - gap - lost
    yield Line(
        block,
        "surplus_kept",
        ("surplus that is not taken, or the family's own step", "超過額（徴収しない分）等"),
        left,
    )
    yield Line(block, "formula", ("what the formula gives", "算定額"), given, True)


# ---- under the package


def _need(after: Accounts, before: Accounts) -> Iterator[Line]:
    yield Line("need", "need_today", ("need today", "現行の基準財政需要額"), before.revised_need)
    held = _need_by_service(after, before)
    services = after.instance.case.services
    for s, service in enumerate(after.instance.services):
        label = services.at[service, "label_en"], services.at[service, "label_ja"]
        steps = (
            ("given away", "移譲した事務"),
            ("taken over", "引き受けた事務"),
            ("revised", "単位費用等の改定"),
        )
        for (english, japanese), amount in zip(steps, held[s], strict=True):
            if amount.any():
                name = f"{service}.{english.replace(' ', '_')}"
                said = f"{label[0]}: {english}", f"{label[1]}：{japanese}"
                yield Line("need", name, said, amount, service=str(service))
    moved = after.instance.recognised_share * after.debt_service_moved
    yield Line("need", "debt_service_moved", ("debt service that goes along", "事務に伴い移る公債費"), moved)
    refund = after.instance.other_need - before.instance.other_need
    yield Line("need", "refund", ("debt service no longer recognised", "算入しない公債費"), refund)
    yield Line("need", "need", ("need under the package", "改革案の基準財政需要額"), after.revised_need, True)


def _need_by_service(after: Accounts, before: Accounts) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Of every service what leaves each government's need, what comes to it, both at today's need, and by how much what
    it holds is revised, (G,) each."""
    count = len(after.instance.case.governments)
    old, new = before.instance.formula_need, after.instance.formula_need
    found = []
    for s in range(len(after.instance.services)):
        gone, come, revised = np.zeros(count), np.zeros(count), np.zeros(count)
        for tier in LOCAL_TIERS:
            pays, had, has = (
                after.instance.paying_government(tier), before.held_by[tier][:, s], after.held_by[tier][:, s],
            )  # fmt: skip
            today = old[tier][:, s] * before.decision.revision[s]
            now = new[tier][:, s] * after.decision.revision[s]
            np.add.at(gone, pays, np.where(had & ~has, -today, 0.0))
            np.add.at(come, pays, np.where(has & ~had, today, 0.0))
            np.add.at(revised, pays, np.where(has, now - today, 0.0))
        found.append((gone, come, revised))
    return found


def _revenue(after: Accounts, before: Accounts) -> Iterator[Line]:
    yield Line("revenue", "capacity_today", ("revenue today", "現行の基準財政収入額"), before.capacity)
    base, names = after.instance.tax.base, after.instance.tax.names
    change = (
        after.decision.counted * after.decision.assigned - before.decision.counted * before.decision.assigned
    )
    for j in np.flatnonzero(change):
        said = f"{names[j]}: counted or assigned otherwise", f"{names[j]}：算入率・帰属の変更"
        yield Line("revenue", str(names[j]), said, base[:, j] * change[j])
    yield Line(
        "revenue", "capacity", ("revenue under the package", "改革案の基準財政収入額"), after.capacity, True
    )


def _grant(after: Accounts) -> Iterator[Line]:
    law = np.array(family_of(after.instance)) == TODAYS_FAMILY
    cut = np.where(law, after.adjustment_rate * after.figures.need_cut, 0.0)
    parts = after.revised_need, after.guarantee, after.capacity, cut, after.transfer
    yield from _formula("grant", *parts)
    residual = after.instance.residual
    yield Line(
        "grant",
        "residual",
        ("corrections of earlier years, as today", "過年度分の精算等（現行と同じ）"),
        residual,
    )
    if after.special.any():
        said = "special allocation of what the pool leaves", "総額の残余から交付する特別交付税"
        yield Line("grant", "special", said, after.special)
    paid = after.transfer + residual + after.special
    yield Line("grant", "paid", ("paid under the package", "改革案の交付額"), paid, True)
