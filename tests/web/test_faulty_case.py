"""A case with faults among the inputs: the page says what is wrong with it and serves the others."""

from __future__ import annotations

import html
import shutil
from pathlib import Path

import pytest
from visitor import Page

import optimization.web.cases as room
from optimization.reading import whereabouts

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"


def test_one_case_with_faults_takes_no_other_with_it(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("good", "marked", "other", "half"):
        shutil.copytree(IWATE, tmp_path / name)
    marked, other = tmp_path / "marked" / "municipalities.csv", tmp_path / "other" / "municipalities.csv"
    marked.write_bytes(b"\xef\xbb\xbf" + marked.read_bytes())
    other.write_bytes(other.read_text(encoding="utf-8").encode("cp932"))
    (tmp_path / "half" / "national.csv").unlink()
    for place in ("INPUTS", "EMBEDDED"):
        monkeypatch.setattr(whereabouts, place, tmp_path)
    answer = page.get("/")
    text = html.unescape(answer.text)
    assert answer.status_code == 200
    assert list(room.case_cards()) == ["good", "marked"]
    assert "other cannot be chosen until its files are mended (1 faults)" in text
    assert "municipalities.csv: is not UTF-8 text (line 2), but Shift_JIS (cp932)" in text
    assert "national.csv: no such file" in text
    assert room.case_cards()["marked"].municipalities == 33


def test_without_any_sound_case_the_page_says_why(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "municipalities.csv").write_text("code\n", encoding="utf-8")
    for place in ("INPUTS", "EMBEDDED"):
        monkeypatch.setattr(whereabouts, place, tmp_path)
    answer = page.get("/")
    assert answer.status_code == 422
    assert "prefectures.csv: no such file" in answer.text
