"""The description that travels with a case: datapackage.json (Frictionless Data Package) and README.md."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from optimization.dictionary.tables import Column, Table, load_tables
from optimization.errors import Problem, raise_if_any
from optimization.prepare.writing import write_text
from optimization.reading.table_file import text_table

LICENCES = [
    {
        "name": "CC-BY-4.0",
        "title": "Creative Commons Attribution 4.0",
        "path": "https://creativecommons.org/licenses/by/4.0/",
    },
    {
        "name": "Apache-2.0",
        "title": "Apache License 2.0 (compilation of the settlement cards)",
        "path": "https://www.apache.org/licenses/LICENSE-2.0",
    },
]
CREDITS = {
    "Ministry of Internal Affairs and Communications (MIC)": (
        "allocation tax workbooks, fiscal indicators, register, city list (compatible with CC BY 4.0)"
    ),
    "Statistics Bureau of Japan, e-Stat": "SSDSE and SSDS settlements, schools, staff; census (CC BY 4.0)",
    "Ministry of Land, Infrastructure, Transport and Tourism (MLIT)": (
        "National Land Numerical Information N03 (areas, borders) and A38 (medical areas)"
    ),
    "Ministry of Health, Labour and Welfare": "secondary medical areas",
    "National Institute of Population and Social Security Research (IPSS)": "population projections of 2023",
    "Settlement cards (MIC), compiled by zaisei-kakushin-kai/contents": (
        "marks of joint bodies, fire staff, spending by purpose, FY2023; standard financial scale; "
        "the compilation under Apache-2.0"
    ),
    "Ministry of the Environment": "general-waste survey FY2022: names of joint bodies that run incinerators",
    "Town hall positions": "CC0",
    "Japan Post": "readings of names, from the address file (free of rights)",
}
README = """# {title}

Tables of a case, written by `python solve.py prepare` from official workbooks; every column with its unit
and meaning stands in `datapackage.json` (Frictionless Data Package). Codes are text: read them as strings.
Money is thousand yen as published{register}. Municipality 13100
is the 23 wards of Tokyo together, settled jointly with Tokyo (13): never apply the grant formula to one
alone. An empty cell means not published, never zero.

| table | content | rows |
|---|---|---|
{rows}
{section}{left_out}
## Credits and licences

The tables were edited from these sources; the editing is this project's, not the publishers'.

