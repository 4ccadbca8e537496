"""The named quantities of `rules.quantities` as linear expressions over the columns of a program, million yen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from optimization.ledger import measures
from optimization.model import clarity, crisis, discipline, equity, money, places, pool, taxes
from optimization.model.affine import Affine
from optimization.model.columns import Columns
from optimization.rules.accounts import ANYWAY, of_today, reached_anyway
from optimization.rules.statement import Reading

QUANTITIES: Mapping[str, Callable[[Columns], Affine]] = {
    "funds": money.funds,
    "standard_cost": money.standard_cost,
    "transfer": money.transfer,
    "paid": pool.paid,
    "special": money.special,
    "own_part": lambda c: money.standard_cost(c) - money.transfer(c) - money.special(c) - money.guarantee(c),
    "own_revenue": money.own_revenue,
    "gross_cost": money.gross_cost,
    "gross_spending": money.gross_spending,
    "earmarked": money.earmarked,
    "spending": discipline.spending,
    "debt_base": money.debt_base,
    "debt_service": money.debt_service,
    "future_burden": money.future_burden,
    "let_off": equity.let_off,
    "pool_added": pool.pool_added,
    "released": pool.released,
    "handed_over": pool.handed_over,
    "national_outlay": pool.national_outlay,
    "national_shortfall": pool.national_shortfall,
    "dispersion": equity.mean_deviation,
    "people_losing": equity.people_losing,
    "top_ups": equity.top_ups,
    "leeway": places.leeway,
    "cost_per_resident": places.cost_per_resident,
    "taxes_per_resident": places.taxes_per_resident,
    "place_let_off": places.let_off,
    "place_dispersion": places.dispersion,
    "people_let_off": places.people_let_off,
    "common_share": taxes.common_share,
    "counted_part": taxes.counted_part,
    "assigned_part": taxes.assigned_part,
    "tiers_answering": clarity.tiers_answering,
    "duties_moved": clarity.duties_moved,
    "leads_apart": crisis.leads_apart,
    "shortage_at_risk": crisis.shortage_at_risk,
    "shortage": crisis.shortage,
    "surge": crisis.surge,
}
"""Every quantity of `rules.quantities` over the columns."""


class ColumnsReading(Reading):
    """The columns of one year of a program, as a statement asks for them."""

    def __init__(self, columns: Columns) -> None:
        self.columns, self.settings = columns, columns.instance.settings
        self._known: dict[str, Affine] = {}

    def today(self, name: str) -> np.ndarray:
        """A ratio of today's, or a quantity of governments today, shape (G,)."""
        if name in ANYWAY and self.columns.year:
            return reached_anyway(self.columns.debts_unchanged, name, self.settings)
        return of_today(self.columns.today, name)

    def members(self, tier: int) -> np.ndarray:
        """Positions of the governments of a tier."""
        return (measures.municipal, measures.prefectural)[tier](self.columns.instance)

    def summed(self, value: Affine, groups: Sequence[np.ndarray]) -> Affine:
        """Sums over groups of members."""
        return value.summed(groups)

    def quantity(self, name: str) -> Affine:
        """A quantity as expressions over the columns, one for each member of its scope."""
        if name not in self._known:
            self._known[name] = QUANTITIES[name](self.columns)
        return self._known[name]
