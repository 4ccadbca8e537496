"""The command that shows every step of one government's grant; it returns its exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from optimization.archive import read_decided
from optimization.case.case import Case
from optimization.cli.console import out, show_frame
from optimization.cli.looking import the_town
from optimization.cli.options import AnyCase, Json, load_case
from optimization.cli.plain import print_json
from optimization.errors import InputError
from optimization.outcome.trace import BLOCKS, trace
from optimization.reading.codes import read_prefectures
from optimization.reading.whereabouts import DEFAULT_CASE, input_folder
from optimization.report.trace_table import block_title
from optimization.report.traced import counted_again

MOST_ROWS = 1_000


def trace_grant(
    name: Annotated[str, typer.Argument(help="Municipality or prefecture, by name or code.")],
    run: Annotated[Path | None, typer.Argument(help="Run folder; today's arrangement if left out.")] = None,
    case_folder: AnyCase = None,
    target: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it as an Excel sheet too.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Every step of a grant, from official cell to package."""
    result = counted_again(run, the_case(run, case_folder))
    code, called = the_government(name, result.instance.case)
    table = trace(result, code)
    if target is not None:
        from optimization.report.trace_sheet import write_trace

        write_trace(table, called, target)
    if as_json:
        print_json({"government": code, "lines": json.loads(table.to_json(orient="records"))})
        return 0
    out.print(f"{called} ({code}): million yen a year", style="bold")
    for block in BLOCKS:
        rows = table[table["block"] == block]
        show_frame(_shown(rows), _titled(block, rows), rows=MOST_ROWS)
    if target is not None:
        out.print(f"Wrote {target}.")
    return 0


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    """The lines of a block as people read them, to the yen; totals behind a sign of equality."""
    pairs = zip(rows["label_en"], rows["total"], strict=True)
    return pd.DataFrame(
        {
            "": [f"= {label}" if total else label for label, total in pairs],
            "million yen": rows["amount_million_yen"].map(lambda value: f"{round(value, 6) + 0.0:,.6f}"),
            "service": rows["service"],
            "official heading": rows["heading"],
        }
    )


def _titled(block: str, rows: pd.DataFrame) -> str:
    """The title of a block, with the workbooks and sheets in which its headings stand."""
    named = rows[rows["workbook"] != ""]
    where = dict.fromkeys(f"{row.workbook}, {row.sheet}" for row in named.itertuples())
    return block_title(block, "en") + (f" ({'; '.join(where)})" if where else "")


def the_case(run: Path | None, case_folder: Path | None) -> Case:
    """The case that is named, else that of the run, else the embedded one. Raises InputError where a run holds no
    decision."""
    if run is None or case_folder is not None:
        return load_case(case_folder or DEFAULT_CASE)
    return load_case(
        input_folder(str(read_decided(run, "name a run of one year that found a plan")[0]["case"]))
    )


def the_government(name: str, case: Case) -> tuple[str, str]:
    """Code of the government that a name means, and what it is called: a prefecture, or else a municipality. Raises
    InputError where none or several do."""
    try:
        (code,) = read_prefectures([name], case.prefecture_names, "command line", "NAME")
        called = str(case.prefectures.at[code, "name_ja"])
    except (InputError, ValueError):
        town = the_town(name, case)
        return str(case.government_of_municipality[town.code]), f"{town.name_ja} {town.romaji}".strip()
    return str(case.government_of_prefecture[code]), called
