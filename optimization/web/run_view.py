"""What the page says of runs: a line of the list, the headline figures, the progress, why there is no plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimization.archive import distance_of
from optimization.dictionary.in_japanese import in_japanese
from optimization.dictionary.results import load_results
from optimization.ledger.cost_kinds import real_cost
from optimization.report import verdicts
from optimization.report.sentences import granted
from optimization.web.cases import OWN_ID, Finished, case_cards, packages
from optimization.web.jobs import RUNNING, Job, Jobs
from optimization.web.labels import NONE as UNNAMED
from optimization.web.labels import Label
from optimization.web.language import Voice, phrases
from optimization.web.worker import OVERLAY

PROVEN = "infeasible"


@dataclass(frozen=True)
class Line:
    """A run in the list: state (a word of the page), what it is called (by its user, else its packages), case and
    prefectures, cost and gap ('' without a plan), time (UTC), whether it holds a plan and so may be compared, its
    packages, and whether it is the page's own."""

    id: str
    state: str
    title: str
    where: str
    cost: str
    change: str
    gap: str
    when: str
    decided: bool
    packages: str = ""
    own: bool = False


def job_line(job: Job, voice: Voice, label: Label = UNNAMED) -> Line:
    """A job that has no run folder."""
    place = where(job.order.case, job.order.prefectures, voice)
    when = f"{job.asked:%Y-%m-%d %H:%M}"
    packages = titled(job.order.title, voice)
    return Line(job.id, job.state, label.name or packages, place, "", "", "", when, False, packages)


def run_line(run: Finished, voice: Voice, label: Label = UNNAMED) -> Line:
    """A run folder."""
    record = run.record
    cost = change = gap = ""
    if run.decided:
        today, now = (real_cost(record[f"{when}_parts_million_yen"]) for when in ("baseline", "objective"))
        cost, change, gap = (
            voice.money(now),
            signed_share(now / today - 1.0, voice),
            gap_text(distance_of(record), voice),
        )
    place = where(str(record["case"]), record["prefectures_asked"], voice)
    when = str(record["written"]).replace("T", " ")[:16]
    packages, state = titled(str(record["package"]), voice), str(record["status"])
    title, own = label.name or packages, bool(OWN_ID.fullmatch(run.id))
    return Line(run.id, state, title, place, cost, change, gap, when, run.decided, packages, own)


def titled(name: str, voice: Voice) -> str:
    """Packages as a run names them ('a+b', perhaps with a remark in brackets) by their titles; one that is not at hand
    keeps its name."""
    names, bracket, remark = name.partition(" (")
    titles = {each.name: each.called(voice.language) for each in packages()}
    titles[OVERLAY] = voice("my_settings")
    return " + ".join(titles.get(part, part) for part in names.split("+")) + bracket + remark


def where(case: str, prefectures: Any, voice: Voice) -> str:
    """The case, and the prefectures of a part of it by name."""
    names = _prefectures(case, voice)
    part = voice.listed([names.get(code, str(code)) for code in prefectures])
    return f"{case} ({part})" if part else case


def _prefectures(case: str, voice: Voice) -> dict[str, str]:
    """Prefectures of a case by code, as they are called; none of one that is not at hand."""
    card = case_cards().get(case)
    return {code: ja if voice.language == "ja" else en for code, en, ja in card.prefectures} if card else {}


def signed_share(value: float, voice: Voice) -> str:
    """A change as per cent with its sign."""
    return ("+" if value > 0 else "") + voice.share(value, 2)


def gap_text(value: Any, voice: Voice) -> str:
    """A gap as per cent."""
    return "–" if value is None else voice.gap(float(value))


def progress(jobs: Jobs, job: Job, voice: Voice) -> dict[str, Any]:
    """The state of a job in words, small enough to be asked for every second."""
    note = jobs.progress(job) if job.state == RUNNING else {}
    best = voice.money(float(note["best"])) if "best" in note else voice("none_yet")
    phase = f"phase_{note['phase']}" if "phase" in note else ""
    said = voice(phase) if phase in phrases() else voice("phase_queued", ahead=jobs.ahead(job))
    if "done" in note:
        done, of = voice.number(int(note["done"])), voice.number(int(note["total"]))
        said = voice("counted_of", done=done, total=of) if note["total"] else voice("counted", done=done)
    return {
        "state": job.state,
        "word": voice.state_of(job.state),
        "over": job.state not in ("queued", RUNNING),
        "phase": said,
        "best": best,
        "gap": gap_text(note["gap"], voice) if "gap" in note and "best" in note else voice("open"),
        "elapsed": voice.duration(job.seconds),
    }


