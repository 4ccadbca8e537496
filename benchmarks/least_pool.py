"""The least pool that the base package can keep: `python -m benchmarks.least_pool`.

Minimises the ordinary allocation tax itself, over every statute and formula the package allows, with the pool
left open. The rung `pool_tight` gives 1% more.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from benchmarks.ladder import ladder
from benchmarks.programs import Stopwatch, built, index_tables
from optimization.case.face import DEFAULT_CASE
from optimization.case.load import load_case
from optimization.solving.highs import Limits, solve
from optimization.solving.standard_form import StandardForm


def least_transfers(form: StandardForm, limits: Limits) -> tuple[float, float]:
    """Least sum of the transfers, with row F5 open, and the bound on it, million yen.

    Raises RuntimeError when no plan is found within the limits.
    """
    families = np.array([row.parent_component().local_name for row in form.constraints])
    transfer = [variable.parent_component().local_name == "transfer" for variable in form.variables]
    open_pool = replace(
        form,
        cost=np.array(transfer, dtype=float),
        constant=0.0,
        row_upper=np.where(families == "F5", np.inf, form.row_upper),
    )
    outcome = solve(open_pool, limits)
    if outcome.values is None:
        raise RuntimeError("no plan was found within the time limit: give it more")
    return outcome.objective, outcome.bound


def main() -> None:
    """Print the least pool and the rung's."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.least_pool", description=__doc__)
    parser.add_argument("--limit", type=float, default=600.0, metavar="SECONDS")
    parser.add_argument("--gap", type=float, default=1e-4, metavar="G")
    asked = parser.parse_args()
    watch = Stopwatch()
    table = index_tables(load_case(DEFAULT_CASE), ladder()["base"], (), watch)
    least, bound = least_transfers(built(table, watch), Limits(gap=asked.gap, seconds=asked.limit))
    corrections = float(table.instance.residual.sum())
    pool = table.instance.settings["pool.ordinary_million_yen"]
    print(f"least {least + corrections:,.0f}, at least {bound + corrections:,.0f} million yen")
    print(f"with 1% more {1.01 * (least + corrections):,.0f}; the package's pool {pool:,.0f}")


if __name__ == "__main__":
    main()
