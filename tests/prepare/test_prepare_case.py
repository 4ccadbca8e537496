"""The command, the written case, its data package, the dictionary and the small case cut out of it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimization.dictionary.tables import Column, load_tables
from optimization.errors import InputError
from optimization.prepare import cut_case, write_datapackage
from optimization.prepare.command import run
from optimization.prepare.items import load_register
from optimization.reading.codes import PREFECTURE_CODES, check_digit, has_valid_check_digit

REPO = Path(__file__).parents[2]
EMBEDDED = REPO / "inputs" / "japan-2022"
HAND_WRITTEN = ("services", "allowed_tiers", "national", "national_taxes", "parameters")
REGISTERS = [
    f"{tier}_{name}" for tier in ("municipal", "prefectural") for name in ("need", "debt_service", "revenue")
]


@pytest.fixture(scope="session")
def prepared(official: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The whole case of FY2022 prepared anew, and the lines the command prints."""
    out = tmp_path_factory.mktemp("cases") / "japan-2022"
    folders = [official / name for name in ("allocation_tax", "tables", "indicators")]
    return out, run(*folders, 2022, out, settlement=official / "settlement")


def read(path: Path) -> pd.DataFrame:
    """A csv as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_command_prints_the_totals(prepared: tuple[Path, list[str]]) -> None:
    """The lines name the checked totals."""
    text = "\n".join(prepared[1])
    assert "FY2022 municipal (1,718 without 13100), need after transfer: 25,053.3 billion yen" in text
    assert "FY2022 prefectural (46 without 13), ordinary allocation: 9,104.2 billion yen" in text
    assert "FY2022 municipal, not receiving: 72 (and 13100)" in text
    assert "FY2022 municipal, fitted adjustment rate: 0.000827, residuals 0.28% of the allocation" in text
    assert "register of 2022: 125,927,902 persons, 59,761,065 households" in text
    assert "projection 2050: 104,686,386 persons" in text
    assert "purposes add up to the total for 1,741 municipalities and wards and 47 prefectures" in text
    assert "fire by mark or no own staff: 1,292 municipalities, 41.7 million" in text


def test_the_case_in_the_repository_is_what_prepare_writes(prepared: tuple[Path, list[str]]) -> None:
    """Byte for byte; if this fails, run `solve.py prepare` again and look at the difference."""
    shipped = REPO / "inputs" / "japan-2022"
    for path in sorted(prepared[0].glob("*.csv")):
        assert path.read_bytes() == (shipped / path.name).read_bytes(), path.name


def test_the_teaching_case_is_cut_from_the_nation(tmp_path: Path) -> None:
    """inputs/iwate-2022 is prefecture 03 of inputs/japan-2022, tables with codes compared byte for byte."""
    shipped = REPO / "inputs" / "iwate-2022"
    rows = cut_case(REPO / "inputs" / "japan-2022", ["03"], tmp_path / "iwate-2022").rows
    assert (rows["municipalities"], rows["prefectures"], rows["prefectural_need"]) == (33, 1, 1)
    for name in rows:
        assert (tmp_path / "iwate-2022" / f"{name}.csv").read_bytes() == (
            shipped / f"{name}.csv"
        ).read_bytes(), name


def test_written_tables_are_wide_and_complete(prepared: tuple[Path, list[str]]) -> None:
    """Codes first and sorted, no sub-totals, the named item columns, sums as in the sheets."""
    need = read(prepared[0] / "municipal_need.csv")
    assert need.columns[0] == "code"
    assert need["code"].is_monotonic_increasing
    assert list(need.columns[-4:]) == [
        "debt_service_thousand_yen",
        "transfer_to_extraordinary_bond_thousand_yen",
        "need_before_transfer_thousand_yen",
        "need_after_transfer_thousand_yen",
    ]
    assert not [name for name in need if name.startswith("subtotal")]
    numbers = need.drop(columns="code").astype(int)
    items = numbers.drop(columns=list(need.columns[-3:])).sum(axis=1)
    assert (items == numbers["need_before_transfer_thousand_yen"]).all()
    paid = read(prepared[0] / "municipal_allocation.csv")
    assert list(paid.columns) == ["code", "ordinary_allocation_thousand_yen", "marked_receiving"]
    assert (paid["marked_receiving"] == "1").sum() == 1646


def test_items_say_how_much_is_counted(prepared: tuple[Path, list[str]]) -> None:
    """Each column has its row; shares follow FACTS A1 and carry a mark."""
    items = read(prepared[0] / "items.csv")
    for table in REGISTERS:
        written = set(read(prepared[0] / f"{table}.csv").columns) - {"code", "prefecture_code"}
        assert written == set(items.loc[items["table"] == table, "column"]), table
    revenue = items[items["table"].str.endswith("revenue") & (items["kind"] == "item")].set_index(
        ["table", "column"]
    )
    assert set(revenue["counted_share_mark"]) == {"sourced", "derived", "unverified"}
    share = revenue["counted_share"].astype(float)
    assert share["municipal_revenue", "share_local_consumption_thousand_yen"] == pytest.approx(
        1.95 / 2.2, abs=1e-6
    )
    assert share["municipal_revenue", "transfer_gasoline_thousand_yen"] == 1
    assert share["prefectural_revenue", "local_consumption_raised_domestic_thousand_yen"] == 1
    assert share["prefectural_revenue", "local_consumption_old_domestic_thousand_yen"] == 0.75


# ---- dictionary and data package


def is_bounded(values: pd.Series, column: Column) -> bool:
    """Whether texts obey type, bounds, pattern and list of a column (empty cells aside)."""
    filled = values[values != ""]
    good = (len(filled) == len(values)) or not column.required
    if column.type in ("integer", "number"):
        numbers = pd.to_numeric(filled)
        good &= column.type == "number" or bool((numbers % 1 == 0).all())
        good &= column.min is None or bool((numbers >= column.min).all())
        good &= column.max is None or bool((numbers <= column.max).all())
    good &= column.pattern is None or bool(filled.str.fullmatch(column.pattern).all())
    return good and (column.enum is None or set(filled) <= set(column.enum))


def test_the_case_obeys_the_dictionary(prepared: tuple[Path, list[str]]) -> None:
    """Columns, types, bounds, keys and references of every written table."""
    frames = {path.stem: read(path) for path in prepared[0].glob("*.csv")}
    tables = load_tables()
    for name, frame in frames.items():
        table = tables[name]
        named = [column for column in frame if column in table.columns]
        assert named == list(table.columns), name
        assert table.items or len(named) == frame.shape[1], name
        assert not frame.duplicated(list(table.primary_key)).any(), name
        for column, rule in table.columns.items():
            assert is_bounded(frame[column], rule), (name, column)
            if rule.references:
                other, key = rule.references.split(".")
                held = (
                    frames[other] if other in frames else read(EMBEDDED / f"{other}.csv")
                )  # written by hand
                named_there = set(held[key]) | (set() if rule.required else {""})
                assert set(frame[column]) <= named_there, (name, column)


def test_dictionary_is_complete() -> None:
    """Every column has a meaning; keys and references exist."""
    tables = load_tables()
    for name, table in tables.items():
        assert set(table.primary_key) <= set(table.columns), name
        for column, rule in table.columns.items():
            assert rule.meaning, (name, column)
            if rule.references:
                other, key = rule.references.split(".")
                assert key in tables[other].columns, (name, column)


def test_datapackage_describes_every_file(prepared: tuple[Path, list[str]]) -> None:
    """Hash, size and one field a column, in order; credits and licence are named."""
    folder = prepared[0]
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert package["name"] == "japan-2022"
    assert package["licenses"][0]["name"] == "CC-BY-4.0"
    assert {resource["path"] for resource in package["resources"]} == {
        path.name for path in folder.glob("*.csv")
    }
    for resource in package["resources"]:
        content = (folder / resource["path"]).read_bytes()
        assert resource["bytes"] == len(content)
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        for key in resource["schema"].get("foreignKeys", []):
            assert key["reference"]["resource"] in {other["name"] for other in package["resources"]}
        fields = [field["name"] for field in resource["schema"]["fields"]]
        assert fields == content.decode("utf-8").splitlines()[0].split(",")
        assert all("unit" in field or field["type"] == "string" for field in resource["schema"]["fields"])
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for credit in ("Ministry of Internal Affairs and Communications", "IPSS", "CC BY 4.0", "MLIT"):
        assert credit in readme


def test_an_unknown_column_is_named(tmp_path: Path) -> None:
    """A column the dictionary does not know is not described away."""
    (tmp_path / "projection_members.csv").write_text("projection_group,code,colour\n", encoding="utf-8")
    with pytest.raises(InputError, match="column colour: the column is not in the dictionary"):
        write_datapackage(tmp_path)
    assert not (tmp_path / "datapackage.json").exists()


# ---- the command with bad input: all faults together, nothing written


def test_nothing_is_written_when_one_source_is_bad(official: Path, tmp_path: Path) -> None:
    """Faults of all sources come together."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    out = tmp_path / "case"
    with pytest.raises(InputError) as caught:
        run(tmp_path / "a", official / "tables", tmp_path / "b", 2022, out)
    text = str(caught.value)
    assert "muni_2022-demand: no such workbook in a/" in text
    assert "pref_2022: no such workbook in a/" in text
    assert "b/: holds no workbooks" in text
    assert not out.exists()


