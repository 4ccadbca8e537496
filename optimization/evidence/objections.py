"""What an opponent asks of the preferences: whether coordination, distance and scale are told by them after all.

Signs bound as a cost must have them; only those who share, choosing among bodies (the upper nest left out); without the
smallest municipalities; and what a coefficient is in money, over that on the saving which the whole curve promises, its
interval by drawing whole prefectures with replacement.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.case.sharing import FEATURES, PRICED
from optimization.evidence.choice import Asked, Choice, fit_choice
from optimization.evidence.registered import registered
from optimization.evidence.sharing import Fitted, Observed, Sharing, asked_of_a_body, half_of, phi

COLUMNS = ("function", "objection", "quantity", "value", "low", "high", "n")
AS_COSTS = {"scale": 1, **dict.fromkeys(PRICED[1:], -1)}
"""What a cost must be: a saving draws, all others deter."""

SMALL_PERSONS = 5_000
PER_CENT = 100.0


def objections(case: Case, sharing: Sharing) -> pd.DataFrame:
    """A row for each function, objection and quantity: value with its interval (empty where it has none)."""
    rows = []
    for function, seen in sharing.seen.items():
        plain = sharing.fitted[function, 0].choice
        rows += [(function, *row) for row in _signs(seen, sharing.fitted[function, 1])]
        rows += [(function, *row) for row in _of_some(seen, "among sharers", seen.joint, Asked(alone=False))]
        large = seen.known & (seen.people >= SMALL_PERSONS)
        rows += [(function, *row) for row in _of_some(seen, "without the smallest", large, Asked())]
        if plain.value[0] > half_of(plain, 0) * plain.spread[0]:
            rows += [(function, *row) for row in _in_money(case, seen, plain)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


Row = tuple[str, str, float, float, float, int]


def _coefficient(choice: Choice, name: str) -> tuple[float, float, float]:
    """A coefficient for a spread of its feature, with its interval."""
    k = FEATURES.index(name)
    value, half = float(choice.value[k]), half_of(choice, k) * float(choice.spread[k])
    return value, value - half, value + half


def _signs(seen: Observed, free: Fitted) -> Iterator[Row]:
    """The main split with the signs of costs: what the likelihood loses, and phi of the held-out prefectures."""
    outside = sorted(registered().draws[0])
    training = sorted(set(seen.home) - set(outside))
    bound = fit_choice(seen.found, seen.home, set(training), seen.known, Asked(signs=AS_COSTS))
    worth = bound.worth(seen.found.features)
    asked, held = asked_of_a_body(seen, worth, training), seen.of(outside)
    member = seen.bodies(worth, outside, asked)
    lost = free.choice.likelihood - bound.likelihood
    at_zero = sum(bound.value[FEATURES.index(name)] == 0.0 for name in PRICED)
    for quantity, value in (
        ("log likelihood lost", lost),
        ("prices at 0", float(at_zero)),
        ("phi held out", phi(member[held], seen.joint[held])),
    ):
        yield ("signs of costs", quantity, value, np.nan, np.nan, bound.n)


def _of_some(seen: Observed, objection: str, who: np.ndarray, asked: Asked) -> Iterator[Row]:
    """The prices as some of the municipalities of all prefectures weigh them, for a spread of each."""
    chosen = np.zeros(len(who), bool)
    chosen[seen.found.member[seen.found.observed[seen.found.body]]] = True
    some = who & seen.known & (asked.alone | chosen)
    choice = fit_choice(seen.found, seen.home, set(seen.home), some, asked)
    for name in PRICED:
        yield (objection, name, *_coefficient(choice, name), choice.n)


def _in_money(case: Case, seen: Observed, plain: Choice) -> Iterator[Row]:
    """What a member gives up of the promised saving: million yen a year for taking part, yen for a yen of travel, and
    part of the own cost for a further member; each over the draws in which the saving draws at all."""
    found, homes = seen.found, sorted(set(seen.home))
    here = found.observed[found.body] & seen.known[found.member]
    goes = here & (found.features[:, FEATURES.index("largest")] == 0.0)
    far = np.median(np.expm1(found.features[goes, FEATURES.index("distance")])) / PER_CENT
    partners = np.median(np.exp(found.features[here, FEATURES.index("coordination")]))
    per = {
        "fixed": case.parameters("coordination_fixed_million_yen"),
        "distance": PER_CENT / (1.0 + PER_CENT * far),
        "coordination": 1.0 / partners,
    }
    draw, drawn = np.random.default_rng(registered().split["seed"]), []
    for _ in range(registered().parameters["draws_of_choice"]):
        count = np.bincount(draw.integers(0, len(homes), len(homes)), minlength=len(homes)).astype(float)
        times = dict(zip(homes, count.tolist(), strict=True))
        fit = fit_choice(found, seen.home, set(homes), seen.known, Asked(times=times), plain)
        drawn.append(fit.value / fit.spread)
    every = np.array(drawn)
    draws = every[:, 0] > 0
    tail = (1.0 - registered().level) / 2.0
    value = plain.value / plain.spread
    names = {
        "fixed": "million yen a member",
        "distance": "yen for a yen of travel",
        "coordination": "part of own cost",
    }
    for name, each in per.items():
        k = FEATURES.index(name)
        low, high = np.quantile(-each * every[draws, k] / every[draws, 0], [tail, 1.0 - tail])
        told = float(-each * value[k] / value[0])
        yield ("in money", f"{name}, {names[name]}", told, float(low), float(high), int(draws.sum()))
