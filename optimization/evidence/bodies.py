"""The model itself asked for the joint bodies of held-out prefectures: package `as_observed`, its own candidates,
travel limits and rules, the preferences of the training prefectures, and no body of today.

What a member asks of a body is set anew on the training prefectures, over the model's candidates: there are fewer of
them than the logit has, and a member finds less that it likes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from optimization.case.case import Case
from optimization.case.face import load_package
from optimization.case.parameters import ESTIMATED
from optimization.case.sharing import ASKED, FEATURES
from optimization.costs.sharing import member_features
from optimization.evidence.candidates import Candidates
from optimization.evidence.registered import registered
from optimization.evidence.sharing import Fitted, Observed, Sharing, asked_of_a_body, phi
from optimization.geography.existing import WHOLE
from optimization.ledger.instance import Instance
from optimization.model.screening import reachable
from optimization.outcome.question import laid_out
from optimization.outcome.solve import solve
from optimization.solving import workers
from optimization.solving.highs import Limits

PACKAGE = "as_observed"
LIMITS = Limits(gap=3e-4, seconds=1800.0, threads=1)
"""So loose that a draw takes seconds, and time enough that no clock decides: two runs are alike."""

EVERYWHERE = 0
"""Number of the draw that holds nobody out: the whole country with its bodies of today among the candidates."""


def whole_functions() -> list[str]:
    """The registered functions that are the whole of a service: those the model has bodies for."""
    return [function for function in registered().sharing["functions"] if function in WHOLE]


def without_bodies(case: Case) -> Case:
    """The case as if nobody shared anything."""
    return replace(case, bodies_today=case.bodies_today.iloc[:0], as_read={})


def with_preferences(case: Case, fitted: Mapping[str, Fitted]) -> Case:
    """The case with other preferences, by function."""
    service_of = registered().sharing["service_of"]
    rows = [
        {"function": function, "feature": feature, "service": service_of[function], "value": value}
        for function, each in fitted.items()
        for feature, value in zip((*FEATURES, ASKED), (*each.choice.coefficients, each.asked), strict=True)
    ]
    table = pd.DataFrame(rows).assign(
        standard_error=0.0, low=0.0, high=0.0, choosers=1, mark=ESTIMATED, source="of training prefectures"
    )
    return replace(case, sharing_preferences=table, as_read={})


def wide(instance: Instance, service: str) -> int:
    """Where a service stands among those that bodies may provide."""
    return int(instance.costs.wide_services.get_loc(service))


def in_the_model(instance: Instance, seen: Observed) -> Observed:
    """A function as observed, over the candidates of a question: who may serve, every member's worth counted."""
    function, case = seen.function, instance.case
    service = registered().sharing["service_of"][function]
    w = wide(instance, service)
    rows = np.flatnonzero(reachable(instance)[:, w])
    membership = sparse.csr_matrix(instance.bodies.membership[rows])
    number, member = np.diff(membership.indptr), membership.indices
    body = np.repeat(np.arange(len(rows)), number)
    parts = np.split(member, membership.indptr[1:-1])
    every = np.ones(len(rows), bool)
    curve = instance.standard.curves[service]
    found = Candidates(
        tuple(tuple(sorted(part.tolist())) for part in parts),
        ~every,
        every,
        seen.home[[part[0] for part in parts]],
        body,
        member,
        member_features(case, service, curve, instance.km, body, member),
    )
    counts = instance.costs.own[:, instance.costs.wide_columns[w]] > 0
    return replace(seen, found=found, counts=counts)


def asked_anew(model: Observed, fitted: Fitted, outside: Sequence[str]) -> Fitted:
    """What the training prefectures tell, what a member asks set over the model's candidates."""
    worth = fitted.choice.worth(model.found.features)
    return replace(fitted, asked=asked_of_a_body(model, worth, model.training(outside)))


def decided(case: Case, prefectures: Sequence[str]) -> dict[str, np.ndarray]:
    """Who is in a body under the package, (I,) by function, as the model decides for some prefectures (all without)."""
    package = load_package(case, PACKAGE, list(prefectures))
    result = solve(case, package, list(prefectures), LIMITS, beside=False)
    assert result.accounts is not None
    accounts, found = result.accounts, {}
    place = case.codes.get_indexer(accounts.instance.case.codes)
    for function in whole_functions():
        w = wide(accounts.instance, registered().sharing["service_of"][function])
        member = np.zeros(len(case.codes), bool)
        member[place] = accounts.bodies[:, w] >= 0
        found[function] = member
    return found


def modelled_sharing(
    case: Case, sharing: Sharing, processes: int = 1
) -> tuple[pd.DataFrame, dict[tuple[str, int], Fitted]]:
    """Bodies of every draw's held-out prefectures as the model decides them beside those of today, and of the whole
    country (draw 0: fitted there, bodies of today among the candidates); and what a member asks over the model's
    candidates, by function and draw."""
    bare, draws = without_bodies(case), [(), *registered().draws]
    listed = laid_out(with_preferences(bare, _of(sharing.fitted, EVERYWHERE)), load_package(bare, PACKAGE))
    model = {function: in_the_model(listed, sharing.seen[function]) for function in whole_functions()}
    parts = [(f, [n for n in range(len(draws)) if n % 2 == half]) for f in model for half in (0, 1)]
    tasks = [(model[f], [(sharing.fitted[f, n], draws[n]) for n in numbers]) for f, numbers in parts]
    fitted = dict(sharing.fitted)
    for (function, numbers), found in zip(parts, workers.each(_asked_anew, tasks, processes), strict=True):
        fitted |= {(function, n): fit for n, fit in zip(numbers, found, strict=True)}
    questions = [(with_preferences(bare if n else case, _of(fitted, n)), draws[n]) for n in range(len(draws))]
    rows: list[dict[str, Any]] = []
    for number, decision in enumerate(workers.each(decided, questions, processes)):
        for function, member in decision.items():
            seen = sharing.seen[function]
            held = seen.of(sorted(draws[number] or set(seen.home)))
            rows.append(
                {
                    "function": function,
                    "draw": number,
                    "phi": phi(member[held], seen.joint[held]),
                    "people_modelled_ratio": seen.served(member, held),
                    "people_observed_ratio": seen.served(seen.joint, held),
                    "municipalities": int(held.sum()),
                    "asked": fitted[function, number].asked,
                }
            )
    return pd.DataFrame(rows).sort_values(["function", "draw"], ignore_index=True), fitted


def _asked_anew(model: Observed, fits: Sequence[tuple[Fitted, Sequence[str]]]) -> list[Fitted]:
    """What a member asks in some draws of one function."""
    return [asked_anew(model, fit, outside) for fit, outside in fits]


def _of(fitted: Mapping[tuple[str, int], Fitted], number: int) -> dict[str, Fitted]:
    return {function: fitted[function, number] for function in whole_functions()}
