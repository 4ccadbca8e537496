"""Every registered specification for every purpose, with its errors, tests and held-out coverage, as tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm

from optimization.evidence.intervals import HeldOut, held_out
from optimization.evidence.pooled import Pooled, pool
from optimization.evidence.registered import Purpose, registered
from optimization.evidence.regress import Fit, fixed_effects, half_width, matched, two_stages
from optimization.evidence.sample import CONTROLS, INSTRUMENTS, MATCHED_BY, Sample, with_curve

ESTIMATES = (
    "outcome", "purpose", "service", "function", "effect", "specification", "value", "standard_error", "low", "high",
    "n", "clusters", "held_out_error", "coverage", "estimable", "note",
)  # fmt: skip
DIAGNOSTICS = ("purpose", "specification", "test", "value", "p", "passed", "note")
SIZE = ("own_size", "group_size")


@dataclass
class Sheet:
    """Rows of the two tables while they are gathered, and the fits that later steps need."""

    level: float
    estimates: list[dict[str, Any]] = field(default_factory=list)
    diagnostics: list[dict[str, Any]] = field(default_factory=list)
    fits: dict[tuple[str, str], Fit] = field(default_factory=dict)
    coverage: dict[str, tuple[float, float]] = field(default_factory=dict)
    held: list[pd.DataFrame] = field(default_factory=list)
    pools: dict[str, Pooled] = field(default_factory=dict)
    few: set[str] = field(default_factory=set)

    def add(self, fit: Fit, effect: str, specification: str, **words: Any) -> None:
        """One coefficient as a row; none where the fit had to leave the column out."""
        if effect in fit.value.index:
            low, high = fit.interval(effect, self.level)
            self.row(
                effect, specification, float(fit.value[effect]), fit.error(effect), low, high, fit.n, fit.clusters,
                **words,
            )  # fmt: skip

    def row(
        self, effect: str, specification: str, value: float, error: float, low: float, high: float, n: int,
        clusters: int, **words: Any,
    ) -> None:  # fmt: skip
        """One row of the estimates."""
        purpose = words.get("purpose", "")
        miss, cover = self.coverage.get(purpose, (np.nan, np.nan))
        row = {
            "effect": effect, "specification": specification, "value": value, "standard_error": error, "low": low,
            "high": high, "n": n, "clusters": clusters, "held_out_error": miss, "coverage": cover,
            "estimable": self.estimable(purpose), **words,
        }  # fmt: skip
        self.estimates.append({column: row.get(column, "") for column in ESTIMATES})

    def test(
        self, purpose: str, specification: str, test: str, value: float, p: float, passed: bool, note: str
    ) -> None:
        """One row of the diagnostics."""
        self.diagnostics.append(
            dict(zip(DIAGNOSTICS, (purpose, specification, test, value, p, passed, note), strict=True))
        )

    def estimable(self, purpose: str) -> bool:
        """Whether intervals of held-out outcomes cover as often as registered."""
        _, cover = self.coverage.get(purpose, (np.nan, np.nan))
        return covers(cover)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables, rows in the order of the registration."""
        return {
            "estimates": pd.DataFrame(self.estimates, columns=list(ESTIMATES)),
            "diagnostics": pd.DataFrame(self.diagnostics, columns=list(DIAGNOSTICS)),
            "held_out": pd.concat(self.held, ignore_index=True),
        }


@dataclass(frozen=True)
class Design:
    """Outcome, right-hand side and groups of one purpose, rows complete."""

    y: pd.Series
    x: pd.DataFrame
    groups: pd.Series

    def keep(self, rows: pd.Series) -> Design:
        """Some of its rows."""
        kept = self.y.index[rows.reindex(self.y.index).fillna(False).to_numpy(bool)]
        return Design(self.y[kept], self.x.loc[kept], self.groups[kept])


def design(sample: Sample, name: str, purpose: Purpose, measure: str = "", sure: bool = False) -> Design:
    """The complete rows of a purpose: own size, group size (where it has bodies) and the controls."""
    columns = [sample.own_size(purpose.services)]
    if purpose.whole:
        columns.append(sample.group_size(purpose, sure))
    x = pd.concat([*columns, sample.places[list(CONTROLS)]], axis=1)
    y = sample.spent(name, measure or purpose.outcome)
    complete = x.notna().all(axis=1) & y.notna()
    return Design(y[complete], x[complete], sample.groups[complete])


