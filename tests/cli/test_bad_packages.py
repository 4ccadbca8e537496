"""Bad packages end with exit code 2, name file, key, value and remedy, and leave nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import HEADER, ON_IWATE, PROVISION, assert_refused, command, listing, write_package

pytestmark = pytest.mark.usefixtures("quick_case")

# settings of the one provision, and what the message must hold beside the file's name
SETTINGS = {
    "unknown key": ('"equity.adequacy_flor" = 0.9', ["equity.adequacy_flor", "did you mean 'equity.adequacy_floor'?"]),
    "key without quotation marks": ("equity.adequacy_floor = 0.9", ['write "equity.adequacy_floor" in quotation']),
    "above the bounds": ('"equity.adequacy_floor" = 2.5', ["equity.adequacy_floor", "'2.5'", "from 0 to 2 ratio"]),
    "below the bounds": ('"pool.ordinary_million_yen" = -1.0', ["'-1.0'", "from 0 to 100000000 million yen"]),
    "text for a number": ('"equity.adequacy_floor" = "0.9"', ["'0.9'", "must be a number", "without quotation"]),
    "number for a truth value": ('"discipline.balance" = 1', ["'1'", "must be true or false"]),
    "truth value for a number": ('"weights.access" = true', ["'True'", "must be a number"]),
    "fraction for a whole number": ('"wide_area.neighbours" = 2.5', ["'2.5'", "whole number"]),
    "not a number": ('"equity.adequacy_floor" = nan', ["'nan'", "finite"]),
    "infinity": ('"pool.ordinary_million_yen" = inf', ["'inf'", "finite"]),
    "range upside down": ('"formula.counted_share" = [0.75, 0.6]', ["[0.75, 0.6]", "swap the two"]),
    "one number for a range": ('"formula.counted_share" = 0.75', ["'0.75'", "range of two numbers"]),
    "end of a range out of bounds": ('"formula.counted_share" = [0.6, 1.2]', ["'1.2'", "from 0 to 1 ratio"]),
    "unknown choice": ('"rules.groups" = "by_clas"', ["'by_clas'", "did you mean 'by_class'?"]),
    "unknown service": ('"wide_area.services" = ["fires"]', ["'fires'", "did you mean 'fire'?"]),
    "service twice": ('"wide_area.services" = ["fire", "fire"]', ["'fire'", "twice", "remove one"]),
    "unknown tier of a service": (
        '"responsibility.fix" = { fire = "prefectur" }',
        ["responsibility.fix.fire", "did you mean 'prefecture'?"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", SETTINGS)
def test_a_bad_setting_is_refused(tmp_path: Path, fault: str) -> None:
    settings, words = SETTINGS[fault]
    path = write_package(tmp_path, "bad", settings)
    before = listing(tmp_path)
    finished = command("run", path, *ON_IWATE, "--out", tmp_path / "out" / "run")
    assert_refused(finished, "bad.toml", "provision 1", *words)
    assert listing(tmp_path) == before
    assert not (tmp_path / "out").exists()


FILES = {
    "empty": ("", ["has no header", "[package]"]),
    "bad TOML": (HEADER.format(name="bad") + "x = = 1\n", ["row 9", "is not valid TOML", "mend the line"]),
    "settings without a value": (PROVISION + '"rules.groups"\n', ["is not valid TOML"]),
    "no provision": (HEADER.format(name="bad"), ["has no provision"]),
    "changes nothing": (HEADER.format(name="bad") + PROVISION, ["changes nothing"]),
    "unsigned": (
        HEADER.format(name="bad").replace('author = "the tests"\n', "") + PROVISION + '"rules.groups" = "free"',
        ["author", "is missing"],
    ),
    "unknown section": (
        HEADER.format(name="bad") + PROVISION + '"rules.groups" = "free"\n[setings]\nx = 1',
        ["setings", "is not a key of the format"],
    ),
    "another name": (
        HEADER.format(name="worse") + PROVISION + '"rules.groups" = "free"',
        ["'worse'", "differs from the file's name", "rename the file"],
    ),
    "unknown assumption": (
        HEADER.format(name="bad") + PROVISION + '"rules.groups" = "free"\n'
        '[assumptions]\n"fire.scale_realization" = 0.4',
        ["fire.scale_realization", "did you mean 'fire.scale_realisation'?"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FILES)
def test_a_bad_file_is_refused(tmp_path: Path, fault: str) -> None:
    text, words = FILES[fault]
    (tmp_path / "bad.toml").write_text(text, encoding="utf-8")
    finished = command("run", tmp_path / "bad.toml", *ON_IWATE, "--out", tmp_path / "run")
    assert_refused(finished, "bad.toml", *words)
    assert [path.name for path in tmp_path.iterdir()] == ["bad.toml"]


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = write_package(tmp_path, "bad", '"rules.groups" = "free"')
    path.write_bytes(path.read_text(encoding="utf-8").encode("shift_jis"))
    assert_refused(
        command("validate", path, *ON_IWATE), "bad.toml", "not written in UTF-8", "save it as UTF-8"
    )


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    finished = command("validate", tmp_path / "gone.toml", *ON_IWATE)
    assert_refused(finished, "gone.toml", "there is no such file")


def test_an_unknown_package_brings_the_nearest(tmp_path: Path) -> None:
    finished = command("run", "wide_aera", *ON_IWATE, "--out", tmp_path / "run")
    assert_refused(finished, "'wide_aera'", "did you mean 'wide_area'?")
    assert not list(tmp_path.iterdir())


def test_packages_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    write_package(tmp_path, "hen", '"rules.groups" = "free"', header='extends = ["egg"]\n')
    egg = write_package(tmp_path, "egg", '"rules.groups" = "free"', header='extends = ["hen"]\n')
    assert_refused(
        command("validate", egg, *ON_IWATE), "extends itself", "egg -> hen -> egg", "break the circle"
    )


def test_an_unknown_base_is_refused(tmp_path: Path) -> None:
    path = write_package(tmp_path, "heir", '"rules.groups" = "free"', header='extends = ["nobody"]\n')
    assert_refused(command("validate", path, *ON_IWATE), "heir.toml", "extends", "'nobody'")


def test_composed_packages_of_one_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one = write_package(tmp_path, "twin", '"rules.groups" = "free"')
    two = write_package(tmp_path / "other", "twin", '"rules.groups" = "uniform"')
    finished = command("validate", f"{one}+{two}", *ON_IWATE)
    assert_refused(finished, "carries the same name as", "rename one")


def test_the_faults_of_all_composed_packages_come_at_once(tmp_path: Path) -> None:
    one = write_package(tmp_path, "one", '"equity.adequacy_floor" = 9.0\n"rules.groups" = "x"')
    two = write_package(tmp_path, "two", '"weights.access" = -1')
    finished = command("validate", f"{one}+{two}", "nowhere", *ON_IWATE)
    assert_refused(finished, "4 faults", "one.toml", "two.toml", "'9.0'", "'-1'", "'nowhere'")
