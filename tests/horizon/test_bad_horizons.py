"""Faults in the settings of a horizon: one clear message each."""

from __future__ import annotations

import pytest

from optimization.errors import InputError
from tests.horizon.horizon_case import ageing_town


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"horizon.years": ["2035"]}, "is no projected year"),
        ({"horizon.years": ["soon"]}, "is no projected year"),
        ({"horizon.years": ["2040", "2030"]}, "does not follow the year before it"),
        ({"horizon.second_phase_year": 2035}, "is no later year of the horizon"),
        ({"horizon.second_phase_year": 2022}, "is no later year of the horizon"),
        ({"horizon.years": [], "horizon.second_phase_year": 2040}, "is no later year of the horizon"),
        ({"formula.family": "per_capita"}, "cannot be followed over later years"),
    ],
)
def test_a_setting_that_cannot_be_is_said(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        _ = ageing_town(**changes).instance
    assert all(problem.remedy for problem in caught.value.problems)
