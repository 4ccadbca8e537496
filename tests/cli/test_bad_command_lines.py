"""Bad command lines and bad case folders end with exit code 2, and leave nothing behind."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest
from command_line import IWATE, ON_IWATE, assert_refused, command, listing

from optimization.cli.app import COMMANDS, loaded

LINES = {
    "unknown command": (["frobnicate"], ["No such command 'frobnicate'"]),
    "unknown option": (["run", "--frobnicate"], ["No such option", "--frobnicate"]),
    "bad number": (["run", "--gap", "abc"], ["--gap", "valid number"]),
    "gap that is no number": (["run", "--gap", "nan"], ["--gap"]),
    "gap above one": (["run", "--gap", "2"], ["--gap", "less than or equal to 1"]),
    "negative time limit": (["run", "--time-limit", "-3"], ["--time-limit", "greater than or equal to 0.001"]),
    "endless time limit": (["run", "--time-limit", "inf"], ["--time-limit", "less than or equal to"]),
    "no thread": (["run", "--threads", "0"], ["--threads"]),
    "seed beyond the solver": (["run", "--seed", "2147483648"], ["--seed", "2147483647"]),
    "fraction for a seed": (["run", "--seed", "1.5"], ["--seed", "integer"]),
    "unknown method": (["run", "--method", "simplex"], ["--method", "'simplex'", "decomposed or plain"]),
    "option without a value": (["run", "--out"], ["--out", "requires an argument"]),
    "cut without its options": (["cut"], ["Missing option"]),
    "service that is none": (["explain", "--services", "fires"], ["'fires'", "did you mean 'fire'"]),
    "aim that is none": (["pareto", "--against", "equality"], ["'equality'", "is not an aim"]),
    "no aim": (["pareto", "--against", ""], ["--against", "names no aim", "equity"]),
    "commas for aims": (["pareto", "--against", " , ,"], ["--against", "names no aim"]),
    "no process": (["sweep", "x.toml", "--processes", "0"], ["--processes", "greater than or equal to 1"]),
    "method of sensitivity": (["sensitivity", "--method", "guess"], ["'guess'", "tornado, morris, sobol"]),
    "wish that is none": (["alternatives", "--keep", "fire"], ["'fire'", "SERVICE=TIER"]),
    "nothing to prepare": (["prepare", "--year", "2022"], ["nothing to prepare", "--allocation-tax"]),
    "year that is no number": (["prepare", "--year", "R4", "--tables", "x"], ["--year"]),
}  # fmt: skip


@pytest.mark.parametrize("fault", LINES)
def test_a_bad_command_line_is_refused(fault: str) -> None:
    arguments, words = LINES[fault]
    assert_refused(command(*arguments), "command line", *words)


def test_every_number_of_every_command_has_a_lower_and_an_upper_bound() -> None:
    numbers = {
        (name, parameter.name): (parameter.min, parameter.max)
        for name, each in ((name, loaded(name)) for name in COMMANDS)
        for parameter in each.params
        if parameter.type_descriptor.annotation in (int, float)
    }
    assert ("sweep", "processes") in numbers and ("run", "gap") in numbers
    assert [place for place, bounds in numbers.items() if None in bounds] == []


@pytest.mark.usefixtures("quick_case")
@pytest.mark.parametrize("codes", ["99", "9", "03,99", "盛岡市", ",", "03,"])
def test_an_unknown_prefecture_is_refused(tmp_path: Path, codes: str) -> None:
    wrong = codes.removeprefix("03,")
    found = [f"'{wrong}'"] if wrong.strip(",") else []
    out = tmp_path / "run"
    finished = command("run", "status_quo", *ON_IWATE, "--prefectures", codes, "--out", out)
    assert_refused(finished, "--prefectures", "two-digit codes", *found)
    assert not out.exists()


@pytest.mark.usefixtures("quick_case")
class TestOut:
    """Where a run may be written."""

    def test_an_existing_folder_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "kept").mkdir()
        (tmp_path / "kept" / "mine.txt").write_text("mine")
        before = listing(tmp_path)
        finished = command("run", "status_quo", *ON_IWATE, "--out", tmp_path / "kept")
        assert_refused(finished, str(tmp_path / "kept"), "already exists", "--out")
        assert listing(tmp_path) == before

    def test_a_dangling_link_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "link").symlink_to(tmp_path / "nowhere")
        finished = command("run", "status_quo", *ON_IWATE, "--out", tmp_path / "link")
        assert_refused(finished, "already exists")
        assert (tmp_path / "link").is_symlink() and not (tmp_path / "nowhere").exists()

    def test_a_place_under_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("a file")
        finished = command("run", "status_quo", *ON_IWATE, "--out", tmp_path / "file" / "run")
        assert_refused(finished, str(tmp_path / "file" / "run"), "cannot be made", "writable")
        assert (tmp_path / "file").read_text() == "a file"

    def test_a_name_too_long(self, tmp_path: Path) -> None:
        finished = command("run", "status_quo", *ON_IWATE, "--out", tmp_path / ("x" * 300))
        assert_refused(finished, "cannot be made", "File name too long")

    def test_a_place_that_cannot_be_made(self) -> None:
        finished = command("run", "status_quo", *ON_IWATE, "--out", "/proc/nowhere/run")
        assert_refused(finished, "/proc/nowhere/run", "cannot be made")

    def test_a_folder_that_cannot_be_written_to(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # the tests may run as root, whom no permission stops
        made = os.mkdir

        def refused(path: str | Path, *more: int) -> None:
            if Path(path).parent == tmp_path:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            made(path, *more)

        monkeypatch.setattr(os, "mkdir", refused)
        finished = command("run", "status_quo", *ON_IWATE, "--out", tmp_path / "run")
        assert_refused(finished, str(tmp_path / "run"), "cannot be made", "Permission denied", "writable")
        assert not list(tmp_path.iterdir())


class TestCase:
    """Case folders that are none."""

    def test_a_missing_folder(self, tmp_path: Path) -> None:
        finished = command("run", "status_quo", "--case", tmp_path / "gone", "--out", tmp_path / "run")
        assert_refused(finished, str(tmp_path / "gone"))
        assert not list(tmp_path.iterdir())

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        (tmp_path / "case").mkdir()
        finished = command("validate", "status_quo", "--case", tmp_path / "case")
        assert_refused(finished, str(tmp_path / "case"), "none of the tables", "inputs/japan-2022")

    def test_a_missing_table(self, tmp_path: Path) -> None:
        shutil.copytree(IWATE, tmp_path / "case")
        (tmp_path / "case" / "services.csv").unlink()
        finished = command("validate", "status_quo", "--case", tmp_path / "case")
        assert_refused(finished, "services.csv", "no such file")

    def test_a_spoilt_table(self, tmp_path: Path) -> None:
        shutil.copytree(IWATE, tmp_path / "case")
        table = tmp_path / "case" / "municipal_need.csv"
        lines = table.read_text(encoding="utf-8").splitlines()
        cells = lines[1].split(",")
        lines[1] = ",".join([cells[0], "many", *cells[2:]])
        table.write_text("\n".join(lines) + "\n", encoding="utf-8")
        finished = command("run", "status_quo", "--case", tmp_path / "case", "--out", tmp_path / "run")
        heading = lines[0].split(",")[1]
        assert_refused(finished, "municipal_need.csv", cells[0], heading, "'many'")
        assert not (tmp_path / "run").exists()


def test_a_folder_that_is_no_case_is_not_cut_into(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    finished = command("cut", *ON_IWATE, "--prefectures", "03", "--out", tmp_path)
    assert_refused(finished, str(tmp_path), "already exists")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
