"""The limits of roles: who answers in how many tiers (R), what may stay unserved in crises (C)."""

from __future__ import annotations

from typing import Final

from optimization.dictionary.typed_settings import Settings
from optimization.reading.units import MILLION_IN_BILLION
from optimization.rules.quantities import Scope
from optimization.rules.statement import UP, Form, Reading, at_most, statement

TIERS_PER_SERVICE: Final = "clarity.tiers_per_service"
CHANGES: Final = "clarity.changes_ceiling"
AT_RISK: Final = "crisis.cvar_ceiling_million_yen"
PROVIDER: Final = "crisis.lead_is_provider"
WORST: Final = "crisis.worst_case_share"


def _faces_crises(settings: Settings) -> bool:
    return bool(settings["crisis.scenarios"])


@statement(
    "R1",
    TIERS_PER_SERVICE,
    Scope.SERVICE,
    UP,
    "the number of tiers per service",
    of=("tiers_answering",),
    rows="R1_few",
)
def tiers_per_service(facts: Reading) -> Form:
    """(R1) sum_t used[s,t] <= clarity.tiers_per_service, used[s,t] whether a tier answers for a service anywhere"""
    return at_most(facts[TIERS_PER_SERVICE], tiers_answering=1)


@statement("R9", CHANGES, Scope.NATION, UP, "the number of duties that change hands", of=("duties_moved",))
def changes(facts: Reading) -> Form:
    """(R9) sum_{s,k} (1 - y[s,k,today's tier]) <= clarity.changes_ceiling"""
    return at_most(facts[CHANGES], duties_moved=1)


@statement(
    "C7",
    AT_RISK,
    Scope.NATION,
    UP,
    "the shortage at risk in crises",
    of=("shortage_at_risk",),
    scale=MILLION_IN_BILLION,
    on=_faces_crises,
    rounding=("surge",),
)
def shortage_at_risk(facts: Reading) -> Form:
    """(C7) eta + sum_w probability[w] x tail[w] / (1 - level) <= crisis.cvar_ceiling, tail[w] >= shortage[w] - eta

    the mean shortage of the worst (1 - level) of years.
    """
    return at_most(facts[AT_RISK], shortage_at_risk=1)


@statement(
    "C8",
    WORST,
    Scope.SCENARIO,
    UP,
    "the shortage in the worst crisis",
    of=("shortage", "surge"),
    scale=MILLION_IN_BILLION,
    on=_faces_crises,
)
def worst_crisis(facts: Reading) -> Form:
    """(C8) shortage[w] <= worst_case_share x surge[w]"""
    return at_most(shortage=1, surge=-facts[WORST])


@statement(
    "C9",
    PROVIDER,
    Scope.NATION,
    0.0,
    "leads in crises other than the normal provider",
    of=("leads_apart",),
    on=_faces_crises,
)
def lead_is_provider(facts: Reading) -> Form:
    """(C9) leads of a tier that does not provide in normal times <= 0"""
    return at_most(leads_apart=1)


STATEMENTS = (tiers_per_service, changes, shortage_at_risk, worst_crisis, lead_is_provider)
