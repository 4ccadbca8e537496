"""What becomes of a pool that does not hold what the formula promises: the adjustment rate that spreads it over those
who receive, and the extraordinary bond for what the highest rate leaves."""

from __future__ import annotations

from dataclasses import replace

from optimization.ledger.allocation import Figures, family_transfers, rate_range
from optimization.ledger.instance import Instance

LARGEST_BOND = 1e12
"""Million yen: so much that whoever has a part in it receives nothing."""

HALVINGS = 60
"""Steps in which the least rate or bond of a year is found, to the rounding of a number."""


def least_rate(instance: Instance, figures: Figures, pool: float) -> float:
    """Adjustment rate of a year: the least of the package's range at which the ordinary allocation fits the pool
    (million yen), or the highest where none does. Transfers fall as it rises, ever less steeply, so that steps along
    their slope reach it from below."""
    rate, high = rate_range(instance.settings)
    if rate == high:
        return rate
    need = figures.need_cut
    room = pool - float(instance.residual.sum() + (figures.need - need).sum())
    for _ in range(HALVINGS):
        gap = (1.0 - rate) * need - figures.capacity
        receives = gap > 0
        short = float(gap[receives].sum()) - room
        if short <= 0:
            break
        rate = min(high, rate + short / float(need[receives].sum()))
    return rate


def least_bond(later: Instance, figures: Figures, pool: float) -> float:
    """Bond of a year at the adjustment rate of its figures, million yen; 0 where the pool (million yen) suffices. Where
    no bond makes the allocation fit, because too much of it goes to governments without a part in the bond, the least
    that takes away all it can (F5 stays broken)."""
    share = later.bond_share
    assert share is not None, "only a later year of a horizon has a bond"
    room = pool - float(later.residual.sum())

    def wanting(bond: float) -> float:
        home = None if figures.home_need is None else figures.home_need - share * bond
        less = replace(figures, need=figures.need - share * bond, home_need=home)
        return float(family_transfers(later, less).sum()) - room

    short = wanting(0.0)
    if figures.adjustment_rate < rate_range(later.settings)[1] or short <= 0:
        return 0.0
    low, high = 0.0, max(1.0, short)
    target = max(0.0, wanting(LARGEST_BOND))
    while wanting(high) > target:
        low, high = high, 2.0 * high
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if wanting(middle) > target else (low, middle)
    return high
