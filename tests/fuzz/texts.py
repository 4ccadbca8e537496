"""Ways of spoiling a text by what it says: cells of a CSV table, lines of TOML, nodes of JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from optimization.reading.codes import check_digit
from tests.fuzz.values import KEYS, LITERALS, NODES, NUMBERS, TEXTS

Operator = Callable[[Path, Random], None]
Rows = list[list[str]]

# ---- cells of a CSV table


def _cells(change: Callable[[Rows, Random], object]) -> Operator:
    def operator(path: Path, rng: Random) -> None:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
        if len(rows) > 1:
            change(rows, rng)
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(rows)
        path.write_text(out.getvalue(), encoding="utf-8", newline="")

    operator.__name__ = change.__name__
    return operator


def _place(rows: Rows, rng: Random) -> tuple[list[str], int]:
    row = rng.choice(rows[1:])
    return row, rng.randrange(len(row))


def cell_text(rows: Rows, rng: Random) -> None:
    row, column = _place(rows, rng)
    row[column] = rng.choice(TEXTS)


def cell_number(rows: Rows, rng: Random) -> None:
    row, column = _place(rows, rng)
    row[column] = rng.choice(NUMBERS)


def figure_changed(rows: Rows, rng: Random) -> None:
    """A plausible other figure in a cell that holds one: what only an identity can find."""
    for _ in range(50):
        row, column = _place(rows, rng)
        if re.fullmatch(r"-?\d+(\.\d+)?", row[column]) and not re.fullmatch(r"0\d+", row[column]):
            value = float(row[column]) if "." in row[column] else int(row[column])
            changes = (
                value + 1,
                value - 1,
                value * 10,
                value // 10,
                -value,
                value + rng.randrange(1, 1000),
                0,
            )
            row[column] = str(rng.choice(changes))
            return


def figures_swapped(rows: Rows, rng: Random) -> None:
    """Two cells of one column change places."""
    column = rng.randrange(len(rows[0]))
    a, b = rng.choice(rows[1:]), rng.choice(rows[1:])
    a[column], b[column] = b[column], a[column]


def digit_slipped(rows: Rows, rng: Random) -> None:
    """Two neighbouring digits change places, as by a slip of the pen."""
    for _ in range(50):
        row, column = _place(rows, rng)
        pairs = [n for n in range(len(row[column]) - 1) if row[column][n : n + 2].isdigit()]
        if pairs:
            n, text = rng.choice(pairs), row[column]
            row[column] = text[:n] + text[n + 1] + text[n] + text[n + 2 :]
            return


def column_shifted(rows: Rows, rng: Random) -> None:
    """One column moves down by a row: joined by position, every figure would be another's."""
    column = rng.randrange(len(rows[0]))
    cells = [row[column] for row in rows[1:]]
    for row, cell in zip(rows[1:], [cells[-1], *cells[:-1]], strict=True):
        row[column] = cell


def full_width(rows: Rows, rng: Random) -> None:
    row, column = _place(rows, rng)
    row[column] = row[column].translate({n: n + 0xFEE0 for n in range(0x21, 0x7F)})


def heading_changed(rows: Rows, rng: Random) -> None:
    rows[0][rng.randrange(len(rows[0]))] = rng.choice((*TEXTS, *rows[0], rows[0][0].upper()))


def heading_swapped(rows: Rows, rng: Random) -> None:
    a, b = rng.randrange(len(rows[0])), rng.randrange(len(rows[0]))
    rows[0][a], rows[0][b] = rows[0][b], rows[0][a]


def column_doubled(rows: Rows, rng: Random) -> None:
    column = rng.randrange(len(rows[0]))
    for row in rows:
        row.insert(column, row[column])


def column_dropped(rows: Rows, rng: Random) -> None:
    column = rng.randrange(len(rows[0]))
    for row in rows:
        del row[column : column + 1]


def row_dropped(rows: Rows, rng: Random) -> None:
    del rows[rng.randrange(1, len(rows))]


def row_doubled(rows: Rows, rng: Random) -> None:
    rows.insert(rng.randrange(1, len(rows) + 1), list(rng.choice(rows[1:])))


