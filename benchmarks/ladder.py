"""The rungs of `ladder.toml`. Imports nothing of ours: see `bench.watched` for why the bench stays small."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

LADDER_FILE = Path(__file__).with_name("ladder.toml")


@dataclass(frozen=True)
class Rung:
    """One instance of the ladder: settings laid upon the base package, in the dictionary's units; `needs`
    are choices of settings that must exist; `gap` is what our method is asked for: pricing is done as finely
    as it asks, so a rung of which 0.1% is wanted says so."""

    name: str
    title: str
    axis: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    gap: float = 1e-4


@cache
def ladder() -> dict[str, Rung]:
    """Every rung by name, in the order of the file."""
    raw = tomllib.loads(LADDER_FILE.read_text(encoding="utf-8"))
    return {name: Rung(name, **entry) for name, entry in raw.items()}
