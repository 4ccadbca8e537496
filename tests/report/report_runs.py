"""Runs that the tests of reports show: the kept example, and others on the teaching case solved loosely."""

from __future__ import annotations

import functools
import shutil
from html.parser import HTMLParser
from pathlib import Path

from optimization.archive import write_run
from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.outcome.solve import solve
from optimization.report.view import RunView, view_run
from optimization.solving.highs import Limits

REPO = Path(__file__).parents[2]
EXAMPLE = REPO / "results" / "example"
CASE = REPO / "inputs" / "iwate-2022"
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}


@functools.cache
def example() -> RunView:
    """The run that is kept in results/example."""
    return view_run(EXAMPLE)


def solved(package: str, folder: Path) -> Path:
    """A run of a package on the teaching case."""
    case, limits = load_case(CASE), Limits(gap=1e-3, threads=1)
    write_run(solve(case, load_package(case, package), limits=limits), folder, limits, "auto", [])
    return folder


def copied(folder: Path) -> Path:
    """The example in a place where a test may spoil it."""
    shutil.copytree(EXAMPLE, folder)
    return folder


class Html(HTMLParser):
    """What a page holds: text, ids, links, sources; raises where tags do not close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.words: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.scripts: list[str] = []
        self._open: list[str] = []
        self._cell = False
        self.feed(text)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if found.get("href"):
            self.links.append(str(found["href"]))
        if found.get("src"):
            self.sources.append(str(found["src"]))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._cell = True
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = False
        if tag not in VOID:
            assert self._open and self._open[-1] == tag, f"</{tag}> closes {self._open[-1:]}"
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "script":
            self.scripts.append(data)
            return
        if self._open and self._open[-1] == "style":
            return
        self.words.append(data)
        if self._cell:
            self.tables[-1][-1][-1] += data.strip()

    @property
    def text(self) -> str:
        """All text a reader sees."""
        return " ".join(" ".join(self.words).split())
