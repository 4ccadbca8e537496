"""Runs on the teaching case."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import RUN_IWATE, Run, command

from optimization.case.load import load_case
from optimization.cli import checking, options


@pytest.fixture
def quick_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the teaching case once for all tests that never get as far as using it."""
    for room in (checking, options):
        monkeypatch.setattr(room, "load_case", _load_once)


_load_once = functools.cache(load_case)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Run]:
    """Run packages on the teaching case into a new folder."""

    def make(*arguments: str | Path, name: str = "run") -> Run:
        folder = tmp_path / name
        return Run(command("run", *arguments, *RUN_IWATE, "--out", folder), folder)

    return make


@pytest.fixture(scope="session")
def reform(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The default reform on the teaching case, solved once."""
    folder = tmp_path_factory.mktemp("reform") / "run"
    return Run(command("run", "role_division", *RUN_IWATE, "--out", folder), folder)
