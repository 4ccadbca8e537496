"""Governments that took another code: a town that became a city keeps its name and its people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from optimization.prepare.allocation_tax import Tier
from optimization.prepare.sheets import Figures

KINDS = "市町村"


def renumbered(names: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """Code of another year -> code of today, for governments whose code is not `known` and whose name, without its
    last sign for city, town or village, is that of exactly one of the same prefecture that the year does not hold.

    Both arguments map codes to names. Nakagawa (40305, a city since 2018) is 40231, Tomiya (04423, since 2016) 04216.
    """
    found = {}
    for code in sorted(names.keys() - known.keys()):
        same = [
            other
            for other in known.keys() - names.keys()
            if other[:2] == code[:2] and known[other].rstrip(KINDS) == names[code].rstrip(KINDS)
        ]
        if len(same) == 1:
            found[code] = same[0]
    return found


def recoded(tier: Tier, known: Mapping[str, str]) -> Tier:
    """A tier with the codes of today; what changed is among its notices."""
    names = {code: name for code, (_, name) in zip(tier.need.codes, tier.need.names, strict=True)}
    codes = renumbered(names, known)
    if not codes:
        return tier
    told = [f"{tier.need.label}: {names[old]} {old} is {known[new]} {new} now" for old, new in codes.items()]
    return replace(
        tier,
        need=_figures(tier.need, codes),
        debt_service=_figures(tier.debt_service, codes),
        revenue=_figures(tier.revenue, codes),
        receives={codes.get(code, code): flag for code, flag in tier.receives.items()},
        result=replace(
            tier.result, allocation={codes.get(c, c): paid for c, paid in tier.result.allocation.items()}
        ),
        notices=[*tier.notices, *told],
    )


def _figures(figures: Figures, codes: Mapping[str, str]) -> Figures:
    return replace(figures, codes=[codes.get(code, code) for code in figures.codes])
