"""Bodies that the user lists: members whose codes may be other codes that lost a zero and kept their check digit.

12203 is Ichikawa near Tokyo, and what a spreadsheet leaves of 012203, Shibetsu in Hokkaido. Where such a reading puts
a member among the others, or turns a whole body into another one that holds together, the table has to say which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from optimization.case.geometry import km_between
from optimization.case.tables import NAMED
from optimization.errors import Problem
from optimization.reading.codes import meant

FAR_KM = 150.0
"""Beyond it a town hall is not among the others of a body; within half of it, it is."""


def body_problems(tables: Mapping[str, pd.DataFrame]) -> Iterator[Problem]:
    """Members that can be read in two ways, where the other one would do as well or better. A name beside the code
    settles it. The tables name the same municipalities."""
    bodies, places = tables["bodies"], tables["municipalities"].set_index("code")
    named = bodies.attrs.get(NAMED, frozenset())
    for body, codes in bodies.groupby("body_id")["code"]:
        members = [code for code in codes if code in places.index]
        others = {code: other for code in members if code not in named and (other := _other(code, places))}
        whole = len(others) == len(members) > 1 and _together(list(others.values()), places)
        for code, other in others.items():
            rest = [member for member in members if member != code]
            moved = bool(rest) and _nearest(code, rest, places) > FAR_KM > 2 * _nearest(other, rest, places)
            if whole or moved:
                here, there = (f"{c} {places.at[c, 'name_ja']}" for c in (code, other))
                apart = km_between(*_point(code, places), *_point(other, places))
                message = (
                    f"can be read as {here} or, with its zero lost and its check digit, as {there}, "
                    f"{apart:,.0f} km away"
                )
                remedy = f"write the name beside the code, '{here}', or write {other}"
                yield Problem("bodies", message, remedy, f"{body}/{code}", "code", code)


def _other(code: str, places: pd.DataFrame) -> str:
    """The other municipality that a code can stand for; '' where there is none."""
    return next((other for other in meant(code, 5) if other != code and other in places.index), "")


def _point(code: str, places: pd.DataFrame) -> tuple[float, float]:
    return float(places.at[code, "office_lon_deg"]), float(places.at[code, "office_lat_deg"])


def _nearest(code: str, others: list[str], places: pd.DataFrame) -> float:
    """Kilometres to the nearest of other municipalities."""
    return min(km_between(*_point(code, places), *_point(other, places)) for other in others)


def _together(codes: list[str], places: pd.DataFrame) -> bool:
    """Whether each of several municipalities is within reach of another of them."""
    return all(_nearest(code, [other for other in codes if other != code], places) < FAR_KM for code in codes)
