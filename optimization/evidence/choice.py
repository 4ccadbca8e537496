"""What made municipalities join the bodies they are in: conditional logit over candidate bodies and acting alone.

Every municipality weighs all bodies that hold it by the same few coefficients; alone is worth nothing. Where
more candidates are listed joining is not worth more: their number is taken out (as of alternatives that were sampled).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import LinearConstraint, milp, minimize
from scipy.sparse import csr_matrix

from optimization.case.sharing import FEATURES
from optimization.evidence.candidates import Candidates

PENALTY = 1.0
"""Weight of a squared coefficient (of a feature of spread one) against one municipality's log likelihood."""

SECONDS = 10.0


@dataclass(frozen=True)
class Choice:
    """Coefficients by feature, on features divided by `spread`; their covariance robust to clusters of prefecture; the
    penalised log likelihood, and how many municipalities chose."""

    value: np.ndarray
    spread: np.ndarray
    covariance: np.ndarray
    likelihood: float
    n: int

    @property
    def coefficients(self) -> np.ndarray:
        """Coefficients in the unit of their features, (F,)."""
        return np.asarray(self.value / self.spread)

    @property
    def errors(self) -> np.ndarray:
        """Standard errors of `coefficients`, (F,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance)) / self.spread)

    def worth(self, features: np.ndarray) -> np.ndarray:
        """What each row is worth to its member against acting alone."""
        return features @ self.coefficients


@dataclass(frozen=True)
class Asked:
    """What else may be asked of a fit: `signs` of coefficients that are bound (1: not below 0, -1: not above), and
    whether acting `alone` is an alternative."""

    signs: Mapping[str, int] = field(default_factory=dict)
    alone: bool = True


PLAIN = Asked()

BOUNDS = {0: (None, None), 1: (0.0, None), -1: (None, 0.0)}
"""Ends of a coefficient by its sign."""


@dataclass(frozen=True)
class _Rows:
    """Rows of those who choose: each municipality's alternatives stand together, `start` their first rows; `alone`
    whether acting alone is an alternative."""

    features: np.ndarray
    start: np.ndarray
    chooser: np.ndarray
    chosen: np.ndarray
    offset: np.ndarray
    home: np.ndarray
    alone: bool


def fit_choice(
    found: Candidates,
    prefectures: np.ndarray,
    training: set[str],
    known: np.ndarray,
    asked: Asked = PLAIN,
) -> Choice:
    """Fit on the municipalities of the training prefectures whose status is `known` (I,); `prefectures` (I,) their
    codes. Bodies of today are candidates there. `asked` binds signs, or leaves acting alone out; `joining`, which is
    then the same for all, is penalised like the others. ValueError where nobody shares."""
    rows = _rows(found, prefectures, training, known, asked)
    if not rows.chosen.any():
        raise ValueError("nobody shares the function in the training prefectures")
    spread = np.maximum(rows.features.std(axis=0), 1e-9)
    spread[FEATURES.index("joining")] = 1.0
    z = rows.features / spread
    penalty = np.full(z.shape[1], PENALTY)
    penalty[FEATURES.index("joining")] = 0.0 if asked.alone else PENALTY

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        worth = z @ theta + rows.offset
        logs, chance = _chances(worth, rows)
        value = float(logs.sum() - worth[rows.chosen].sum())
        slope = z.T @ (chance - rows.chosen)
        return value + 0.5 * float(penalty @ theta**2), slope + penalty * theta

    ends = [BOUNDS[asked.signs.get(name, 0)] for name in FEATURES]
    best = minimize(
        loss, np.zeros(z.shape[1]), jac=True, method="L-BFGS-B", bounds=ends, options={"maxiter": 500}
    )
    chance = _chances(z @ best.x + rows.offset, rows)[1]
    return Choice(best.x, spread, _covariance(z, chance, rows, penalty), -float(best.fun), len(rows.start))


def _rows(
    found: Candidates, prefectures: np.ndarray, training: set[str], known: np.ndarray, asked: Asked
) -> _Rows:
    inside = np.isin(found.home, sorted(training))[found.body] & known[found.member]
    keep = np.flatnonzero(inside)
    keep = keep[np.argsort(found.member[keep], kind="stable")]
    member = found.member[keep]
    start = np.flatnonzero(np.concatenate([[True], np.diff(member) != 0]))
    number = np.diff(np.concatenate([start, [len(member)]]))
    chooser = np.repeat(np.arange(len(start)), number)
    return _Rows(
        found.features[keep],
        start,
        chooser,
        found.observed[found.body[keep]],
        -np.log(number)[chooser],
        prefectures[member[start]],
        asked.alone,
    )


def _chances(worth: np.ndarray, rows: _Rows) -> tuple[np.ndarray, np.ndarray]:
    """Log of each chooser's sum over alternatives, acting alone among them where it is one, and every row's
    probability."""
    most = np.maximum.reduceat(worth, rows.start)
    if rows.alone:
        most = np.maximum(most, 0.0)
    each = np.exp(worth - most[rows.chooser])
    total = np.add.reduceat(each, rows.start) + (np.exp(-most) if rows.alone else 0.0)
    return np.log(total) + most, each / total[rows.chooser]


def _covariance(z: np.ndarray, chance: np.ndarray, rows: _Rows, penalty: np.ndarray) -> np.ndarray:
    """Sandwich robust to clusters of prefecture."""
    mean = np.add.reduceat(z * chance[:, None], rows.start)
    bread = np.linalg.inv((z * chance[:, None]).T @ z - mean.T @ mean + np.diag(penalty))
    score = np.add.reduceat(z * (rows.chosen - chance)[:, None], rows.start)
    of_home = np.array([score[rows.home == code].sum(axis=0) for code in np.unique(rows.home)])
    return np.asarray(bread @ (of_home.T @ of_home) @ bread)


def partition(found: Candidates, total: np.ndarray, prefecture: str) -> set[int]:
    """Candidate bodies (numbers) of a prefecture whose worth to all members, `total` (B,), is greatest together, nobody
    in two. Bodies of today count only where they are candidates without being so."""
    open_ = np.flatnonzero((found.home == prefecture) & found.listed & (total > 0))
    if not len(open_):
        return set()
    rows = [(i, column) for column, b in enumerate(open_) for i in found.bodies[b]]
    place, column = np.array(rows).T
    members, row = np.unique(place, return_inverse=True)
    matrix = csr_matrix((np.ones(len(row)), (row, column)), shape=(len(members), len(open_)))
    answer = milp(
        -total[open_],
        constraints=LinearConstraint(matrix, ub=1.0),
        integrality=np.ones(len(open_)),
        bounds=(0, 1),
        options={"time_limit": SECONDS, "mip_rel_gap": 1e-4},
    )
    return set() if answer.x is None else {int(b) for b, on in zip(open_, answer.x, strict=True) if on > 0.5}
