"""What the map of the workbench is drawn from: outlines, names, groups of places, bodies of today, medical areas."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlencode

import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from optimization.case.case import Case
from optimization.case.rule_groups import SIZE_CLASSES
from optimization.dictionary.results import Language
from optimization.geography.existing import WHOLE
from optimization.reading.japanese import katakana
from optimization.reading.whereabouts import input_folder
from optimization.report.maps import UNITS_PER_KM, plane_of
from optimization.web.api import Asked
from optimization.web.cases import case_cards, case_of
from optimization.web.digest import folder_digest
from optimization.web.language import Voice
from optimization.web.league import SIZES, STRENGTHS, groups_of, strength
from optimization.web.once import once
from optimization.web.page import voice_of
from optimization.web.town_view import name_short
from optimization.web.towns import Town, town_index

PER_KM: Final = 10
"""Units of the map in a kilometre."""
FOREVER: Final = "private, max-age=31536000, immutable"


def map_json(request: Request) -> Response:
    """The map of a case, or of some of its prefectures, in the reader's language, as JSON; 404 for what there is not.
    Under the digest of the case in the address a browser may keep it."""
    name, parts = request.query_params.get("case", ""), request.query_params.getlist("prefecture")
    cards = case_cards()
    if name not in cards or not set(parts) <= {code for code, *_ in cards[name].prefectures}:
        raise HTTPException(404)
    stamp = stamp_of(name)
    text = _map_text(name, tuple(dict.fromkeys(parts)), voice_of(request).language, stamp)
    headers = {"cache-control": FOREVER} if request.query_params.get("v") == stamp else {}
    return Response(text, media_type="application/json", headers=headers)


def stamp_of(name: str) -> str:
    """What the address of a case's map holds, so that another case, or the same changed, has another."""
    return folder_digest(input_folder(name))[:16]


def map_address(asked: Asked, voice: Voice) -> str:
    """Where the map of a question is found."""
    pairs = [("case", asked.case), *(("prefecture", code) for code in asked.prefectures)]
    return f"/workbench/map.json?{urlencode([*pairs, ('lang', voice.language), ('v', stamp_of(asked.case))])}"


@once(4)
def _map_text(name: str, parts: tuple[str, ...], language: Language, _: str) -> str:
    case = case_of(name)
    found = map_of(case.restrict(parts) if parts else case, Voice(language))
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def map_of(case: Case, voice: Voice) -> dict[str, Any]:
    """The map of a case: lists by place in the order of its codes; outlines and points in tenths of a kilometre from
    the north-west; bodies of today by service and medical areas as numbers of places."""
    towns, frame, groups = town_index(case), case.municipalities.loc[case.codes], groups_of(case)
    return {
        "codes": list(map(str, case.codes)),
        "names": [name_short(town, voice) for town in towns],
        "search": [_searched(town) for town in towns],
        "homes": [town.prefecture_ja if voice.language == "ja" else town.prefecture_en for town in towns],
        "people": frame["population_persons"].astype(int).tolist(),
        "aged": (frame["age_65_plus_persons"] / frame["population_persons"]).round(4).tolist(),
        "area": frame["area_km2"].astype(float).tolist(),
        "strength": strength(case).round(4).tolist(),
        "groups": {kind: groups[kind].tolist() for kind in groups},
        "labels": labels_of(case, voice),
        "today": _bodies_today(case),
        "medical": _medical_areas(case),
        **_geometry(case),
    }


def _searched(town: Town) -> str:
    """What a town is found by, in words."""
    return " ".join((town.name_ja, katakana(town.kana), town.romaji.lower().replace("-", ""), town.code))


def names_of(case: Case, voice: Voice) -> list[str]:
    """What every place of a case is called, in the order of its codes."""
    return [name_short(town, voice) for town in town_index(case)]


def labels_of(case: Case, voice: Voice) -> dict[str, dict[str, str]]:
    """What the groups of each kind are called."""
    name = "name_ja" if voice.language == "ja" else "name_en"
    return {
        "class": {each: voice.called(each) for each in SIZE_CLASSES},
        "prefecture": {str(code): str(text) for code, text in case.prefectures[name].items()},
        "size": _steps([voice.number(step) for step in SIZES], voice, "map_people"),
        "finance": _steps([f"{step:g}" for step in STRENGTHS], voice, "map_strength"),
    }


def _steps(texts: list[str], voice: Voice, key: str) -> dict[str, str]:
    """Names of the groups between steps, by number."""
    between = [voice(f"{key}_between", low=low, high=high) for low, high in pairwise(texts)]
    found = [voice(f"{key}_below", high=texts[0]), *between, voice(f"{key}_from", low=texts[-1])]
    return {str(n): text for n, text in enumerate(found)}


def _bodies_today(case: Case) -> dict[str, list[list[int]]]:
    """Numbers of the members of every body of today by service, those who have the service."""
    table = case.bodies_today
    found: dict[str, list[list[int]]] = {}
    for service, every in table[table["function"].isin(WHOLE)].groupby("service", sort=True):
        if bool(case.services.at[service, "wide_area"]):
            need = case.standard_need(str(service)).reindex(every["code"]).to_numpy(float)
            has = every.assign(place=case.codes.get_indexer(every["code"]))[need > 0]
            bodies = [sorted(places) for _, places in has.groupby("body_id", sort=True)["place"]]
            found[str(service)] = [[int(i) for i in members] for members in bodies if len(members) > 1]
    return {service: bodies for service, bodies in found.items() if bodies}


def _medical_areas(case: Case) -> list[list[int]]:
    """Numbers of the places of every secondary medical area, each place in the one that holds most of its people."""
    table = case.medical_areas.sort_values("population_share", kind="stable").drop_duplicates(
        "code", keep="last"
    )
    found = [
        np.sort(case.codes.get_indexer(rows["code"])).tolist()
        for _, rows in table.groupby("medical_area_code")
    ]
    return [members for members in found if len(members) > 1]


def _geometry(case: Case) -> dict[str, Any]:
    """Outlines as rings (number of the place, first corner, steps), town halls, frames of insets, width and height; no
    rings where a case has none, which is then drawn as points."""
    if case.outlines.empty:
        lon, lat = (
            case.municipalities.loc[case.codes, f"office_{at}_deg"].to_numpy(float) for at in ("lon", "lat")
        )
        x, y = 91.0 * PER_KM * (lon - lon.min()) + 200, 111.0 * PER_KM * (lat.max() - lat) + 200
        return {
            "rings": [],
            "office": _pairs(x, y),
            "frames": [],
            "size": [float(x.max()) + 200, float(y.max()) + 200],
        }
    plane, fine = plane_of(case.outlines), PER_KM / UNITS_PER_KM
    position = {str(code): n for n, code in enumerate(case.codes)}
    rings = []
    for code, x, y in plane.rings:
        corners = np.round(np.column_stack([x, y]) * fine).astype(int)
        steps = np.diff(corners, axis=0)
        rings.append(
            [position[code], *corners[0].tolist(), *steps[np.any(steps != 0, axis=1)].ravel().tolist()]
        )
    frame = case.municipalities.loc[case.codes]
    x, y = plane.at(frame["office_lon_deg"].to_numpy(float), frame["office_lat_deg"].to_numpy(float))
    return {
        "rings": rings,
        "office": _pairs(x * fine, y * fine),
        "frames": [[round(side * fine) for side in each] for each in plane.frames],
        "size": [round(plane.width * fine), round(plane.height * fine)],
    }


def _pairs(x: np.ndarray, y: np.ndarray) -> list[int]:
    return np.round(np.column_stack([x, y])).astype(int).ravel().tolist()
