"""Maps: where a ring is drawn, which class it gets, what the lines join."""

from __future__ import annotations

import re
from math import cos, radians

import pandas as pd
import pytest
from report_runs import REPO, example

from optimization.case.load import load_case
from optimization.report import maps
from optimization.report.maps import Inset, class_of, drawing


def test_a_square_by_hand() -> None:
    """A square of 0.1 degree at 35 north: 0.1 x 111.195 km x 2 units = 22 high, times cos(35.05) = 18 wide, after a
    margin of 20."""
    outlines = pd.DataFrame({"code": ["1"], "ring": [1], "points": ["135000 35000 100 0 0 100 -100 0"]})
    plan = drawing(outlines)
    wide, high = round(22.239 * cos(radians(35.05))), 22
    assert plan.paths == {"1": f"M20 {20 + high}l{wide} 0l0-{high}l-{wide} 0z"}
    assert (round(plan.width), round(plan.height)) == (40 + wide, 40 + high)
    assert plan.point(135.0, 35.1) == (20, 20)
    assert plan.frames == []


def test_far_islands_are_drawn_nearer_in_a_frame() -> None:
    """Naha (127.7, 26.2) is shifted into the Sea of Japan, north of where Okinawa lies; Sapporo is not."""
    points = {"47201": "127650 26200 50 0 0 50 -50 0", "01100": "141300 43000 100 0 0 100 -100 0"}
    plan = drawing(pd.DataFrame({"code": [*points], "ring": [1, 1], "points": [*points.values()]}))
    inset = maps.INSETS[0]
    unit = maps.KM_PER_DEGREE * maps.UNITS_PER_KM
    naha, sapporo = plan.point(127.65, 26.2), plan.point(141.3, 43.0)
    assert sapporo[1] - naha[1] == pytest.approx((26.2 + inset.shift_north - 43.0) * unit, abs=2)
    assert sapporo[0] - naha[0] == pytest.approx(
        (141.3 - 127.65 - inset.shift_east) * unit * plan.scale, abs=2
    )
    (x, y, width, height), *none = plan.frames
    assert not none and x <= naha[0] <= x + width and y <= naha[1] <= y + height


def test_no_frame_lies_on_land() -> None:
    """The frames of the national map hold islands of their own only."""
    case = load_case(REPO / "inputs" / "japan-2022")
    plan = drawing(case.outlines)
    assert set(plan.paths) == set(case.codes) and len(plan.frames) == 2
    offices = case.municipalities[["office_lon_deg", "office_lat_deg"]].itertuples()
    for code, lon, lat in offices:
        moved = any(
            Inset.holds(i, pd.Series([lon]).to_numpy(), pd.Series([lat]).to_numpy()) for i in maps.INSETS
        )
        x, y = plan.point(lon, lat)
        inside = any(a <= x <= a + w and b <= y <= b + h for a, b, w, h in plan.frames)
        assert inside == moved, code
        assert 0 <= x <= plan.width and 0 <= y <= plan.height, code


@pytest.mark.parametrize(
    ("value", "number"), [(0.99, 0), (1.0, 1), (1.049, 1), (1.05, 2), (1.39, 4), (4.7, 5)]
)
def test_classes_of_coverage(value: float, number: int) -> None:
    assert class_of(value, maps.COVERAGE_STEPS) == number


def test_the_map_paints_what_the_tables_say() -> None:
    run = example()
    data = maps.map_data(run)
    assert data is not None
    assert set(data.coverage) == set(data.shared) == set(run.case.codes) == set(data.drawing.paths)
    for code in run.case.codes:
        assert data.coverage[code] == class_of(
            run.governments.at[code, "coverage_ratio"], maps.COVERAGE_STEPS
        )
    bodies = run.tables["bodies"]
    members = bodies["member_codes"].str.split("|").explode()
    assert {code for code, number in data.shared.items() if number} == set(members)
    lines = re.findall(r"M(\d+) (\d+)L(\d+) (\d+)", data.spokes)
    assert len(lines) == int((bodies["members"] - 1).sum())
    hub = run.case.municipalities.loc[bodies["hub_code"].iloc[0]]
    at = data.drawing.point(hub["office_lon_deg"], hub["office_lat_deg"])
    assert at in {(int(x), int(y)) for x, y, *_ in lines}