| source | what, terms |
|---|---|
{credits}
"""


def write_datapackage(
    folder: Path, name: str = "", notes: Sequence[str] = (), section: str = ""
) -> dict[str, Any]:
    """Describe every csv of a case that the dictionary knows; returns what was written. `name` is that of the case
    where the folder does not have it yet, `notes` are what was left out of it, `section` a part of the README that says
    what it took from elsewhere.

    Writes `datapackage.json` and `README.md` into `folder`, with size in bytes and sha256 of each file.
    Raises `InputError` for a column the dictionary does not know.
    """
    known, resources, problems = load_tables(), list[dict[str, Any]](), list[Problem]()
    items, present = _items(folder), {path.stem for path in folder.glob("*.csv")}
    rows = []
    for path in sorted(folder.glob("*.csv")):
        table = known.get(path.stem)
        header, count = _header(path)
        resource = {"name": path.stem.replace("_", "-"), "path": path.name, **_bytes(path)}
        if table is not None:
            fields, found = _fields(path, header, table, items.get(path.stem, {}))
            problems += found
            resource |= {
                "title": table.title,
                "description": table.description,
                "sources": [{"title": table.source}],
                "schema": _schema(fields, table, present),
            }
        resources.append(resource)
        rows.append(f"| `{path.name}` | {table.description if table else 'written by hand'} | {count:,} |")
    raise_if_any(problems)
    package = _package(name or folder.name, resources)
    credits = "\n".join(f"| {who} | {what} |" for who, what in CREDITS.items())
    lines = "".join(f"- {note}\n" for note in notes)
    parts = {
        "left_out": f"\n## Left out of this part\n\n{lines}" if notes else "",
        "section": section and f"\n{section}",
        "register": _register(folder),
    }
    readme = README.format(title=package["title"], rows="\n".join(rows), credits=credits, **parts)
    write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n", folder / "datapackage.json")
    write_text(readme, folder / "README.md")
    return package


def _register(folder: Path) -> str:
    """Of which day the people are, as a part of a sentence; blank where the folder does not say."""
    if not (folder / "national.csv").is_file():
        return ""
    figures = text_table(folder / "national.csv").set_index("item")["value"]
    year = figures.get("register_year", figures.get("fiscal_year"))
    return f", the reference date of the population is {year}-01-01" if year else ""


def _package(name: str, resources: list[dict[str, Any]]) -> dict[str, Any]:
    region, _, year = name.rpartition("-")
    title = f"{region.replace('-', ' ').title()}, fiscal year {year}" if year.isdecimal() else name
    return {
        "profile": "tabular-data-package",
        "name": name,
        "title": f"{title}: municipalities and prefectures",
        "licenses": LICENCES,
        "sources": [{"title": who} for who in CREDITS],
        "contributors": [{"title": f"{who}: {what}", "role": "publisher"} for who, what in CREDITS.items()],
        "resources": resources,
    }


def _bytes(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "profile": "tabular-data-resource",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }


def _header(path: Path) -> tuple[list[str], int]:
    table = text_table(path)
    return list(table), len(table)


def _items(folder: Path) -> dict[str, dict[str, dict[str, str]]]:
    """table -> column -> its row of items.csv; empty without that table."""
    path, items = folder / "items.csv", dict[str, dict[str, dict[str, str]]]()
    if path.is_file():
        for row in text_table(path).to_dict("records"):
            items.setdefault(row["table"], {})[row["column"]] = row
    return items


def _fields(
    path: Path, header: list[str], table: Table, items: dict[str, dict[str, str]]
) -> tuple[list[dict[str, Any]], list[Problem]]:
    fields, problems = [], []
    for name in header:
        if name in table.columns:
            fields.append(_field(name, table.columns[name]))
        elif table.items and name in items:
            fields.append(_item_field(name, items[name]))
        else:
            problems.append(
                Problem(
                    path.name,
                    "the column is not in the dictionary",
                    "add it to dictionary/tables.toml",
                    column=name,
                )
            )
    return fields, problems


def _schema(fields: list[dict[str, Any]], table: Table, present: set[str]) -> dict[str, Any]:
    """Fields and keys; columns that refer to a column of a table that is there become foreign keys."""
    keys = []
    for name, column in table.columns.items():
        if column.references:
            other, field = column.references.split(".")
            if other not in present:
                continue
            reference = {"resource": other.replace("_", "-"), "fields": field}
            keys.append({"fields": name, "reference": reference})
    schema = {"fields": fields, "primaryKey": list(table.primary_key)}
    return schema | ({"foreignKeys": keys} if keys else {})


def _field(name: str, column: Column) -> dict[str, Any]:
    rules = {
        "required": column.required,
        "minimum": column.min,
        "maximum": column.max,
        "pattern": column.pattern,
        "enum": list(column.enum) if column.enum else None,
    }
    constraints = {rule: value for rule, value in rules.items() if value not in (None, False)}
    field = {
        "name": name,
        "type": column.type,
        "title": column.label_ja or name,
        "description": column.meaning,
        "unit": column.unit,
        "constraints": constraints,
    }
    return {key: value for key, value in field.items() if value not in ("", {})}


def _item_field(name: str, item: dict[str, str]) -> dict[str, Any]:
    measured = f", measured by {item['measurement_unit']}" if item["measurement_unit"] else ""
    counted = (
        f", counted share {item['counted_share']} ({item['counted_share_mark']})"
        if item["counted_share"]
        else ""
    )
    return {
        "name": name,
        "type": "integer",
        "title": item["name_ja"],
        "unit": item["unit"],
        "description": f"{item['kind']} as published{measured}{counted}",
        "constraints": {"required": True},
    }
