"""Every number the model rests on that is not an official figure: where it is from, and its range."""

from __future__ import annotations

import pandas as pd

from optimization.dictionary.parameters import parameter_label

ALL_SERVICES = "all"


def parameter_table(parameters: pd.DataFrame) -> pd.DataFrame:
    """One row for each parameter: label, number of services it is given for, unit, smallest low, the span of central
    values, largest high, marks and sources. `parameters` is the case's table as text."""
    rows = []
    for name, part in parameters.groupby("parameter", sort=True):
        numbers = part[["low", "central", "high"]].apply(pd.to_numeric)
        rows.append(
            {
                "parameter": name,
                "label": parameter_label(str(name), "en"),
                "services": len(part) if (part["service"] != "").any() else ALL_SERVICES,
                "unit": " or ".join(sorted(set(part["unit"]))),
                "low": numbers["low"].min(),
                "central_least": numbers["central"].min(),
                "central_most": numbers["central"].max(),
                "high": numbers["high"].max(),
                "marks": ", ".join(f"{count} {mark}" for mark, count in part["mark"].value_counts().items()),
                "sources": " | ".join(dict.fromkeys(part["source"])),
            }
        )
    return pd.DataFrame(rows)
