"""The taxes: every item of the official standard revenue as a base, and what a package does with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.dictionary.settings import nearest, value_of
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.errors import InputError, Problem, raise_if_any

SHARES: tuple[SettingKey, ...] = ("formula.counted_share", "formula.counted_share_prefecture")
TIER_NAMES = ("municipal", "prefectural")
FIXED = 1e-12
NEUTRAL = 1e-9
"""How far from zero a swap of fixed taxes may be, relative to its largest tax."""


@dataclass(frozen=True)
class TaxSources:
    """J tax sources; money in million yen per year.

    `base` (G, J) at standard rates; `tier` (J,) 0 municipal, 1 prefectural; `today` (J,) the share
    counted today; `partial` (J,) marks those counted in part, whose share a package may set.
    `assigned` low, high (J,): share of today's base left to local government (theta, 1 = today).
    `counted` low, high (J,): share counted (rho). `own_share` marks sources with a share of their
    own, apart from their tier's common one. `neutral` lists groups whose changes must cancel.
    `fixed` (G,) is the sheet's deduction, part of the revenue whatever is decided.
    """

    names: pd.Index
    base: np.ndarray
    tier: np.ndarray
    today: np.ndarray
    partial: np.ndarray
    assigned: tuple[np.ndarray, np.ndarray]
    counted: tuple[np.ndarray, np.ndarray]
    own_share: np.ndarray
    neutral: tuple[np.ndarray, ...]
    fixed: np.ndarray

    @property
    def free(self) -> np.ndarray:
        """Sources whose assignment is to be decided, positions."""
        return np.flatnonzero(self.assigned[1] - self.assigned[0] > FIXED)

    @property
    def settled(self) -> np.ndarray:
        """Share of today's base left to local government where it is a number, 0 where it is to be decided, (J,)."""
        share = self.assigned[0].copy()
        share[self.free] = 0.0
        return share

    @property
    def commonly_counted(self) -> list[int]:
        """Tiers (0 municipal, 1 prefectural) whose common share counts some tax that is local at all."""
        held = self.partial & ~self.own_share & (self.assigned[1] > 0)
        return np.unique(self.tier[held]).tolist()

    @property
    def total(self) -> np.ndarray:
        """Each source over all governments, shape (J,)."""
        return np.asarray(self.base.sum(axis=0))


def tax_sources(case: Case, settings: Settings) -> TaxSources:
    """The sources of a case under a package. Raises InputError for a tax that does not exist or
    whose share is fixed by being counted in full, and for a swap whose taxes cannot cancel."""
    names = case.tax_bases.columns.get_level_values("source")
    today = case.tax_bases.columns.get_level_values("counted_share").to_numpy(float)
    partial = today < 1.0
    tier = np.array([TIER_NAMES.index(name.split(".")[0]) for name in names])
    own, moved = settings["taxes.counted_share"], settings["taxes.assigned"]
    groups = [entry.replace(" ", "").split("+") for entry in settings["taxes.neutral"]]
    raise_if_any(_faults(names, partial, own, moved, groups))
    assigned = np.array([moved.get(name, (1.0, 1.0)) for name in names]).T
    common = [value_of(settings, SHARES[t]) for t in tier]
    counted = np.array(
        [
            own.get(name, pair) if part else (1.0, 1.0)
            for name, pair, part in zip(names, common, partial, strict=True)
        ]
    ).T
    free = assigned[1] - assigned[0] > FIXED
    neutral = tuple(names.get_indexer(group) for group in groups)
    faults = _lopsided(neutral, groups, case.tax_bases.to_numpy(float).sum(axis=0), assigned)
    swapped = np.isin(np.arange(len(names)), [j for group in neutral for j in group])
    raise_if_any([*faults, *_nothing_to_hand_over(settings, free & ~swapped)])
    return TaxSources(
        names=names,
        base=case.tax_bases.to_numpy(float),
        tier=tier,
        today=today,
        partial=partial,
        assigned=(assigned[0], assigned[1]),
        counted=(counted[0], counted[1]),
        own_share=partial & (free | names.isin(list(own))),
        neutral=neutral,
        fixed=case.governments["deduction_million_yen"].to_numpy(float),
    )


def _faults(
    names: pd.Index,
    partial: np.ndarray,
    own: Mapping[str, Any],
    moved: Mapping[str, Any],
    groups: list[list[str]],
) -> list[Problem]:
    mentioned = [("taxes.counted_share", name) for name in own]
    mentioned += [("taxes.assigned", name) for name in moved]
    mentioned += [("taxes.neutral", name) for group in groups for name in group]
    faults = [
        Problem("package", "is not a tax of the case", nearest(name, names), column=key, value=name)
        for key, name in mentioned
        if name not in names
    ]
    full = set(names[~partial])
    faults += [
        Problem(
            "package",
            "is counted in full by law, its share cannot be set",
            "leave it out of taxes.counted_share",
            column="taxes.counted_share",
            value=name,
        )
        for name in own
        if name in full
    ]
    return faults


def _lopsided(
    neutral: tuple[np.ndarray, ...], groups: list[list[str]], size: np.ndarray, assigned: np.ndarray
) -> list[Problem]:
    """Swaps whose taxes cannot cancel within the ranges of their assignment."""
    faults = []
    for at, group in zip(neutral, groups, strict=True):
        low, high = ((assigned[:, at] - 1.0) @ size[at]).tolist()
        room = NEUTRAL * float(np.abs(size[at]).max())
        if low > room or high < -room:
            faults.append(
                Problem(
                    "package",
                    f"cannot cancel: its taxes change by {low:,.0f} to {high:,.0f} million yen in sum",
                    "widen a range of taxes.assigned so that one tax can make up for the other",
                    column="taxes.neutral",
                    value=" + ".join(group),
                )
            )
    return faults


def _nothing_to_hand_over(settings: Settings, movable: np.ndarray) -> list[Problem]:
    """A package by which taxes stand for what the pool leaves, and none of which may move on its own (J,)."""
    if settings["pool.released"] != "transfer" or movable.any():
        return []
    message = "needs a tax that may move: taxes.assigned frees none beside swaps that cancel"
    remedy = 'free one ("municipal.share_local_consumption" = [1.0, 4.0]), or name another owner'
    return [Problem("package", message, remedy, column="pool.released", value="transfer")]


def unknown_names(key: str, names: list[str], known: pd.Index) -> InputError | None:
    """An error for names a table of a setting gives that the case does not know."""
    faults = [
        Problem("package", "is not known to the case", nearest(name, known), column=key, value=name)
        for name in names
        if name not in known
    ]
    return InputError(faults) if faults else None
