"""The page of evidence is what its script writes of its tables, and its tables are those of the parameters."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pandas as pd

from optimization.evidence.registered import registered

REPO = Path(__file__).parents[2]
SCRIPT = REPO / "docs" / "build_evidence.py"


def script() -> ModuleType:
    """The script, loaded without running it."""
    spec = importlib.util.spec_from_file_location("build_evidence", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_the_script_writes() -> None:
    module = script()
    assert module.page(module.read()) == module.PAGE.read_text(encoding="utf-8"), (
        "run: python docs/build_evidence.py"
    )
    for name in registered().purposes:
        assert (module.TABLES / f"{name}.svg").is_file() or name not in module.PAGE.read_text(
            encoding="utf-8"
        )


def test_a_purpose_beyond_the_bounds_of_coverage_is_no_parameter() -> None:
    found = pd.read_csv(REPO / "docs" / "evidence" / "estimates.csv")
    rule = registered().intervals
    told = found.dropna(subset=["coverage"]).drop_duplicates("purpose")
    within = told["coverage"].between(rule["covered_least"], rule["covered_most"])
    assert len(told) >= 7 and (told["estimable"] == within).all()
