"""The case's table of parameters: every number with its mark, range and source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import pandas as pd

from optimization.errors import InputError, Problem

ASSUMED, ESTIMATED, DERIVED = "assumption", "estimated", "derived"
UNSURE = (ASSUMED, "unverified", ESTIMATED)
"""Marks of numbers that may well be others: assumed, from a source that could not be checked, or estimated. The range
of an estimated one is its 90% interval, cut to what can be: draw it from a normal law with that interval."""

SPENDING_RATIO = "spending_ratio"
"""The parameter that says what a yen saved of the norm is in money spent; a case may have none."""


@dataclass(frozen=True)
class Parameters:
    """Parameters by name and service; `table` has parameter, service, unit, low, central, high,
    mark and source, `overrides` what a package put in the place of a central value."""

    table: pd.DataFrame
    overrides: Mapping[str, float]

    @cached_property
    def _central(self) -> dict[str, float]:
        return dict(zip(self.keys, self.table["central"].tolist(), strict=True))

    @cached_property
    def _values(self) -> dict[str, float]:
        return {**self._central, **self.overrides}

    @cached_property
    def keys(self) -> list[str]:
        """`parameter` for a general number, `service.parameter` for one of a service."""
        return [
            f"{service}.{name}" if service else name
            for name, service in zip(
                self.table["parameter"].tolist(), self.table["service"].tolist(), strict=True
            )
        ]

    def __call__(self, parameter: str, service: str = "") -> float:
        """Value of a parameter in use; a missing one is an `InputError`, never a silent default."""
        key = f"{service}.{parameter}" if service else parameter
        if key not in self._values:
            raise InputError(
                [
                    Problem(
                        file="parameters.csv",
                        row=service or "(general)",
                        column="parameter",
                        value=parameter,
                        message=f"the parameter '{parameter}' is needed and not given",
                        remedy="add a row with its low, central and high value, mark and source",
                    )
                ]
            )
        return self._values[key]

    def of(self, parameter: str, services: Iterable[str]) -> pd.Series:
        """Values of one parameter for several services, indexed by service."""
        names = list(services)
        return pd.Series([self(parameter, s) for s in names], index=names, dtype=float)

    def override(self, values: Mapping[str, float]) -> Parameters:
        """The table with other values in use; the rows, ranges and marks stay as they are."""
        others = replace(self, overrides={**self.overrides, **values})
        vars(others).update(keys=self.keys, _central=self._central)
        return others


@dataclass(frozen=True)
class Noting(Parameters):
    """Parameters that note the names of those that are read."""

    noted: set[str] = field(default_factory=set, compare=False)

    def __call__(self, parameter: str, service: str = "") -> float:
        """Value of a parameter in use, which is noted."""
        self.noted.add(parameter)
        return super().__call__(parameter, service)
