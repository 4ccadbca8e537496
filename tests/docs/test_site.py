"""The site builds without a warning, every link in it leads somewhere, and no page loads anything from elsewhere."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

REPO = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("material") is None,
    reason="mkdocs or its theme is not installed",
)


@dataclass
class Page(HTMLParser):
    """What a page links to, what it loads, and the anchors it offers."""

    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element's identifiers and targets."""
        given = {name: value for name, value in attrs if value is not None}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if "src" in given or (tag == "link" and "href" in given):
            self.loads.append(given.get("src") or given["href"])
        elif tag == "a" and "href" in given:
            self.links.append(given["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly into a folder of the test."""
    folder = tmp_path_factory.mktemp("site") / "site"
    line = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    # the theme's notice of its own end of life is no warning about the pages
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(line, cwd=REPO, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stdout + done.stderr, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """Every page of the site, read."""
    found = {}
    for path in sorted(site.rglob("*.html")):
        found[path] = Page()
        found[path].feed(path.read_text(encoding="utf-8"))
    return found


def test_every_page_and_notebook_of_the_docs_is_on_the_site(site: Path) -> None:
    docs = REPO / "docs"
    written = [path.relative_to(docs) for kind in ("*.md", "*.ipynb") for path in docs.rglob(kind)]
    written = [path for path in written if ".ipynb_checkpoints" not in path.parts]
    assert len(written) >= 18
    assert [path for path in written if not (site / path.with_suffix(".html")).is_file()] == []
    assert not list(site.rglob("*.py"))


def test_every_link_and_anchor_resolves(site: Path, pages: dict[Path, Page]) -> None:
    broken = [
        f"{path.relative_to(site)}: {target}"
        for path, page in pages.items()
        for target in (*page.links, *page.loads)
        if not _resolves(site, pages, path, target)
    ]
    assert sum(len(page.links) for page in pages.values()) > 500
    assert broken == []


def _resolves(site: Path, pages: dict[Path, Page], path: Path, target: str) -> bool:
    parts = urlsplit(target)
    if parts.scheme in ("https", "mailto", "data"):
        return True
    assert not parts.scheme and not parts.netloc, target
    name = unquote(parts.path)
    file = site / name.lstrip("/") if name.startswith("/") else path.parent / name if name else path
    file = (file / "index.html" if file.is_dir() else file).resolve()
    if not file.is_file():
        return False
    return not parts.fragment or file not in pages or unquote(parts.fragment) in pages[file].anchors


def test_no_page_loads_anything_from_elsewhere(pages: dict[Path, Page]) -> None:
    elsewhere = {target for page in pages.values() for target in page.loads if urlsplit(target).netloc}
    assert elsewhere == set()


def test_a_broken_link_is_found(site: Path, pages: dict[Path, Page]) -> None:
    index = site / "index.html"
    assert _resolves(site, pages, index, "model.html#2-decisions")
    assert not _resolves(site, pages, index, "nowhere.html")
    assert not _resolves(site, pages, index, "model.html#nowhere")
