"""Reading package files: what a good file gives, and what is said of every kind of bad one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimization.case.package_reader import read_package
from optimization.case.packages import check_names, list_packages
from optimization.errors import InputError
from optimization.reading.toml_file import toml_value

SHIPPED = Path(__file__).parents[2] / "inputs" / "packages"
GOOD = """
[package]
name = "mine"
title = "Mine"
title_ja = "私案"
author = "A. Author"
source = "Nowhere"
date = 2026-11-24
baseline = "status_quo"

[[provision]]
number = 1
text = "Fire services may be shared."
text_ja = "消防は共同で処理できる。"
[provision.settings]
"wide_area.services" = ["fire"]

[[provision]]
number = 2
text = "Budgets balance."
text_ja = "収支を均衡させる。"
[provision.settings]
"discipline.balance" = true

[assumptions]
"fire.scale_realisation" = 0.4
"""


def write(folder: Path, text: str | bytes, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_package(path)
    assert all(str(path) == problem.file and problem.remedy for problem in caught.value.problems)
    return str(caught.value)


def test_good_file(tmp_path: Path) -> None:
    package = read_package(write(tmp_path, GOOD))
    assert (package.name, package.title_ja, package.date) == ("mine", "私案", date(2026, 11, 24))
    assert [provision.number for provision in package.provisions] == [1, 2]
    assert package.settings == {"wide_area.services": ["fire"], "discipline.balance": True}
    assert package.assumptions == {"fire.scale_realisation": 0.4}
    assert (package.extends, package.reading) == ((), "")


def test_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    text = b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode()
    assert read_package(write(tmp_path, text)).title_ja == "私案"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "mine"', 'name = "yours"', "differs from the file's name (found 'yours')"),
        ('name = "mine"', 'name = "a+b"', "is not a name"),
        ('author = "A. Author"\n', "", "column author: is missing"),
        ('title = "Mine"', 'title = "  "', "column title: is empty"),
        ('title = "Mine"', "title = 3", "column title: must be a text"),
        ('title = "Mine"', 'titel = "Mine"', "did you mean 'title'?"),
        ('source = "Nowhere"', "source = []", "column source: must be a text"),
        ("date = 2026-11-24\n", "", "column date: is missing"),
        ("date = 2026-11-24", 'date = "2026-11-24"', "column date: must be a day"),
        ("date = 2026-11-24", "date = 2026-11-24T10:00:00", "column date: must be a day"),
        ("date = 2026-11-24", "date = 2026-02-30", "row 8: is not valid TOML"),
        ('baseline = "status_quo"', 'baseline = "wide_area"', "is not a baseline known here"),
        ('baseline = "status_quo"', 'baseline = "status_quo"\nextends = "a"', "list of package names"),
        ('baseline = "status_quo"', 'baseline = "status_quo"\nextends = ["../a"]', "list of package names"),
        ('baseline = "status_quo"', 'baseline = "status_quo"\nreading = ""', "column reading: is empty"),
        ("number = 2", "number = 1", "provision 2, column number: is out of order (found '1')"),
        ("number = 2", "number = 3", "provision 2, column number: is out of order"),
        ("number = 1", "number = true", "provision 1, column number: is out of order"),
        ("number = 2\n", "", "provision 2, column number: is missing"),
        ('text = "Budgets balance."\n', "", "provision 2, column text: is missing"),
        ('text_ja = "収支を均衡させる。"', 'text_ja = " "', "provision 2, column text_ja: is empty"),
        ('title_ja = "私案"', "title_ja = 3", "column title_ja: must be a text"),
        ("number = 2", "number = 2\nas_today = 1", "column as_today: must be true or false"),
        ("number = 2", "number = 2\nsetting = 1", "did you mean 'settings'?"),
        ('"discipline.balance" = true', '"wide_area.services" = "all"', "stands under provision 1 already"),
        ('"discipline.balance"', '"discipline.balnce"', "did you mean 'discipline.balance'?"),
        ('"discipline.balance"', "discipline.balance", 'write "discipline.balance" in quotation marks'),
        ("= true", '= "true"', "must be true or false"),
        ("= true", '= true\n"equity.adequacy_floor" = nan', "must be finite"),
        ("= true", '= true\n"equity.adequacy_floor" = 3', "above the most allowed, 2 ratio"),
        ("= true", "= true\n[settings]\na = 1", "column settings: is not a key of the format"),
        ("= 0.4", '= "0.4"', "must be a finite number"),
        ("= 0.4", "= inf", "must be a finite number"),
        ("= 0.4", "= true", "must be a finite number"),
        ("= 0.4", f"= 1{'0' * 400}", "must be a finite number"),
        ("= 0.4", f"= 0x1{'0' * 9000}", "a number has more than 3000 digits"),
        ('"fire.scale_realisation"', "fire.scale_realisation", 'write "fire.scale_realisation" in quotation'),
        ("[assumptions]", "[assumption]", "did you mean 'assumptions'?"),
        ("= true", "= true true", "row 23: is not valid TOML"),
        ("= true", '= true\n"discipline.balance" = false', "is not valid TOML: Cannot overwrite"),
        ("= true", f"= {'[' * 5000}", "nests too deeply"),
        ("= 0.4", '= "', "is not valid TOML"),
    ],
)
def test_bad_file_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert GOOD.count(old) == 1
    assert words in refused(write(tmp_path, GOOD.replace(old, new)))


def test_japanese_texts_may_be_left_out_and_the_english_is_shown_as_such(tmp_path: Path) -> None:
    text = GOOD.replace('title_ja = "私案"\n', "").replace('text_ja = "収支を均衡させる。"\n', "")
    package = read_package(write(tmp_path, text))
    assert (package.called("en"), package.called("ja")) == ("Mine", "Mine（英文のみ）")
    first, second = package.provisions
    assert first.said("ja") == "消防は共同で処理できる。"
    assert (second.said("en"), second.said("ja")) == ("Budgets balance.", "Budgets balance.（英文のみ）")


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('author = "A. Author"\n', "").replace("number = 2", "number = 9")
    text = text.replace("= true", "= 1").replace("= 0.4", "= nan")
    with pytest.raises(InputError) as caught:
        read_package(write(tmp_path, text))
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "has no header"),
        (b"[package]\n", "has no header"),
        (b"package = 3\nprovision = 4\nassumptions = 5\n", "write [[provision]]"),
        (b"[provision]\nnumber = 1\n", "write [[provision]]"),
        (GOOD.encode("utf-16"), "is written in UTF-16"),
        (GOOD.encode("shift_jis"), "row 5: is not written in UTF-8"),
        (b"\x00\x01\x02", "is not valid TOML"),
    ],
)
def test_files_that_are_no_package(tmp_path: Path, raw: bytes, words: str) -> None:
    assert words in refused(write(tmp_path, raw))


def test_no_file_and_a_directory(tmp_path: Path) -> None:
    assert "there is no such file" in refused(tmp_path / "absent.toml")
    (tmp_path / "folder.toml").mkdir()
    assert "is not a file" in refused(tmp_path / "folder.toml")
    assert "Remedy" in refused(tmp_path / ("x" * 500 + ".toml"))


def test_package_must_change_something(tmp_path: Path) -> None:
    head = GOOD[: GOOD.index("[provision.settings]")]
    assert "changes nothing" in refused(write(tmp_path, head))
    assert "has no provision" in refused(write(tmp_path, GOOD[: GOOD.index("[[provision]]")]))
    quiet = read_package(write(tmp_path, head.replace('"mine"', '"status_quo"'), "status_quo.toml"))
    assert quiet.settings == {}
    unknown = write(tmp_path, head + '[provision.settings]\n"no.such" = 1\n')
    assert "changes nothing" not in refused(unknown)
    with_base = head.replace("[[provision]]", 'extends = ["other"]\n[[provision]]')
    assert read_package(write(tmp_path, with_base)).extends == ("other",)


def test_names_of_the_case_are_checked(tmp_path: Path) -> None:
    package = read_package(write(tmp_path, GOOD))
    assert check_names(package, ["fire"], ["fire.scale_realisation"]) == []
    service, parameter = check_names(package, ["fires", "waste"], ["fire.scale_realization"])
    assert (service.row, service.remedy) == ("provision 1", "did you mean 'fires'?")
    assert (parameter.row, parameter.remedy) == ("assumptions", "did you mean 'fire.scale_realization'?")


def test_shipped_packages_are_signed_and_bilingual() -> None:
    packages = {package.name: package for package in list_packages(SHIPPED)}
    assert {"role_division", "status_quo", "uniform", "wide_area"} <= set(packages)
    assert packages["status_quo"].settings == {}
    for package in packages.values():
        assert package.reading
        texts = [package.title_ja, *(provision.text_ja for provision in package.provisions)]
        assert all(any("\u3040" <= letter <= "\u9fff" for letter in text) for text in texts)


def test_listing_tells_the_faults_of_all_files(tmp_path: Path) -> None:
    write(tmp_path, "a", "a.toml")
    write(tmp_path, "b", "b.toml")
    write(tmp_path, "c", ".hidden.toml")
    write(tmp_path, GOOD)
    with pytest.raises(InputError) as caught:
        list_packages(tmp_path)
    assert [Path(problem.file).name for problem in caught.value.problems] == ["a.toml", "b.toml"]
    with pytest.raises(InputError, match="cannot read the directory"):
        list_packages(tmp_path / "absent")


VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-3, 3), st.floats(0, 2), st.text(max_size=5), st.dates()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.sampled_from(["a", "name", "number", "settings", "fire"]), inner, max_size=3),
    ),
    max_leaves=6,
)
LINES = [line.split(" = ")[0] for line in GOOD.splitlines() if " = " in line]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, len(LINES) - 1), value=VALUES)
def test_no_value_anywhere_ends_in_a_traceback(tmp_path: Path, place: int, value: object) -> None:
    lines, seen = [], -1
    for line in GOOD.splitlines():
        seen += " = " in line
        spoilt = " = " in line and seen == place
        lines.append(f"{LINES[place]} = {toml_value(value)}" if spoilt else line)
    path = write(tmp_path, "\n".join(lines))
    try:
        package = read_package(path)
    except InputError as error:
        assert "TOML" not in str(error)  # what the emitter writes is valid TOML
    else:
        assert package.name == "mine"
