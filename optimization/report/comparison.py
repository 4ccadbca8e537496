"""Two or more runs in one page: what each costs, moves and does to whom, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.case.resolved import as_text
from optimization.dictionary.settings import OFF, load_settings
from optimization.dictionary.tiers import TIERS
from optimization.referee.compare import HEADLINES, TODAY_OF, compare_runs
from optimization.report import flows, gains, maps, sentences
from optimization.report.language import Language, Speaker, shown, speaker
from optimization.report.page import NARROW, WIDE, credits, embedded, key_of, package_title, page
from optimization.report.roles import moves
from optimization.report.setting_values import setting_value
from optimization.report.titles import titled
from optimization.report.view import RunView, view_run

HEADLINE_WORDS = dict(
    zip((name for name, *_ in HEADLINES), ("c_cost", "c_cost_today", "c_bound", "c_gap"), strict=True)
)
"""Phrases for the first rows of `compare_runs`."""

GAP = "gap"
QUESTION = ("case", "fiscal_year", "prefectures_asked", "inputs_sha256")
"""What runs must share to be answers to one question."""


def render_comparison(
    folders: Sequence[Path], case_folder: Path | None = None, language: Language = "en"
) -> str:
    """The comparison of runs as HTML. Raises `InputError` for a folder without a run or a plan in it."""
    table = compare_runs(folders)
    runs = [view_run(folder, case_folder) for folder in folders]
    return page("compare.html", comparison_context(runs, table, speaker(language)))


def comparison_context(runs: Sequence[RunView], table: pd.DataFrame, say: Speaker) -> dict[str, Any]:
    """Everything the comparison's template shows; `table` is that of `compare_runs`."""
    columns = [str(label) for label in table.columns[4:]]
    labels = [titled(column, say) for column in columns]
    services = {
        str(k): str(v) for run in runs for k, v in run.service_labels[f"label_{say.language}"].items()
    }
    drawn = next((maps.map_data(run) for run in runs if not run.case.outlines.empty), None)
    return {
        "say": say,
        "title": say("compared_title"),
        "runs": list(zip(labels, runs, [package_title(run, say) for run in runs], strict=True)),
        "labels": labels,
        "differing": [say(f"question_{key}") for key in differing(runs)],
        "lead": say("compare_apart" if table["name"].str.startswith(TODAY_OF).any() else "compare_lead"),
        "baselines": len({round(sentences.real_costs(run)[0]) for run in runs}) > 1,
        "headlines": headlines(runs, say),
        "roles": roles_that_differ(runs, say),
        "settings": [[row[0], *row[2:]] for row in _rows(table, "setting", columns, services, say)],
        "outcomes": _rows(table, "outcome", columns, services, say),
        "maps": [maps.map_data(run) for run in runs]
        if drawn and len({tuple(run.case.codes) for run in runs}) == 1
        else [],
        "coverage_key": key_of(maps.COVERAGE_STEPS, say),
        **_flows(runs, labels, say),
        "classes": classes(runs, say),
        "credits": credits(runs[0], say),
        "data": embedded(
            {
                "say": {"coverage": say("town_coverage")},
                "towns": {},
                "bodies": [],
                "services": [],
                "tiers": {},
            }
        ),
    }


def differing(runs: Sequence[RunView]) -> list[str]:
    """In what the runs are not answers to one question."""
    return [key for key in QUESTION if any(a.record[key] != b.record[key] for a, b in pairwise(runs))]


def headlines(runs: Sequence[RunView], say: Speaker) -> list[list[str]]:
    """What a reader asks first, a row a question: today, then every run."""
    real = [sentences.real_costs(run) for run in runs]
    before = [say.money(today) for today, _ in real]
    rows = [
        [say("c_cost"), before[0] if len(set(before)) == 1 else "–"] + [say.money(now) for _, now in real],
        [say("c_cost_today"), "–", *before],
        [say("c_change"), "–"] + [say.money(-sentences.saving(run), signed=True) for run in runs],
        [say("c_gap"), "–"] + [shown(run.record["gap"], say.gap) for run in runs],
        [say.word("duties_moved"), "0"]
        + [say.number((run.tables["responsibility"]["changed"] == 1).sum()) for run in runs],
        [say.word("wide_area_bodies"), "0"] + [say.number(len(run.tables["bodies"])) for run in runs],
    ]
    today, now = (
        [say.money(sentences.granted(run.governments, when)) for run in runs] for when in (True, False)
    )
    rows += _beside_today(say("c_grant"), today, now, say)
    rows.append(
        [say("c_losing"), "–"] + [say.people(gains.losers(run)["population_persons"].sum()) for run in runs]
    )
    for name in (
        "coverage_floor_municipal",
        "governments_permission",
        "people_within_30_minutes_of_every_seat",
    ):
        found = [sentences.measure(run, name) for run in runs]
        today, now = (
            [say.figure(float(row[when]), row["unit"]) for row in found]
            for when in ("today", "under_package")
        )
        rows += _beside_today(say.word(name), today, now, say)
    return rows