def headline(run: Finished, voice: Voice) -> list[tuple[str, str, str]]:
    """The figures that stand first: label, value, remark."""
    record, tables = run.record, run.tables
    today, now = (real_cost(record[f"{when}_parts_million_yen"]) for when in ("baseline", "objective"))
    governments = tables["governments"]
    measures = tables["measures"].set_index("measure")["under_package"]
    grants = [granted(governments, today) for today in (True, False)]
    return [
        (voice("cost_today"), voice.money(today), voice("a_year")),
        (voice("cost_package"), voice.money(now), voice("a_year")),
        (
            voice("change"),
            voice.money(now - today, signed=True),
            _change_note(record, now / today - 1.0, voice),
        ),
        (voice("certainty"), gap_text(distance_of(record), voice), voice("certainty_note")),
        (voice("duties_moved"), voice.number(float(measures["duties_moved"])), voice("duties_note")),
        (voice("bodies"), voice.number(float(measures["wide_area_bodies"])), voice("bodies_note")),
        *_gain_lose(run, voice),
        (voice("allocation"), voice.money(grants[1]), voice("allocation_note", today=voice.money(grants[0]))),
        *_money_spent(tables, voice),
    ]


def verdict_rows(run: Finished, voice: Voice) -> list[verdicts.Said]:
    """What to do now, only if and not, and what to find out first, as the report says it; nothing of a run that tells
    none."""
    labels = run.tables["services"].set_index("service")[f"label_{voice.language}"]
    known = _prefectures(str(run.record["case"]), voice)
    names = verdicts.Names(lambda name: str(labels[name]), lambda label: _group(label, known, voice))
    return verdicts.said(run.tables, names, voice)


def _group(label: str, known: Mapping[str, str], voice: Voice) -> str:
    """A rule group as it is called: a class, a prefecture of those known by code, both, or one municipality by its
    code."""
    code, _, kind = label.partition("_")
    if code in known:
        return f"{known[code]} / {voice.called(kind)}" if kind else known[code]
    return voice.called(label)


def _change_note(record: Mapping[str, Any], share: float, voice: Voice) -> str:
    """The change as per cent, and its range where the numbers that are not known are others."""
    text, spread = signed_share(share, voice), record.get("saving_range")
    if spread is None or spread["first_year"]:
        return text
    ends = {
        name: voice.money(-spread["real_million_yen"][other], signed=True)
        for name, other in (("low", "high"), ("high", "low"))
    }
    return voice("change_range", share=text, draws=voice.number(spread["draws"]), **ends)


def _money_spent(tables: Mapping[str, pd.DataFrame], voice: Voice) -> list[tuple[str, str, str]]:
    """What budgets save of money spent, beside what they save of the norm; nothing in a run that does not tell."""
    if "savings" not in tables:
        return []
    total = tables["savings"].iloc[-1]
    of_norm = voice.money(float(total["saving_norm_million_yen"]), signed=True)
    of_money = voice.money(float(total["saving_spent_million_yen"]), signed=True)
    return [(voice("saved_spent"), of_money, voice("saved_norm", norm=of_norm))]


def _gain_lose(run: Finished, voice: Voice) -> list[tuple[str, str, str]]:
    """People in places whose leeway rises, and where it falls; nothing where the run cannot tell its places."""
    places = run.places
    if places is None:
        return []
    people = places.groupby("gains")["population_persons"].sum()
    gain, lose = (voice.people(int(people.get(side, 0))) for side in (1, -1))
    return [(voice("gain_lose"), f"{gain} / {lose}", voice("gain_lose_note"))]


def diagnosis(run: Finished, voice: Voice) -> tuple[str, list[str]]:
    """Why a run holds no plan: a sentence of ours, and the counting arguments."""
    told = in_japanese if voice.language == "ja" else str
    arguments = [told(str(sentence)) for sentence in run.record["counting_arguments"]]
    if run.record["status"] != PROVEN:
        return voice("stopped_without"), []
    return voice("impossible_counted" if arguments else "impossible_solver"), arguments


def detail_of(job: Job, voice: Voice) -> list[str]:
    """What is told of a job that failed, line by line."""
    return job.detail_ja or job.detail if voice.language == "ja" else job.detail


def failure(job: Job, voice: Voice) -> str:
    """What went wrong with a job that wrote no run."""
    return voice(f"failed_{job.why}")


def downloads(run: Finished, voice: Voice) -> list[tuple[str, str, str]]:
    """The tables to download: name, title, what one row is."""
    known = load_results()
    return [
        (name, known[name].said("title", voice.language), known[name].said("row", voice.language))
        if name in known
        else (name, name, "")
        for name in run.files
    ]
