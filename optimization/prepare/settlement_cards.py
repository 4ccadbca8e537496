"""Settlement cards: what every government spent by purpose, whose fire staff it has, which joint bodies it ticks, and
its standard financial scale.

The ministry prints one card a government and year; the compiled tables keep the headings of the card, joined by
dots. Cells are read as text, for some hold signs and thousands separators. An empty cell is a dash on the card:
nothing was spent, nobody is employed.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimization.errors import InputError, Problem, raise_if_any
from optimization.prepare.columns import SHOWN, merge_wards, shaped
from optimization.reading.codes import has_valid_check_digit
from optimization.reading.files import MOST_TABLE, read_bytes
from optimization.reading.japan import JOINT_MUNICIPALITY, JOINT_PARTS, PREFECTURES

MARKS = {
    "議員公務災害": "assembly_accidents",
    "非常勤公務災害": "part_time_accidents",
    "退職手当": "retirement_pay",
    "事務機共同": "computing",
    "税務事務": "tax",
    "老人福祉": "elderly_welfare",
    "伝染病": "infectious_disease",
    "し尿処理": "night_soil",
    "ごみ処理": "waste",
    "火葬場": "crematorium",
    "常備消防": "fire",
    "小学校": "elementary",
    "中学校": "junior_high",
    "その他": "other",
}
"""The fourteen functions of joint bodies as the card heads them, in its order."""

PURPOSES = {
    "議会費": "assembly",
    "総務費": "general_admin",
    "民生費": "welfare",
    "衛生費": "health_sanitation",
    "労働費": "labour",
    "農林水産業費": "agriculture",
    "商工費": "commerce",
    "土木費": "public_works",
    "警察費": "police",
    "消防費": "fire",
    "教育費": "education",
    "災害復旧費": "disaster_recovery",
    "公債費": "debt_service",
    "諸支出金": "other_payments",
    "前年度繰上充用金": "deficit_carried",
}
"""Purposes of spending in the order of the card; police stands on the prefectures' alone. What prefectures hand on of
their taxes (headings that end in 交付金) is one purpose more."""

TAX_GRANTS, GRANT = "tax_grants", "交付金"
TOTAL = "歳出合計"
PARTS = {
    "決算額": "total_thousand_yen",
    "普通建設事業費": "construction_thousand_yen",
    "充当一般財源等": "general_funds_thousand_yen",
}
SPENDING = "目的別歳出の状況_千円."
MARKED = "一部事務組合加入の状況."
FIRE_STAFF = "職員給与の状況.一般職員等.うち消防職員.職員数_人"
SCALE = {
    "財政指標.標準財政規模_千円.": "standard_scale_thousand_yen",
    "財政指標.標準税収入額等_千円.": "standard_tax_revenue_thousand_yen",
    "地方債現在高_千円.": "bonds_outstanding_thousand_yen",
}
"""Figures that the card prints for its year and the one before, each under the name of the year."""

REIWA, ERA = 2018, "令和(元|[0-9]+)年度"
"""Years of the era Reiwa count from here, and how headings name them."""

CONTRIBUTIONS = "性質別歳出の状況_千円.補助費等.うち一部事務組合負担金.決算額"
PREFECTURE, LOCAL = "都道府県コード", "団体コード"
TICKED = {"True": 1, "False": 0, "○": 1, "1": 1, "0": 0, "": 0}
NUMBER = re.compile(r"-?[0-9]+(\.0+)?")
REMEDY = "use the compiled cards, unchanged"


@dataclass(frozen=True)
class Cards:
    """Cards of one year. `marks` (code x function, 0/1), `fire_staff` (persons) and `contributions` to joint bodies
    (thousand yen) by municipality, the 23 wards one by one; `municipal` and `prefectural` are the tables of spending
    of the case and `scale` that of the standard financial scale, wards joined."""

    year: int
    marks: pd.DataFrame
    fire_staff: pd.Series
    contributions: pd.Series
    municipal: pd.DataFrame
    prefectural: pd.DataFrame
    scale: pd.DataFrame


def read_cards(folder: Path, year: int) -> Cards:
    """The cards in `folder` (card_YEAR_municipal.parquet, card_YEAR_prefectural.parquet) of the year nearest to `year`.

    Raises `InputError` for missing or unreadable files and columns, wrong or doubled codes, cells that are no figure,
    and purposes that do not add up to the total of a card.
    """
    found = _year_at_hand(folder, year)
    frames, problems = list[pd.DataFrame](), list[Problem]()
    for level in ("municipal", "prefectural"):
        path = folder / f"card_{found}_{level}.parquet"
        try:
            frames.append(_coded(_read(path), path.name, level == "municipal"))
        except InputError as fault:
            problems += fault.problems
    raise_if_any(problems)
    municipal, prefectural = frames
    name = f"card_{found}_municipal.parquet"
    problems += _missing(municipal, name, [FIRE_STAFF, CONTRIBUTIONS, *(MARKED + head for head in MARKS)])
    raise_if_any(problems)
    spent = _spending(municipal, name, found, problems)
    spent_by_prefectures = _spending(prefectural, f"card_{found}_prefectural.parquet", found, problems)
    marks = {function: _ticks(municipal, name, MARKED + head, problems) for head, function in MARKS.items()}
    staff, paid = (_figures(municipal, name, column, problems) for column in (FIRE_STAFF, CONTRIBUTIONS))
    scales = [
        _scale(frame, f"card_{found}_{level}.parquet", level, problems)
        for frame, level in ((municipal, "municipal"), (prefectural, "prefectural"))
    ]
    raise_if_any(problems)
    joined = merge_wards(spent.reset_index(names="code"), ("code", "fiscal_year", "purpose"))
    by_prefecture = spent_by_prefectures.reset_index(names="prefecture_code")
    return Cards(
        year=found,
        marks=pd.DataFrame(marks),
        fire_staff=staff,
        contributions=paid,
        municipal=_ordered(joined, "code", "municipal_spending"),
        prefectural=_ordered(by_prefecture, "prefecture_code", "prefectural_spending"),
        scale=shaped(pd.concat(scales, ignore_index=True), "standard_scale"),
    )


def _ordered(frame: pd.DataFrame, key: str, table: str) -> pd.DataFrame:
    """Rows by code and in the order of the card's purposes."""
    place = {purpose: number for number, purpose in enumerate([*PURPOSES.values(), TAX_GRANTS])}
    order = frame["purpose"].map(place)
    return shaped(frame.assign(order=order).sort_values([key, "order"], ignore_index=True), table)


