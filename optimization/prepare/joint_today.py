"""Who provides what together today: one row a municipality and function, from the marks of the settlement cards.

Marks are what a municipality ticks, and some forget to: for fire, where staff is counted apart, the absence of own
staff says more. Such a municipality pays either a union (its contributions then carry its fire spending) or a
neighbour with a fire department of its own, by contract.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from optimization.prepare.columns import shaped
from optimization.prepare.settlement_cards import MARKS, Cards, of_case
from optimization.reading.japan import JOINT_MUNICIPALITY, JOINT_PARTS, JOINT_PREFECTURE

FIRE, WASTE = "fire", "waste"
SERVICE_OF = {
    FIRE: "fire",
    WASTE: "waste",
    "night_soil": "waste",
    "tax": "tax_collection",
    "elderly_welfare": "elderly_care",
    "computing": "digital",
    "elementary": "schools",
    "junior_high": "schools",
}
"""The service of the model a function is, or is part of; the other functions are part of none."""

WITHOUT_PLACE = ("assembly_accidents", "part_time_accidents", "retirement_pay", "other")
"""Mutual funds of whole prefectures, and what the card does not name: no sets of partners are sought."""

CARRIED = 0.9
"""Contributions to joint bodies, as a part of current fire spending, from which a municipality without own staff and
mark is taken to pay a fire union. Of those who tick, nineteen in twenty lie above."""

METROPOLITAN_ISLANDS = "13360"
"""From this code on, municipalities of Tokyo are islands, which the metropolitan fire department does not serve."""

ALONE, JOINT, DELEGATED, UNKNOWN = "alone", "joint", "delegated", "unknown"


@dataclass(frozen=True)
class KnownBody:
    """A body that is known to exist, all municipalities of a prefecture but some."""

    function: str
    prefecture_code: str
    without: tuple[str, ...]
    source: str

    def members(self, codes: Collection[str]) -> list[str]:
        """The members of the body among some municipal codes, sorted."""
        return sorted(c for c in codes if c[:2] == self.prefecture_code and c not in self.without)


@cache
def known_bodies() -> tuple[KnownBody, ...]:
    """Bodies whose members are told by a public source, from `known_bodies.toml`."""
    text = Path(__file__).with_name("known_bodies.toml").read_text(encoding="utf-8")
    return tuple(
        KnownBody(b["function"], b["prefecture_code"], tuple(b["without"]), b["source"])
        for b in tomllib.loads(text)["body"]
    )


def joint_today(
    cards: Cards, borders: Mapping[str, Collection[str]], areas: Mapping[str, str]
) -> pd.DataFrame:
    """One row a municipality (wards as 13100) and function: mark, own fire staff, status and what it rests on.

    `borders` gives the neighbours of every municipality by land, `areas` its secondary medical area. Sorted by code,
    functions in the order of the card.
    """
    marks = cards.marks[~cards.marks.index.isin(JOINT_PARTS)]
    wards = cards.marks[cards.marks.index.isin(JOINT_PARTS)]
    if len(wards):
        marks = pd.concat([marks, wards.min().to_frame(JOINT_MUNICIPALITY).T]).sort_index()
    staff = of_case(cards.fire_staff)
    fire = _fire(cards, borders, areas)
    rows = []
    for code, ticks in zip(marks.index, marks.to_dict("records"), strict=True):
        for function in MARKS.values():
            mark = int(ticks[function])
            status, rests_on = (JOINT if mark else ALONE), "mark"
            if function == FIRE:
                status, rests_on = fire[code]
            elif code == JOINT_MUNICIPALITY and mark:  # its partners are the wards themselves
                status, rests_on = ALONE, "wards"
            own = int(staff[code]) if function == FIRE and code in staff.index else pd.NA
            rows.append((code, function, SERVICE_OF.get(function, ""), mark, own, status, rests_on))
    columns = ["code", "function", "service", "mark", "own_staff_persons", "status", "rests_on"]
    frame = pd.DataFrame(rows, columns=columns).astype({"own_staff_persons": "Int64"})
    return shaped(frame, "joint_today")


def _fire(
    cards: Cards, borders: Mapping[str, Collection[str]], areas: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """Status and what it rests on of every municipality, for fire."""
    marks, staff = of_case(cards.marks[FIRE]), of_case(cards.fire_staff)
    result = dict.fromkeys(marks.index[marks == 1], (JOINT, "mark"))
    for body in known_bodies():
        if body.function == FIRE:
            result |= {c: (JOINT, "known_body") for c in body.members(marks.index) if c not in result}
    result |= {code: (ALONE, "own_staff") for code in marks.index if code not in result and staff[code] > 0}
    metropolitan = [
        c for c in marks.index if c[:2] == JOINT_PREFECTURE and c < METROPOLITAN_ISLANDS and c not in result
    ]
    result |= dict.fromkeys(metropolitan, (DELEGATED, "metropolitan"))
    result[JOINT_MUNICIPALITY] = (DELEGATED, "metropolitan")
    open_codes = [code for code in marks.index if code not in result]
    beside = {c: [n for n in borders.get(c, ()) if n[:2] == c[:2]] for c in open_codes}
    near = {c: [n for n in found if areas.get(n) == areas.get(c)] for c, found in beside.items()}
    _unticked(result, near, _carried(cards))
    for code in open_codes:
        if code not in result:
            neighbours = [result[n] for n in beside[code] if n in result]
            has_server = (ALONE, "own_staff") in neighbours
            result[code] = (DELEGATED if has_server else UNKNOWN, "no_own_staff")
    return result


def _unticked(
    result: dict[str, tuple[str, str]], near: Mapping[str, Collection[str]], carried: pd.Series
) -> None:
    """Adds to `result` who pays a union without ticking it: beside a member of the medical area (`near`), over and
    over until none is found."""
    while found := [
        code
        for code, neighbours in near.items()
        if code not in result
        and carried[code] >= CARRIED
        and any(result.get(n, ("",))[0] == JOINT for n in neighbours)
    ]:
        result |= dict.fromkeys(found, (JOINT, "no_own_staff"))


def _carried(cards: Cards) -> pd.Series:
    """Contributions to joint bodies over current fire spending; 0 where nothing is spent on fire."""
    fire = cards.municipal[cards.municipal["purpose"] == FIRE].set_index("code")
    current = fire["total_thousand_yen"] - fire["construction_thousand_yen"]
    paid = of_case(cards.contributions)
    spent = current.reindex(paid.index)
    return (paid / spent.where(spent > 0)).fillna(0.0)


def describe(frame: pd.DataFrame, people: pd.Series) -> list[str]:
    """Municipalities and people by function, without the joint wards: counts to be compared with published ones."""
    rows = frame[frame["code"] != JOINT_MUNICIPALITY].assign(people=lambda f: f["code"].map(people))
    lines = []
    for function, found in rows[rows["mark"] == 1].groupby("function"):
        lines.append(
            f"joint by mark, {function}: {len(found):,} municipalities, {found['people'].sum() / 1e6:.1f} million"
        )
    fire = rows[(rows["function"] == FIRE) & ((rows["mark"] == 1) | (rows["own_staff_persons"] == 0))]
    by_status = ", ".join(f"{count:,} {status}" for status, count in fire["status"].value_counts().items())
    people_served = fire["people"].sum() / 1e6
    return [
        *lines,
        f"fire by mark or no own staff: {len(fire):,} municipalities, {people_served:.1f} million ({by_status})",
    ]
