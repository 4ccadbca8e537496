"""Observed against foretold sharing: bodies of held-out prefectures from what bodies elsewhere tell of preferences.

The coefficients are fitted on training prefectures; what a member asks of a body beside them is set so that as many
people of the training prefectures are in bodies as there are today. The bodies of held-out prefectures are known to
none of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

from optimization.case.case import Case
from optimization.case.parameters import ESTIMATED
from optimization.case.sharing import ASKED, FEATURES, PRICED
from optimization.case.today import JOINT
from optimization.costs.standard import scale_curves
from optimization.dictionary.tables import load_tables
from optimization.evidence.candidates import Candidates, candidate_sets, candidates
from optimization.evidence.choice import PLAIN, Asked, Choice, fit_choice, partition
from optimization.evidence.registered import registered
from optimization.geography.distance import straight_km
from optimization.reading.japan import JOINT_MUNICIPALITY
from optimization.solving import workers

HALVINGS = 5
MOST_ASKED = 6.0
DIGITS = 4
"""Digits of a coefficient in a table of the case: more hang on the machine."""

PAGE = "docs/evidence.md"


@dataclass(frozen=True)
class Observed:
    """One function: its candidates, and for each municipality (I,) whether its status is known, whether it is in a
    body, and whether its worth counts in a body."""

    function: str
    found: Candidates
    known: np.ndarray
    joint: np.ndarray
    counts: np.ndarray
    people: np.ndarray
    home: np.ndarray

    def bodies(self, worth: np.ndarray, prefectures: list[str], asked: float) -> np.ndarray:
        """Who is in a body foretold for the prefectures, (I,), where every member asks so much beside its `worth` (R,);
        whose status is not known is nobody."""
        counts, number = self.counts[self.found.member], len(self.found.bodies)
        total = np.bincount(self.found.body, (worth - asked) * counts, number)
        member = np.zeros(len(self.people), bool)
        for code in prefectures:
            for body in partition(self.found, total, code):
                member[list(self.found.bodies[body])] = True
        return member & self.known

    def served(self, member: np.ndarray, where: np.ndarray) -> float:
        """Part of the people of `where` who live with a member."""
        return float(self.people[where & member].sum() / self.people[where].sum())

    def training(self, outside: Collection[str]) -> list[str]:
        """The prefectures that are not held out."""
        return sorted(set(self.home) - set(outside))

    def of(self, prefectures: list[str]) -> np.ndarray:
        """Whose status is known in some prefectures, (I,)."""
        return np.asarray(np.isin(self.home, prefectures) & self.known)


@dataclass(frozen=True)
class Fitted:
    """What the training prefectures of a draw tell of a function: its logit, and what a member asks of a body."""

    choice: Choice
    asked: float


@dataclass(frozen=True)
class Sharing:
    """Every registered function as observed, what each draw's training prefectures tell of it (by function and number
    of the draw, 0 for all prefectures), and the rows of `sharing` and `preferences`."""

    seen: Mapping[str, Observed]
    fitted: Mapping[tuple[str, int], Fitted]
    rows: pd.DataFrame
    preferences: pd.DataFrame


def observe(case: Case, function: str, found: Candidates) -> Observed:
    """The candidates and what is known of a function. Who pays another, whose partners are not known and the wards are
    neither in a body nor alone."""
    status = case.status_today(function)
    member = np.zeros(len(case.codes), bool)
    for body in np.flatnonzero(found.observed):
        member[list(found.bodies[body])] = True
    is_joint = (status == JOINT).to_numpy(bool)
    known = status.isin(["alone", JOINT]).to_numpy(bool) & (is_joint == (is_joint & member))
    known &= (case.codes != JOINT_MUNICIPALITY).astype(bool)
    people = case.municipalities["population_persons"].to_numpy(float)
    home = case.municipalities["prefecture_code"].to_numpy(str)
    return Observed(function, found, known, is_joint & member & known, known, people, home)


def phi(one: np.ndarray, other: np.ndarray) -> float:
    """Correlation of two yes-or-no answers; 0 where either is always the same."""
    return float(np.corrcoef(one, other)[0, 1]) if one.std() > 0 and other.std() > 0 else 0.0


def asked_of_a_body(seen: Observed, worth: np.ndarray, training: list[str]) -> float:
    """What a member asks of a body, so that as many people are in bodies of the training prefectures as today."""
    where = seen.of(training)
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


def held_out_sharing(case: Case, processes: int = 1) -> Sharing:
    """Every draw of every registered function: phi and people served, foretold and observed, beside the logit on size;
    the coefficients of the main split with their errors. The functions are spread over some processes."""
    rule, km, curves = registered().sharing, straight_km(case.municipalities), scale_curves(case)
    sets = candidate_sets(case, km)
    seen = {}
    for function in rule["functions"]:
        service = rule["service_of"][function]
        found = candidates(case, function, service, sets, curves[service], km)
        seen[function] = observe(case, function, found)
    draws = workers.each(_draws, [(own,) for own in seen.values()], processes)
    fitted, rows, coefficients = {}, [], []
    for function, every in zip(seen, draws, strict=True):
        for number, (fit, row) in enumerate(every):
            fitted[function, number] = fit
            if number:
                rows.append({"function": function, "draw": number, **row})
        coefficients += list(_coefficients(function, every[1][0].choice))
    return Sharing(seen, fitted, pd.DataFrame(rows), pd.DataFrame(coefficients))


def _draws(seen: Observed) -> list[tuple[Fitted, dict[str, Any]]]:
    """All prefectures, then every draw."""
    return [draw(seen, sorted(outside)) for outside in [(), *registered().draws]]


def draw(seen: Observed, outside: list[str], how: Asked = PLAIN) -> tuple[Fitted, dict[str, Any]]:
    """The fit on all prefectures but some, and how well it foretells those; nothing of none."""
    training = seen.training(outside)
    choice = fit_choice(seen.found, seen.home, set(training), seen.known, how)
    worth = choice.worth(seen.found.features)
    fitted = Fitted(choice, asked_of_a_body(seen, worth, training))
    if not outside:
        return fitted, {}
    member = seen.bodies(worth, outside, fitted.asked)
    held = seen.of(outside)
    by_size = size_only(seen, seen.of(training), held)
    row = {
        "phi": phi(member[held], seen.joint[held]),
        "phi_size_only": phi(by_size, seen.joint[held]),
        "people_foretold_ratio": seen.served(member, held),
        "people_observed_ratio": seen.served(seen.joint, held),
        "municipalities": int(held.sum()),
        "asked": fitted.asked,
    }
    return fitted, row


def half_of(choice: Choice, k: int) -> float:
    """Half of the registered interval of a coefficient, in the unit of its feature."""
    return float(stats.norm.ppf(0.5 + registered().level / 2) * choice.errors[k])


def _coefficients(function: str, choice: Choice) -> Iterator[dict[str, Any]]:
    for k, name in enumerate(FEATURES):
        value, half = float(choice.coefficients[k]), half_of(choice, k)
        yield {
            "function": function,
            "feature": name,
            "priced": name in PRICED,
            "value": value,
            "low": value - half,
            "high": value + half,
            "per_spread": float(choice.value[k]),
            "choosers": choice.n,
        }


def preferences_of_the_case(fitted: Mapping[tuple[str, int], Fitted]) -> pd.DataFrame:
    """The table `sharing_preferences` of a case: coefficients of all prefectures, and what a member asks, its interval
    from the least to the most that draws of training prefectures give."""
    rows = []
    for function in registered().sharing["functions"]:
        choice, asked = fitted[function, 0].choice, fitted[function, 0].asked
        every = [each.asked for (name, _), each in sorted(fitted.items()) if name == function]
        words = (
            f"Estimated: logit of {choice.n:,} municipalities over candidate bodies and acting alone; {PAGE}."
        )
        about = {
            "function": function, "service": registered().sharing["service_of"][function], "choosers": choice.n,
            "mark": ESTIMATED, "source": words,
        }  # fmt: skip
        for k, name in enumerate(FEATURES):
            value, half = float(choice.coefficients[k]), half_of(choice, k)
            shown = _shown(value, float(choice.errors[k]), value - half, value + half)
            rows.append({**about, "feature": name, **shown})
        apart = float(np.std(every[1:], ddof=1)) if len(every) > 2 else 0.0
        rows.append({**about, "feature": ASKED, **_shown(asked, apart, min(every), max(every))})
    return pd.DataFrame(rows, columns=list(load_tables()["sharing_preferences"].columns))


def _shown(value: float, error: float, low: float, high: float) -> dict[str, float]:
    numbers = {"value": value, "standard_error": error, "low": low, "high": high}
    return {name: float(f"{number:.{DIGITS}g}") for name, number in numbers.items()}
