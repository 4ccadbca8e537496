"""Today's tables of a case: official counts, declared bodies, cutting, every fault."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from optimization.case.case import Case
from optimization.case.load import load_case
from optimization.case.tables import read_tables
from optimization.case.today import TODAY_TABLES, far_bodies
from optimization.errors import InputError
from optimization.prepare import cut_case

INPUTS = Path(__file__).parents[2] / "inputs"
IWATE = INPUTS / "iwate-2022"
KUJI = ["03207", "03485", "03503", "03507"]
Change = Callable[[pd.DataFrame], pd.DataFrame]


@cache
def national(name: str) -> pd.DataFrame:
    """A table of the whole country, as text."""
    return pd.read_csv(INPUTS / "japan-2022" / f"{name}.csv", dtype=str, keep_default_na=False)


@cache
def teaching() -> Case:
    return load_case(IWATE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the teaching case that a test may change."""
    return Path(shutil.copytree(IWATE, tmp_path / "mine"))


def change(folder: Path, name: str, how: Change) -> None:
    """Write a table of a case anew."""
    path = folder / f"{name}.csv"
    how(pd.read_csv(path, dtype=str, keep_default_na=False)).to_csv(path, index=False)


def refused(folder: Path, name: str, how: Change) -> str:
    """What is said of a case with one changed table."""
    change(folder, name, how)
    with pytest.raises(InputError) as caught:
        load_case(folder)
    assert all(problem.file.endswith(f"{name}.csv") and problem.remedy for problem in caught.value.problems)
    return str(caught.value)


def add(*rows: tuple[str, str, str, str]) -> Change:
    """Rows of bodies_today (body_id, function, code, source) put behind the others."""
    columns = ["body_id", "function", "code", "source"]
    new = pd.DataFrame(rows, columns=columns).assign(evidence="told by the office", confidence="high")
    return lambda frame: pd.concat([frame, new[list(frame.columns)]])


# ---- figures of the whole country


@pytest.mark.parametrize(
    ("function", "municipalities", "million"),
    [
        ("fire", 1_074, 34.5),
        ("waste", 1_155, 52.7),
        ("night_soil", 1_030, 41.3),
        ("tax", 454, 18.2),
        ("elderly_welfare", 286, 9.9),
        ("computing", 53, 1.4),
        ("elementary", 19, 0.5),
        ("junior_high", 48, 2.0),
    ],
)
def test_marks_of_the_nation(function: str, municipalities: int, million: float) -> None:
    """Municipalities (without the wards) and residents by mark, as the ministry's cards have them."""
    joint, people = (
        national("joint_today"),
        national("municipalities").set_index("code")["population_persons"],
    )
    ticked = joint[(joint["function"] == function) & (joint["mark"] == "1") & (joint["code"] != "13100")]
    assert len(ticked) == municipalities
    assert round(ticked["code"].map(people.astype(int)).sum() / 1e6, 1) == million


def test_fire_by_mark_or_without_own_staff() -> None:
    """1,292 municipalities with 41.7 million people have no fire department of their own."""
    joint, people = (
        national("joint_today"),
        national("municipalities").set_index("code")["population_persons"],
    )
    fire = joint[(joint["function"] == "fire") & (joint["code"] != "13100")]
    shared = fire[(fire["mark"] == "1") | (fire["own_staff_persons"] == "0")]
    assert len(shared) == 1_292
    assert round(shared["code"].map(people.astype(int)).sum() / 1e6, 1) == 41.7
    assert (joint.groupby("function").size() == 1_719).all()
    assert joint["function"].nunique() == 14
    wards = joint[(joint["code"] == "13100") & (joint["function"] == "fire")]
    assert list(wards[["status", "rests_on"]].iloc[0]) == ["delegated", "metropolitan"]


def test_bodies_of_the_nation() -> None:
    """Nara is one fire union of 37, Furano and Kuji have their known partners, counts lie near the published ones."""
    bodies = national("bodies_today")
    fire = bodies[bodies["function"] == "fire"]
    nara = fire[fire["code"].str[:2] == "29"]
    assert (nara["body_id"].nunique(), len(nara)) == (1, 37)
    assert not set(nara["code"]) & {"29201", "29209"}
    for seat, partners in (("01229", {"01460", "01461", "01462", "01463"}), ("03207", {*KUJI[1:]})):
        body = fire.loc[fire["code"] == seat, "body_id"].item()
        assert set(fire.loc[fire["body_id"] == body, "code"]) == {seat, *partners}
    assert 230 <= fire["body_id"].nunique() <= 290  # about 290 headquarters of unions
    assert 1_080 <= len(fire) <= 1_140  # about 1,109 municipalities in unions
    assert 290 <= bodies.loc[bodies["function"] == "waste", "body_id"].nunique() <= 330  # 329 operators
    assert bodies.groupby("body_id")["code"].size().min() == 2
    assert not bodies.duplicated(["function", "code"]).any()


