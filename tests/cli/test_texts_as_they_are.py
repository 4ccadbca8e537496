"""Texts of files, paths and names reach the reader as they are: no markup, no control of the terminal, no crash where
the console lacks a sign."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
from command_line import HEADER, ON_IWATE, PROVISION, REPO, command

from optimization.archive.markdown import in_markdown
from optimization.case.face import PACKAGES
from optimization.cli import checking
from optimization.cli.app import start
from optimization.cli.console import show_frame

EXAMPLE = REPO / "results" / "example"
TITLES = ("Test [/draft]", "a [draft] of [bold red]ours[/]", ":smile: [link=http://x]x[/link]", "100% [1]")


def shelf_with(folder: Path, title: str) -> Path:
    """A shelf with today's rules and a package of a title."""
    shelf = folder / "shelf"
    shelf.mkdir()
    shutil.copy(PACKAGES / "status_quo.toml", shelf)
    shutil.copy(PACKAGES / "wide_area.toml", shelf)
    text = (
        HEADER.format(name="odd").replace("A package of the tests", title).replace("試験", "𠮷野 ～ 試験", 1)
    )
    text += PROVISION + '"wide_area.services" = "all"\n'
    (shelf / "odd.toml").write_text(text, encoding="utf-8")
    return shelf


@pytest.mark.parametrize("title", TITLES)
def test_a_title_is_listed_as_it_is(title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "PACKAGES", shelf_with(tmp_path, title))
    finished = command("packages")
    assert finished.code == 0
    assert f"odd  {title}\n" in finished.out
    shown = command("packages", tmp_path / "shelf" / "odd.toml", *ON_IWATE)
    assert shown.code == 0 and f"odd  {title} (the tests" in shown.out


def test_a_title_cannot_steer_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "PACKAGES", shelf_with(tmp_path, r"red \u001b[31m and \u009b2J"))
    finished = command("packages")
    assert finished.code == 0
    assert "\x1b" not in finished.out and "\x9b" not in finished.out
    assert r"red \x1b[31m and \x9b2J" in finished.out


def test_a_faulty_file_on_the_shelf_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = shelf_with(tmp_path, "Good")
    (shelf / "bad.toml").write_text("[package", encoding="utf-8")
    monkeypatch.setattr(checking, "PACKAGES", shelf)
    finished = command("packages")
    assert finished.code == 2
    assert "odd  Good\n" in finished.out and "status_quo  " in finished.out
    assert "bad.toml" in finished.err


def test_names_of_files_are_told_as_they_are(tmp_path: Path) -> None:
    for name in ("[/x]", "[red]", ":bomb:"):
        finished = command("validate", tmp_path / f"{name}.toml", *ON_IWATE)
        assert finished.code == 2 and f"{name}.toml" in finished.err
        assert command("report", tmp_path / name).code == 2
        finished = command(name)
        assert finished.code == 2 and name in finished.err


def test_the_folder_of_a_run_is_told_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "mine [draft] [red]x"
    shutil.copytree(EXAMPLE, folder)
    assert f"Wrote {folder}.xlsx" in command("export", folder).out
    compared = command("compare", folder, folder, "--out", tmp_path / "compared [b]")
    assert compared.code == 0
    assert all(part in compared.out for part in ("(mine", "[draft]", "[red]x) 1", "[red]x) 2"))
    assert f"Wrote {tmp_path}/compared [b]/comparison.html." in compared.out


def test_cells_of_a_table_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    show_frame(pd.DataFrame({"[/a]": ["[bold]x[/]", ":fire:", "y\x1b[2J"]}), "A [/title]")
    shown = capsys.readouterr().out
    for text in ("[/a]", "[bold]x[/]", ":fire:", r"y\x1b[2J", "A [/title]"):
        assert text in shown


@pytest.mark.parametrize("encoding", ["ascii", "cp932", "latin-1"])
def test_a_console_that_lacks_signs_ends_no_command(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every sign that can be shown is; the exit code is that of the command."""
    monkeypatch.setattr(checking, "PACKAGES", shelf_with(tmp_path, "A – dash, 兵庫 and 𠮷"))

    def said(*arguments: str | Path) -> tuple[int, str, str]:
        raw = [io.BytesIO(), io.BytesIO()]
        for name, stream in zip(("stdout", "stderr"), raw, strict=True):
            monkeypatch.setattr(sys, name, io.TextIOWrapper(stream, encoding=encoding, write_through=True))
        code = start([str(each) for each in arguments])
        return code, *(stream.getvalue().decode(encoding) for stream in raw)

    code, out, _ = said("packages")
    assert code == 0
    assert ("兵庫" in out) == (encoding == "cp932")
    assert r"\U00020bb7" in out and "odd  A " in out
    code, out, _ = said("packages", "--json")
    assert code == 0 and json.loads(out)[0]["title_ja"]
    show_frame(pd.DataFrame({"name": ["岩手", "𠮷野"]}), "表")
    code, _, err = said("report", tmp_path / "無い𠮷")
    assert code == 2 and "Remedy: " in err
    code, out, _ = said("--help")
    assert code == 0 and "packages" in out


def test_what_comes_from_outside_is_no_markdown() -> None:
    text = "a | [x](http://y) <b>&amp;</b> *b* _c_ `d`\n# e role_division"
    assert in_markdown(text) == (
        r"a \| \[x\](http://y) \<b\>\&amp;\</b\> \*b\* \_c\_ \`d\` \# e role_division"
    )
