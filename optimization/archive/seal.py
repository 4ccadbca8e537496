"""The sums of a run's files, in the form that `sha256sum --check SHA256SUMS` reads."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from optimization.archive.form import within
from optimization.errors import Problem
from optimization.reading.files import MOST_RESULT, MOST_SETTINGS, read_text

SUMS = "SHA256SUMS"


def seal(folder: Path) -> None:
    """Write the sums of every file of the folder."""
    files = sorted(path for path in folder.iterdir() if path.name != SUMS)
    lines = [f"{digest(path)}  {path.name}\n" for path in files]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def broken(folder: Path) -> list[Problem]:
    """Files that are not as they were written, or are gone; files that came later (a report) do not count."""
    place, remedy = str(folder / SUMS), "take a copy that nobody has changed, or solve again"
    try:
        lines = read_text(folder / SUMS, MOST_SETTINGS).splitlines()
    except (OSError, ValueError):
        return [
            Problem(place, "cannot be read: the files of this run cannot be told from changed ones", remedy)
        ]
    problems = []
    for line in lines:
        found = re.fullmatch(r"([0-9a-f]{64})  ([\w.-]+)", line)
        if found is None:
            problems.append(Problem(place, "holds a line that is no sum of a file", remedy, value=line[:80]))
        elif digest(folder / found[2]) != found[1]:
            there = (folder / found[2]).is_file()
            message = "has been changed since the run was written" if there else "is missing"
            problems.append(Problem(str(folder / found[2]), message, remedy))
    return problems


def digest(path: Path) -> str:
    """Sum of a file; '' where it is none of the folder's own, cannot be read, or is larger than any of a run."""
    if not path.is_file() or path.stat().st_size > MOST_RESULT:
        return ""
    try:
        with within(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