def test_spending_of_the_nation() -> None:
    """14 purposes of 1,719 municipalities, 16 of 47 prefectures; welfare is the largest of the municipal ones."""
    municipal, prefectural = national("municipal_spending"), national("prefectural_spending")
    assert (municipal.groupby("code").size() == 14).all()
    assert municipal["code"].nunique() == 1_719
    assert (prefectural.groupby("prefecture_code").size() == 16).all()
    assert set(municipal["fiscal_year"]) == set(prefectural["fiscal_year"]) == {"2023"}
    by_purpose = municipal["total_thousand_yen"].astype(int).groupby(municipal["purpose"]).sum() / 1e9
    assert by_purpose.idxmax() == "welfare"
    assert round(by_purpose.sum(), 1) == 66.4  # trillion yen


# ---- a case


def test_today_of_the_teaching_case() -> None:
    """What the case holds: services of bodies, million yen, tiers."""
    case = teaching()
    kuji = case.bodies_today[case.bodies_today["body_id"] == "fire-03207"]
    assert list(kuji["code"]) == KUJI
    assert set(kuji["service"]) == {"fire"}
    morioka = case.spending.loc["03201"].set_index("purpose")
    assert morioka["total_million_yen"].sum() == pytest.approx(
        pd.read_csv(IWATE / "municipal_spending.csv", dtype={"code": str})
        .groupby("code")["total_thousand_yen"]
        .sum()["03201"]
        / 1_000
    )
    assert set(case.spending.index[case.spending["tier"] == "prefecture"]) == {"03"}
    assert set(case.joint_today["code"]) == set(case.codes)


def test_a_case_without_these_tables_has_none(folder: Path) -> None:
    """They are optional, one by one."""
    for name in TODAY_TABLES:
        (folder / f"{name}.csv").unlink()
    case = load_case(folder)
    assert case.joint_today.empty
    assert case.bodies_today.empty
    assert case.spending.empty
    assert list(case.spending.columns) == list(teaching().spending.columns)
    assert list(case.bodies_today.columns) == list(teaching().bodies_today.columns)
    assert case.restrict(["03"]).spending.empty


def test_a_declared_body_wins(folder: Path) -> None:
    """Its members leave the inferred bodies; what is left of one member is no body. Far apart and alone may it be."""
    fire = teaching().bodies_today.query("function == 'fire'").set_index("code")["body_id"]
    pair = [code for code in fire.index if (fire == fire[code]).sum() == 2][:1]
    alone = teaching().joint_today.query("function == 'fire' and status == 'alone'")["code"].iloc[0]
    change(folder, "bodies_today", add(*(("ours", "fire", c, "declared") for c in (KUJI[0], *pair, alone))))
    bodies = load_case(folder).bodies_today.query("function == 'fire'")
    ours = bodies[bodies["body_id"] == "ours"]
    assert set(ours["code"]) == {KUJI[0], *pair, alone}
    assert set(ours["service"]) == {"fire"}
    assert list(bodies.loc[bodies["body_id"] == "fire-03207", "code"]) == KUJI[1:]
    assert fire[pair[0]] not in set(bodies["body_id"])
    assert not bodies.duplicated("code").any()
    waste = load_case(folder).bodies_today.query("function == 'waste'")
    pd.testing.assert_frame_equal(
        waste, teaching().bodies_today.query("function == 'waste'"), check_index_type=False
    )


