"""Allocation formulas as arithmetic: one module per family behind one face.

    transfers(position, instance) -> array (G,), million yen; negative where a government pays

A family sees a `Position` only. Means are taken within a tier; a government of two tiers (Tokyo with
its wards) is held against the sum of both tiers' means.
"""

from __future__ import annotations

from optimization.ledger.formulas import (
    australia_hfe,
    canada_rts,
    germany_horizontal,
    guarantee_and_equalisation,
    japan_lat,
    nordic,
    per_capita,
    switzerland_nfa,
)
from optimization.ledger.formulas.position import Position

FAMILIES = {
    "japan_lat": japan_lat,
    "guarantee_and_equalisation": guarantee_and_equalisation,
    "canada_rts": canada_rts,
    "australia_hfe": australia_hfe,
    "germany_horizontal": germany_horizontal,
    "switzerland_nfa": switzerland_nfa,
    "nordic": nordic,
    "per_capita": per_capita,
}

NEED_FAMILIES = ("japan_lat", "australia_hfe", "nordic")
"""Families whose transfers follow need, and so the responsibilities that are decided."""

ENVELOPE_FAMILIES = ("canada_rts", "australia_hfe", "per_capita")
"""Families that share out their tier's part of the pool, whatever is asked for."""

__all__ = ["ENVELOPE_FAMILIES", "FAMILIES", "NEED_FAMILIES", "Position"]