def test_command_needs_existing_sources(tmp_path: Path) -> None:
    """No source, and a folder that is not there."""
    with pytest.raises(InputError, match="no source was given"):
        run(None, None, None, 2022, tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        run(tmp_path / "nowhere", None, None, 2022, tmp_path)


def test_indicators_alone_leave_the_rest(
    official: Path, prepared: tuple[Path, list[str]], tmp_path: Path
) -> None:
    """Preparing one source again changes only its tables; hand-written tables stay and are described."""
    out = tmp_path / "japan-2022"
    shutil.copytree(prepared[0], out)
    (out / "indicators.csv").unlink()
    (out / "services.csv").write_text("service\nfire\n", encoding="utf-8")
    run(None, None, official / "indicators", 2022, out)
    assert (out / "indicators.csv").read_bytes() == (prepared[0] / "indicators.csv").read_bytes()
    assert (out / "services.csv").read_text(encoding="utf-8") == "service\nfire\n"
    assert '"services.csv"' in (out / "datapackage.json").read_text(encoding="utf-8")
    assert not list(tmp_path.glob(".*"))


def test_workbooks_of_other_governments_are_refused(
    official: Path, prepared: tuple[Path, list[str]], tmp_path: Path
) -> None:
    """FY2018 has a municipality that the tables do not; one that only took another code is known by its name."""
    out = tmp_path / "case"
    out.mkdir()
    text = (prepared[0] / "municipalities.csv").read_text(encoding="utf-8")
    (out / "municipalities.csv").write_text(text.replace("那珂川市", "別の市"), encoding="utf-8")
    with pytest.raises(
        InputError, match=r"municipal_need\.csv: row 40231: its codes differ from municipalities\.csv"
    ):
        run(official / "allocation_tax", None, None, 2018, out)
    assert [path.name for path in out.iterdir()] == ["municipalities.csv"]


# ---- cutting


def test_cut_keeps_inner_borders_and_groups(prepared: tuple[Path, list[str]], tmp_path: Path) -> None:
    """Fukushima and Miyagi: borders within the two stay, the jointly projected group stays whole."""
    rows = cut_case(prepared[0], ["04", "07"], tmp_path / "part").rows
    borders = read(tmp_path / "part" / "adjacency.csv")
    assert {code[:2] for code in [*borders["code_a"], *borders["code_b"]]} == {"04", "07"}
    assert (borders["same_prefecture"] == "0").any()
    assert rows["projection_members"] == 13
    assert (read(tmp_path / "part" / "projections.csv")["projection_group"] == "07_hamadori").sum() == 7


def test_cut_copies_hand_written_tables(prepared: tuple[Path, list[str]], tmp_path: Path) -> None:
    """Tables the prepare step does not write are copied as they are."""
    shutil.copytree(prepared[0], tmp_path / "case")
    for name in HAND_WRITTEN:
        shutil.copy(EMBEDDED / f"{name}.csv", tmp_path / "case")
    cut_case(tmp_path / "case", ["13"], tmp_path / "part")
    for name in HAND_WRITTEN:
        assert (tmp_path / "part" / f"{name}.csv").read_bytes() == (EMBEDDED / f"{name}.csv").read_bytes()
    assert "13100" in set(read(tmp_path / "part" / "municipal_need.csv")["code"])


@pytest.mark.parametrize(
    ("codes", "pattern"),
    [(["03000"], "found '03000'"), ([], "no prefecture was named"), (["48"], "found '48'")],
)
def test_cut_refuses_unknown_prefectures(
    prepared: tuple[Path, list[str]], tmp_path: Path, codes: list[str], pattern: str
) -> None:
    """What is named is a prefecture of the case."""
    with pytest.raises(InputError, match=pattern):
        cut_case(prepared[0], codes, tmp_path / "part")
    assert not (tmp_path / "part").exists()


def test_cut_refuses_its_own_folder_and_no_case(prepared: tuple[Path, list[str]], tmp_path: Path) -> None:
    """The part may not overwrite the whole; a folder without prefectures is no case."""
    with pytest.raises(InputError, match="is the case itself"):
        cut_case(prepared[0], ["03"], prepared[0])
    with pytest.raises(InputError, match="is no case"):
        cut_case(tmp_path, ["03"], tmp_path / "part")


# ---- codes and registry


@given(st.integers(0, 99_999), st.integers(0, 4), st.integers(1, 9))
def test_check_digit_tells_a_changed_digit(number: int, place: int, shift: int) -> None:
    """A code with its digit is valid; one changed digit is found but in the blind spot (0 and 10)."""
    code = f"{number:05d}"
    assert has_valid_check_digit(code + check_digit(code))
    digits = list(code)
    digits[place] = str((int(digits[place]) + shift) % 10)
    changed = "".join(digits) + check_digit(code)
    collides = check_digit(changed[:5]) == changed[5]
    remainders = {
        sum(w * int(d) for w, d in zip((6, 5, 4, 3, 2), text, strict=True)) % 11
        for text in (code, changed[:5])
    }
    assert not collides or remainders == {0, 10}
    assert has_valid_check_digit(changed) == collides


def test_known_codes() -> None:
    """Sapporo, the joint wards, Yonaguni; prefectures by full and short name."""
    for code in ("011002", "131008", "473821"):
        assert has_valid_check_digit(code)
    for code in ("011003", "01100", "01100X", ""):
        assert not has_valid_check_digit(code)
    assert (PREFECTURE_CODES["京都"], PREFECTURE_CODES["京都府"], PREFECTURE_CODES["北海道"]) == (
        "26",
        "26",
        "01",
    )


@pytest.mark.parametrize("table", REGISTERS)
def test_registry_is_unambiguous(table: str) -> None:
    """Ids and headings stand once, every sum exists, ids are plain English, taxes have a share."""
    items = load_register(table).items
    ids, headings = [item.id for item in items], [heading for item in items for heading in item.headings]
    assert len(ids) == len(set(ids))
    assert len(headings) == len(set(headings))
    for item in items:
        assert set(item.sums) <= set(ids), item.id
        assert re.fullmatch(r"[a-z0-9_]+", item.id)
        assert (item.kind == "item") == bool(item.sums)
        assert (item.share is not None) == (item.kind == "item" and table.endswith("revenue"))
