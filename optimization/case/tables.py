"""Reading the tables of a case: text in, every cell checked by the data dictionary, typed frames out.

Every file is read as text; the dictionary says which columns it has, what a cell may hold, what a key is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from optimization.case.cells import CellFault, checked_cells
from optimization.case.today import TODAY_TABLES, no_rows
from optimization.dictionary.settings import nearest
from optimization.dictionary.tables import Column, Table, load_tables
from optimization.errors import Problem, raise_if_any, shortened
from optimization.reading.codes import PATTERNS, Names, code_beside_name, place_names
from optimization.reading.table_file import BLANK, MOST_FAULTS, MOST_ROWS, Sheet, read_sheet

OPTIONAL = frozenset(
    {
        *("bodies", "bundles", "crisis_scenarios", "crisis_exposure", "functions"),
        *("outlines", "readings", "sharing_preferences", "standard_scale"),
        *TODAY_TABLES,
    }
)
"""Tables a case may lack; they are then empty."""

FILLED = frozenset({"items", "municipalities", "prefectures", "services", "allowed_tiers"})
"""Tables that must have at least one row, whatever the others hold."""

NAMED = "named"
"""Attribute of a frame: the codes beside which a name stood that proves them."""

FORMER = "former"
"""Attribute of a frame: the former names under which columns were found, by their name now."""

JAPANESE = r"[\p{Han}\p{Hiragana}\p{Katakana}]"

ITEM = Column(type="integer", unit="thousand_yen", meaning="amount in thousand yen", label_ja="", min=0)
"""What every item column holds."""

UNITS = re.compile(r"_((thousand|million|billion|trillion)_)?(yen|persons|km2|ha|m2|km|m|deg|percent)$")
EXAMPLE = "give the folder of a case, such as inputs/japan-2022"


def read_tables(path: str | Path) -> dict[str, pd.DataFrame]:
    """Every table of the dictionary from the case folder, by its name (the file's without .csv).

    Codes and names are text, the rest numbers; an empty cell of a number that is not required is NaN.
    Raises `InputError` with every fault of form: files, columns, cells, duplicate rows.
    """
    found = examined_tables(Path(path))
    raise_if_any(found.told())
    return found.frames


@dataclass(frozen=True)
class Examined:
    """Tables as far as they could be read: `frames` of all, the faults of form by table, and the names of those whose
    content is whole, whatever their headings are called. `notices` name what was read under a former name."""

    frames: dict[str, pd.DataFrame]
    problems: dict[str, list[Problem]]
    sound: frozenset[str]
    notices: tuple[str, ...] = ()

    def told(self) -> list[Problem]:
        """The faults of form, those of each table shortened."""
        return [problem for found in self.problems.values() for problem in shortened(found)]


def examined_tables(path: Path) -> Examined:
    """All tables of a case folder, with the faults of form beside what could be read; raises `InputError` for a folder
    that is no case. A misspelt heading is told and its column read on under the name that was meant."""
    known = load_tables()
    raise_if_any(_folder_problems(path, known))
    problems: dict[str, list[Problem]] = {name: [] for name in known}
    sheets, headings, former = {}, {}, dict[str, dict[str, str]]()
    for name in known:
        file = path / f"{name}.csv"
        if name not in OPTIONAL or file.exists():
            sheet = sheets[name] = read_sheet(file, place(path, name), problems[name])
            if sheet is not None:
                sheet, former[name] = _renamed(sheet, known[name])
                headings[name] = sheet.header
                sheets[name] = _as_meant(sheet, known[name].columns)
    names = _names(sheets)
    for name, sheet in sheets.items():
        if sheet is not None:
            sheets[name] = _bare_codes(sheet, known[name], names, problems[name])
    listed = _listed_items(sheets["items"], known, problems["items"])
    frames, sound = {}, set()
    for name, table in known.items():
        sheet = sheets.get(name)
        if sheet is not None:
            items = listed.get(name) if table.items else {}
            rules = {**table.columns, **(items or {})}
            of_header = _header_problems(sheet.file, headings[name], table, rules, any_item=items is None)
            told, before = list(of_header), len(problems[name])
            sheet = _as_meant(sheet, rules)
            frames[name] = _frame(sheet, table, rules, problems[name])
            frames[name].attrs |= {NAMED: sheet.named, FORMER: former[name]}
            if name in FILLED and not sheet.lines and not problems[name]:
                problems[name].append(Problem(sheet.file, "has no rows", "write at least one"))
            whole = items is not None and all(column in frames[name] for column in rules)
            if whole and not problems[name]:
                sound.add(name)
            problems[name][before:before] = told
        elif name in OPTIONAL:
            frames[name] = no_rows(name)
            sound.add(name)
    notices = tuple(
        f"{place(path, name)}: column {before} is read as {now}, its name since"
        for name, columns in former.items()
        for now, before in columns.items()
    )
    return Examined(frames, problems, frozenset(sound), notices)


def place(path: Path, name: str) -> str:
    """A table as messages name it: its folder and file."""
    return f"{path.name}/{name}.csv" if path.name else f"{name}.csv"


# ---- files


def _folder_problems(path: Path, known: Mapping[str, Table]) -> list[Problem]:
    try:
        if not path.exists():
            siblings = [other.name for other in path.parent.glob("*/") if (other / "services.csv").is_file()]
            remedy = nearest(path.name, siblings) if siblings else EXAMPLE
            return [Problem(str(path), "no such folder", remedy)]
        if not path.is_dir():
            return [Problem(str(path), "is a file, not the folder of a case", EXAMPLE)]
        if not any((path / f"{name}.csv").exists() for name in known):
            return [Problem(str(path), "is no case: it holds none of the tables", EXAMPLE)]
    except (OSError, ValueError) as fault:
        return [Problem(str(path), f"cannot be opened: {fault}", EXAMPLE)]
    return []


# ---- codes


def _names(sheets: Mapping[str, Sheet | None]) -> Names:
    """What the places of the case are called, by code: municipalities, and all prefectures of the country."""
    sheet = sheets["municipalities"]
    if sheet is None or not {"code", "name_ja", "prefecture_code"} <= set(sheet.header):
        return place_names()
    columns = ("code", "name_ja", "prefecture_code")
    codes, names, homes = (sheet.column(name).to_pylist() for name in columns)
    counties = sheet.column("county_ja").to_pylist() if "county_ja" in sheet.header else [""] * len(codes)
    return place_names(codes, names, counties, homes)


def _bare_codes(sheet: Sheet, table: Table, names: Names, problems: list[Problem]) -> Sheet:
    """The sheet with bare codes where a name that proves them stands beside; a name that does not is a fault."""
    named: set[str] = set()
    for column, rule in table.columns.items():
        widths = PATTERNS.get(rule.pattern or "")
        if widths is None or column not in sheet.header:
            continue
        cells = sheet.column(column)
        beside = pc.indices_nonzero(pc.match_substring_regex(cells, JAPANESE)).to_pylist()[:MOST_ROWS]
        if not beside:
            continue
        texts = cells.to_pylist()
        for position in beside:
            read = code_beside_name(texts[position], widths, names)
            if isinstance(read, str):
                texts[position] = read
                named.add(read)
            elif read is not None:
                row = f"line {sheet.lines[position]}"
                problems.append(Problem(sheet.file, *read, row, column, texts[position][:80]))
        place = sheet.header.index(column)
        changed = sheet.cells.set_column(place, str(place), pa.array(texts, pa.string()))
        sheet = replace(sheet, cells=changed.combine_chunks())
    return replace(sheet, named=frozenset(named))


# ---- columns


def _listed_items(
    sheet: Sheet | None, known: Mapping[str, Table], problems: list[Problem]
) -> dict[str, dict[str, Column]]:
    """Item columns by table, from items.csv; nothing when that table cannot tell."""
    if sheet is None or not {"table", "column"} <= set(sheet.header):
        return {}
    tables = [name for name, table in known.items() if table.items]
    listed: dict[str, dict[str, Column]] = {name: {} for name in tables}
    pairs = zip(sheet.column("table").to_pylist(), sheet.column("column").to_pylist(), strict=True)
    for line, (table, column) in zip(sheet.lines, pairs, strict=True):
        if table in listed:
            listed[table][column] = ITEM
        elif table:
            message, row = "is no table with items", f"line {line}"
            problems.append(Problem(sheet.file, message, nearest(table, tables), row, "table", table))
    return listed


def _frame(sheet: Sheet, table: Table, rules: Mapping[str, Column], problems: list[Problem]) -> pd.DataFrame:
    """The typed columns of a sheet; faults of rows and cells are added to `problems`."""
    filled = _filled_rows(sheet, problems)
    columns = {}
    for name, rule in rules.items():
        if name in sheet.header:
            columns[name], faults = checked_cells(sheet.column(name), rule)
            problems += _located(sheet, table, name, [fault for fault in faults if filled[fault.position]])
    if set(table.primary_key) <= set(sheet.header):
        problems += _duplicates(sheet, table, filled)
    ordered = [name for name in dict.fromkeys(sheet.header) if name in columns]
    return pd.DataFrame({name: columns[name] for name in ordered})


def _header_problems(
    file: str, header: Sequence[str], table: Table, rules: Mapping[str, Column], any_item: bool
) -> Iterator[Problem]:
    """Columns that stand twice, in another unit, misspelt, unknown or not at all."""
    counts = Counter(header)
    missing = {name.casefold(): name for name in rules if name not in counts}
    for name, count in counts.items():
        if count > 1:
            yield Problem(file, f"stands {count} times", "keep it once", column=name)
        if name in rules or (any_item and name not in table.columns and not _misspelt(name, missing)):
            continue
        same = (m for m in missing.values() if _stem(m) == _stem(name) and m != name.casefold())
        if twin := next(same, None):
            message, remedy = _unit_fault(name, twin)
        elif twin := _misspelt(name, missing):
            message, remedy = "is not a column of the table", f"did you mean {twin!r}?"
        else:
            message = "is not a column of the table"
            remedy = "list it in items.csv or remove it" if table.items else nearest(name, rules)
        missing.pop(twin.casefold() if twin else "", None)
        yield Problem(file, message, remedy, column=name or BLANK)
    for name in missing.values():
        listed = "" if name in table.columns else " or take it out of items.csv"
        meaning = rules[name].meaning
        yield Problem(file, "the column is missing", f"add it: {meaning}{listed}", column=name)


def _misspelt(name: str, missing: Mapping[str, str]) -> str | None:
    """The missing column, by its name in small letters, that a heading misspells; a heading in another unit is none."""
    close = get_close_matches(name.strip().casefold(), missing, n=1, cutoff=0.8)
    twin = missing[close[0]] if close else None
    other_unit = twin is not None and _stem(twin) == _stem(name) and twin != name.strip().casefold()
    return None if other_unit else twin


def _renamed(sheet: Sheet, table: Table) -> tuple[Sheet, dict[str, str]]:
    """The sheet with columns that stand under a former name called as they are now, and by the name of now the former
    one; only where just one column of the sheet can be meant."""
    former: dict[str, str] = {}
    for name, rule in table.columns.items():
        if rule.formerly and name not in sheet.header:
            strange = [other for other in sheet.header if other not in table.columns]
            found = [other for other in strange if re.fullmatch(rule.formerly, other)]
            if len(found) == 1:
                former[name] = found[0]
    now = {before: name for name, before in former.items()}
    return replace(sheet, header=[now.get(name, name) for name in sheet.header]), former


def _as_meant(sheet: Sheet, rules: Mapping[str, Column]) -> Sheet:
    """The sheet with its misspelt headings as they were meant, so that what stands beneath them is read."""
    missing = {name.casefold(): name for name in rules if name not in sheet.header}
    header = list(sheet.header)
    for place, name in enumerate(header):
        if missing and name not in rules and (twin := _misspelt(name, missing)):
            header[place] = twin
            missing.pop(twin.casefold())
    return sheet if header == sheet.header else replace(sheet, header=header)


def _stem(name: str) -> str:
    """A column's name without its unit."""
    return UNITS.sub("", name.strip().casefold())


def _unit_fault(name: str, wanted: str) -> tuple[str, str]:
    has, wants = (text[len(_stem(text)) + 1 :].replace("_", " ") for text in (name.strip(), wanted))
    message = f"the unit is {has or 'not named'}, the table wants {wants or 'none'}"
    return message, f"convert the figures and name the column {wanted!r}"


# ---- rows


def _filled_rows(sheet: Sheet, problems: list[Problem]) -> np.ndarray:
    """Which rows hold anything; the others are reported once, not cell by cell."""
    filled = np.zeros(len(sheet.lines), bool)
    for column in sheet.cells.columns:
        filled |= pc.not_equal(column, "").to_numpy()
        if filled.all():
            break
    for position in np.flatnonzero(~filled)[:MOST_FAULTS]:
        row = f"line {sheet.lines[position]}"
        problems.append(Problem(sheet.file, "the row is empty", "delete the line", row))
    return filled


def _located(sheet: Sheet, table: Table, name: str, faults: list[CellFault]) -> Iterator[Problem]:
    column = sheet.column(name)
    for fault in faults:
        row = sheet.label(fault.position, () if name in table.primary_key else table.primary_key)
        value = column[fault.position].as_py()
        yield Problem(sheet.file, fault.message, fault.remedy, row, name, value[:80])


def _duplicates(sheet: Sheet, table: Table, filled: np.ndarray) -> Iterator[Problem]:
    keys = list(zip(*(sheet.column(key).to_pylist() for key in table.primary_key), strict=True))
    if len(set(keys)) == len(keys):
        return
    lines: dict[tuple[str, ...], list[str]] = {}
    for position in np.flatnonzero(filled):
        lines.setdefault(keys[position], []).append(str(sheet.lines[position]))
    column = ", ".join(table.primary_key)
    for key, found in lines.items():
        if len(found) > 1:
            label, message = (
                "/".join(filter(None, key)),
                f"stands more than once: lines {' and '.join(found)}",
            )
            yield Problem(sheet.file, message, "keep one of them", label, column, label)
