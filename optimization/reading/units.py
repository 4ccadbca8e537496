"""Units in one another: `A_IN_B` is one A told in B. A name has one meaning, wherever money is turned."""

from __future__ import annotations

YEN_IN_MILLION = 1e-6
YEN_IN_THOUSAND = 1e-3
"""What rows in thousand yen per resident multiply amounts in yen with."""

MILLION_IN_YEN = 1e6
MILLION_IN_THOUSAND = 1_000
MILLION_IN_BILLION = 1e-3
"""What rows in billion yen multiply amounts in million yen with."""

BILLION_IN_THOUSAND = 1e6
BILLION_IN_MILLION = 1e3
TRILLION_IN_MILLION = 1e6


def billions(million_yen: float) -> float:
    """An amount of million yen in billion yen."""
    return million_yen / BILLION_IN_MILLION


def trillions(million_yen: float) -> float:
    """An amount of million yen in trillion yen."""
    return million_yen / TRILLION_IN_MILLION
