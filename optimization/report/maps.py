"""Maps as SVG: the outlines of all municipalities, drawn once and painted in each map by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from math import cos, radians

import numpy as np
import pandas as pd

from optimization.report.view import RunView

KM_PER_DEGREE = 111.195
UNITS_PER_KM = 2.0
"""Whole units of the drawing: half a kilometre, finer than a screen shows of a country."""

MARGIN = 20.0
DEGREE = 1_000.0
"""Outlines come in thousandths of a degree."""


@dataclass(frozen=True)
class Inset:
    """Islands far from the rest, drawn nearer: a box of longitude and latitude (degrees) and the shift of its place."""

    west: float
    east: float
    south: float
    north: float
    shift_east: float
    shift_north: float

    def holds(self, lon: np.ndarray, lat: np.ndarray) -> bool:
        """Whether a ring lies in the box, by its middle."""
        return bool(self.west <= lon.mean() <= self.east and self.south <= lat.mean() <= self.north)


INSETS = (
    Inset(122.5, 131.6, 24.0, 29.9, 5.9, 14.3),  # Nansei islands, into the Sea of Japan
    Inset(140.5, 143.0, 24.0, 28.5, 0.0, 6.2),  # Ogasawara, northwards
)
LEFT_OUT = Inset(135.0, 155.0, 19.0, 24.5, 0.0, 0.0)
"""Uninhabited rocks of Ogasawara that would make the map twice as wide."""

COVERAGE_STEPS = (1.0, 1.05, 1.1, 1.2, 1.4)
BODY_STEPS = (1, 2, 3, 5)


@dataclass(frozen=True)
class Laid:
    """How outlines lie on a plane: its size in units of the drawing, frames of the insets that hold something, and what
    places degrees on it."""

    width: float
    height: float
    frames: Sequence[tuple[float, float, float, float]]
    scale: float
    west: float
    north: float

    def spot(self, lon: float, lat: float) -> tuple[float, float]:
        """Where a place stands on the plane (degrees in, insets heeded)."""
        x, y = _placed(np.array([lon]), np.array([lat]), self.scale)
        return float(x[0]) - self.west, self.north - float(y[0])


@dataclass(frozen=True)
class Drawing(Laid):
    """Outlines ready to draw: a path by code."""

    paths: Mapping[str, str]

    def point(self, lon: float, lat: float) -> tuple[int, int]:
        """Where a place stands in the drawing (degrees in, insets heeded)."""
        x, y = self.spot(lon, lat)
        return round(x), round(y)


@dataclass(frozen=True)
class Plane(Laid):
    """Outlines laid on a plane: of every ring its code and its corners eastwards and southwards from the north-west, in
    units of the drawing."""

    rings: Sequence[tuple[str, np.ndarray, np.ndarray]]

    def at(self, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where places stand (degrees in, insets heeded), one by one."""
        spots = [self.spot(*degrees) for degrees in zip(lon.tolist(), lat.tolist(), strict=True)]
        x, y = np.array(spots).reshape(-1, 2).T
        return x, y


def drawing(outlines: pd.DataFrame) -> Drawing:
    """Outlines (code, ring, points of thousandths of a degree) as paths."""
    plane = plane_of(outlines)
    paths: dict[str, str] = {}
    for code, x, y in plane.rings:
        corners = np.column_stack([np.round(x), np.round(y)]).astype(int)
        paths[code] = paths.get(code, "") + _path(corners)
    lie = {each.name: getattr(plane, each.name) for each in fields(Laid)}
    return Drawing(paths=paths, **lie)


