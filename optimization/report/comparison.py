"""Two or more runs in one page: what each costs, moves and does to whom, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.case.compose import as_text
from optimization.compare import HEADLINES, compare_runs
from optimization.dictionary.settings import load_settings
from optimization.report import flows, gains, maps, sentences
from optimization.report.language import Language, Speaker, speaker
from optimization.report.page import NARROW, WIDE, credits, embedded, key_of, package_title, page, shortened
from optimization.report.roles import moves
from optimization.report.view import RunView, view_run

HEADLINE_WORDS = dict(
    zip((name for name, *_ in HEADLINES), ("c_cost", "c_cost_today", "c_bound", "c_gap"), strict=True)
)
"""Phrases for the first rows of `compare_runs`."""

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
    labels = [str(label) for label in table.columns[4:]]
    drawn = next((maps.map_data(run) for run in runs if not run.case.outlines.empty), None)
    return {
        "say": say,
        "title": say("compared_title"),
        "runs": list(zip(labels, runs, [package_title(run, say) for run in runs], strict=True)),
        "labels": labels,
        "differing": differing(runs),
        "baselines": len({round(run.record["baseline_million_yen"]) for run in runs}) > 1,
        "headlines": headlines(runs, say),
        "roles": roles_that_differ(runs, say),
        "settings": [[row[0], *row[2:]] for row in _rows(table, "setting", labels, say)],
        "outcomes": _rows(table, "outcome", labels, say),
        "maps": [maps.map_data(run) for run in runs]
        if drawn and len({_places(run) for run in runs}) == 1
        else [],
        "coverage_key": key_of(maps.COVERAGE_STEPS, say),
        **_flows(runs, labels, say),
        "classes": classes(runs, say),
        "credits": credits(runs[0]),
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
    first = runs[0]
    rows = [
        [say("c_cost"), say.money(first.record["baseline_million_yen"])]
        + [say.money(run.record["objective_million_yen"]) for run in runs],
        [say("c_cost_today"), "–"] + [say.money(run.record["baseline_million_yen"]) for run in runs],
        [say("c_change"), "–"] + [say.money(-sentences.saving(run), signed=True) for run in runs],
        [say("c_gap"), "–"] + [say.share(run.record["gap"], 3) for run in runs],
        [say.word("duties_moved"), "0"]
        + [say.number((run.tables["responsibility"]["changed"] == 1).sum()) for run in runs],
        [say.word("wide_area_bodies"), "0"] + [say.number(len(run.tables["bodies"])) for run in runs],
    ]
    allocation = [run.tables["formula"].set_index("parameter").loc["ordinary_allocation"] for run in runs]
    rows.append(
        [say("c_grant"), say.money(float(allocation[0]["today"]))]
        + [say.money(float(each["under_package"])) for each in allocation]
    )
    rows.append([say("c_losing"), "–"] + [say.number(len(gains.losers(run))) for run in runs])
    for name in (
        "coverage_floor_municipal",
        "governments_permission",
        "people_within_30_minutes_of_every_seat",
    ):
        found = [sentences.measure(run, name) for run in runs]
        digits = 0 if found[0]["unit"] != "ratio" else 3
        values = [found[0]["today"], *(row["under_package"] for row in found)]
        rows.append([say.word(name), *(say.number(float(value), digits) for value in values)])
    return rows


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
    for service in runs[0].service_labels.index:
        values = [texts.get(service, say("as_today")) for texts in said]
        if len(set(values)) > 1:
            rows.append([runs[0].service(service, say), *values])
    return rows


def _rows(table: pd.DataFrame, kind: str, labels: list[str], say: Speaker) -> list[list[str]]:
    """Rows of one kind but those of who is responsible: name, today, every run."""
    rows = table[(table["kind"] == kind) & ~table["name"].str.startswith("responsible for ")]
    return [
        [
            _called(str(row["name"]), say),
            *(_value(row[column], str(row["unit"]), say) for column in ("today", *labels)),
        ]
        for _, row in rows.iterrows()
    ]


def _called(name: str, say: Speaker) -> str:
    """A setting or an outcome as it is called."""
    if name in load_settings():
        return f"{load_settings()[name].label_ja} ({name})" if say.language == "ja" else name
    if name in HEADLINE_WORDS:
        return say(HEADLINE_WORDS[name])
    return say.word(name)


def _value(value: object, unit: str, say: Speaker) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return shortened("" if value is None else value if isinstance(value, str) else as_text(value))
    if value != value:
        return ""
    if unit.startswith("million yen"):
        return say.money(float(value))
    return say.number(float(value), 4 if unit == "ratio" else 0 if float(value).is_integer() else 2)


def _places(run: RunView) -> int:
    return len(run.case.codes)


def _flows(runs: Sequence[RunView], labels: list[str], say: Speaker) -> dict[str, Any]:
    """A diagram of today and one of every run, all on one scale."""
    found = [flows.flows(runs[0], today=True), *(flows.flows(run, today=False) for run in runs)]
    most = flows.largest(*found)
    return {
        "pictures": [
            (label, flows.sankey(each, *WIDE, most), flows.sankey(each, *NARROW, most))
            for label, each in zip([say("flows_today"), *labels], found, strict=True)
        ],
        "node_names": {n: flows.node(n, say) for n in (*flows.SOURCES, *flows.TIERS, *flows.USES)},
    }


def classes(runs: Sequence[RunView], say: Speaker) -> list[list[str]]:
    """Median change of the margin per resident and number that lose coverage, class by class, of every run."""
    every = [{spread.name: spread for spread in gains.by_class(run, say)} for run in runs]
    return [[name, *(_median(found.get(name), say) for found in every)] for name in every[0]]


def _median(spread: gains.Spread | None, say: Speaker) -> str:
    return f"{say.yen(spread.at[2], signed=True)} ({spread.lose})" if spread else ""
