"""Points and outlines on the sphere, as far as the checks of a case need them: kilometres, areas, what lies inside."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

KM_PER_DEGREE = 111.195
"""A sphere of 6,371 km."""

THOUSANDTHS = 1_000.0


def km_between(lon_a: Any, lat_a: Any, lon_b: Any, lat_b: Any) -> Any:
    """Distance of two points (degrees; numbers or arrays of one length), kilometres; right to a percent in Japan."""
    east = (lon_a - lon_b) * np.cos(np.radians((lat_a + lat_b) / 2))
    return np.hypot(east, lat_a - lat_b) * KM_PER_DEGREE


def rings_of(outlines: pd.DataFrame) -> dict[str, list[np.ndarray]]:
    """Rings of every outline by code: points in degrees, [point, (lon, lat)]."""
    found: dict[str, list[np.ndarray]] = {}
    for code, points in outlines[["code", "points"]].itertuples(index=False):
        ring = np.array(points.split(), dtype=float).reshape(-1, 2).cumsum(axis=0) / THOUSANDTHS
        found.setdefault(code, []).append(ring)
    return found


def area_km2(rings: list[np.ndarray]) -> float:
    """Area within the rings of an outline; those that run the other way are holes."""
    total = 0.0
    for ring in rings:
        lon, lat = ring.T
        x = lon * math.cos(math.radians(float(lat.mean())))
        total += float(np.dot(x, np.roll(lat, -1)) - np.dot(lat, np.roll(x, -1))) / 2 * KM_PER_DEGREE**2
    return abs(total)


def km_outside(lon: float, lat: float, rings: list[np.ndarray]) -> float:
    """How far a point lies outside an outline, kilometres to its nearest corner; 0 inside."""
    inside = False
    for ring in rings:
        x, y = ring.T
        next_x, next_y = np.roll(x, -1), np.roll(y, -1)
        crosses = (y > lat) != (next_y > lat)
        if crosses.any():
            at = x[crosses] + (lat - y[crosses]) * (next_x - x)[crosses] / (next_y - y)[crosses]
            inside ^= bool((at > lon).sum() % 2)
    if inside:
        return 0.0
    return min(float(km_between(lon, lat, ring[:, 0], ring[:, 1]).min()) for ring in rings)


def km_outside_box(lon: float, lat: float, rings: list[np.ndarray]) -> float:
    """How far a point lies outside the smallest box of meridians and parallels that holds an outline, kilometres."""
    low = np.min([ring.min(axis=0) for ring in rings], axis=0)
    high = np.max([ring.max(axis=0) for ring in rings], axis=0)
    east, north = np.clip([lon, lat], low, high)
    return float(km_between(lon, lat, east, north))
