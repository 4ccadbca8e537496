"""Workbooks of the official shape with figures of our own: what a test can have without the ministry's files."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path

from copies import Copy, Grid

from optimization.prepare.items import Item, load_register
from optimization.reading.codes import check_digit, short_name
from optimization.reading.japan import JOINT_PREFECTURE, PREFECTURES

MUNICIPALITIES = Path(__file__).parents[2] / "inputs" / "japan-2022" / "municipalities.csv"
LEVELS = {"need": 3, "debt": 5, "revenue": 4}
TITLES = {
    "need": "令和４年度 別（費目別）基準財政需要額",
    "debt": "（公債費内訳）",
    "revenue": "令和４年度 別（税目別）基準財政収入額",
}
Figures = dict[str, int]


def workbooks(tier: str = "municipal", prefectures: Sequence[str] = ("16", "18"), seed: int = 1) -> Copy:
    """FY2022 of the municipalities of some prefectures, or of all prefectures, as in the ministry's sheets: headings
    over three rows, sub-totals between the items, marks, rows of totals, notes."""
    rng = random.Random(seed)
    places = _places(tier, prefectures)
    figures = {code: _figures(tier, rng, code) for code, _, _ in places}
    grids = {name: _grid(tier, name, places, figures) for name in LEVELS}
    return Copy(**grids, result=_result(tier, places, figures), tier=tier, year=2022)


def _places(tier: str, prefectures: Sequence[str]) -> list[tuple[str, str, str]]:
    """Code, prefecture and name of every government."""
    if tier == "prefectural":
        return [(code, short_name(name), short_name(name)) for code, (name, _) in PREFECTURES.items()]
    with MUNICIPALITIES.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["prefecture_code"] in prefectures]
    return [(row["code"], PREFECTURES[row["prefecture_code"]][0], row["name_ja"]) for row in rows]


def columns(tier: str, name: str) -> list[Item]:
    """The registered columns a sheet of ours holds: of headings that lie within others only the outer or the inner."""
    doubled = (
        "special_local_grant",
        "car",
        "light_vehicle",
        "economic_measures",
        "extraordinary_bond_redemption_fund",
    )
    table = f"{tier}_{'debt_service' if name == 'debt' else name}"
    return [item for item in load_register(table).items if item.id not in doubled]


def _figures(tier: str, rng: random.Random, code: str) -> dict[str, Figures]:
    """Need, debt service and revenue of a government, every sum in place; Tokyo and some others get nothing."""
    debt = _summed(tier, "debt", {}, rng, 4_000)
    need = _summed(tier, "need", {"debt_service": debt["debt_service"]}, rng, 40_000)
    need["transfer_to_extraordinary_bond"] = rng.randrange(1, 20_000)
    need["need_after_transfer"] = need["need_before_transfer"] - need["transfer_to_extraordinary_bond"]
    is_rich = code == JOINT_PREFECTURE or (tier == "municipal" and rng.random() < 0.1)
    return {
        "need": need,
        "debt": debt,
        "revenue": _summed(tier, "revenue", {}, rng, 90_000 if is_rich else 9_000),
    }


def _summed(tier: str, name: str, given: Figures, rng: random.Random, most: int) -> Figures:
    found = dict(given)
    for item in columns(tier, name):
        if item.kind == "item":
            found.setdefault(item.id, rng.randrange(most) if item.sign > 0 else 7)
    for total in columns(tier, name):
        if total.kind in ("subtotal", "total"):
            parts = [item for item in columns(tier, name) if total.id in item.sums]
            found[total.id] = sum(item.sign * found[item.id] for item in parts)
    return found


def _heads(name: str, items: list[Item], keys: int) -> Grid:
    """The rows above the data: title, units, and headings merged from the left level by level."""
    levels = LEVELS[name]
    rows: Grid = [[None] * keys for _ in range(levels)]
    before: list[str] = []
    for item in items:
        parts = [item.headings[0]] if name == "debt" else item.headings[0].split("/")
        parts = ["個別" if part.startswith("(") else part for part in parts]
        own = [
            part if parts[: n + 1] != before[: n + 1] and part != "*" else None
            for n, part in enumerate(parts)
        ]
        own = [None, own[0]] if name == "debt" else own
        for level in range(levels):
            rows[level].append(own[level] if level < len(own) else None)
        before = parts
    unit = [None] * keys + ["（単位：千円）"] + [None] * (len(items) - 1)
    title = [TITLES[name], *[None] * (keys - 1 + len(items))]
    top = {"need": [title, unit], "debt": [[*title[:1], *unit[1:]]], "revenue": [title, unit]}[name]
    rows[0][:keys] = _key_heads(keys)
    if name == "debt":
        rows[0][keys] = "公債費"
    return [*top, *rows]


def _key_heads(keys: int) -> list[str | None]:
    return ["都道府県"] if keys == 1 else ["コード", "都道府県", "市町村", "団体区分", "不足超過の別"]


def _grid(
    tier: str, name: str, places: list[tuple[str, str, str]], figures: dict[str, dict[str, Figures]]
) -> Grid:
    items, keys = columns(tier, name), 5 if tier == "municipal" else 1
    rows: Grid = _heads(name, items, keys)
    marks = {code: "不足" if _gap(figures[code]) > 0 else "超過" for code, _, _ in places}
    for code, prefecture, place in places:
        key = (
            [f"C{code}{check_digit(code)}110000", prefecture, place, 5, marks[code]]
            if keys == 5
            else [f" {int(code)}\u3000{place[0]}  {place[1:]}"]
        )
        rows.append([*key, *(figures[code][name][item.id] for item in items)])
    for total in ("不足", "超過", "合計"):
        chosen = [code for code, mark in marks.items() if total in (mark, "合計")]
        sums = [sum(figures[code][name][item.id] for code in chosen) for item in items]
        rows.append([None, None, total, None, None, *sums] if keys == 5 else [total, *sums])
    return rows


def _gap(of: dict[str, Figures]) -> int:
    return of["need"]["need_after_transfer"] - of["revenue"]["standard_revenue"]


def _result(tier: str, places: list[tuple[str, str, str]], figures: dict[str, dict[str, Figures]]) -> Grid:
    """The municipal table of the ministry, or the annex of the prefectures; what is lacking is paid."""
    paid = {code: max(0, _gap(figures[code])) for code, _, _ in places}
    if tier == "municipal":
        head: Grid = [[None] * 5 for _ in range(6)]
        head[1][0], head[3][4], head[4][2], head[4][3] = (
            "普通交付税決定額",
            "（単位：千円）",
            "市町村",
            "普通交付税",
        )
        head[5][3], head[5][4] = "R４", "（参考）R３当初算定"
        return [*head, *([None, prefecture, place, paid[code], 1] for code, prefecture, place in places)]
    rows: Grid = [["区分", "（単位千円）"], [None, "普通交付税額"]]
    rows += [[f"{int(code)}{PREFECTURES[code][0]}", paid[code]] for code, _, _ in places]
    return [*rows, ["合計", sum(paid.values())]]
