"""Today's arrangement from the settlement cards: joint_today, bodies_today and what was spent by purpose."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from optimization.errors import InputError, Problem, raise_if_any
from optimization.prepare.columns import read_table
from optimization.prepare.joint_today import describe, joint_today
from optimization.prepare.partners import Places, bodies_today
from optimization.prepare.settlement_cards import codes_differ, read_cards

NEEDED = ("municipalities", "adjacency", "medical_areas")
"""Tables of the case that the inference rests on."""

OPERATORS = "waste_joint_operators_*.csv"


def read_today(
    folder: Path, year: int, case: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """The tables of today and the lines to print; `case` holds the tables of `NEEDED`.

    Raises `InputError` with the faults of the cards, and for municipalities that only the cards or the case hold.
    """
    cards = read_cards(folder, year)
    people = case["municipalities"].set_index("code").sort_index()
    raise_if_any(codes_differ(cards, set(people.index)))
    borders, area = neighbours(case["adjacency"]), main_area(case["medical_areas"])
    joint = joint_today(cards, borders, area.to_dict())
    ticks = joint.pivot(index="code", columns="function", values="mark")
    operators, said = _operators(folder)
    numbers = ["population_persons", "is_island", "office_lon_deg", "office_lat_deg"]
    table = people.assign(medical_area=area, **{name: people[name].astype(float) for name in numbers})
    bodies = bodies_today(joint, Places(table, borders, ticks), operators)
    frames = {
        "joint_today": joint,
        "bodies_today": bodies,
        "municipal_spending": cards.municipal,
        "prefectural_spending": cards.prefectural,
        "standard_scale": cards.scale,
    }
    lines = [
        f"settlement cards FY{cards.year}: purposes add up to the total for {len(cards.marks):,} municipalities and "
        f"wards and {cards.prefectural['prefecture_code'].nunique()} prefectures",
        *describe(joint, table["population_persons"]),
        *_describe_bodies(bodies),
        *said,
    ]
    return frames, lines


def neighbours(adjacency: pd.DataFrame) -> dict[str, set[str]]:
    """Neighbours by land of every municipality that has any."""
    result = dict[str, set[str]]()
    for one, other in zip(adjacency["code_a"], adjacency["code_b"], strict=True):
        result.setdefault(one, set()).add(other)
        result.setdefault(other, set()).add(one)
    return result


def main_area(medical_areas: pd.DataFrame) -> pd.Series:
    """The medical area of each municipality, by code; where it lies in several, that of most of its people."""
    shares = medical_areas.assign(population_share=medical_areas["population_share"].astype(float))
    keys = ["code", "population_share", "medical_area_code"]
    first = shares.sort_values(keys, ascending=[True, False, True]).drop_duplicates("code")
    return first.set_index("code")["medical_area_code"]


def _operators(folder: Path) -> tuple[pd.DataFrame, list[str]]:
    """Joint bodies that run incinerators, by prefecture; none where the table is not there, and that is said."""
    paths = sorted(folder.glob(OPERATORS))
    if not paths:
        none = pd.DataFrame({"prefecture_code": [], "operator": []}, dtype=str)
        return none, [f"no table {OPERATORS}: no partner is told by the name of a waste operator"]
    if len(paths) > 1:
        names = ", ".join(path.name for path in paths)
        raise InputError(
            [Problem(f"{folder.name}/", "holds more than one table of operators", "keep one", value=names)]
        )
    frame = read_table(paths[0], ("code", "operator"), ())
    return frame.assign(prefecture_code=frame["code"].str[:2]), []


def _describe_bodies(bodies: pd.DataFrame) -> list[str]:
    lines = []
    for function, rows in bodies.groupby("function"):
        levels = rows.drop_duplicates("body_id")["confidence"].value_counts()
        sure = ", ".join(f"{levels.get(level, 0)} {level}" for level in ("high", "medium", "low"))
        lines.append(
            f"bodies inferred, {function}: {rows['body_id'].nunique()} of {len(rows):,} members (confidence: {sure})"
        )
    return lines
