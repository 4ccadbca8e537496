"""Fronts of cost against one aim: what a little more of it costs, from the cheapest plan to the most that is possible.

Epsilon-constraint: an aim is a limit of the package; the front runs from what the cheapest plan reaches to the
tightest value any plan can keep, and every cell is the least cost under one value, exact to the gap. Lexicographic:
aims are made as tight as can be one after the other, and cost comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage, with_settings
from optimization.dictionary.settings import nearest as nearest_name
from optimization.errors import InputError, Problem, raise_if_any
from optimization.explain.feasibility import Feasibility
from optimization.explain.limits import ROWS, Limit
from optimization.explain.repairs import least_loosening
from optimization.ledger import measures
from optimization.ledger.accounts import Accounts
from optimization.outcome.result import Result, planned
from optimization.outcome.session import Session
from optimization.outcome.verdict import Worth

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Aim:
    """What is traded against cost: the limit that bounds it, how a plan's own value is measured, and an ideal that no
    plan could be asked to go beyond."""

    name: str
    limit: Limit
    measure: Callable[[Accounts], float]
    ideal: float

    @property
    def whole(self) -> bool:
        """Whether it counts something."""
        return self.limit.whole

    def tighter(self, a: float, b: float) -> bool:
        """Whether a value asks for more than another."""
        return (b - a) * self.limit.direction > 1e-9


def _lowest_coverage(accounts: Accounts) -> float:
    return float(accounts.coverage.min())


def _most_tiers(accounts: Accounts) -> float:
    return float(max(len(tiers) for tiers in accounts.decision.tiers_in_use.values()))


def _worst_crisis(accounts: Accounts) -> float:
    response = accounts.response
    assert response is not None
    return float(response.worst_share.max(initial=0.0))


def _limit(key: str) -> Limit:
    return next(limit for limit in ROWS if limit.key == key)


AIMS: Mapping[str, Aim] = {
    aim.name: aim
    for aim in (
        Aim("equity", _limit("equity.adequacy_floor"), _lowest_coverage, 2.0),
        Aim("dispersion", _limit("equity.dispersion_ceiling"), measures.dispersion, 1e-6),
        Aim(
            "discipline",
            _limit("discipline.own_source_floor_municipal"),
            lambda accounts: measures.own_source_share(accounts)[0],
            1.0,
        ),
        Aim(
            "retention",
            _limit("discipline.retention_floor"),
            lambda a: float(measures.retention(a).min()),
            1.0,
        ),
        Aim("grants", _limit("pool.ordinary_million_yen"), lambda accounts: float(accounts.paid), 0.0),
        Aim("changes", _limit("clarity.changes_ceiling"), lambda a: float(measures.duties_moved(a)), 0),
        Aim("clarity", _limit("clarity.tiers_per_service"), _most_tiers, 1),
        Aim("crisis", _limit("crisis.worst_case_share"), _worst_crisis, 0.0),
    )
}


def aims_named(names: Sequence[str], package: ResolvedPackage) -> list[Aim]:
    """The aims of a command line; raises InputError where there is none, for an unknown one, and for crises where the
    package names none."""
    if not names:
        remedy = f"name one or several of: {', '.join(AIMS)}"
        raise InputError([Problem("command line", "names no aim", remedy, column="--against")])
    problems = [
        Problem("command line", "is not an aim", nearest_name(name, AIMS), column="--against", value=name)
        for name in names
        if name not in AIMS
    ]
    if "crisis" in names and not package.settings["crisis.scenarios"]:
        remedy = "add a package that names crises, such as crisis_ready"
        problems.append(
            Problem("command line", "needs crises to face", remedy, column="--against", value="crisis")
        )
    raise_if_any(problems)
    return [AIMS[name] for name in dict.fromkeys(names)]


def front(
    case: Case,
    session: Session,
    package: ResolvedPackage,
    aim: Aim,
    prefectures: Sequence[str],
    points: int,
    report: Report = lambda done, total: None,
) -> pd.DataFrame:
    """Cost against one aim: columns aim, limit (nothing in the first row, the plan without one), reached (what the plan
    itself keeps), cost_million_yen, bound_million_yen, gap, status, dominated. The last row is the tightest value found
    possible; `proven_impossible` is a value that no plan reaches (nothing where none is proven). Raises NoPlanError
    where the package has no plan."""
    first = planned(session.solve(package))
    assert first.accounts is not None
    rows = [_row(aim, None, first, np.nan)]
    report(1, points)
    start = aim.measure(first.accounts)
    end, beyond = tightest(case, package, aim, prefectures, start)
    for n, value in enumerate(steps(aim, start, end, points), start=2):
        settings = aim.limit.at(package.settings, value)
        rows.append(_row(aim, value, session.solve(with_settings(package, settings)), beyond))
        report(n, points)
    table = pd.DataFrame(rows)
    table["dominated"] = dominated(aim, table)
    return table


def tightest(
    case: Case, package: ResolvedPackage, aim: Aim, prefectures: Sequence[str], start: float
) -> tuple[float, float]:
    """The tightest value of an aim at which a plan was found, and one proven impossible (NaN where none is)."""
    asked = with_settings(package, aim.limit.at(package.settings, aim.ideal))
    question = Feasibility(case, asked, tuple(prefectures))
    if question.of(asked.settings).values is not None:
        return aim.ideal, float("nan")
    found = least_loosening(question, asked.settings, aim.limit)
    if found is None or not aim.tighter(found.new, start):
        return start, float("nan")
    return float(found.new), float("nan") if found.proven is None else float(found.proven)


def steps(aim: Aim, start: float, end: float, points: int) -> list[float]:
    """Values from the one a plan keeps anyhow to the tightest, evenly; every whole number of a count where they fit."""
    if not aim.tighter(end, start):
        return []
    if aim.whole:
        step = 1 if end > start else -1
        values: list[float] = list(range(int(start) + step, int(end) + step, step))
        if len(values) >= points:
            chosen = np.unique(np.linspace(0, len(values) - 1, points - 1).round().astype(int))
            values = [values[n] for n in chosen]
        return values
    return [float(v) for v in np.linspace(start, end, points)[1:]]


def dominated(aim: Aim, table: pd.DataFrame) -> list[bool]:
    """Whether another row reaches at least as much for no more, and more of one of the two."""
    cells = list(zip(table["reached"], table["cost_million_yen"], strict=True))
    result = []
    for reached, cost in cells:
        better = [
            (not aim.tighter(reached, r) and c <= cost) and (aim.tighter(r, reached) or c < cost)
            for r, c in cells
            if np.isfinite(c)
        ]
        result.append(bool(np.isfinite(cost) and any(better)))
    return result


def finished(table: pd.DataFrame) -> bool:
    """Whether every cell is solved to the gap, or proven impossible."""
    return all(Worth(status).settled for status in table["status"])


def _row(aim: Aim, value: float | None, result: Result, beyond: float) -> dict[str, Any]:
    outcome, accounts = result.outcome, result.accounts if result.worth.planned else None
    found = accounts is not None
    return {
        "aim": aim.name,
        "setting": aim.limit.key,
        "limit": np.nan if value is None else value,
        "reached": np.nan if accounts is None else aim.measure(accounts),
        "cost_million_yen": outcome.objective if found else np.nan,
        "bound_million_yen": outcome.bound if np.isfinite(outcome.bound) else np.nan,
        "gap": outcome.gap if found else np.nan,
        "status": str(result.worth),
        "proven_impossible": beyond,
        "dominated": False,
    }


def lexicographic(
    case: Case,
    session: Session,
    package: ResolvedPackage,
    aims: Sequence[Aim],
    prefectures: Sequence[str],
) -> tuple[pd.DataFrame, Result]:
    """Aims made as tight as can be, the first first, and the least cost at these values; columns aim, setting, value
    (that of a plan where nothing tighter is found), proven_impossible. Raises NoPlanError where there is no plan."""
    rows: list[dict[str, Any]] = []
    asked, result = package, planned(session.solve(package))
    for aim in aims:
        assert result.accounts is not None
        value, beyond = tightest(case, asked, aim, prefectures, aim.measure(result.accounts))
        rows.append({"aim": aim.name, "setting": aim.limit.key, "value": value, "proven_impossible": beyond})
        asked = with_settings(package, aim.limit.at(asked.settings, value))
        result = planned(session.solve(asked))
    return pd.DataFrame(rows), result
