"""The wheel in an empty environment and an empty folder: every command finds its inputs and writes where it stands."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]

pytestmark = pytest.mark.wheel


def told(*command: str | Path, cwd: Path) -> str:
    """Standard output of a command that must end with 0, run without what this environment adds to Python's path."""
    surroundings = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True, env=surroundings, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the programs of an environment into which nothing but the built wheel was installed."""
    place = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    told(*pip, "wheel", "--no-deps", "--wheel-dir", place / "dist", REPO, cwd=place)
    (wheel,) = (place / "dist").glob("role_division-*.whl")
    venv.create(place / "environment", with_pip=True)
    programs = place / "environment" / ("Scripts" if os.name == "nt" else "bin")
    install = [
        programs / "python",
        "-m",
        "pip",
        "--quiet",
        "--disable-pip-version-check",
        "install",
        "--no-compile",
    ]
    told(*install, wheel, "--constraint", REPO / "requirements.lock", cwd=place)
    return programs


def test_the_teaching_case_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    program = installed / "role-division"
    assert "Status optimal" in told(program, "run", "--case", "iwate-2022", cwd=tmp_path)
    (run,) = (tmp_path / "results").iterdir()
    told(program, "report", run, cwd=tmp_path)
    assert list(run.glob("report*.html")) or list((tmp_path / "results").rglob("*.html"))
    assert "role_division" in told(program, "packages", cwd=tmp_path)
    told(program, "validate", "wide_area", "--case", "iwate-2022", cwd=tmp_path)
    assert told(program, "--version", cwd=tmp_path).startswith("role-division ")


def test_a_command_whose_part_is_not_installed_names_the_extra(installed: Path, tmp_path: Path) -> None:
    """No Excel, no page, no sensitivity analysis in the core: each says what to install, with exit code 2."""
    program = str(installed / "role-division")
    for command, extra in (
        (["serve", "--no-browser"], "web"),
        (["sensitivity", "role_division", "--case", "iwate-2022", "--method", "morris"], "sensitivity"),
        (["prepare", "--year", "2022", "--allocation-tax", "."], "prepare"),
    ):
        done = subprocess.run([program, *command], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 2, (command, done.stdout, done.stderr)
        assert f"role-division[{extra}]" in done.stderr + done.stdout, (command, done.stderr)


def test_a_folder_of_ones_own_comes_first(installed: Path, tmp_path: Path) -> None:
    """A package on a shelf in the working directory is found; the cases that come along still are."""
    shelf = tmp_path / "inputs" / "packages"
    shelf.mkdir(parents=True)
    text = (REPO / "inputs" / "packages" / "wide_area.toml").read_text(encoding="utf-8")
    (shelf / "mine.toml").write_text(text.replace('name = "wide_area"', 'name = "mine"'), encoding="utf-8")
    program = installed / "role-division"
    assert "mine" in told(program, "packages", cwd=tmp_path)
    told(program, "validate", "mine", "--case", "iwate-2022", cwd=tmp_path)