def _year_at_hand(folder: Path, year: int) -> int:
    years = [
        int(found[1])
        for path in folder.glob("card_*_municipal.parquet")
        if (found := re.fullmatch(r"card_([0-9]{4})_municipal\.parquet", path.name))
    ]
    if not years:
        message = "holds no settlement cards (card_YEAR_municipal.parquet)"
        raise InputError([Problem(f"{folder.name}/", message, "give their folder")])
    return min(years, key=lambda found: (abs(found - year), found))


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(io.BytesIO(read_bytes(path, MOST_TABLE)))
    except Exception as fault:  # a broken parquet file fails in many ways, and all mean the same
        message = f"cannot be read ({type(fault).__name__}: {fault})"
        raise InputError([Problem(path.name, message, "fetch the file again")]) from fault


def _missing(frame: pd.DataFrame, file: str, columns: list[str]) -> list[Problem]:
    return [Problem(file, "the column is missing", REMEDY, column=c) for c in columns if c not in frame]


def _text(frame: pd.DataFrame, column: str) -> pd.Series:
    """A column's cells as bare text; a dash or an empty cell is an empty text."""
    cells = frame[column].astype("object")
    text = cells.where(cells.notna(), "").astype(str).str.strip().str.replace(",", "")
    return text.str.replace(r"^[△▲]\s*", "-", regex=True).replace({"-": "", "－": "", "None": ""})


def _coded(frame: pd.DataFrame, file: str, municipal: bool) -> pd.DataFrame:
    """The frame under its codes: five digits of a municipality, two of a prefecture."""
    raise_if_any(_missing(frame, file, [PREFECTURE, *([LOCAL] if municipal else [])]))
    codes = _text(frame, PREFECTURE).str.removesuffix(".0").str.zfill(2)
    if municipal:
        codes += _text(frame, LOCAL)
    known = codes.map(has_valid_check_digit) if municipal else codes.isin(list(PREFECTURES))
    what = "a code with its check digit" if municipal else "a prefecture"
    problems = [
        Problem(file, f"is not {what}", REMEDY, f"line {at + 1}", LOCAL if municipal else PREFECTURE, code)
        for at, (code, good) in enumerate(zip(codes, known, strict=True))
        if not good
    ]
    problems += [Problem(file, "stands twice", "keep one card", row=c) for c in codes[codes.duplicated()]]
    raise_if_any(problems[:SHOWN])
    return frame.set_axis(pd.Index(codes.str[:5] if municipal else codes), axis=0).sort_index()


def _figures(frame: pd.DataFrame, file: str, column: str, problems: list[Problem]) -> pd.Series:
    """Whole numbers of a column; what is none is added to `problems`."""
    text = _text(frame, column)
    good = text.eq("") | text.str.fullmatch(NUMBER)
    message = "is not a whole number"
    problems += [
        Problem(file, message, REMEDY, str(code), column, cell) for code, cell in text[~good].items()
    ][:SHOWN]
    return pd.to_numeric(text.where(good & text.ne(""), "0")).astype("int64").rename(column)


