"""Distances between town halls.

Straight-line distances on the sphere, made into road distances by the detour factor of the case;
the case has no road network (islands: a trip to a hub on another island is as far as the crow flies).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimization.case.case import Case

EARTH_RADIUS_KM = 6371.0088


def straight_km(municipalities: pd.DataFrame) -> np.ndarray:
    """Great-circle distances between all town halls, km, shape (I, I), in table order."""
    longitude = np.radians(municipalities["office_lon_deg"].to_numpy(float))
    latitude = np.radians(municipalities["office_lat_deg"].to_numpy(float))
    half = np.sin((latitude[:, None] - latitude[None, :]) / 2) ** 2
    half += np.cos(latitude)[:, None] * np.cos(latitude) * np.sin((longitude[:, None] - longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))


def town_hall_km(case: Case) -> np.ndarray:
    """Great-circle distances between all town halls of a case, km, shape (I, I); worked out once."""
    return case.once("km between town halls", lambda: straight_km(case.municipalities))


def travel_minutes(km: np.ndarray, case: Case) -> np.ndarray:
    """Door-to-door minutes for straight-line km: detour factor, then the case's travel speed."""
    return km * case.parameters("detour_factor") / case.parameters("travel_speed_km_per_hour") * 60.0


def medical_area_of(case: Case) -> pd.Series:
    """The secondary medical area of most of the people of each municipality that has one, by code."""
    areas = case.medical_areas.sort_values("population_share", ascending=False).drop_duplicates("code")
    return areas.set_index("code")["medical_area_code"]


def branch_area(case: Case) -> pd.Series:
    """The area in which a prefecture, bloc or nation serves each municipality from one branch office: the part of its
    secondary medical area in the same prefecture, by code."""
    frame = case.municipalities[["prefecture_code"]].join(medical_area_of(case), validate="one_to_one")
    return frame["prefecture_code"] + "/" + frame["medical_area_code"]


def branch_office(case: Case) -> pd.Series:
    """Seat of the branch office of each municipality: the most populous municipality of its branch area (code -> code
    of the seat)."""
    area = branch_area(case)
    largest = case.municipalities["population_persons"].groupby(area).idxmax()
    return area.map(largest).rename("seat")


def branch_km(case: Case, km: np.ndarray) -> np.ndarray:
    """Straight-line km from each town hall to its branch office, shape (I,)."""
    seats = case.codes.get_indexer(branch_office(case).reindex(case.codes))
    return km[np.arange(len(seats)), seats]
