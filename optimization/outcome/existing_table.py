"""What becomes of the wide-area bodies that exist today."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimization.dictionary.tiers import MUNICIPALITY
from optimization.ledger.accounts import Accounts

FATES = KEPT, GROWN, REDUCED, TO_ONE, HANDED_UP, DISSOLVED = (
    "kept",
    "extended",
    "reduced",
    "to_one",
    "handed_up",
    "dissolved",
)


@dataclass(frozen=True)
class Fates:
    """Bodies of a plan that exist today with the same members (`kept`), go on from one of today with other members
    (`continued`), or are `new`; and, of the bodies of `today` (one for each service), how many go on `unchanged`, with
    more members (`extended`) or with a part of them (`reduced`), end because one member serves its people by itself
    (`to_one`) or because the duty is `handed_up`, or are `dissolved`: these six add up to `today`."""

    kept: int
    continued: int
    new: int
    today: int
    unchanged: int
    extended: int
    reduced: int
    to_one: int
    handed_up: int
    dissolved: int


def fates(today: pd.DataFrame, bodies: pd.DataFrame) -> Fates:
    """The tables `bodies_today` and `bodies` of a run in ten numbers."""
    kept = set(today.loc[today["fate"] == KEPT, "continued_by"])
    goes_on = set(today["continued_by"].dropna()) & set(bodies["body"])
    count = today["fate"].value_counts()
    return Fates(
        kept=len(kept),
        continued=len(goes_on - kept),
        new=len(set(bodies["body"]) - goes_on),
        today=len(today),
        unchanged=int(count.get(KEPT, 0)),
        extended=int(count.get(GROWN, 0)),
        reduced=int(count.get(REDUCED, 0)),
        to_one=int(count.get(TO_ONE, 0)),
        handed_up=int(count.get(HANDED_UP, 0)),
        dissolved=int(count.get(DISSOLVED, 0)),
    )


def people_shared(today: pd.DataFrame | None) -> pd.Series:
    """Residents who are served by bodies of today, persons by service."""
    if today is None:
        return pd.Series(dtype=int)
    return today.groupby("service")["population_persons"].sum()


def existing_table(after: Accounts) -> dict[str, pd.DataFrame]:
    """The table `bodies_today`, a row for each body of today and service: its members and what becomes of it; none
    where the case knows no bodies of today.

    kept: the members still responsible are all of it and provide it together, nobody else; extended: others join them;
    reduced: a part goes on with it; to_one: the member with the greater part of its people goes on by itself;
    handed_up: no member is responsible any more; dissolved: nobody goes on with it.
    """
    instance = after.instance
    existing, case = instance.bodies.existing, instance.case
    if not len(existing):
        return {}
    codes = case.codes.to_numpy(object)
    fates = [_fate(after, t) for t in range(len(existing))]
    frame = pd.DataFrame(
        {
            "body_today": list(existing.names),
            "service": [instance.services[s] for s in existing.service],
            "members": [len(members) for members in existing.members],
            "population_persons": existing.whole.astype(int),
            "member_codes": ["|".join(codes[list(members)]) for members in existing.members],
            "fate": [fate for fate, _ in fates],
            "continued_by": np.array([body for _, body in fates], dtype=object),
        }
    )
    return {"bodies_today": frame}


def _fate(after: Accounts, t: int) -> tuple[str, str | None]:
    """What becomes of body t of today, and the body that goes on with it (None for none, the code of a member that goes
    on by itself)."""
    instance = after.instance
    existing, s = instance.bodies.existing, instance.bodies.existing.service[t]
    members = np.array(existing.members[t])
    w = int(np.flatnonzero(instance.costs.wide_columns == s)[0])
    responsible = members[after.tiers[members, s] == MUNICIPALITY]
    if not len(responsible):
        return HANDED_UP, None
    for b in sorted({int(b) for b in after.bodies[responsible, w]} - {-1}):
        if instance.bodies.continues(s)[b] == t:
            taken = set(instance.bodies.members(b).tolist())
            own = set(members.tolist())
            fate = KEPT if taken == own else GROWN if taken > own else REDUCED
            return fate, str(instance.bodies.table.index[b])
    alone = responsible[after.bodies[responsible, w] < 0]
    greater = alone[existing.people[alone] > existing.whole[t] / 2.0]
    return (TO_ONE, str(instance.case.codes[greater[0]])) if len(greater) else (DISSOLVED, None)
