"""Every prefecture, every bloc and unions of prefectures: what is solved is written, and what is written is read by
every command. Places differ in what they lack (a service that nobody has, a city that no class has), not in kind."""

from __future__ import annotations

import csv
import functools
import random
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from optimization.archive import read_run
from optimization.case.face import DEFAULT_CASE
from optimization.case.load import load_case
from optimization.cli import options, showing
from optimization.cli.app import start
from optimization.referee import rerun as rerun_room
from optimization.referee.audit import audit_run
from optimization.report import view

PACKAGES = ("status_quo", "role_division")
FAST = ("16", "18", "31", "37", "41")
"""Five of few municipalities, which take few seconds; in all but Kagawa (37) a service has nobody."""

UNIONS, LARGEST, SEED = 20, 5, 2022


def places() -> dict[str, str]:
    """Codes of prefectures by the name of the place: 47 prefectures, the blocs, 20 unions."""
    with (DEFAULT_CASE / "blocs.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    codes = [row["prefecture_code"] for row in rows]
    blocs: dict[str, list[str]] = {}
    for row in rows:
        blocs.setdefault(row["bloc"], []).append(row["prefecture_code"])
    draw = random.Random(SEED)
    unions = [sorted(draw.sample(codes, draw.randint(2, LARGEST))) for _ in range(UNIONS)]
    return {
        **{code: code for code in codes},
        **{bloc: ",".join(members) for bloc, members in blocs.items()},
        **{f"union-{n}": ",".join(union) for n, union in enumerate(unions, start=1)},
    }


@pytest.fixture(autouse=True)
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The case is read once for all places and commands."""
    for room, name in (
        (options, "load_case"),
        (showing, "load_case"),
        (rerun_room, "load_case"),
        (view, "kept_case"),
    ):
        monkeypatch.setattr(room, name, _load_once)


_load_once = functools.cache(load_case)


def command(*arguments: str | Path) -> str:
    """A command that must end in 0; what it said to people."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = start([str(argument) for argument in arguments])
    assert code == 0, (arguments, code, out.getvalue(), err.getvalue())
    assert "fault" not in err.getvalue(), err.getvalue()
    return out.getvalue()


def answered_and_read(codes: str, folder: Path, shown: Sequence[str] = PACKAGES) -> None:
    """Both packages on some prefectures, and every command that reads what came out (of those to be shown)."""
    runs = {name: folder / name for name in PACKAGES}
    for name, run in runs.items():
        command("run", name, "--prefectures", codes, "--threads", "1", "--out", run)
        record, tables = read_run(run)
        assert record["status"] == "optimal" and not record["breaches"]
        assert record["prefectures"] == codes.count(",") + 1
        nobody = tables["services"].filter(like="population_served_by").isna()
        assert (nobody.any(axis=1) == nobody.all(axis=1)).all()
    for name in shown:
        run = runs[name]
        assert audit_run(run).sound
        command("report", run)
        command("export", run)
        assert (folder / f"{name}.xlsx").stat().st_size > 10_000
        assert "The same to the last digit" in command("rerun", run)
    command("compare", *runs.values(), "--out", folder / "compared")
    assert {path.name for path in (folder / "compared").iterdir()} == {
        "comparison.csv", "comparison.html", "comparison.ja.html",
    }  # fmt: skip


@pytest.mark.parametrize("codes", FAST)
def test_a_place_is_answered_and_read(codes: str, tmp_path: Path) -> None:
    answered_and_read(codes, tmp_path, PACKAGES[1:])


@pytest.mark.places
@pytest.mark.parametrize("place", places())
def test_every_place_is_answered_and_read(place: str, tmp_path: Path) -> None:
    answered_and_read(places()[place], tmp_path)
