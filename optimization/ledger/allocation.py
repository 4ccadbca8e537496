"""The allocation: which formula serves which governments, and with how much money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from optimization.dictionary.families import FAMILY_SETTINGS, TODAYS_FAMILY
from optimization.dictionary.settings import value_of
from optimization.dictionary.tiers import PREFECTURE
from optimization.dictionary.typed_settings import Settings
from optimization.errors import Problem, raise_if_any
from optimization.ledger.formulas import ENVELOPE_FAMILIES, FAMILIES, Position
from optimization.ledger.instance import Instance
from optimization.ledger.tax_sources import unknown_names

SETTLED: Final = "formula.settles_duties"
POOL_SHARES: Final = "pool.national_tax_shares"

BASE_GROUPS = {
    "personal": ("individual", "share_interest", "share_dividend", "share_stock", "inhabitant_income"),
    "business": ("corporate", "business_office", "business_corporate"),
    "consumption": ("consumption", "tobacco", "golf"),
    "property": ("property", "real_estate"),
}
"""Five bases of the representative tax system: these four by a part of the item's name, the rest fifth."""


def family_of(instance: Instance) -> list[str]:
    """Formula family that serves each government (Tokyo with its wards: the prefectures' one), (G,)."""
    names = [value_of(instance.settings, key) for key in FAMILY_SETTINGS]
    prefectural = (instance.case.governments["tier"] == PREFECTURE).to_numpy()
    return [names[int(flag)] for flag in prefectural]


def served(instance: Instance) -> dict[str, np.ndarray]:
    """Positions of the governments each family in use serves."""
    families = np.array(family_of(instance))
    return {name: np.flatnonzero(families == name) for name in dict.fromkeys(families.tolist())}


def pool_is_shared_out(settings: Settings) -> bool:
    """Whether more hangs on the pool than limits on what is paid out of it: a formula shares it out, what is left of it
    goes on to others than the nation, or the adjustment rate follows from it."""
    families = any(value_of(settings, key) in ENVELOPE_FAMILIES for key in FAMILY_SETTINGS)
    return families or settings["pool.released"] != "nation" or rate_is_free(settings)


@dataclass(frozen=True)
class Figures:
    """What the formulas reckon with: of every government (G,) its `need`, the `capacity` that is counted and all its
    own `revenue`, million yen, and where duties are settled the `home_need`, need if all were with today's tier; of
    every tax (J,) the share of its base that is `assigned`; `pool_share` (N,), the shares of the national taxes in the
    pool; the `adjustment_rate` by which need is cut."""

    need: np.ndarray
    capacity: np.ndarray
    revenue: np.ndarray
    assigned: np.ndarray
    pool_share: np.ndarray
    home_need: np.ndarray | None = None
    adjustment_rate: float = 0.0

    @property
    def need_cut(self) -> np.ndarray:
        """The need that the adjustment rate cuts, (G,): that at home where duties are settled."""
        return self.need if self.home_need is None else self.home_need


def rate_range(settings: Settings) -> tuple[float, float]:
    """Least and most adjustment rate."""
    low, high = settings["formula.adjustment_rate"]
    return low, high


def rate_is_free(settings: Settings) -> bool:
    """Whether the adjustment rate follows from the pool."""
    low, high = rate_range(settings)
    return high > low


def family_transfers(instance: Instance, figures: Figures) -> np.ndarray:
    """Transfer of every government under its family, shape (G,), million yen."""
    result = np.zeros(len(figures.need))
    for name, here in served(instance).items():
        position = position_of(instance, here, figures)
        result[here] = FAMILIES[name].transfers(position)
    return result


def position_of(instance: Instance, here: np.ndarray, figures: Figures) -> Position:
    """What a family sees of the governments at the positions `here`. Its envelope is the pool less the
    corrections, split by what the governments receive today."""
    case = instance.case
    share = instance.formula_paid
    envelope = pool_of(instance, figures.pool_share) - float(instance.residual.sum())
    return Position(
        need=figures.need[here],
        capacity=figures.capacity[here],
        revenue=figures.revenue[here],
        bases=(instance.tax.base * figures.assigned)[here],
        base_group=np.array([base_group(name) for name in instance.tax.names]),
        population=instance.population[here],
        area=instance.area[here],
        tiers=instance.tiers_held[here],
        envelope=envelope * float(share[here].sum() / share.sum()) if share.sum() > 0 else 0.0,
        adjustment_rate=figures.adjustment_rate,
        equalisation_rate=instance.settings["formula.equalisation_rate"],
        parameter=case.parameters,
        home_need=None if figures.home_need is None else figures.home_need[here],
    )


def base_group(source: str) -> str:
    """Which of the five bases a tax source belongs to."""
    for group, parts in BASE_GROUPS.items():
        if any(part in source for part in parts):
            return group
    return "other"


def pool_range(instance: Instance) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest share of each national tax in the pool (N,) each."""
    table = instance.case.national_taxes
    given = instance.settings[POOL_SHARES]
    fault = unknown_names(POOL_SHARES, list(given), table.index)
    if fault:
        raise fault
    law = table["pool_share"].astype(float)
    low, high = np.array([given.get(tax, (law[tax], law[tax])) for tax in table.index]).T
    return low, high


def fixed_pool_share(instance: Instance) -> np.ndarray:
    """Shares of the national taxes that set the envelopes of `ENVELOPE_FAMILIES`, shape (N,); of no meaning
    where none of them is in use.

    Raises InputError where one is and the package frees a share (the envelope would be a decision) or
    leaves no money to share out.
    """
    low, high = pool_range(instance)
    families = [name for name in served(instance) if name in ENVELOPE_FAMILIES]
    if not families:
        return low
    names = " and ".join(families)
    remedy = f"fix the share (the same number twice) or choose a family the pool only bounds, such as {TODAYS_FAMILY}"
    faults = [
        Problem(
            "package",
            f"cannot be free under {names}, which shares the pool out",
            remedy,
            column=POOL_SHARES,
            value=f"{tax} = [{least:g}, {most:g}]",
        )
        for tax, least, most in zip(instance.case.national_taxes.index, low, high, strict=True)
        if most > least
    ]
    left = pool_of(instance, low) - float(instance.residual.sum())
    if not faults and left < 0:
        message = f"leave {left:,.0f} million yen of the pool for {names} to share out"
        faults.append(Problem("package", message, "raise the shares or the pool", column=POOL_SHARES))
    raise_if_any(faults)
    return low


def pool_of(instance: Instance, pool_share: np.ndarray) -> float:
    """Ordinary part of the pool: the package's amount plus what other shares of national taxes bring,

    pool + (1 - special_share) x sum of (sigma - law's share) x yield
    """
    table = instance.case.national_taxes
    extra = float(
        (pool_share - table["pool_share"]).to_numpy(float) @ table["yield_million_yen"].to_numpy(float)
    )
    return float(
        instance.settings["pool.ordinary_million_yen"]
        + (1.0 - instance.case.national["special_share"]) * extra
    )
