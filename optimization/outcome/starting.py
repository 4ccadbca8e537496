"""The pairs of body and service that the first master problem holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimization.ledger.instance import Instance
from optimization.ledger.joint_response import joint_worth
from optimization.model.screening import Screening
from optimization.outcome.clusters import Clusters, elsewhere
from optimization.outcome.unlisted import Unlisted
from optimization.solving import workers
from optimization.solving.covering import Survey, survey
from optimization.solving.highs import Limits

SURVEY_SHARE = 0.1
"""Part of the asked gap that the choice of starting pairs may give away, of the cost of acting alone."""


@dataclass(frozen=True)
class Start:
    """The pairs that enter first, boolean over the list (kept, then reserve), the survey of each connected cluster, and
    the sets that are not listed, where the package leaves them to pricing."""

    inside: np.ndarray
    surveys: list[Survey]
    unlisted: Unlisted | None = None

    @staticmethod
    def whole(screening: Screening) -> Start:
        """Every listed pair from the first: nothing is left to pricing."""
        return Start(np.ones(len(screening.listed[0]), dtype=bool), [])


def starting_pairs(
    instance: Instance, screening: Screening, limits: Limits, unlisted: Unlisted | None = None
) -> Start:
    """The pairs the covering relaxations ask for, and every kept pair that touches a municipality whose
    balance row can bind."""
    body, _ = screening.listed
    kept = np.arange(len(body)) < len(screening.kept[0])
    clusters = Clusters(instance, as_mask(instance, screening), unlisted.of if unlisted else None)
    costs = instance.social
    cost = np.where(as_mask(instance, screening, kept), costs.bodies - joint_worth(instance), np.inf)
    coverings = clusters.coverings(cost, costs.alone, elsewhere(instance))
    tasks = [
        (part, SURVEY_SHARE * limits.gap * float(part.alone[np.isfinite(part.alone)].sum()))
        for part in coverings
    ]
    surveys = workers.each(survey, tasks, limits.processes)
    chosen = clusters.gather([found.used for found in surveys])
    binding = np.any([screening.tight, *screening.tight_later], axis=0)
    tight = np.asarray(instance.bodies.membership @ binding.astype(float)) > 0
    needed = instance.standing_pairs[screening.listed]
    return Start(np.asarray(kept & (chosen[screening.listed] | tight[body] | needed)), surveys, unlisted)


def as_mask(instance: Instance, screening: Screening, some: np.ndarray | None = None) -> np.ndarray:
    """A mask over the list (the whole list without one) as one over bodies and services, (B, W)."""
    result = np.zeros(instance.costs.allowed.shape, dtype=bool)
    result[screening.listed] = True if some is None else some
    return result
