"""Today's arrangement: who provides what jointly, in which bodies, and what was spent by purpose. All optional.

Bodies are inferred, unless the user declares them. A declared body wins: its members leave the inferred bodies of
the function, and an inferred body left with fewer than two members is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from optimization.dictionary.tables import load_tables
from optimization.errors import Problem

TODAY_TABLES = ("joint_today", "bodies_today", "municipal_spending", "prefectural_spending")
DECLARED, JOINT = "declared", "joint"
SPENDING_OF = {
    "municipality": ("municipal_spending", "code"),
    "prefecture": ("prefectural_spending", "prefecture_code"),
}

FARTHEST_KM = 150.0
"""Gap between two parts of an inferred body that is taken for a fault: no body at hand spans half of it."""

EARTH_KM = 6371.0
KM_PER_DEGREE = EARTH_KM * np.pi / 180
THOUSANDS = 1e3  # in a million
Tables = Mapping[str, pd.DataFrame]
Problems = Iterator[Problem]


def no_rows(name: str) -> pd.DataFrame:
    """A table of the dictionary without rows."""
    return pd.DataFrame({column: pd.Series(dtype="str") for column in load_tables()[name].columns})


def no_spending() -> pd.DataFrame:
    """Spending of nobody."""
    return spending_of({name: no_rows(name) for name, _ in SPENDING_OF.values()})


def joint_of(tables: Tables) -> pd.DataFrame:
    """The table joint_today by code and function, with the dictionary's columns; empty where the case has none."""
    return tables["joint_today"].sort_values(["code", "function"], ignore_index=True)


def bodies_of(tables: Tables) -> pd.DataFrame:
    """The table bodies_today as it counts: a row a member, with the service the function is part of (empty: none),
    after declared bodies have taken their members."""
    bodies = tables["bodies_today"].sort_values(["function", "body_id", "code"], ignore_index=True)
    declared = bodies["source"] == DECLARED
    claimed = pd.MultiIndex.from_frame(bodies.loc[declared, ["function", "code"]])
    members = pd.MultiIndex.from_frame(bodies[["function", "code"]])
    left = bodies[declared | ~members.isin(claimed)]
    left = left[left.groupby("body_id")["code"].transform("size") > 1].reset_index(drop=True)
    service = tables["joint_today"].drop_duplicates("function").set_index("function")["service"]
    return left.assign(service=left["function"].map(service).fillna("").astype("str"))


def spending_of(tables: Tables) -> pd.DataFrame:
    """Spending by purpose, million yen, indexed by code of a municipality or prefecture: tier, fiscal_year, purpose,
    total_million_yen, construction_million_yen, general_funds_million_yen. Empty where the case has none."""
    tiers = [
        tables[name].sort_values([key, "fiscal_year", "purpose"]).set_index(key).assign(tier=tier)
        for tier, (name, key) in SPENDING_OF.items()
    ]
    frame = pd.concat(tiers).rename_axis("code")[["tier", *tiers[0].columns.drop("tier")]]
    money = [column for column in frame if column.endswith("_thousand_yen")]
    frame[money] = frame[money].astype(float) / THOUSANDS
    return frame.rename(columns=lambda column: column.replace("_thousand_yen", "_million_yen"))


def today_problems(tables: Tables) -> Problems:
    """Disagreements within today's tables and with the places of the case."""
    yield from _joint(tables["joint_today"])
    yield from _spending(tables)
    yield from _bodies(tables)


def _joint(joint: pd.DataFrame) -> Problems:
    """One function is one service everywhere, and every municipality of the table has every function of it."""
    services = joint.groupby("function")["service"].nunique()
    for function in services.index[services > 1]:
        message, remedy = "belongs to different services", "name one service for the function"
        yield Problem("joint_today", message, remedy, column="service", value=str(function))
    functions = joint["function"].nunique()
    counts = joint.groupby("code").size()
    for code, count in counts[counts < functions].items():
        message = f"has {count} of the {functions} functions of the table"
        yield Problem("joint_today", message, "add a row for each", str(code), "function")


