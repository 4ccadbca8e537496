"""What may come of a spoilt input that is not refused."""

from __future__ import annotations

EQUAL, CHANGED = "equal", "changed"
"""It means what the original meant; it means something else and was taken."""


class BrokenError(AssertionError):
    """An input was taken that breaks a promise, or was refused in the wrong way."""
