"""The savings table: by service what the plan saves of the norm, and of money spent, with its interval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from optimization.dictionary.purposes import NO_PURPOSE, purpose_of
from optimization.ledger.accounts import Accounts
from optimization.ledger.money_spent import by_slope_of_norm, ratios_of, saved
from optimization.ledger.worlds import Worlds
from optimization.outcome.result import Result

MIL = "_million_yen"
ALL = "all"
SHOWN = 5e-4
"""Less than this (million yen) is rounding: the service has no row."""

RATIOS = ("spending_low_ratio", "spending_ratio", "spending_high_ratio")
SPENT = (f"saving_spent_low{MIL}", f"saving_spent{MIL}", f"saving_spent_high{MIL}")


def savings_table(result: Result, after: Accounts, before: Accounts) -> dict[str, pd.DataFrame]:
    """The table `savings` where the case says what a yen of the norm is in money spent, else none.

    A row is a service whose budget cost changes in the year (the first over a horizon); the last, `all`, is their sum.
    The interval of a sum has all ratios at one end together, as what makes one wrong makes others wrong too.
    """
    instance = after.instance
    ratios = ratios_of(instance.case)
    if ratios is None:
        return {}
    found = saved(before, after)
    worlds = Worlds(result.whole or instance.case, result.package, replace(instance, horizon=None))
    full = by_slope_of_norm(worlds, replace(after.decision, second=None)).norm
    ends = list(ratios.ends)
    spent = np.array([found.spent(ratio) for ratio in ends])
    services = np.array([*ratios.services])
    shown = (np.abs(found.standard) > SHOWN) | (np.abs(found.beside) > SHOWN)
    told = {name: ratio[shown] for name, ratio in zip(RATIOS, ends, strict=True)}
    known = purpose_of("services")
    marks = [ratios.numbers[s].mark if s in ratios.numbers else "" for s in services[shown]]
    rows = pd.DataFrame(
        {
            "service": services[shown],
            "purpose": [known.get(s, NO_PURPOSE) for s in services[shown]],
            f"saving_standard{MIL}": found.standard[shown],
            f"saving_beside{MIL}": found.beside[shown],
            f"saving_norm{MIL}": found.norm[shown],
            f"saving_whole_slope{MIL}": full[shown],
            "ratio_mark": marks,
            **told,
            **dict(zip(SPENT, _ordered(spent[:, shown]), strict=True)),
        }
    )
    total = {
        "service": ALL,
        "purpose": ALL,
        f"saving_standard{MIL}": found.standard.sum(),
        f"saving_beside{MIL}": found.beside.sum(),
        f"saving_norm{MIL}": found.norm.sum(),
        f"saving_whole_slope{MIL}": full.sum(),
        "ratio_mark": "",
        **dict(zip(SPENT, _ordered(spent.sum(axis=1)), strict=True)),
    }
    return {"savings": pd.concat([rows, pd.DataFrame([total])], ignore_index=True)}


def _ordered(spent: np.ndarray) -> np.ndarray:
    """Low end, central value and high end, (3, ...), of amounts at the low, central and high ratios."""
    return np.array([np.minimum(spent[0], spent[2]), spent[1], np.maximum(spent[0], spent[2])])