def estimate_spending(sample: Sample) -> Sheet:
    """Specifications (a) to (c) for every purpose of the registration that has a curve."""
    sheet = Sheet(registered().level)
    for name, purpose in with_curve(sample).items():
        frame = design(sample, name, purpose)
        sheet.coverage[name] = _held_out(sheet, sample, name, frame)
        _fixed(sheet, sample, name, purpose, frame)
        if purpose.whole:
            _instrumented(sheet, sample, name, purpose, frame)
        _sharing(sheet, sample, name, purpose, frame)
    _pooled(sheet)
    return sheet


def told_by_bodies(sample: Sample, purpose: Purpose) -> bool:
    """Whether enough prefectures have bodies of a purpose's whole functions for errors robust to clusters to hold."""
    bodies = sample.case.bodies_today[sample.case.bodies_today["function"].isin(list(purpose.whole))]
    homes = sample.groups.reindex(bodies["code"]).dropna().nunique()
    return homes >= registered().weak["fewest_prefectures"]


def covers(cover: float) -> bool:
    """Whether intervals that cover so much of held-out outcomes do as was registered."""
    rule = registered().intervals
    return bool(rule["covered_least"] <= cover <= rule["covered_most"])


def _about(name: str, purpose: Purpose) -> dict[str, str]:
    """What every estimate of a purpose is told to be of."""
    return {"outcome": purpose.outcome, "purpose": name, "service": "+".join(purpose.services)}


def _held_out(sheet: Sheet, sample: Sample, name: str, frame: Design) -> tuple[float, float]:
    """Median error and coverage over all draws of held-out prefectures."""
    size, found = sample.places["log_residents"][frame.y.index], []
    folds = registered().intervals["folds"]
    for number, outside in enumerate(registered().draws, 1):
        held = held_out(frame.y, frame.x, frame.groups, outside, size, sheet.level, folds)
        sheet.test(
            name, "a_fixed", f"coverage, draw {number}", held.coverage, np.nan, True, ", ".join(outside)
        )
        found.append(held)
    sheet.held.append(found[0].table.rename_axis("code").reset_index().assign(purpose=name))
    every = HeldOut(pd.concat([held.table for held in found]))
    passed = covers(every.coverage)
    note = "of 90% intervals, held out"
    sheet.test(name, "a_fixed", "coverage, all draws", every.coverage, np.nan, passed, note)
    return every.error, every.coverage


def _fixed(sheet: Sheet, sample: Sample, name: str, purpose: Purpose, frame: Design) -> None:
    """Effects of size, group and place with effects of prefectures, and its variants."""
    fit = sheet.fits[name, "a_fixed"] = fixed_effects(frame.y, frame.x, frame.groups)
    if purpose.whole and not told_by_bodies(sample, purpose):
        sheet.few.add(name)
    about = _about(name, purpose)
    few = "bodies in too few prefectures: error too small, not used" if name in sheet.few else ""
    for effect in fit.value.index:
        sheet.add(fit, effect, "a_fixed", **about, note=few if effect == "group_size" else "")
    other = "current" if purpose.outcome == "general_funds" else "general_funds"
    variants = {"a_funds": design(sample, name, purpose, other)}
    if purpose.whole:
        variants["a_sure"] = design(sample, name, purpose, sure=True)
    for specification, variant in variants.items():
        fit = sheet.fits[name, specification] = fixed_effects(variant.y, variant.x, variant.groups)
        measure = other if specification == "a_funds" else purpose.outcome
        for effect in (*SIZE, "income"):
            sheet.add(fit, effect, specification, **{**about, "outcome": measure})
    _snow(sheet, name, about)


def _snow(sheet: Sheet, name: str, about: dict[str, str]) -> None:
    """Effects of prefectures on the law's designation as heavy snow; errors robust to their unlike spread."""
    effect = sheet.fits[name, "a_fixed"].effect
    snow = pd.Series(effect.index.isin(list(registered().snow["prefectures"])).astype(float), effect.index)
    result = sm.OLS(effect, sm.add_constant(snow.rename("snow"))).fit(cov_type="HC3", use_t=True)
    value, error = float(result.params["snow"]), float(result.bse["snow"])
    half = half_width(error, sheet.level, len(effect) - 2)
    note = "between prefectures: whatever else they have in common with snow is in it"
    sheet.row(
        "snow",
        "a_fixed",
        value,
        error,
        value - half,
        value + half,
        len(effect),
        len(effect),
        note=note,
        **about,
    )


