"""Faults of the input as the page says them: without the places of files, which mean nothing to who reads a page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from optimization.dictionary.in_japanese import in_japanese
from optimization.dictionary.results import Language
from optimization.errors import Problem

PROVISION = re.compile(r"provision (\d+)")


def said(problem: Problem, language: Language = "en") -> str:
    """A fault in a language: the file's name, row, column and value, what is wrong and what to do."""
    if language == "ja":
        return _in_japanese(problem)
    place = ", ".join(part for part in (problem.row, problem.column) if part)
    found = f" ({problem.value})" if problem.value else ""
    head = f"{Path(problem.file).name}: {place}" if place else Path(problem.file).name
    return f"{head}: {problem.message}{found}. {problem.remedy}"


def all_said(problems: Iterable[Problem], language: Language) -> list[str]:
    """Faults in a language, in their order."""
    return [said(problem, language) for problem in problems]


def _in_japanese(problem: Problem) -> str:
    """A fault in Japanese: what is wrong is said of the value where one is told, else of the column or the file."""
    subject = f"「{problem.value}」" if problem.value else ""
    place = [Path(problem.file).name, *(part for part in (_row(problem.row), problem.column) if part)]
    message = f"{subject}{in_japanese(problem.message)}".removesuffix("。")
    remedy = in_japanese(problem.remedy).removesuffix("。")
    return f"{'、'.join(place)}：{message}。" + (f"{remedy}。" if remedy else "")


def _row(row: str) -> str:
    """A row as it is called: a line by its number, a provision, the header of a package."""
    if row.isdecimal() and len(row) < 5:
        return f"{row}行目"
    if match := PROVISION.fullmatch(row):
        return f"第{match[1]}項"
    return {"package": "見出し", "command line": "指定", "assumptions": "仮定"}.get(row, row)
