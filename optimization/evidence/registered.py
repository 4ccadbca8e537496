"""What was written down before any result: whom the estimates are of, how, and against whom they are held out."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict


class Purpose(BaseModel):
    """A purpose of spending: the measure of spending, the services of the model with a curve beside it, functions of
    bodies of today that are the `whole` of a service (function -> service) or a `part` of one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: str
    services: tuple[str, ...]
    whole: Mapping[str, str] = {}
    part: tuple[str, ...] = ()

    @property
    def shared(self) -> tuple[str, ...]:
        """Services that bodies of today provide whole, in order."""
        return tuple(self.whole.values())


class Registered(BaseModel):
    """The registration, table by table of `registered.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    registered: str
    split: Mapping[str, Any]
    sample: Mapping[str, Any]
    intervals: Mapping[str, Any]
    effects: Mapping[str, str]
    snow: Mapping[str, tuple[str, ...]]
    specifications: Mapping[str, str]
    weak: Mapping[str, float]
    deviations: tuple[Mapping[str, str], ...]
    purposes: Mapping[str, Purpose]
    parameters: Mapping[str, Any]
    money_spent: Mapping[str, Any]
    sharing: Mapping[str, Any]
    backtest: Mapping[str, Any]

    @property
    def draws(self) -> list[tuple[str, ...]]:
        """Codes of the held-out prefectures of each draw; the first is the main split."""
        return [tuple(draw) for draw in self.split["held_out"]]

    @property
    def level(self) -> float:
        """Probability that every interval is meant to have."""
        return float(self.intervals["level"])


@cache
def registered() -> Registered:
    """The registration as it stands in the file."""
    text = Path(__file__).with_name("registered.toml").read_text(encoding="utf-8")
    return Registered.model_validate(tomllib.loads(text))
