"""What each way of providing costs society: all components together, by their weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimization.costs.provision import ProvisionCosts
from optimization.costs.sharing import OBSERVED
from optimization.dictionary.tiers import MUNICIPALITY, TIERS
from optimization.dictionary.typed_settings import Settings


@dataclass(frozen=True)
class SocialCosts:
    """Weighted sums of all components, million yen per year: of every tier (I, S), of the bodies (B, W), and of a
    municipality that provides a wide-area service alone (I, W). `judged` (B, W) is what observed preferences take off
    `bodies`: a judgement that no saving holds."""

    by_tier: dict[str, np.ndarray]
    bodies: np.ndarray
    alone: np.ndarray
    judged: np.ndarray


def social_costs(costs: ProvisionCosts, settings: Settings) -> SocialCosts:
    """The costs of one year under the package's weights."""
    judged = settings[OBSERVED] * costs.worth
    return SocialCosts(
        {t: costs.by_tier[t].social(settings) for t in TIERS},
        costs.bodies.social(settings) - judged,
        costs.by_tier[MUNICIPALITY].social(settings)[:, costs.wide_columns],
        judged,
    )


def mean_of(parts: Sequence[SocialCosts], shares: Sequence[float] | np.ndarray) -> SocialCosts:
    """The costs of several years or worlds, each with its share."""

    def mean(each: list[np.ndarray]) -> np.ndarray:
        return np.asarray(sum(share * part for share, part in zip(shares, each, strict=True)))

    tiers = {t: mean([part.by_tier[t] for part in parts]) for t in TIERS}
    bodies, alone, judged = (
        mean([getattr(part, name) for part in parts]) for name in ("bodies", "alone", "judged")
    )
    return SocialCosts(tiers, bodies, alone, judged)