def test_order_of_rows_makes_no_difference(folder: Path) -> None:
    """Rows of every table turned round."""
    for name in TODAY_TABLES:
        change(folder, name, lambda frame: frame.iloc[::-1])
    case = load_case(folder)
    pd.testing.assert_frame_equal(case.bodies_today, teaching().bodies_today)
    pd.testing.assert_frame_equal(case.joint_today, teaching().joint_today)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [("x", "fire", "99999", "declared"), ("x", "fire", "03201", "declared")],
            "does not stand in municipalities",
        ),
        (
            [("x", "police", "03201", "declared"), ("x", "police", "03202", "declared")],
            "is not a known value",
        ),
        ([("x", "fire", "03201", "declared")], "row x, column code: has one member (found '03201')"),
        (
            [("x", "fire", c, "declared") for c in KUJI[:2]]
            + [("y", "fire", c, "declared") for c in KUJI[1:3]],
            "row y/03485, column code: is in another declared body of fire already",
        ),
        (
            [("x", "fire", KUJI[0], "declared"), ("x", "waste", KUJI[1], "declared")],
            "row x, column function: has more than one function",
        ),
        (
            [("x", "fire", KUJI[0], "declared"), ("x", "fire", KUJI[1], "inferred")],
            "row x, column source: has more than one source",
        ),
        ([("x", "fire", c, "inferred") for c in KUJI[:2]], "is in another inferred body of fire already"),
        ([("x", "tax", c, "inferred") for c in ("03205", "03208")], "in joint_today.csv, not joint"),
    ],
)
def test_faults_of_bodies(folder: Path, rows: list[tuple[str, str, str, str]], words: str) -> None:
    """Each is named with its row, its column and what to do."""
    assert words in refused(folder, "bodies_today", add(*rows))


def test_an_inferred_body_far_apart_is_a_fault(folder: Path) -> None:
    """Kuji's town hall moved to Kyushu on paper (which the check of offices would refuse first); the body may be
    declared."""
    change(folder, "municipalities", lambda frame: _moved(frame, KUJI[1]))

    def far() -> list[str]:
        return [p.message for p in far_bodies(read_tables(folder)) if "km from each other" in p.message]

    assert len(far()) >= 1
    change(folder, "bodies_today", lambda f: f.assign(source="declared"))
    assert far() == []


def _moved(frame: pd.DataFrame, code: str) -> pd.DataFrame:
    frame.loc[frame["code"] == code, ["office_lon_deg", "office_lat_deg"]] = ["130.5", "31.6"]
    return frame


def test_faults_of_the_other_tables(folder: Path) -> None:
    """A function of two services, a municipality without all functions, parts above the whole."""

    def other_service(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[(frame["code"] == "03201") & (frame["function"] == "waste"), "service"] = "health"
        return frame[~((frame["code"] == "03202") & (frame["function"] == "tax"))]

    said = refused(folder, "joint_today", other_service)
    assert "column service: belongs to different services (found 'waste')" in said
    assert "row 03202, column function: has 13 of the 14 functions of the table" in said
    shutil.copyfile(IWATE / "joint_today.csv", folder / "joint_today.csv")

    def more_than_all(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(construction_thousand_yen=frame["total_thousand_yen"] + "1")

    assert "row 03/assembly, column construction_thousand_yen: is more than the total" in refused(
        folder, "prefectural_spending", more_than_all
    )


# ---- cutting


def test_bodies_cut_across_are_left_out_whole(folder: Path, tmp_path: Path) -> None:
    """In a cut and in a restricted case alike; the cut says so."""
    aomori = pd.read_csv(INPUTS / "japan-2022" / "prefectures.csv", dtype=str).query(
        "prefecture_code == '02'"
    )
    place = national("municipalities").query("code == '02202'")
    change(folder, "prefectures", lambda frame: pd.concat([frame, aomori]))
    change(folder, "municipalities", lambda frame: pd.concat([frame, place]))
    both = [("ours", "fire", KUJI[0], "declared"), ("ours", "fire", "02202", "declared")]
    change(folder, "bodies_today", add(*both))
    (folder / "bodies.csv").write_text(
        f"body_id,code\nmine,02202\nmine,{KUJI[0]}\nyours,03201\nyours,03202\n"
    )
    said = cut_case(folder, ["03"], tmp_path / "cut").kept_out
    found = pd.read_csv(tmp_path / "cut" / "bodies_today.csv", dtype=str)
    assert "ours" not in set(found["body_id"])
    assert "fire-03207" in set(found["body_id"])
    assert list(pd.read_csv(tmp_path / "cut" / "bodies.csv")["body_id"]) == ["yours", "yours"]
    assert len(said) == 2
    assert said[0].startswith("the body mine of bodies.csv is kept out: of its members 02202 lie beyond")
    assert said[1].startswith(
        "the body ours of bodies_today.csv is kept out: of its members 02202 lie beyond"
    )


def test_a_restricted_case_keeps_whole_bodies() -> None:
    """All of Iwate's own stay, with its spending; nothing of it is left elsewhere."""
    case = teaching()
    again = case.restrict(["03"])
    pd.testing.assert_frame_equal(again.bodies_today, case.bodies_today)
    nothing = case.restrict([])
    assert nothing.bodies_today.empty
    assert nothing.joint_today.empty
    assert nothing.spending.empty
