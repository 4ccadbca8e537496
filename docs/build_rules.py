"""Write rules.md: every rule of the model as its function's docstring has it.

    python docs/build_rules.py

The docstrings of the model are read from the source, the statements of limits from the program itself, and copied
word for word, so that the page and the program cannot drift apart; a test fails when the page is not what this script
writes.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from optimization.rules.listed import STATEMENTS
from optimization.rules.quantities import QUANTITIES
from optimization.rules.statement import DOWN, Statement

REPO = Path(__file__).resolve().parent.parent
MODEL = REPO / "optimization" / "model"
FAMILIES = REPO / "optimization" / "ledger" / "formulas"
PAGE = Path(__file__).with_name("rules.md")

ORDER = (
    "responsibility", "bundles", "provision", "clarity", "need", "taxes", "pool", "equity", "objective", "screening",
    "reserve",
)  # fmt: skip
"""Files in the order a reader wants them; others follow by name."""

NOT_RULES = {"columns", "expressions", "model", "affine", "quantities", "limits", "money", "discipline"}
LABEL = re.compile(r"\(((?:[RFED]\d+)(?:, [RFED]\d+)*)\)")

HEAD = """# The rules, as built

Written by `docs/build_rules.py` from `optimization/rules/` and the docstrings of `optimization/model/`: do not edit.
A limit of a package is a statement over named quantities; a rule that is no limit, or that needs variables of its own,
is one function of the model. Labels are names of rows. Symbols are explained in [model.md](model.md). Money is million
yen per year.
"""
STATEMENTS_HEAD = """# Limits: statements

What a limit speaks of, and its formula. The same statement is read from the columns of the program (its rows), from the
accounts of a decision (the re-check of every plan) and from the tables of a run. In every later year of a horizon it
holds again, unless what it speaks of is decided once for all years. Access (E5) is no statement: it is the travel limit
of each service (R7).
"""
RULES_HEAD = """# Rules of the model
"""


class Entry(NamedTuple):
    """A function or class and what its docstring says."""

    name: str
    text: str
    is_rule: bool


def entries(path: Path) -> tuple[str, list[Entry]]:
    """The docstring of a module, and its public functions and classes that have one."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            text = ast.get_docstring(node) or ""
            found.append(Entry(node.name, text, is_rule(node, text)))
    return ast.get_docstring(tree) or "", found


def is_rule(node: ast.FunctionDef | ast.ClassDef, text: str) -> bool:
    """Whether a function adds something to the Pyomo model it is given."""
    if not isinstance(node, ast.FunctionDef) or not node.args.args:
        return False
    adds = isinstance(node.returns, ast.Constant) and node.returns.value is None
    return node.args.args[0].arg == "model" and adds and bool(text)


def modules() -> list[Path]:
    """Files of the model that hold rules, in the reader's order."""
    known = {path.stem: path for path in MODEL.glob("*.py") if path.stem not in NOT_RULES | {"__init__"}}
    rest = sorted(set(known) - set(ORDER))
    return [known[name] for name in (*ORDER, *rest) if name in known]


def labels(text: str) -> list[str]:
    """Labels a docstring begins a line with, in order."""
    lines = [line.strip() for line in text.splitlines()]
    found = [match for line in lines if (match := LABEL.match(line))]
    return list(dict.fromkeys(label for match in found for label in match[1].split(", ")))


def block(text: str) -> str:
    """A docstring word for word."""
    return f"```text\n{text}\n```\n"


def section(path: Path, kept: tuple[str, ...] | None = None) -> Iterator[str]:
    """One file: what it is about, its decisions, its rules."""
    about, found = entries(path)
    yield f"## {path.relative_to(REPO).as_posix()}\n"
    yield f"{about}\n" if "\n    " not in about else block(about)
    for entry in found:
        if entry.is_rule or (kept is None and labels(entry.text)) or (kept and entry.name in kept):
            named = ", ".join(labels(entry.text))
            yield f"### `{entry.name}`{f' ({named})' if named else ''}\n"
            yield block(entry.text)


def quantities() -> Iterator[str]:
    """The table of what statements speak of."""
    yield "| quantity | of each | unit | what it is |"
    yield "|---|---|---|---|"
    for each in QUANTITIES.values():
        once = "; decided once for all years" if each.decided_once else ""
        yield f"| `{each.name}` | {each.scope} | {each.unit} | {each.meaning}{once} |"
    yield ""


def stated(each: Statement) -> Iterator[str]:
    """One statement: its formula word for word, its setting, its rows."""
    yield f"### {each.words} ({each.component})\n"
    yield block(inspect.cleandoc(each.text))
    change = {0.0: "a switch", DOWN: "loosened by lowering"}.get(each.direction, "loosened by raising")
    spoken = ", ".join(f"`{name}`" for name in each.of)
    yield f"Setting `{each.setting}`, {change}. Rows `{each.component}`, by {each.scope}, of {spoken}.\n"


def page() -> str:
    """The whole page."""
    parts = [HEAD, STATEMENTS_HEAD, *quantities()]
    for each in STATEMENTS:
        parts += stated(each)
    parts.append(RULES_HEAD)
    for path in modules():
        kept = {"screening": ("balance_margin", "screen"), "reserve": ("worth_bringing_back",)}.get(path.stem)
        parts += section(path, kept)
    parts.append("# Formula families: rows\n")
    for path in sorted((MODEL / "formulas").glob("*.py")):
        parts += section(path)
    parts.append("# Formula families: arithmetic\n")
    parts.append("The same formulas for a given decision, as the ledger computes them; money is received where\n"
                 "positive, paid where negative.\n")  # fmt: skip
    for path in sorted(FAMILIES.glob("*.py")):
        if path.stem not in ("__init__", "position"):
            parts += section(path, ("transfers", "floor", "shortfall"))
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
