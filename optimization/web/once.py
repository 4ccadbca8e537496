"""Answers that are worked out once, however many ask for them at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
Answer = TypeVar("Answer")


def once(most: int) -> Callable[[Callable[P, Answer]], Callable[P, Answer]]:
    """Remember the last `most` answers of a function. Who asks while one is worked out waits for it: `lru_cache` alone
    would let fifty readers of a cold page read the whole country fifty times."""

    def remembered(function: Callable[P, Answer]) -> Callable[P, Answer]:
        lock, known = threading.RLock(), lru_cache(maxsize=most)(function)

        @wraps(function)
        def answer(*args: P.args, **kwargs: P.kwargs) -> Answer:
            with lock:
                return known(*args, **kwargs)  # type: ignore[arg-type]

        return answer

    return remembered
