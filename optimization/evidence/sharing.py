"""Observed against foretold sharing: bodies of held-out prefectures from what bodies elsewhere tell of preferences.

The coefficients are fitted on training prefectures; what a member asks of a body beside them is set so that as many
people of the training prefectures are in bodies as there are today. The bodies of held-out prefectures are known to
none of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

from optimization.case.case import Case
from optimization.evidence.candidates import FEATURES, PRICED, Candidates, Members, candidate_sets, candidates
from optimization.evidence.choice import Choice, fit_choice, partition
from optimization.evidence.registered import registered
from optimization.reading.japan import JOINT_MUNICIPALITY

HALVINGS = 5
MOST_ASKED = 6.0


@dataclass(frozen=True)
class Observed:
    """One function: its candidates, and for each municipality (I,) whether its status is known and whether it is in a
    body."""

    function: str
    found: Candidates
    known: np.ndarray
    joint: np.ndarray
    people: np.ndarray
    home: np.ndarray

    def bodies(self, worth: np.ndarray, prefectures: list[str], asked: float) -> np.ndarray:
        """Who is in a body foretold for the prefectures, (I,), where every member asks so much beside its `worth` (R,);
        whose status is not known is nobody."""
        known, number = self.known[self.found.member], len(self.found.bodies)
        total = np.bincount(self.found.body, (worth - asked) * known, number)
        member = np.zeros(len(self.people), bool)
        for code in prefectures:
            for body in partition(self.found, total, code):
                member[list(self.found.bodies[body])] = True
        return member & self.known

    def served(self, member: np.ndarray, where: np.ndarray) -> float:
        """Part of the people of `where` who live with a member."""
        return float(self.people[where & member].sum() / self.people[where].sum())


def observe(case: Case, function: str, service: str, sets: set[Members]) -> Observed:
    """The candidates and what is known of a function. Who pays another, whose partners are not known and the wards are
    neither in a body nor alone."""
    found = candidates(case, function, service, sets)
    joint = case.joint_today[case.joint_today["function"] == function].set_index("code")["status"]
    status = joint.reindex(case.codes)
    member = np.zeros(len(case.codes), bool)
    for body in np.flatnonzero(found.observed):
        member[list(found.bodies[body])] = True
    is_joint = (status == "joint").to_numpy(bool)
    known = status.isin(["alone", "joint"]).to_numpy(bool) & (is_joint == (is_joint & member))
    known &= (case.codes != JOINT_MUNICIPALITY).astype(bool)
    people = case.municipalities["population_persons"].to_numpy(float)
    home = case.municipalities["prefecture_code"].to_numpy(str)
    return Observed(function, found, known, is_joint & member & known, people, home)


def phi(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two yes-or-no answers; 0 where either is always the same."""
    return float(np.corrcoef(one, other)[0, 1]) if one.std() > 0 and other.std() > 0 else 0.0


def asked_of_a_body(seen: Observed, worth: np.ndarray, training: list[str]) -> float:
    """What a member asks of a body, so that as many people are in bodies of the training prefectures as today."""
    where = np.isin(seen.home, training) & seen.known
    wanted, low, high = seen.served(seen.joint, where), -1.0, MOST_ASKED
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        too_many = seen.served(seen.bodies(worth, training, middle), where) > wanted
        low, high = (middle, high) if too_many else (low, middle)
    return (low + high) / 2


def size_only(seen: Observed, training: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """The benchmark: who is joint by a logit on log residents alone."""
    logs = np.log(seen.people)
    fit = sm.Logit(seen.joint[training].astype(float), sm.add_constant(logs[training])).fit(disp=0)
    return np.asarray(fit.predict(sm.add_constant(logs[asked])) > 0.5)


def held_out_sharing(case: Case) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every draw of every registered function: phi and people served, foretold and observed, beside the logit on size;
    and the coefficients of the main split with their errors."""
    rule, rows, coefficients, sets = registered().sharing, [], [], candidate_sets(case)
    for function in rule["functions"]:
        seen = observe(case, function, rule["service_of"][function], sets)
        for number, outside in enumerate(registered().draws, 1):
            row, choice = _draw(seen, set(outside))
            rows.append({"function": function, "draw": number, **row})
            if number == 1:
                coefficients += list(_coefficients(function, choice))
    return pd.DataFrame(rows), pd.DataFrame(coefficients)


def _draw(seen: Observed, outside: set[str]) -> tuple[dict[str, Any], Choice]:
    training = sorted(set(seen.home) - outside)
    choice = fit_choice(seen.found, seen.home, set(training), seen.known)
    worth = choice.worth(seen.found.features)
    asked = asked_of_a_body(seen, worth, training)
    member = seen.bodies(worth, sorted(outside), asked)
    held = np.isin(seen.home, sorted(outside)) & seen.known
    by_size = size_only(seen, seen.known & ~np.isin(seen.home, sorted(outside)), held)
    row = {
        "phi": phi(member[held], seen.joint[held]),
        "phi_size_only": phi(by_size, seen.joint[held]),
        "people_foretold_ratio": seen.served(member, held),
        "people_observed_ratio": seen.served(seen.joint, held),
        "municipalities": int(held.sum()),
        "asked": asked,
    }
    return row, choice


def _coefficients(function: str, choice: Choice) -> Iterator[dict[str, Any]]:
    level = registered().level
    for k, name in enumerate(FEATURES):
        error = float(np.sqrt(choice.covariance[k, k]))
        half = float(stats.norm.ppf(0.5 + level / 2)) * error
        scale = float(choice.spread[k])
        yield {
            "function": function,
            "feature": name,
            "priced": name in PRICED,
            "value": float(choice.value[k]) / scale,
            "low": (float(choice.value[k]) - half) / scale,
            "high": (float(choice.value[k]) + half) / scale,
            "per_spread": float(choice.value[k]),
            "choosers": choice.n,
        }
