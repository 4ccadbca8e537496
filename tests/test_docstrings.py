"""Docstrings stand on their own: none leans on its neighbour, and what others call is told in whole sentences."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
FILES = sorted(path for room in ("optimization", "benchmarks") for path in (REPO / room).rglob("*.py"))

LEANS = re.compile(r"(The same|Same|Likewise|Its|Their|They|It|As) ")
"""Beginnings that only a reader of what stands above understands."""

FORMULA = re.compile(r"[=@|\[\]<>]| x | \+ |max\(|^\d")
"""A line that is mathematics, or begins with a number, is no sentence."""

Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def documented(tree: ast.Module) -> Iterator[ast.Module | Documented]:
    """Everything in a file that can have a docstring."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | Documented):
            yield node


def public(tree: ast.Module) -> Iterator[Documented]:
    """Functions, classes and methods that others may call."""
    for node in tree.body:
        if isinstance(node, Documented) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (
                    each for each in node.body if isinstance(each, Documented) and each.name[0] != "_"
                )


def faults(text: str) -> list[str]:
    """What is wrong with the docstrings of a file, by line."""
    tree, found = ast.parse(text), []
    for node in documented(tree):
        said = ast.get_docstring(node) or ""
        if LEANS.match(said):
            found.append(f"{getattr(node, 'lineno', 1)}: leans on its neighbour: {said.splitlines()[0]}")
    for each in public(tree):
        said = (ast.get_docstring(each) or "").strip()
        if not said:
            found.append(f"{each.lineno}: {each.name} says nothing")
            continue
        first, last = said.splitlines()[0], said.splitlines()[-1]
        if not (first[0].isupper() or first[0] in '`"(' or FORMULA.search(first)):
            found.append(f"{each.lineno}: {each.name} does not begin as a sentence: {first}")
        if not (last.endswith((".", ":")) or FORMULA.search(said)):
            found.append(f"{each.lineno}: {each.name} does not end as a sentence: {last}")
    return found


def test_docstrings_stand_on_their_own() -> None:
    told = {str(path.relative_to(REPO)): faults(path.read_text(encoding="utf-8")) for path in FILES}
    assert len(FILES) > 200
    assert not {path: lines for path, lines in told.items() if lines}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('def a() -> None:\n    """The same for b."""', "leans"),
        ('class A:\n    def _b(self) -> None:\n        """Its value."""', "leans"),
        ("def a() -> None: ...", "says nothing"),
        ('class A:\n    """A thing."""\n    def b(self) -> None: ...', "b says nothing"),
        ('def a() -> None:\n    """sum of all."""', "begin"),
        ('def a() -> None:\n    """Sum of all"""', "end"),
    ],
)
def test_a_docstring_that_does_not_is_found(text: str, fault: str) -> None:
    assert any(fault in line for line in faults(text))
    assert not faults('def a(b: int) -> int:\n    """Twice `b`."""')
    assert not faults('def a(b: int) -> int:\n    """(F1) a[g] <= b[g]"""')
