"""The command that recommends one plan for many possible worlds."""

from __future__ import annotations

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
)
from optimization.cli.progress import write_over
from optimization.ledger.worlds import GROUPS, centre, joint_draws
from optimization.reading.whereabouts import DEFAULT_CASE, RESULTS
from optimization.referee.audit import failed_checks
from optimization.solving.highs import MOST_SECONDS, MOST_SEED, Limits

if TYPE_CHECKING:  # loaded when it is asked for
    from optimization.recommend.recommend import Recommendation

MIL = "_million_yen"


def recommend(
    packages: Packages = None,
    case_folder: CaseFolder = DEFAULT_CASE,
    prefectures: Prefectures = "",
    given: Given = None,
    criterion: Annotated[
        str, typer.Option(metavar="NAME", help="worst, cvar (--tail) or expected.")
    ] = "worst",
    draws: Annotated[int, typer.Option(metavar="N", min=0, max=1_000, help="Joint draws; 0: by factor.")] = 0,
    tail: Annotated[
        float, typer.Option(min=0.001, max=1.0, help="Worst part of the worlds, for cvar.", hidden=True)
    ] = 0.2,
    folder: Out = None,
    time_limit: Annotated[
        float, typer.Option(metavar="S", min=0.001, max=MOST_SECONDS, help="Seconds.")
    ] = 3600.0,
    gap: Gap = 1e-4,
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Seed of the solver.", hidden=True)] = 0,
    processes: Processes = 2,
    corners: Annotated[str, typer.Option(metavar="HOW", help="none, search or all.")] = "none",
    scheduler: Annotated[str, typer.Option(help="Dask scheduler instead of processes.")] = "",
    check_draws: Annotated[
        int, typer.Option(metavar="N", min=0, max=1_000, help="Fresh draws as a test.")
    ] = 0,
    as_json: Json = False,
) -> int:
    """One plan for many possible worlds: least regret."""
    from optimization.recommend.fresh import fresh_worlds
    from optimization.recommend.recommend import recommend as find
    from optimization.recommend.tables import record_of, told

    with Telling(as_json) as telling:
        case, codes, package = asked(packages, case_folder, prefectures, given)
        target = new_folder(folder, f"recommend-{package.name}", RESULTS)
        begun = RESULTS / "-".join(["recommending", package.name, *codes])
        room_for_scratch(target.parent)
        worlds = [centre(), *joint_draws(draws, seed, tuple(GROUPS))] if draws else None
        limits = Limits(gap=gap, seconds=time_limit, threads=1, seed=seed)
        found = find(
            case, package, begun, codes, worlds, criterion, tail, limits,
            processes=processes, tell=_tell, corners=corners, scheduler=scheduler,
        )  # fmt: skip
        fresh = None
        if check_draws:
            err.print(f"Holding the plan against {check_draws} fresh worlds ...", style="dim")
            fresh = fresh_worlds(found, begun, check_draws, seed, time_limit, processes, scheduler)
        result = told(found, {} if fresh is None else {"fresh_worlds": fresh.table})
        beside = record_of(found, {} if fresh is None else {"fresh_worlds": fresh.record})
        target = placed(write_run(result, target, limits, "auto", codes, beside=beside), target)
        show_recommendation(found, result.tables)
        if fresh is not None:
            out.print(_of_fresh(fresh.record))
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
        keeps = ""
        if name in found.mended:
            keeps = " Another formula" if found.mended[name] else " No formula"
            keeps += " within the package keeps all there."
        out.print(f"In the world {name} it does not keep: {rules} ({len(broken)} places).{keeps}")
    for line in _of_corners(found.record["corners"]):
        out.print(line)
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


def _of_corners(told: dict[str, Any]) -> list[str]:
    """Which corners joined, and whether a worse one may be left."""
    if told["all_asked"]:
        return [
            "Every corner of the box is among the worlds: where cost is linear in the numbers none is worse."
        ]
    if "asked" not in told:
        return [
            "Corners, where several groups of numbers are wrong at once, may be worse: --corners search looks."
        ]
    joined = ", ".join(told["joined"]) or "none"
    return [
        f"Corners that joined the worlds: {joined}. Of {told['of']} corners {told['priced']} were priced and "
        f"{told['asked']} asked; a worse one may be left (--corners all asks every one)."
    ]


def _of_fresh(told: dict[str, Any]) -> str:
    """What fresh worlds say of the plan."""
    own, central = (
        f"at most {billion(told[f'worst_regret{of}{MIL}'])} billion yen a year, in 19 of 20 at most "
        f"{billion(told[f'high_regret{of}{MIL}'])}"
        for of in ("", "_of_central")
    )
    stands = (
        ""
        if told["stands"]
        else (
            " It does not stand the test: its certificate holds for the worlds that were asked, and for no others."
        )
    )
    held = ""
    if told["share_of_now_held"] is not None:
        held = (
            f" Of the changes called now {told['share_of_now_held']:.0%} are in such a world's own plan, or cost "
            "no more than the gap beside it."
        )
    return (
        f"In {told['draws']} fresh worlds that had no part in the search the plan regrets {own}; the cheapest plan of "
        f"the central values {central}.{held}{stands}"
    )


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
