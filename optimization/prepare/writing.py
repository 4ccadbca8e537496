"""Writing a set of tables all or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd


def write_tables(tables: dict[str, pd.DataFrame], out: Path) -> list[Path]:
    """Write `name -> frame` as `out/name.csv`: into a folder beside first, then renamed one by one.

    Missing values become empty cells; rows and columns keep their order.
    """
    out = out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        for name, frame in tables.items():
            frame.to_csv(beside / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")
        return [(beside / f"{name}.csv").replace(out / f"{name}.csv") for name in tables]
    finally:
        shutil.rmtree(beside)


@contextmanager
def drafted(out: Path) -> Iterator[Path]:
    """A folder beside `out` with copies of its tables, free to be changed; at the end its files take their places in
    `out`, one by one. Where anything fails before, `out` is as it was, or still not there."""
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        for path in out.glob("*.csv"):
            shutil.copyfile(path, beside / path.name)
        yield beside
        out.mkdir(exist_ok=True)
        for path in sorted(beside.iterdir()):
            path.replace(out / path.name)
    finally:
        shutil.rmtree(beside)


def write_text(text: str, path: Path) -> None:
    """Write a small text file all or nothing."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
