"""Teachers of the designated cities' compulsory schools, taken out of the need item in which they stand.

Since FY2017 the designated cities pay the teachers of their elementary and junior high schools. Their need stands in
`other_education_population`, by a correction that no sheet shows apart: the item of these cities rose from 190 to 1,080
billion yen between FY2016 and FY2018, while that of all others hardly moved. It is estimated as what the item of a
designated city holds beyond that of core cities, for as many residents, in whole thousand yen:

    teachers[c] = max(0, item[c] - residents[c] x item of all core cities / residents of all core cities)

Both parts together are the published item, so that every sum of the sheets holds as before. Error, in FY2022: 912
billion yen in all, against 877 by the break of the series (FY2016, grown as that of core cities has): 4% more; city by
city the median difference is 1.5%, the largest 15% (Kitakyushu), for what a city spends on culture and universities of
its own is taken for teachers. What prefectures need per pupil would give 923, per class 814.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd

from optimization.prepare.items import MONEY_SUFFIX

SINCE: Final = 2017
"""Fiscal year from which designated cities pay their teachers."""

ITEM: Final = "city_teachers"
OF: Final = "other_education_population"
NEED: Final = "municipal_need"

Frames = Mapping[str, pd.DataFrame]


def parted(frames: Frames, people: pd.DataFrame, year: int) -> dict[str, pd.DataFrame]:
    """The tables `municipal_need` and `items` of a year with the item parted; none of them before FY2017 or where the
    sheet has no such item or no core city. `people`: code, city_class, population_persons of the municipalities."""
    whole, part = OF + MONEY_SUFFIX, ITEM + MONEY_SUFFIX
    need = frames[NEED]
    if year < SINCE or whole not in need or part in need:
        return {}
    register = people.set_index("code")
    kind = need["code"].map(register["city_class"])
    residents = pd.to_numeric(need["code"].map(register["population_persons"]))
    item, core = pd.to_numeric(need[whole]), kind == "core_city"
    if not core.any():
        return {}
    each = float(item[core].sum()) / float(residents[core].sum())
    teachers = (
        (item - (residents * each).round()).where(kind == "designated_city", 0.0).clip(lower=0.0).astype(int)
    )
    after = need.columns.get_loc(whole) + 1
    need = need.assign(**{whole: item - teachers})
    need.insert(after, part, teachers)
    return {NEED: need, "items": _described(frames["items"], whole, part)}


def _described(items: pd.DataFrame, whole: str, part: str) -> pd.DataFrame:
    """The list of items with the part behind the item it is taken from."""
    here = items[(items["table"] == NEED) & (items["column"] == whole)]
    name = here["name_ja"] + "のうち指定都市の義務教育教職員（推計）"
    row = here.assign(column=part, name_ja=name)
    at = items.index.get_loc(here.index[0]) + 1
    return pd.concat([items.iloc[:at], row, items.iloc[at:]], ignore_index=True)
