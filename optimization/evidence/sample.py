"""Whom the estimates are of: municipalities with what they spent, the size they have, share and could have.

All sizes are in the unit of the model's curves, so that a coefficient is the part of a curve's slope that spending
shows: what the parameter `scale_realisation` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.case.spending import SPENT, spent_by_purpose
from optimization.costs.curves import ScaleCurve
from optimization.costs.standard import scale_curves
from optimization.errors import InputError, Problem
from optimization.evidence.registered import Purpose, registered
from optimization.geography.distance import medical_area_of, straight_km
from optimization.reading.table_file import text_table

CITIES = ("core_city", "special_city", "city")
LARGE_PERSONS = 100_000
LEAST_PREFECTURES = 30
CONTROLS = ("density", "ageing", "remoteness", "income", "city", "health_centre")
MATCHED_BY = ("log_residents", "density", "ageing", "remoteness")
INSTRUMENTS = ("area_residents", "area_number")


@dataclass(frozen=True)
class Sample:
    """Municipalities of the estimates (index: code).

    `places` has prefecture_code, log_residents, the controls, instruments of the medical area and residents; `sizes`
    (service -> Series) the size of each by the service's own unit; `curves` the curves as costs follow them; `weight`
    the national need of every service, million yen.
    """

    case: Case
    places: pd.DataFrame
    sizes: Mapping[str, pd.Series]
    curves: Mapping[str, ScaleCurve]
    weight: Mapping[str, float]

    @property
    def groups(self) -> pd.Series:
        """Prefecture of each municipality."""
        return self.places["prefecture_code"]

    def own_size(self, services: tuple[str, ...], factor: pd.Series | float = 1.0) -> pd.Series:
        """Log of the need of a unit that the curves of `services` foretell at the own size (times `factor`), shares of
        national need as weights; a service that a municipality does not have says nothing of it."""
        total = sum(self.weight[s] for s in services)
        parts = [
            self.weight[s] / total * np.log(self._unit(s, self.sizes[s] * factor)).where(self.has(s), 0.0)
            for s in services
        ]
        return pd.Series(sum(parts[1:], parts[0]), name="own_size")

    def has(self, service: str) -> pd.Series:
        """Whether a municipality has a service."""
        return self.case.standard_need(service).reindex(self.places.index) > 0

    def _unit(self, service: str, size: pd.Series) -> pd.Series:
        return pd.Series(self.curves[service].per_unit(size.to_numpy(float)), size.index)

    def group_size(self, purpose: Purpose, sure: bool = False) -> pd.Series:
        """What the curves say of the group's size over the own size, weighted by the need of the services shared; 0 for
        who is alone, NaN for who is neither alone nor in a body that is known (with `sure`: one of low confidence)."""
        total = sum(self.weight[s] for s in purpose.services)
        result = pd.Series(0.0, self.places.index, name="group_size")
        for function, service in purpose.whole.items():
            together = self.group_scale(function, service, sure)
            own = self._unit(service, self.sizes[service])
            ratio = np.log(self._unit(service, together.fillna(1.0)) / own).where(together.notna())
            result += self.weight[service] / total * ratio
        return result

    def group_scale(self, function: str, service: str, sure: bool = False) -> pd.Series:
        """Size of the body of today of a function, in the service's unit; the own size of who is alone; NaN for who
        pays another, whose body is not known or (with `sure`) known with low confidence."""
        bodies = self.case.bodies_today[self.case.bodies_today["function"] == function]
        size = self.case.basis(self.case.services.at[service, "scale_basis"])
        whole = size.reindex(bodies["code"]).groupby(bodies["body_id"].to_numpy()).sum()
        if sure:
            whole = whole.where(~whole.index.isin(bodies.loc[bodies["confidence"] == "low", "body_id"]))
        of_member = pd.Series(bodies["body_id"].map(whole).to_numpy(float), bodies["code"])
        status = self.status(function)
        return of_member.reindex(self.places.index).where(
            status == "joint", self.sizes[service].where(status == "alone")
        )

    def status(self, function: str) -> pd.Series:
        """Alone, joint, delegated or unknown in a function."""
        return self.case.status_today(function).reindex(self.places.index)

    def member(self, functions: tuple[str, ...]) -> pd.Series:
        """1 for who is joint in any of the functions, 0 for who is alone in all, NaN for others."""
        status = pd.concat([self.status(f) for f in functions], axis=1)
        joint, alone = (status == "joint").any(axis=1), (status == "alone").all(axis=1)
        return pd.Series(np.where(joint, 1.0, np.where(alone, 0.0, np.nan)), status.index, name="sharing")

    def spent(self, purpose: str, measure: str) -> pd.Series:
        """Log of what was spent on a purpose per head (million yen); NaN where nothing was. Measures: `current`
        (without construction) and `general_funds`."""
        total, construction, funds = SPENT
        by_purpose = spent_by_purpose(self.case)
        of_purpose = by_purpose.xs(purpose, level="purpose").reindex(self.places.index)
        money = (
            of_purpose[funds] if measure == "general_funds" else of_purpose[total] - of_purpose[construction]
        )
        return per_head(money, self.places["residents"])


def per_head(money: pd.Series, residents: pd.Series) -> pd.Series:
    """Log of money per head; NaN where there is none."""
    ratio = (money / residents).to_numpy(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.Series(np.where(ratio > 0, np.log(ratio), np.nan), money.index)


def sample_of(case: Case) -> Sample:
    """The municipalities that the registration keeps. Raises `InputError` for a case without spending or sharing of
    today, or of fewer than thirty prefectures."""
    _refuse(case)
    kept = _kept(case)
    places = _places(case).loc[kept]
    curves = {s: curve for s, curve in scale_curves(case).items() if not curve.flat}
    basis = case.services["scale_basis"]
    sizes = {s: case.basis(basis[s]).loc[kept].clip(lower=1.0) for s in curves}
    weight = {s: float(case.standard_need(s).reindex(kept).sum()) for s in curves}
    return Sample(case, places, sizes, curves, weight)


def with_curve(sample: Sample) -> dict[str, Purpose]:
    """The registered purposes with the services whose curve is not flat; a purpose without any is left out."""
    found = {}
    for name, purpose in registered().purposes.items():
        services = tuple(s for s in purpose.services if s in sample.curves)
        whole = {f: s for f, s in purpose.whole.items() if s in sample.curves}
        if services:
            found[name] = purpose.model_copy(update={"services": services, "whole": whole})
    return found


def _refuse(case: Case) -> None:
    problems = []
    for name, table in (("municipal_spending", case.spending), ("joint_today", case.joint_today),
                        ("bodies_today", case.bodies_today)):  # fmt: skip
        if not len(table):
            message, remedy = (
                "is missing, and the estimates rest on it",
                "prepare it: solve.py prepare --settlement",
            )
            problems.append(Problem(f"{case.path}/{name}.csv", message, remedy))
    count = case.municipalities["prefecture_code"].nunique()
    if count < LEAST_PREFECTURES:
        message = f"has {count} prefectures, and errors robust to them need {LEAST_PREFECTURES}"
        problems.append(Problem(str(case.path), message, "estimate on the whole country"))
    if problems:
        raise InputError(problems)


def _kept(case: Case) -> pd.Index:
    rule, places = registered().sample, case.municipalities
    keep = places["population_persons"] < rule["largest_population_persons"]
    keep &= ~places["city_class"].isin(rule["left_out_classes"])
    members = case.path / "projection_members.csv"
    if rule["leave_out_projected_together"] and members.is_file():
        keep &= ~places.index.isin(text_table(members)["code"])
    return places.index[keep]


def _places(case: Case) -> pd.DataFrame:
    """All municipalities with what the estimates hold equal, and the geography of their medical areas."""
    places = case.municipalities
    residents = places["population_persons"].astype(float)
    km = straight_km(places)
    large = np.flatnonzero(residents.to_numpy() >= LARGE_PERSONS)
    frame = pd.DataFrame(
        {
            "prefecture_code": places["prefecture_code"].astype(str),
            "residents": residents,
            "log_residents": np.log(residents),
            "density": np.log(residents / places["habitable_area_km2"].clip(lower=0.01)),
            "ageing": places["age_65_plus_persons"] / residents,
            "remoteness": np.log1p(km[:, large].min(axis=1) if len(large) else 0.0),
            "income": np.log(places["income_tax_million_yen"].clip(lower=1e-6) / residents),
            "city": places["city_class"].isin(CITIES).astype(float),
            "health_centre": places["has_own_health_centre"].astype(float),
        }
    )
    area_of = medical_area_of(case).reindex(frame.index)
    others = residents.groupby(area_of).transform("sum") - residents
    frame["area_residents"] = np.log1p(others.fillna(0.0))
    frame["area_number"] = np.log(residents.groupby(area_of).transform("size").fillna(1.0))
    return frame
