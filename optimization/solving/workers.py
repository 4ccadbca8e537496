"""Independent tasks on several processes, one solver thread each.

Every task is solved alone with its own limits, so that the answers do not depend on how many
processes there are. The processes are spawned (a fork after HiGHS has run hangs), know nothing but
the arrays they are sent, and stay for the next call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Answer = TypeVar("Answer")

IDLE_SECONDS = 60
FEW = 4
"""Tasks below which sending them away costs more than it saves."""


def each(function: Callable[..., Answer], tasks: Sequence[tuple[Any, ...]], processes: int) -> list[Answer]:
    """`function(*task)` for every task, in their order; list the longest first."""
    if processes <= 1 or len(tasks) < FEW:
        return [function(*task) for task in tasks]
    executor = _executor(processes)
    return [future.result() for future in [executor.submit(function, *task) for task in tasks]]


def _executor(processes: int) -> Any:
    from loky import get_reusable_executor

    return get_reusable_executor(max_workers=processes, timeout=IDLE_SECONDS)
