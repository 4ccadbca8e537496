"""How well a scale curve foretells the official needs, by size band, in sample and cross-validated.

The relative error of a government is curve(scale) x scale / cost - 1: positive where the curve asks for more
than the official need. Medians are used throughout, because islands are outliers by nature, not by error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from optimization.costs.curves import MINIMUM_OBSERVATIONS, Floats, fit_curve, usable_rows

FOLDS = 10
BAND_EDGES = (3e3, 5e3, 10e3, 30e3, 50e3, 100e3, 200e3, 300e3, 500e3)
BAND_LABELS = (
    "<3k", "3-5k", "5-10k", "10-30k", "30-50k", "50-100k", "100-200k", "200-300k", "300-500k", ">500k",
)  # fmt: skip
ALL = "all"


def fit_report(
    scale: ArrayLike,
    cost: ArrayLike,
    codes: Sequence[str],
    edges: Sequence[float] = BAND_EDGES,
    labels: Sequence[str] = BAND_LABELS,
) -> pd.DataFrame:
    """Errors of the fitted curve, a row per size band (an edge belongs to the band above it) and one for all.

    `scale` [n] persons or the service's own unit, `cost` [n] million yen, `codes` [n] government codes:
    they decide the folds, so the order of the rows does not matter. `edges` [k] and `labels` [k + 1] cut
    `scale` into bands; give others when the unit is not persons. Governments without a cost are left out.

    Columns: size_band; n (governments with a cost); median_abs_error and bias (median signed error) in
    sample; median_abs_error_cv and bias_cv out of sample, 10 folds. Errors are shares (0.1 = 10%), missing
    for an empty band or when a fold leaves too few rows to fit.

    Raises ValueError as `fit_curve` does, and for codes, edges or labels that do not match.
    """
    if len(codes) != np.size(scale):
        raise ValueError(f"codes must be as long as scale, found {len(codes)} and {np.size(scale)}")
    if len(labels) != len(edges) + 1 or (np.diff(edges) <= 0).any():
        raise ValueError("edges must rise, and labels must be one more than edges")
    kept_scale, kept_cost, _ = usable_rows(scale, cost)
    kept_codes = np.asarray(codes, dtype=str)[np.asarray(cost, dtype=float) > 0]
    errors = pd.DataFrame(
        {
            "size_band": np.asarray(labels, dtype=object)[np.searchsorted(edges, kept_scale, side="right")],
            "error": fit_curve(kept_scale, kept_cost).per_unit(kept_scale) * kept_scale / kept_cost - 1,
            "error_cv": cross_validated_error(kept_scale, kept_cost, kept_codes),
        }
    )
    bands = [errors[errors["size_band"] == label] for label in labels]
    return pd.DataFrame(
        [_summary(name, rows) for name, rows in zip([*labels, ALL], [*bands, errors], strict=True)]
    )


def report_all(inputs: Mapping[str, tuple[ArrayLike, ArrayLike, Sequence[str]]]) -> pd.DataFrame:
    """`fit_report` of every service, one below the other.

    `inputs` maps a service to its (scale, cost, codes). Columns: service, size_band, n, median_abs_error,
    median_abs_error_cv, bias_cv (shares). Raises ValueError, naming the service, as `fit_report` does.
    """
    columns = ["service", "size_band", "n", "median_abs_error", "median_abs_error_cv", "bias_cv"]
    tables = [pd.DataFrame(columns=columns)] if not inputs else []
    for service, (scale, cost, codes) in inputs.items():
        try:
            table = fit_report(scale, cost, codes)
        except ValueError as fault:
            raise ValueError(f"{service}: {fault}") from fault
        tables.append(table.assign(service=service)[columns])
    return pd.concat(tables, ignore_index=True)


def cross_validated_error(scale: Floats, cost: Floats, codes: ArrayLike) -> Floats:
    """Relative error [n] of each government under a curve fitted to the other folds (share of its cost).

    `scale` [n], `cost` [n] million yen, all positive; `codes` [n]. Missing where the other folds hold fewer
    rows than a fit needs. Raises ValueError as `fit_curve` does.
    """
    folds = fold_of(codes)
    errors = np.full(len(scale), np.nan)
    for fold in np.unique(folds):
        held = folds == fold
        if (~held).sum() >= MINIMUM_OBSERVATIONS:
            curve = fit_curve(scale[~held], cost[~held])
            errors[held] = curve.per_unit(scale[held]) * scale[held] / cost[held] - 1
    return errors


def fold_of(codes: ArrayLike) -> NDArray[np.int64]:
    """Fold 0 to 9 of each code [n], by a hash of the code alone: the same on every machine and in any order."""
    digests = [hashlib.blake2b(str(code).encode(), digest_size=8).digest() for code in np.asarray(codes)]
    return np.array([int.from_bytes(digest) % FOLDS for digest in digests], dtype=np.int64)


def _summary(size_band: str, rows: pd.DataFrame) -> dict[str, object]:
    """One row of `fit_report` from the errors of a band."""
    return {
        "size_band": size_band,
        "n": len(rows),
        "median_abs_error": rows["error"].abs().median(),
        "median_abs_error_cv": rows["error_cv"].abs().median(),
        "bias": rows["error"].median(),
        "bias_cv": rows["error_cv"].median(),
    }
