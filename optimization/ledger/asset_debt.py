"""Which service a government's debt stands for: an estimate, for no official table tells it.

    share[i,s] = construction[g, purpose of s] / construction[g, all purposes]
                 x standard cost[i,s] / standard cost of all services of g with works in the purpose

g is who answers for s at i today. Construction is what the settlement cards call ordinary construction works, of one
year: a town that has just built a school seems to owe more for schools than it does. Offices stand with general
administration; what is pay or a benefit has no works (`assets` of `purposes.toml`). Bonds that stood in for taxes or
allocation paid for no works: their part of the debt service in the need stays where it is. Debts of joint bodies and
of public enterprises are in the ratios and follow the works of the ordinary account.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.case.spending import spent_by_purpose
from optimization.dictionary.purposes import load_purposes

CONSTRUCTION, TOTAL, BONDS = "construction_million_yen", "total_million_yen", "bonds_outstanding_million_yen"


def asset_share(case: Case, cost: np.ndarray, home: np.ndarray) -> np.ndarray:
    """Share of the debt for works of the government that answers today for service s at place i which stands for the
    service there, shape (I, S), from the standard `cost` and the position of the government (`home`) of that shape. 0
    everywhere in a case that does not know what was spent (which says so when it is read)."""
    share = np.zeros(cost.shape)
    if case.spending.empty:
        return share
    works = _works(case)
    whole = np.maximum(works, 0.0).sum(axis=1)
    number = {purpose: n for n, purpose in enumerate(load_purposes())}
    columns = {s: n for n, s in enumerate(case.services.index)}
    for purpose, entry in load_purposes().items():
        held = [columns[service] for service in entry.assets if service in columns]
        if not held:
            continue
        own, who = cost[:, held], home[:, held]
        together = np.bincount(who.ravel(), own.ravel(), minlength=len(whole))
        part = np.divide(
            works[:, number[purpose]],
            whole * together,
            out=np.zeros(len(whole)),
            where=(whole > 0) & (together > 0) & (works[:, number[purpose]] > 0),
        )
        share[:, held] = own * part[who]
    return share


def debt_years(case: Case) -> np.ndarray:
    """How many years of today's debt service the bonds outstanding come to, shape (G,): what a yen of debt service a
    year stands for in the debt itself. 0 where the case does not know both (which it says when it is read)."""
    frame = case.governments
    if BONDS not in frame or case.spending.empty:
        return np.zeros(len(frame))
    paid = _by_government(case, TOTAL)["debt_service"].to_numpy(float)
    owed = frame[BONDS].to_numpy(float)
    return np.divide(owed, paid, out=np.zeros(len(frame)), where=paid > 0)


def _works(case: Case) -> np.ndarray:
    """Construction of every government by purpose, (G, purposes), million yen."""
    return _by_government(case, CONSTRUCTION).to_numpy(float)


def _by_government(case: Case, column: str) -> pd.DataFrame:
    """A column of what was spent by government and purpose, million yen; Tokyo with its wards together."""
    return case.once(f"spent by government: {column}", lambda: _summed(case, column))


def _summed(case: Case, column: str) -> pd.DataFrame:
    spent = spent_by_purpose(case)[column].unstack(fill_value=0.0)
    payer = {**case.government_of_municipality.to_dict(), **case.government_of_prefecture.to_dict()}
    summed = spent.groupby(spent.index.map(payer)).sum()
    return summed.reindex(index=case.governments.index, columns=list(load_purposes()), fill_value=0.0)
