"""Cutting a small case out of a large one: the same tables, fewer prefectures."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from optimization.dictionary.tables import Table, load_tables
from optimization.errors import Problem, raise_if_any
from optimization.prepare.other_year import section_of
from optimization.prepare.package import write_datapackage
from optimization.prepare.writing import drafted, write_tables
from optimization.reading.codes import Names, code_beside_name, place_names, read_prefectures
from optimization.reading.kept_out import notices, within
from optimization.reading.table_file import text_table

CODE_COLUMNS = ("code", "code_a", "code_b", "prefecture_code")
NATION = "00"


class Cut(NamedTuple):
    """What was cut out: rows by table, and a sentence for each body of the user that was kept out."""

    rows: dict[str, int]
    kept_out: list[str]


def cut_case(case: Path, prefectures: Sequence[str], out: Path) -> Cut:
    """Write the part of `case` that lies in `prefectures` (codes, names or romaji) to `out`.

    Tables with codes are filtered, all others (hand-written ones too) copied as they are; borders stay where both sides
    do, a jointly projected group where any member does, a body where all its members do: one that reaches
    beyond is kept out, and the part's README says so. Raises `InputError` for an unknown prefecture or a folder that is
    no case.
    """
    raise_if_any(_check(case, prefectures, out))
    home = _bare(text_table(case / "prefectures.csv"), place_names())
    pairs = zip(home["name_ja"], home["name_en"], strict=True)
    known = dict(zip(home["prefecture_code"], pairs, strict=True))
    prefectures = read_prefectures(prefectures, known, f"{case.name}/prefectures.csv", "prefecture_code")
    places = text_table(case / "municipalities.csv")
    names = place_names(
        *(places[column].tolist() for column in ("code", "name_ja", "county_ja", "prefecture_code"))
    )
    members = _bare(text_table(case / "projection_members.csv"), names)
    groups = set(members.loc[members["code"].str[:2].isin(prefectures), "projection_group"])
    known, cut = load_tables(), dict[str, pd.DataFrame]()
    copied, beyond = [], list[str]()
    for path in sorted(case.glob("*.csv")):
        frame = text_table(path)
        if path.stem in known:
            frame = _bare(frame, names)
        if path.stem not in known or not _is_coded(known[path.stem]):
            copied.append(path)
            continue
        keep = pd.Series(True, index=frame.index)
        for column in CODE_COLUMNS:
            if column in frame:
                keep &= frame[column].str[:2].isin(prefectures)
        if "area" in frame:
            keep &= frame["area"].str[:2].isin([NATION, *prefectures])
        if "projection_group" in frame:
            keep = (keep & (frame["projection_group"] == "")) | frame["projection_group"].isin(groups)
        if "body_id" in frame:
            keep = within(frame, prefectures)
            beyond += notices(frame, prefectures, path.name)
        cut[path.stem] = frame[keep]
    with drafted(out) as folder:
        write_tables(cut, folder)
        for path in copied:
            shutil.copyfile(path, folder / path.name)
        write_datapackage(folder, out.resolve().name, beyond, section_of(case / "README.md"))
    return Cut({name: len(frame) for name, frame in cut.items()}, beyond)


def _bare(frame: pd.DataFrame, names: Names) -> pd.DataFrame:
    """A table with bare codes where a name that proves them stands beside."""

    def bare(text: str, digits: int) -> str:
        read = None if text.isdecimal() else code_beside_name(text, (digits,), names)
        return read if isinstance(read, str) else text

    widths = {"prefecture_code": 2, "code": 5, "code_a": 5, "code_b": 5, "capital_code": 5}
    for column in widths.keys() & set(frame):
        frame[column] = (
            frame[column].map(lambda text, digits=widths[column]: bare(text, digits)).astype("str")
        )
    return frame


def _is_coded(table: Table) -> bool:
    return any(column in table.columns for column in (*CODE_COLUMNS, "area"))


def _check(case: Path, prefectures: Sequence[str], out: Path) -> list[Problem]:
    if not (case / "prefectures.csv").is_file():
        return [
            Problem(
                f"{case.name}/", "is no case: it has no prefectures.csv", "prepare the national case first"
            )
        ]
    if out.resolve() == case.resolve():
        return [Problem(f"{out.name}/", "is the case itself", "name another folder for the part")]
    if not prefectures:
        return [Problem(f"{case.name}/", "no prefecture was named", "name one, such as 03")]
    return []
