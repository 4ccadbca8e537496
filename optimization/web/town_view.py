"""What a run means for one municipality: who answers, who provides, what it gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from optimization.outcome.place_table import RESIDENT, places_of
from optimization.reading.japan import JOINT_ACCOUNT, JOINT_MUNICIPALITY, JOINT_PREFECTURE
from optimization.reading.units import MILLION_IN_YEN
from optimization.web.cases import Finished
from optimization.web.language import Voice
from optimization.web.town_spending import Outlays, outlays
from optimization.web.towns import Town

MIL = "_million_yen"


@dataclass(frozen=True)
class Duty:
    """A service in the municipality: who answers for it and who provides it, today and under the package, in words; the
    members of the body that provides it, today and under the package; minutes from the own town hall to the seat.
    `changed` is false where the tier and all members stay."""

    label: str
    answers_today: str
    answers: str
    provides_today: str
    members_today: str
    provides: str
    members: str
    minutes: str
    changed: bool


@dataclass(frozen=True)
class Figure:
    """An amount of a government today and under the package, and the same for the prefecture."""

    label: str
    today: str
    now: str
    home_today: str
    home: str


@dataclass(frozen=True)
class Leeway:
    """What both tiers have left for a resident, today and under the package, and the size of the change, as text."""

    today: str
    now: str
    change: str


@dataclass(frozen=True)
class Portrait:
    """All that the page shows of a municipality. `gains` is 1, 0 or -1 as leeway moves; `joint` tells that its accounts
    are those of Tokyo with its wards; `outlays` is None where its spending is not known."""

    town: Town
    name: str
    prefecture: str
    residents: str
    kind: str
    joint: bool
    gains: int
    leeway: Leeway
    duties: tuple[Duty, ...]
    own: tuple[Figure, ...]
    per_head: tuple[Figure, ...]
    ratios: tuple[Figure, ...]
    outlays: Outlays | None


def name_of(town: Town, voice: Voice) -> str:
    """A municipality as it is called."""
    if town.code == JOINT_MUNICIPALITY and voice.language == "en":
        return voice("wards")
    return town.name_ja if voice.language == "ja" or not town.romaji else f"{town.romaji} ({town.name_ja})"


def home_of(town: Town, voice: Voice) -> str:
    """The prefecture of a municipality as it is called, with the county in Japanese."""
    return town.prefecture_ja + town.county_ja if voice.language == "ja" else town.prefecture_en


def portrait(run: Finished, town: Town, voice: Voice) -> Portrait:
    """The portrait of a municipality that a run holds."""
    governments = run.tables["governments"].set_index("government")
    joint = town.code == JOINT_MUNICIPALITY and JOINT_ACCOUNT in governments.index
    home_code = str(run.case.municipalities.at[town.code, "prefecture_code"])
    if home_code == JOINT_PREFECTURE and JOINT_ACCOUNT in governments.index:
        home_code = JOINT_ACCOUNT
    place = places_of(run.tables, run.case.municipalities).set_index("code").loc[town.code]
    own, home = governments.loc[JOINT_ACCOUNT if joint else town.code], governments.loc[home_code]
    return Portrait(
        town=town,
        name=name_of(town, voice),
        prefecture=home_of(town, voice) if home_code != JOINT_ACCOUNT else voice("tokyo_joint"),
        residents=voice.number(float(run.case.municipalities.at[town.code, "population_persons"])),
        kind=voice.called("wards" if joint else str(own["class"])),
        joint=joint,
        gains=int(place["gains"]),
        leeway=Leeway(
            voice.yen(float(place[f"leeway_today{RESIDENT}"])),
            voice.yen(float(place[f"leeway{RESIDENT}"])),
            voice.yen(abs(float(place[f"change{RESIDENT}"]))),
        ),
        duties=_duties(run, town, voice),
        own=_figures(own, home, voice, lambda row, name: voice.money(float(row[name]))),
        per_head=_figures(
            own,
            home,
            voice,
            lambda row, name: voice.yen(row[name] / row["population_persons"] * MILLION_IN_YEN),
        ),
        ratios=_ratios(own, home, voice),
        outlays=outlays(run, town, voice),
    )


AMOUNTS = ("need", "capacity", "grant", "funds", "standard_cost")


def _figures(
    own: pd.Series, home: pd.Series, voice: Voice, form: Callable[[pd.Series, str], str]
) -> tuple[Figure, ...]:
    return tuple(
        Figure(
            voice(f"amount_{name}"),
            *(form(row, f"{name}{label}{MIL}") for row in (own, home) for label in ("_today", "")),
        )
        for name in AMOUNTS
    )


def _ratios(own: pd.Series, home: pd.Series, voice: Voice) -> tuple[Figure, ...]:
    """Coverage, whether it receives, debts and their stage, before and after."""

    def stage(row: pd.Series, label: str) -> str:
        return voice.called(str(row[f"debt_stage{label}"]))

    def receives(row: pd.Series, label: str) -> str:
        return voice("receives") if row[f"receiving{label}"] else voice("receives_not")

    def per_cent(name: str) -> Callable[[pd.Series, str], str]:
        return lambda row, label: voice.share(float(row[f"{name}{label}_ratio"]))

    rows: Sequence[tuple[str, Callable[[pd.Series, str], str]]] = (
        ("coverage", lambda row, label: voice.ratio(float(row[f"coverage{label}_ratio"]))),
        ("receiving", receives),
        ("debt_service", per_cent("real_debt_service")),
        ("future_burden", per_cent("future_burden")),
        ("debt_stage", stage),
    )
    return tuple(
        Figure(voice(f"ratio_{name}"), *(form(row, label) for row in (own, home) for label in ("_today", "")))
        for name, form in rows
    )


def _duties(run: Finished, town: Town, voice: Voice) -> tuple[Duty, ...]:
    tables = run.tables
    services = tables["services"].set_index("service")
    rows = tables["provision"]
    rows = rows[rows["code"] == town.code]
    towns = {each.code: each for each in run.towns}
    members = dict(zip(tables["bodies"]["body"], tables["bodies"]["member_codes"], strict=True))
    existing = partners_today(tables, town.code)
    prefecture = town.prefecture_ja if voice.language == "ja" else town.prefecture_en

    def provided(codes: Sequence[str], tier: str) -> tuple[str, str]:
        """Who provides, and the members of a body."""
        names = voice.listed([name_short(towns[code], voice) for code in codes if code in towns])
        return (voice("body_of", count=len(codes)) if codes else tier), names

    found = []
    for row in rows.itertuples():
        today = str(services.at[row.service, "home_tier"])
        before, after = (
            tier_word(today, prefecture, voice),
            tier_word(row.responsible_tier, prefecture, voice),
        )
        joint = row.provider_kind == "wide_area_body"
        partners_before = existing.get(str(row.service), [])
        partners = str(members[row.provider]).split("|") if joint else []
        provides_today, members_today = provided(partners_before, before)
        provides, names = provided(partners, after)
        found.append(
            Duty(
                label=str(services.at[row.service, f"label_{voice.language}"]),
                answers_today=before,
                answers=after,
                provides_today=provides_today,
                members_today=members_today,
                provides=provides,
                members=names,
                minutes=voice("minutes", minutes=voice.number(float(row.travel_minutes))),
                changed=today != row.responsible_tier or set(partners) != set(partners_before),
            )
        )
    return tuple(sorted(found, key=lambda duty: not duty.changed))


def partners_today(tables: Mapping[str, pd.DataFrame], code: str) -> dict[str, list[str]]:
    """Codes of the members of today's body of each service that a municipality shares (itself among them), by service;
    none where the run knows no bodies of today."""
    if "bodies_today" not in tables:
        return {}
    table = tables["bodies_today"][["service", "member_codes"]]
    bodies = [(str(service), str(codes).split("|")) for service, codes in table.itertuples(index=False)]
    return {service: codes for service, codes in bodies if code in codes}


def name_short(town: Town, voice: Voice) -> str:
    """A municipality in a list of members."""
    return town.name_ja if voice.language == "ja" or not town.romaji else town.romaji


def tier_word(tier: str, prefecture: str, voice: Voice) -> str:
    """A tier as a resident calls it: the town, the prefecture by name, the bloc, the nation."""
    return prefecture if tier == "prefecture" else voice.tier(tier, "spoken")
