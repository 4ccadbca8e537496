"""The command line run inside this process on the teaching case, and packages to give it."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from optimization.cli.app import start

REPO = Path(__file__).parents[2]
IWATE = REPO / "inputs" / "iwate-2022"
ON_IWATE = ("--case", str(IWATE))
RUN_IWATE = (*ON_IWATE, "--threads", "1")

HEADER = """[package]
name = "{name}"
title = "A package of the tests"
title_ja = "試験"
author = "the tests"
source = "the tests"
date = 2024-01-01
baseline = "status_quo"
"""
PROVISION = """
[[provision]]
number = 1
text = "As the test needs it."
text_ja = "試験のとおりとする。"
[provision.settings]
"""


@dataclass(frozen=True)
class Finished:
    """What a command left behind: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Run:
    """A finished run and its folder."""

    finished: Finished
    folder: Path

    @functools.cached_property
    def record(self) -> dict[str, Any]:
        """Contents of run.json."""
        return dict(json.loads((self.folder / "run.json").read_text(encoding="utf-8")))

    @property
    def files(self) -> set[str]:
        """Names of the files of the folder."""
        return {path.name for path in self.folder.iterdir()}


def command(*arguments: str | Path) -> Finished:
    """Run the command line in this process."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = start([str(argument) for argument in arguments])
    return Finished(code, out.getvalue(), err.getvalue())


def write_package(folder: Path, name: str, settings: str = "", header: str = "", tail: str = "") -> Path:
    """A package file: the lines of its one provision's settings, more lines of the header, more below."""
    path = folder / f"{name}.toml"
    text = HEADER.format(name=name) + header + PROVISION + settings + "\n" + tail
    path.write_text(text, encoding="utf-8")
    return path


def assert_refused(finished: Finished, *words: str) -> None:
    """Exit code 2, every word said on standard error with a remedy, no trace, nothing on standard output."""
    assert finished.code == 2, finished
    assert "Traceback" not in finished.err
    assert "nothing was written" in finished.err
    faults = [line for line in finished.err.splitlines() if line.startswith("  - ")]
    assert faults and all("Remedy: " in line for line in faults), finished.err
    lacking = [word for word in words if word not in finished.err]
    assert not lacking, f"{lacking} not in:\n{finished.err}"
    assert finished.out == ""


def listing(folder: Path) -> Mapping[str, bytes]:
    """Every file below a folder with its content, hidden ones too."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
