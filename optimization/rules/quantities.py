"""What a limit may speak of: named quantities of a decision, each with its scope and unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What there is one row, or one number, of."""

    GOVERNMENT = "government"
    TIER = "tier"
    NATION = "nation"
    SERVICE = "service"
    TAX = "tax"
    SCENARIO = "scenario"
    PLACE = "place"


@dataclass(frozen=True)
class Quantity:
    """A number that a decision gives to each member of its scope.

    A quantity of governments may be asked for by tier or for the nation: it is then summed. `decided_once` marks what
    is the same in every year of a horizon, `by_providers` what hangs on who provides a service, not on the statute
    alone.
    """

    name: str
    scope: Scope
    meaning: str
    unit: str = "million yen per year"
    decided_once: bool = False
    by_providers: bool = False


def _quantities() -> tuple[Quantity, ...]:
    government, nation, place = Scope.GOVERNMENT, Scope.NATION, Scope.PLACE
    resident = "yen per resident"
    return (
        Quantity("funds", government, "general funds: own revenue, transfer, special allocation, guarantee and bonds"),
        Quantity("standard_cost", government, "standard cost of what it answers for, less today's earmarked share"),
        Quantity("transfer", government, "what the formula gives or, below 0, takes"),
        Quantity("special", government, "special allocation out of what the formula leaves of the pool"),
        Quantity("paid", government, "transfer with the corrections of earlier years"),
        Quantity("own_part", government, "standard cost that residents bear: less all grants to its funds"),
        Quantity("own_revenue", government, "own revenue at standard rates"),
        Quantity("gross_cost", government, "standard cost with the earmarked share"),
        Quantity("gross_spending", government, "gross standard cost, other cost and extraordinary bond"),
        Quantity("earmarked", government, "earmarked shares and guarantees"),
        Quantity("spending", government, "actual spending of general funds", by_providers=True),
        Quantity("debt_base", government, "standard financial scale less the debt service in need"),
        Quantity("debt_service", government, "debt service to be borne, with what is borrowed over the years"),
        Quantity("future_burden", government, "debts to be borne, with what is borrowed over the years"),
        Quantity("let_off", government, "what a government that may lose lacks of its promised coverage"),
        Quantity("pool_added", nation, "what other shares of national taxes than the law's bring to the pool"),
        Quantity("released", nation, "what the formula leaves of the pool"),
        Quantity("handed_over", nation, "national taxes handed over (below 0: taken back)"),
        Quantity("national_outlay", nation, "what the nation pays for services, shares, allocation and taxes"),
        Quantity("national_shortfall", nation, "what the nation borrows in a later year"),
        Quantity("dispersion", nation, "mean distance of coverage from its level, by residents", "ratio"),
        Quantity("people_losing", nation, "share of people under governments that lose", "ratio"),
        Quantity("top_ups", nation, "top-ups of the hold-harmless path in its first and dearest year"),
        Quantity("leeway", place, "funds less standard cost of both tiers' duties", resident),
        Quantity("cost_per_resident", place, "standard cost of both tiers' duties", resident),
        Quantity("taxes_per_resident", place, "own revenue of both tiers at standard rates", resident),
        Quantity("place_let_off", place, "what a place that may lose lacks of its leeway", resident),
        Quantity("place_dispersion", nation, "mean distance of leeway from its mean, by residents", resident),
        Quantity("people_let_off", nation, "share of people in places that lose more than the limit", "ratio"),
        Quantity("common_share", Scope.TIER, "share of its taxes that is counted in common", "ratio", True),
        Quantity("counted_part", Scope.TAX, "counted share x assigned share of a tax with its own", "ratio", True),
        Quantity("assigned_part", Scope.TAX, "assigned share of a tax with its own counted share", "ratio", True),
        Quantity("tiers_answering", Scope.SERVICE, "tiers that answer for it somewhere", "tiers", True),
        Quantity("duties_moved", nation, "duties whose tier is not today's", "duties", True),
        Quantity("leads_apart", nation, "leads in crises that are not the normal provider", "leads", True),
        Quantity("shortage_at_risk", nation, "mean shortage of the worst years", by_providers=True),
        Quantity("shortage", Scope.SCENARIO, "what stays unserved", by_providers=True),
        Quantity("surge", Scope.SCENARIO, "what a scenario asks for beyond normal times", by_providers=True),
    )  # fmt: skip


QUANTITIES: Mapping[str, Quantity] = {quantity.name: quantity for quantity in _quantities()}
"""Every quantity by its name."""

TODAY: Mapping[str, str] = {
    "coverage": "funds over standard cost",
    "dependence": "share of the allocation in general funds",
    "own_share": "part of the standard cost that residents bear",
    "mean_own_share": "its mean over the governments that hold the same tiers, by cost",
    "real_debt_service_ratio": "the official ratio",
    "future_burden_ratio": "the official ratio",
    "future_burden_warning": "the future burden ratio of early warning",
    "debt_service_ratio_anyway": "the official ratio; later what today's arrangement may come to",
    "future_burden_ratio_anyway": "the official ratio; later what today's arrangement may come to",
    "tax_price": "own taxes of both tiers over the standard cost of their duties",
    "mean_tax_price": "all own taxes over all standard cost, by residents",
}
"""What a statement may read of today, a ratio for each government, or for each place (the last two)."""
