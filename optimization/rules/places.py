"""The limits of what residents have (P): both tiers that serve a place taken together, in yen per resident.

A government's coverage (E) changes whenever duties move; leeway and cover of a place do not when money moves along
(`ledger.places`).
"""

from __future__ import annotations

from typing import Final

from optimization.reading.units import YEN_IN_THOUSAND
from optimization.rules.quantities import Scope
from optimization.rules.statement import DOWN, UP, Form, Reading, at_least, at_most, near_mean, statement

PLACE, NATION = Scope.PLACE, Scope.NATION

COVER: Final = "equity.place_cover_floor"
WINDFALL: Final = "equity.place_windfall_yen_per_resident"
DISPERSION: Final = "equity.place_dispersion_ceiling"
LOSS: Final = "equity.place_loss_yen_per_resident"
LOSERS: Final = "equity.place_losers_population_ceiling"
TAX_PRICE: Final = "equity.place_tax_price_spread"


@statement(
    "P1",
    COVER,
    PLACE,
    DOWN,
    "the floor of cover",
    of=("leeway", "cost_per_resident"),
    scale=YEN_IN_THOUSAND,
)
def cover(facts: Reading) -> Form:
    """(P1) cover[i] >= floor, that is leeway[i] >= (floor - 1) x standard cost of both tiers' duties per resident[i]"""
    return at_least(leeway=1, cost_per_resident=1 - facts[COVER])


@statement("P2", WINDFALL, PLACE, UP, "the limit of windfalls", of=("leeway",), scale=YEN_IN_THOUSAND)
def windfall(facts: Reading) -> Form:
    """(P2) leeway[i] - leeway today[i] <= windfall limit, yen per resident"""
    return at_most(facts.today("leeway") + facts[WINDFALL], leeway=1)


@statement(
    "P3",
    DISPERSION,
    NATION,
    UP,
    "the dispersion of leeway",
    of=("place_dispersion",),
    rows="P3_mean",
    scale=YEN_IN_THOUSAND,
)
def dispersion(facts: Reading) -> Form:
    """(P3) sum_i people[i] x |leeway[i] - mean leeway| / all people <= ceiling x the same today

    around the plan's own mean: no level has to be guessed. A ceiling of 1 means: not more unequal than today.
    """
    return at_most(facts[DISPERSION] * facts.today("place_dispersion"), place_dispersion=1)


@statement(
    "P6",
    LOSS,
    PLACE,
    UP,
    "the limit of a place's loss",
    of=("leeway", "place_let_off"),
    scale=YEN_IN_THOUSAND,
)
def loss(facts: Reading) -> Form:
    """(P6) leeway today[i] - leeway[i] - let off[i] <= loss limit, yen per resident

    let off is 0 but for places that may lose more, whose people the next statement bounds.
    """
    return at_least(facts.today("leeway") - facts[LOSS], leeway=1, place_let_off=1)


@statement(
    "P6",
    LOSERS,
    NATION,
    UP,
    "the share of people in places that lose more",
    of=("people_let_off",),
    rows="P6_people",
    on=lambda settings: loss.in_force(settings) and settings[LOSERS] > 0,
)
def losers(facts: Reading) -> Form:
    """(P6) people in places that lose more than the limit <= place_losers_population_ceiling of all"""
    return at_most(facts[LOSERS], people_let_off=1)


@statement(
    "P7",
    TAX_PRICE,
    PLACE,
    UP,
    "the spread of tax prices of places",
    of=("taxes_per_resident", "cost_per_resident"),
    scale=YEN_IN_THOUSAND,
)
def tax_price(facts: Reading) -> Form:
    """(P7) |own taxes[i] - mean tax price today x standard cost[i]| <= spread x standard cost[i], per resident

    own taxes over the standard cost of both tiers' duties is what residents pay of a standard service; whoever lies
    farther from the mean today may stay there.
    """
    mean, today = facts.today("mean_tax_price"), facts.today("tax_price")
    return near_mean("taxes_per_resident", "cost_per_resident", mean, today, facts[TAX_PRICE])


STATEMENTS = (cover, windfall, dispersion, loss, losers, tax_price)
