"""Run folders and studies read as reports, exports, comparisons, pages and sweeps read them."""

from __future__ import annotations

import hashlib
import re
import shutil
import zipfile
from functools import cache
from pathlib import Path
from random import Random

from starlette.testclient import TestClient

from optimization.archive import read_run
from optimization.archive.seal import SUMS
from optimization.cli.app import start
from optimization.errors import InputError, Problem
from optimization.referee.audit import audit_run
from optimization.referee.compare import compare_runs
from optimization.web.server import application
from tests.fuzz import bases
from tests.fuzz.outcomes import CHANGED, EQUAL, BrokenError


def attempt_run(folder: Path, spoilt: Path, original: Path, rng: Random) -> str:
    """Read, audit, report, export or compare; mostly sealed anew, as by one who means it."""
    if rng.random() < 0.8:
        _sealed_anew(folder)
    act = rng.choice((_read, _audit, _report, _report, _export, _compare, _pages))
    out = folder.parent / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    try:
        act(folder, out, rng)
    except InputError:
        if left := list(out.rglob("*.xlsx")) + list(out.rglob("*.html")):
            raise BrokenError(f"refused, and left {left[0].name}") from None
        raise
    return CHANGED


def _sealed_anew(folder: Path) -> None:
    """New sums for what stands there, as far as it can be read at all."""
    plain = [
        p
        for p in folder.iterdir()
        if p.is_file() and not str(p.resolve()).startswith("/proc") and p.stat().st_size < 2**28
    ]
    if not (folder / SUMS).is_dir():
        lines = [
            f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
            for path in plain
            if path.name != SUMS
        ]
        (folder / SUMS).unlink(missing_ok=True)
        (folder / SUMS).write_text("".join(sorted(lines)), encoding="utf-8")


def _read(folder: Path, out: Path, rng: Random) -> None:
    read_run(folder, sealed=rng.random() < 0.5)


def _audit(folder: Path, out: Path, rng: Random) -> None:
    audit_run(folder)


def _report(folder: Path, out: Path, rng: Random) -> None:
    _command(
        "report",
        folder,
        "--case",
        bases.IWATE,
        "--out",
        out / "r.html",
        "--language",
        rng.choice(("en", "ja")),
    )
    page = (out / "r.html").read_text(encoding="utf-8")
    if "<script>alert" in page or "root:x:0" in page:
        raise BrokenError("a script or a foreign file stands in the report")


def _export(folder: Path, out: Path, rng: Random) -> None:
    case = ("--case", bases.IWATE) if rng.random() < 0.5 else ()
    _command("export", folder, *case, "--out", out / "r.xlsx")
    if live := live_cells(out / "r.xlsx"):
        raise BrokenError(f"live formulas or links: {live[:3]}")


def live_cells(path: Path) -> list[str]:
    """Formulas and links of a workbook."""
    with zipfile.ZipFile(path) as book:
        pages = {name: book.read(name) for name in book.namelist()}
    found = [
        name
        for name, page in pages.items()
        if name.startswith("xl/worksheets/") and (b"<f>" in page or b"<hyperlink" in page)
    ]
    return found + [name for name, page in pages.items() if b'TargetMode="External"' in page]


def _compare(folder: Path, out: Path, rng: Random) -> None:
    compare_runs([folder, bases.EXAMPLE])
    _command("compare", folder, bases.EXAMPLE, "--case", bases.IWATE, "--out", out / "c")


def _pages(folder: Path, out: Path, rng: Random) -> None:
    """The pages of the local server about the run: none may be an error of the server."""
    shutil.rmtree(out / "runs", ignore_errors=True)
    (out / "runs").mkdir()
    folder.rename(out / "runs" / "mine")
    with TestClient(
        application(out / "runs"), base_url="http://127.0.0.1:8000", raise_server_exceptions=True
    ) as client:
        text = client.get("/runs").text
        for run in re.findall(r'href="/runs/([\w-]+)"', text):
            rest = (
                "",
                "/report",
                "/town?q=03201",
                "/workbook.xlsx",
                "/package.toml",
                "/tables/governments.csv",
                "/tables/services.csv",
            )
            for path in rng.sample(rest, 4):
                answer = client.get(f"/runs/{run}{path}")
                if answer.status_code >= 500 or "root:x:0" in answer.text[:100_000]:
                    raise BrokenError(f"{path}: {answer.status_code} {answer.text[:200]}")


def _command(*arguments: object) -> None:
    code = start([str(argument) for argument in arguments])
    if code == 2:
        raise InputError([Problem("command line", "was refused", "none")])
    if code != 0:
        raise BrokenError(f"exit code {code}")


def attempt_sweep(folder: Path, spoilt: Path, original: Path, rng: Random) -> str:
    """A sweep continued over what stands there, or a report with the study."""
    if spoilt.is_relative_to(folder / "study") and spoilt.parent.name != "cells":
        out = folder.parent / "out"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        _command(
            "report",
            bases.EXAMPLE,
            "--study",
            folder / "study",
            "--case",
            bases.IWATE,
            "--out",
            out / "r.html",
        )
        return CHANGED
    if spoilt.is_relative_to(folder / "study"):
        return CHANGED
    same = _swept(folder) == _swept_of(original)
    if spoilt.parent.name == "cells" and not same:
        raise BrokenError("a spoilt answer was taken for the question's")
    return EQUAL if same else CHANGED


def _swept(folder: Path) -> str:
    """The table of the sweep, continued in its folder."""
    code = start(
        [
            "sweep",
            str(folder / "fuzz.toml"),
            "--case",
            str(bases.IWATE),
            "--out",
            str(folder),
            "--processes",
            "1",
        ]
    )
    if code == 2:
        raise InputError([Problem("command line", "was refused", "none")])
    if code not in (0, 4):
        raise BrokenError(f"exit code {code}")
    return (folder / "sweep.csv").read_text(encoding="utf-8")


@cache
def _swept_of(original: Path) -> str:
    return _swept(Path(shutil.copytree(original, original.with_name("swept"), dirs_exist_ok=True)))
