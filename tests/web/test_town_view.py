"""The portrait of a town: who provides today where bodies exist, what it spent beside what it needs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from visitor import EXAMPLE

from optimization.web.cases import Finished, Place, finished
from optimization.web.language import Voice
from optimization.web.town_view import Duty, Portrait, portrait

KUJI, TANOHATA = "03207", "03484"


@cache
def example() -> Finished:
    run = finished(Place("example", EXAMPLE, ""))
    assert run is not None
    return run


class WithTables(Finished):
    """The example with other tables."""

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        return OTHER


OTHER: dict[str, pd.DataFrame] = {}


def shown(code: str, language: Any = "en", **tables: pd.DataFrame | None) -> Portrait:
    run = example()
    OTHER.clear()
    OTHER.update({name: t for name, t in {**run.tables, **tables}.items() if t is not None})
    other = WithTables(run.id, run.folder, run.record)
    return portrait(other, next(town for town in run.towns if town.code == code), Voice(language))


def duty(found: Portrait, label: str) -> Duty:
    return next(each for each in found.duties if each.label == label)


def joint_row() -> pd.Series:
    """A municipality of the example in a body, its service and the codes of its partners."""
    tables = example().tables
    row = tables["bodies"].iloc[0]
    return pd.Series(
        {
            "code": row["member_codes"].split("|")[0],
            "service": row["services"].split("|")[0],
            "codes": row["member_codes"],
        }
    )


def bodies_today(codes: str, service: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"body_today": ["t1"], "service": [service], "member_codes": [codes], "fate": ["kept"]}
    )


def label_of(service: str) -> str:
    services = example().tables["services"].set_index("service")
    return str(services.at[service, "label_en"])


def test_without_bodies_of_today_everybody_provides_alone() -> None:
    row = joint_row()
    found = duty(shown(row["code"], bodies_today=None), label_of(row["service"]))
    assert (found.provides_today, found.members_today, found.changed) == ("municipality", "", True)


def test_who_stays_in_the_same_body_is_not_changed() -> None:
    row = joint_row()
    turned = "|".join(reversed(row["codes"].split("|")))
    found = duty(
        shown(row["code"], bodies_today=bodies_today(turned, row["service"])), label_of(row["service"])
    )
    assert found.provides_today == found.provides and found.provides.startswith("wide-area body of")
    assert found.members_today != "" and not found.changed


def test_who_gets_other_partners_is_changed() -> None:
    row = joint_row()
    fewer = "|".join(row["codes"].split("|")[:2]) if row["codes"].count("|") > 1 else row["code"] + "|03501"
    found = duty(
        shown(row["code"], bodies_today=bodies_today(fewer, row["service"])), label_of(row["service"])
    )
    assert found.provides_today == "wide-area body of 2" and found.changed


def test_who_leaves_a_body_is_changed() -> None:
    """A service that the package leaves to the municipality alone, shared with another today."""
    provision = example().tables["provision"]
    alone = provision[(provision["provider_kind"] == "alone") & (provision["code"] == TANOHATA)].iloc[0]
    table = bodies_today(f"{KUJI}|{TANOHATA}", alone["service"])
    found = duty(shown(TANOHATA, bodies_today=table), label_of(alone["service"]))
    assert (found.provides_today, found.provides, found.changed) == (
        "wide-area body of 2",
        "municipality",
        True,
    )
    other = duty(shown(KUJI, bodies_today=bodies_today("03201|03202", alone["service"])), found.label)
    assert other.provides_today == "municipality"


def yen(text: str) -> int:
    return int(text.replace(",", "").removesuffix(" yen"))


def test_what_a_town_spent_stands_beside_what_it_needs() -> None:
    found = shown(KUJI).outlays
    assert found is not None and found.year == 2023
    rows = {row.purpose: row for row in found.rows}
    case = example().case
    people = case.municipalities.at[KUJI, "population_persons"]
    spent = case.spending.loc[KUJI].set_index("purpose")["total_million_yen"]
    need = case.municipal_need.loc[KUJI]
    assert yen(rows["fire service"].spent) == round(spent["fire"] / people * 1e6)
    assert yen(rows["fire service"].needed) == round(need["fire"] / people * 1e6)
    assert yen(rows["all purposes"].spent) == round(spent.sum() / people * 1e6)
    assert yen(rows["all purposes"].needed) == round(need["need_before_transfer"] / people * 1e6)
    assert rows["disaster recovery"].needed == rows["disaster recovery"].modelled == "–"
    assert "police" not in rows
    cost = example().tables["provision"].set_index(["code", "service"]).loc[(KUJI, "fire")]
    assert yen(rows["fire service"].modelled) == round(cost["standard_million_yen"] / people * 1e6)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_purpose_is_named_in_both_languages(language: str) -> None:
    found = shown(KUJI, language).outlays
    assert found is not None
    assert all(row.purpose and "_" not in row.purpose for row in found.rows)
    assert all(row.purpose.isascii() == (language == "en") for row in found.rows)


def test_a_case_that_knows_no_spending_shows_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    case = example().case
    bare = replace(case, spending=case.spending.iloc[:0])
    monkeypatch.setattr(Finished, "case", property(lambda self: bare))
    assert shown(KUJI).outlays is None