def _beside_today(name: str, today: list[str], now: list[str], say: Speaker) -> list[list[str]]:
    """A row with today's value, or two where the runs have no today in common."""
    if len(set(today)) == 1:
        return [[name, today[0], *now]]
    return [[say("today_of", name=name), "–", *today], [name, "–", *now]]


def roles_that_differ(runs: Sequence[RunView], say: Speaker) -> list[list[str]]:
    """Services whose tiers are not the same in all runs: where each run moves them."""
    said: list[dict[str, str]] = []
    for run in runs:
        texts: dict[str, list[str]] = {}
        for move in moves(run):
            words = f"{say.word(move.today)} → {say.word(move.tier)} ({move.groups}/{move.of})"
            texts.setdefault(move.service, []).append(words)
        said.append({service: "; ".join(sorted(words)) for service, words in texts.items()})
    rows = []
    named = {service: run for run in reversed(runs) for service in run.service_labels.index}
    for service, first in named.items():
        values = [texts.get(service, say("as_today")) for texts in said]
        if len(set(values)) > 1:
            rows.append([first.service(service, say), *values])
    return rows


def _rows(
    table: pd.DataFrame, kind: str, columns: list[str], services: Mapping[str, str], say: Speaker
) -> list[list[str]]:
    """Rows of one kind but those of who is responsible: name, today, every run."""
    rows = table[(table["kind"] == kind) & ~table["name"].str.startswith("responsible for ")]
    return [
        [
            _called(str(row["name"]), say),
            *(
                _value(row[column], str(row["name"]), str(row["unit"]), services, say)
                for column in ("today", *columns)
            ),
        ]
        for _, row in rows.iterrows()
    ]


def _called(name: str, say: Speaker) -> str:
    """A setting or an outcome as it is called."""
    if name.startswith(TODAY_OF):
        return say("today_of", name=_called(name.removeprefix(TODAY_OF), say))
    if name in load_settings():
        return say.setting(name)
    if name in HEADLINE_WORDS:
        return say(HEADLINE_WORDS[name])
    return say.word(name)


def _value(value: object, name: str, unit: str, services: Mapping[str, str], say: Speaker) -> str:
    if value == OFF:
        return say("off_value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        told = value if isinstance(value, str) or value is None else as_text(value)
        return setting_value(told, services, say) if told else ""
    if value != value:
        return ""
    return say.gap(float(value)) if name == GAP else say.figure(float(value), unit)


def _flows(runs: Sequence[RunView], labels: list[str], say: Speaker) -> dict[str, Any]:
    """A diagram of today (of every run's, where they have none in common) and one of every run, all on one scale."""
    before = [flows.flows(run, today=True) for run in runs]
    common = all(_alike(before[0], each) for each in before)
    heads = [say("flows_today")] if common else [say("today_of", name=label) for label in labels]
    found = [*(before[:1] if common else before), *(flows.flows(run, today=False) for run in runs)]
    most = flows.largest(*found)
    return {
        "pictures": [
            (label, flows.sankey(each, *WIDE, most), flows.sankey(each, *NARROW, most))
            for label, each in zip([*heads, *labels], found, strict=True)
        ],
        "node_names": {n: flows.node(n, say) for n in (*flows.SOURCES, *TIERS, *flows.USES)},
    }


def _alike(one: Sequence[flows.Flow], other: Sequence[flows.Flow]) -> bool:
    """Whether two diagrams show the same amounts, to a million yen."""
    first, second = (
        {(flow.source, flow.target): round(flow.amount) for flow in each} for each in (one, other)
    )
    return first == second


def classes(runs: Sequence[RunView], say: Speaker) -> list[list[str]]:
    """Median change of leeway per resident and number of places that lose, class by class, of every run."""
    every = [{spread.name: spread for spread in gains.by_class(run, say)} for run in runs]
    names = dict.fromkeys(name for found in every for name in found)
    return [[name, *(_median(found.get(name), say) for found in every)] for name in names]


def _median(spread: gains.Spread | None, say: Speaker) -> str:
    return f"{say.yen(spread.at[2], signed=True)} ({spread.lose})" if spread else "–"
