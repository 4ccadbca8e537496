"""Preferences that bodies of today show: what makes a municipality share a service. Optional; written by `estimate`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from optimization.errors import Problem

TABLE = "sharing_preferences"
PRICED = ("scale", "distance", "coordination", "fixed", "taste")
BESIDE = ("county", "medical_area", "largest", "partner_size", "own_size", "density", "joining")
FEATURES = (*PRICED, *BESIDE)
ASKED = "asked"
"""What a member asks of a body beside all features, so that as many people are served jointly as today."""

KEY = ["function", "feature"]
Tables = Mapping[str, pd.DataFrame]


def preferences_from(tables: Tables) -> pd.DataFrame:
    """The table by function and feature; empty where the case has none."""
    return tables[TABLE].sort_values(KEY, ignore_index=True)


def preference_problems(tables: Tables) -> Iterator[Problem]:
    """Every function of the table has every feature and what is asked, of one service, which is its service of
    `joint_today`; every value lies within its interval."""
    table, joint = tables[TABLE], tables["joint_today"]
    named = joint.drop_duplicates(["function", "service"]).drop_duplicates("function", keep=False)
    service_of = named.set_index("function")["service"].to_dict()  # one of two services has its own fault
    for function, rows in table.groupby("function"):
        for feature in sorted({*FEATURES, ASKED} - set(rows["feature"])):
            message, remedy = (
                f"has no row {feature} for the function",
                "solve.py estimate --write makes it anew",
            )
            yield Problem(TABLE, message, remedy, str(function), "feature")
        if rows["service"].nunique() > 1:
            message, remedy = "is of different services", "name one service for the function"
            yield Problem(
                TABLE, message, remedy, str(function), "service", ", ".join(sorted(set(rows["service"])))
            )
        elif function in service_of and service_of[function] != rows["service"].iloc[0]:
            message = f"is {service_of[function] or 'part of none'} in joint_today.csv"
            named = str(rows["service"].iloc[0])
            yield Problem(
                TABLE, message, "name one service for the function", str(function), "service", named
            )
    for row in table[~((table["low"] <= table["value"]) & (table["value"] <= table["high"]))].itertuples():
        message, remedy = (
            f"lies outside its interval {row.low:g} to {row.high:g}",
            "want low <= value <= high",
        )
        yield Problem(TABLE, message, remedy, f"{row.function}/{row.feature}", "value", f"{row.value:g}")
