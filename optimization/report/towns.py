"""What a reader may ask about one municipality: its figures and who does what there, small enough for a page."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimization.dictionary.tiers import HIGHER_TIERS, tier_of
from optimization.reading.units import MILLION_IN_YEN
from optimization.report.language import Speaker
from optimization.report.view import MIL, RunView

KINDS = {"alone": "a", "wide_area_body": "w", **{tier: tier_of(tier).sign for tier in HIGHER_TIERS}}
ABSENT = "-"
"""Sign of a service that a municipality does not have."""


def town_data(run: RunView, say: Speaker) -> dict[str, Any]:
    """The data of the look-up: `services` (labels, today's tier), `towns` by code: name, romaji, prefecture, class,
    residents, coverage today and under the package, allocation and margin per resident (yen) today and under the
    package, a sign for each service (`KINDS`), minutes to the farthest seat, bodies (numbers in `bodies`), bodies of
    today (numbers in `before`: codes of the members, number of the service)."""
    services = list(run.service_labels.index)
    place = {service: n for n, service in enumerate(services)}
    provision = run.tables["provision"]
    signs: dict[str, list[str]] = {code: [ABSENT] * len(services) for code in run.case.codes}
    for code, service, kind in provision[["code", "service", "provider_kind"]].itertuples(index=False):
        signs[code][place[service]] = KINDS[kind]
    farthest = provision.groupby("code")["travel_minutes"].max()
    bodies, of_town = _bodies(run, say, place)
    before, of_town_today = _bodies_today(run, place)
    homes = run.tables["services"].set_index("service")["home_tier"]
    return {
        "services": [[run.service(name, say), tier_of(homes[name]).sign] for name in services],
        "bodies": bodies,
        "before": before,
        "towns": {
            code: [
                *_figures(run, say, code),
                "".join(signs[code]),
                float(farthest.get(code, 0.0)),
                of_town.get(code, []),
                of_town_today.get(code, []),
            ]
            for code in run.case.codes
        },
    }


def _bodies(
    run: RunView, say: Speaker, place: dict[str, int]
) -> tuple[list[list[Any]], dict[str, list[int]]]:
    """Every body (name of its hub, codes of its members, numbers of its services) and the bodies of each town."""
    bodies: list[list[Any]] = []
    of_town: dict[str, list[int]] = {}
    table = run.tables["bodies"][["hub_code", "member_codes", "services"]]
    for hub, members, services in table.itertuples(index=False):
        codes = members.split("|")
        for code in codes:
            of_town.setdefault(code, []).append(len(bodies))
        bodies.append([run.place(hub, say), codes, [place[service] for service in services.split("|")]])
    return bodies, of_town


def _bodies_today(run: RunView, place: dict[str, int]) -> tuple[list[list[Any]], dict[str, list[int]]]:
    """Every body of today (codes of its members, number of its service) and those of each town; none in a run that
    knows of none."""
    bodies: list[list[Any]] = []
    of_town: dict[str, list[int]] = {}
    if "bodies_today" in run.tables:
        table = run.tables["bodies_today"][["member_codes", "service"]]
        for members, service in table.itertuples(index=False):
            codes = members.split("|")
            for code in codes:
                of_town.setdefault(code, []).append(len(bodies))
            bodies.append([codes, place[service]])
    return bodies, of_town


def _figures(run: RunView, say: Speaker, code: str) -> list[Any]:
    row, account = run.case.municipalities.loc[code], run.accounts_of(code)
    people = float(account["population_persons"])
    romaji = run.case.readings["name_romaji"].get(code, "")
    return [
        str(row["name_ja"]),
        romaji,
        run.prefecture(str(row["prefecture_code"]), say),
        int(row["population_persons"]),
        *(round(float(account[name]), 3) for name in ("coverage_today_ratio", "coverage_ratio")),
        *(_per_head(account, name, people) for name in ("grant_today", "grant", "margin_today", "margin")),
    ]


def _per_head(account: pd.Series, name: str, people: float) -> int:
    return round(float(account[f"{name}{MIL}"]) / people * MILLION_IN_YEN)
