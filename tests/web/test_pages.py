"""Every page through the application: both languages, faults of the form, towns, downloads."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import openpyxl
import pytest
from visitor import EXAMPLE, LOCAL, OWN, REPO, Page, ids, stranger, undecided

from optimization.archive.seal import seal
from optimization.dictionary.settings import load_settings
from optimization.web.form import read_form
from optimization.web.language import PHRASES, Voice, phrases
from optimization.web.page import templates


def test_every_page_in_both_languages(page: Page) -> None:
    decided = [name for name in ids(page) if name != undecided(page)]
    assert len(decided) == 2
    assert OWN in decided
    paths = [
        "/",
        "/runs",
        "/about",
        "/workbench?case=iwate-2022",
        f"/runs/{OWN}",
        f"/runs/{OWN}/town",
        f"/runs/{OWN}/town?q=Morioka",
    ]
    paths += [
        f"/runs/{OWN}/town?q=zzz",
        f"/runs/{undecided(page)}",
        f"/compare?run={decided[0]}&run={decided[1]}",
    ]
    for path in paths:
        for language, word in (("en", "About the figures"), ("ja", "数値について")):
            answer = page.get(path, params=None, headers={"cookie": f"optimization-lang={language}"})
            assert answer.status_code == 200, path
            assert f'<html lang="{language}">' in answer.text
            assert word in answer.text
            assert "script-src" not in answer.headers["content-security-policy"]
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert answer.headers["x-frame-options"] == "DENY"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert "http://" not in answer.text.replace("http://www.w3.org", "").replace(LOCAL, "")


def test_the_language_is_kept(page: Page) -> None:
    other = stranger(page)
    assert '<html lang="ja">' in other.get("/about", headers={"accept-language": "ja,en;q=0.5"}).text
    assert '<html lang="en">' in other.get("/about").text
    assert '<html lang="ja">' in other.get("/about?lang=ja").text
    assert '<html lang="ja">' in other.get("/runs").text
    assert '<html lang="ja">' in other.get("/about?lang=xx").text


def test_every_phrase_is_there_in_both_languages_and_used() -> None:
    here = PHRASES.parent
    sources = [path for some in ("*.py", "templates/*.html", "static/*.js") for path in here.glob(some)]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    families = (
        "family_",
        "option_",
        "unit ",
        "outcome ",
        "fault_",
        "mark_",
        "amount_",
        "ratio_",
        "tier_",
        "phase_",
    )
    families += ("state_", "failed_", "not_", "credit_", "label_", "note_", "lowest", "highest", "bench_")
    families += ("analysis_", "table_", "column_", "side_", "compare_")
    of = ("layer", "by", "block", "part", "people", "strength", "yen", "percent", "minutes", "load")
    families += tuple(f"map_{part}_" for part in of)
    for key, pair in phrases().items():
        assert key.startswith(families) or f'"{key}"' in text or f"'{key}'" in text, key
        if not key.startswith("unit "):
            assert all(part.strip() for part in pair), key
        assert re.findall(r"\{\w+\}", pair[0]).sort() == re.findall(r"\{\w+\}", pair[1]).sort(), key
    units = {setting.unit for setting in load_settings().values() if setting.unit}
    assert not [unit for unit in units if Voice("ja").unit_of(unit) == unit and unit != "km"]
    for key in {setting.key.split(".")[0] for setting in load_settings().values()}:
        assert f"family_{key}" in phrases()
    assert templates().autoescape is True


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (
            "set:equity.adequacy_floor",
            "9",
            "is above the most allowed, 2 ratio. Write a number from 0 to 2 (ratio).",
        ),
        ("set:equity.adequacy_floor", "-1", "is below the least allowed, 0 ratio"),
        ("set:equity.adequacy_floor", "much", "must be a number"),
        ("set:equity.adequacy_floor", "nan", "must be finite, not NaN or infinity"),
        ("set:wide_area.neighbours", "2.5", "must be a whole number"),
        ("set:rules.groups", "by_mood", "is not one of the names allowed here"),
        ("set:discipline.balance", "perhaps", "must be true or false"),
        ("low:formula.counted_share", "0.5", "must be a number"),
        ("set:no.such_setting", "1", "is not a setting"),
        ("gap", "2", "is above the most allowed, 1 ratio"),
        ("seconds", "soon", "must be a number"),
        ("case", "../packages", "is not known here"),
        ("package", "../../etc/passwd", "is not known here"),
        ("prefecture:iwate-2022", "13", "is not known here"),
        ("set:equity.adequacy_floor", "9" * 5000, "must be finite"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_starts(
    page: Page, field: str, value: str, said: str
) -> None:
    before = ids(page)
    fields = {
        "case": "iwate-2022",
        "package": "wide_area",
        "set:pool.ordinary_million_yen": "123456",
        field: value,
    }
    answer = page.post_form("/?lang=en", fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'id="faults"' in answer.text
    assert 'value="123456"' in answer.text
    assert ids(page) == before
    if not field.startswith(("case", "package", "prefecture", "set:no")):
        place = field if field in ("gap", "seconds") else f"f-{field.partition(':')[2]}"
        assert f'href="#{place}"' in answer.text
        assert f'id="e-{place}"' in answer.text


def test_faults_in_japanese_keep_what_was_typed(page: Page) -> None:
    fields = {"case": "iwate-2022", "set:equity.adequacy_floor": "<b>", "set:access.limit_factor": "９９"}
    answer = page.post_form("/?lang=ja", fields)
    assert answer.status_code == 422
    assert "数値ではない" in answer.text
    assert "0から10までの数値を入力する（単位：比率）。" in answer.text
    assert 'value="&lt;b&gt;"' in answer.text
    assert "lang=en" in answer.text
    assert "set%3Aaccess.limit_factor=%EF%BC%99" in answer.text
    page.get("/?lang=en")


@pytest.mark.parametrize("name", ["岩手県", "iwate", "3"])
def test_a_prefecture_is_ticked_as_people_call_it(page: Page, name: str) -> None:
    fields = {"case": ["japan-2022"], "prefecture:japan-2022": [name]}
    assert read_form(fields, Voice("en")).prefectures == ("03",)


def test_an_address_fills_the_form_and_shows_the_values_of_a_package(page: Page) -> None:
    text = page.get("/?case=iwate-2022&package=wide_area&set:equity.adequacy_floor=0.5").text
    assert re.search(r'name="set:equity.adequacy_floor" value="0.5" placeholder="0.97"', text)
    assert (
        page.get("/values?case=iwate-2022&package=status_quo").json()["equity.adequacy_floor"]["current"]
        == "off"
    )
    assert page.get("/values?case=iwate-2022&package=..%2Fx").status_code == 404
    shown = page.post_form("/", {"case": "iwate-2022", "package": "wide_area", "do": "show"})
    assert shown.status_code == 200


def test_downloads_are_the_files(page: Page) -> None:
    for name in ("governments", "provision", "changes"):
        answer = page.get(f"/runs/{OWN}/tables/{name}.csv")
        assert answer.content == (EXAMPLE / f"{name}.csv").read_bytes()
        assert answer.headers["content-type"].startswith("text/csv")
        assert "attachment" in answer.headers["content-disposition"]
    package = page.get(f"/runs/{OWN}/package.toml")
    assert package.content == (EXAMPLE / "package.resolved.toml").read_bytes()


def test_the_excel_file_opens_and_holds_the_assumptions(page: Page) -> None:
    answer = page.get(f"/runs/{OWN}/workbook.xlsx")
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.content), read_only=True)
    assert len(book.sheetnames) >= 12
    book.close()
    assert page.get(f"/runs/{OWN}/workbook.xlsx").content == answer.content


def test_a_comparison_as_csv_and_excel(page: Page) -> None:
    query = "&".join(f"run={name}" for name in ids(page) if name != undecided(page))
    maps = page.get(f"/compare/page?{query}")
    assert maps.status_code == 200 and "svg" in maps.text
    assert "default-src 'none'" in maps.headers["content-security-policy"]
    text = page.get(f"/compare.csv?{query}").text
    assert text.startswith("kind,name,unit,today,")
    book = openpyxl.load_workbook(io.BytesIO(page.get(f"/compare.xlsx?{query}").content))
    assert book.active is not None
    assert book.active["A1"].value == "kind"
    assert page.get("/compare").status_code == 422
    assert page.get(f"/compare?run={OWN}").status_code == 422
    assert page.get(f"/compare?run={OWN}&run={undecided(page)}").status_code == 422


def test_an_impossible_run_says_why_and_shows_it_as_text(page: Page) -> None:
    text = page.get(f"/runs/{undecided(page)}?lang=en").text
    assert "shown by counting alone" in text
    assert "The pool is &lt;b&gt;too small&lt;/b&gt;." in text


@pytest.mark.parametrize("query", ["盛岡市", "盛岡", "もりおか", "Morioka", "03201", "032018"])
def test_a_town_by_any_name(page: Page, query: str) -> None:
    text = page.get(f"/runs/{OWN}/town", params={"q": query, "lang": "en"}).text
    assert "Morioka-shi (盛岡市)" in text
    assert "municipality and prefecture have" in text
    assert "once the standard cost of their duties is paid" in text
    assert "Iwate, package" in text


def test_the_authors_of_this_tool_are_named_in_the_language_of_the_page(page: Page) -> None:
    words = {"en": "The authors of this tool", "ja": "本ツールの作成者"}
    for language, other in (("en", "ja"), ("ja", "en")):
        text = page.get("/", params={"lang": language}).text
        assert words[language] in text and words[other] not in text


def test_a_town_in_a_body_names_its_partners(page: Page) -> None:
    text = page.get(f"/runs/{OWN}/town", params={"code": "03202", "lang": "en"}).text
    assert "wide-area body of 4" in text
    for partner in ("Miyako-shi", "Yamada-machi", "Iwaizumi-cho", "Tanohata-mura"):
        assert partner in text
    several = page.get(f"/runs/{OWN}/town", params={"q": "町"}).text
    assert several.count("?code=") > 5
    none = page.get(f"/runs/{OWN}/town", params={"q": "<Moryoka>"}).text
    assert "&lt;Moryoka&gt;" in none
    assert "?code=03201" in none


@pytest.mark.parametrize("case", ["elsewhere", "japan-2022"], ids=["no case", "a case of other towns"])
@pytest.mark.parametrize(
    ("run", "tells_places"),
    [(EXAMPLE, True), (REPO / "tests" / "archive" / "schema_1", False)],
    ids=["of today", "of before there was a table of places"],
)
def test_a_run_whose_case_has_gone_is_still_listed(
    page: Page, results: Path, run: Path, tells_places: bool, case: str
) -> None:
    folder = results / "web" / "20250101T000000Z-89abcdef"
    shutil.copytree(run, folder)
    try:
        record = (folder / "run.json").read_text(encoding="utf-8")
        (folder / "run.json").write_text(record.replace('"iwate-2022"', f'"{case}"'), encoding="utf-8")
        seal(folder)
        shown = page.get(f"/runs/{folder.name}?lang=en")
        assert shown.status_code == 200
        assert ("People who gain / lose leeway" in shown.text) == tells_places
        assert page.get(f"/runs/{folder.name}/workbook.xlsx").status_code == 200
        for path in ("town", "report"):
            assert page.get(f"/runs/{folder.name}/{path}").status_code == 422
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_brief_is_a_page_of_its_own_and_a_document(page: Page, language: str) -> None:
    docx, headers = pytest.importorskip("docx"), {"cookie": f"optimization-lang={language}"}
    printed = page.get(f"/runs/{OWN}/brief", headers=headers)
    assert printed.status_code == 200 and f'<html lang="{language}">' in printed.text
    assert "script-src 'none'" in printed.headers["content-security-policy"]
    saved = page.get(f"/runs/{OWN}/brief.docx", headers=headers)
    assert saved.status_code == 200 and "attachment" in saved.headers["content-disposition"]
    title = docx.Document(io.BytesIO(saved.content)).core_properties.title
    assert title and title in printed.text
    assert f"/runs/{OWN}/brief.docx" in page.get(f"/runs/{OWN}").text
    assert page.get(f"/runs/{undecided(page)}/brief").status_code == 404
