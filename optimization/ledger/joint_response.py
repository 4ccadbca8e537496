"""What a wide-area body gains in a crisis when its members lead for themselves and respond together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimization.dictionary.tiers import BLOC, MUNICIPALITY
from optimization.ledger.crisis import Crisis, unserved
from optimization.ledger.instance import Instance
from optimization.ledger.pools import bloc_of_body, pool_of_tier


@dataclass(frozen=True)
class JointResponse:
    """Pairs (body, service among S), shape (N,) each, and what each changes in every scenario."""

    instance: Instance
    crisis: Crisis
    body: np.ndarray
    service: np.ndarray

    @cached_property
    def _members(self) -> tuple[np.ndarray, np.ndarray]:
        """Pair and place of every membership in which the place has the service."""
        members = self.instance.bodies.membership[self.body]
        pair = np.repeat(np.arange(len(self.body)), np.diff(members.indptr))
        here = self.instance.today[members.indices, self.service[pair]] > 0
        return pair[here], members.indices[here]

    def _sums(self, values: np.ndarray) -> np.ndarray:
        """Sum of values (I, S) over the members of each pair, shape (N,)."""
        pair, place = self._members
        return np.bincount(pair, values[place, self.service[pair]], minlength=len(self.body))

    def _pooled(self, w: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Demand, shortage and capacity left over of each pair's pool in scenario w, shape (N,) each."""
        demand, capacity = self._sums(self.crisis.demand[w]), self._sums(self.crisis.capacity[w])
        return demand, *unserved(demand, capacity, self.crisis.delayed[MUNICIPALITY][self.service])

    def _alone(self, w: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Demand, shortage and capacity left over of every place alone in scenario w, shape (I, S) each."""
        demand = self.crisis.demand[w]
        return demand, *unserved(demand, self.crisis.capacity[w], self.crisis.delayed[MUNICIPALITY])

    @cached_property
    def saving(self) -> np.ndarray:
        """Shortage that the pool of a pair spares its members, shape (W, N), million yen."""
        result = np.zeros((len(self.crisis.names), len(self.body)))
        for w in range(len(result)):
            result[w] = self._sums(self._alone(w)[1]) - self._pooled(w)[1]
        return np.maximum(0.0, result)

    @cached_property
    def moved(self) -> np.ndarray:
        """Shortage and idle capacity that a body across blocs takes along into its hub's bloc, (W, N), million yen;
        only with mutual aid does it matter where they stand."""
        result = np.zeros((len(self.crisis.names), len(self.body)))
        if self.instance.settings["crisis.aid_share"] > 0:
            pair, place = self._members
            away = pool_of_tier(self.instance, BLOC)[place] != bloc_of_body(self.instance)[self.body][pair]
            pair, place = pair[away], place[away]
            for w in range(len(result)):
                _, short, idle = self._alone(w)
                values = (short + idle)[place, self.service[pair]]
                result[w] = np.bincount(pair, values, minlength=len(self.body))
        return result

    @cached_property
    def effect(self) -> np.ndarray:
        """Most that joint response can change in the nation's shortage, (W, N), million yen; 0 where not possible."""
        return np.asarray((self.saving + self.moved) * self.possible)

    @cached_property
    def possible(self) -> np.ndarray:
        """Whether all members of a pair may lead for themselves in scenario w, boolean (W, N)."""
        pair, place = self._members
        group = self.instance.groups.of_municipality
        result = np.zeros((len(self.crisis.names), len(self.body)), dtype=bool)
        for w, kind in enumerate(self.crisis.kind):
            may = np.zeros((len(self.instance.groups.labels), len(self.instance.services)), dtype=bool)
            for (s, k, c), tiers in self.crisis.options.items():
                may[k, s] |= c == kind and MUNICIPALITY in tiers
            barred = ~may[group[place], self.service[pair]]
            result[w] = np.bincount(pair, barred, minlength=len(self.body)) == 0
        return result

    @cached_property
    def worth(self) -> np.ndarray:
        """Most that joint response can take off the objective, shape (N,), million yen a year:
        sum over scenarios of probability x (shortage price - cost of serving) x effect."""
        price = self.instance.settings["crisis.shortage_price"]
        price -= self.instance.case.parameters("response_premium")
        return np.asarray(price * (self.crisis.probability @ self.effect))

    def changes(self, w: int) -> tuple[np.ndarray, ...]:
        """What a pair's pool changes in the sums over the pools of municipalities of each bloc in scenario w:
        surge, shortage, capacity left over, shape (N, blocs) each. The pool belongs to its hub's bloc."""
        pair, place = self._members
        bloc, hubs = pool_of_tier(self.instance, BLOC), bloc_of_body(self.instance)[self.body]
        count = len(self.instance.areas[BLOC].names)
        result = []
        for pooled, alone in zip(self._pooled(w), self._alone(w), strict=True):
            change = np.zeros((len(self.body), count))
            np.add.at(change, (pair, bloc[place]), -alone[place, self.service[pair]])
            change[np.arange(len(self.body)), hubs] += pooled
            result.append(np.where(self.possible[w][:, None], change, 0.0))
        return tuple(result)


def joint_worth(instance: Instance) -> np.ndarray:
    """Most that joint response can be worth to every pair of the candidate list, shape (B, W), million yen a year;
    0 where no crisis is asked about."""
    shape = instance.costs.allowed.shape
    if instance.crisis is None:
        return np.zeros(shape)
    return _everything(instance, instance.crisis).worth.reshape(shape)


def joint_saving(instance: Instance) -> np.ndarray:
    """Whether joint response can change a shortage in some scenario, boolean (B, W)."""
    shape = instance.costs.allowed.shape
    if instance.crisis is None:
        return np.zeros(shape, dtype=bool)
    effect = _everything(instance, instance.crisis).effect
    return np.asarray((effect > 0).any(axis=0).reshape(shape))


def _everything(instance: Instance, crisis: Crisis) -> JointResponse:
    """All pairs of bodies and wide-area services, body by body."""
    bodies, width = len(instance.bodies), len(instance.costs.wide_columns)
    body = np.repeat(np.arange(bodies), width)
    return JointResponse(instance, crisis, body, np.tile(instance.costs.wide_columns, bodies))