def _ticks(frame: pd.DataFrame, file: str, column: str, problems: list[Problem]) -> pd.Series:
    text = _text(frame, column)
    strange = text[~text.isin(list(TICKED))]
    problems += [Problem(file, "is no mark", REMEDY, str(c), column, cell) for c, cell in strange.items()][
        :SHOWN
    ]
    return text.map(TICKED).fillna(0).astype("int64")


def _spending(frame: pd.DataFrame, file: str, year: int, problems: list[Problem]) -> pd.DataFrame:
    """Spending by code (index) and purpose, thousand yen; what does not add up to the total is added to `problems`."""
    ends = tuple(f".{part}" for part in PARTS)
    columns = [c for c in frame if c.startswith(SPENDING) and c.endswith(ends)]
    heads = [
        h for h in dict.fromkeys(c.removeprefix(SPENDING).rsplit(".", 1)[0] for c in columns) if h != TOTAL
    ]
    purposes = {head: TAX_GRANTS if head.endswith(GRANT) else PURPOSES.get(head, "") for head in heads}
    needed = [f"{SPENDING}{TOTAL}.{part}" for part in PARTS]
    needed += [f"{SPENDING}{head}.{part}" for head in heads for part in PARTS]
    lacking = [head for head in PURPOSES if head not in heads and head != "警察費"]
    faults = _missing(frame, file, [*needed, *(f"{SPENDING}{head}.決算額" for head in lacking)])
    faults += [
        Problem(file, "is a purpose not known here", REMEDY, column=SPENDING + head)
        for head, purpose in purposes.items()
        if not purpose
    ]
    if faults:
        problems += faults
        return pd.DataFrame()
    tables = {}
    for part, name in PARTS.items():
        amounts = pd.DataFrame({h: _figures(frame, file, f"{SPENDING}{h}.{part}", problems) for h in heads})
        due = _figures(frame, file, f"{SPENDING}{TOTAL}.{part}", problems)
        gap = amounts.sum(axis=1) - due
        problems += [
            Problem(
                file, f"the purposes do not add up to the total ({part})", REMEDY, str(c), value=f"{g:+,}"
            )
            for c, g in gap[gap != 0].items()
        ][:SHOWN]
        tables[name] = amounts.T.groupby(purposes, sort=False).sum().T.stack()
    long = pd.DataFrame(tables)
    long.index.names = ["code", "purpose"]
    return long.reset_index("purpose").assign(fiscal_year=year)


def _scale(frame: pd.DataFrame, file: str, level: str, problems: list[Problem]) -> pd.DataFrame:
    """Standard financial scale of a level by code and year, thousand yen, wards joined. A year that not all figures
    have, or none at all, is added to `problems`."""
    years = {
        head: {m[1]: name for name in frame if (m := re.fullmatch(re.escape(head) + ERA, name))}
        for head in SCALE
    }
    found = [
        Problem(file, "has no figure for any year", REMEDY, column=head) for head in SCALE if not years[head]
    ]
    printed = sorted(set().union(*years.values()))
    found += [
        Problem(file, "the column is missing", REMEDY, column=f"{head}令和{year}年度")
        for head in SCALE
        for year in printed
        if years[head] and year not in years[head]
    ]
    if found:
        problems += found
        return pd.DataFrame()
    parts = []
    for year in printed:
        columns = {SCALE[head]: _figures(frame, file, names[year], problems) for head, names in years.items()}
        parts.append(pd.DataFrame(columns).rename_axis("code").reset_index().assign(fiscal_year=_year(year)))
    keys = ("code", "fiscal_year")
    whole = pd.concat(parts, ignore_index=True)
    if level == "prefectural":
        return whole.sort_values(list(keys)).assign(level="prefecture")
    return merge_wards(whole, keys).assign(level="municipality")


def _year(name: str) -> int:
    """The fiscal year that a number of the era names: 5 is 2023, 元 the first."""
    return REIWA + (1 if name == "元" else int(name))


def of_case(series: pd.Series) -> pd.Series:
    """Figures by municipality without the wards, which the case has as one row."""
    return series[~series.index.isin(JOINT_PARTS)]


def codes_differ(cards: Cards, codes: set[str]) -> list[Problem]:
    """Problems for every municipality that only the cards or only the case (wards joined as 13100) hold."""
    held = {JOINT_MUNICIPALITY if code in JOINT_PARTS else code for code in cards.marks.index}
    file = f"card_{cards.year}_municipal.parquet"
    lacking = [Problem(file, "lacks a municipality of the case", REMEDY, row=c) for c in sorted(codes - held)]
    beyond = [Problem(file, "is no municipality of the case", REMEDY, row=c) for c in sorted(held - codes)]
    return lacking + beyond
