"""What the arrangement of a service is worth, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from optimization.ledger.flows import GOVERNING
from optimization.reading.units import billions

TOLD = 4
"""Numbers that a sentence names; the table has all."""

FEW = 2
"""Rule groups that are all named."""


def arrangement_sentences(arrangements: pd.DataFrame, rests_on: pd.DataFrame) -> Iterator[str]:
    """For every service: what the plan saves against each other arrangement, to whom, what that rests on."""
    for row in arrangements.itertuples():
        yield _saving(row)
        yield _to_whom(row)
        of = (rests_on["service"] == row.service) & (rests_on["instead"] == row.instead)
        yield from _rests(rests_on[of])


def _amount(million_yen: float, signed: bool = False) -> str:
    """Billion yen, to a million."""
    value = billions(million_yen)
    value = 0.0 if abs(value) < 5e-4 else value
    return f"{value:+,.3f}" if signed else f"{value:,.3f}"


def _saving(row: Any) -> str:
    """What the plan saves against one arrangement, split by who saves it."""
    where = (
        f"leaving it with the {row.instead}, as today" if row.as_today else f"giving it to the {row.instead}"
    )
    groups = row.rule_groups.split("|")
    of = f" of {', '.join(groups)}" if len(groups) <= FEW else f", {len(groups)} rule groups"
    what = f"{row.service}{of} ({row.population_persons:,} residents)"
    saved = row.saving_million_yen
    verb = "saves" if saved >= 0 else "costs"
    parts = ", ".join(
        f"{name} {_amount(getattr(row, f'saving_of_{part}_million_yen'), signed=True)}"
        for part, name in (
            ("budgets", "budgets"),
            ("residents", "residents"),
            ("beside", "crises, debts and bodies"),
        )
    )
    judged = ""
    if abs(row.judgement_million_yen) >= 1.0:
        judged = f"; terms of judgement, no money, {_amount(row.judgement_million_yen, signed=True)}"
    return (
        f"{what}: the plan really {verb} {_amount(abs(saved))} billion yen a year against {where} "
        f"({parts}{judged}), all else as in the plan and provision decided anew."
    )


def _to_whom(row: Any) -> str:
    """Whose budget gains by the plan, and who has more or less left."""
    budgets = ", ".join(
        f"{side} {_amount(getattr(row, f'{side}_million_yen'), signed=True)}" for side in GOVERNING
    )
    text = f"To whom: {budgets} billion yen a year"
    if row.people_with_less or row.people_with_more:
        most = f"{row.most_more_yen_per_resident:,.0f} yen"
        text += f"; {row.people_with_more:,} residents have more left (at most {most})"
        text += f", {row.people_with_less:,} less"
        if row.people_with_less:
            text += f" (at most {row.most_less_yen_per_resident:,.0f} yen, {row.place_with_least})"
    else:
        text += "; no resident's place has more or less left by more than 100 yen"
    broken = (
        f"; that arrangement would break {row.rules_broken.replace('|', ', ')}" if row.rules_broken else ""
    )
    return f"{text}{broken}."


def _rests(rows: pd.DataFrame) -> Iterator[str]:
    """The numbers that carry the saving against one arrangement, and the values that would overturn it."""
    if rows.empty:
        yield "It rests on no number with a range."
        return
    saved = _amount(rows.iloc[0]["saving_million_yen"], signed=True)
    told = "; ".join(_number(row) for row in rows.head(TOLD).itertuples())
    more = f"; and {len(rows) - TOLD} more" if len(rows) > TOLD else ""
    yield (
        f"It rests ({saved} billion yen in the first year; behind each number what either end of its range makes of "
        f"it) on {told}{more}."
    )
    turned = rows.dropna(subset=["overturned_at"])
    if turned.empty:
        yield "No value of one of these numbers alone, within its range, overturns it."
    else:
        each = "; ".join(f"{row.number} at {row.overturned_at:.4g} {row.unit}" for row in turned.itertuples())
        yield f"It is overturned by one of them alone at: {each}."


def _number(row: Any) -> str:
    """A number with its mark, its range, where it comes from and what the saving is at either end."""
    low, high = (
        _amount(getattr(row, f"saving_at_{end}_million_yen"), signed=True) for end in ("low", "high")
    )
    source = row.source if len(row.source) <= 120 else f"{row.source[:117]}..."
    known = f"{row.low:g} to {row.high:g}, {row.mark}: {source.rstrip('.')}"
    return f"{row.number} {row.value:g} ({known}): {low} to {high}"
