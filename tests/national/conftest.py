"""The whole country: the published figures read on their own, and runs of solve.py."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from national_run import TOKYO, Run

REPO = Path(__file__).parents[2]
JAPAN = REPO / "inputs" / "japan-2022"
THOUSAND = 1_000.0


@pytest.fixture(scope="session")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Run]:
    """Run solve.py with these arguments, each combination once."""

    @cache
    def run(*arguments: str) -> Run:
        folder = tmp_path_factory.mktemp("national") / "run"
        errors = folder.parent / "errors"
        with errors.open("w") as err:
            process = subprocess.Popen(
                [sys.executable, REPO / "solve.py", "run", *arguments, "--out", folder],
                stdout=subprocess.DEVNULL,
                stderr=err,
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        return Run(process.returncode, errors.read_text(), folder, usage.ru_maxrss * 1024.0)

    return run


@pytest.fixture(scope="session")
def published() -> pd.DataFrame:
    """Need after transfer, standard revenue and allocation paid of every government, million yen, as the
    tables of the case have them, read without any code of ours; Tokyo and its wards as one."""
    parts = []
    for tier, key in (("municipal", "code"), ("prefectural", "prefecture_code")):
        need, revenue, paid = (
            pd.read_csv(JAPAN / f"{tier}_{name}.csv", dtype={key: str}).set_index(key)
            for name in ("need", "revenue", "allocation")
        )
        parts.append(
            pd.DataFrame(
                {
                    "need": need["need_after_transfer_thousand_yen"] / THOUSAND,
                    "revenue": revenue["standard_revenue_thousand_yen"] / THOUSAND,
                    "paid": paid["ordinary_allocation_thousand_yen"] / THOUSAND,
                    "marked": paid["marked_receiving"],
                    "tier": tier,
                }
            )
        )
    table = pd.concat(parts)
    pair = table.loc[["13", "13100"]]
    joint = {**pair[["need", "revenue", "paid", "marked"]].sum(), "tier": "prefectural"}
    table = pd.concat([table.drop(index=pair.index), pd.DataFrame(joint, index=[TOKYO])])
    return table.sort_index()


@pytest.fixture(scope="session")
def adjustment_rate() -> float:
    """The national adjustment rate of the year."""
    rows = pd.read_csv(JAPAN / "national.csv").set_index("item")
    return float(rows.at["adjustment_rate", "value"])


@pytest.fixture(scope="session")
def by_formula(published: pd.DataFrame, adjustment_rate: float) -> pd.Series:
    """The law's formula on the published figures: max(0, (1 - rate) need - revenue), million yen."""
    return np.maximum(0.0, (1.0 - adjustment_rate) * published["need"] - published["revenue"])
