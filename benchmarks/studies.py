"""The two studies beside the ladder, as sections of the page: limits changed in place, and processes."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


def studies(folder: Path = RESULTS) -> list[str]:
    """Sections of the studies whose tables are there."""
    sections = {
        "resolve.csv": in_place,
        "processes.csv": on_processes,
        "default_run.csv": default_run,
        "cold.csv": from_cold,
        "drafts.csv": of_drafts,
    }
    return [make(read(folder / name)) for name, make in sections.items() if (folder / name).exists()]


def read(path: Path) -> list[dict[str, str]]:
    """Rows of a table."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows as a table of the results."""
    with (RESULTS / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def in_place(rows: list[dict[str, str]]) -> str:
    """Seconds of a changed limit, in place and from the beginning, and the ratio of the medians."""
    quick = [float(row["seconds_in_place"]) for row in rows]
    slow = [float(row["seconds_from_the_beginning"]) for row in rows]
    ratios = [a / b for a, b in zip(quick, slow, strict=True)]
    apart = max(
        abs(
            float(row["objective_in_place_million_yen"])
            / float(row["objective_from_the_beginning_million_yen"])
            - 1
        )
        for row in rows
    )
    lines = [
        f"| {row['setting']} | {float(row['value']):,.6g} | {row['method']} | {a:.2f} | {b:.1f} | {a / b:.3f} |"
        for row, a, b in zip(rows, quick, slow, strict=True)
    ]
    return "\n".join(
        [
            "## A changed limit: in place and from the beginning",
            "",
            "`python -m benchmarks.resolve`: a session on the default package; each change starts from the one",
            "before. *From the beginning* lays the case out, builds and solves it.",
            f"Median {median(quick):.2f} s against {median(slow):.2f} s; median ratio {median(ratios):.3f}. The",
            f"objectives are at most {apart:.1e} apart (asked gap 1e-4).",
            "",
            "| setting | value | answered | s in place | s from the beginning | ratio |",
            "| --- | --- | --- | --- | --- | --- |",
            *lines,
            "",
        ]
    )


def on_processes(rows: list[dict[str, str]]) -> str:
    """Seconds in which groups and parts are solved, by number of processes."""
    first = float(rows[0]["seconds_of_groups_and_parts"])
    lines = [
        f"| {row['processes']} | {float(row['seconds_of_groups_and_parts']):.1f} | "
        f"{first / float(row['seconds_of_groups_and_parts']):.2f} | {float(row['objective_million_yen']):,.3f} | "
        f"{float(row['bound_million_yen']):,.3f} |"
        for row in rows
    ]
    return "\n".join(
        [
            "## Groups and parts on one and two processes",
            "",
            f"`python -m benchmarks.processes` on `{rows[0]['instance']}`: what surveys, pricing and parts take, the",
            "processes started before. The answer is the same to the last digit.",
            "",
            "| processes | seconds | times as fast | objective, million yen | bound |",
            "| --- | --- | --- | --- | --- |",
            *lines,
            "",
        ]
    )


def default_run(rows: list[dict[str, str]]) -> str:
    """`solve.py run` end to end, before and after, alternately."""
    before, after = (
        [float(row["seconds"]) for row in rows if row["version"] == version]
        for version in ("before", "after")
    )
    return "\n".join(
        [
            "## The default run, end to end",
            "",
            "`solve.py run` with its tables and its audit, the version without pricing (*before*) and this one",
            "(*after*) in turns on the same machine: "
            f"{', '.join(f'{b:.1f}' for b in before)} s and {', '.join(f'{a:.1f}' for a in after)} s; "
            f"medians {median(before):.1f} and {median(after):.1f} s, ratio {median(after) / median(before):.2f}.",
            "",
        ]
    )


def from_cold(rows: list[dict[str, str]]) -> str:
    """Seconds of commands from cold, before and after, in turns."""
    lines = []
    for command in dict.fromkeys(row["command"] for row in rows):
        each = [
            [float(row[name]) for row in rows if (row["command"], row["version"]) == (command, version)]
            for version in ("before", "after")
            for name in ("user_seconds", "seconds")
        ]
        was, was_clock, now, now_clock = map(median, each)
        lines.append(
            f"| `{command}` | {was:.2f} | {now:.2f} | {now / was:.2f} | {was_clock:.1f} | {now_clock:.1f} |"
        )
    turns = len(rows) // (2 * len(lines))
    return "\n".join(
        [
            "## Commands from cold",
            "",
            "`python -m benchmarks.cold`: each command a process of its own on the whole country, the version",
            f"before and this one in turns, medians of {turns}; the case had been read once before. Compared are the",
            "seconds of the processor (user): the machine was busy with other work, which the wall clock shows.",
            "",
            "| command | s before | s after | ratio | wall clock before | after |",
            "| --- | --- | --- | --- | --- | --- |",
            *lines,
            "",
        ]
    )


def of_drafts(rows: list[dict[str, str]]) -> str:
    """Seconds of the answers to drafts, what the processor spent on each, and what the server held."""
    lines = [
        f"| {row['version']} | {row['measure']} | {int(row['answers']):,} | {float(row['seconds_median']):.3f} | "
        f"{float(row['seconds_95']):.3f} | {float(row['seconds_most']):.3f} | "
        f"{float(row['processor_seconds_each']):.3f} | {float(row['memory_mb']):,.0f} |"
        for row in rows
    ]
    one = {
        row["version"]: float(row["processor_seconds_each"]) for row in rows if row["measure"] == "one user"
    }
    both = "before" in one and "after" in one
    ratio = (
        f" On a change of one user it spends {one['after'] / one['before']:.2f} of before." if both else ""
    )
    return "\n".join(
        [
            "## Drafts of the workbench",
            "",
            "`python -m benchmarks.drafts`: random changes on the whole country, asked of the local page as the",
            "workbench asks; memory is that of the server and of all processes that count for it, what they share",
            "once. The machine was busy with other work: what the processor spends on an answer tells more than how",
            f"long it took.{ratio} What was asked for long was asked at another hour, on a machine busier still: it",
            "tells what memory does.",
            "",
            "| version | asked by | answers | s median | s 95% | s most | processor s each | memory, MB |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
            *lines,
            "",
        ]
    )