def rows_all_gone(rows: Rows, _: Random) -> None:
    del rows[1:]


def rows_shuffled(rows: Rows, rng: Random) -> None:
    body = rows[1:]
    rng.shuffle(body)
    rows[1:] = body


def columns_shuffled(rows: Rows, rng: Random) -> None:
    order = list(range(len(rows[0])))
    rng.shuffle(order)
    rows[:] = [[row[n] for n in order] for row in rows]


def row_ragged(rows: Rows, rng: Random) -> None:
    row = rng.choice(rows)
    row[:] = rng.choice((row[:-1], [*row, ""], [*row, *["9"] * 3000], []))


def unit_mistaken(rows: Rows, rng: Random) -> None:
    """A whole column of figures in another unit, ten to a thousand times as much or as little."""
    columns = [
        n
        for n, name in enumerate(rows[0])
        if all(re.fullmatch(r"\d+(\.\d+)?", row[n]) for row in rows[1:] if len(row) > n)
    ]
    if columns:
        column, factor, up = rng.choice(columns), rng.choice((10, 100, 1000)), rng.random() < 0.5
        for row in rows[1:]:
            value = float(row[column]) * factor if up else float(row[column]) / factor
            row[column] = f"{value:.0f}" if "." not in row[column] else f"{value:.6f}"


def codes_misshapen(rows: Rows, rng: Random) -> None:
    """Codes as spreadsheets leave them: without their zero, with their check digit, as a number, with signs about them;
    one code wherever it stands in a column, or the whole column."""
    columns = [n for n, cell in enumerate(rows[1]) if re.fullmatch(r"\d{5}|0\d", cell)]
    if columns:
        column = rng.choice(columns)
        shape, chosen = rng.choice(SHAPES), rng.choice(rows[1:])[column]
        whole = rng.random() < 0.5
        for row in rows[1:]:
            if whole or row[column] == chosen:
                row[column] = shape(row[column])


SHAPES: tuple[Callable[[str], str], ...] = (
    lambda code: code.removeprefix("0"),
    lambda code: code + _digit(code),
    lambda code: code.removeprefix("0") + _digit(code),
    lambda code: f"{code.removeprefix('0')}.0",
    lambda code: f'="{code}"',
    lambda code: f"'{code}",
    lambda code: f"{code} 盛岡市",
    lambda code: f"盛岡市({code})",
    lambda code: code.translate({n: n + 0xFEE0 for n in range(0x30, 0x3A)}),
    lambda code: f"{code}000000",
    lambda code: f"C{code}",
)


def _digit(code: str) -> str:
    return check_digit(code) if re.fullmatch("[0-9]{5}", code) else "0"


# ---- TOML, line by line


def _lines(change: Callable[[list[str], Random], object]) -> Operator:
    def operator(path: Path, rng: Random) -> None:
        lines = path.read_text(encoding="utf-8").splitlines() or [""]
        change(lines, rng)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    operator.__name__ = change.__name__
    return operator


def _entry(lines: list[str], rng: Random) -> int:
    return rng.choice([n for n, line in enumerate(lines) if "=" in line] or [0])


def value_replaced(lines: list[str], rng: Random) -> None:
    n = _entry(lines, rng)
    lines[n] = f"{lines[n].partition('=')[0]}= {rng.choice(LITERALS)}"


def number_replaced(lines: list[str], rng: Random) -> None:
    """Another number in the place of one, inside lists and tables too."""
    found = [
        (n, m.span())
        for n, line in enumerate(lines)
        for m in re.finditer(r"(?<![\w.\"-])-?\d+(\.\d+)?(?![\w.\"-])", line)
    ]
    if found:
        n, (start, end) = rng.choice(found)
        new = rng.choice((*NUMBERS[:14], str(rng.uniform(-2, 2)), str(rng.randrange(100))))
        lines[n] = lines[n][:start] + new + lines[n][end:]


