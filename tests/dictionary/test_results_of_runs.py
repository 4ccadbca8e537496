"""What runs leave is what the dictionary says: every table, column and word has its entry, and no entry is idle."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError
from sheets import EXAMPLE, PARAMETERS, REPO, assert_equal, plain, read_back, rows_of, tables

from optimization import apply, load_case, load_package, solve
from optimization.archive import write_run
from optimization.case.case import Case
from optimization.case.crisis import CRISIS_TYPES
from optimization.case.prescribed import GivenBody
from optimization.case.resolved import with_settings
from optimization.dictionary import load_settings
from optimization.dictionary.results import (
    LANGUAGES,
    ResultColumn,
    ResultTable,
    column_of,
    load_results,
    load_units,
    load_words,
    text,
    unit_label,
    word,
)
from optimization.dictionary.tables import load_tables
from optimization.dictionary.tiers import TIERS
from optimization.ledger.debt import STAGES
from optimization.ledger.worlds import GROUPS, World, centre
from optimization.outcome.existing_table import FATES
from optimization.outcome.result import Result
from optimization.outcome.verdict import Worth
from optimization.outcome.verdicts import REASONS, VERDICTS
from optimization.recommend.recommend import recommend
from optimization.recommend.tables import CENTRAL, OTHER, OWN, RECOMMENDED, told
from optimization.report.workbook import write_workbook
from optimization.solving.highs import Limits

PACKAGES = (
    "crisis_ready",
    "horizon_2050",
    "horizon_phased",
    "hard_budget",
    "regional_blocs",
    "municipality_2040",
    "simple_need",
    "as_observed",
)
"""simple_need for its hold-harmless path; hard_budget has no plan on the teaching case."""

PRICED = "regional_blocs"
"""Asked for a least saving of every change, for the table that prices them."""

FEW_YEARS = ("2040", "2050")
"""Enough for every table of a horizon, the later of its two phases included."""

FORMER = {"governments": {"gains"}}
"""Columns that only runs of earlier versions have."""

WORDY = ("word", "words")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Run folders by package: those of the teaching case, solved loosely, and the example that is kept."""
    case, root = load_case(REPO / "inputs" / "iwate-2022"), tmp_path_factory.mktemp("runs")
    limits = Limits(gap=1e-3, threads=1)
    for name in PACKAGES:
        package = load_package(case, name)
        if package.settings["horizon.years"]:
            few = {"horizon.years": FEW_YEARS, "formula.settles_duties": True}
            package = with_settings(package, {**few, "weights.observed_sharing_million_yen": 1.0})
        if name == PRICED:
            package = with_settings(package, {"choice.change_threshold_million_yen": 1.0})
        write_run(solve(case, package, limits=limits), root / name, limits, "auto", [])
    write_run(_applied(case), root / "applied", limits, "applied", [])
    write_run(_recommended(case, root / "answers"), root / "recommended_plan", limits, "auto", [])
    return {"example": EXAMPLE, **{name: root / name for name in (*PACKAGES, "applied", "recommended_plan")}}


def _recommended(case: Case, answers: Path) -> Result:
    """A plan of one prefecture chosen for three worlds."""
    worlds = [centre(), *(World(f"gains_{level:.0f}", {"realisation": level}) for level in (0.0, 1.0))]
    limits = Limits(gap=1e-3, threads=1)
    return told(recommend(case, load_package(case, "role_division"), answers, worlds=worlds, limits=limits))


def _applied(case: Case) -> Result:
    """A decision that keeps no floor, with a body that nobody listed."""
    package = with_settings(load_package(case, "status_quo"), {"equity.adequacy_floor": 1.1})
    return apply(case, package, bodies=[GivenBody(("fire",), tuple(case.codes[:2]))])


@pytest.fixture(scope="module")
def found(runs: dict[str, Path]) -> dict[str, dict[str, set[str]]]:
    """Values that occur, by table and column; the assumptions of the case are a table like others."""
    result: dict[str, dict[str, set[str]]] = {}
    everything = [*(item for folder in runs.values() for item in tables(folder).items())]
    for name, (header, *rows) in (*everything, ("parameters", rows_of(PARAMETERS))):
        for n, column in enumerate(header):
            values = result.setdefault(name, {}).setdefault(column, set())
            values.update(row[n] for row in rows)
    return result


def test_every_column_has_its_entry_and_no_entry_is_idle(found: dict[str, dict[str, set[str]]]) -> None:
    for name, columns in found.items():
        assert all(column_of(name, column).meaning for column in columns)
    used = {name: {plain(name, column) for column in columns} for name, columns in found.items()}
    known = {name: set(table.columns) for name, table in load_results().items()}
    assert {name: columns | FORMER.get(name, set()) for name, columns in used.items()} == known


