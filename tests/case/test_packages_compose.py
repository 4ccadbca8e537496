"""Composition: order, origin, overrides, warnings, changes, and the round trip through TOML."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimization.case.compose import resolve
from optimization.case.package_reader import read_package
from optimization.case.resolved import RESOLVED_NAME, ResolvedPackage, changes, to_toml, with_settings
from optimization.errors import InputError
from optimization.reading.toml_file import toml_value

SHIPPED = Path(__file__).parents[2] / "inputs" / "packages"
SERVICES = ("fire", "waste", "school")
PARAMETERS = ("fire.scale_realisation", "waste.scale_realisation", "yen_per_km")
CASE = {
    "formula.adjustment_rate": 0.0009,
    "pool.ordinary_million_yen": 16_970_500.5,
    "nation.limit_million_yen": 3e7,
}
FLOOR, CEILING = "equity.adequacy_floor", "discipline.grant_dependence_ceiling"
FIX = "responsibility.fix"


def run(names: Any, directory: Path = SHIPPED, case: Mapping[str, Any] = CASE) -> ResolvedPackage:
    return resolve(names, SERVICES, PARAMETERS, case, directory)


def save(
    folder: Path,
    name: str,
    *provisions: Mapping[str, Any],
    extends: tuple[str, ...] = (),
    assumptions: Mapping[str, float] | None = None,
    day: date = date(2026, 11, 24),
) -> Path:
    """Write a package with one provision for each table of settings; the key "as_today" marks one."""
    lines = ["[package]", f"extends = {toml_value(extends)}", f"date = {day}", 'baseline = "status_quo"']
    lines += [f"name = {toml_value(name)}"]
    lines += [f'{key} = "{key} of {name}"' for key in ("title", "title_ja", "author", "source")]
    for number, provision in enumerate(provisions, start=1):
        lines += ["[[provision]]", f"number = {number}", 'text = "t \\\\ \\" \\u007f"', 'text_ja = "条文"']
        lines += [f"as_today = {toml_value('as_today' in provision)}", "[provision.settings]"]
        stated = {key: value for key, value in provision.items() if key != "as_today"}
        lines += [f"{toml_value(key)} = {toml_value(value)}" for key, value in stated.items()]
    lines += [
        "[assumptions]",
        *(f"{toml_value(key)} = {value}" for key, value in (assumptions or {}).items()),
    ]
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def refused(act: Callable[[], object]) -> list[str]:
    with pytest.raises(InputError) as caught:
        act()
    return [str(problem) for problem in caught.value.problems]


def test_changed_settings_are_checked_and_brought_into_the_form_of_a_package_file(tmp_path: Path) -> None:
    base = run("status_quo")
    changed: dict[str, Any] = {FLOOR: 1, "wide_area.services": ["waste", "fire"], FIX: {"fire": "prefecture"}}
    found = with_settings(base, {**base.settings, **changed}, "a trial")
    saved = run([str(save(tmp_path, "trial", changed))])
    assert found.settings == saved.settings and type(found.settings["equity.adequacy_floor"]) is float
    assert {key for key in base.settings if found.origin[key] != base.origin[key]} == set(changed)
    assert found.origin[FLOOR].package == "a trial"
    assert with_settings(base, base.settings).settings == base.settings
    written = tmp_path / "package.resolved.toml"
    written.write_text(to_toml(found), encoding="utf-8")
    assert run([str(written)]).settings == found.settings
    assert "Set beside the packages (a trial)" in written.read_text(encoding="utf-8")


def test_wrong_values_of_changed_settings_are_refused_together() -> None:
    base = run("status_quo")
    faults = refused(lambda: with_settings(base, {FLOOR: "0.9", FIX: {"police": "prefecture"}}, "a trial"))
    assert len(faults) == 2 and all(fault.startswith("a trial: ") for fault in faults)


def test_status_quo_changes_nothing() -> None:
    resolved = run("status_quo")
    assert resolved.settings == resolved.today
    assert resolved.settings["pool.ordinary_million_yen"] == 16_970_500.5
    assert {str(origin) for origin in resolved.origin.values()} == {"status quo"}
    assert changes(resolved).empty and list(changes(resolved).columns)[:3] == ["setting", "from", "to"]
    assert resolved.warnings == ()


def test_role_division_lays_wide_area_beneath() -> None:
    resolved = run("role_division")
    assert [package.name for package in resolved.packages] == ["wide_area", "role_division"]
    assert resolved.name == "role_division"
    assert resolved.settings["wide_area.services"] == SERVICES
    assert resolved.settings["responsibility.free_services"] == SERVICES
    assert resolved.settings["formula.counted_share_prefecture"] == (0.60, 0.75)
    assert str(resolved.origin[FLOOR]) == "wide_area/2"
    assert resolved.warnings == () and resolved.overridden == ()


def test_uniform_overrides_the_classes() -> None:
    resolved = run("uniform")
    assert resolved.settings["rules.groups"] == "uniform"
    expected = ("rules.groups", "role_division", "uniform", "by_class", "uniform")
    assert [tuple(override) for override in resolved.overridden] == [expected]
    assert str(resolved.overridden[0]) == "rules.groups: by_class (role_division) -> uniform (uniform)"
    assert resolved.warnings == ()


def test_order_decides_and_names_join_in_every_form(tmp_path: Path) -> None:
    one, two = save(tmp_path, "one", {FLOOR: 0.5}), save(tmp_path, "two", {FLOOR: 0.9})
    for names in (["one", "two"], ["one+two"], "one + two", [one, two], [f"{one}+two"], [str(one), "two"]):
        resolved = run(names, tmp_path)
        assert (resolved.name, resolved.settings[FLOOR]) == ("one+two", 0.9)
    resolved = run("two+one", tmp_path)
    assert resolved.settings[FLOOR] == 0.5
    assert [tuple(override) for override in resolved.overridden] == [(FLOOR, "two", "one", 0.9, 0.5)]
    assert str(resolved.origin[FLOOR]) == "one/1"


def test_plus_in_the_path_of_a_file_does_not_part_it(tmp_path: Path) -> None:
    path = save(tmp_path / "a+b", "one", {FLOOR: 0.5})
    assert run([str(path)], tmp_path).name == "one"


def test_tables_complete_each_other_and_lists_replace(tmp_path: Path) -> None:
    sources = "wide_area.sources"
    save(tmp_path, "one", {FIX: {"fire": "nation", "waste": "nation"}, sources: ("user", "clusters")})
    save(tmp_path, "two", {FIX: {"school": "prefecture", "waste": "bloc"}, sources: ("nearest",)})
    resolved = run("one+two", tmp_path)
    assert resolved.settings[FIX] == {"fire": "nation", "waste": "bloc", "school": "prefecture"}
    assert resolved.settings[sources] == ("nearest",)
    assert (str(resolved.origin[FIX]), resolved.origin[FIX].package) == ("one/1; two/1", "one+two")
    assert {o.key: (o.old, o.new) for o in resolved.overridden} == {
        f"{FIX}.waste": ("nation", "bloc"),
        sources: (("clusters", "user"), ("nearest",)),
    }


def test_wholly_overridden_table_forgets_its_first_origin(tmp_path: Path) -> None:
    save(tmp_path, "one", {FIX: {"fire": "nation"}})
    save(tmp_path, "two", {FIX: {"fire": "bloc"}})
    assert str(run("one+two", tmp_path).origin[FIX]) == "two/1"


def test_extended_package_is_laid_once_but_a_named_one_where_it_is_named(tmp_path: Path) -> None:
    save(tmp_path, "base", {FLOOR: 0.5})
    save(tmp_path, "left", {FLOOR: 0.6}, extends=("base",))
    save(tmp_path, "right", {CEILING: 0.5}, extends=("base",))
    save(tmp_path, "top", {"discipline.balance": True}, extends=("left", "right"))
    resolved = run("top", tmp_path)
    assert [package.name for package in resolved.packages] == ["base", "left", "right", "top"]
    assert resolved.settings[FLOOR] == 0.6
    assert run("top+base", tmp_path).settings[FLOOR] == 0.5


def test_package_beside_the_extending_file_is_found(tmp_path: Path) -> None:
    save(tmp_path, "base", {FLOOR: 0.5})
    mine = save(tmp_path, "mine", {CEILING: 0.5}, extends=("base", "wide_area"))
    assert [package.name for package in run([mine]).packages] == ["base", "wide_area", "mine"]
    save(tmp_path, "wide_area", {FLOOR: 0.1})
    assert "names two files" in refused(lambda: run([mine]))[0]
    assert "carries the same name as" in refused(lambda: run([tmp_path / "wide_area.toml", "wide_area"]))[0]


def test_circle_is_named(tmp_path: Path) -> None:
    for name, base in (("a", "b"), ("b", "c"), ("c", "b"), ("self", "self")):
        save(tmp_path, name, {FLOOR: 0.5}, extends=(base,))
    (told,) = refused(lambda: run("a", tmp_path))
    assert "extends itself: b -> c -> b" in told
    assert "self -> self" in refused(lambda: run("self", tmp_path))[0]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["role_divison"], "did you mean 'role_division'?"),
        (["wide_area+"], "there is no such package"),
        ([], "no package is named"),
        (["./absent.toml"], "there is no such file"),
        (["."], "there is no such package"),
        (["../packages"], "is not a file"),
        (["a\0b"], "null character"),
        (["x" * 5000], "there is no such package"),
    ],
)
def test_unknown_package_is_refused(names: list[str], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(SHIPPED)
    assert words in refused(lambda: run(names))[0]


def test_unknown_directory_and_unknown_extended_package(tmp_path: Path) -> None:
    assert "cannot read the directory" in refused(lambda: run("a", tmp_path / "absent"))[0]
    save(tmp_path, "wide", {FLOOR: 0.5}, extends=("wied",))
    (told,) = refused(lambda: run("wide", tmp_path))
    assert "column extends" in told and "did you mean 'wide'?" in told


def test_faults_of_all_packages_are_told_at_once(tmp_path: Path) -> None:
    save(tmp_path, "one", {"wide_area.services": ("fires",)}, assumptions={"yen_per_kn": 1})
    save(tmp_path, "two", {FLOOR: 9})
    told = refused(lambda: run("one+two+three", tmp_path))
    assert len(told) == 4
    assert all(any(word in line for line in told) for word in ("'fire'", "'yen_per_km'", FLOOR, "three"))


def test_fault_of_a_package_named_twice_is_told_once(tmp_path: Path) -> None:
    save(tmp_path, "one", {"wide_area.services": ("fires",)}, extends=("absent",))
    assert len(refused(lambda: run("one+one", tmp_path))) == 2


def test_wrong_case_is_refused() -> None:
    assert "the case gives no value" in refused(lambda: run("wide_area", case={}))[0]


def test_assumptions_compose_and_keep_their_origin(tmp_path: Path) -> None:
    save(tmp_path, "one", {FLOOR: 0.5}, assumptions={"yen_per_km": 20, "fire.scale_realisation": 0.4})
    save(tmp_path, "two", {CEILING: 0.5}, assumptions={"yen_per_km": 30})
    resolved = run("one+two", tmp_path)
    assert resolved.assumptions == {"yen_per_km": 30.0, "fire.scale_realisation": 0.4}
    assert str(resolved.origin["assumptions.yen_per_km"]) == "two/assumptions"
    assert [override.key for override in resolved.overridden] == ["assumptions.yen_per_km"]
    assert changes(resolved).set_index("setting").loc["assumptions.yen_per_km", "to"] == "30.0"


def test_setting_that_changes_nothing_is_warned_of(tmp_path: Path) -> None:
    save(tmp_path, "one", {FLOOR: "off", CEILING: 0.5, "rules.groups": "by_class"})
    save(
        tmp_path,
        "two",
        {CEILING: 0.5},
        {"as_today": 1, FLOOR: "off"},
        {"as_today": 1, "access.limit_factor": 2},
    )
    resolved = run("one+two", tmp_path)
    assert resolved.overridden == ()
    assert resolved.warnings == (
        f"one/1: {FLOOR} = off changes nothing, it is today's value",
        "one/1: rules.groups = by_class changes nothing, it is today's value",
        f"two/1: {CEILING} = 0.5 changes nothing, it is set by one/1",
        "two/3 says that access.limit_factor = 2.0 is as today, but today it is 1.0",
    )


def test_setting_without_effect_is_warned_of(tmp_path: Path) -> None:
    save(tmp_path, "one", {"wide_area.neighbours": 8, "responsibility.free_tiers": ("nation",)})
    first, second = run("one", tmp_path).warnings
    assert "free_tiers" in first and "responsibility.free_services is empty" in first
    assert second == "wide_area.neighbours = 8 has no effect while wide_area.services is empty"
    assert not any(
        "no effect" in warning for warning in run([tmp_path / "one.toml", "role_division"]).warnings
    )


def test_other_warnings(tmp_path: Path) -> None:
    assert run("wide_area+status_quo").warnings == (
        "status_quo names no setting: it does not undo other packages",
    )
    save(tmp_path, "one", {FLOOR: 0.5}, {}, day=date.today() + timedelta(days=2))
    future, idle = run("one", tmp_path).warnings
    assert "dated in the future" in future and idle == "one/2 names no setting: it changes nothing"
    save(tmp_path, "two", {FLOOR: 0.5}, day=date.today() + timedelta(days=1))
    assert run("two", tmp_path).warnings == ()


def test_changes_table() -> None:
    table = changes(run("role_division")).set_index("setting")
    assert list(table.loc[FLOOR]) == ["off", "0.97", "wide_area", "2", "ratio"]
    assert list(table.loc["formula.counted_share"])[:2] == ["[0.75, 0.75]", "[0.6, 0.75]"]
    assert table.loc["discipline.balance", "to"] == "true"
    assert "rules.groups" not in table.index
    assert len(table) == 8


@pytest.mark.parametrize("name", ["status_quo", "wide_area", "role_division", "uniform"])
def test_round_trip_of_shipped_packages(name: str, tmp_path: Path) -> None:
    first = run(name)
    path = tmp_path / f"{RESOLVED_NAME}.toml"
    path.write_text(to_toml(first), encoding="utf-8")
    again = run([path])
    assert again.settings == first.settings
    assert again.warnings == ()
    assert changes(again)[["setting", "from", "to"]].equals(changes(first)[["setting", "from", "to"]])
    settings_lines = [line for line in to_toml(first).splitlines() if "  # " in line]
    assert len(settings_lines) == len(first.settings)


def test_a_package_in_english_alone_resolves_to_texts_marked_as_such(tmp_path: Path) -> None:
    path = save(tmp_path, "mine", {"discipline.balance": True})
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if "_ja" not in line]
    path.write_text("\n".join(kept), encoding="utf-8")
    resolved = run([path])
    (tmp_path / "package.resolved.toml").write_text(to_toml(resolved), encoding="utf-8")
    package = read_package(tmp_path / "package.resolved.toml")
    assert package.title_ja == "確定版：title of mine（英文のみ）"
    assert package.provisions[0].text_ja.endswith("（英文のみ）（title of mine（英文のみ）、第1項）")
    assert "英文" not in package.title + package.provisions[0].text


def test_resolved_file_names_origins_and_tells_when_today_has_moved(tmp_path: Path) -> None:
    save(tmp_path, "one", {FIX: {"fire": "nation"}, FLOOR: 0.5}, assumptions={"yen_per_km": 20})
    save(tmp_path, "two", {FIX: {"waste": "bloc"}, FLOOR: 0})
    first = run("one+two", tmp_path)
    text = to_toml(first)
    assert f'"{FIX}" = {{"fire" = "nation", "waste" = "bloc"}}  # one/1; two/1' in text
    assert f'"{FLOOR}" = 0.0  # two/1' in text
    assert '"yen_per_km" = 20.0  # one/assumptions' in text
    path = tmp_path / f"{RESOLVED_NAME}.toml"
    path.write_text(text, encoding="utf-8")
    again = run([path])
    assert (again.settings, again.assumptions, again.warnings) == (first.settings, first.assumptions, ())
    moved = run([path], case=CASE | {"nation.limit_million_yen": 4e7})
    assert moved.settings["nation.limit_million_yen"] == 3e7
    assert (
        "nation.limit_million_yen = 30000000.0 is as today, but today it is 40000000.0" in moved.warnings[0]
    )


STATED = st.fixed_dictionaries(
    {},
    optional={
        FLOOR: st.sampled_from([0.0, 0.5, 0.97]),
        CEILING: st.floats(0, 1),
        "wide_area.neighbours": st.integers(1, 4),
        "discipline.balance": st.booleans(),
        "rules.groups": st.sampled_from(["uniform", "by_class", "free"]),
        "wide_area.services": st.lists(st.sampled_from(SERVICES), unique=True).map(tuple),
        "formula.counted_share": st.tuples(st.floats(0, 0.5), st.floats(0.5, 1)),
        FIX: st.dictionaries(st.sampled_from(SERVICES), st.sampled_from(["nation", "bloc"]), min_size=1),
    },
).filter(bool)


def stated(resolved: ResolvedPackage) -> dict[str, Any]:
    """What the packages say, and not today's values, as the settings of one package."""
    return {key: value for key, value in resolved.settings.items() if resolved.origin[key].sources}


