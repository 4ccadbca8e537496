"""The spending table: by purpose and class of government what was spent, what the formula recognises as needed, and
what the model reckons, today and under the package."""

from __future__ import annotations

import pandas as pd

from optimization.case.case import Case
from optimization.case.rule_groups import size_class
from optimization.case.spending import (
    SPENT,
    counterparts,
    needed_by_purpose,
    of_services,
    purposes,
    spent_by_purpose,
    year_of_spending,
)
from optimization.dictionary.purposes import NO_PURPOSE
from optimization.dictionary.tiers import MUNICIPALITY, PREFECTURE
from optimization.ledger.accounts import Accounts

ALL = "all"
CLASSES = (
    "designated_city", "core_city", "city_100k_up", "city_50k_100k", "city_below_50k", "town_10k_up", "town_below_10k",
    "wards", PREFECTURE, ALL,
)  # fmt: skip
"""Order of the classes of government."""

COLUMNS = {
    "total_million_yen": "spent_million_yen",
    "construction_million_yen": "spent_construction_million_yen",
    "general_funds_million_yen": "spent_from_general_funds_million_yen",
}
"""Money of the case's spending -> its column here."""

NEEDED = "needed_million_yen"
MODELLED = ("modelled_today_million_yen", "modelled_million_yen")
AMOUNTS = (*COLUMNS.values(), NEEDED, *MODELLED)
RATIO = "spent_from_general_funds_over_needed_ratio"


def spending_tables(after: Accounts, before: Accounts) -> dict[str, pd.DataFrame]:
    """The table `spending` where the case knows what was spent, else none.

    A row is a purpose in a class of government; `all` of the purposes and of the classes are sums. What is modelled is
    the standard cost, earmarked grants included, of the services that are the class's today, whoever answers for them
    under the package. Only governments whose spending is known are counted, in every column.
    """
    case = after.instance.case
    if case.spending.empty:
        return {}
    amounts = pd.concat([_of_tier(tier, before, after) for tier in (MUNICIPALITY, PREFECTURE)])
    known = amounts.drop_duplicates("code").set_index("code")["class"]
    order = [name for name in CLASSES if name == ALL or (known == name).any()]
    rows = pd.concat([_of_class(amounts, name) for name in order], ignore_index=True)
    counts = {name: int(_in_class(known, name).sum()) for name in order}
    people = {name: _residents(case, known.index[_in_class(known, name)]) for name in order}
    beside = {name: _beside(case, name) for name in order}
    classes = list(rows["class"])
    told = pd.DataFrame(
        {
            "purpose": rows["purpose"],
            "class": classes,
            "counterpart": [beside[c].get(p, "") for c, p in zip(classes, rows["purpose"], strict=True)],
            "governments": [counts[c] for c in classes],
            "population_persons": [people[c] for c in classes],
            "year": year_of_spending(case),
        }
    )
    compared = (rows[NEEDED] > 0) & (rows["purpose"] != NO_PURPOSE)
    ratio = rows[COLUMNS["general_funds_million_yen"]] / rows[NEEDED].where(compared)
    return {"spending": pd.concat([told, rows[list(AMOUNTS)]], axis=1).assign(**{RATIO: ratio})}


def _of_tier(tier: str, before: Accounts, after: Accounts) -> pd.DataFrame:
    """A row a government of known spending and purpose: code, class, purpose and `AMOUNTS`."""
    case = after.instance.case
    places, beside, spent = case.municipalities, counterparts(case, tier), spent_by_purpose(case)
    local = tier == MUNICIPALITY
    home = places.index.to_series() if local else places["prefecture_code"]
    classes = size_class(places) if local else pd.Series(PREFECTURE, index=case.prefectures.index)
    tables = {NEEDED: needed_by_purpose(case, tier)}
    for name, accounts in zip(MODELLED, (before, after), strict=True):
        costs = pd.DataFrame(accounts.components["standard"], places.index, accounts.instance.services)
        tables[name] = of_services(costs.groupby(home.to_numpy()).sum(), beside)
    known = classes.index[classes.index.isin(spent.index.unique(level=0))]
    index = pd.MultiIndex.from_product([known, purposes()], names=["code", "purpose"])
    frame = spent[list(SPENT)].reindex(index, fill_value=0.0).rename(columns=COLUMNS)
    for name, table in tables.items():
        frame[name] = table.stack(future_stack=True).reindex(index)
    frame = frame.reset_index()
    return frame.assign(**{"class": frame["code"].map(classes)})


def _in_class(classes: pd.Series, name: str) -> pd.Series:
    return classes == name if name != ALL else classes.notna()


def _of_class(amounts: pd.DataFrame, name: str) -> pd.DataFrame:
    """Sums of a class by purpose, those of all purposes last; NaN where nothing stands beside any."""
    here = amounts[_in_class(amounts["class"], name)]
    sums = here.groupby("purpose")[list(AMOUNTS)].sum(min_count=1).reindex(purposes())
    sums.loc[ALL] = sums.sum()
    return sums.rename_axis("purpose").reset_index().assign(**{"class": name})


def _residents(case: Case, codes: pd.Index) -> int:
    """Residents of some governments, those of a municipality and its prefecture once."""
    own, above, known = case.codes.to_numpy(), case.municipalities["prefecture_code"].to_numpy(), set(codes)
    here = [code in known or home in known for code, home in zip(own, above, strict=True)]
    return int(case.municipalities["population_persons"].to_numpy()[here].sum())


def _beside(case: Case, name: str) -> dict[str, str]:
    """Names of what stands beside every purpose in a class."""
    tiers = (
        (MUNICIPALITY, PREFECTURE)
        if name == ALL
        else (PREFECTURE,)
        if name == PREFECTURE
        else (MUNICIPALITY,)
    )
    found = [counterparts(case, tier) for tier in tiers]
    return {
        purpose: "|".join(dict.fromkeys(each for of in found for part in of[purpose] for each in part))
        for purpose in purposes()
    }
