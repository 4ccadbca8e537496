"""A misspelt key of a setting fails in the type check, and the record of types says what the dictionary says."""

from __future__ import annotations

from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from mypy import api

from optimization.dictionary.settings import (
    CASE,
    load_settings,
    setting_key,
    status_quo,
    value_of,
    with_values,
)
from optimization.dictionary.typed_settings import SettingKey, Settings

SNIPPET = """
from optimization.dictionary.typed_settings import SettingKey, Settings

RIGHT: SettingKey = "discipline.balance"
WRONG: SettingKey = "discipline.ballance"

def right(settings: Settings) -> float:
    return settings["weights.access"] + settings["formula.counted_share"][0]

def wrong(settings: Settings) -> float:
    return settings["weights.acess"]
"""


def test_a_misspelt_key_fails_in_the_type_check(tmp_path: Path) -> None:
    file = tmp_path / "snippet.py"
    file.write_text(SNIPPET, encoding="utf-8")
    said, _, code = api.run(
        ["--config-file=", f"--cache-dir={tmp_path}", "--follow-imports=silent", str(file)]
    )
    assert code == 1, said
    wrong = [
        n for n, line in enumerate(SNIPPET.splitlines(), start=1) if "ballance" in line or "acess" in line
    ]
    assert [int(line.split(":")[1]) for line in said.splitlines() if ": error:" in line] == wrong, said


def test_the_record_of_types_holds_every_setting_of_the_dictionary() -> None:
    assert list(load_settings()) == list(get_args(SettingKey)) == list(get_type_hints(Settings))


def test_a_key_that_is_put_together_is_looked_up() -> None:
    of_case = {key: 0.1 for key, entry in load_settings().items() if entry.default == CASE}
    settings = status_quo([], of_case)
    assert value_of(settings, setting_key("formula." + "family")) == "japan_lat"
    other = with_values(settings, {"formula.family": "per_capita"})
    assert (other["formula.family"], settings["formula.family"]) == ("per_capita", "japan_lat")
    with pytest.raises(KeyError, match="famly"):
        setting_key("formula.famly")
    with pytest.raises(KeyError, match="famly"):
        with_values(settings, {"formula.famly": "per_capita"})