@settings(max_examples=60, deadline=None)
@given(a=STATED, b=STATED, c=STATED)
def test_composition_is_associative_and_survives_the_file(a: Any, b: Any, c: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for stem, provision in (("a", a), ("b", b), ("c", c)):
            save(folder, stem, provision)
        save(folder, "ab", stated(run("a+b", folder)))
        save(folder, "bc", stated(run("b+c", folder)))
        whole = run("a+b+c", folder)
        assert run("ab+c", folder).settings == run("a+bc", folder).settings == whole.settings
        merged = {**a, **b, **c}
        for key in (FLOOR, CEILING, "rules.groups", "discipline.balance"):
            assert whole.settings[key] == merged.get(key, whole.today[key])
        assert whole.settings[FIX] == {**a.get(FIX, {}), **b.get(FIX, {}), **c.get(FIX, {})}
        path = folder / f"{RESOLVED_NAME}.toml"
        path.write_text(to_toml(whole), encoding="utf-8")
        assert run([path], folder).settings == whole.settings


# ---- off is a word, and no number


def test_a_package_with_a_number_that_once_switched_limits_off_gets_one_notice(tmp_path: Path) -> None:
    dispersion = "equity.dispersion_ceiling"
    save(tmp_path, "old", {FLOOR: 0, dispersion: 0.0}, {"equity.loss_limit": 0.5})
    resolved = run("old", tmp_path)
    assert resolved.settings[FLOOR] == 0.0 and resolved.settings[dispersion] == 0.0
    assert resolved.warnings == (
        f"old: {FLOOR} = 0, {dispersion} = 0.0 switched the rule off until version 0.1 and is now the limit that it "
        'says: write "off" to switch it off',
    )


def test_what_an_old_package_says_is_as_today_is_off_as_it_was(tmp_path: Path) -> None:
    dispersion, changes = "equity.dispersion_ceiling", "clarity.changes_ceiling"
    save(tmp_path, "old", {FLOOR: 0.5}, {"as_today": 1, dispersion: 0.0, changes: 100000})
    resolved = run("old", tmp_path)
    assert resolved.settings[dispersion] is None and resolved.settings[changes] is None
    (notice,) = resolved.warnings
    assert notice.startswith("old was written for version 0.1") and f"{dispersion}, {changes}" in notice


def test_off_is_written_as_a_word_and_read_back(tmp_path: Path) -> None:
    save(tmp_path, "one", {FLOOR: 0.5})
    save(tmp_path, "two", {FLOOR: "off"})
    resolved = run("one+two", tmp_path)
    assert resolved.settings[FLOOR] is None
    assert [str(each) for each in resolved.overridden] == [f"{FLOOR}: 0.5 (one) -> off (two)"]
    path = tmp_path / f"{RESOLVED_NAME}.toml"
    path.write_text(to_toml(resolved), encoding="utf-8")
    again = run([path])
    assert again.settings == resolved.settings and again.warnings == ()
