"""What bandit finds in the program is mended or justified, and nothing is justified that it does not find."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("bandit", reason="comes with requirements.lock")

REPO = Path(__file__).parents[2]
ASSERTION = "B101"

Found = tuple[str, str, str]
"""Check, file, line as it stands there."""


def scanned(*paths: str, folder: Path = REPO) -> list[dict[str, Any]]:
    """What bandit reports of some files; files that it could not read are an error."""
    command = [sys.executable, "-m", "bandit", "--quiet", "--format", "json", "--recursive", *paths]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    assert not report["errors"], report["errors"]
    return report["results"]


def located(result: dict[str, Any], folder: Path = REPO) -> Found:
    """A finding with the line it points at, so that lines above it may move."""
    line = (folder / result["filename"]).read_text(encoding="utf-8").splitlines()[result["line_number"] - 1]
    return result["test_id"], Path(result["filename"]).as_posix(), line.strip()


def only_narrows(line: str) -> bool:
    """Whether an assertion tells a type and nothing else: without it (`python -O`) the program does the same."""
    statement = ast.parse(line).body[0]
    assert isinstance(statement, ast.Assert)
    test = statement.test
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    return all(_is_type(part) for part in parts)


def _is_type(part: ast.expr) -> bool:
    if isinstance(part, ast.Call):
        return isinstance(part.func, ast.Name) and part.func.id == "isinstance"
    return (
        isinstance(part, ast.Compare)
        and [type(op) for op in part.ops] == [ast.IsNot]
        and isinstance(part.comparators[0], ast.Constant)
        and part.comparators[0].value is None
    )


def unsettled(findings: list[Found], justified: set[Found]) -> tuple[set[Found], set[Found]]:
    """Findings without a justification, and justifications without a finding."""
    left = {found for found in findings if not (found[0] == ASSERTION and only_narrows(found[2]))}
    return left - justified, justified - left


def table() -> Iterator[dict[str, str]]:
    yield from tomllib.loads((Path(__file__).parent / "justified.toml").read_text(encoding="utf-8"))[
        "finding"
    ]


def test_every_finding_is_mended_or_justified() -> None:
    entries = list(table())
    justified = {(entry["id"], entry["file"], entry["line"]) for entry in entries}
    assert len(justified) == len(entries), "an entry stands twice"
    assert all(len(entry["reason"]) > 20 for entry in entries)
    findings = [located(result) for result in scanned("optimization", "solve.py")]
    open_findings, unused = unsettled(findings, justified)
    assert not open_findings, "mend these, or justify them in justified.toml"
    assert not unused, "bandit no longer finds these: take them out of justified.toml"


def test_nothing_is_silenced_in_the_code() -> None:
    """Reasons stand in one table, so that they can be read together and go when their finding goes."""
    files = [*(REPO / "optimization").rglob("*.py"), REPO / "solve.py"]
    assert [path for path in files if "# nosec" in path.read_text(encoding="utf-8")] == []


def test_the_scan_finds_what_is_dangerous(tmp_path: Path) -> None:
    lines = [
        "import pickle, subprocess, yaml",
        "def f(text, count):",
        "    assert count > 0",
        "    assert text is not None",
        "    eval(text)",
        "    yaml.load(text)",
        "    pickle.loads(text)",
        "    subprocess.run(text, shell=True)",
    ]
    (tmp_path / "bad.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    findings = [located(result, tmp_path) for result in scanned("bad.py", folder=tmp_path)]
    left, unused = unsettled(findings, {("B999", "bad.py", "nothing")})
    assert {line for _, _, line in left} >= {line.strip() for line in (*lines[2:3], *lines[4:])}
    assert "assert text is not None" not in {line for _, _, line in left}
    assert unused == {("B999", "bad.py", "nothing")}


@pytest.mark.parametrize(
    ("line", "narrows"),
    [
        ("assert a is not None", True),
        ("assert a.b is not None and isinstance(c, d)", True),
        ('assert a is not None, "said why"', True),
        ("assert a", False),
        ("assert a is not None or b", False),
        ("assert a is not None and b.c", False),
        ("assert a is not b", False),
        ("assert len(a) == 2", False),
    ],
)
def test_an_assertion_that_decides_is_told_from_one_that_narrows(line: str, narrows: bool) -> None:
    assert only_narrows(line) is narrows
