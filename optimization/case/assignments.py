"""Settings given one by one as `key=value`, checked as those of a package file are.

A key is a setting (`equity.adequacy_floor`), an entry of a table of settings (`responsibility.fix.fire`,
`"responsibility.fix.fire@town_below_10k"`), or an assumption (`assumptions.fire.scale_realisation`). A value is written
as in a package file; a name needs no quotation marks, a list of names no brackets: `wide_area.services=fire,waste`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from optimization.case.overlay import overlay_package
from optimization.case.package import ASSUMPTIONS, Package
from optimization.case.package_reader import unit_of
from optimization.dictionary.settings import Setting, load_settings, nearest
from optimization.errors import InputError, Problem, raise_if_any
from optimization.reading.toml_file import TomlFault, read_toml, toml_value

NAME = "set"
"""Name of the package that holds what was given."""

SAID = ("Settings given beside the packages.", "改革案に加えて指定した設定による。")
AUTHOR = "whoever gave the command"
WORD = re.compile(r"[^\W\d][\w.+@:-]*")
LISTS = ("choices", "text_list")


class Assignment(NamedTuple):
    """A value for a setting, for one entry of a table of settings, or (key `assumptions`) for an assumption."""

    key: str
    entry: str
    value: Any


def package_given(texts: Sequence[str], column: str = "--set") -> Package | None:
    """The package that some texts `key=value` make; None where there are none. Raises `InputError` with every fault,
    each said of `column`."""
    if not texts:
        return None
    problems: list[Problem] = []
    settings: dict[str, Any] = {}
    assumptions: dict[str, float] = {}
    for text in texts:
        found = read_assignment(text, column)
        if isinstance(found, list):
            problems += found
            continue
        table = assumptions if found.key == ASSUMPTIONS else settings.setdefault(found.key, {})
        if found.entry:
            repeated = found.entry in table
            table[found.entry] = found.value
        else:
            repeated = settings[found.key] != {}
            settings[found.key] = found.value
        if repeated:
            remedy = "give it once"
            problems.append(Problem("command line", "is given twice", remedy, column=column, value=text[:80]))
    raise_if_any(problems)
    with said_of_the_command():
        return overlay_package(NAME, AUTHOR, SAID, settings, assumptions)


@contextmanager
def said_of_the_command() -> Iterator[None]:
    """Within the block faults of the package that was made are said of the command line."""
    try:
        yield
    except InputError as error:
        raise InputError([_here(each) if each.file == NAME else each for each in error.problems]) from error


def _here(problem: Problem) -> Problem:
    return Problem("command line", problem.message, problem.remedy, "", problem.column, problem.value)


def read_assignment(text: str, column: str = "--set") -> Assignment | list[Problem]:
    """One text `key=value`, or what is wrong with it."""
    key, equals, value = (part.strip() for part in text.partition("="))
    key = key.strip("\"'")
    if not (equals and key and value):
        remedy = "write KEY=VALUE, such as equity.adequacy_floor=0.95"
        return [Problem("command line", "is not understood", remedy, column=column, value=text[:80])]
    place = _place(key)
    if isinstance(place, Problem):
        return [place]
    of, entry, setting = place
    words = _bare(value, setting)
    unit = setting.unit if setting is not None else unit_of(entry)
    document, faults = read_toml(f"{toml_value(key)} = {words}", lambda _: unit)
    if faults or document is None:
        return [Problem("command line", *_told(each), column=key, value=value[:80]) for each in faults]
    return Assignment(of, entry, document[key])


def _told(fault: TomlFault) -> tuple[str, str]:
    """What is wrong with a value, and the remedy."""
    if fault.message.startswith("is not valid TOML"):
        return "is no value", 'write it as in a package file: a number, true, a name, ["a", "b"] or {a = 1}'
    return fault.message, fault.remedy


def _place(key: str) -> tuple[str, str, Setting | None] | Problem:
    """Setting and entry that a key names."""
    known = load_settings()
    if key in known:
        return key, "", known[key]
    if key.startswith(f"{ASSUMPTIONS}."):
        return ASSUMPTIONS, key.removeprefix(f"{ASSUMPTIONS}."), None
    for table, setting in known.items():
        if setting.is_table and key.startswith(f"{table}.") and len(key) > len(table) + 1:
            return table, key[len(table) + 1 :], setting
    remedy = nearest(key, known)
    return Problem(
        "command line", "is not a setting", f"{remedy}; see solve.py list settings", column=key[:80]
    )


def _bare(value: str, setting: Setting | None) -> str:
    """A value as TOML has it: bare names and lists of them in quotation marks."""
    if setting is not None and setting.type in LISTS and value[0] not in "[\"'" and value != "all":
        return toml_value([part.strip() for part in value.split(",") if part.strip()])
    if value in ("true", "false", "inf", "nan") or not WORD.fullmatch(value):
        return value
    return toml_value(value)