def _spending(tables: Tables) -> Problems:
    """No part of a purpose is more than the purpose."""
    for name, key in SPENDING_OF.values():
        frame = tables[name]
        for part in ("construction_thousand_yen", "general_funds_thousand_yen"):
            for _, row in frame[frame[part] > frame["total_thousand_yen"]].iterrows():
                label, found = f"{row[key]}/{row['purpose']}", str(row[part])
                yield Problem(name, "is more than the total", "correct one of the two", label, part, found)


def _bodies(tables: Tables) -> Problems:
    bodies = tables["bodies_today"]
    for column in ("function", "source"):
        counts = bodies.groupby("body_id")[column].nunique()
        for body in counts.index[counts > 1]:
            message, remedy = f"has more than one {column}", "give each its own body_id"
            yield Problem("bodies_today", message, remedy, str(body), column)
    for body, members in bodies.groupby("body_id")["code"]:
        if len(members) == 1:
            message, remedy = "has one member", "add its partners, or remove the row"
            yield Problem("bodies_today", message, remedy, str(body), "code", members.iloc[0])
    doubled = bodies[bodies.duplicated(["function", "code", "source"])]
    for row in doubled.itertuples():
        message = f"is in another {row.source} body of {row.function} already"
        yield Problem(
            "bodies_today", message, "keep it in one", f"{row.body_id}/{row.code}", "code", str(row.code)
        )
    yield from _status(bodies, tables["joint_today"])


def _status(bodies: pd.DataFrame, joint: pd.DataFrame) -> Problems:
    """Members of inferred bodies are joint in joint_today; a declared body says itself that they are."""
    inferred = bodies[bodies["source"] != DECLARED]
    found = inferred.merge(joint[["code", "function", "status"]], on=["code", "function"])
    for row in found[found["status"] != JOINT].itertuples():
        message = f"is {row.status} in joint_today.csv, not joint"
        remedy = "correct one of the two, or write source declared"
        yield Problem("bodies_today", message, remedy, f"{row.body_id}/{row.code}", "code", str(row.code))


def far_bodies(tables: Tables) -> Problems:
    """Inferred bodies do not fall into parts far from each other. A town hall that is misplaced makes them seem to: it
    is told beside them."""
    bodies, places = tables["bodies_today"], tables["municipalities"].set_index("code")
    offices = bodies[bodies["source"] != DECLARED].join(
        places[["office_lon_deg", "office_lat_deg"]], on="code"
    )
    by_body = offices.groupby("body_id")[["office_lon_deg", "office_lat_deg"]]
    span = (by_body.max() - by_body.min()).astype(float).sum(
        axis=1
    ) * KM_PER_DEGREE  # no less than any distance
    for body in span.index[span > FARTHEST_KM]:
        rows = offices[offices["body_id"] == body].dropna()
        if len(rows) > 1 and (gap := widest_gap_km(rows)) > FARTHEST_KM:
            message = f"falls into parts {gap:,.0f} km from each other"
            remedy = "correct its members, or write source declared"
            yield Problem("bodies_today", message, remedy, str(body), "code")


def widest_gap_km(places: pd.DataFrame) -> float:
    """The longest step on the shortest way through all offices: how far the farthest part lies from the others."""
    lon, lat = (np.radians(places[f"office_{name}_deg"].to_numpy(float)) for name in ("lon", "lat"))
    half = np.sin((lat[:, None] - lat) / 2) ** 2
    half = half + np.cos(lat)[:, None] * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    km = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    reach, left, widest = km[0].copy(), set(range(1, len(km))), 0.0
    while left:  # the nearest of those left joins those reached
        nearest = min(left, key=lambda at: reach[at])
        widest = max(widest, float(reach[nearest]))
        left.discard(nearest)
        reach = np.minimum(reach, km[nearest])
    return widest
