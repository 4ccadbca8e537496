"""A server of the tests over a folder of results."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from visitor import EXAMPLE, LOCAL, Page

from optimization.archive.seal import seal
from optimization.web.jobs import Jobs
from optimization.web.server import application


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs that hold a plan, one that does not, one that is none."""
    root = tmp_path_factory.mktemp("results")
    shutil.copytree(EXAMPLE, root / "example")
    shutil.copytree(EXAMPLE, root / "web" / "20260101T000000Z-0123abcd")
    undecided = root / "study" / "cell"
    undecided.mkdir(parents=True)
    text = (EXAMPLE / "run.json").read_text(encoding="utf-8")
    text = re.sub(r'"objective_million_yen": [\d.]+', '"objective_million_yen": null', text)
    text = text.replace('"status": "optimal"', '"status": "infeasible"')
    text = text.replace('"counting_arguments": []', '"counting_arguments": ["The pool is <b>too small</b>."]')
    (undecided / "run.json").write_text(text, encoding="utf-8")
    (undecided / "package.resolved.toml").write_text("", encoding="utf-8")
    seal(undecided)
    (root / "broken").mkdir()
    (root / "broken" / "run.json").write_text("{", encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def page(results: Path) -> Iterator[Page]:
    jobs = Jobs(results, waiting=3, each=2, threads=1)
    with Page(application(results, jobs=jobs), base_url=LOCAL, follow_redirects=False) as client:
        yield client
