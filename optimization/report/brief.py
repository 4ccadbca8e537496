"""Two pages for who decides: what is proposed, what it saves and whose, who loses, what to do now and what to wait for,
what would turn it, and where to check it. One list of blocks, of which a page to print and a document are made; every
figure is that of the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from optimization.archive.seal import SUMS, digest
from optimization.dictionary.results import Language
from optimization.ledger.flows import GOVERNING
from optimization.report import gains, maps, open_matters, sentences, verdicts
from optimization.report.language import Speaker, speaker
from optimization.report.many_worlds import few
from optimization.report.page import case_line, names_of, opening_of, package_title, page
from optimization.report.titles import titled
from optimization.report.view import RunView

MOST: Final = 5
"""Texts of a list, and places that lose, that a brief has room for."""

MONEY = ("open_budgets", "open_spent", "open_residents", "open_doubt")
PEOPLE = ("open_losers", "open_gainers", "open_debts", "open_breaches")
"""Rows of the opening that stand under each heading, where the run tells them."""

CHECKED: Final = 12
"""Digits of the sum of a run's files by which two prints of one run are told."""


@dataclass(frozen=True)
class Block:
    """A part of a brief: a heading, sentences, points and a table under it; each may be missing."""

    heading: str
    text: list[str] = field(default_factory=list)
    points: list[tuple[str, list[str]]] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Brief:
    """Title, what it is of, its blocks, and where to check it."""

    language: Language
    title: str
    about: str
    blocks: list[Block]
    check: list[str]


def brief_of(run: RunView, language: Language) -> Brief:
    """The brief of a run."""
    say = speaker(language)
    return Brief(
        language,
        say("brief_title", package=_asked(run, say)),
        case_line(run, say),
        list(_blocks(run, say)),
        list(_check(run, say)),
    )


def _asked(run: RunView, say: Speaker) -> str:
    """The packages that were asked for by their titles, without those that they extend."""
    mark = "＋" if say.language == "ja" else " + "
    titles = package_title(run, say).split(mark)
    return mark.join(titles[-len(run.title.split("+")) :])


def _blocks(run: RunView, say: Speaker) -> Iterator[Block]:
    told, said = dict(opening_of(run, say)), sentences.recommendation(run, say)
    losers = gains.losers(run)
    yield Block(say("brief_proposed"), [said[0], said[3]])
    yield Block(
        say("brief_saves"),
        points=_points(told, MONEY, say),
        heads=[say(key) for key in ("brief_sector", "c_today", "c_package", "c_change")],
        rows=_sectors(run, say),
    )
    yield Block(
        say("brief_loses"),
        points=_points(told, PEOPLE, say),
        heads=[say(key) for key in ("c_government", "c_per_resident")] if len(losers) else [],
        rows=[
            [f"{run.place(str(code), say)} ({run.prefecture(str(row['prefecture_code']), say)})",
             say.yen(row["change"], signed=True)]
            for code, row in losers.head(MOST).iterrows()
        ],
    )  # fmt: skip
    rows = verdicts.said(run.tables, names_of(run, say), say)
    points = [(label, few(texts, MOST, say) or [say("verdict_nothing")]) for label, texts in rows]
    yield Block(say("brief_do"), [] if points else [say("brief_no_verdicts")], points)
    yield Block(say("brief_flips"), [*_flips(run, said, say)])
    yield Block(say("brief_rests"), [said[5], *(say(key) for key in ("limit_norms", "limit_slopes"))])


def _points(told: dict[str, str], keys: tuple[str, ...], say: Speaker) -> list[tuple[str, list[str]]]:
    """Rows of the opening by the keys of their labels, those that the run tells."""
    labels = [say(key) for key in keys]
    return [(label, [told[label]]) for label in labels if label in told]


def _sectors(run: RunView, say: Speaker) -> list[list[str]]:
    """What each sector is left with, and all together; nothing of a run of before there were flows."""
    if "sectors" not in run.tables:
        return []
    table = run.tables["sectors"].set_index("sector")
    today, now = (table[f"balance_{when}_million_yen"] for when in ("today", "package"))
    rows = [
        [
            say.word(str(name)),
            say.amount(today[name]),
            say.amount(now[name]),
            say.amount(now[name] - today[name], signed=True),
        ]
        for name in GOVERNING
        if name in table.index
    ]
    return [*rows, [say("brief_all"), "", "", say.amount(float((now - today).sum()), signed=True)]]


def _flips(run: RunView, said: list[str], say: Speaker) -> Iterator[str]:
    """What would turn the plan: the draws in which it loses, dearer travel, less of the gains."""
    spread = run.record.get("saving_range")
    if spread is not None:
        lost = spread["draws"] - spread["draws_in_which_it_saves"]
        moved = [say.word(f"numbers_{each['group']}") for each in spread["moved_by"][:1]]
        key = "brief_lost" if lost else "brief_lost_none"
        yield say(key, lost=say.number(lost), draws=say.number(spread["draws"]), group=say.listed(moved))
    yield said[6]


def _check(run: RunView, say: Speaker) -> Iterator[str]:
    """How to look at the run and how to repeat it."""
    yield say("brief_run", run=run.folder.name, written=run.record["written"], package=titled(run.title, say))
    if found := digest(run.folder / SUMS):
        yield say("brief_sum", sum=found[:CHECKED])
    yield say("brief_commands", run=run.folder.name)


def brief_page(run: RunView, language: Language) -> str:
    """The brief as one HTML file that prints on two pages, with the map of firm and open places."""
    say = speaker(language)
    told, outlines = brief_of(run, language), run.case.outlines
    drawing = None if outlines.empty or not open_matters.tells(run.tables) else maps.drawing(outlines)
    context: dict[str, Any] = {
        "say": say,
        "title": told.title,
        "brief": told,
        "map": drawing,
        "open_places": open_matters.open_places(run) if drawing else {},
        "open_key": open_matters.open_key(say),
        "data": None,
    }
    return page("brief.html", context)
