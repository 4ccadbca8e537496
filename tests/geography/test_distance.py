"""Distances on the sphere, minutes on the road, and the seats of branch offices."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from optimization.case.case import Case
from optimization.geography.distance import (
    EARTH_RADIUS_KM,
    branch_km,
    branch_office,
    straight_km,
    travel_minutes,
)
from tests.small_case import Service, Town, make_case


def halls(*points: tuple[float, float]) -> pd.DataFrame:
    longitude, latitude = zip(*points, strict=True)
    return pd.DataFrame({"office_lon_deg": longitude, "office_lat_deg": latitude})


def test_great_circles_by_hand() -> None:
    """A quarter of the equator, pole to equator, antipodes; a degree of longitude at 60 degrees north."""
    km = straight_km(halls((0, 0), (90, 0), (0, 90), (180, 0), (0, 60), (1, 60)))
    quarter = np.pi / 2 * EARTH_RADIUS_KM
    assert [km[0, 1], km[0, 2], km[0, 3]] == pytest.approx([quarter, quarter, 2 * quarter])
    half_chord = np.cos(np.radians(60)) * np.sin(np.radians(0.5))
    assert km[4, 5] == pytest.approx(2 * EARTH_RADIUS_KM * np.arcsin(half_chord))


def test_tokyo_to_osaka_is_about_four_hundred_kilometres() -> None:
    """Town halls at 139.6917 E 35.6895 N and 135.5200 E 34.6863 N."""
    km = straight_km(halls((139.6917, 35.6895), (135.5200, 34.6863)))
    assert km[0, 1] == pytest.approx(397, abs=2)


def test_distances_are_symmetric_zero_at_home_and_keep_the_triangle() -> None:
    draw = np.random.default_rng(0)
    points = zip(draw.uniform(125, 145, 12), draw.uniform(25, 45, 12), strict=True)
    km = straight_km(halls(*points))
    assert np.allclose(km, km.T) and (np.diag(km) == 0).all()
    assert (km[:, None, :] <= km[:, :, None] + km[None, :, :] + 1e-9).all()


def test_minutes_follow_detour_and_speed() -> None:
    """14 km in a straight line, 1.5 times as far by road, at 35 km/h: 36 minutes."""
    case = make_case(
        [Town("01201")],
        [Service("fire")],
        parameters={"detour_factor": 1.5, "travel_speed_km_per_hour": 35.0},
    )
    assert travel_minutes(np.array([0.0, 14.0]), case) == pytest.approx([0.0, 36.0])


def towns() -> Case:
    return make_case(
        [
            Town("01201", 10_000, east_km=0, area="0101"),
            Town("01202", 90_000, east_km=10, area="0101"),
            Town("01203", 50_000, east_km=40, area="0102"),
            Town("01204", 20_000, east_km=47, area="0102"),
            Town("02201", 99_000, east_km=60, area="0102"),  # the same name of an area, another prefecture
        ],
        [Service("fire")],
    )


def test_the_seat_is_the_largest_town_of_the_area_within_the_prefecture() -> None:
    seats = branch_office(towns())
    assert seats.to_dict() == {
        "01201": "01202",
        "01202": "01202",
        "01203": "01203",
        "01204": "01203",
        "02201": "02201",
    }
    case = towns()
    assert branch_km(case, straight_km(case.municipalities)) == pytest.approx([10, 0, 0, 7, 0])


def test_a_town_in_two_areas_goes_where_most_of_its_people_live() -> None:
    case = towns()
    extra = pd.DataFrame({"code": ["01204"], "medical_area_code": ["0101"], "population_share": [0.6]})
    split = case.medical_areas.copy()
    split.loc[split["code"] == "01204", "population_share"] = 0.4
    object.__setattr__(case, "medical_areas", pd.concat([split, extra], ignore_index=True))
    assert branch_office(case)["01204"] == "01202"
