"""Which assumption would change the recommendation: every assumed number varied within its range.

Three ways of drawing: `tornado` moves one factor at a time through the eighths of its range, `morris` walks
through the space of all factors, `sobol` fills it; the last two through SALib, a factor being a group of numbers (all
services at once, each with a level of its own in Sobol draws). Every draw is one cell of a sweep: archived as it comes,
never computed twice.

A recommendation is a tier for a service and rule group, or a body. After joint draws its stability is the share of them
in which it holds; after a tornado it is said which assumption overturns it, and at which value.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimization.archive import write_tables
from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.dictionary.settings import nearest
from optimization.errors import InputError, Problem, raise_if_any
from optimization.ledger.factors import Factor, factors_of
from optimization.outcome.verdict import NoPlanError, Worth
from optimization.studies.overturns import LEVELS, Design, overturned_by, overturns
from optimization.studies.study import Study
from optimization.studies.sweep import Report, answers

MORRIS_LEVELS = 4
FIRM, LIKELY = 0.95, 0.80
"""Shares of joint draws (Morris, Sobol) from which a recommendation is firm, or likely; below it is open."""

OVERTURNED, TESTED_ALONE = "overturned", "tested_alone"
"""Marks after a tornado: overturned by one assumption alone, or by none of them alone, which says nothing of several
together."""

OUTPUTS = {
    "cost_million_yen": "objective_million_yen",
    "grants_million_yen": "grants_million_yen",
    "wide_area_bodies": "wide_area_bodies",
    "duties_moved": "measure.duties_moved [duties]",
    "lowest_coverage_ratio": "measure.coverage_floor_municipal [ratio]",
}
"""What is measured of a draw, by name, and where a sweep's answer holds it."""


@dataclass(frozen=True)
class Findings:
    """The tables of an analysis, its draws, how many are proven to have no plan, how many were not settled (they have
    neither a plan to the gap nor that proof), and of these how many came to a plan that breaks a rule."""

    tables: Mapping[str, pd.DataFrame]
    draws: int
    impossible: int
    unsettled: int
    broken: int


def design(factors: Sequence[Factor], method: str, draws: int, seed: int) -> Design:
    """Draws for at most `draws` solves (those of the method's smallest design, where that is more)."""
    of_column = np.repeat(np.arange(len(factors)), [len(factor.numbers) for factor in factors])
    if method == "tornado":
        levels = _one_at_a_time(len(factors), of_column)
    else:
        levels = _by_salib(factors, of_column, method, draws, seed)
    centre = np.full((1, len(of_column)), 0.5)
    return Design(method, np.vstack([centre, levels]), tuple(factors), of_column)


def _one_at_a_time(count: int, of_column: np.ndarray) -> np.ndarray:
    """Every factor at every level, all else central."""
    levels = np.full((count * len(LEVELS), len(of_column)), 0.5)
    for f in range(count):
        for n, level in enumerate(LEVELS):
            levels[f * len(LEVELS) + n, of_column == f] = level
    return levels


def problem_of(factors: Sequence[Factor], of_column: np.ndarray) -> dict[str, Any]:
    """The question as SALib states it: a column for each number, grouped by factor."""
    return {
        "num_vars": len(of_column),
        "names": [number.key for factor in factors for number in factor.numbers],
        "bounds": [[0.0, 1.0]] * len(of_column),
        "groups": [factors[f].name for f in of_column],
    }


