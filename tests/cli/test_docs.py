"""The pages that are written from the program are up to date, and the others name what exists."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest
from command_line import REPO

from optimization.case.face import DEFAULT_CASE, PACKAGES
from optimization.case.package import STATUS_QUO
from optimization.dictionary.settings import load_settings
from optimization.dictionary.tables import load_tables
from optimization.rules.listed import STATEMENTS

DOCS = REPO / "docs"
PAGES = sorted(DOCS.glob("*.md"))
LABEL = re.compile(r"\b[RFED]\d+\b")


def script(name: str) -> ModuleType:
    """A script of docs/, loaded without running it."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("name", "function", "page"),
    [
        ("build_rules", "page", "rules.md"),
        ("build_settings", "settings_page", "settings.md"),
        ("build_settings", "tables_page", "tables.md"),
        ("build_settings", "types_module", "../optimization/dictionary/typed_settings.py"),
    ],
)
def test_a_written_page_is_up_to_date(name: str, function: str, page: str) -> None:
    written = (DOCS / page).read_text(encoding="utf-8")
    assert getattr(script(name), function)() == written, f"run: python docs/{name}.py"


def test_the_figures_of_packages_are_those_of_their_runs() -> None:
    """Between its marks the page says what was taken from the runs, and every package has its place there."""
    build = script("build_packages")
    every, text = (path.read_text(encoding="utf-8") for path in (build.FIGURES, build.PAGE))
    assert build.page(text, json.loads(every)) == text, "run: python docs/build_packages.py"
    shipped = {path.stem for path in PACKAGES.glob("*.toml")}
    marked = {found[2] for found in build.MARK.finditer(text)} - set(build.TABLES)
    assert marked | {STATUS_QUO} == shipped and set(json.loads(every)) <= shipped


def test_figures_of_a_package_that_asks_for_something_else_are_told_as_old() -> None:
    build = script("build_packages")
    figures = {"package": build.settings_of("uniform"), "assumptions": "of another day"}
    assert build.stale({"uniform": figures}) == ["uniform"]
    written = (DEFAULT_CASE / "parameters.csv").read_bytes()
    now = build.assumptions_of(written)
    assert build.stale({"uniform": {**figures, "assumptions": now}}) == []
    assert build.stale({"uniform": {**figures, "assumptions": now, "package": "of another day"}}) == [
        "uniform"
    ]
    other_words, other_value = (
        written.replace(b"Road distance", b"Ways"),
        written.replace(b",1.3,", b",1.4,", 1),
    )
    assert other_words != written != other_value
    assert build.assumptions_of(other_words) == now != build.assumptions_of(other_value)


def test_every_rule_that_is_wired_stands_in_the_rules() -> None:
    rules = (DOCS / "rules.md").read_text(encoding="utf-8")
    wiring = (REPO / "optimization" / "model" / "model.py").read_text(encoding="utf-8")
    wired = re.findall(r"^    (\w+)\.(\w+),$", wiring, re.MULTILINE)
    wired += re.findall(r"^    (\w+)\.(\w+)\(model, columns\)$", wiring, re.MULTILINE)
    assert len(wired) >= 20
    for room, rule in wired:
        file = "formulas/__init__" if room == "formulas" else room
        section = rules.partition(f"## optimization/model/{file}.py\n")[2].partition("\n## ")[0]
        assert f"### `{rule}`" in section, (room, rule)


def test_every_statement_stands_in_the_rules_and_beside_its_setting() -> None:
    rules, settings = ((DOCS / name).read_text(encoding="utf-8") for name in ("rules.md", "settings.md"))
    for each in STATEMENTS:
        section = rules.partition(f"### {each.words} ({each.component})\n")[2].partition("\n### ")[0]
        assert each.text.splitlines()[0].strip() in section and f"`{each.setting}`" in section
        entry = settings.partition(f"### `{each.setting}`\n")[2].partition("\n### ")[0]
        assert re.search(rf"- limit: .*\b{each.label}\b", entry), each.setting


def test_every_setting_and_table_has_its_entry() -> None:
    settings = (DOCS / "settings.md").read_text(encoding="utf-8")
    tables = (DOCS / "tables.md").read_text(encoding="utf-8")
    assert re.findall(r"^### `(.+)`$", settings, re.MULTILINE) and set(
        re.findall(r"^### `(.+)`$", settings, re.MULTILINE)
    ) == set(load_settings())
    assert set(re.findall(r"^## `(.+)\.csv`$", tables, re.MULTILINE)) == set(load_tables())


@pytest.mark.parametrize("page", ["model.md", "glossary.md"])
def test_the_labels_named_are_rules_of_the_model(page: str) -> None:
    known = set(LABEL.findall((DOCS / "rules.md").read_text(encoding="utf-8")))
    named = set(LABEL.findall((DOCS / page).read_text(encoding="utf-8")))
    assert named and not named - known


def test_the_tables_named_in_the_data_page_exist() -> None:
    text = (DOCS / "data.md").read_text(encoding="utf-8")
    section = text.partition("## Tables\n")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    named = {word for line in rows[1:] for word in re.findall(r"`([a-z_]+)`", line.split("|")[2])}
    known = set(load_tables())
    assert named <= known
    left_out = {name.replace("prefectural_", "municipal_") for name in known - named}
    assert left_out <= named, "the data page leaves out a table"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere_and_no_path_is_local(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
        assert target.startswith("https://") or (page.parent / target).exists(), target
    assert not re.search(r"(?<![\w.])/(work|tmp|home|root|Users)/", text)


def test_the_readme_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", (REPO / "README.md").read_text(encoding="utf-8")):
        assert target.startswith("https://") or (REPO / target).exists(), target
