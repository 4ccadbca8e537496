"""What a decision and a limit are worth: the optimum again with one thing changed.

Every number comes with what is proven of it: the two optima are known to within the gap, so their difference
lies between the new bound less the old plan and the new plan less the old bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from optimization.case.resolved import ResolvedPackage, with_settings
from optimization.dictionary.settings import check_value, load_settings
from optimization.dictionary.typed_settings import Settings
from optimization.explain.feasibility import rows_of
from optimization.explain.limits import Limit, limits_of
from optimization.model.model import REWRITABLE
from optimization.outcome.given_back import Prices
from optimization.outcome.in_place import under_limits
from optimization.outcome.session import Session
from optimization.solving.deadline import Deadline
from optimization.solving.highs import Outcome, Status, solve
from optimization.solving.standard_form import StandardForm

STEP = 0.01
"""Step of a shadow price: of the limit's size where it is money, else in its own unit."""

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Difference:
    """What a changed question costs more than the unchanged one, million yen a year: by the two plans, and at least
    and at most by their bounds; infinite where it has no plan."""

    cost: float
    at_least: float
    at_most: float
    status: Status


def difference(changed: Outcome, base: Outcome) -> Difference:
    """The difference of two optima."""
    if changed.status is Status.INFEASIBLE:
        return Difference(np.inf, np.inf, np.inf, changed.status)
    return Difference(
        changed.objective - base.objective,
        changed.bound - base.objective,
        changed.objective - base.bound,
        changed.status,
    )


def forced_tiers(
    session: Session,
    services: tuple[str, ...] = (),
    report: Report = lambda done, total: None,
) -> pd.DataFrame:
    """What it costs to give each duty to each other tier open to it, all else decided anew: columns service,
    rule_group, tier, forced_tier, forced_cost_million_yen, at_least_million_yen, at_most_million_yen, status. Without
    a plan the costs are empty."""
    last = session.last
    instance, accounts = last.instance, last.result.accounts
    assert accounts is not None
    chosen, names = accounts.decision.tier, list(instance.services)
    tasks = [move for move in session.other_tiers() if not services or names[move[0][0]] in services]
    rows = []
    for n, (duty, tier) in enumerate(tasks, start=1):
        found = difference(session.holding({duty: tier}), last.result.cheapest)
        place = names[duty[0]], instance.groups.labels[duty[1]]
        rows.append(
            (*place, chosen[duty], tier, found.cost, found.at_least, found.at_most, str(found.status))
        )
        report(n, len(tasks))
    names_of = ["service", "rule_group", "tier", "forced_tier", "forced_cost_million_yen"]
    table = pd.DataFrame(rows, columns=[*names_of, "at_least_million_yen", "at_most_million_yen", "status"])
    return table.replace([np.inf, -np.inf], np.nan)


def given_back(session: Session, services: tuple[str, ...] = ()) -> pd.DataFrame:
    """What each change of the last plan saves: with the one duty given back to today's tier, all others kept and
    provision decided anew, over the pairs of body and service that the run has let in. Limits of money are left out.
    Columns service, rule_group, tier_today, tier, saving_million_yen, service_saving_million_yen (all changes of the
    service given back together); empty where today's tiers leave no provision.
    It is what a run reckons with that asks every change for a least saving (`outcome.given_back`)."""
    last = session.last
    values = last.result.outcome.values
    assert values is not None
    prices, instance = Prices(last.problem), last.instance
    statute, names = prices.statute(values), list(instance.services)
    tier = prices.changes(statute)
    deadline = Deadline(session.limits.seconds)
    chosen = [given for given in prices.together(statute) if not services or names[given[0][0]] in services]
    alone = prices.savings(statute, [(duty,) for given in chosen for duty in given], deadline)
    together = prices.savings(statute, chosen, deadline)
    rows = [
        (
            names[s],
            instance.groups.labels[k],
            instance.groups.home[s],
            tier[s, k],
            alone.get(((s, k),), np.nan),
            saving,
        )
        for given, saving in together.items()
        for s, k in given
    ]
    columns = [
        "service",
        "rule_group",
        "tier_today",
        "tier",
        "saving_million_yen",
        "service_saving_million_yen",
    ]
    return pd.DataFrame(rows, columns=columns).replace([np.inf, -np.inf], np.nan)


