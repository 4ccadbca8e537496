"""Write settings.md, tables.md and the typed settings of the program from the data dictionary.

    python docs/build_settings.py

`settings.toml` and `tables.toml` drive the reader, the checks and what is written here; a test fails when a
page or the module of types is not what this script writes.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from optimization.dictionary.settings import load_settings
from optimization.rules.listed import STATEMENTS

REPO = Path(__file__).resolve().parent.parent
DICTIONARY = REPO / "optimization" / "dictionary"
SETTINGS_PAGE = Path(__file__).with_name("settings.md")
TABLES_PAGE = Path(__file__).with_name("tables.md")
TYPES_MODULE = DICTIONARY / "typed_settings.py"

SETTINGS_HEAD = """# Settings of a reform package

Written by `docs/build_settings.py` from `optimization/dictionary/settings.toml`: do not edit.
A package names some of these; all others stay at their default, which is the status quo. A default
of `case` is taken from the tables of the case. Marks: *law*, the law's own number; *case*, a figure of
the case; *definition*, what a word of the model means, no claim about the world; *assumption*, a
number nobody has measured well, with a low and a high value to try.

| type | how it is written |
|---|---|
| number, integer, boolean, choice | `0.9`, `3`, `true`, `"by_class"`; `"off"` where a limit may be off |
| choices, text_list | `["fire", "waste"]`; `"all"` for every service |
| range | `[0.60, 0.75]`: two ends free the number, the same number twice fixes it |
| ..._by_service, ..._by_name | `{ fire = 1.1 }`; what is not named keeps its default |
"""
TABLES_HEAD = """# Tables of a case

Written by `docs/build_settings.py` from `optimization/dictionary/tables.toml`: do not edit.
A case is a folder with one CSV file (UTF-8, comma-separated) for each table. Codes are text. Bounds
are met by every value. A column marked *may be empty* is empty where nothing was published; an empty
cell is never zero.
"""


TYPES_HEAD = '''"""The settings as a typed record, so that a misspelt key fails in the type check.

Written by `docs/build_settings.py` from `settings.toml`: do not edit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

'''
TYPE_OF = {
    "number": "float",
    "integer": "int",
    "boolean": "bool",
    "choice": "str",
    "choices": "tuple[str, ...]",
    "text_list": "tuple[str, ...]",
    "range": "tuple[float, float]",
    "number_by_service": "Mapping[str, float]",
    "choice_by_service": "Mapping[str, str]",
    "range_by_service": "Mapping[str, tuple[float, float]]",
    "range_by_name": "Mapping[str, tuple[float, float]]",
}


def types_module() -> str:
    """The module that gives every setting the type its canonical value has."""
    entries = tomllib.loads((DICTIONARY / "settings.toml").read_text(encoding="utf-8"))
    keys = [f'    "{key}",' for key in entries]
    types = [f'        "{key}": {_type(entry)},' for key, entry in entries.items()]
    return "\n".join(
        [
            f"{TYPES_HEAD}SettingKey = Literal[",
            *keys,
            "]",
            '"""Every setting a package may name."""',
            "",
            "Settings = TypedDict(",
            '    "Settings",',
            "    {",
            *types,
            "    },",
            ")",
            '"""The effective value of every setting, canonical, in the units of the dictionary."""',
            "",
        ]
    )


def _type(entry: dict[str, Any]) -> str:
    """The type of a canonical value; a limit that can be off has none then."""
    return TYPE_OF[entry["type"]] + (" | None" if entry.get("off") else "")


def settings_page() -> str:
    """Every setting, family by family."""
    entries = tomllib.loads((DICTIONARY / "settings.toml").read_text(encoding="utf-8"))
    parts = [SETTINGS_HEAD]
    families: dict[str, list[str]] = {}
    for key in entries:
        families.setdefault(key.split(".")[0], []).append(key)
    for family, keys in families.items():
        parts.append(f"## {family}\n")
        parts += [_setting(key, entries[key]) for key in keys]
    return "\n".join(parts)


def _setting(key: str, entry: dict[str, Any]) -> str:
    lines = [f"### `{key}`", "", f"{entry['meaning']} ({entry['label_ja']})", ""]
    lines.append("- type: " + ", ".join(filter(None, (entry["type"], entry.get("unit")))))
    lines.append(f"- default: {_value(entry['default'])}")
    if entry.get("off"):
        lines.append('- may be `"off"`: then there is no such limit')
    if "minimum" in entry:
        lines.append(f"- bounds: {_number(entry['minimum'])} to {_number(entry['maximum'])}")
    choices = load_settings()[key].choices
    if choices:
        named = "the services of the case" if choices == "services" else ", ".join(f"`{c}`" for c in choices)
        lines.append(f"- choices: {named}")
    spread = f", low {_number(entry['low'])}, high {_number(entry['high'])}" if "low" in entry else ""
    lines.append(f"- mark: {entry['mark']}{spread}")
    if entry.get("source"):
        lines.append(f"- source: {entry['source']}")
    if labels := list(dict.fromkeys(each.label for each in STATEMENTS if each.setting == key)):
        lines.append(f"- limit: {', '.join(labels)} of [rules.md](rules.md)")
    if entry.get("needs"):
        lines.append(f"- has an effect only with `{entry['needs']}`")
    return "\n".join([*lines, ""])


def tables_page() -> str:
    """Every table with its columns."""
    tables = tomllib.loads((DICTIONARY / "tables.toml").read_text(encoding="utf-8"))
    return "\n".join([TABLES_HEAD, *(_table(name, entry) for name, entry in tables.items())])


def _table(name: str, entry: dict[str, Any]) -> str:
    lines = [f"## `{name}.csv`", "", f"{entry['description']}", ""]
    lines.append(f"Key: {', '.join(f'`{key}`' for key in entry['primary_key'])}. ")
    lines[-1] += f"Source: {entry['source']}. Licence: {entry['licence']}."
    if entry.get("items"):
        lines[-1] += " Further columns, one for each official item, are listed in `items.csv`."
    lines += ["", "| column | unit | meaning | Japanese | values |", "|---|---|---|---|---|"]
    for column, rule in entry["columns"].items():
        cells = (
            f"`{column}`", rule["unit"] or "text", rule["meaning"], rule["label_ja"], _allowed(rule),
        )  # fmt: skip
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, ""])


def _allowed(rule: dict[str, Any]) -> str:
    found = []
    if "min" in rule and "max" in rule:
        found.append(f"{_number(rule['min'])} to {_number(rule['max'])}")
    elif "min" in rule:
        found.append(f"at least {_number(rule['min'])}")
    elif "max" in rule:
        found.append(f"at most {_number(rule['max'])}")
    if "enum" in rule:
        found.append(", ".join(rule["enum"]))
    if "pattern" in rule:
        found.append(f"`{rule['pattern']}`")
    if "references" in rule:
        found.append(f"as in `{rule['references']}`")
    if not rule.get("required", True):
        found.append("may be empty")
    return "; ".join(found)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, float | int):
        return f"`{_number(value)}`"
    if isinstance(value, list):
        return f"`[{', '.join(_number(v) if not isinstance(v, str) else v for v in value)}]`"
    return f"`{value}`"


def _number(value: float) -> str:
    """Digits with separators, without a trailing zero."""
    return f"{value:,.10g}" if value < 1e15 else f"{value:g}"


if __name__ == "__main__":
    SETTINGS_PAGE.write_text(settings_page(), encoding="utf-8")
    TABLES_PAGE.write_text(tables_page(), encoding="utf-8")
    TYPES_MODULE.write_text(types_module(), encoding="utf-8")