def plane_of(outlines: pd.DataFrame) -> Plane:
    """Lay outlines (code, ring, points of thousandths of a degree) on a plane: equirectangular about their middle."""
    rings: list[tuple[str, np.ndarray, np.ndarray]] = []
    for code, points in outlines[["code", "points"]].itertuples(index=False):
        corners = np.array(points.split(), dtype=float).reshape(-1, 2).cumsum(axis=0) / DEGREE
        if not LEFT_OUT.holds(corners[:, 0], corners[:, 1]):
            rings.append((str(code), corners[:, 0], corners[:, 1]))
    middle = float(np.mean([lat.mean() for _, _, lat in rings]))
    scale = cos(radians(middle))
    placed = [(code, *_placed(lon, lat, scale)) for code, lon, lat in rings]
    xs, ys = np.concatenate([x for _, x, _ in placed]), np.concatenate([y for _, _, y in placed])
    west, north = xs.min() - MARGIN, ys.max() + MARGIN
    frames = [
        _frame(inset, scale, west, north)
        for inset in INSETS
        if any(inset.holds(lon, lat) for _, lon, lat in rings)
    ]
    if len(frames) == len(rings) or all(any(i.holds(lon, lat) for i in INSETS) for _, lon, lat in rings):
        frames = []  # only far islands are drawn: nothing to set them apart from
    width, height = float(xs.max() - west + MARGIN), float(north - ys.min() + MARGIN)
    rings = [(code, x - west, north - y) for code, x, y in placed]
    return Plane(width, height, frames, scale, west, north, rings)


def _placed(lon: np.ndarray, lat: np.ndarray, scale: float) -> tuple[np.ndarray, np.ndarray]:
    for inset in INSETS:
        if inset.holds(lon, lat):
            lon, lat = lon + inset.shift_east, lat + inset.shift_north
            break
    return lon * scale * KM_PER_DEGREE * UNITS_PER_KM, lat * KM_PER_DEGREE * UNITS_PER_KM


def _path(corners: np.ndarray) -> str:
    """A closed ring: its first corner, then steps; corners that fall on the same point are drawn once."""
    steps = np.diff(corners, axis=0)
    moves = "".join(f"l{x} {y}" for x, y in steps.tolist() if x or y)
    x, y = corners[0].tolist()
    return f"M{x} {y}{moves or 'l1 0l0 1'}z".replace(" -", "-")


def _frame(inset: Inset, scale: float, west: float, north: float) -> tuple[float, float, float, float]:
    """x, y, width, height of an inset's frame."""
    left, right = inset.west + inset.shift_east, inset.east + inset.shift_east
    low, high = inset.south + inset.shift_north, inset.north + inset.shift_north
    unit = KM_PER_DEGREE * UNITS_PER_KM
    return (
        round(left * scale * unit - west),
        round(north - high * unit),
        round((right - left) * scale * unit),
        round((high - low) * unit),
    )


def class_of(value: float, steps: Sequence[float]) -> int:
    """Number of the class of a value: how many steps it has reached."""
    return int(np.searchsorted(steps, value, side="right"))


@dataclass(frozen=True)
class MapData:
    """What the maps of a run paint: per municipality its coverage today and under the package and the services it
    shares in bodies; the lines from each body's hub to its members."""

    drawing: Drawing
    coverage_today: Mapping[str, int]
    coverage: Mapping[str, int]
    shared: Mapping[str, int]
    spokes: str


def map_data(run: RunView) -> MapData | None:
    """The maps of a run; None where the case has no outlines."""
    if run.case.outlines.empty:
        return None
    plan = drawing(run.case.outlines)
    today, now = {}, {}
    for code in run.case.codes:
        account = run.accounts_of(code)
        today[code] = class_of(account["coverage_today_ratio"], COVERAGE_STEPS)
        now[code] = class_of(account["coverage_ratio"], COVERAGE_STEPS)
    counts = shared_services(run)
    return MapData(
        plan,
        today,
        now,
        {code: class_of(counts.get(code, 0), BODY_STEPS) for code in run.case.codes},
        spokes(run, plan),
    )


def shared_services(run: RunView) -> dict[str, int]:
    """Services that a wide-area body provides to each municipality; those with none are left out."""
    provision = run.tables["provision"]
    joint = provision[provision["provider_kind"] == "wide_area_body"]
    return {str(code): int(count) for code, count in joint.groupby("code").size().items()}


def spokes(run: RunView, plan: Drawing) -> str:
    """One path with a line from the seat of every body to each other member's town hall."""
    places = run.case.municipalities
    lines = []
    for hub, members in run.tables["bodies"][["hub_code", "member_codes"]].itertuples(index=False):
        x, y = plan.point(places.at[hub, "office_lon_deg"], places.at[hub, "office_lat_deg"])
        for code in members.split("|"):
            if code != hub:
                to_x, to_y = plan.point(places.at[code, "office_lon_deg"], places.at[code, "office_lat_deg"])
                lines.append(f"M{x} {y}L{to_x} {to_y}")
    return "".join(lines)
