"""Tiers and formula families are entries of the dictionary; what is said of them elsewhere follows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from optimization.case import agreement, load
from optimization.case.load import load_case
from optimization.dictionary import tiers
from optimization.dictionary.families import FamilyParameter, load_families
from optimization.dictionary.parameters import load_parameters
from optimization.dictionary.settings import load_settings
from optimization.dictionary.tiers import ACCOUNT_TIERS, HIGHER_TIERS, LOCAL_TIERS, TIERS
from optimization.errors import InputError
from optimization.ledger.formulas import FAMILIES
from optimization.model.formulas import ROWS
from optimization.reading.whereabouts import INPUTS

NUMBERS = {"low": 0.5, "central": 0.6, "high": 0.7, "mark": "assumption", "source": "a test"}


def test_the_tiers_are_in_their_order() -> None:
    assert TIERS == ("municipality", "prefecture", "bloc", "nation")
    assert (TIERS[1:], TIERS[:3], TIERS[:2]) == (HIGHER_TIERS, LOCAL_TIERS, ACCOUNT_TIERS)
    known = load_settings()
    assert known["responsibility.free_tiers"].choices == TIERS
    assert known["crisis.reserve_tiers"].choices == HIGHER_TIERS
    assert known["crisis.lead_flood"].choices == ("free", *TIERS)


@pytest.mark.parametrize(
    ("old", "new"),
    [('sign = "p"', 'sign = "w"'), ('sign = "p"', 'sign = "n"'), ('pays = "prefecture"', 'pays = "x"')],
)
def test_a_faulty_tier_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    """Signs that two share or a body has, and a payer that is no tier."""
    file = tmp_path / "tiers.toml"
    file.write_text(tiers.TIERS_FILE.read_text("utf-8").replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(tiers, "TIERS_FILE", file)
    with pytest.raises(ValueError, match=r"tiers\.toml"):
        tiers._tiers()


def test_every_family_has_its_arithmetic_and_its_rows() -> None:
    families = load_families()
    assert [*families] == [*FAMILIES] == list(load_settings()["formula.family"].choices or ())
    assert set(ROWS) == {name for name, family in families.items() if family.follows_need}
    assert all(callable(module.transfers) for module in FAMILIES.values())
    assert all(callable(module.add_rows) and callable(module.bounds) for module in ROWS.values())
    for name, family in families.items():
        assert set(family.settings) <= set(load_settings()), name
        assert set(family.parameters) <= set(load_parameters()), name


def test_a_parameter_that_its_family_brings_along_need_not_be_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(INPUTS / "iwate-2022", tmp_path / "iwate"))
    table = pd.read_csv(folder / "parameters.csv", dtype=str, keep_default_na=False)
    table[table["parameter"] != "germany_rate"].to_csv(folder / "parameters.csv", index=False)
    with pytest.raises(InputError, match="germany_rate"):
        load_case(folder)
    brought = FamilyParameter.model_validate({"label": ("rate", "率"), "within": "fraction", **NUMBERS})
    monkeypatch.setattr(agreement, "OFFERED", agreement.OFFERED | {"germany_rate"})
    known = load.family_parameters()
    monkeypatch.setattr(load, "family_parameters", lambda: {**known, "germany_rate": brought})
    case = load_case(folder)
    assert case.parameters("germany_rate") == 0.6
    assert load_case(INPUTS / "iwate-2022").parameters("germany_rate") == 0.63
