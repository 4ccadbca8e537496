"""Packages made to stop the reader: keys, numbers and chains without end, values of other kinds."""

from __future__ import annotations

import math
import os
import time
import tomllib
from datetime import date
from datetime import time as clock
from pathlib import Path

import pytest

from optimization.case.compose import resolve
from optimization.case.package_reader import read_package
from optimization.case.shelf import DEEPEST
from optimization.errors import InputError
from optimization.reading.files import MOST_PARTS, MOST_SETTINGS, parse_toml
from optimization.reading.toml_file import toml_value

DEFAULTS = {
    "formula.adjustment_rate": 0.001,
    "pool.ordinary_million_yen": 1.0,
    "nation.limit_million_yen": 1.0,
}
HEAD = """[package]
name = "{name}"
title = "t"
title_ja = "t"
author = "a"
source = "s"
date = 2024-01-01
baseline = "status_quo"
extends = [{extends}]
[[provision]]
number = 1
text = "t"
text_ja = "t"
[provision.settings]
"rules.groups" = "free"
"""


def refused(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_package(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a" + ".a" * 200_000 + " = 1", f"a key has more than {MOST_PARTS} parts"),
        ("[a" + " . b" * 200_000 + "]", f"a key has more than {MOST_PARTS} parts"),
        ('"a"' + '."a"' * 100_000 + " = 1", f"a key has more than {MOST_PARTS} parts"),
        ("a = 0x" + "f" * 100_000, "digits"),
        ("a = " + "9" * 100_000, "digits"),
        ("a = " + "[" * 100_000, "nests too deeply"),
        ("# " + "x" * MOST_SETTINGS, "is larger than 1 MB"),
    ],
)
def test_a_text_without_end_is_refused_at_once(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")
    started = time.perf_counter()
    assert words in refused(tmp_path / "p.toml")
    assert time.perf_counter() - started < 5.0


def test_words_with_many_points_are_no_key() -> None:
    assert parse_toml(f"a = \"{'b.' * 100}\"\nb = '{'c.' * 100}'") == {"a": "b." * 100, "b": "c." * 100}


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.toml")
    assert "is not a file" in refused(tmp_path / "p.toml")


@pytest.mark.parametrize("depth", [DEEPEST, DEEPEST + 1, 3000])
def test_a_long_chain_of_packages_has_an_end(tmp_path: Path, depth: int) -> None:
    for n in range(depth):
        base = f'"p{n + 1}"' if n + 1 < depth else ""
        (tmp_path / f"p{n}.toml").write_text(HEAD.format(name=f"p{n}", extends=base), encoding="utf-8")

    def laid() -> int:
        return len(resolve(["p0"], ["fire"], [], DEFAULTS, tmp_path).packages)

    if depth <= DEEPEST:
        assert laid() == depth
    else:
        with pytest.raises(
            InputError, match=f"lies more than {DEEPEST} packages below p0.*Remedy: extend fewer"
        ):
            laid()


@pytest.mark.parametrize(
    "value",
    [clock(7, 32), date(2024, 1, 2), math.inf, -math.inf, [1, [2.5, "a"]], {"a": [date(2024, 1, 2)]}, "\x7f\1\"", []],
)  # fmt: skip
def test_every_value_of_toml_is_written_as_it_is_read(value: object) -> None:
    assert tomllib.loads(f"a = {toml_value(value)}") == {"a": value}


def test_a_figure_that_is_none_is_written_as_it_is_read() -> None:
    assert math.isnan(tomllib.loads(f"a = {toml_value(math.nan)}")["a"])
