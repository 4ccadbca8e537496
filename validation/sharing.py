"""Who shares which function today: by mark of the settlement cards, in inferred bodies, and as the model prices it."""

from __future__ import annotations

import pandas as pd

from optimization.case.case import Case
from optimization.case.today import JOINT
from optimization.geography.existing import WHOLE


def sharing_today(case: Case) -> pd.DataFrame:
    """By function of joint bodies: municipalities and people with a mark, jointly provided for (by mark or other
    evidence), in an inferred or declared body; bodies; and whether the model prices the service as shared."""
    people = case.municipalities["population_persons"]
    rows = []
    for function, table in case.joint_today.groupby("function", sort=True):
        marked, joint = table["mark"].astype(int) == 1, table["status"] == JOINT
        bodies = case.bodies_today[case.bodies_today["function"] == function]
        members = bodies["code"].unique()
        rows.append(
            {
                "function": function,
                "marked_municipalities": int((marked & joint).sum()),
                "marked_people": int(people[table["code"][marked & joint]].sum()),
                "joint_municipalities": int(joint.sum()),
                "joint_people": int(people[table["code"][joint]].sum()),
                "bodies": int(bodies["body_id"].nunique()),
                "municipalities_in_bodies": len(members),
                "people_in_bodies": int(people[members].sum()),
                "priced_as_shared": int(function in WHOLE),
            }
        )
    return pd.DataFrame(rows)
