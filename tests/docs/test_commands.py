"""Every `python solve.py ...` line of the README and of docs/ is run, on the teaching case in place of the country.

A command that a page gains is run here without a further word. One that cannot be run this way goes on `NOT_RUN` with
the reason. Studies are cut to a few questions: what is asked of a page is that its words are understood and answered.
"""

from __future__ import annotations

import functools
import re
import shlex
import tomllib
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from optimization.case.load import load_case
from optimization.cli import checking, looking, options, showing, tracing
from optimization.cli.app import loaded, start
from optimization.studies import sensitivity

REPO = Path(__file__).parents[2]
PAGES = [REPO / "README.md", *sorted((REPO / "docs").glob("*.md"))]
TEACHING = REPO / "inputs" / "iwate-2022"
TEACHING_PREFECTURE, OUT = "03", "FOLDER TO WRITE"
START = "python solve.py"

NOT_RUN = {
    "prepare --year 2022 --allocation-tax FOLDER/allocation_tax --out inputs/new-2022": (
        "needs the official workbooks; tests/prepare reads them"
    ),
    "prepare --year 2020 --allocation-tax FOLDER/allocation_tax --out inputs/japan-2020": (
        "needs the official workbooks; tests/national prepares the year"
    ),
    "run status_quo --case inputs/japan-2020": "needs the case of the line before; tests/national runs it",
    "serve": "serves until it is stopped; tests/web and tests/browser do",
    "sweep STUDY.toml --scheduler tcp://host:8786": "needs a scheduler and workers",
}
"""Lines without their beginning and comment, and why they are not run."""

IMPOSSIBLE = "my_reform.toml"
"""The package that explains are asked about; the pages say that it cannot hold, so they end with 3."""

NO_PLAN: dict[str, str] = {}
"""Other lines that end with 3, and why."""

CUTS = {
    "explain": {"--services": "waste", "--gap": "1e-2"},
    "alternatives": {"--count": "1", "--gap": "1e-2"},
    "pareto": {"--points": "2", "--gap": "1e-3"},
    "sensitivity": {"--draws": "2", "--gap": "1e-2", "--processes": "1"},
    "sweep": {"--processes": "1"},
    "recommend": {"--draws": "1", "--gap": "1e-3", "--processes": "1"},
}
"""What makes a command that solves many times quick."""

FACTORS = ("travel_cost_yen_per_person_km", "detour_factor")
"""What sensitivity varies here."""

SAVED = re.compile(r"[Ss]ave this as `(\w+\.toml)`[^\n]*\n(?:[^`\n]*\n)*?\n?```toml\n(.*?)^```$", re.M | re.S)
MILD = '"equity.adequacy_floor" = 0.9'


@dataclass(frozen=True)
class Line:
    """A command as a page has it: the page, the words after `python solve.py`."""

    page: str
    text: str

    @property
    def words(self) -> list[str]:
        """The words as a shell splits them."""
        return shlex.split(self.text)


def lines_of(page: Path) -> Iterator[Line]:
    """The commands of a page's blocks, fenced or indented, continued lines joined."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    fenced = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if line.strip().startswith(START) and (fenced or line.startswith("    ")):
            words = shlex.split(line.strip().removeprefix(START), comments=True)
            yield Line(page.name, shlex.join(words))


@functools.cache
def flags_of(command: str) -> frozenset[str]:
    """Options a command takes."""
    parameters = loaded(command).params
    return frozenset(flag for parameter in parameters for flag in parameter.opts if flag.startswith("--"))


def on_the_teaching_case(line: Line) -> tuple[str, ...]:
    """The words of a line with case, size and folder to write put in place of what the page says."""
    command, *rest = line.words or ["run"]
    options = {"--case": str(TEACHING), "--out": OUT, "--threads": "1", **CUTS.get(command, {})}
    options = {flag: value for flag, value in options.items() if flag in flags_of(command)}
    kept: list[str] = []
    words = iter(rest)
    for word in words:
        flag, equals, value = word.partition("=")
        if flag in options or flag == "--prefectures":
            value = value if equals else next(words)
            if flag == "--prefectures" and TEACHING_PREFECTURE in value.split(","):
                kept += [flag, TEACHING_PREFECTURE]
        else:
            kept.append(word)
    return command, *kept, *(part for option in options.items() for part in option)


ALL = [line for page in PAGES for line in lines_of(page)]
RUN = list({on_the_teaching_case(line): line for line in ALL if line.text not in NOT_RUN}.values())
MANY_SOLVES = ("alternatives", "compare", "pareto", "recommend", "sensitivity")
"""Commands that solve many times: in every run of the tests one line of each, the others in `make slow`."""


def sampled() -> Iterator[Any]:
    """Every line as a parameter of a test; further ones of a command that solves many times marked slow."""
    seen = set()
    for line in RUN:
        command = line.words[0] if line.words else "run"
        further = command in MANY_SOLVES and command in seen
        seen.add(command)
        marks = [pytest.mark.slow] if further else []
        yield pytest.param(line, marks=marks, id=f"{line.page}: {line.text}")


def _argument(word: str, folder: Path, finished_run: Path) -> str:
    """A file of the repository by its full name, a study cut short, a run's folder that exists."""
    if word == OUT:
        return str(folder / "out")
    path = folder / word if (folder / word).is_file() else REPO / word
    if word.endswith(".toml") and path.is_file():
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return str(cut_short(document, folder) if "study" in document else path)
    if word.startswith("results/") and not (REPO / word).exists():
        return str(finished_run)
    return str(REPO / word) if word.startswith(("inputs/", "results/")) else word


