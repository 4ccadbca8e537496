"""What a case promises, checked apart from the program: plain tables, plain sums. Nothing here imports the tool."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

Read = Callable[[str], pd.DataFrame]
WARDS, TOKYO = "13100", "13"
TIERS = {"municipal": "code", "prefectural": "prefecture_code"}


def broken(folder: Path) -> list[str]:
    """The promises that a case folder breaks, in words."""

    def read(name: str) -> pd.DataFrame:
        table = pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False, encoding="utf-8-sig")
        return table.map(str.strip) if len(table) else table

    parts = (_sums, _transfers, _marks, _people, _places, _borders, _shares, _same_codes, _other_years)
    return [f"{check.__name__.strip('_')}: {fault}" for check in parts for fault in check(read)]


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    return table.apply(pd.to_numeric)


def _by_code(read: Read, name: str, key: str) -> pd.DataFrame:
    return _numbers(read(name).set_index(key)).sort_index()


def _sums(read: Read) -> Iterator[str]:
    """Items sum to totals, to a thousand yen; the items of debt service to that of the need."""
    items = read("items")
    for tier, key in TIERS.items():
        need, debt, revenue = (
            _by_code(read, f"{tier}_{name}", key) for name in ("need", "debt_service", "revenue")
        )
        for name, table, total in (("need", need, "need_before_transfer"), ("debt_service", debt, "debt_service"),
                                   ("revenue", revenue, "standard_revenue")):  # fmt: skip
            mine = items[(items["table"] == f"{tier}_{name}") & (items["kind"] == "item")]["column"]
            sign = [-1 if column.startswith("deduction") else 1 for column in mine]
            if ((table[list(mine)] * sign).sum(axis=1) != table[f"{total}_thousand_yen"]).any():
                yield f"{tier} {name}"
        if (need["debt_service_thousand_yen"] != debt["debt_service_thousand_yen"]).any():
            yield f"{tier} debt service in two tables"


def _transfers(read: Read) -> Iterator[str]:
    for tier, key in TIERS.items():
        need = _by_code(read, f"{tier}_need", key)
        left = need["need_before_transfer_thousand_yen"] - need["transfer_to_extraordinary_bond_thousand_yen"]
        if (left != need["need_after_transfer_thousand_yen"]).any():
            yield tier


def _marks(read: Read) -> Iterator[str]:
    """Who receives is who lacks; nobody else is paid; what is paid is near what is lacking."""
    for tier, key in TIERS.items():
        need, revenue, paid = (
            _by_code(read, f"{tier}_{name}", key) for name in ("need", "revenue", "allocation")
        )
        gap = need["need_after_transfer_thousand_yen"] - revenue["standard_revenue_thousand_yen"]
        apart = [code for code in (WARDS, TOKYO) if code in gap.index]
        amount = paid["ordinary_allocation_thousand_yen"]
        if ((gap > 0).astype(int) != paid["marked_receiving"]).drop(apart).any():
            yield f"{tier} marks"
        if amount[paid["marked_receiving"] == 0].any():
            yield f"{tier} paid without a mark"
        if (
            ((amount - gap.clip(lower=0)).abs() > 0.25 * need["need_after_transfer_thousand_yen"])
            .drop(apart)
            .any()
        ):
            yield f"{tier} paid far from what is lacking"


def _people(read: Read) -> Iterator[str]:
    towns = read("municipalities").set_index("code")
    homes = read("prefectures").set_index("prefecture_code")
    people = pd.to_numeric(towns["population_persons"])
    ages = [f"age_{name}_persons" for name in ("0_14", "15_64", "65_plus", "not_published")]
    if (_numbers(towns[ages]).sum(axis=1) != people).any():
        yield "ages"
    if (pd.to_numeric(towns["age_75_plus_persons"]) > pd.to_numeric(towns["age_65_plus_persons"])).any():
        yield "oldest above old"
    if (pd.to_numeric(towns["households"]) > people).any():
        yield "more households than people"
    sums = people.groupby(towns["prefecture_code"]).sum()
    if (sums.sort_index() != pd.to_numeric(homes["population_persons"]).sort_index()).any():
        yield "prefectures are not the sums of their municipalities"
    largest = float(read("national").set_index("item").at["largest_prefecture_scale", "value"])
    if (pd.to_numeric(homes["population_persons"]).drop(TOKYO, errors="ignore") > largest).any():
        yield "a prefecture above the largest"
    history = read("population_history").set_index("code")
    if (pd.to_numeric(history["register_persons"]).sort_index() != people.sort_index()).any():
        yield "register in two tables"


def _places(read: Read) -> Iterator[str]:
    towns = read("municipalities").set_index("code")
    homes = read("prefectures").set_index("prefecture_code")
    if (towns["prefecture_code"] != towns.index.str[:2]).any() or (
        homes["capital_code"].str[:2] != homes.index
    ).any():
        yield "codes of another prefecture"
    area = pd.to_numeric(towns["area_km2"])
    if (
        area.groupby(towns["prefecture_code"]).sum().sort_index()
        - pd.to_numeric(homes["area_km2"]).sort_index()
    ).abs().max() > 0.006:
        yield "areas of prefectures"
    if (pd.to_numeric(towns["habitable_area_km2"]) > area).any():
        yield "habitable area above the area"
    ends = ["office_lon_deg", "office_lat_deg"]
    if (
        _numbers(homes[ends]).to_numpy() != _numbers(towns.loc[homes["capital_code"], ends]).to_numpy()
    ).any():
        yield "offices of capitals"
    own = towns["has_own_health_centre"] == "1"
    if (~own & towns["city_class"].isin(["designated_city", "core_city", "wards"])).any() or (
        own & towns["city_class"].isin(["town", "village"])
    ).any():
        yield "health centres"


def _borders(read: Read) -> Iterator[str]:
    """Each border once, from the smaller code to the greater; an island has none."""
    borders, towns = read("adjacency"), read("municipalities").set_index("code")
    pairs = [tuple(sorted(pair)) for pair in borders[["code_a", "code_b"]].itertuples(index=False)]
    if len(set(pairs)) != len(pairs) or (borders["code_a"] >= borders["code_b"]).any():
        yield "a border twice or upside down"
    same = borders["code_a"].str[:2] == borders["code_b"].str[:2]
    if (same.astype(int).astype(str) != borders["same_prefecture"]).any():
        yield "the mark of one prefecture"
    islands = set(towns.index[towns["is_island"] == "1"])
    if islands & {code for pair in pairs for code in pair}:
        yield "an island with a border"


def _shares(read: Read) -> Iterator[str]:
    areas = read("medical_areas")
    sums = pd.to_numeric(areas["population_share"]).groupby(areas["code"]).sum()
    if ((sums - 1).abs() > 1e-6).any():
        yield "medical areas"
    if (areas.groupby("medical_area_code")["medical_area_name_ja"].nunique() > 1).any():
        yield "one medical area under two names"
    if (areas["code"].str[:2] != areas["medical_area_code"].str[:2]).any():
        yield "a medical area of another prefecture"


def _same_codes(read: Read) -> Iterator[str]:
    """The same governments in every table, each once."""
    for tier, key in TIERS.items():
        owner = set(read("municipalities" if tier == "municipal" else "prefectures")[key])
        for name in (f"{tier}_need", f"{tier}_debt_service", f"{tier}_revenue", f"{tier}_allocation"):
            codes = list(read(name)[key])
            if set(codes) != owner or len(codes) != len(owner):
                yield name


def _other_years(read: Read) -> Iterator[str]:
    """Settlements sum; projections nest."""
    settled = _numbers(read("settlements").drop(columns="code"))
    parts = settled[[column for column in settled if column.startswith("exp_")]].sum(axis=1)
    if (parts != settled["expenditure_total_thousand_yen"]).any():
        yield "settlements"
    later = _numbers(
        read("projections")[["population_persons", "age_65_plus_persons", "age_75_plus_persons"]]
    )
    if (later.diff(axis=1).iloc[:, 1:] > 0).any(axis=None):
        yield "projected ages"
