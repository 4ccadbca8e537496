"""Who sets the standard of a duty, who pays and who delivers, for the services of the debate (R1 for each function).

The model decides who answers, which is who pays. Who sets the standard and who delivers follow from the law of the case
(`functions`), from who answers for the service or for another one, and from what a package prescribes
(`responsibility.standard_setter`); they are told and measured, and cost nothing by themselves. A wide-area body
delivers for its municipalities. The nation's earmarked or guaranteed share stands beside whoever pays.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from optimization.case.functions import DELIVERY, RESPONSIBLE, STANDARD
from optimization.dictionary.settings import nearest
from optimization.dictionary.tiers import NATION, TIERS
from optimization.errors import Problem
from optimization.ledger.accounts import Accounts
from optimization.ledger.instance import Instance

SETTER = "responsibility.standard_setter"


class Functions(NamedTuple):
    """The functions of a duty: service, rule group, the tiers that set the standard, pay and deliver, the nation's
    share of gross cost, and what the duty spends, million yen a year."""

    service: int
    group: int
    standard: str
    pays: str
    delivers: str
    national_share: float
    spending: float

    @property
    def tiers(self) -> int:
        """Number of tiers that hold the three functions."""
        return len({self.standard, self.pays, self.delivers})


def functions(accounts: Accounts) -> list[Functions]:
    """The functions of every duty of the debate, by service and group."""
    return list(_functions(accounts))


def setter_problems(instance: Instance) -> Iterator[Problem]:
    """Services of which a package prescribes who sets the standard, and the case names no functions."""
    known = list(instance.case.functions.index)
    for service in instance.settings["responsibility.standard_setter"]:
        if service not in known:
            message = "has no functions in functions.csv of the case"
            yield Problem("package", message, nearest(service, known), column=f"{SETTER}.{service}")


def _functions(accounts: Accounts) -> Iterator[Functions]:
    instance, decision = accounts.instance, accounts.decision
    law, setter = instance.case.functions, instance.settings["responsibility.standard_setter"]
    position = {service: s for s, service in enumerate(instance.services)}

    def holder(held_by: str, s: int, k: int) -> str:
        if held_by in TIERS:
            return held_by
        other = s if held_by == RESPONSIBLE else position[held_by]
        return decision.tier.get((other, k), decision.tier[s, k])

    for s, k in sorted(instance.groups.options):
        service = instance.services[s]
        if service in law.index:
            here, pays = instance.groups.members[k], decision.tier[s, k]
            standard = setter.get(service) or holder(law.at[service, STANDARD], s, k)
            delivers = holder(law.at[service, DELIVERY], s, k)
            share = 1.0 if pays == NATION else float(decision.guarantee[s])
            spent = float(accounts.budget[here, s].sum())
            yield Functions(s, k, standard, pays, delivers, share, spent)


def apart(accounts: Accounts) -> tuple[float, int, int]:
    """Share of the spending of the debated duties that lies under duties whose functions differ, number of these
    duties, and of all debated ones; 0 where a case names none."""
    found = functions(accounts)
    differ = [each for each in found if each.tiers > 1]
    spent = float(np.sum([each.spending for each in found]))
    share = float(np.sum([each.spending for each in differ])) / spent if spent else 0.0
    return share, len(differ), len(found)