def cut_short(study: dict[str, Any], folder: Path) -> Path:
    """A study of one question: the first value of everything varied."""
    grid = study["grid"]
    packages = grid["packages"] if isinstance(grid["packages"], str) else grid["packages"][0]
    lines = [f'[study]\nname = "{study["study"]["name"]}"\n\n[[cell]]\npackages = "{packages}"']
    for kind in ("settings", "assumptions"):
        values = ", ".join(f'"{key}" = {first}' for key, (first, *_) in grid.get(kind, {}).items())
        lines += [f"{kind} = {{ {values} }}"] if values else []
    path = folder / "cut_short.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_saved_files(folder: Path, mild: bool) -> None:
    """The files that pages ask the reader to save; a mild floor where a command must find a plan under it."""
    for page in PAGES:
        for name, text in SAVED.findall(page.read_text(encoding="utf-8")):
            text = re.sub(r'"equity.adequacy_floor" = [\d.]+', MILD, text) if mild else text
            (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the default reform on the teaching case, for commands on a run's folder."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    assert call(["run", "role_division", "--case", str(TEACHING), "--out", str(folder)])[0] == 0
    return folder


def call(words: list[str]) -> tuple[int, str]:
    """Exit code of a command, and all it said."""
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = start(words)
    return code, said.getvalue()


_read_once = functools.cache(load_case)
_all_factors = sensitivity.factors_of


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the case once; vary two factors only."""
    for room in (checking, looking, options, showing, tracing):
        monkeypatch.setattr(room, "load_case", _read_once)

    def two(*asked: Any) -> Any:
        factors, numbers = _all_factors(*asked)
        return [factor for factor in factors if factor.name in FACTORS], numbers

    monkeypatch.setattr(sensitivity, "factors_of", two)


@pytest.mark.parametrize("line", list(sampled()))
def test_a_command_of_a_page_does_what_it_says(
    line: Line, tmp_path: Path, finished_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    explained = line.words[:1] == ["explain"] and IMPOSSIBLE in line.words
    monkeypatch.chdir(tmp_path)
    write_saved_files(tmp_path, mild=not explained)
    words = [_argument(word, tmp_path, finished_run) for word in on_the_teaching_case(line)]
    code, said = call(words)
    assert code == (3 if explained or line.text in NO_PLAN else 0), (words, said)


def test_the_pages_hold_commands_and_the_list_holds_no_other() -> None:
    assert len(RUN) >= 20
    assert {line.page for line in ALL} >= {"README.md", "start.md", "ja.md", "analysis.md", "studies.md"}
    stale = (set(NOT_RUN) | set(NO_PLAN)) - {line.text for line in ALL}
    assert not stale, "a list holds a line that no page holds"


def test_the_script_of_the_validation_page_prints_what_the_page_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = (REPO / "docs" / "validation.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```.*?```text\n(.*?)```", text, re.S)
    assert found
    monkeypatch.chdir(REPO)
    said = StringIO()
    with redirect_stdout(said):
        exec(compile(found[1], "validation.md", "exec"), {})
    assert said.getvalue() == found[2]
