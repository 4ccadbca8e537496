"""Study files of other kinds, grids without end, stored answers that somebody changed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pandas as pd
import pytest

from optimization.case.case import Case
from optimization.case.load import load_case
from optimization.errors import InputError
from optimization.studies import store
from optimization.studies import workers as room
from optimization.studies.question import Found, Question
from optimization.studies.study import MOST_CELLS, Study, read_study, resolved
from optimization.studies.sweep import sweep

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"
HEAD = '[study]\nname = "s"\n'
CELL = '[[cell]]\npackages = "uniform"\n'
VALUES = ", ".join(str(n / 1000) for n in range(1000))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("study = 1\n" + CELL, "column study: must be a table"),
        (HEAD + "[grid]\npackages = 1", "column packages: names no package (found '1')"),
        (HEAD + '[grid]\npackages = ["uniform", 1]', "column packages: names no package"),
        (HEAD + "[grid]\npackages = []", "column packages: names no package"),
        (HEAD + '[[cell]]\npackages = ["uniform"]', "column packages: names no package"),
        ("cell = 1\n" + HEAD, "column cell: must be a list of tables"),
        ("cell = [1]\n" + HEAD, "column cell: must be a list of tables"),
        ("grid = [1]\n" + HEAD, "column grid: must be a table"),
        (HEAD + CELL + "settings = 3", "row cell, column settings: must be a table"),
        (HEAD + '[grid]\npackages = "uniform"\nsettings = "x"', "row grid, column settings: must be a table"),
        (HEAD + "prefectures = 3\n" + CELL, "column prefectures: must be a list of codes or names"),
        (HEAD + "title = 3\n" + CELL, "column title: must be a text"),
        (HEAD + "gap = nan\n" + CELL, "column gap: is not allowed (found 'nan')"),
        (HEAD + "gap = true\n" + CELL, "column gap: is of the wrong kind"),
        (HEAD + "time_limit = -1\n" + CELL, "column time_limit: is not allowed"),
        (HEAD + "seed = 3000000000\n" + CELL, "column seed: is not allowed"),
        (HEAD + 'method = "magic"\n' + CELL, "column method: is not allowed (found 'magic'). Remedy: write one of"),
        (f'[study]\nname = "{"s" * 101}"\n' + CELL, "names no study"),
        (HEAD + "x = " + "[" * 100_000, "it nests too deeply"),
        (
            HEAD + f'[grid]\npackages = "uniform"\nsettings = {{ a = [{VALUES}], b = [{VALUES}], c = [{VALUES}] }}',
            f"asks 1,000,000,000 questions, and at most {MOST_CELLS:,} can be asked at once",
        ),
    ],
)  # fmt: skip
def test_a_study_of_another_kind_is_refused(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_study(path)
    assert words in str(caught.value)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "s.toml")
    with pytest.raises(InputError, match="is no regular file"):
        read_study(tmp_path / "s.toml")


def test_a_value_that_is_a_time_fails_its_cell_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(HEAD + CELL + 'settings = { "equity.adequacy_floor" = 07:32:00 }', encoding="utf-8")
    with pytest.raises(InputError, match=r"equity\.adequacy_floor: must be a number"):
        resolved(load_case(IWATE), read_study(path).cells[0])


def test_prefectures_that_the_case_lacks_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(HEAD + 'prefectures = ["03", "99"]\n' + CELL, encoding="utf-8")
    with pytest.raises(InputError, match="is not a prefecture of the case.*'99'"):
        sweep(read_study(path), IWATE, tmp_path / "out")


# ---- stored answers


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Study, Path, list[str]]:
    """A study of one question, its folder, and a list of the cells solved (by a solver that costs nothing)."""
    solved: list[str] = []

    def answer(case: Case, question: Question) -> Found:
        solved.append(question.cell.packages)
        row = {"status": "optimal", "objective_million_yen": 5.0, "tiers": {}, "bodies": []}
        return Found(row, True)

    monkeypatch.setattr(room, "answer", answer)
    path = tmp_path / "s.toml"
    path.write_text(HEAD + CELL, encoding="utf-8")
    return read_study(path), tmp_path / "out", solved


def answered(asked: tuple[Study, Path, list[str]]) -> pd.DataFrame:
    study, folder, _ = asked
    return sweep(study, IWATE, folder)


def test_an_answer_that_stands_is_not_asked_for_again(asked: tuple[Study, Path, list[str]]) -> None:
    first, second = answered(asked), answered(asked)
    assert asked[2] == ["uniform"] and first.equals(second)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b'{"answer": 1, "sha256": "x"}',
        b"{",
        b"[]",
        b"[" * 100_000,
        b'{"status": "optimal", "objective_million_yen": 4.0}',
    ],
)
def test_an_answer_that_is_none_is_asked_for_again(
    asked: tuple[Study, Path, list[str]], content: bytes
) -> None:
    first = answered(asked)
    (cell,) = (asked[1] / "cells").iterdir()
    cell.write_bytes(content)
    assert answered(asked).equals(first) and asked[2] == ["uniform"] * 2


def test_a_changed_figure_is_asked_for_again(asked: tuple[Study, Path, list[str]]) -> None:
    first = answered(asked)
    (cell,) = (asked[1] / "cells").iterdir()
    kept = json.loads(cell.read_text(encoding="utf-8"))
    kept["answer"]["objective_million_yen"] = 4.0
    cell.write_text(json.dumps(kept), encoding="utf-8")
    assert answered(asked).equals(first) and asked[2] == ["uniform"] * 2


@pytest.mark.parametrize("kind", ["folder", "pipe", "endless"])
def test_what_is_no_file_in_its_place_is_refused(asked: tuple[Study, Path, list[str]], kind: str) -> None:
    answered(asked)
    (cell,) = (asked[1] / "cells").iterdir()
    cell.unlink()
    {"folder": cell.mkdir, "pipe": lambda: os.mkfifo(cell), "endless": lambda: cell.symlink_to("/dev/zero")}[
        kind
    ]()
    with pytest.raises(InputError, match="take it away: the question is then answered anew"):
        store.read(asked[1], cell.stem)
