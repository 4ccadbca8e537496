"""The connected clusters of municipalities, and the covering of each by wide-area bodies."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.sparse.csgraph import connected_components

from optimization.dictionary.tiers import MUNICIPALITY
from optimization.ledger.instance import Instance
from optimization.model.screening import municipal_option
from optimization.solving.covering import NONE, Covering


class Clusters:
    """The connected clusters of municipalities, the largest first: what a body can never straddle.

    `listed` (B, W) the pairs there are. Without `of` (I,), the cluster of every place, clusters are those that listed
    bodies join, and only places that a listed pair covers count; with it bodies may come that are not listed yet, and
    every cluster of two places or more is one, with all its places.
    """

    def __init__(self, instance: Instance, listed: np.ndarray, of: np.ndarray | None = None) -> None:
        self._instance, self.listed, self._growing = instance, listed, of is not None
        members = instance.bodies.membership
        if of is None:
            _, of = connected_components(members.T @ members, directed=False)
        rows = np.flatnonzero(listed.any(axis=1))
        cluster = of[members.indices[members.indptr[rows]]]
        size = np.bincount(cluster, minlength=int(of.max()) + 1)
        known = np.bincount(of) > 1 if self._growing else size > 0
        self.names = [c for c in np.argsort(-size, kind="stable").tolist() if known[c]]
        self.bodies = [rows[cluster == c] for c in self.names]
        self.places = [np.flatnonzero(of == c) for c in self.names]

    def gather(self, parts: list[np.ndarray]) -> np.ndarray:
        """Masks of the clusters as one of all bodies, (B, W)."""
        result = np.zeros(self._instance.costs.allowed.shape, dtype=bool)
        for rows, part in zip(self.bodies, parts, strict=True):
            result[rows] = part
        return result

    @cached_property
    def demands(self) -> list[np.ndarray]:
        """Number of the demand of every place in each cluster, (members, W): one for each service and class
        that occurs there among the places some pair may cover; NONE elsewhere."""
        instance = self._instance
        covered = (instance.bodies.membership.T @ self.listed.astype(float)) > 0
        if self._growing:  # whatever may still come, it serves only where the municipality may answer
            covered |= municipal_option(instance)[:, instance.costs.wide_columns]
        here = covered & (instance.costs.own[:, instance.costs.wide_columns] > 0)
        width = covered.shape[1]
        number = instance.groups.of_municipality[:, None] * width + np.arange(width)
        result = []
        for who in self.places:
            demand = np.full((len(who), width), NONE)
            _, demand[here[who]] = np.unique(number[who][here[who]], return_inverse=True)
            result.append(demand)
        return result

    def coverings(self, cost: np.ndarray, alone: np.ndarray, worth: np.ndarray) -> list[Covering]:
        """The covering of each cluster at given costs of pairs (B, W), infinite where a pair is not listed,
        of acting alone (I, W), and with what responsibility is worth at each place (I, W)."""
        instance = self._instance
        settings, members = instance.settings, instance.bodies.membership
        alone = np.where(instance.costs.may_act_alone, alone, np.inf)
        needed = instance.standing_pairs & self.listed
        return [
            Covering(
                members=members[rows][:, who].tocsr(),
                cost=cost[rows],
                alone=alone[who],
                demand=demand,
                worth=np.bincount(demand[demand != NONE], worth[who][demand != NONE]),
                opening=instance.mass * settings["weights.body_million_yen"],
                limit=instance.most_bodies[who],
                needed=needed[rows],
            )
            for rows, who, demand in zip(self.bodies, self.places, self.demands, strict=True)
        ]


def elsewhere(instance: Instance) -> np.ndarray:
    """What each wide-area service costs at the cheapest other tier the statute may choose, with a share
    in its prefecture's production unit, (I, W); infinite where there is none. A guess of its worth."""
    costs, provision = instance.costs, instance.mass * instance.settings["weights.provision"]
    wide = costs.wide_columns
    result = np.full((len(instance.case.codes), len(wide)), np.inf)
    sharing = np.bincount(instance.prefecture)[instance.prefecture]
    for w, s in enumerate(wide.tolist()):
        for k in range(len(instance.groups.labels)):
            here = instance.groups.of_municipality == k
            for tier in set(instance.groups.options.get((s, k), ())) - {MUNICIPALITY}:
                unit = provision * costs.unit_fixed[s] / sharing[here]
                price = instance.social.by_tier[tier][here, s] + unit
                result[here, w] = np.minimum(result[here, w], price)
    return result
