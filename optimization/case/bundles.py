"""Bundles: related services that work on the same people or things, and what it costs when two tiers answer for them.

What a bundle costs that is apart is an assumption. It joins the table of parameters (`first+second.joint_work_rate`),
so that packages and sensitivity analysis reach it like every other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from optimization.errors import Problem

JOINT_WORK = "joint_work_rate"
UNIT = "ratio of the smaller standard cost"
RATES = ("rate_low", "rate_central", "rate_high")
Tables = Mapping[str, pd.DataFrame]


def bundle_name(first: str, second: str) -> str:
    """How a bundle of two services is called."""
    return f"{first}+{second}"


def bundles_of(tables: Tables) -> pd.DataFrame:
    """The bundles of a case by name: service_a, service_b; the tables have passed `bundle_problems`."""
    table = tables["bundles"].sort_values(["service_a", "service_b"], ignore_index=True)
    names = [bundle_name(a, b) for a, b in zip(table["service_a"], table["service_b"], strict=True)]
    return table[["service_a", "service_b"]].set_axis(pd.Index(names, name="bundle", dtype=object))


def bundle_parameters(tables: Tables) -> pd.DataFrame:
    """The rate of every bundle as a row of the table of parameters."""
    table = tables["bundles"].sort_values(["service_a", "service_b"])
    rows = [
        {
            "parameter": JOINT_WORK,
            "service": bundle_name(row.service_a, row.service_b),
            "unit": UNIT,
            "low": row.rate_low,
            "central": row.rate_central,
            "high": row.rate_high,
            "mark": row.mark,
            "source": row.source,
        }
        for row in table.itertuples()
    ]
    return pd.DataFrame(rows, columns=tables["parameters"].columns)


def bundle_problems(tables: Tables) -> Iterator[Problem]:
    """Two services make a bundle, once whichever stands first; its range is in order."""
    seen: dict[frozenset[str], str] = {}
    for row in tables["bundles"].itertuples():
        label = f"{row.service_a}/{row.service_b}"
        pair = frozenset((row.service_a, row.service_b))
        if len(pair) == 1:
            message, remedy = "is a bundle of a service with itself", "name two services"
            yield Problem("bundles", message, remedy, label, "service_b", row.service_b)
        elif pair in seen:
            message, remedy = f"stands the other way round already: {seen[pair]}", "keep one of the two"
            yield Problem("bundles", message, remedy, label, "service_a, service_b", label)
        seen.setdefault(pair, label)
        if not row.rate_low <= row.rate_central <= row.rate_high:
            found = f"{row.rate_low:g}, {row.rate_central:g}, {row.rate_high:g}"
            message, remedy = "the range is not in order", "want low <= central <= high"
            yield Problem("bundles", message, remedy, label, ", ".join(RATES), found)
