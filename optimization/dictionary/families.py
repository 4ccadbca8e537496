"""The formula families of the allocation, read from `families.toml`: names, what they follow, their parameters."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from optimization.dictionary.tiers import Pair
from optimization.dictionary.typed_settings import SettingKey

FAMILIES_FILE = Path(__file__).with_name("families.toml")
GIVEN = ("low", "central", "high", "unit", "mark", "source")


class FamilyParameter(BaseModel):
    """One number that a family reads. Where it comes with values of its own a case need not give it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Pair
    within: Literal["fraction", "share", "positive", "not_negative"]
    low: float | None = None
    central: float | None = None
    high: float | None = None
    unit: str = "ratio"
    mark: str = ""
    source: str = ""

    @property
    def given_here(self) -> bool:
        """Whether the dictionary gives its range, mark and source."""
        return None not in (self.low, self.central, self.high) and bool(self.mark and self.source)


class Family(BaseModel):
    """One formula family, as the head of `families.toml` explains its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Pair
    follows_need: bool
    shares_pool: bool
    settings: tuple[str, ...] = ()
    parameters: dict[str, FamilyParameter] = Field(default_factory=dict)


@cache
def load_families() -> dict[str, Family]:
    """Every family by its name, today's first; a faulty entry raises ValueError."""
    raw = tomllib.loads(FAMILIES_FILE.read_text(encoding="utf-8"))
    return {name: Family.model_validate(entry) for name, entry in raw.items()}


TODAYS_FAMILY: Final = next(iter(load_families()))
"""The family of today's law: the one whose need an adjustment rate cuts and an extraordinary bond stands in for."""

FAMILY_SETTINGS: Final[tuple[SettingKey, ...]] = ("formula.family", "formula.family_prefecture")
"""The settings that name the family of municipalities and of prefectures."""


def family_parameters() -> dict[str, FamilyParameter]:
    """The parameters of all families, by name."""
    return {name: entry for family in load_families().values() for name, entry in family.parameters.items()}
