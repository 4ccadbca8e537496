"""Two runs in one page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from report_runs import EXAMPLE, Html, copied, example, solved

from optimization.archive.seal import seal
from optimization.dictionary.results import LANGUAGES
from optimization.errors import InputError
from optimization.report.comparison import render_comparison
from optimization.report.language import speaker
from optimization.report.roles import moves


@pytest.fixture(scope="module")
def crisis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that counts crises, so that even today costs more in it."""
    return solved("crisis_ready", tmp_path_factory.mktemp("crisis") / "run")


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_runs_stand_side_by_side(crisis: Path, language: str) -> None:
    page = Html(render_comparison([EXAMPLE, crisis], language=language))  # type: ignore[arg-type]
    say = speaker(language)  # type: ignore[arg-type]
    glance = page.tables[0]
    assert glance[0][2:] == ["role_division", "crisis_ready"]
    assert glance[1][2] == say.money(example().record["objective_million_yen"])
    record = json.loads((crisis / "run.json").read_text(encoding="utf-8"))
    assert glance[1][3] == say.money(record["objective_million_yen"])
    assert say("compare_baselines") in page.text
    assert page.sources == [] and "None" not in page.text


def test_only_services_that_differ_are_listed(crisis: Path) -> None:
    page = Html(render_comparison([EXAMPLE, EXAMPLE]))
    assert page.tables[1][1:] == []
    roles = {row[0]: row[1:] for row in Html(render_comparison([EXAMPLE, crisis])).tables[1][1:]}
    assert all(first != second for first, second in roles.values())
    run, say = example(), speaker("en")
    for move in moves(run):
        if run.service(move.service, say) in roles:
            assert f"({move.groups}/{move.of})" in roles[run.service(move.service, say)][0]


def test_runs_of_unlike_questions_are_told(tmp_path: Path) -> None:
    folder = copied(tmp_path / "run")
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    record["inputs_sha256"]["items.csv"] = "0" * 64
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    seal(folder)
    assert "not of one question: figures of the case" in Html(render_comparison([EXAMPLE, folder])).text


def test_no_run_no_comparison(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a run folder"):
        render_comparison([EXAMPLE, tmp_path])
