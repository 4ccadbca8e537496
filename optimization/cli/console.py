"""What every command says on the console: what it wrote, faults in full, tables as they are."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table

from optimization.cli.plain import PlainConsole, print_json
from optimization.errors import InputError
from optimization.report.language import speaker

if TYPE_CHECKING:  # half a second, for which who asks for help does not wait
    import pandas as pd

SAY = speaker("en")


def billion(million: float, signed: bool = False) -> str:
    """An amount in billion yen as the reports give it, in signs that every console has."""
    return SAY.amount(million, signed).replace("−", "-")


WIDTH_WHEN_PIPED = 110

out = PlainConsole(width=None if sys.stdout.isatty() else WIDTH_WHEN_PIPED)
err = PlainConsole(stderr=True)


NUMBER = r"(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?)?"
"""A number as programs write it, or nothing."""


class Telling:
    """What a command says of what it writes. For machines, where `json` is asked for, nothing for people stands on
    standard output, but one JSON object at the end with what was written and everything in it (tables as lists of
    rows)."""

    def __init__(self, json: bool = False) -> None:
        self._json = json
        self._written: list[Path] = []

    def wrote(self, path: Path) -> None:
        """Say that a folder or a file was written."""
        self._written.append(path)
        out.print(f"Wrote {path}.")

    def __enter__(self) -> Telling:
        out.quiet = self._json
        return self

    def __exit__(self, fault: type[BaseException] | None, *_: object) -> None:
        out.quiet = False
        if self._json and fault is None:
            contents = {name: value for path in self._written for name, value in _contents(path)}
            print_json({"written": [str(path) for path in self._written], **contents})


def _contents(path: Path) -> Iterator[tuple[str, object]]:
    """Name and content of every table and record of a folder, or of one such file."""
    for file in sorted(path.glob("*")) if path.is_dir() else [path]:
        if file.suffix == ".csv":
            yield file.stem, json.loads(_typed(file).to_json(orient="records"))
        elif file.suffix == ".json":
            yield file.stem, json.loads(file.read_text(encoding="utf-8"))


def _typed(file: Path) -> pd.DataFrame:
    """A table as it was written: from the parquet file beside it, which knows the kinds of its columns; else a column
    is of numbers where every cell is written as one writes a number, which a code with a leading zero is not."""
    import pandas as pd

    from optimization.archive import CODES

    beside = file.with_suffix(".parquet")
    if beside.is_file():
        return pd.read_parquet(beside)
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    numbers = [c for c in table if c not in CODES and table[c].str.fullmatch(NUMBER).all()]
    return table.assign(**{column: pd.to_numeric(table[column]) for column in numbers})


def show_problems(error: InputError) -> None:
    """All faults of the input, one a line, to standard error."""
    count = len(error.problems)
    err.print(f"{count} fault{'s' * (count != 1)} in the input; nothing was written.", style="bold red")
    for problem in error.problems:
        err.print(f"  - {problem}")


def show_frame(table: pd.DataFrame, title: str, columns: int | None = None, rows: int = 60) -> None:
    """A table as it is, its first columns and rows."""
    from pandas.api.types import is_numeric_dtype

    part = table.iloc[:rows, :columns]
    kinds = ["r" if is_numeric_dtype(part[name]) else "l" for name in part]
    grid = grid_of(title, list(zip(map(str, part.columns), kinds, strict=True)))
    for values in part.itertuples(index=False):
        grid.add_row(*(_cell(value) for value in values))
    out.print(grid)
    if len(table) > rows:
        out.print(f"... and {len(table) - rows} rows more")


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.5g}"
    return str(value)


def grid_of(title: str, columns: list[tuple[str, str]]) -> Table:
    """An empty table with its title and columns: name, and r where it stands to the right."""
    table = Table(title=title, title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    for name, side in columns:
        table.add_column(name, justify="right" if side == "r" else "left", overflow="fold", no_wrap=not name)
    return table