def _by_salib(
    factors: Sequence[Factor], of_column: np.ndarray, method: str, draws: int, seed: int
) -> np.ndarray:
    from SALib.sample import morris, sobol

    problem, count = problem_of(factors, of_column), len(factors)
    if method == "morris":
        walks = max(2, draws // (count + 1))
        return np.asarray(morris.sample(problem, walks, num_levels=MORRIS_LEVELS, seed=seed))
    size = 2 ** max(1, int(np.log2(max(2, draws // (count + 2)))))
    return np.asarray(sobol.sample(problem, size, calc_second_order=False, seed=seed))


def analyse(
    case: Case,
    package: ResolvedPackage,
    study: Study,
    method: str,
    draws: int,
    folder: Path,
    processes: int,
    scheduler: str,
    report: Report,
    only: Sequence[str] = (),
) -> Findings:
    """Draw, solve and measure. `study` gives prefectures, gap, time limit and seed; `only` names the factors to vary
    (none: all). Every draw varies the package as it was read. Raises InputError for an unknown factor, and NoPlanError
    when the central draw has no plan: there is then no recommendation to test."""
    factors, numbers = factors_of(case, package)
    factors, numbers = narrowed(factors, numbers, only)
    plan = design(factors, method, draws, study.seed)
    cells = tuple(plan.cell(package.name, n) for n in range(len(plan.levels)))
    centre = replace(study, cells=cells[:1])
    _, (first,) = answers(centre, case, folder, base=package)
    if "tiers" not in first:
        raise _no_centre(package, first)
    study = replace(study, cells=cells)
    _, rows = answers(study, case, folder, processes, scheduler, report, package)
    status = [row["status"] for row in rows]
    impossible = status.count(str(Worth.INFEASIBLE))
    tables = {
        "numbers": numbers,
        "draws": drawn(plan, rows),
        "recommendations": recommendations(plan, rows),
        "bodies": bodies(plan, rows),
        "effects": effects(plan, rows, study.seed),
        "overturns": overturns(plan, rows),
    }
    unsettled = len(rows) - impossible - status.count(str(Worth.OPTIMAL))
    return Findings(tables, len(rows), impossible, unsettled, status.count(str(Worth.BROKEN)))


def study_record(
    case: Case, package: ResolvedPackage, study: Study, method: str, draws: int, only: Sequence[str] = ()
) -> dict[str, Any]:
    """What a folder of an analysis says of itself, by which a report knows that it is of a run's question."""
    return {
        "case": case.name,
        "package": package.name,
        "prefectures_asked": list(study.prefectures),
        "method": method,
        "draws": draws,
        "only": list(only),
        "gap": study.gap,
        "seed": study.seed,
        "inputs_sha256": dict(case.sha256),
    }


def fill_study(draft: Path, tables: Mapping[str, pd.DataFrame], record: Mapping[str, object]) -> None:
    """Write the tables and the record of an analysis into a folder."""
    write_tables(draft, tables)
    text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
    (draft / "study.json").write_text(text, encoding="utf-8")


def _no_centre(package: ResolvedPackage, first: Mapping[str, Any]) -> Exception:
    """What to raise where the central draw has come to no plan: a fault that was met, or the reason there is none."""
    status, reason = str(first["status"]), str(first["reason"])
    if status in tuple(Worth):
        return NoPlanError(package.name, Worth(status), f"at the central values {reason}")
    remedy = "mend the package, or try again where the machine gave out"
    return InputError([Problem(package.name, f"{status} at the central values: {reason}", remedy)])


def narrowed(
    factors: list[Factor], numbers: pd.DataFrame, only: Sequence[str]
) -> tuple[list[Factor], pd.DataFrame]:
    """The named factors alone, and the table of numbers that says so; all of them where none is named."""
    if not only:
        return factors, numbers
    known = [factor.name for factor in factors]
    problems = [
        Problem("command line", "is not an assumption that this package's result can depend on", nearest(name, known),
                column="--only", value=name)
        for name in only
        if name not in known
    ]  # fmt: skip
    raise_if_any(problems)
    left_out = numbers["varied"] & ~numbers["factor"].isin(only)
    numbers = numbers.assign(
        varied=numbers["varied"] & ~left_out, why_not=numbers["why_not"].mask(left_out, "not asked for")
    )
    return [factor for factor in factors if factor.name in only], numbers


def drawn(plan: Design, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Every draw: its status, what is measured of it, and the mean level of each factor."""
    levels = pd.DataFrame(plan.mean_levels, columns=[f"level.{factor.name}" for factor in plan.factors])
    found = pd.DataFrame(
        [
            {
                "draw": n,
                "status": row["status"],
                "gap": row.get("gap"),
                **{k: row.get(v) for k, v in OUTPUTS.items()},
            }
            for n, row in enumerate(rows)
        ]
    )
    return pd.concat([found, levels], axis=1)


def recommendations(plan: Design, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The tier of every duty in the central draw, the share of draws with a plan in which it holds, its mark, the tier
    that most often takes its place, and after a tornado what overturns it."""
    held = [row["tiers"] for row in rows if "tiers" in row]
    turned = overturned_by(plan, rows, _tiers)
    result = []
    for duty, tier in rows[0]["tiers"].items():
        counts = Counter(tiers.get(duty) for tiers in held)
        share = counts[tier] / len(held)
        rival, often = next(((t, n) for t, n in counts.most_common() if t != tier), ("", 0))
        service, _, group = duty.partition("/")
        said = turned.get(duty, "")
        rest = rival, often / len(held), said
        result.append((service, group, tier, share, _marked(plan, share, said), *rest))
    names = ["service", "rule_group", "tier", "share_of_draws", "mark", "rival_tier", "rival_share_of_draws"]
    return pd.DataFrame(result, columns=[*names, "overturned_by"])


def bodies(plan: Design, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Every body of the central draw by its members, the share of draws in which the same body exists, its mark, and
    after a tornado what overturns it."""
    held = [set(row["bodies"]) for row in rows if "bodies" in row]
    turned = overturned_by(plan, rows, _bodies)
    result = []
    for members in rows[0]["bodies"]:
        share = sum(members in each for each in held) / len(held)
        said = turned.get(members, "")
        result.append((members, len(members.split("+")), share, _marked(plan, share, said), said))
    return pd.DataFrame(
        result, columns=["member_codes", "members", "share_of_draws", "mark", "overturned_by"]
    )


def _tiers(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return dict(row["tiers"])


def _bodies(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return dict.fromkeys(row["bodies"], True)


def _marked(plan: Design, share: float, overturned: str) -> str:
    """The mark of a recommendation. A tornado moves one assumption at a time, so that it can show what overturns a
    recommendation and never that nothing does: several together may, and no share of its draws is a likelihood."""
    if plan.method == "tornado":
        return OVERTURNED if overturned else TESTED_ALONE
    return mark(share)


def mark(share: float) -> str:
    """How stable a recommendation is in draws that move all assumptions together."""
    return "firm" if share >= FIRM else "likely" if share >= LIKELY else "open"


def effects(plan: Design, rows: Sequence[Mapping[str, Any]], seed: int) -> pd.DataFrame:
    """How much each factor moves what is measured: in a tornado the values at the low and the high end; after Morris
    the mean absolute effect of a step (mu_star) and its confidence; after Sobol the first-order and total shares of
    variance with theirs. A factor's change of plan is `duties_changed`, against the central draw."""
    values = {name: _column(rows, key) for name, key in OUTPUTS.items()}
    values = {name: y for name, y in values.items() if not np.isnan(y[0])}
    values["duties_changed"] = np.array([_changed(rows[0], row) for row in rows], dtype=float)
    if plan.method == "tornado":
        return pd.concat([_ends(plan, name, y) for name, y in values.items()], ignore_index=True)
    return pd.concat([_indices(plan, name, y, seed) for name, y in values.items()], ignore_index=True)


def _column(rows: Sequence[Mapping[str, Any]], key: str) -> np.ndarray:
    return np.array([np.nan if row.get(key) is None else row[key] for row in rows], dtype=float)


def _changed(centre: Mapping[str, Any], row: Mapping[str, Any]) -> float:
    if "tiers" not in row:
        return float("nan")
    return float(sum(row["tiers"].get(duty) != tier for duty, tier in centre["tiers"].items()))


def _ends(plan: Design, name: str, y: np.ndarray) -> pd.DataFrame:
    """A tornado's table, the widest bar first."""
    size, result = len(LEVELS), []
    for f, factor in enumerate(plan.factors):
        at = y[1 + f * size : 1 + (f + 1) * size]
        result.append(
            (name, factor.name, y[0], at[0], at[-1], np.nanmax([*at, y[0]]) - np.nanmin([*at, y[0]]))
        )
    table = pd.DataFrame(result, columns=["output", "factor", "central", "at_low", "at_high", "width"])
    return table.sort_values("width", ascending=False, kind="stable")


def _indices(plan: Design, name: str, y: np.ndarray, seed: int) -> pd.DataFrame:
    """The indices of one output by factor, the most telling factor first: of Morris or of Sobol, as the design asks.

    `y` holds the output of every draw, the central one first, which is left out here; a draw without a plan (NaN)
    takes the mean of the others, and `draws_filled` counts them. Columns output, factor, those of the method with
    their confidence, draws_filled.
    """
    from SALib.analyze import morris, sobol

    problem, own = problem_of(plan.factors, plan.of_column), y[1:]
    filled = int(np.isnan(own).sum())
    own = np.where(np.isnan(own), np.nanmean(own), own)
    if plan.method == "morris":
        found = morris.analyze(problem, plan.levels[1:], own, num_levels=MORRIS_LEVELS, seed=seed)
        columns = {"mu_star": found["mu_star"], "mu_star_confidence": found["mu_star_conf"]}
        factors = list(found["names"])
    else:
        spread = own.std()
        found = sobol.analyze(
            problem, (own - own.mean()) / (spread or 1.0), calc_second_order=False, seed=seed
        )
        columns = {
            "first_order": found["S1"],
            "first_order_confidence": found["S1_conf"],
            "total": found["ST"],
            "total_confidence": found["ST_conf"],
        }
        factors = list(dict.fromkeys(problem["groups"]))
    table = pd.DataFrame({"output": name, "factor": factors, **columns, "draws_filled": filled})
    return table.sort_values(next(iter(columns)), ascending=False, kind="stable")
