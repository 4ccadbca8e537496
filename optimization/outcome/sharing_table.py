"""The table of observed sharing: what every body is worth to its members, feature by feature."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from optimization.case.sharing import ASKED, FEATURES
from optimization.costs.sharing import OBSERVED, by_feature, preferences_of
from optimization.ledger.accounts import Accounts
from optimization.ledger.decision import jointly

COLUMNS = ("year", "body", "service", "feature", "coefficient", "of_members", "worth")


def sharing_table(after: Accounts) -> dict[str, pd.DataFrame]:
    """The table `observed_sharing`, a feature of a body and service in every year; none where the objective does not
    ask. The features are reckoned anew of the bodies that provide."""
    if not after.instance.settings[OBSERVED]:
        return {}
    horizon = after.instance.horizon
    years = (after.instance.case.fiscal_year,) if horizon is None else horizon.years
    rows = [row for year, each in zip(years, [after, *after.later], strict=True) for row in _rows(year, each)]
    return {"observed_sharing": pd.DataFrame(rows, columns=list(COLUMNS))}


def _rows(year: int, after: Accounts) -> Iterator[tuple[object, ...]]:
    """The rows of one year."""
    instance = after.instance
    bodies: dict[int, list[int]] = {}
    for b, _, s, _ in jointly(instance, after.decision):
        bodies.setdefault(s, []).append(b)
    for s, rows in sorted(bodies.items()):
        service = str(instance.services[s])
        coefficient = preferences_of(instance.case, service)
        if coefficient is None:
            continue
        curve, members = instance.standard.curves[service], instance.bodies.membership[rows]
        found = by_feature(instance.case, service, curve, instance.km, members)
        for b, sums in zip(rows, found, strict=True):
            for feature, value, total in zip((*FEATURES, ASKED), coefficient, sums, strict=True):
                yield (year, instance.bodies.table.index[b], service, feature, float(value), float(total),
                       float(value * total))  # fmt: skip
