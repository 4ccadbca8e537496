"""The case: one country's figures of one year, read, checked and never changed afterwards.

Money is million yen per year, population persons, distance km. Codes are the official ones:
five digits for municipalities, two for prefectures. The 23 wards of Tokyo are one municipality
(13100), as in the allocation-tax law.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from optimization.case.crisis import NO_CRISES, CrisisTables
from optimization.case.functions import FUNCTIONS
from optimization.case.parameters import Parameters
from optimization.case.projections import growth
from optimization.case.sharing import TABLE as PREFERENCES
from optimization.case.today import no_rows, no_spending
from optimization.dictionary.tiers import (
    CODE,
    MUNICIPALITY,
    NATION,
    PREFECTURE,
    PREFECTURE_CODE,
    TIERS,
    tier_of,
)
from optimization.errors import InputError, Problem, raise_if_any
from optimization.reading.codes import read_prefectures
from optimization.reading.japan import JOINT_ACCOUNT, JOINT_MUNICIPALITY, JOINT_PREFECTURE
from optimization.reading.kept_out import within

Found = TypeVar("Found")


@dataclass(frozen=True)
class Case:
    """Everything the model knows about the country before a reform package is chosen.

    Frames are indexed by code and sorted by it:

    - `municipalities` (1,719 rows for the nation): prefecture_code, name_ja, city_class,
      population_persons, ... and `income_tax_million_yen` (counted inhabitant income tax).
    - `projections` (1,719 rows, columns age x year): projected persons of `case.projections`.
    - `prefectures` (47 rows): name_en, name_ja, bloc.
    - `governments` (1,765 rows: municipalities, prefectures, Tokyo with its wards as one): the
      accounts of `case.fiscal` and the debt ratios of `case.indicators`.
    - `tax_bases` (government x source): every item of the standard revenue at standard rates, million
      yen; the header's second level is the share counted today (0.75 or 1).
    - `municipal_need`, `prefectural_need` (code x item, million yen): standard financial need.
    - `crises`: scenarios of `case.crisis` and whom they strike; none where the case has no such tables.
    - `outlines` (a row a closed ring: code, ring, points) and `readings` (code: name_kana, name_romaji): how places
      look on a map and are called; empty where the case has no such tables.
    - `joint_today` (code, function, service, mark, status, ...), `bodies_today` (body_id, function, code, ..., service)
      and `spending` (by code: tier, purpose, million yen) of `case.today`; empty where the case has no such tables.
    - `sharing_preferences` (function, feature, service, value, ...) of `case.sharing`; empty likewise.
    - `bundles` (by name `first+second`): service_a, service_b of `case.bundles`; empty where the case has none.
    - `functions` (by service: standard, money, delivery): who holds each function, of `case.functions`; empty likewise.
    - `services` (index: service): label_en, label_ja, home_tier, need_items, scale_basis, ...
    """

    name: str
    path: Path
    fiscal_year: int
    municipalities: pd.DataFrame
    prefectures: pd.DataFrame
    projections: pd.DataFrame
    adjacency: pd.DataFrame
    medical_areas: pd.DataFrame
    user_bodies: pd.DataFrame
    municipal_need: pd.DataFrame
    prefectural_need: pd.DataFrame
    governments: pd.DataFrame
    tax_bases: pd.DataFrame
    services: pd.DataFrame
    allowed_tiers: Mapping[tuple[str, str], tuple[str, ...]]
    parameters: Parameters
    national: Mapping[str, float]
    national_taxes: pd.DataFrame
    sha256: Mapping[str, str]
    crises: CrisisTables = NO_CRISES
    outlines: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame({"code": [], "ring": [], "points": []})
    )
    readings: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"name_kana": [], "name_romaji": []}))
    joint_today: pd.DataFrame = field(default_factory=lambda: no_rows("joint_today"))
    bodies_today: pd.DataFrame = field(default_factory=lambda: no_rows("bodies_today").assign(service=""))
    sharing_preferences: pd.DataFrame = field(default_factory=lambda: no_rows(PREFERENCES))
    spending: pd.DataFrame = field(default_factory=no_spending)
    functions: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=list(FUNCTIONS), dtype=object)
    )
    bundles: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame({"service_a": [], "service_b": []}, dtype=object)
    )
    notices: tuple[str, ...] = ()
    """What there is to say of how the tables were read."""
    as_read: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """Tables as they were read, against which `unchanged` looks; empty for a case made by hand."""

    @cached_property
    def codes(self) -> pd.Index:
        """Municipal codes in table order."""
        return self.municipalities.index

    def area_of(self, tier: str) -> pd.Series:
        """Name of the area in which a tier serves each municipality, by municipal code: the municipality's own code,
        that of its prefecture, what a column of the prefectures says, or the nation."""
        column = tier_of(tier).area
        if column == CODE:
            return pd.Series(self.codes, index=self.codes, dtype=object)
        if not column:
            return pd.Series(NATION, index=self.codes, dtype=object)
        prefecture = self.municipalities["prefecture_code"]
        return prefecture if column == PREFECTURE_CODE else prefecture.map(self.prefectures[column])

    @cached_property
    def area_numbers(self) -> dict[str, np.ndarray]:
        """Number of the area in which a tier serves each municipality, (I,) by tier; for every tier."""
        areas = {tier: self.area_of(tier).to_numpy(str) for tier in TIERS}
        return {tier: np.unique(names, return_inverse=True)[1] for tier, names in areas.items()}

    @cached_property
    def government_of_municipality(self) -> pd.Series:
        """Fiscal government of each municipality (its own code; the wards settle with Tokyo)."""
        joint = JOINT_ACCOUNT if JOINT_ACCOUNT in self.governments.index else JOINT_MUNICIPALITY
        return pd.Series(
            np.where(self.codes == JOINT_MUNICIPALITY, joint, self.codes), index=self.codes, dtype=object
        )

    @cached_property
    def government_of_prefecture(self) -> pd.Series:
        """Fiscal government of each prefecture (its own code; Tokyo settles with its wards)."""
        index = self.prefectures.index
        joint = JOINT_ACCOUNT if JOINT_ACCOUNT in self.governments.index else JOINT_PREFECTURE
        return pd.Series(np.where(index == JOINT_PREFECTURE, joint, index), index=index, dtype=object)

    @cached_property
    def growth(self) -> pd.DataFrame:
        """Persons in each later projected year per person on the register, by code and (age, year)."""
        return growth(self.projections, int(self.national.get("register_year", self.fiscal_year)))

    @cached_property
    def defaults(self) -> dict[str, float]:
        """Values of the settings whose default is 'case', all from the case's own figures.

        The nation's limit is what it pays today: its shares of the services' gross cost and the
        ordinary allocation tax.
        """
        pool = float(self.governments["allocation_paid_million_yen"].sum())
        share = self.parameters.of("national_share", self.services.index)
        earmarked = sum(
            self.standard_need(service).sum() * share[service] / (1.0 - share[service])
            for service in self.services.index
        )
        return {
            "formula.adjustment_rate": self.national["adjustment_rate"],
            "pool.ordinary_million_yen": pool,
            "nation.limit_million_yen": pool + float(earmarked),
        }

    def standard_need(self, service: str) -> pd.Series:
        """Standard financial need of a service by today's responsible government, million yen:
        by municipal code for a municipal service, by prefecture code for a prefectural one."""
        return self._standard_needs[service]

    @cached_property
    def _standard_needs(self) -> dict[str, pd.Series]:
        table = {MUNICIPALITY: self.municipal_need, PREFECTURE: self.prefectural_need}
        home, items = self.services["home_tier"], self.services["need_items"]
        return {s: table[home[s]][items[s].split("+")].sum(axis=1) for s in self.services.index}

    def basis(self, expression: str) -> pd.Series:
        """A size of each municipality, named by a column or a sum of columns ('a+b')."""
        if expression not in self._bases:
            self._bases[expression] = self.municipalities[expression.split("+")].sum(axis=1).astype(float)
        return self._bases[expression]

    @cached_property
    def _bases(self) -> dict[str, pd.Series]:
        """Sizes that have been asked for."""
        return {}

    def once(self, name: str, work: Callable[[], Found]) -> Found:
        """What is worked out of the tables alone and hangs on no parameter, under a name of its own: worked out once
        for this case and for all that differ from it in parameters."""
        if name not in self._worked_out:
            self._worked_out[name] = work()
        found: Found = self._worked_out[name]
        return found

    @cached_property
    def _worked_out(self) -> dict[str, Any]:
        """What `once` has worked out."""
        return {}

    @cached_property
    def movable_services(self) -> pd.Index:
        """Services that some class may give to another tier or to a body: only they need parameters."""
        classes = self.municipalities["city_class"].unique()
        table = self.services[["wide_area", "home_tier"]].itertuples()
        names = [
            s
            for s, wide, home in table
            if wide or any(set(self.allowed_tiers[s, c]) - {home} for c in classes)
        ]
        return pd.Index(names)

    def remembering(self) -> Case:
        """The case, which remembers its tables as they are now (without a copy of what they hold)."""
        names = [each.name for each in fields(self) if each.name != "as_read"]
        return replace(self, as_read={name: _remembered(getattr(self, name)) for name in names})

    def unchanged(self) -> None:
        """Raises `InputError` naming every table that is not as it was read: the sums of the files would be those of
        other figures."""
        remedy = (
            "change the files of the case (or of a copy) and read it again, or set assumptions in a package"
        )
        raise_if_any(
            [
                Problem(f"case {self.name}", "was changed after it was read", remedy, column=name)
                for name, before in self.as_read.items()
                if not _same(before, getattr(self, name))
            ]
        )

    def status_today(self, function: str) -> pd.Series:
        """Alone, joint, delegated or unknown in a function of joint bodies, by code; missing where the case does not
        know the function."""
        rows = self.joint_today[self.joint_today["function"] == function]
        return rows.set_index("code")["status"].reindex(self.codes)

    @property
    def prefecture_names(self) -> dict[str, tuple[str, str]]:
        """What the prefectures are called in Japanese and in romaji, by code."""
        table = self.prefectures
        return dict(
            zip(map(str, table.index), zip(table["name_ja"], table["name_en"], strict=True), strict=True)
        )

    def prefecture_codes(
        self, asked: Iterable[object], file: str = "solve", column: str = "prefectures"
    ) -> list[str]:
        """The codes of the prefectures asked for (by code with or without zero, name or romaji), each once, in order.
        Raises `InputError` that names `file` and `column` where they are one text, or one is none of the case."""
        known = self.prefecture_names
        if isinstance(asked, str):
            first = min(known)
            remedy = f"give a list of names or two-digit codes, such as ['{first}']"
            raise InputError(
                [Problem(file, "is one text and no list of prefectures", remedy, column=column, value=asked)]
            )
        return read_prefectures(asked, known, file, column)

    def __getstate__(self) -> dict[str, Any]:
        """What travels to another process: what it remembers stays, where it was checked."""
        return {**self.__dict__, "as_read": {}, "_worked_out": {}}

    def restrict(self, prefectures: Collection[str]) -> Case:
        """The part of the case that lies in some prefectures (as `prefecture_codes` takes them); a body of the user
        that reaches beyond them is kept out (`kept_out.notices` names it)."""
        self.unchanged()
        prefectures = self.prefecture_codes(prefectures)
        places = self.municipalities[self.municipalities["prefecture_code"].isin(prefectures)]
        inside = set(places.index)
        area = self.medical_areas
        borders = self.adjacency
        part = replace(
            self,
            municipalities=places,
            prefectures=self.prefectures[self.prefectures.index.isin(prefectures)],
            projections=self.projections.loc[places.index],
            adjacency=borders[borders["code_a"].isin(inside) & borders["code_b"].isin(inside)],
            medical_areas=area[area["code"].isin(inside)],
            user_bodies=self.user_bodies[within(self.user_bodies, prefectures)],
            municipal_need=self.municipal_need.loc[places.index],
            prefectural_need=self.prefectural_need[self.prefectural_need.index.isin(prefectures)],
            governments=self.governments[self.governments["prefecture_code"].isin(prefectures)],
            tax_bases=self.tax_bases[self.governments["prefecture_code"].isin(prefectures)],
            outlines=self.outlines[self.outlines["code"].isin(inside)],
            readings=self.readings[self.readings.index.isin(inside)],
            joint_today=self.joint_today[self.joint_today["code"].isin(inside)],
            bodies_today=self.bodies_today[within(self.bodies_today, prefectures)],
            spending=self.spending[self.spending.index.isin([*inside, *prefectures])],
            crises=self.crises if self.crises is NO_CRISES else self.crises.restrict(places.index),
        )
        return part.remembering() if self.as_read else part

    def with_parameters(self, overrides: Mapping[str, float]) -> Case:
        """A case with some assumptions changed: keys `parameter` or `service.parameter`, values in the unit of each."""
        if not overrides:
            return self
        parameters = self.parameters.override(overrides)
        as_read = {**self.as_read, "parameters": _remembered(parameters)} if self.as_read else {}
        changed = replace(self, parameters=parameters, as_read=as_read)
        known = {**vars(self), "_worked_out": self._worked_out}
        vars(changed).update({name: known[name] for name in OF_TABLES if name in known})
        return changed


OF_TABLES = (
    "codes",
    "area_numbers",
    "government_of_municipality",
    "government_of_prefecture",
    "growth",
    "movable_services",
    "_bases",
    "_standard_needs",
    "_worked_out",
)
"""What has been worked out of a case's tables and hangs on no parameter."""


def _remembered(value: Any) -> Any:
    """What can be compared later: tables share what they hold until one of the two is written to."""
    if isinstance(value, pd.DataFrame):
        return value.copy(deep=False)
    if is_dataclass(value):
        return {each.name: _remembered(getattr(value, each.name)) for each in fields(value)}
    return dict(value) if isinstance(value, Mapping) else value


def _same(before: Any, now: Any) -> bool:
    """Whether a value is as it was remembered."""
    if isinstance(before, pd.DataFrame):
        return isinstance(now, pd.DataFrame) and before.equals(now) and before.columns.equals(now.columns)
    if is_dataclass(now):
        return all(_same(kept, getattr(now, name)) for name, kept in before.items())
    return bool(before == now)
