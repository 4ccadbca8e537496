"""The data dictionary: unit, default, bounds and meaning of everything a user may write."""

from __future__ import annotations

from optimization.dictionary.settings import (
    Setting,
    canonical,
    check_value,
    load_settings,
    nearest,
    status_quo,
)

__all__ = ["Setting", "canonical", "check_value", "load_settings", "nearest", "status_quo"]
