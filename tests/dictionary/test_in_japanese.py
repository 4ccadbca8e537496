"""Every sentence of the program that a page may show has a Japanese one: faults and remedies as they stand in the
code, settings, packages, sources and units of numbers."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pandas as pd
import pytest

from optimization.case.packages import shelf
from optimization.dictionary.in_japanese import ENGLISH_ONLY, PAIRS, in_japanese
from optimization.dictionary.results import unit_label
from optimization.dictionary.settings import load_settings
from optimization.reading.japanese import has_japanese
from optimization.reading.whereabouts import PACKAGES

REPO = Path(__file__).parents[2]
ROOMS = ("archive", "case", "costs", "dictionary", "geography", "ledger")
ROOMS += ("outcome", "reading", "referee", "report", "rules", "web")
"""Rooms whose faults a page may show."""
CALLS = {"Problem": (1, 2), "fault": (0, 1), "ValueFault": (1, 2), "TomlFault": (3, 4), "_refusal": (1, 2)}
"""What makes a fault, and where its message and its remedy stand."""
FILLED = "〇"
MOST = 64
"""Ways of one sentence that are looked at."""
TYPED = re.compile(
    r"[a-z]+\|[a-z|:0-9]+|solve\.py(?: [a-z]+)+|load_package\(case"
    r"""|[\w.-]+\.(?:csv|toml|json|py)(?: [a-z]+)?|[a-z]+\.[a-z_]+|[a-z]+(?:_[a-z_]+)+|"[^"]*"|'[^']*'|--[a-z-]+"""
    r"|\[[^\]]*\]|load_package|KEY=VALUE|FOLDER|(?:in|out)puts/[\w-]+|UTF-\d+|Shift_JIS|TOML|CSV|JSON|XlsxWriter"
    r"|(?<![A-Za-z])(?:true|false|extends|declared|source|places|decomposed|plain|connected|as_today|by_class|uniform"
    r"|date|name|pip install|fire|api|solve|crisis)(?![A-Za-z])"
)
"""What is typed as it is, in any language."""


def templates(node: ast.expr, known: dict[str, list[ast.expr]], depth: int = 0) -> Iterator[str]:
    """Every text that an expression may be, with a sign for what is filled in."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=values):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else FILLED for part in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from (a + b for a in templates(left, known, depth) for b in templates(right, known, depth))
        case ast.IfExp(body=body, orelse=other):
            yield from templates(body, known, depth)
            yield from templates(other, known, depth)
        case ast.Name(id=name) if name in known and depth < 4:
            for each in known[name]:
                yield from templates(each, known, depth + 1)
        case _:
            yield FILLED


def named(tree: ast.AST) -> dict[str, list[ast.expr]]:
    """What is given to every name below a node, pairs of names included."""
    found: dict[str, list[ast.expr]] = defaultdict(list)
    for each in ast.walk(tree):
        if isinstance(each, ast.Assign):
            for target in each.targets:
                pairs = [(target, each.value)]
                if isinstance(target, ast.Tuple) and isinstance(each.value, ast.Tuple):
                    pairs = list(zip(target.elts, each.value.elts, strict=False))
                for name, value in pairs:
                    if isinstance(name, ast.Name):
                        found[name.id].append(value)
    return found


def faults(file: Path) -> Iterator[str]:
    """Messages and remedies of the faults that a file makes, as templates."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    above = named(ast.Module([each for each in tree.body if isinstance(each, ast.Assign)], []))
    for function in (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)):
        known = {**above, **named(function)}
        for call in (each for each in ast.walk(function) if isinstance(each, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            for place, key in zip(CALLS.get(name, ()), ("message", "remedy"), strict=False):
                given = [each.value for each in call.keywords if each.arg == key] or call.args[
                    place : place + 1
                ]
                for node in given:
                    yield from islice(templates(node, known), MOST)


def english_of(text: str) -> bool:
    """Whether English is left in a sentence when it is said in Japanese, but for what is typed as it is."""

    def left(said: str) -> bool:
        return ENGLISH_ONLY in said or re.search("[A-Za-z]{3,}", TYPED.sub("", said)) is not None

    return left(in_japanese(text)) and left(in_japanese(text.removesuffix(FILLED)))


@pytest.mark.parametrize("room", ROOMS)
def test_every_fault_that_a_page_may_show_is_said_in_japanese(room: str) -> None:
    texts = {text for file in (REPO / "optimization" / room).rglob("*.py") for text in faults(file)}
    spoken = {text for text in texts if re.search("[A-Za-z]{3}", text)}
    left = sorted(text for text in spoken if english_of(text))
    assert not left, "\n".join(left)


def test_settings_packages_numbers_and_their_units_are_told_in_japanese() -> None:
    for setting in load_settings().values():
        assert has_japanese(setting.told("meaning", "ja")), setting.key
        assert not setting.source or has_japanese(setting.told("source", "ja")), setting.key
        assert not setting.unit or unit_label(setting.unit, "ja") != setting.unit or setting.unit == "km"
    for package in shelf(PACKAGES)[0]:
        for text in (package.called("ja"), package.cited("ja"), package.read_as("ja")):
            assert has_japanese(text) and ENGLISH_ONLY not in text, package.name
    for case in ("japan-2022", "iwate-2022"):
        folder = REPO / "inputs" / case
        for name in ("parameters", "crisis_scenarios", "bundles"):
            table = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False)
            told = {text: in_japanese(text) for text in table["source"]}
            assert not [text for text, ja in told.items() if ENGLISH_ONLY in ja or not has_japanese(ja)]
            assert all(unit_label(unit, "ja") for unit in table.get("unit", []) if unit)
        described = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
        assert not [each for each in described["contributors"] if ENGLISH_ONLY in in_japanese(each["title"])]


def test_parts_are_said_in_japanese_and_what_has_no_pair_is_marked() -> None:
    assert in_japanese("is above the most allowed, 1 ratio") == "が許容される上限1 ratioを上回る"
    assert (
        in_japanese("did you mean 0.75? Else correct the figure")
        == "0.75の誤りではないか。そうでなければ、数値を訂正する"
    )
    assert in_japanese("nobody has said this yet").endswith(ENGLISH_ONLY)
    assert in_japanese("東京都") == "東京都" and in_japanese("0.5") == "0.5"
    assert in_japanese("x" * 100_000).endswith(ENGLISH_ONLY)


def test_both_sides_of_a_pair_fill_in_the_same() -> None:
    import tomllib

    for file in PAIRS.glob("*.toml"):
        for english, japanese in tomllib.loads(file.read_text(encoding="utf-8")).items():
            parts = [sorted(re.findall(r"\{([a-z])\}", text)) for text in (english, japanese)]
            assert set(parts[1]) <= set(parts[0]) and has_japanese(japanese), english
