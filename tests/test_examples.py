"""What the docstrings of the library's face show is what comes out."""

from __future__ import annotations

import doctest
from importlib import import_module
from pathlib import Path

import pytest

FACE = ("optimization", "optimization.case.load", "optimization.case.face", "optimization.outcome.solve")


@pytest.mark.parametrize("name", FACE)
def test_the_examples_of_the_face_hold(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).resolve().parent.parent)
    module = import_module(name)
    names = {name: getattr(module, name) for name in getattr(module, "__all__", ())}
    found = doctest.testmod(module, extraglobs=names)
    assert (found.failed, found.attempted > 0) == (0, True)
