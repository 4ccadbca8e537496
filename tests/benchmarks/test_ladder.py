"""Every rung is a package of today's dictionary, or says what it waits for."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import main
from benchmarks.ladder import Rung, ladder
from benchmarks.question import BASE_PACKAGE, missing, question
from optimization.case.case import Case
from optimization.case.face import INPUTS
from optimization.case.load import load_case
from optimization.dictionary.settings import load_settings
from optimization.errors import InputError


@pytest.fixture(scope="module")
def iwate() -> Case:
    return load_case(INPUTS / "iwate-2022")


@pytest.mark.parametrize("name", list(ladder()))
def test_a_rung_overlays_its_settings_and_nothing_else(name: str, iwate: Case) -> None:
    rung = ladder()[name]
    if missing(rung):
        assert set(rung.needs) <= set(load_settings())
        return
    base, package = question(iwate, ladder()["base"]), question(iwate, rung)
    changed = {key for key, value in package.settings.items() if value != base.settings[key]}
    assert changed == set(rung.settings)
    assert all(str(package.origin[key]) == "benchmarks/1" for key in changed)
    assert BASE_PACKAGE in [laid.name for laid in package.packages]


def test_the_base_is_the_first_rung_and_every_other_says_what_it_varies() -> None:
    rungs = list(ladder().values())
    assert rungs[0].name == "base" and not rungs[0].settings
    assert all(rung.settings and rung.axis and rung.title for rung in rungs[1:])


def test_a_rung_may_wait_for_a_choice_of_a_setting() -> None:
    assert (
        missing(Rung("r", "t", "a", needs={"wide_area.sources": "dreams"})) == "wide_area.sources = 'dreams'"
    )
    assert missing(Rung("r", "t", "a", needs={"wide_area.sources": "clusters"})) == ""


def test_a_faulty_setting_of_a_rung_is_bad_input(iwate: Case) -> None:
    with pytest.raises(InputError, match="wide_area.neighbours"):
        question(iwate, Rung("r", "t", "a", {"wide_area.neighbours": 0}))


@pytest.mark.parametrize(
    "arguments",
    [["--instances", "bas"], ["--solvers", "highs,gurobi"], ["--limit", "0"], ["--threads", "0"]],
)
def test_a_bad_command_line_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert arguments[0] in capsys.readouterr().err