def _instrumented(sheet: Sheet, sample: Sample, name: str, purpose: Purpose, frame: Design) -> None:
    """Group size moved by the geography of the medical area alone, with the tests of the instrument."""
    instruments = sample.places.loc[frame.y.index, list(INSTRUMENTS)]
    found = two_stages(
        frame.y, frame.x["group_size"], frame.x.drop(columns="group_size"), instruments, frame.groups
    )
    weak = registered().weak["first_stage_f"]
    is_strong = found.first_stage_f >= weak
    about = _about(name, purpose)
    note = "" if is_strong else f"weak: first-stage F {found.first_stage_f:.1f} below {weak:g}; not used"
    for effect in SIZE:
        sheet.add(found.fit, effect, "b_instrument", note=note, **about)
    sheet.test(
        name,
        "b_instrument",
        "first-stage F",
        found.first_stage_f,
        found.first_stage_p,
        is_strong,
        f"least {weak:g}",
    )
    sheet.test(name, "b_instrument", "Wu-Hausman", np.nan, found.hausman_p, found.hausman_p >= 0.05,
               "passed: least squares does not differ beyond chance")  # fmt: skip
    sheet.test(name, "b_instrument", "Hansen J", np.nan, found.overidentified_p, found.overidentified_p >= 0.05,
               "passed: the two instruments do not disagree")  # fmt: skip


def _sharing(sheet: Sheet, sample: Sample, name: str, purpose: Purpose, frame: Design) -> None:
    """Members against others of the same size: by regression for every function, matched for whole ones."""
    base = frame.x.drop(columns="group_size", errors="ignore")
    near = sample.places.loc[frame.y.index, list(MATCHED_BY)]
    for functions in [tuple(purpose.whole), *((f,) for f in purpose.part)]:
        if not functions:
            continue
        member = sample.member(functions)[frame.y.index]
        known = Design(frame.y, base.assign(sharing=member), frame.groups).keep(member.notna())
        note = "" if functions == tuple(purpose.whole) else "a part of a service only"
        about = {**_about(name, purpose), "function": "+".join(functions), "note": note}
        sheet.add(fixed_effects(known.y, known.x, known.groups), "sharing", "a_sharing", **about)
        x = known.x.drop(columns="sharing").assign(log_residents=near["log_residents"])
        pairs = matched(known.y, x, known.x["sharing"], known.groups, list(MATCHED_BY))
        if pairs is not None:
            sheet.add(pairs, "sharing", "a_matched", **about)


def _pooled(sheet: Sheet) -> None:
    """Random effects over purposes of the three parts of a curve's slope, each purpose shrunk to the mean."""
    parts: dict[str, dict[str, tuple[float, float]]] = {
        "own_size": {},
        "group_size": {},
        "group_over_own": {},
    }
    for (name, specification), fit in sheet.fits.items():
        if specification != "a_fixed" or not sheet.estimable(name):
            continue
        told = name not in sheet.few
        for effect in SIZE:
            if effect in fit.value.index and (told or effect == "own_size"):
                parts[effect][name] = float(fit.value[effect]), fit.error(effect)
        if told and "group_size" in fit.value.index and fit.value["own_size"] > 0:
            parts["group_over_own"][name] = ratio(fit, "group_size", "own_size")
    for effect, values in parts.items():
        if len(values) < 2:
            continue
        pooled = sheet.pools[effect] = pool(values)
        low, high = pooled.foretold(sheet.level)
        sheet.row(
            effect, "c_pooled", pooled.mean, pooled.of_another, low, high, len(values), len(values), purpose="",
            estimable=True,
            note=f"of a purpose not among them; spread {pooled.between:.3f}, error of the mean {pooled.error:.3f}",
        )  # fmt: skip
        for name, row in pooled.shrunken.iterrows():
            half = half_width(
                float(row["standard_error"]), sheet.level, sheet.fits[str(name), "a_fixed"].clusters - 1
            )
            sheet.row(
                effect, "c_pooled", float(row["value"]), float(row["standard_error"]), float(row["value"]) - half,
                float(row["value"]) + half, sheet.fits[str(name), "a_fixed"].n,
                sheet.fits[str(name), "a_fixed"].clusters, purpose=name, note="shrunk to the mean of the purposes",
            )  # fmt: skip


def ratio(fit: Fit, above: str, below: str) -> tuple[float, float]:
    """Ratio of two coefficients and its standard error, to the first order."""
    top, bottom = float(fit.value[above]), float(fit.value[below])
    slope = np.array([1 / bottom, -top / bottom**2])
    block = fit.covariance.loc[[above, below], [above, below]].to_numpy(float)
    return top / bottom, float(np.sqrt(slope @ block @ slope))
