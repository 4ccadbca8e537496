"""The official debt ratios of every government of the country, as the law's formula gives them today."""

from __future__ import annotations

import numpy as np
import pytest

from optimization.case.face import DEFAULT_CASE
from optimization.case.load import load_case
from optimization.dictionary.settings import status_quo
from optimization.ledger.accounts import todays_accounts
from optimization.ledger.debt import debt_ratios, debts_of
from optimization.ledger.layout import lay_out

pytestmark = pytest.mark.national


def test_today_reproduces_the_official_ratio_of_every_government() -> None:
    case = load_case(DEFAULT_CASE)
    instance = lay_out(case, status_quo(list(case.services.index), case.defaults))
    today = todays_accounts(instance)
    official = case.governments[["real_debt_service_ratio", "future_burden_ratio"]].to_numpy(float).T
    assert np.abs(np.array(debt_ratios(today)) - official).max() <= 1e-14
    assert (debts_of(today).base > 0).all() and len(case.governments) == 1765
