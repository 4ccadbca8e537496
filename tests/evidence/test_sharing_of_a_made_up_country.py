"""Preferences that are known are found in the bodies they make; the best partition is the best; held out is unseen."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from optimization.case.sharing import FEATURES
from optimization.evidence.candidates import Candidates
from optimization.evidence.choice import fit_choice, partition
from optimization.evidence.sharing import phi

TRUE = {"scale": 2.0, "distance": -1.5, "own_size": -0.8, "joining": 1.0}
PREFECTURES, TOWNS = 30, 8


def made_up(seed: int = 5) -> tuple[Candidates, np.ndarray]:
    """Bodies of two or three towns of eight in thirty prefectures, each town's features drawn; a town in turn takes the
    body that is worth most to it by `TRUE` and chance, where it is worth more than acting alone."""
    draw = np.random.default_rng(seed)
    bodies, home = [], []
    for p in range(PREFECTURES):
        towns = range(p * TOWNS, (p + 1) * TOWNS)
        sets = [each for size in (2, 3) for each in combinations(towns, size)]
        chosen = [sets[k] for k in draw.choice(len(sets), 14, replace=False)]
        bodies += sorted(chosen)
        home += [f"{p + 1:02d}"] * 14
    body = np.repeat(np.arange(len(bodies)), [len(b) for b in bodies])
    member = np.concatenate([np.array(b) for b in bodies])
    features = np.zeros((len(body), len(FEATURES)))
    for name in TRUE:
        features[:, FEATURES.index(name)] = 1.0 if name == "joining" else draw.normal(0, 1, len(body))
    own = draw.normal(0, 1, PREFECTURES * TOWNS)
    features[:, FEATURES.index("own_size")] = own[member]
    worth = features @ np.array([TRUE.get(name, 0.0) for name in FEATURES])
    number = np.bincount(member)[member]
    taste = worth - np.log(number) + draw.gumbel(0, 1, len(body))
    alone = draw.gumbel(0, 1, PREFECTURES * TOWNS)
    observed = np.zeros(len(body), bool)
    for town in range(PREFECTURES * TOWNS):
        rows = np.flatnonzero(member == town)
        if len(rows) and taste[rows].max() > alone[town]:
            observed[rows[taste[rows].argmax()]] = True
    return _rowwise(tuple(bodies), np.array(home), body, member, features, observed), np.array(
        [f"{p + 1:02d}" for p in range(PREFECTURES) for _ in range(TOWNS)]
    )


def _rowwise(
    bodies: tuple[tuple[int, ...], ...], home: np.ndarray, body: np.ndarray, member: np.ndarray, features: np.ndarray,
    observed: np.ndarray,
) -> Candidates:  # fmt: skip
    """A body for every row, so that each town's choice is its own."""
    return Candidates(
        tuple((int(m),) for m in member),
        observed,
        np.ones(len(body), bool),
        home[body],
        np.arange(len(body)),
        member,
        features,
    )


def test_coefficients_are_found() -> None:
    found, home = made_up()
    choice = fit_choice(found, home, set(home), np.ones(len(home), bool))
    value = dict(zip(FEATURES, choice.value / choice.spread, strict=True))
    for name, true in TRUE.items():
        error = float(np.sqrt(choice.covariance[FEATURES.index(name), FEATURES.index(name)]))
        assert abs(value[name] - true) < 3 * error / choice.spread[FEATURES.index(name)] + 0.1, name
    assert abs(value["taste"]) < 1e-6, "what nobody saw counts nothing"


def test_what_held_out_prefectures_do_is_not_known() -> None:
    found, home = made_up()
    training, known = set(home[: 20 * TOWNS]), np.ones(len(home), bool)
    one = fit_choice(found, home, training, known)
    away = ~np.isin(found.home, sorted(training))
    other = fit_choice(replace(found, observed=found.observed ^ away), home, training, known)
    assert np.array_equal(one.value, other.value)
    total = np.ones(len(found.bodies))
    unlisted = replace(found, listed=~away)
    assert partition(unlisted, total, "30") == set(), (
        "bodies of today are no candidates where they are held out"
    )


def test_the_partition_is_the_best_of_all() -> None:
    bodies = ((0, 1), (1, 2), (2, 3), (0, 1, 2), (3, 4))
    found = Candidates(
        bodies, np.zeros(5, bool), np.ones(5, bool), np.array(["01"] * 5), np.zeros(0, int), np.zeros(0, int),
        np.zeros((0, len(FEATURES))),
    )  # fmt: skip
    total = np.array([2.0, 3.0, 2.0, 3.5, 1.0])
    best = max(
        (c for n in range(6) for c in combinations(range(5), n)
         if len({i for b in c for i in bodies[b]}) == sum(len(bodies[b]) for b in c)),
        key=lambda c: total[list(c)].sum(),
    )  # fmt: skip
    assert partition(found, total, "01") == set(best) == {3, 4}
    assert partition(found, -total, "01") == set(), "nobody joins what is worth nothing"


def test_nobody_who_shares_is_refused() -> None:
    found, home = made_up()
    with pytest.raises(ValueError, match="nobody shares"):
        fit_choice(replace(found, observed=found.observed & False), home, set(home), np.ones(len(home), bool))


def test_phi_of_equal_opposite_and_constant_answers() -> None:
    yes = np.array([True, False, True, False])
    assert phi(yes, yes) == pytest.approx(1.0) and phi(yes, ~yes) == pytest.approx(-1.0)
    assert phi(yes, np.ones(4, bool)) == 0.0
