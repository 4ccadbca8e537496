"""The tiers of government, read from `tiers.toml`: their order, areas, accounts and names.

Everything that speaks of tiers iterates over `TIERS` and asks `tier_of`, so that a tier is one entry of the file.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

TIERS_FILE = Path(__file__).with_name("tiers.toml")
MUNICIPALITY, PREFECTURE, BLOC, NATION = "municipality", "prefecture", "bloc", "nation"
"""The tiers that parts of the model name: who provides alone or in bodies, whose services these are today, within which
area capacity is lent first in a crisis, whose budget pays."""

CODE, PREFECTURE_CODE = "code", "prefecture_code"
"""Areas that need no column of their own."""


class Pair(NamedTuple):
    """A text in both languages."""

    en: str
    ja: str


class Tier(BaseModel):
    """One tier, as the head of `tiers.toml` explains its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    area: str
    pays: str
    sign: str = Field(pattern="^[a-z]$")
    word: Pair
    title: Pair
    short: Pair
    spoken: Pair
    response_delay: Pair
    served: Pair | None = None
    coordination: str = ""
    each: bool = False


def _tiers() -> dict[str, Tier]:
    raw = tomllib.loads(TIERS_FILE.read_text(encoding="utf-8"))
    found = {name: Tier(name=name, **entry) for name, entry in raw.items()}
    signs = [tier.sign for tier in found.values()]
    wrong = {tier.pays for tier in found.values()} - {*found, ""}
    lowest, *_, highest = found
    if wrong or len({*signs, "w"}) <= len(signs) or (lowest, highest) != (MUNICIPALITY, NATION):
        raise ValueError(
            "tiers.toml: signs differ, payers are tiers, municipality is the first, nation the last"
        )
    return found


_BY_NAME = _tiers()
TIERS = tuple(_BY_NAME)
"""Names of all tiers, the lowest first."""

HIGHER_TIERS = TIERS[1:]
"""Those above the municipality, in which capacity is pooled and units are opened."""

LOCAL_TIERS = tuple(name for name, tier in _BY_NAME.items() if tier.pays)
"""Those for whose services accounts of municipalities or prefectures pay."""

ACCOUNT_TIERS = tuple(name for name, tier in _BY_NAME.items() if tier.pays == name)
"""Those with accounts of their own; their taxes are told apart by the position in this tuple."""


AREA_COLUMNS = tuple(tier.area for tier in _BY_NAME.values() if tier.area not in ("", CODE, PREFECTURE_CODE))
"""Columns of the table `blocs` that tell the areas of tiers apart."""


def tier_of(name: str) -> Tier:
    """The entry of a tier; KeyError for an unknown one."""
    return _BY_NAME[name]


def rank(name: str) -> int:
    """Place of a tier in the order, 0 for the lowest; ValueError for an unknown one."""
    return TIERS.index(name)
