"""Bodies that the model forms where it does not know those of today, beside them (docs/evidence/)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parents[1] / "docs" / "evidence"
HEADS = ("function", "prefectures", "phi: the model", "by hand", "by size alone",
         "people served jointly: the model", "by hand", "observed")  # fmt: skip


def modelled_and_observed(folder: Path = FOLDER) -> Iterator[list[str]]:
    """By function the main split, the mean of all draws of held-out prefectures, and the whole country on which the
    preferences were fitted."""
    model, by_hand = (pd.read_csv(folder / f"{name}.csv") for name in ("modelled_sharing", "sharing"))
    for function, part in model.groupby("function", sort=False):
        other = by_hand[by_hand["function"] == function]
        for words, here, there in (
            ("seven, main split", part["draw"] == 1, other["draw"] == 1),
            ("seven, mean of ten draws", part["draw"] > 0, other["draw"] > 0),
            ("all, fitted on them", part["draw"] == 0, other["draw"] < 0),
        ):
            own, hand = part[here].mean(numeric_only=True), other[there].mean(numeric_only=True)
            yield [
                str(function).replace("_", " "), words, f"{own['phi']:.2f}",
                *(_or_none(hand[name], ".2f") for name in ("phi", "phi_size_only")),
                f"{own['people_modelled_ratio']:.0%}", _or_none(hand["people_foretold_ratio"], ".0%"),
                f"{own['people_observed_ratio']:.0%}",
            ]  # fmt: skip


def _or_none(value: float, how: str) -> str:
    return "–" if pd.isna(value) else format(value, how)
