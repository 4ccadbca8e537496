"""A case that is kept is the case that is read: with the very same figures, never an older one, never a broken one."""

from __future__ import annotations

import functools
import os
import shutil
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optimization.case import kept as room
from optimization.case.case import Case
from optimization.case.face import load_package
from optimization.case.kept import PLACE, kept_case
from optimization.case.load import load_case
from optimization.errors import InputError
from optimization.outcome.applied import apply

IWATE = Path(__file__).parents[2] / "inputs" / "iwate-2022"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which cases are kept."""
    monkeypatch.setenv(PLACE, str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The teaching case in a folder that may be written to."""
    return Path(shutil.copytree(IWATE, tmp_path / "iwate"))


_read_once = functools.cache(load_case)


def read_plainly(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that are read plainly from here on (the teaching case in truth only once)."""
    read: list[Path] = []

    def noting(path: Path) -> Case:
        read.append(path)
        return _read_once(path) if path == IWATE else load_case(path)

    monkeypatch.setattr(room, "load_case", noting)
    return read


def assert_same(one: Any, other: Any, where: str) -> None:
    """Two values are equal to the last digit, of one kind, in one order."""
    assert type(one) is type(other), where
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_exact=True, check_freq=False, obj=where)
        assert one.attrs == other.attrs and one.index.names == other.index.names, where
        assert [block.values.dtype for block in one._mgr.blocks] == [
            block.values.dtype for block in other._mgr.blocks
        ]
    elif is_dataclass(one):
        for each in fields(one):
            assert_same(getattr(one, each.name), getattr(other, each.name), f"{where}.{each.name}")
    elif isinstance(one, dict):
        assert list(one) == list(other), where
        for key in one:
            assert_same(one[key], other[key], f"{where}[{key}]")
    else:
        assert one == other, where


def test_a_kept_case_is_the_case_that_is_read(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = read_plainly(monkeypatch)
    plain, again = kept_case(IWATE), kept_case(IWATE)
    assert read == [IWATE] and len(list(cache.glob("*.case"))) == 1
    assert_same(plain, again, "case")
    again.unchanged()


def test_what_is_reckoned_on_it_is_the_same_to_the_last_digit(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_plainly(monkeypatch)
    kept_case(IWATE)
    tables = [
        apply(case, load_package(case, "public_assistance_nation")).tables
        for case in (_read_once(IWATE), kept_case(IWATE))
    ]
    assert list(tables[0]) == list(tables[1])
    for name, table in tables[0].items():
        assert table.to_csv() == tables[1][name].to_csv(), name


def test_another_cell_is_another_case(cache: Path, copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = copy / "parameters.csv"
    text, before = file.read_text(encoding="utf-8"), kept_case(copy)
    rows = text.splitlines()
    (at,) = [n for n, row in enumerate(rows) if row.startswith("detour_factor,")]
    rows[at] = rows[at].replace("1.3", "1.4", 1)
    times = file.stat()
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    os.utime(
        file, ns=(times.st_atime_ns, times.st_mtime_ns)
    )  # a change that leaves size and time as they were
    changed = kept_case(copy)
    assert changed.parameters("detour_factor") != before.parameters("detour_factor")
    file.write_text(text, encoding="utf-8")
    read = read_plainly(monkeypatch)
    assert kept_case(copy).parameters("detour_factor") == before.parameters("detour_factor") and read == []


def test_a_table_more_or_less_and_another_name_are_other_cases(cache: Path, copy: Path) -> None:
    (copy / "outlines.csv").unlink()
    assert len(_read_once(IWATE).outlines) and not len(kept_case(copy).outlines)
    other = copy.rename(copy.with_name("other"))
    assert kept_case(other).name == "other" and kept_case(other).path == other


def test_faults_are_told_every_time(cache: Path, copy: Path) -> None:
    (copy / "services.csv").write_text("service\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(InputError, match="services.csv"):
            kept_case(copy)
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("harm", ["cut", "turned", "foreign"])
def test_what_is_not_as_it_was_written_is_read_plainly(
    cache: Path, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = read_plainly(monkeypatch)
    kept_case(IWATE)
    (file,) = cache.iterdir()
    content = bytearray(file.read_bytes())
    if harm == "turned":
        content[len(content) // 2] ^= 1
    file.write_bytes({"cut": content[:-100], "turned": content, "foreign": b"of somebody else"}[harm])
    assert kept_case(IWATE).fiscal_year == 2022 and read == [IWATE, IWATE]


def test_another_program_reads_for_itself(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = read_plainly(monkeypatch)
    kept_case(IWATE)
    monkeypatch.setattr(room, "_SOURCE", "of another version")
    kept_case(IWATE)
    assert read == [IWATE, IWATE]


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="the system knows no such rights")
def test_nothing_is_taken_from_a_folder_that_others_may_write_to(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = read_plainly(monkeypatch)
    kept_case(IWATE)
    cache.chmod(0o777)
    kept_case(IWATE)
    assert read == [IWATE, IWATE]


@pytest.mark.parametrize("place", ["", "relative", "/dev/null/none"])
def test_without_a_folder_it_is_read_plainly(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PLACE, place)
    read = read_plainly(monkeypatch)
    assert kept_case(IWATE).fiscal_year == 2022 and read == [IWATE]


def test_only_the_last_are_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_plainly(monkeypatch)
    for n in range(room.MOST_KEPT + 3):
        monkeypatch.setattr(room, "_SOURCE", f"version {n}")
        kept_case(IWATE)
    assert len(list(cache.iterdir())) == room.MOST_KEPT
