"""What holds for any text and any value: settings read back as they were, names stay names, formulas stay text."""

from __future__ import annotations

import csv
import io
import shutil
import tomllib
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from optimization.case.case import Case
from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.case.overlay import overlay
from optimization.case.resolved import to_toml
from optimization.dictionary.settings import check_value, load_settings
from optimization.errors import InputError
from optimization.reading.files import parse_toml
from optimization.reading.toml_file import toml_value
from optimization.web.downloads import STARTS, inert_csv
from tests.fuzz.bases import IWATE
from tests.fuzz.values import LITERALS, TEXTS

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
NUMBERS = st.integers() | st.floats(allow_nan=False)
SCALARS = st.booleans() | NUMBERS | WORDS | st.dates() | st.times().map(lambda t: t.replace(tzinfo=None))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4)
)
NAMES = st.sampled_from(
    ["fire", "waste", "municipality", "prefecture", "all", "by_class", "free", "japan_lat", "x"]
)
PLAUSIBLE = st.recursive(NUMBERS | NAMES | st.booleans(), lambda inner: st.lists(inner, max_size=3))


@cache
def case() -> Case:
    return load_case(IWATE)


@QUICK
@given(VALUES)
def test_any_value_is_written_as_it_is_read(value: Any) -> None:
    assert tomllib.loads(f"a = {toml_value(value)}") == {"a": value}


@QUICK
@given(st.text(max_size=300) | st.sampled_from(LITERALS).map(lambda text: f"a = {text}"))
def test_any_text_is_toml_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert isinstance(parse_toml(text), dict)


@QUICK
@given(st.sampled_from(sorted(load_settings())), VALUES | PLAUSIBLE)
def test_any_value_of_a_setting_is_good_or_has_a_remedy(key: str, value: Any) -> None:
    services = list(case().services.index)
    for problem in check_value(load_settings()[key], value, services):
        assert problem.message and problem.remedy and len(str(problem)) < 2000


@QUICK
@given(st.dictionaries(st.sampled_from(sorted(load_settings())), PLAUSIBLE, min_size=1, max_size=4))
@example({"equity.adequacy_floor": 0.9, "responsibility.free_services": ["fire"]})
@example({"formula.counted_share": [0.6, 0.7], "weights.access": 2})
def test_a_package_taken_reads_back_as_it_was(tmp_path: Path, chosen: dict[str, Any]) -> None:
    path = tmp_path / "p.toml"
    path.write_text(overlay("p", "a", ("t", "t"), chosen, dated=date(2024, 1, 1)), encoding="utf-8")
    try:
        package = load_package(case(), [path])
    except InputError:
        return
    written = tmp_path / "package.resolved.toml"
    written.write_text(to_toml(package), encoding="utf-8")
    again = load_package(case(), [written])
    assert again.settings == package.settings and again.assumptions == package.assumptions


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(IWATE, tmp_path_factory.mktemp("case") / "mine"))


@settings(QUICK, max_examples=12)
@given(WORDS | st.sampled_from([text for text in TEXTS if len(text) < 100]))
@example('=HYPERLINK("http://x.test")')
@example("<script>alert(1)</script>")
def test_a_name_is_refused_or_stays_what_it_is(folder: Path, name: str) -> None:
    file = folder / "municipalities.csv"
    before = file.read_text(encoding="utf-8")
    header, *rows = csv.reader(io.StringIO(before, newline=""))
    rows[0][header.index("name_ja")] = name
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines, lineterminator="\n").writerows([header, *rows])
    try:
        assert load_case(folder).municipalities.at["03201", "name_ja"] == name
    except InputError as refusal:
        assert "municipalities.csv" in str(refusal)
    finally:
        file.write_text(before, encoding="utf-8")


@QUICK
@given(
    st.lists(st.lists(WORDS | st.sampled_from(TEXTS[:20]), min_size=1, max_size=4), min_size=1, max_size=4)
)
def test_no_cell_that_is_sent_is_a_formula(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    sent = inert_csv(out.getvalue())
    found = list(csv.reader(io.StringIO(sent, newline="")))
    original = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    for cell, before in zip(
        [c for row in found for c in row], [c for row in original for c in row], strict=True
    ):
        assert cell in (before, f"'{before}")
        if cell.startswith(STARTS):
            float(cell)
    assert inert_csv(sent) == sent
