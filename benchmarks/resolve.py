"""A limit changed on the whole country: answered in place against from the beginning.

`python -m benchmarks.resolve` writes one row a change: seconds both ways, objectives, bound.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from benchmarks.studies import write
from optimization.case.face import DEFAULT_CASE, load_package
from optimization.case.load import load_case
from optimization.dictionary.settings import with_values
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.outcome.session import Session
from optimization.outcome.solve import solve
from optimization.solving.highs import Limits


def changes(settings: Settings) -> Iterator[tuple[SettingKey, float]]:
    """Twenty changes of one limit each, none of them off or on."""
    pool, nation = settings["pool.ordinary_million_yen"], settings["nation.limit_million_yen"]
    for factor in (0.99, 0.97, 0.95, 0.93, 0.91, 0.89, 1.02):
        yield "pool.ordinary_million_yen", factor * pool
    for floor in (0.96, 0.97, 0.98, 0.985, 0.99):
        yield "equity.adequacy_floor", floor
    for factor in (1.001, 1.002, 1.005, 1.01, 1.02):
        yield "nation.limit_million_yen", factor * nation
    for floor in (0.24, 0.245, 0.25):
        yield "discipline.retention_floor", floor


def main() -> None:
    """Solve the default package, then every change in place and from the beginning."""
    case = load_case(DEFAULT_CASE)
    package = load_package(case)
    limits = Limits()
    session = Session(case, limits=limits)
    session.solve(package)
    rows = []
    for key, value in changes(package.settings):
        asked = replace(package, settings=with_values(package.settings, {key: value}))
        started = time.perf_counter()
        found = session.solve(asked)
        middle = time.perf_counter()
        anew = solve(case, asked, limits=limits, method="decomposed")
        ended = time.perf_counter()
        rows.append(
            {
                "setting": key,
                "value": value,
                "method": found.method,
                "seconds_in_place": round(middle - started, 3),
                "seconds_from_the_beginning": round(ended - middle, 3),
                "objective_in_place_million_yen": found.outcome.objective,
                "objective_from_the_beginning_million_yen": anew.outcome.objective,
                "bound_in_place_million_yen": found.outcome.bound,
                "gap_in_place": found.outcome.gap,
            }
        )
        print(key, value, found.method, *list(rows[-1].values())[3:5], flush=True)
    write("resolve.csv", rows)


if __name__ == "__main__":
    main()
