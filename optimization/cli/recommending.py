"""The command that recommends one plan for many possible worlds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import pandas as pd
import typer

from optimization.archive import new_folder, room_for_scratch, write_run
from optimization.cli.analyses import asked
from optimization.cli.commands import placed
from optimization.cli.console import Telling, billion, err, out, show_frame
from optimization.cli.options import (
    CaseFolder,
    Gap,
    Given,
    Json,
    Out,
    Packages,
    Prefectures,
    Processes,
    Seconds,
    Seed,
)
from optimization.cli.progress import write_over
from optimization.ledger.worlds import GROUPS, centre, joint_draws
from optimization.reading.whereabouts import DEFAULT_CASE, RESULTS
from optimization.referee.audit import failed_checks
from optimization.solving.highs import Limits

if TYPE_CHECKING:  # loaded when it is asked for
    from optimization.recommend.recommend import Recommendation

RECORD = "recommend.json"
MIL = "_million_yen"


def recommend(
    packages: Packages = None,
    case_folder: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
    given: Given = None,
    criterion: Annotated[str, typer.Option(metavar="NAME", help="worst, cvar or expected.")] = "worst",
    draws: Annotated[int, typer.Option(metavar="N", min=0, max=1_000, help="Joint draws; 0: by factor.")] = 0,
    tail: Annotated[float, typer.Option(metavar="X", min=0.001, max=1.0, help="Worst part, for cvar.")] = 0.2,
    folder: Out = None,
    time_limit: Seconds = 3600.0,
    gap: Gap = 1e-4,
    seed: Seed = 0,
    processes: Processes = 2,
    as_json: Json = False,
) -> int:
    """One plan for many possible worlds: least regret."""
    from optimization.recommend.recommend import recommend as find
    from optimization.recommend.tables import told

    with Telling(as_json) as telling:
        case, codes, package = asked(packages, case_folder, prefectures, given)
        target = new_folder(folder, f"recommend-{package.name}", RESULTS)
        begun = RESULTS / "-".join(["recommending", package.name, *codes])
        room_for_scratch(target.parent)
        worlds = [centre(), *joint_draws(draws, seed, tuple(GROUPS))] if draws else None
        limits = Limits(gap=gap, seconds=time_limit, threads=1, seed=seed)
        found = find(
            case, package, begun, codes, worlds, criterion, tail, limits, processes=processes, tell=_tell
        )
        result = told(found)
        text = json.dumps(found.record, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        target = placed(write_run(result, target, limits, "auto", codes, beside={RECORD: text}), target)
        show_recommendation(found, result.tables)
        telling.wrote(target)
        if failed := failed_checks(target):
            err.print(f"The re-check of the tables failed: {'; '.join(failed)}", style="bold red")
            return 1
    return found.worth.exit_code


def _tell(moment: Any) -> None:
    best = "not known yet" if moment.best == float("inf") else f"{billion(moment.best)} billion yen"
    text = f"  question {moment.done}: regret {best}, none below {billion(moment.bound)}"
    write_over(text, live=False)


def show_recommendation(found: Recommendation, tables: dict[str, pd.DataFrame]) -> None:
    """What the plan regrets, what to do now, only if and not, and what to find out first."""
    out.print(
        f"Over {len(found.worlds)} worlds the plan regrets at most {billion(found.regrets[found.number].max())} "
        f"billion yen a year, the cheapest plan of the central values {billion(found.regrets[0].max())}. "
        f"By the criterion '{found.criterion.name}' it comes to {billion(found.of_plan)}, and no plan can come below "
        f"{billion(found.bound)} (status {found.worth}: {found.end})."
    )
    price = tables["robustness"].iloc[0]
    more, mean = (price[f"more_than_central{name}{MIL}"] for name in ("", "_mean"))
    out.print(
        f"It costs {billion(more)} billion yen a year more than the cheapest plan where all central values are right, "
        f"{billion(mean, signed=True)} in the mean of the worlds."
    )
    for name, broken in found.broken.items():
        rules = ", ".join(sorted({each.rule for each in broken}))
        out.print(f"In the world {name} it does not keep: {rules} ({len(broken)} places).")
    changes = tables["conditional_changes"]
    counts = changes["verdict"].value_counts()
    said = ", ".join(f"{counts.get(key, 0)} {text}" for key, text in VERDICTS.items())
    out.print(f"Of {len(changes)} changes that some world asks for: {said}.")
    for key, title in VERDICTS.items():
        shown = changes[changes["verdict"] == key]
        if len(shown):
            show_frame(_by_condition(shown), f"Changes: {title}", rows=25)
    if len(tables["information"]):
        show_frame(tables["information"], "What knowing a group of numbers first would be worth", rows=6)


def _by_condition(changes: pd.DataFrame) -> pd.DataFrame:
    """Changes of one service to one tier on one condition in a row: in how many rule groups, and in what part of the
    worlds at least and at most."""
    rows = []
    for (service, tier, told), part in changes.groupby(["service", "tier", "condition"], sort=False):
        share = part["share_of_worlds_ratio"]
        rise = part[f"criterion_rises{MIL}"].sum(min_count=1)
        ends = (f"{share.min():.0%}", f"{share.max():.0%}")
        rows.append((service, tier, len(part), " to ".join(dict.fromkeys(ends)), billion(rise), told))
    names = ["service", "tier", "rule groups", "of the worlds", "giving up, bn yen", "condition"]
    return pd.DataFrame(rows, columns=names).replace("nan", "")


VERDICTS = {"now": "now", "only_if": "only if something is known first", "leave": "leave"}
