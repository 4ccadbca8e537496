"""POST /api/range: what a decision saves where the numbers that are not known are others.

The draws are those of a run of the same decision, and so are the figures. It takes longer than the accounts, so that it
is asked by itself, once a draft is let stand; a draft that breaks a limit has its range too, for it is shown beside its
saving.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict

from optimization.web.api import Asked, case_of_question, counted


class RangeAnswered(BaseModel):
    """Low end, middle and high end of what is saved really and in budgets, of nine in ten of so many joint draws; null
    where no number of the costs is marked as one that is not known."""

    model_config = ConfigDict(extra="forbid")

    draws: int
    real_million_yen: dict[str, float] | None
    budgets_million_yen: dict[str, float] | None


def range_answered(asked: Asked) -> dict[str, Any]:
    """The answer to a question about the range of a saving. Raises `InputError` with every fault of what is asked."""
    whole, _ = case_of_question(asked)
    found = replace(counted(asked), whole=whole).saved_in_draws
    if found is None:
        return {"draws": 0, "real_million_yen": None, "budgets_million_yen": None}
    return {key: found.record[key] for key in RangeAnswered.model_fields}
