"""What an opponent asks of the preferences: whether coordination, distance and scale are told by them after all.

Signs bound as a cost must have them; only those who share, choosing among bodies (the upper nest left out); without the
smallest municipalities; and what a coefficient is in money, over that on the saving which the whole curve promises.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.case.sharing import FEATURES, PRICED
from optimization.evidence.choice import PLAIN, Asked, Choice, fit_choice
from optimization.evidence.registered import registered
from optimization.evidence.sharing import Fitted, Observed, Sharing, draw, half_of
from optimization.solving import workers

Row = tuple[str, str, float, float, float, int]
COLUMNS = ("function", "objection", "quantity", "value", "low", "high", "n")
AS_COSTS = {"scale": 1, **dict.fromkeys(PRICED[1:], -1)}
"""What a cost must be: a saving draws, all others deter."""

SMALL_PERSONS = 5_000
AMONG = "among sharers"
PER_CENT = 100.0
DRAWS = 4_000


def objections(case: Case, sharing: Sharing, processes: int = 1) -> pd.DataFrame:
    """A row for each function, objection and quantity: value with its interval (empty where it has none)."""
    fixed = case.parameters("coordination_fixed_million_yen")
    tasks = [(seen, *(sharing.fitted[name, n] for n in (0, 1)), fixed) for name, seen in sharing.seen.items()]
    found = workers.each(_of_function, tasks, processes)
    rows = [(name, *row) for name, every in zip(sharing.seen, found, strict=True) for row in every]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_function(seen: Observed, whole: Fitted, main: Fitted, fixed: float) -> list[Row]:
    """The rows of one function: fitted on all prefectures, and on those of the main split; `fixed` is what taking part
    is assumed to cost, million yen."""
    rows = list(_signs(seen, main))
    large = seen.known & (seen.people >= SMALL_PERSONS)
    for words, who, asked in (
        ("", seen.known, PLAIN),
        (AMONG, seen.joint, Asked(alone=False)),
        ("without the smallest", large, PLAIN),
    ):
        near = fit_choice(seen.found, seen.home, set(seen.home), who, asked) if words else whole.choice
        told = [name for name in PRICED if asked.alone or name != "fixed"]  # one for all bodies of a sharer
        if words:
            rows += [(words, name, *_coefficient(near, name), near.n) for name in told]
        if words != "without the smallest" and _coefficient(near, "scale")[1] > 0:
            money = "in money" if asked.alone else f"in money, {AMONG}"
            rows += [(money, *row) for row in _in_money(seen, near, who, asked.alone, fixed)]
    return rows


def _coefficient(choice: Choice, name: str) -> tuple[float, float, float]:
    """A coefficient for a spread of its feature, with its interval."""
    k = FEATURES.index(name)
    value, half = float(choice.value[k]), half_of(choice, k) * float(choice.spread[k])
    return value, value - half, value + half


def _signs(seen: Observed, free: Fitted) -> Iterator[Row]:
    """The main split with the signs of costs: what the (penalised) likelihood loses, and phi of the held-out
    prefectures."""
    fitted, found = draw(seen, sorted(registered().draws[0]), Asked(signs=AS_COSTS))
    bound = fitted.choice
    lost = free.choice.likelihood - bound.likelihood
    at_zero = sum(bound.value[FEATURES.index(name)] == 0.0 for name in PRICED)
    for quantity, value in (
        ("log likelihood lost", lost),
        ("prices at 0", float(at_zero)),
        ("phi held out", found["phi"]),
    ):
        yield ("signs of costs", quantity, value, np.nan, np.nan, bound.n)


def _in_money(
    seen: Observed, plain: Choice, who: np.ndarray, alone: bool, fixed: float
) -> Iterator[tuple[str, float, float, float, int]]:
    """What a member gives up of the promised saving: million yen a year for taking part, yen for a yen of travel, and
    part of the own cost for a further partner; intervals over draws of the coefficients by their errors, robust to
    clusters of prefecture, in which the saving draws at all."""
    found = seen.found
    here = found.observed[found.body] & who[found.member]
    goes = here & (found.features[:, FEATURES.index("largest")] == 0.0)
    far = np.median(np.expm1(found.features[goes, FEATURES.index("distance")])) / PER_CENT
    partners = np.median(np.exp(found.features[here, FEATURES.index("coordination")]))
    per = {
        "fixed, million yen a member": fixed,
        "distance, yen for a yen of travel": PER_CENT / (1.0 + PER_CENT * far),
        "coordination, part of own cost": 1.0 / partners,
    }
    random = np.random.default_rng(registered().split["seed"])
    every = random.multivariate_normal(plain.value, plain.covariance, DRAWS) / plain.spread
    draws = every[:, 0] > 0
    tail = (1.0 - registered().level) / 2.0
    value = plain.coefficients
    for words, each in per.items():
        k = FEATURES.index(words.partition(",")[0])
        if alone or k != FEATURES.index("fixed"):
            low, high = np.quantile(-each * every[draws, k] / every[draws, 0], [tail, 1.0 - tail])
            yield words, float(-each * value[k] / value[0]), float(low), float(high), int(draws.sum())
