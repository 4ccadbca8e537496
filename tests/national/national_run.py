"""A run of solve.py on the whole country, in a process of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

TOKYO = "13+13100"


@dataclass(frozen=True)
class Run:
    """A run of solve.py in a process of its own."""

    code: int
    err: str
    folder: Path
    peak_memory_bytes: float

    @cached_property
    def record(self) -> dict[str, Any]:
        """Contents of run.json."""
        return dict(json.loads((self.folder / "run.json").read_text(encoding="utf-8")))

    def table(self, name: str) -> pd.DataFrame:
        """A result table, codes as text."""
        return pd.read_parquet(self.folder / f"{name}.parquet")
