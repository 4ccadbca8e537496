"""What it costs to wait, and to decide for one year alone.

A plan decided for the first year alone ignores that people leave; one decided for the last year alone pays today for
what is needed then. Both are carried through the whole horizon by the ledger, as is today's arrangement followed by the
plan from one of the later years on. Crises are left out: they weigh on all alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from optimization.ledger.accounts import Accounts, with_bonds
from optimization.ledger.decision import Decision, status_quo
from optimization.ledger.horizon import ONLY_FIRST
from optimization.ledger.instance import Instance
from optimization.ledger.phases import some_years
from optimization.outcome.result import PLAN, TODAY, Course, Result
from optimization.outcome.unlisted import with_bodies_of


def without_crises(instance: Instance) -> Instance:
    """The question with no crises to face."""
    return replace(
        instance, settings={**instance.settings, "crisis.scenarios": ONLY_FIRST["crisis.scenarios"]}
    )


def courses(instance: Instance, plan: Decision, part: Callable[[Instance], Result]) -> Iterator[Course]:
    """Today's arrangement, the plan, the plan from each later year on, and the plans of the first and of the last year
    alone; a year whose own question finds no plan in time is left out. `instance` is the question on the plan's own
    list of bodies."""
    quiet = without_crises(instance)
    horizon = quiet.horizon
    assert horizon is not None
    first, *later = horizon.years
    calm = replace(plan, lead={}, reserve={})
    now = status_quo(quiet)
    yield Course(TODAY, first, _carried(quiet, now))
    yield Course(PLAN, first, _carried(quiet, calm))
    then = calm.second or calm
    for year in later:
        if year >= horizon.second:
            after = replace(quiet, horizon=replace(horizon, second=year))
            yield Course(PLAN, year, _carried(after, replace(now, second=then)))
    alone = {first: replace(quiet, horizon=None), later[-1]: some_years(quiet, [later[-1]])}
    for year, question in alone.items():
        found = part(question)
        if found.accounts is not None:
            decision = replace(found.accounts.decision, lead={}, reserve={}, bonds=())
            yield Course(str(year), first, _carried(quiet, decision))


def _carried(instance: Instance, decision: Decision) -> Accounts:
    """A course over the whole horizon, on a list that holds the bodies it has found for itself."""
    instance = with_bodies_of(instance, decision)
    return Accounts(instance, with_bonds(instance, decision.on(instance.bodies)))
