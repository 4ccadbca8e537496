"""The audit of the lock files says what it found, and never passes what it could not look at. pip-audit is played."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.security.audit_locks import SECONDS, Run, audit, lock_files, locked, main

CLEAN = [
    {"name": "Jinja2", "version": "3.1.6", "vulns": []},
    {"name": "h11", "version": "0.16.0", "vulns": []},
]
FAULT = {"id": "PYSEC-2030-1", "fix_versions": ["3.1.7"], "aliases": [], "description": ""}


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.lock"
    path.write_text("h11==0.16.0\njinja2==3.1.6\n", encoding="utf-8")
    return path


def answering(dependencies: list[dict[str, Any]], code: int = 0) -> Run:
    """A pip-audit that reports these packages."""
    text = json.dumps({"dependencies": dependencies, "fixes": []})
    return lambda path: subprocess.CompletedProcess([str(path)], code, text, "")


def failing(stderr: str, stdout: str = "") -> Run:
    """A pip-audit that ends with an error; its exit code is that of findings."""
    return lambda path: subprocess.CompletedProcess([str(path)], 1, stdout, stderr)


def too_slow(path: Path) -> subprocess.CompletedProcess[str]:
    raise subprocess.TimeoutExpired([str(path)], SECONDS)


def test_no_known_fault_ends_with_0(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([lock], answering(CLEAN)) == 0
    assert "requirements.lock: no known fault" in capsys.readouterr().out


def test_a_finding_ends_with_1_and_says_what_mends_it(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([lock], answering([{**CLEAN[0], "vulns": [FAULT]}, CLEAN[1]], code=1)) == 1
    assert "requirements.lock: jinja2 3.1.6: PYSEC-2030-1, mended in 3.1.7" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (
            failing("Traceback ...\nConnectionError: Failed to resolve host"),
            "ConnectionError: Failed to resolve",
        ),
        (failing("No module named pip_audit"), "No module named pip_audit"),
        (failing("", "not json"), "exit code 1 and no report"),
        (failing("", "[]"), "exit code 1 and no report"),
        (too_slow, "no answer in 300 seconds"),
        (answering([{"name": "jinja2", "skip_reason": "Dependency not found"}, CLEAN[1]]), "not found"),
        (answering(CLEAN[:1]), "h11: not in the report"),
        (answering([{**CLEAN[0], "version": "9"}, CLEAN[1]]), "the report is of version 9"),
        (answering([]), "jinja2: not in the report"),
    ],
)
def test_what_was_not_looked_at_ends_with_2(
    lock: Path, run: Run, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([lock], run) == 2
    said = capsys.readouterr()
    assert said.err.startswith("could not be audited: requirements.lock: ") and why in said.err
    assert "no known fault" not in said.out


def test_a_finding_weighs_more_than_what_was_not_looked_at(lock: Path) -> None:
    assert main([lock], answering([{**CLEAN[0], "vulns": [{**FAULT, "fix_versions": []}]}])) == 1


def test_no_lock_file_is_no_audit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], answering([])) == 2
    assert "could not be audited" in capsys.readouterr().err


def test_a_long_list_is_cut(lock: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock.write_text("".join(f"p{number}==1\n" for number in range(9)), encoding="utf-8")
    assert len(audit(lock, answering([])).unaudited) == 9
    assert main([lock], answering([])) == 2
    assert "and 6 more" in capsys.readouterr().err


def test_every_lock_file_is_audited() -> None:
    names = {path.name for path in lock_files()}
    assert {"requirements.lock", "requirements-bench.lock", "requirements-security.lock"} <= names
    assert "pip-audit" in locked(next(path for path in lock_files() if "security" in path.name))
