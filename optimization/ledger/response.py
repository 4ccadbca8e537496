"""How a decision meets each scenario: who serves the surge, what stays unserved, what it costs whom.

In a scenario every place belongs to one pool for each service: a municipality that leads for itself, the
wide-area body that provides for it when all members lead for themselves, or the area of the tier that leads.

    shortage of a pool = max(delayed x demand, demand - capacity - reserve)

What is idle may be lent to pools short of capacity, first within the bloc, then between blocs (mutual aid):

    lent <= aid_share x left over;   received = (1 - loss) x lent
    received <= (1 - aid_delay_share x urgency) x (shortage - delayed x demand)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimization.dictionary.tiers import BLOC, HIGHER_TIERS, MUNICIPALITY, NATION, TIERS
from optimization.ledger.crisis import Crisis, unserved
from optimization.ledger.decision import Decision, jointly
from optimization.ledger.instance import Instance
from optimization.ledger.pools import bloc_of_body, lends_in_a_bloc, pool_of_tier
from optimization.reading.japan import DISASTER_SHARES


@dataclass(frozen=True)
class Pools:
    """Pools of one service in one scenario: `of_place` (I,) numbers them; shape (N,) each: demand, capacity
    (reserve included), part delayed, bloc (-1 for the nation's own)."""

    of_place: np.ndarray
    demand: np.ndarray
    capacity: np.ndarray
    delayed: np.ndarray
    bloc: np.ndarray

    def after_aid(self, share: float, loss: tuple[float, float], helped: float) -> np.ndarray:
        """Shortage of every pool once all have helped each other, shape (N,). Lending within the bloc comes
        first, for less is lost on the way; what is received is spread in proportion to what is wanting."""
        short, idle = unserved(self.demand, self.capacity, self.delayed)
        wanting, lendable = helped * (short - self.delayed * self.demand), share * idle
        count = int(self.bloc.max(initial=-1)) + 1
        inside = self.bloc >= 0
        asks, offers = (
            np.bincount(self.bloc[inside], part[inside], minlength=count) for part in (wanting, lendable)
        )
        received = np.minimum(asks, (1.0 - loss[0]) * offers)
        if loss[0] < 1.0:
            offers = offers - received / (1.0 - loss[0])
        served = np.divide(received, asks, out=np.zeros(count), where=asks > 0)
        left = wanting.copy()
        left[inside] *= 1.0 - served[self.bloc[inside]]
        offered = offers.sum() + lendable[~inside].sum()
        asked = left.sum()
        met = min(1.0, (1.0 - loss[1]) * offered / asked) if asked > 0 else 0.0
        return np.asarray(short - wanting + left * (1.0 - met))


@dataclass(frozen=True)
class Response:
    """The response of a decision to all scenarios of a question."""

    instance: Instance
    decision: Decision
    crisis: Crisis

    @cached_property
    def shortage(self) -> np.ndarray:
        """Surge not served, by scenario, place and service, (W, I, S), million yen; a pool's is spread over its
        places in proportion to their surge."""
        result = np.zeros(self.crisis.demand.shape)
        parameters, share = self.instance.case.parameters, self.instance.settings["crisis.aid_share"]
        loss = (parameters("aid_loss_bloc"), parameters("aid_loss_nation"))
        for w in range(len(self.crisis.names)):
            for s in self.crisis.services(w).tolist():
                pools = self.pools(w, s)
                short = pools.after_aid(share, loss, float(self.crisis.helped[s]))
                part = np.divide(short, pools.demand, out=np.zeros_like(short), where=pools.demand > 0)
                result[w, :, s] = self.crisis.demand[w, :, s] * part[pools.of_place]
        return result

    @cached_property
    def total(self) -> np.ndarray:
        """Shortage of the nation by scenario, shape (W,), million yen."""
        return self.shortage.sum(axis=(1, 2))

    def lead(self, s: int, kind: str) -> np.ndarray:
        """Tier that leads a service in a kind of crisis at every place, shape (I,); '' where none is named."""
        by_group = [self.decision.lead.get((s, k, kind), "") for k in range(len(self.instance.groups.labels))]
        return np.array(by_group, dtype=object)[self.instance.groups.of_municipality]

    def pools(self, w: int, s: int) -> Pools:
        """The pools of a service in a scenario: municipalities and bodies, then those of the higher tiers."""
        instance, crisis = self.instance, self.crisis
        lead = self.lead(s, crisis.kind[w])
        of_place = np.arange(len(lead))
        bloc = pool_of_tier(instance, BLOC).copy()
        delayed = np.full(len(lead), crisis.delayed[MUNICIPALITY][s])
        hubs = bloc_of_body(instance)
        for body, members in self._joint(s, lead):
            of_place[members] = members[0]
            bloc[members[0]] = hubs[body]
        extra: list[float] = []
        for tier in HIGHER_TIERS:
            here, number = lead == tier, pool_of_tier(instance, tier)
            count, first = int(number.max()) + 1, len(bloc)
            of_place = np.where(here, first + number, of_place)
            home = np.full(count, -1)
            if lends_in_a_bloc(tier):
                home[number] = pool_of_tier(instance, BLOC)
            bloc = np.append(bloc, home)
            delayed = np.append(delayed, np.full(count, crisis.delayed[tier][s]))
            reserve = [self.decision.reserve.get((tier, p, s), 0.0) for p in range(count)]
            leads = np.bincount(number, here, minlength=count) > 0
            extra += np.where(leads, reserve, 0.0).tolist()
        size = len(bloc)
        demand, capacity = (
            np.bincount(of_place, values[w, :, s], minlength=size)
            for values in (crisis.demand, crisis.capacity)
        )
        capacity[len(lead) :] += np.array(extra)
        return Pools(of_place, demand, capacity, delayed, bloc)

    def _joint(self, s: int, lead: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Bodies that provide a service to municipalities which all lead for themselves, with the members that
        have the service."""
        instance = self.instance
        for each in jointly(instance, self.decision):
            if each.service == s:
                members = each.members[instance.today[each.members, s] > 0]
                if len(members) and (lead[members] == MUNICIPALITY).all():
                    yield each.body, members

    @cached_property
    def served_by_payer(self) -> np.ndarray:
        """Cost of serving the surge by scenario and who leads: every government, then the nation, (W, G + 1)."""
        instance, premium = self.instance, self.instance.case.parameters("response_premium")
        count = len(instance.case.governments)
        result = np.zeros((len(self.crisis.names), count + 1))
        served = premium * (self.crisis.demand - self.shortage)
        for w, kind in enumerate(self.crisis.kind):
            for s in self.crisis.services(w).tolist():
                lead = self.lead(s, kind)
                for tier in TIERS:
                    here = np.flatnonzero(lead == tier)
                    payer = np.full(len(lead), count) if tier == NATION else instance.paying_government(tier)
                    np.add.at(result[w], payer[here], served[w, here, s])
        return result

    @cached_property
    def national_share(self) -> np.ndarray:
        """What the nation bears of every government's cost of serving, in steps of its tax at standard rates,
        (W, G), million yen."""
        tax = self.instance.tax.base.sum(axis=1) + self.instance.tax.fixed
        return np.array([share_in_steps(cost, tax) for cost in self.served_by_payer[:, :-1]])

    @property
    def expected_shortage(self) -> float:
        """Mean shortage of a year, million yen."""
        return float(self.crisis.probability @ self.total)

    @property
    def value_at_risk(self) -> float:
        """Conditional value at risk of the yearly shortage, million yen (C7)."""
        return cvar(self.total, self.crisis.probability, self.instance.settings["crisis.cvar_level"])

    @property
    def worst_share(self) -> np.ndarray:
        """Part of the surge that stays unserved in each scenario, shape (W,) (C8)."""
        asked = self.crisis.demand.sum(axis=(1, 2))
        return np.divide(self.total, asked, out=np.zeros_like(asked), where=asked > 0)

    @cached_property
    def parts(self) -> dict[str, float]:
        """Terms of the objective, million yen per year: mean cost of serving, mean loss by shortage, reserves,
        changed leads, leads other than the normal provider."""
        parameters, settings = self.instance.case.parameters, self.instance.settings
        asked = float(self.crisis.probability @ self.crisis.demand.sum(axis=(1, 2)))
        served, home = asked - self.expected_shortage, self.instance.groups.home
        changed = sum(tier != home[s] for (s, _, _), tier in self.decision.lead.items())
        return {
            "crisis_response": parameters("response_premium") * served,
            "crisis_shortage": settings["crisis.shortage_price"] * self.expected_shortage,
            "crisis_reserve": parameters("reserve_cost_share") * sum(self.decision.reserve.values()),
            "crisis_lead": settings["crisis.lead_change_million_yen"] * changed,
            "crisis_apart": settings["crisis.lead_apart_million_yen"] * self.leads_apart,
        }

    @property
    def leads_apart(self) -> int:
        """Leads that are not who answers for the service in normal times."""
        return sum(lead != self.decision.tier[s, k] for (s, k, _), lead in self.decision.lead.items())


def share_in_steps(cost: np.ndarray, tax: np.ndarray) -> np.ndarray:
    """The nation's share of costs beside standard taxes, by `DISASTER_SHARES`."""
    share, below = np.zeros_like(cost), 0.0
    for upto, rate in DISASTER_SHARES:
        width = np.inf if np.isinf(upto) else (upto - below) * tax
        share += rate * np.clip(cost - below * tax, 0.0, width)
        below = upto
    return share


def cvar(loss: np.ndarray, probability: np.ndarray, level: float) -> float:
    """Mean of the worst (1 - level) of outcomes; with the odds left over there is no loss."""
    order = np.argsort(-loss, kind="stable")
    tail = 1.0 - level
    before = np.cumsum(probability[order]) - probability[order]
    weight = np.clip(tail - before, 0.0, probability[order])
    return float(weight @ loss[order] / tail)