def shadow_prices(session: Session, report: Report = lambda done, total: None) -> pd.DataFrame:
    """What one more unit of each limit is worth, by solving again a step to either side.

    Columns setting, rule, value, unit, side (tighter, looser), step, change_million_yen with at_least and at_most,
    price_per_unit (million yen per unit of the setting, the change over the step), relaxation_dual_per_unit (the
    linear relaxation's, an estimate only), status. `within_the_gap` says that the change may be none at all.
    """
    last = session.last
    base, package = last.result.cheapest, last.result.package
    limits = [limit for limit in limits_of(package) if limit.key in REWRITABLE and limit.direction]
    duals = relaxation_duals(session, limits)
    rows: list[dict[str, Any]] = []
    total = 2 * len(limits)
    for n, limit in enumerate(limits):
        for side, sign in (("tighter", -limit.direction), ("looser", limit.direction)):
            report(len(rows), total)
            step = moved(limit, package.settings, sign)
            if step is None:
                continue
            settings = limit.at(package.settings, limit.value(package.settings) + step)
            with session.returning():
                found = difference(session.solve(with_settings(package, settings)).cheapest, base)
            rows.append(price_row(limit, package.settings, side, step, found, duals[n]))
    return pd.DataFrame(rows)


def price_row(
    limit: Limit, settings: Settings, side: str, step: float, found: Difference, dual: float
) -> dict[str, Any]:
    """One row of the table of shadow prices."""
    known = bool(np.isfinite(found.cost))
    return {
        "setting": limit.key,
        "rule": limit.rule,
        "value": float(limit.value(settings)),
        "unit": limit.unit,
        "side": side,
        "step": step,
        "change_million_yen": found.cost if known else np.nan,
        "at_least_million_yen": found.at_least if known else np.nan,
        "at_most_million_yen": found.at_most if known else np.nan,
        "price_per_unit": found.cost / step if known else np.nan,
        "relaxation_dual_per_unit": dual,
        "within_the_gap": bool(known and found.at_least <= 0.0 <= found.at_most),
        "status": str(found.status),
    }


def moved(limit: Limit, settings: Settings, sign: float) -> float | None:
    """A step of a limit to one side; None where there is no room for it."""
    value = limit.value(settings)
    step = sign * (STEP * value if limit.unit.startswith("million yen") else STEP)
    after = limit.at(settings, value + step)[limit.key]
    refused = check_value(load_settings()[limit.key], after)
    return None if refused or not step else step


def relaxation_duals(session: Session, limits: list[Limit]) -> list[float]:
    """Derivative of the linear relaxation's value by each limit, million yen per unit of the setting: with duals d of
    the rows A x >= b that hold the limit, d . (b' - A' x) over a small change of the limit."""
    last = session.last
    relaxed = solve(last.problem.form, replace(session.limits, threads=1), relax=True)
    if relaxed.values is None or relaxed.row_duals is None:
        return [np.nan] * len(limits)
    package = last.result.package
    return [derivative(session, package, limit, relaxed.values, relaxed.row_duals) for limit in limits]


def derivative(
    session: Session, package: ResolvedPackage, limit: Limit, values: np.ndarray, duals: np.ndarray
) -> float:
    """One of them; not a number where the rule has other rows after the change."""
    last = session.last.problem
    step = 1e-4 * max(abs(limit.value(package.settings)), 1.0) * -limit.direction
    settings = limit.at(package.settings, limit.value(package.settings) + step)
    changed = under_limits(last, settings, {limit.key})
    if changed is None:
        return float("nan")
    rows = rows_of(changed.form, limit)
    change = [excess(part.form, rows, values) for part in (last, changed)]
    return float(duals[rows] @ (change[1] - change[0]) / step)


def excess(form: StandardForm, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Right-hand side less activity of some rows, by the side that is finite."""
    low, high = form.row_lower[rows], form.row_upper[rows]
    return np.asarray(np.where(np.isfinite(low), low, high) - form.matrix[rows] @ values)
