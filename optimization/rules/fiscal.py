"""The limits of money: equity (E), discipline (D), what the nation gives (F).

All of equity is written on funds over standard cost, never on yen per head: the allocation tax widens the dispersion
per head while it closes the coverage of need.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from optimization.dictionary.typed_settings import SettingKey
from optimization.reading.japan import DEBT_SERVICE_STAGES
from optimization.reading.units import MILLION_IN_BILLION
from optimization.rules.quantities import Scope
from optimization.rules.statement import (
    DOWN,
    UP,
    Form,
    Reading,
    at_least,
    at_most,
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
SERVICE_CEILING: Final = "discipline.debt_service_ceiling"
BURDEN_CEILING: Final = "discipline.future_burden_ceiling"
STEPS_KEPT: Final = "discipline.debt_steps_kept"


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
    mean, spread = facts.today("mean_own_share"), facts["equity.tax_price_spread"]
    slack = np.maximum(spread, abs(facts.today("own_share") - mean))
    return within({"standard_cost": slack}, own_part=1, standard_cost=-mean)


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


def _ceiling(facts: Reading, key: SettingKey, ratio: str) -> np.ndarray:
    """Ceiling of a debt ratio, shape (G,): the package's, or the government's own ratio of today where that is
    higher."""
    return np.maximum(facts[key], facts.today(ratio))


@statement(
    "D4",
    SERVICE_CEILING,
    GOVERNMENT,
    UP,
    "the ceiling of debt service",
    of=("debt_base", "debt_service"),
    scale=lambda facts: 1 / _ceiling(facts, SERVICE_CEILING, "real_debt_service_ratio"),
)
def debt_service(facts: Reading) -> Form:
    """(D4) ceiling[g] x base[g] >= debt service[g]

    base[g] = standard financial scale[g] - debt service in need[g]; the scale is today's and the change of taxes at
    standard rates, transfer and extraordinary bond. ceiling[g] = the larger of debt_service_ceiling and the ratio
    today[g]; debt service[g] = ratio today[g] x base today[g] + what follows duties[g] + refund no longer recognised[g]
    and, in a later year, (repayment + cost) x g's part of the bonds since then. Whoever is above the ceiling today may
    not get worse.
    """
    ceiling = _ceiling(facts, SERVICE_CEILING, "real_debt_service_ratio")
    return at_least(debt_base=ceiling, debt_service=-1)


@statement(
    "D4burden",
    BURDEN_CEILING,
    GOVERNMENT,
    UP,
    "the ceiling of the future burden",
    of=("debt_base", "future_burden"),
    scale=lambda facts: 1 / _ceiling(facts, BURDEN_CEILING, "future_burden_ratio"),
)
def future_burden(facts: Reading) -> Form:
    """(D4) ceiling[g] x base[g] >= future burden[g]

    ceiling[g] = the larger of future_burden_ceiling and the ratio today[g]; future burden[g] = ratio today[g] x base
    today[g] + what follows duties[g] + need to come that is no longer recognised[g] (for as many years as bonds
    outstanding come to) and, in a later year, g's part of the bonds owed since then.
    """
    return at_least(
        debt_base=_ceiling(facts, BURDEN_CEILING, "future_burden_ratio"),
        future_burden=-1,
    )


THOUSANDTHS = 100_000
"""Thousandths of a per cent, in which steps of the law are whole numbers in a ratio."""

MARGIN = 1
"""Thousandths of a per cent by which a ratio stays below a step: published ratios are cut off at a tenth of one."""

STEPS = tuple(round(THOUSANDTHS * step) for step in DEBT_SERVICE_STAGES)
ROUNDING = 1e-4
"""Thousandths of a per cent from which on a ratio has reached a step."""


def _next_step(facts: Reading) -> np.ndarray:
    """The lowest step of the law above each government's debt service ratio of today, in thousandths of a per cent,
    shape (G,); the last one where there is none above."""
    ratio = facts.today("real_debt_service_ratio") * THOUSANDTHS
    step = np.full(len(ratio), STEPS[-1])
    for lower in reversed(STEPS[:-1]):
        step = np.where(np.asarray(ratio < lower - ROUNDING, dtype=bool), lower, step)
    return step


def _below(facts: Reading, ratio: str, step: np.ndarray) -> np.ndarray:
    """Who is below a step today, shape (G,)."""
    return np.asarray(facts.today(ratio) * THOUSANDTHS < step - ROUNDING, dtype=bool)


def _warning(facts: Reading) -> np.ndarray:
    """Future burden ratio of early warning in thousandths of a per cent, shape (G,)."""
    return np.array([round(THOUSANDTHS * ratio) for ratio in facts.today("future_burden_warning").tolist()])


@statement(
    "D4step",
    STEPS_KEPT,
    GOVERNMENT,
    0.0,
    "the steps of the law on debts",
    of=("debt_base", "debt_service"),
    among=lambda facts: _below(facts, "real_debt_service_ratio", _next_step(facts)),
    scale=lambda facts: 1 / _next_step(facts),
)
def debt_step(facts: Reading) -> Form:
    """(D4) debt service[g] <= (step[g] - .00001) x base[g]

    step[g] = the lowest of 18, 25 and 35% (permission, early warning, rehabilitation) above the ratio today[g]: no
    government crosses a step of the law that it is under today. Whoever is beyond the last one is left out.
    """
    return at_least(debt_base=_next_step(facts) - MARGIN, debt_service=-THOUSANDTHS)


@statement(
    "D4warning",
    STEPS_KEPT,
    GOVERNMENT,
    0.0,
    "the steps of the law on debts",
    of=("debt_base", "future_burden"),
    among=lambda facts: _below(facts, "future_burden_ratio", _warning(facts)),
    scale=lambda facts: 1 / _warning(facts),
)
def burden_warning(facts: Reading) -> Form:
    """(D4) future burden[g] <= (warning[g] - .00001) x base[g]

    warning[g] = 350%, of prefectures and designated cities 400%: no government comes under early warning by its future
    burden that is not so today.
    """
    return at_least(debt_base=_warning(facts) - MARGIN, future_burden=-THOUSANDTHS)


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
    debt_service,
    future_burden,
    debt_step,
    burden_warning,
)
