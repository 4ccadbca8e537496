"""The second route for observed sharing: what bodies are worth to their members, reckoned from the written features."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

TABLE = "observed_sharing"
ROUNDING = 1e-9
Tables = Mapping[str, pd.DataFrame]


def worth(tables: Tables, year: int | None = None) -> float:
    """Worth of all bodies in a year (the first without one), before its weight: coefficient x the members' sum of every
    feature; 0 of a run whose objective does not ask."""
    if TABLE not in tables:
        return 0.0
    table = tables[TABLE]
    here = table[table["year"] == (table["year"].min() if year is None else year)]
    return float((here["coefficient"] * here["of_members"]).sum())


def told_as_it_is(tables: Tables) -> bool:
    """Whether every worth is its coefficient times its sum, one service has one coefficient of a feature, and in the
    first year all bodies that provide one of the services are told of, and no other."""
    table = tables[TABLE]
    product = table["coefficient"] * table["of_members"]
    agree = bool((product - table["worth"]).abs().le(ROUNDING * (1.0 + product.abs())).all())
    agree &= bool((table.groupby(["service", "feature"])["coefficient"].nunique() == 1).all())
    first = table[table["year"] == table["year"].min()]
    told, services = set(zip(first["body"], first["service"], strict=True)), set(first["service"])
    bodies = tables["bodies"]
    provide = {
        (body, service)
        for body, names in zip(bodies["body"], bodies["services"], strict=True)
        for service in names.split("|")
        if service in services
    }
    return agree and told == provide
