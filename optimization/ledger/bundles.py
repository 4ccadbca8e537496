"""What related services cost beside their own cost where two tiers answer for them (joint work).

    joint work = sum over bundles (s, s') and rule groups k of rate[s,s'] x base[s,s',k] x apart[s,s',k]
    base  = sum over the places of the group of the smaller of the two services' standard costs today
    apart = 1/2 sum_t |y[s,k,t] - y[s',k,t]|: 1 where two tiers answer, 0 where one does

It is work of officials and ways of residents between two offices that no account shows: a loss that residents bear, and
no flow of money. Today's arrangement pays it as well for what is apart today, so that a package saves what it joins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimization.case.bundles import JOINT_WORK
from optimization.case.case import Case
from optimization.case.rule_groups import RuleGroups


@dataclass(frozen=True)
class Bundles:
    """The bundles of a question: `names` of N bundles, positions of the two services (N,) among all, `rate` (N,) as a
    share of the smaller standard cost, `base` (N, K) million yen a year in each rule group."""

    names: tuple[str, ...]
    first: np.ndarray
    second: np.ndarray
    rate: np.ndarray
    base: np.ndarray

    @property
    def cost(self) -> np.ndarray:
        """What each bundle costs in each rule group where it is apart, (N, K), million yen a year."""
        return self.rate[:, None] * self.base

    def apart(self, tier: Mapping[tuple[int, int], str]) -> np.ndarray:
        """Whether two tiers answer for a bundle, by the tier of each (service, group), boolean (N, K)."""
        result = np.zeros(self.base.shape, dtype=bool)
        for n, k in np.argwhere(self.base > 0).tolist():
            result[n, k] = tier[int(self.first[n]), k] != tier[int(self.second[n]), k]
        return result


def bundles_of(case: Case, groups: RuleGroups, today: np.ndarray) -> Bundles:
    """The bundles of a case over the rule groups of a package; `today` (I, S): gross standard cost at today's tier."""
    table, services = case.bundles, case.services.index
    first, second = (services.get_indexer(table[name]) for name in ("service_a", "service_b"))
    smaller = np.minimum(today[:, first], today[:, second])
    base = np.zeros((len(table), len(groups.labels)))
    for k, members in enumerate(groups.members):
        base[:, k] = smaller[members].sum(axis=0)
    rate = np.array([case.parameters(JOINT_WORK, name) for name in table.index])
    return Bundles(tuple(table.index), first, second, rate, base)
