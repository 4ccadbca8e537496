"""Where inputs are found: the user's own first, then what comes with the program."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimization.reading import whereabouts


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A folder of the user's own with the case `mine`, and one that comes along with `mine` and `theirs`."""
    own, embedded = tmp_path / "own", tmp_path / "embedded"
    for folder in (own / "mine", embedded / "mine", embedded / "theirs"):
        folder.mkdir(parents=True)
    monkeypatch.setattr(whereabouts, "INPUTS", own)
    monkeypatch.setattr(whereabouts, "EMBEDDED", embedded)
    return own, embedded


def test_ones_own_folder_comes_before_the_one_that_comes_along(places: tuple[Path, Path]) -> None:
    own, embedded = places
    assert whereabouts.input_folder("mine") == own / "mine"
    assert whereabouts.input_folder("theirs") == embedded / "theirs"
    assert whereabouts.input_folders() == [own / "mine", embedded / "theirs"]


def test_a_case_is_named_by_a_path_or_by_its_name(places: tuple[Path, Path], tmp_path: Path) -> None:
    _, embedded = places
    assert whereabouts.case_folder(tmp_path / "own" / "mine") == tmp_path / "own" / "mine"
    assert whereabouts.case_folder("theirs") == embedded / "theirs"


@pytest.mark.parametrize("given", ["nowhere", "some/where"])
def test_what_is_nowhere_is_left_as_it_was_given(places: tuple[Path, Path], given: str) -> None:
    assert whereabouts.case_folder(given) == Path(given)
