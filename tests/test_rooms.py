"""The rooms of the package: one direction of imports, no circles, as CONTRIBUTING draws them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import networkx
import pytest

REPO = Path(__file__).parents[1]
PACKAGE = "optimization"
TABLES_ALONE = ("audit", "duties", "money", "objective", "horizon", "exact", "exact_limits")
"""Files of the referee that may know a run by its tables alone."""

Imports = Mapping[str, set[str]]
"""Modules by name with the modules of the package that each imports."""


def imports_of(root: Path) -> dict[str, set[str]]:
    """Every module of a package with what it imports of it, at its head or within a function."""
    files = {
        ".".join(path.relative_to(root.parent).with_suffix("").parts): path for path in root.rglob("*.py")
    }
    known = {name.removesuffix(".__init__"): path for name, path in files.items()}
    return {name: set(_imported(path, root.name, known)) - {name} for name, path in known.items()}


def _imported(path: Path, package: str, known: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports by full name only"
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in known else str(node.module) for name in inside]
        else:
            continue
        yield from (name for name in names if name.partition(".")[0] == package)


def room(module: str) -> str:
    """The room of a module: the folder of the package, or the file at its top."""
    return module.split(".")[1] if "." in module else ""


def order() -> list[str]:
    """The rooms from left to right, as CONTRIBUTING has them."""
    text = (REPO / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^    (errors -> .*)$", text, re.M)
    return [name.strip() for name in line.split("->")]


def backwards(imports: Imports, rooms: list[str]) -> list[str]:
    """Imports of a room to the right of one's own. The package itself, which hands its face out, is no room."""
    return [
        f"{module} imports {other}"
        for module, others in sorted(imports.items())
        for other in sorted(others)
        if room(module) and room(other) and rooms.index(room(other)) > rooms.index(room(module))
    ]


def circles(imports: Imports) -> list[list[str]]:
    """Modules that import each other, directly or by way of others."""
    graph = networkx.DiGraph([(module, other) for module, others in imports.items() for other in others])
    return [sorted(part) for part in networkx.strongly_connected_components(graph) if len(part) > 1]


def test_every_room_stands_on_the_map() -> None:
    rooms = {room(module) for module in imports_of(REPO / PACKAGE)} - {""}
    assert rooms == set(order())
    text = (REPO / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [name for name in rooms if not re.search(rf"^\| `{PACKAGE}/{name}(/|\.py)`", text, re.M)] == []


def test_no_room_imports_one_to_its_right() -> None:
    assert backwards(imports_of(REPO / PACKAGE), order()) == []


def test_no_files_import_each_other_in_a_circle() -> None:
    assert circles(imports_of(REPO / PACKAGE)) == []


@pytest.mark.parametrize("name", TABLES_ALONE)
def test_the_second_route_knows_nothing_of_the_first(name: str) -> None:
    imports = imports_of(REPO / PACKAGE)
    found, seen = [f"{PACKAGE}.referee.{name}"], set[str]()
    while found:
        module = found.pop()
        if module not in seen and room(module) in ("referee", "rules"):
            seen.add(module)
            found += imports[module]
            assert not {room(other) for other in imports[module]} & {
                "costs",
                "ledger",
                "model",
                "solving",
            }


def test_an_import_within_a_function_counts(tmp_path: Path) -> None:
    """What this file reads of a package of two rooms, one of which looks back where it should not."""
    package = tmp_path / "small"
    for name, text in (
        ("left/__init__", ""),
        ("left/a", "def later():\n    from small.right import b\n    return b\n"),
        ("right/__init__", ""),
        ("right/b", "from small.left.a import later\n"),
    ):
        path = package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    imports = imports_of(package)
    assert backwards(imports, ["left", "right"]) == ["small.left.a imports small.right.b"]
    assert circles(imports) == [["small.left.a", "small.right.b"]]
