"""How municipalities look on a map and how their names are read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.errors import InputError, Problem, raise_if_any
from optimization.prepare.columns import shaped
from optimization.reading.files import MOST_TABLE, read_bytes, read_text
from optimization.reading.japan import JOINT_MUNICIPALITY, JOINT_PARTS
from optimization.reading.japanese import folded, katakana
from optimization.reading.table_file import decoded

BOUNDARIES = "municipalities.topojson"
STEP = 1_000
"""Points are kept to a thousandth of a degree: a tenth of a kilometre, less than a map of the nation can show."""

WARDS_KANA = "トクベツク"
KINDS = {"市": ("シ",), "町": ("チョウ", "マチ"), "村": ("ソン", "ムラ"), "区": ("ク",)}
"""Kinds of municipality and how the last sign of their names is read."""

POSTAL_COLUMNS = 15
MOST_POINTS = 100_000
"""Points of a ring; the longest of the whole country has a few thousand."""

MALFORMED = (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading a JSON file of another shape may meet."""

Point = tuple[int, int]


def outlines(source: Path) -> pd.DataFrame:
    """One row a closed ring: code, ring (from 1), points.

    `points` holds whole thousandths of a degree, "lon lat" of the first point and then the step to each next one.
    Rings that shrink to less than a triangle are left out. Raises `InputError` for a file that is no such topology.
    """
    try:
        topology = json.loads(read_text(source / BOUNDARIES, MOST_TABLE))
        shapes = topology["objects"]["municipalities"]["geometries"]
        arcs = [_decoded(arc, topology["transform"]) for arc in topology["arcs"]]
        rings = [
            (str(shape["id"]), ring)
            for shape in shapes
            for polygon in _polygons(shape)
            for ring in (_closed(arcs, part) for part in polygon)
        ]
    except MALFORMED as fault:
        problem = Problem(BOUNDARIES, f"cannot be read as a topology ({fault})", "restore the file")
        raise InputError([problem]) from fault
    frame = pd.DataFrame(
        [
            (JOINT_MUNICIPALITY if code in JOINT_PARTS else code, _steps(ring))
            for code, ring in rings
            if len(ring) > 2
        ],
        columns=["code", "points"],
    ).sort_values("code", kind="stable", ignore_index=True)
    return shaped(frame.assign(ring=frame.groupby("code").cumcount() + 1), "outlines")


def _decoded(arc: Sequence[Sequence[int]], transform: dict[str, Any]) -> list[Point]:
    """The points of a delta-coded arc, thousandths of a degree."""
    (scale_x, scale_y), (from_x, from_y) = transform["scale"], transform["translate"]
    x = y = 0
    points = []
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        points.append((round((x * scale_x + from_x) * STEP), round((y * scale_y + from_y) * STEP)))
    return points


def _polygons(shape: dict[str, Any]) -> list[list[list[int]]]:
    """Polygons of a shape, each a list of rings, each a list of arcs."""
    polygons: list[list[list[int]]] = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
    return polygons


def _closed(arcs: Sequence[Sequence[Point]], ring: Sequence[int]) -> list[Point]:
    """A ring's points without repetitions; a negative arc is walked backwards (its complement's number)."""
    points: list[Point] = []
    for number in ring:
        if len(points) > MOST_POINTS:
            raise ValueError(f"a ring has more than {MOST_POINTS:,} points")
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += [point for point in arc if not points or point != points[-1]]
    while len(points) > 1 and points[0] == points[-1]:
        points.pop()
    return [point for place, point in enumerate(points) if not place or point != points[place - 1]]


def _steps(ring: Sequence[Point]) -> str:
    numbers = [*ring[0]]
    for (x, y), (next_x, next_y) in pairwise(ring):
        numbers += [next_x - x, next_y - y]
    return " ".join(map(str, numbers))


def readings(postal: Path, municipalities: pd.DataFrame) -> pd.DataFrame:
    """Code, kana and romaji of every name from the address file of Japan Post (utf_ken_all.csv, no header).

    A designated city stands in that file by its wards only; the wards of Tokyo are one here. Romaji is Hepburn
    without long vowels, made by rule from the kana: not always how a municipality writes itself. Raises `InputError`
    for a file of another shape and for municipalities it does not hold.
    """
    addresses = _addresses(postal)
    by_code = addresses.groupby("code")[["city_kana", "city"]].first()
    names = municipalities.set_index("code")[["name_ja", "county_ja"]]
    rows, lacking = [], []
    for code, name, county in names.itertuples():
        if code == JOINT_MUNICIPALITY:
            kana = WARDS_KANA
        elif code in by_code.index:
            kana = by_code.at[code, "city_kana"]
        else:
            at_home = by_code.index.str.startswith(code[:2])
            wards = by_code[at_home & by_code["city"].str.startswith(folded(name))]
            kana = _city_of(list(wards["city_kana"]))
        kana = kana.split("グン", 1)[-1] if isinstance(county, str) and county else kana
        if kana:
            rows.append((code, kana, romaji(kana, name)))
        else:
            lacking.append(Problem(postal.name, "lacks a municipality", "use a newer file", row=code))
    raise_if_any(lacking)
    return shaped(pd.DataFrame(rows, columns=["code", "name_kana", "name_romaji"]), "readings")


def _addresses(postal: Path) -> pd.DataFrame:
    """Code, city (folded) and its kana (full width) of every line."""
    try:
        lines = csv.reader(io.StringIO(decoded(read_bytes(postal, MOST_TABLE)), newline=""))
        rows = [(row[0], folded(row[7]), katakana(row[4])) for row in _checked(lines, postal)]
    except (OSError, ValueError, csv.Error) as fault:
        remedy = "give the file utf_ken_all.csv of Japan Post"
        raise InputError([Problem(postal.name, f"cannot be read ({fault})", remedy)]) from fault
    return pd.DataFrame(rows, columns=["code", "city", "city_kana"])


def _checked(rows: Iterator[list[str]], postal: Path) -> Iterator[list[str]]:
    for number, row in enumerate(rows, 1):
        if len(row) != POSTAL_COLUMNS or not (row[0].isdecimal() and len(row[0]) == 5):
            message = f"is not a line of {POSTAL_COLUMNS} cells that begins with a five-digit code"
            remedy = "give the file utf_ken_all.csv of Japan Post"
            raise InputError([Problem(postal.name, message, remedy, row=f"line {number}")])
        yield row


def _city_of(wards: list[str]) -> str:
    """What the names of a city's wards begin with, up to the sign for city."""
    alike = takewhile(lambda signs: len(set(signs)) == 1, zip(*wards, strict=False))
    shared = "".join(signs[0] for signs in alike)
    return shared[: shared.rfind("シ") + 1]


def romaji(kana: str, name: str) -> str:
    """Hepburn without long vowels, the kind of municipality after a hyphen: サッポロシ, 札幌市 -> Sapporo-shi."""
    import jaconv

    kind = next((end for end in KINDS.get(name[-1], ()) if kana.endswith(end)), "")
    stem = kana.removesuffix(kind)
    parts = [jaconv.kana2alphabet(jaconv.kata2hira(part)) for part in (stem, kind) if part]
    for spelt, said in (("oo", "o"), ("ou", "o"), ("uu", "u"), ("cch", "tch")):
        parts = [part.replace(spelt, said) for part in parts]
    return "-".join(parts).capitalize()