def test_every_word_has_its_labels_and_none_is_idle(
    found: dict[str, dict[str, set[str]]], runs: dict[str, Path]
) -> None:
    words = set(_words(found))
    for folder in runs.values():
        record = pd.read_json(folder / "run.json", typ="series")
        words |= {record["status"], *(record["objective_parts_million_yen"] or {})}
    assert all(word(name, language) for name in words for language in LANGUAGES)
    known = {
        *TIERS,
        *STAGES,
        *CRISIS_TYPES,
        *FATES,
        *map(str, Worth),
        *_choices(),
        "all",
        *VERDICTS,
        *REASONS,
    }
    known |= {f"numbers_{group}" for group in GROUPS} | {RECOMMENDED, CENTRAL, OWN, OTHER}
    assert all(word(name, "ja") for name in known)
    idle = set(load_words()) - {re.sub("[0-9]+$", "#", name) for name in words} - words - known
    assert not idle


def _words(found: dict[str, dict[str, set[str]]]) -> Iterator[str]:
    """Words that occur: those of word columns (a year may stand for a course), classes among rule groups."""
    for name, columns in found.items():
        for column, values in columns.items():
            if column_of(name, column).unit in WORDY or column == "rule_group":
                parts = {part.partition(".")[0] for value in values for part in value.split("|")}
                yield from (part for part in parts if not part.isdigit())


def _choices() -> Iterator[str]:
    """Sources of candidate bodies, marks of assumptions and classes that a small case lacks."""
    yield from load_settings()["wide_area.sources"].choices or ()
    yield from load_tables()["parameters"].columns["mark"].enum or ()
    yield from ("designated_city", "core_city", "wards")


def test_every_unit_is_that_of_a_column_or_a_row(found: dict[str, dict[str, set[str]]]) -> None:
    used = {column_of(name, column).unit for name, columns in found.items() for column in columns}
    used |= {unit for name in ("formula", "measures", "coefficients") for unit in found[name]["unit"]}
    assert used == set(load_units())
    assert all(unit_label(unit, "ja") for unit in used)


def test_a_suffix_states_the_unit(found: dict[str, dict[str, set[str]]]) -> None:
    money = {"million yen per year", "million yen"}
    allowed = {"_million_yen": money, "_ratio": {"ratio", "share"}, "_persons": {"persons"}, "_km": {"km"}}
    for name, columns in found.items():
        for column in columns:
            for suffix, units in allowed.items():
                if column.endswith(suffix):
                    assert column_of(name, column).unit in units, (name, column)


def test_numbers_stand_where_the_unit_says_so(found: dict[str, dict[str, set[str]]]) -> None:
    for name, columns in found.items():
        for column, values in columns.items():
            if load_units()[column_of(name, column).unit].shown:
                assert all(float(value) is not None for value in values if value), (name, column)


@pytest.mark.parametrize("package", ["example", *PACKAGES])
def test_a_workbook_holds_what_the_tables_hold(package: str, runs: dict[str, Path], tmp_path: Path) -> None:
    target = tmp_path / "run.xlsx"
    language = LANGUAGES[len(package) % 2]
    write_workbook(runs[package], target, language)
    assert_equal(runs[package], target, language)


def test_a_run_without_a_plan_says_so(runs: dict[str, Path], tmp_path: Path) -> None:
    write_workbook(runs["hard_budget"], tmp_path / "run.xlsx")
    about = {row[0]: row[1] for row in read_back(tmp_path / "run.xlsx")["About"] if row[0]}
    assert about["Status"] == "infeasible"
    assert about["Real cost, million yen per year"] == about["Gap"] == "none"


def test_today_is_said_by_rule() -> None:
    entry = column_of("governments", "need_today_million_yen")
    assert (entry.label, entry.label_ja) == ("Standard financial need, today", "基準財政需要額（現行）")
    assert entry.unit == column_of("governments", "need_million_yen").unit == "million yen per year"
    assert column_of("provision", "cost_today_standard_million_yen").label_ja == "標準的な経費（現行）"


def test_a_word_may_hold_a_number() -> None:
    assert word("hold_harmless_top_up_year_3", "ja") == "激変緩和の計（3年目）"
    assert word("people_within_30_minutes_of_every_seat", "en") == "people within 30 minutes of every seat"


@pytest.mark.parametrize("name", ["", "parish", "prefecture_7", "hold_harmless_top_up_year_", "#"])
def test_an_unknown_word_is_refused(name: str) -> None:
    with pytest.raises(KeyError):
        word(name, "en")


@pytest.mark.parametrize(
    ("table", "column"),
    [("no_table", "tier"), ("tiers", "no_column"), ("tiers", "no_column_today"), ("tiers", "_today")],
)
def test_an_unknown_column_is_refused(table: str, column: str) -> None:
    with pytest.raises(KeyError):
        column_of(table, column)


def test_titles_are_fit_for_sheets() -> None:
    for language in LANGUAGES:
        titles = [table.said("title", language).casefold() for table in load_results().values()]
        titles += [text(name, language).casefold() for name in ("about", "words")]
        assert len(titles) == len(set(titles)) and max(map(len, titles)) < 31


def test_a_faulty_entry_is_refused() -> None:
    with pytest.raises(ValidationError):
        ResultColumn(label="Tier", label_ja="", meaning="Tier.", unit="word")
    example = load_results()["tiers"]
    with pytest.raises(ValidationError):
        ResultTable(**{**example.model_dump(), "title": "a/b"})


def test_the_page_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("build_results", REPO / "docs" / "build_results.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (REPO / "docs" / "results.md").read_text(encoding="utf-8")
    assert module.page() == written, "run: python docs/build_results.py"