def name_replaced(lines: list[str], rng: Random) -> None:
    """Another text in the place of one in quotation marks."""
    found = [(n, m.span()) for n, line in enumerate(lines) for m in re.finditer(r'"[^"]*"', line)]
    if found:
        n, (start, end) = rng.choice(found)
        lines[n] = lines[n][:start] + json.dumps(rng.choice(TEXTS), ensure_ascii=False) + lines[n][end:]


def key_replaced(lines: list[str], rng: Random) -> None:
    n = _entry(lines, rng)
    lines[n] = f"{rng.choice(KEYS)} = {lines[n].partition('=')[2]}"


def entry_added(lines: list[str], rng: Random) -> None:
    lines.insert(rng.randrange(len(lines) + 1), f"{rng.choice(KEYS)} = {rng.choice(LITERALS)}")


def line_dropped(lines: list[str], rng: Random) -> None:
    del lines[rng.randrange(len(lines))]


def line_doubled(lines: list[str], rng: Random) -> None:
    n = rng.randrange(len(lines))
    lines.insert(rng.randrange(len(lines) + 1), lines[n])


def table_retyped(lines: list[str], rng: Random) -> None:
    heads = [n for n, line in enumerate(lines) if line.startswith("[")] or [0]
    n = rng.choice(heads)
    bare = lines[n].strip("[]")
    lines[n] = rng.choice(
        (
            f"[{bare}]",
            f"[[{bare}]]",
            f"{bare} = 1",
            f"{bare} = [1]",
            f"[{bare}.x]",
            "[" + ".".join("a" * 900) + "]",
        )
    )


def many_values(lines: list[str], rng: Random) -> None:
    """A list of thousands where a few stood: a product of such lists has no end."""
    for n in [n for n, line in enumerate(lines) if re.search(r"= *\[[^\"]", line)]:
        lines[n] = (
            f"{lines[n].partition('=')[0]}= [{', '.join(str(k / 3000) for k in range(rng.choice((300, 3000))))}]"
        )


# ---- JSON, node by node


def _tree(change: Callable[[Any, Random], Any]) -> Operator:
    def operator(path: Path, rng: Random) -> None:
        path.write_text(
            json.dumps(change(json.loads(path.read_text(encoding="utf-8")), rng)), encoding="utf-8"
        )

    operator.__name__ = change.__name__
    return operator


def _nodes(tree: Any) -> list[tuple[Any, Any]]:
    """Every container with a key of it."""
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [(tree, key) for key, _ in pairs] + [found for _, value in pairs for found in _nodes(value)]


def node_replaced(tree: Any, rng: Random) -> Any:
    container, key = rng.choice(_nodes(tree) or [([0], 0)])
    container[key] = rng.choice(NODES)
    return tree


def root_replaced(tree: Any, rng: Random) -> Any:
    top = [(c, k) for c, k in _nodes(tree) if c is tree] or [([0], 0)]
    container, key = rng.choice(top)
    container[key] = rng.choice(NODES)
    return tree


def node_dropped(tree: Any, rng: Random) -> Any:
    container, key = rng.choice(_nodes(tree) or [([0], 0)])
    del container[key]
    return tree


def nested(tree: Any, rng: Random) -> Any:
    for _ in range(rng.choice((50, 700))):
        tree = [tree] if rng.random() < 0.5 else {"a": tree}
    return tree


def deep(path: Path, rng: Random) -> None:
    path.write_text("[" * 200_000, encoding="utf-8")


CSV = tuple(
    map(
        _cells,
        (
            cell_text,
            cell_number,
            figure_changed,
            figures_swapped,
            digit_slipped,
            column_shifted,
            unit_mistaken,
            codes_misshapen,
            full_width,
            heading_changed,
            heading_swapped,
            column_doubled,
            column_dropped,
            row_dropped,
            row_doubled,
            rows_all_gone,
            rows_shuffled,
            columns_shuffled,
            row_ragged,
        ),
    )
)
TOML = tuple(
    map(
        _lines,
        (
            value_replaced,
            number_replaced,
            name_replaced,
            key_replaced,
            entry_added,
            line_dropped,
            line_doubled,
            table_retyped,
            many_values,
        ),
    )
)
JSON = (*map(_tree, (node_replaced, root_replaced, node_dropped, nested)), deep)
