"""The limits of money: equity (E), discipline (D; debts, D4, stand in `rules.debts`), what the nation gives (F).

All of equity is written on funds over standard cost, never on yen per head: the allocation tax widens the dispersion
per head while it closes the coverage of need.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from optimization.reading.units import MILLION_IN_BILLION
from optimization.rules.quantities import Scope
from optimization.rules.statement import (
    DOWN,
    UP,
    Form,
    Reading,
    at_least,
    at_most,
    near_mean,
    statement,
    within,
)

GOVERNMENT, TIER, NATION, TAX = Scope.GOVERNMENT, Scope.TIER, Scope.NATION, Scope.TAX

ADEQUACY: Final = "equity.adequacy_floor"
LOSS_LIMIT: Final = "equity.loss_limit"
LOSERS: Final = "equity.losers_population_ceiling"
PATH_YEARS: Final = "equity.hold_harmless_years"
OWNER: Final = "pool.released"
PATH_BUDGET: Final = "equity.hold_harmless_budget_million_yen"


@statement(
    "F5",
    "pool.ordinary_million_yen",
    NATION,
    UP,
    "the pool of the allocation tax",
    of=("paid", "pool_added"),
    scale=MILLION_IN_BILLION,
)
def pool(facts: Reading) -> Form:
    """(F5) sum_g transfer[g] + corrections <= pool + (1 - special) x sum_n (sigma[n] - law[n]) x yield[n]

    What is left over is released, and has one owner, whom `pool.released` names (`ledger.flows`): the nation, those who
    gain taxes of that yield (F5transfer), or those who receive today (F5special).
    """
    return at_most(facts["pool.ordinary_million_yen"], paid=1, pool_added=-1)


@statement(
    "F5min",
    "pool.released_min_million_yen",
    NATION,
    DOWN,
    "the least that the pool leaves",
    of=("released",),
    scale=MILLION_IN_BILLION,
)
def least_released(facts: Reading) -> Form:
    """(F5) pool - sum_g transfer[g] - corrections >= least"""
    return at_least(facts["pool.released_min_million_yen"], released=1)


@statement(
    "F5max",
    "pool.released_max_million_yen",
    NATION,
    UP,
    "the most that the pool leaves",
    of=("released",),
    scale=MILLION_IN_BILLION,
)
def most_released(facts: Reading) -> Form:
    """(F5) pool - sum_g transfer[g] - corrections <= most"""
    return at_most(facts["pool.released_max_million_yen"], released=1)


@statement(
    "F5transfer",
    OWNER,
    NATION,
    0.0,
    "taxes in the place of what the pool leaves",
    of=("handed_over", "released"),
    scale=MILLION_IN_BILLION,
    on=lambda settings: settings[OWNER] == "transfer",
    rounding=("paid",),
)
def handed_over(facts: Reading) -> Form:
    """(F5) |sum_j (theta[j] - 1) x base[j] - (pool - sum_g transfer[g] - corrections)| <= 0

    The nation hands over taxes of the yield that the formula leaves of the pool, whose shares of national taxes fall by
    as much: neutral for the nation, by the figures of the case's year.
    """
    return within({"released": 0}, handed_over=1, released=-1)


@statement(
    "F6",
    "nation.limit_million_yen",
    NATION,
    UP,
    "the limit of the nation's outlay",
    of=("national_outlay", "national_shortfall"),
    scale=MILLION_IN_BILLION,
)
def national_limit(facts: Reading) -> Form:
    """(F6) national outlay - shortfall <= limit

    outlay = earmarked shares and guarantees + national services, their units and the debt service that goes along
    + sum_g transfer[g] + corrections + what is paid out as special allocation + taxes handed over, sum_j (theta[j] - 1)
    x base[j]. Only a later year has a shortfall: it is borrowed (H1).
    """
    return at_most(facts["nation.limit_million_yen"], national_outlay=1, national_shortfall=-1)


@statement("E1", ADEQUACY, GOVERNMENT, DOWN, "adequacy", of=("funds", "standard_cost"))
def adequacy(facts: Reading) -> Form:
    """(E1) funds[g] >= floor x standard cost[g]

    Standard cost is unrevised: a lower unit cost in the formula does not make the duty cheaper.
    """
    return at_least(funds=1, standard_cost=-facts[ADEQUACY])


@statement(
    "E2",
    "equity.coverage_ceiling",
    GOVERNMENT,
    UP,
    "the ceiling of coverage",
    of=("funds", "standard_cost"),
)
def coverage(facts: Reading) -> Form:
    """(E2) funds[g] <= ceiling x standard cost[g] + (today's excess over it, where there is one)

    A government above the ceiling today keeps its ratio; nobody else may rise above.
    """
    return at_most(
        funds=1, standard_cost=-np.maximum(facts["equity.coverage_ceiling"], facts.today("coverage"))
    )


@statement(
    "E3",
    "equity.dispersion_ceiling",
    NATION,
    UP,
    "the bound on the dispersion of coverage",
    of=("dispersion",),
    rows="E3_mean",
)
def dispersion(facts: Reading) -> Form:
    """(E3) sum_g weight[g] x |funds[g] - level x standard cost[g]| / today's cost[g] <= ceiling

    the mean absolute deviation of coverage around a stated level, by residents.
    """
    return at_most(facts["equity.dispersion_ceiling"], dispersion=1)


@statement(
    "E4",
    "equity.tax_price_spread",
    GOVERNMENT,
    UP,
    "the bound on the spread of tax prices",
    of=("own_part", "standard_cost"),
)
def tax_price(facts: Reading) -> Form:
    """(E4) |own part[g] - mean own share of its tier x standard cost[g]| <= spread x standard cost[g]

    own part = standard cost - transfer - special allocation - guarantee: what residents pay of the standard service.
    The mean is that of today's taxes over today's cost of the tier, so that the row stays linear; who lies farther
    today may stay there.
    """
    mean, today = facts.today("mean_own_share"), facts.today("own_share")
    return near_mean("own_part", "standard_cost", mean, today, facts["equity.tax_price_spread"])


@statement("E6", LOSS_LIMIT, GOVERNMENT, UP, "the limit of losses", of=("funds", "let_off", "standard_cost"))
def losses(facts: Reading) -> Form:
    """(E6) funds[g] + let off[g] >= (1 - loss_limit) x today's coverage[g] x standard cost[g]

    let off is 0 but for losers, whose number the next statement bounds; they may fall to adequacy's floor (or 0).
    """
    kept = (1 - facts[LOSS_LIMIT]) * facts.today("coverage")
    return at_least(funds=1, let_off=1, standard_cost=-kept)


@statement(
    "E6",
    LOSERS,
    NATION,
    UP,
    "the share of people under losers",
    of=("people_losing",),
    rows="E6_people",
    on=lambda settings: losses.in_force(settings) and settings[LOSERS] > 0,
)
def losers(facts: Reading) -> Form:
    """(E6) people in losers <= losers_population_ceiling of all"""
    return at_most(facts[LOSERS], people_losing=1)


@statement(
    "E6path",
    PATH_BUDGET,
    NATION,
    UP,
    "the budget of top-ups",
    of=("top_ups", "standard_cost"),
    rows="E6path_sum",
    scale=MILLION_IN_BILLION,
    on=lambda settings: settings[PATH_YEARS] > 0,
    rounding=("standard_cost",),
)
def top_ups(facts: Reading) -> Form:
    """(E6) sum_g top_up[g] <= hold_harmless_budget

    in the first year of the path. A later year guarantees a smaller share of the same coverage, so its top-ups are no
    larger and the limit is implied.
    """
    return at_most(facts[PATH_BUDGET], top_ups=1)


@statement("D1", "discipline.balance", GOVERNMENT, 0.0, "balance", of=("funds", "spending"))
def balance(facts: Reading) -> Form:
    """(D1) funds[g] >= other cost[g] + bond[g] + actual net cost of what g answers for

    Actual net cost = budget cost of the chosen provision less the earmarked share of standard cost. Rows of
    municipalities that cannot bind are proved redundant in `model.screening` and left out.
    """
    return at_least(funds=1, spending=-1)


@statement("D3", "discipline.retention_floor", TIER, DOWN, "retention", of=("common_share",))
def retention(facts: Reading) -> Form:
    """(D3) 1 - rho >= retention_floor, for the common shares that count some tax"""
    return at_most(1 - facts["discipline.retention_floor"], common_share=1)


@statement(
    "D3",
    "discipline.retention_floor",
    TAX,
    DOWN,
    "retention",
    of=("counted_part", "assigned_part"),
    rows="D3own",
)
def retention_of_a_tax(facts: Reading) -> Form:
    """(D3) phi[j] <= (1 - retention_floor) theta[j], for a tax with a counted share of its own"""
    return at_most(counted_part=1, assigned_part=facts["discipline.retention_floor"] - 1)


@statement(
    "D2",
    "discipline.grant_dependence_ceiling",
    GOVERNMENT,
    UP,
    "the ceiling of grant dependence",
    of=("transfer", "special", "funds"),
)
def grant_dependence(facts: Reading) -> Form:
    """(D2) transfer[g] + special allocation[g] <= c x funds[g]

    c = the larger of the package's ceiling and the government's own dependence today: nobody above the ceiling may
    depend more.
    """
    ceiling = np.maximum(facts["discipline.grant_dependence_ceiling"], facts.today("dependence"))
    return at_most(transfer=1, special=1, funds=-ceiling)


@statement(
    "D2own",
    "discipline.own_source_floor_municipal",
    TIER,
    DOWN,
    "the municipal own-source floor",
    of=("own_revenue", "gross_spending"),
    tier=0,
    scale=MILLION_IN_BILLION,
)
def own_source_municipal(facts: Reading) -> Form:
    """(D2) own revenue of all municipalities >= floor x their gross spending

    gross spending = standard cost with the earmarked share, other cost and bond.
    """
    return at_least(own_revenue=1, gross_spending=-facts["discipline.own_source_floor_municipal"])


@statement(
    "D2own",
    "discipline.own_source_floor_prefectural",
    TIER,
    DOWN,
    "the prefectural own-source floor",
    of=("own_revenue", "gross_spending"),
    tier=1,
    scale=MILLION_IN_BILLION,
)
def own_source_prefectural(facts: Reading) -> Form:
    """(D2) own revenue of all prefectures >= floor x their gross spending"""
    return at_least(own_revenue=1, gross_spending=-facts["discipline.own_source_floor_prefectural"])


@statement(
    "D5",
    "discipline.match_ceiling",
    TIER,
    UP,
    "the match of funds and responsibility",
    of=("funds", "standard_cost"),
    scale=MILLION_IN_BILLION,
)
def match(facts: Reading) -> Form:
    """(D5) |funds - standard cost| of a tier <= match_ceiling x standard cost of the tier

    money follows responsibility, for all municipalities and for all prefectures.
    """
    return within({"standard_cost": facts["discipline.match_ceiling"]}, funds=1, standard_cost=-1)


@statement(
    "D5e",
    "discipline.earmarked_ceiling",
    NATION,
    UP,
    "the ceiling of earmarked grants",
    of=("earmarked", "gross_cost"),
    scale=MILLION_IN_BILLION,
)
def earmarked(facts: Reading) -> Form:
    """(D5) earmarked shares and guarantees <= earmarked_ceiling x gross standard cost of local services"""
    return at_most(earmarked=1, gross_cost=-facts["discipline.earmarked_ceiling"])


STATEMENTS = (
    pool,
    least_released,
    most_released,
    handed_over,
    national_limit,
    adequacy,
    coverage,
    dispersion,
    tax_price,
    losses,
    losers,
    top_ups,
    balance,
    retention,
    retention_of_a_tax,
    grant_dependence,
    own_source_municipal,
    own_source_prefectural,
    match,
    earmarked,
)
