"""One question of a study: asked from one resolved thing, answered anywhere, and what of the answer lasts.

Case, packages and program are read once, by who asks; key and answer speak of what was read then, whatever becomes of
the files meanwhile.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from optimization.case.case import Case
from optimization.case.face import load_package
from optimization.case.resolved import ResolvedPackage
from optimization.errors import InputError, memory_is_out
from optimization.ledger.measures import all_measures
from optimization.outcome.result import Result
from optimization.outcome.solve import solve
from optimization.outcome.verdict import Worth
from optimization.solving.highs import Limits
from optimization.studies import store
from optimization.studies.study import Cell, Study, resolved

FAILED = "failed"
"""Status of a question that cannot be asked, or met a defect of ours."""

UNDONE = "undone"
"""Status of a question that the machine, or another program on it, kept from being answered: it is tried again."""

UNANSWERED = (FAILED, UNDONE)


class Found(NamedTuple):
    """What came of a question, and whether it lasts: the question alone decided it, so that it would come again."""

    row: dict[str, Any]
    lasting: bool


@dataclass(frozen=True)
class Question:
    """A cell with all that it asks: packages as they were read, the limits of its study (without the other cells), and
    the name that case, settings and program give it. It is sent with the case, never read again."""

    cell: Cell
    base: ResolvedPackage
    study: Study
    key: str


def questions(
    case: Case, study: Study, base: ResolvedPackage | None = None
) -> Iterator[Question | dict[str, Any]]:
    """Every cell as a question; a failed answer where it cannot be asked. Each package is read once."""
    alone = replace(study, cells=())
    read: dict[str, ResolvedPackage | InputError] = {}
    for cell in study.cells:
        try:
            if base is None and cell.packages not in read:
                read[cell.packages] = _read(case, cell, study)
            under = base or read[cell.packages]
            if isinstance(under, InputError):
                raise under
            package = resolved(case, cell, study.prefectures, study.name, under)
            yield Question(cell, under, alone, store.key_of(case, package, alone))
        except Exception as error:  # a study of hundreds must not be lost for one
            yield fault(error).row


def _read(case: Case, cell: Cell, study: Study) -> ResolvedPackage | InputError:
    """The packages of a cell, or why they cannot be read: nobody need ask again for the next cell."""
    try:
        return load_package(case, cell.packages, study.prefectures)
    except InputError as error:
        return error


def fault(error: Exception) -> Found:
    """What an error comes to. A fault of the input lasts. What the machine refuses (memory, files, processes) says
    nothing of the question and is undone; a defect of ours has failed: both are tried again."""
    if isinstance(error, InputError):
        return Found({"status": FAILED, "reason": "; ".join(map(str, error.problems))}, True)
    status = UNDONE if isinstance(error, OSError) or memory_is_out(error) else FAILED
    return Found({"status": status, "reason": f"{type(error).__name__}: {error}"}, False)


def undone(reason: str) -> Found:
    """A question that was not answered for a reason that says nothing of it, to be tried again."""
    return Found({"status": UNDONE, "reason": reason}, False)


def answer(case: Case, question: Question) -> Found:
    """Solve one question with one thread; what is to be kept of it. A failure is an answer too, with its reason."""
    started = time.perf_counter()
    study = question.study
    try:
        package = resolved(case, question.cell, study.prefectures, study.name, question.base)
        if store.key_of(case, package, study) != question.key:
            return undone("the worker refused: its program is not that of who asks; give it the same version")
        limits = Limits(gap=study.gap, seconds=study.time_limit, threads=1, seed=study.seed)
        row = outcome(solve(case, package, study.prefectures, limits, study.method, beside=False))
        found = Found(row, row["status"] != Worth.FAILED)
    except Exception as error:  # a study of hundreds must not be lost for one
        found = fault(error)
    return found._replace(row={**found.row, "seconds": round(time.perf_counter() - started, 3)})


def outcome(result: Result) -> dict[str, Any]:
    """What a result comes to: certificate, parts of the objective, measures, moved duties. Of a plan that breaks a rule
    nothing is told that could be taken for an answer."""
    found, accounts, worth = result.outcome, result.accounts, result.worth
    row: dict[str, Any] = {
        "status": str(worth),
        "reason": result.reason,
        "bound_million_yen": _finite(found.bound),
        "objective_today_million_yen": result.baseline.objective,
    }
    if accounts is not None:
        row["breaches"] = len(result.breaches)
    if accounts is None or not worth.planned:
        return row
    row |= {"objective_million_yen": found.objective, "gap": _finite(found.gap)}
    row |= {f"{name}_million_yen": value for name, value in accounts.objective_parts.items()}
    row["real_cost_million_yen"] = accounts.real_cost
    row["grants_million_yen"] = float(accounts.grant.sum())
    row["wide_area_bodies"] = len(accounts.decision.existing_bodies)
    for name, (value, unit) in all_measures(accounts, result.baseline).items():
        row[f"measure.{name} [{unit}]"] = _finite(value)
    plan = _plan(result)
    home = dict(zip(result.instance.services, result.instance.groups.home, strict=True))
    moved = [f"{duty}:{tier}" for duty, tier in plan["tiers"].items() if tier != home[duty.partition("/")[0]]]
    return {**row, "moved_duties": "|".join(moved), **plan}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _plan(result: Result) -> dict[str, Any]:
    """Tier of every duty by service and rule group, and the members of every body."""
    assert result.accounts is not None
    instance, decision = result.instance, result.accounts.decision
    names, labels, codes = list(instance.services), instance.groups.labels, instance.case.codes
    return {
        "tiers": {f"{names[s]}/{labels[k]}": tier for (s, k), tier in sorted(decision.tier.items())},
        "bodies": ["+".join(codes[instance.bodies.members(b)]) for b in decision.existing_bodies],
    }
