"""The list of runs, a page of it at a time: of the runs on other pages only the place is known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from optimization.web.cases import finished, finished_run, run_places
from optimization.web.jobs import DONE, Jobs
from optimization.web.labels import Labels
from optimization.web.language import Voice
from optimization.web.run_view import Line, job_line, run_line

ON_A_PAGE = 50
"""Runs on a page of the list."""
MOST_DIGITS = 9
"""Digits of a number of a page."""


def run_list(jobs: Jobs, labels: Labels, asked: str, ticked: Sequence[str], voice: Voice) -> dict[str, Any]:
    """What the page of the list shows: `asked` is its number as typed, `ticked` the runs chosen so far, to be kept."""
    results = jobs.results
    places = run_places(results)
    pages = max(1, -(-len(places) // ON_A_PAGE))
    number = _page_number(asked, pages)
    here = places[(number - 1) * ON_A_PAGE : number * ON_A_PAGE]
    shown = {place.id: run for place in here if (run := finished(place)) is not None}
    lines = [run_line(run, voice, labels.get(run.id)) for run in shown.values()]
    if number == 1:
        lines += _waiting(jobs, labels, {place.id for place in places}, voice)
    others = [run for name in ticked if name not in shown and (run := finished_run(results, name))]
    return {
        "lines": sorted(lines, key=lambda line: line.when, reverse=True),
        "number": number,
        "pages": pages,
        "ticked": ticked,
        "elsewhere": [run_line(run, voice, labels.get(run.id)) for run in others if run.decided],
        "refresh": 5 if any(line.state in ("queued", "running") for line in lines) else 0,
    }


def _page_number(asked: str, pages: int) -> int:
    plain = asked.isascii() and asked.isdecimal() and len(asked) <= MOST_DIGITS
    return min(max(int(asked), 1), pages) if plain else 1


def _waiting(jobs: Jobs, labels: Labels, written: Collection[str], voice: Voice) -> list[Line]:
    """The jobs that have written no run folder: one that has is shown by it."""
    return [
        job_line(job, voice, labels.get(job.id))
        for job in jobs.all()
        if job.id not in written and job.state != DONE and not job.order.of
    ]
