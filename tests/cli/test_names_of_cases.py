"""A case may be named in any way a shell can: what is written of it is read again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import IWATE, command

from optimization.archive import read_run
from optimization.archive.form import record_problems
from optimization.case.load import load_case
from optimization.reading.files import bare_name

EXAMPLE = IWATE.parents[1] / "results" / "example"

NAMES = {
    "plain-2022": "plain-2022",
    "with spaces": "with spaces",
    "岩手 令和４年": "岩手 令和４年",
    "v1.2..3": "v1.2..3",
    ".hidden": ".hidden",
    "...": "_",
    "back\\slash": "back_slash",
    os.fsdecode(b"not-utf8-\xff"): "not-utf8-_",
    "n" * 255: "n" * 200,
}
"""Names of folders and what a record calls them."""


@pytest.fixture(params=NAMES, ids=lambda name: ascii(name)[:20])
def named(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A link of that name to the teaching case."""
    folder = tmp_path / request.param
    folder.symlink_to(IWATE)
    yield folder
    folder.unlink()  # pytest cannot say a name that is not text


def test_a_record_takes_the_name_of_every_folder(named: Path) -> None:
    name = bare_name(named)
    assert name == NAMES[named.name] == bare_name(f"{named}/") == bare_name(named / "tables" / "..")
    record = json.loads((EXAMPLE / "run.json").read_text(encoding="utf-8")) | {"case": name}
    assert not list(record_problems(json.loads(json.dumps(record).encode()), EXAMPLE / "run.json"))


@pytest.mark.parametrize(("inside", "said"), [("", "."), ("deep", "..")])
def test_a_case_named_by_where_one_stands(
    inside: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is that of the folder, not the dots; every command reads the run."""
    case = tmp_path / "back\\slash"
    (case / "deep").mkdir(parents=True)
    for file in IWATE.glob("*.csv"):
        (case / file.name).symlink_to(file)
    monkeypatch.chdir(case / inside)
    assert load_case(said).name == "back_slash"
    run = tmp_path / "run 実行.1"
    assert command("run", "status_quo", "--case", said, "--threads", "1", "--out", run).code == 0
    assert read_run(run)[0]["case"] == "back_slash"
    for name in ("report", "rerun", "export"):
        assert command(name, run, "--case", said).code == 0
