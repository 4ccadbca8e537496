"""The independent groups and parts on one and on two processes, on a long list of bodies.

`python -m benchmarks.processes` writes one row a number of processes: seconds in which they work, objective.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
from scipy import sparse

from benchmarks.ladder import ladder
from benchmarks.question import question
from benchmarks.studies import write
from optimization.case.face import DEFAULT_CASE
from optimization.case.load import load_case
from optimization.outcome.question import laid_out
from optimization.outcome.run import answer
from optimization.outcome.terms import DECOMPOSED, Terms
from optimization.solving import workers
from optimization.solving.covering import most_gained
from optimization.solving.highs import Limits

RUNG = "connected_4"


def main() -> None:
    """Time what the groups and parts take, the processes started before."""
    case = load_case(DEFAULT_CASE)
    package = question(case, ladder()[RUNG], [])
    each, rows = workers.each, []
    for processes in (1, 2):
        spent = {"seconds": 0.0}

        def timed(*task: Any, spent: dict[str, float] = spent) -> Any:
            started = time.perf_counter()
            done = each(*task)
            spent["seconds"] += time.perf_counter() - started
            return done

        nothing = (sparse.csr_matrix((1, 1)), np.zeros(1), 1)
        each(most_gained, [nothing] * 8, processes)  # so that every process has what it needs
        with patch.object(workers, "each", timed):
            terms = Terms(replace(Limits(), threads=processes), DECOMPOSED)
            found = answer(laid_out(case, package), package, terms)
        outcome = found.result.outcome
        rows.append(
            {
                "instance": RUNG,
                "processes": processes,
                "seconds_of_groups_and_parts": round(spent["seconds"], 3),
                "objective_million_yen": outcome.objective,
                "bound_million_yen": outcome.bound,
                "gap": outcome.gap,
            }
        )
        print(rows[-1], flush=True)
    write("processes.csv", rows)


if __name__ == "__main__":
    main()
