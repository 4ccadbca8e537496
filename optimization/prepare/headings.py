"""Finding the headings of an official sheet and placing every column by them.

Headings are merged over several rows. A cell left blank by merging takes the heading to its left,
level by level, as long as no higher level has started anew; the result is a path such as
`土木費/道路橋りょう費/道路の面積`. Above the headings a band may run (`(包括算定経費)`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from optimization.errors import Problem
from optimization.prepare.items import Item, Register
from optimization.prepare.workbook import Sheet, column_letter, normalise

CODE, PREFECTURE, MUNICIPALITY, CLASS, MARK = "コード", "都道府県", "市町村", "団体区分", "不足超過の別"
KEY_HEADINGS = (CODE, PREFECTURE, MUNICIPALITY, CLASS, MARK)
UNIT_NOTE = re.compile(r"\(単位:?(.*?)\)")
BAND = re.compile(r"\(.+\)")
SEARCH_ROWS = 30


@dataclass(frozen=True)
class Layout:
    """Where a sheet's parts are: `keys` maps key headings to columns, `first_row` is the first of data."""

    top_row: int
    first_row: int
    keys: dict[str, int]


def find_layout(sheet: Sheet, key: str) -> Layout | Problem:
    """The heading block of a sheet whose rows are keyed by the column headed `key`."""
    for row, cells in enumerate(sheet.grid[:SEARCH_ROWS]):
        texts = [normalise(cell) for cell in cells]
        keys = {text: column for column, text in enumerate(texts) if text in KEY_HEADINGS}
        if key in keys:
            doubled = [text for text in keys if texts.count(text) > 1]
            if doubled:
                return sheet.problem("a key heading stands twice", "keep one", column=doubled[0])
            below = (i for i in range(row + 1, len(sheet.grid)) if normalise(sheet.grid[i][keys[key]]))
            first = next(below, None)
            if first is None:
                return sheet.problem(f"has no rows under {key}", "fetch the whole workbook again")
            return Layout(row, first, keys)
    return sheet.problem(f"has no column headed {key}", "use the ministry's workbook, unchanged")


def stated_units(sheet: Sheet, above: int) -> set[str]:
    """The units that the notes above a row state, such as 千円."""
    texts = (normalise(cell) for cells in sheet.grid[:above] for cell in cells)
    return {found[1] for text in texts if (found := UNIT_NOTE.search(text))}


def check_unit(sheet: Sheet, above: int) -> list[Problem]:
    """The unit notes above a row must exist and all say thousand yen."""
    units = stated_units(sheet, above)
    if units == {"千円"}:
        return []
    message = "states another unit than thousand yen" if units else "states no unit"
    return [sheet.problem(message, "the note must read (単位:千円)", value=", ".join(sorted(units)))]


def heading_paths(sheet: Sheet, layout: Layout, joined: bool = False) -> list[list[str]]:
    """One path a column, top level first; blank cells filled from the left, level by level.

    With `joined` the rows under the topmost are lines of one name: nothing is filled, the topmost is dropped.
    """
    levels = range(layout.top_row, layout.first_row)
    carried = [""] * len(levels)
    paths = []
    for column in range(sheet.width):
        own = [normalise(sheet.grid[row][column]) for row in levels]
        own = ["" if UNIT_NOTE.fullmatch(text) else text for text in own]
        if joined:
            paths.append(own[1:])
            continue
        first_own = next((level for level, text in enumerate(own) if text), None)
        if first_own is None:
            paths.append([])
            continue
        carried = carried[:first_own] + own[first_own:]
        paths.append(list(carried))
    return paths


def bands(sheet: Sheet, layout: Layout) -> list[str]:
    """The band over each column, from the nearest row above the headings that has one; blank if none has."""
    for row in range(layout.top_row - 1, -1, -1):
        texts = [normalise(cell) for cell in sheet.grid[row]]
        texts = [text if BAND.fullmatch(text) and not UNIT_NOTE.fullmatch(text) else "" for text in texts]
        if any(texts):
            band, found = "", []
            for text in texts:
                band = text or band
                found.append(band)
            return found
    return [""] * sheet.width


def _candidates(parts: list[str], band: str) -> list[str]:
    name = "/".join(parts)
    tails = ["*/" + "/".join(parts[start:]) for start in range(1, len(parts))]
    return [f"{band}/{name}", name, *tails] if band else [name, *tails]


@dataclass(frozen=True)
class Columns:
    """The columns of a sheet by their number: `known` ones with their item, `unknown` ones with their heading
    path (blank where nothing stands over figures)."""

    known: dict[int, Item]
    unknown: dict[int, str]


def place_columns(
    sheet: Sheet, layout: Layout, register: Register, joined: bool = False
) -> tuple[Columns, list[Problem]]:
    """Every column with its registered item or, where the register has none, its heading.

    `joined` is for sheets whose heading rows are one name broken into lines (itemised debt service). A registered
    heading that stands twice is a problem: its figures cannot be told apart.
    """
    known, columns, problems = register.by_heading(), Columns({}, {}), list[Problem]()
    band_over = bands(sheet, layout)
    for column, path in enumerate(heading_paths(sheet, layout, joined)):
        parts = [part for part in path if part]
        if column in layout.keys.values():
            continue
        candidates = ["".join(parts)] if joined else _candidates(parts, band_over[column])
        item = next((known[name] for name in candidates if parts and name in known), None)
        heading = ("" if joined else "/").join(parts)
        if item is None:
            columns.unknown[column] = heading
        elif item in columns.known.values():
            first = next(column_letter(other) for other, found in columns.known.items() if found is item)
            message = f"heading stands twice (also column {first})"
            letter = column_letter(column)
            problems.append(sheet.problem(message, "keep one", column=letter, value=heading))
        else:
            columns.known[column] = item
    return columns, problems
