"""Every test that the list of slow ones names is there."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

HERE = Path(__file__).parent


def test_the_list_of_slow_tests_names_tests() -> None:
    listed = tomllib.loads((HERE / "slow.toml").read_text(encoding="utf-8"))
    for file, tests in listed.items():
        tree = ast.parse((HERE.parent / file).read_text(encoding="utf-8"))
        found = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert tests.keys() <= found, file
