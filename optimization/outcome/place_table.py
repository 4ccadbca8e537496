"""What residents of every municipality have, today and under the package."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimization.case.rule_groups import size_class
from optimization.ledger import places
from optimization.ledger.accounts import Accounts
from optimization.ledger.instance import Instance

RESIDENT = "_yen_per_resident"


def place_table(after: Accounts, before: Accounts) -> pd.DataFrame:
    """Leeway and cover of every place with what the change of leeway is made of (`ledger.places`)."""
    instance, case = after.instance, after.instance.case
    table = case.once("places", lambda: _places(instance)).copy()
    for label, accounts in (("_today", before), ("", after)):
        table[f"leeway{label}{RESIDENT}"] = places.leeway(accounts)
        table[f"cover{label}_ratio"] = places.cover(accounts)
        table[f"tax_price{label}_ratio"] = places.tax_price(accounts)
    change = table[f"leeway{RESIDENT}"] - table[f"leeway_today{RESIDENT}"]
    table[f"change{RESIDENT}"] = change
    for name, part in places.parts(after, before).items():
        table[f"change_by_{name}{RESIDENT}"] = part
    table["gains"] = moves(change.to_numpy())
    return table


def _places(instance: Instance) -> pd.DataFrame:
    """What every place is: names, codes, class, governments, residents."""
    case = instance.case
    codes, frame = case.governments.index.to_numpy(), case.municipalities
    return pd.DataFrame(
        {
            "code": case.codes.to_numpy(),
            "name_ja": frame["name_ja"].to_numpy(),
            "prefecture_code": frame["prefecture_code"].to_numpy(),
            "class": size_class(frame).to_numpy().astype(str),
            "municipal_government": codes[instance.municipal_government],
            "prefectural_government": codes[instance.prefectural_government],
            "population_persons": frame["population_persons"].to_numpy(int),
        }
    )


def moves(change: np.ndarray) -> np.ndarray:
    """1 where leeway rises, -1 where it falls, 0 where it stays within `places.STILL`."""
    return np.where(np.abs(change) <= places.STILL, 0, np.sign(change)).astype(int)


def places_of(run: dict[str, pd.DataFrame], municipalities: pd.DataFrame) -> pd.DataFrame:
    """The table `places` of a run; of a run from before there was one its columns that the governments' accounts tell,
    with the municipalities of its case."""
    if "places" in run:
        return run["places"]
    governments = run["governments"].set_index("government")
    position = governments.index.get_indexer
    joint = {part: code for code in governments.index for part in str(code).split("+")}
    own = [joint[code] for code in municipalities.index]
    above = [joint[code] for code in municipalities["prefecture_code"]]
    table = pd.DataFrame(
        {
            "code": municipalities.index,
            "name_ja": municipalities["name_ja"].to_numpy(),
            "prefecture_code": municipalities["prefecture_code"].to_numpy(),
            "class": size_class(municipalities).to_numpy().astype(str),
            "municipal_government": own,
            "prefectural_government": above,
            "population_persons": municipalities["population_persons"].to_numpy(int),
        }
    )
    residents = governments["population_persons"].to_numpy(float)
    matrix = places.of_both_tiers(position(own), position(above), residents)
    for label in ("_today", ""):
        left = governments[f"funds{label}_million_yen"] - governments[f"standard_cost{label}_million_yen"]
        table[f"leeway{label}{RESIDENT}"] = matrix @ left.to_numpy(float)
    table[f"change{RESIDENT}"] = table[f"leeway{RESIDENT}"] - table[f"leeway_today{RESIDENT}"]
    table["gains"] = moves(table[f"change{RESIDENT}"].to_numpy())
    return table
