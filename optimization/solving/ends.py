"""How a solve may end, and the most that may be asked of one: for who speaks of it and starts no solver."""

from __future__ import annotations

from enum import StrEnum

MOST_SECONDS, MOST_THREADS, MOST_SEED = 1e7, 1024, 2**31 - 1
"""Beyond these HiGHS ignores the option, or the record cannot hold the number."""


class Status(StrEnum):
    """What a solve has established; `applied` where nothing was solved, because the decision was given."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    INCUMBENT = "stopped_with_incumbent"
    NOTHING = "stopped_without_incumbent"
    FAILED = "solver_failure"
    APPLIED = "applied"
