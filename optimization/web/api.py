"""POST /api/apply: exactly this decision, counted, as JSON.

The schema of question and answer is that of the models below; `openapi` describes it. Nothing is kept, no solver is
started: a question changes nothing, so that it needs no token of a form. The gate lets JSON through only from our own
page or from what is no browser (`guard`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from optimization.case.case import Case
from optimization.case.face import with_on_top
from optimization.case.overlay import overlay_package
from optimization.case.package import STATUS_QUO
from optimization.case.prescribed import GivenBody
from optimization.case.resolved import ResolvedPackage
from optimization.case.rule_groups import FIX
from optimization.dictionary.settings import load_settings, nearest, shown
from optimization.errors import InputError, Problem, raise_if_any
from optimization.ledger.accounts import Accounts
from optimization.ledger.debt import STEPS, crossing, debt_ratios, debt_stages
from optimization.ledger.flows import by_sector, side_by_side
from optimization.outcome.bench import Bench
from optimization.outcome.breach_table import breach_table
from optimization.outcome.place_table import place_table
from optimization.outcome.result import Result
from optimization.reading.whereabouts import DEFAULT_CASE, PACKAGES, input_folder
from optimization.web.cases import case_cards, case_of, packages, resolved
from optimization.web.digest import folder_digest
from optimization.web.layers import layers_of
from optimization.web.once import once

MOST_BODIES = 2_000
MOST_MEMBERS = 2_000
MOST_NAME = 200
MOST_BREACHES = 5_000
"""Breaches that are told one by one; all are counted by rule."""

KEPT = 6
"""Cases laid out that are kept, by case, prefectures and assumptions."""

Model = TypeVar("Model", bound=BaseModel)

NAME, SAID = "draft", ("What was set beside the packages.", "改革案に加えて設定したもの。")


class AskedBody(BaseModel):
    """A wide-area body: the services it provides, and the official codes of its members."""

    model_config = ConfigDict(extra="forbid", strict=True)

    services: list[str] = Field(min_length=1, max_length=100)
    members: list[str] = Field(min_length=2, max_length=MOST_MEMBERS)


class Asked(BaseModel):
    """A question: what is not named stays as today."""

    model_config = ConfigDict(extra="forbid", strict=True)

    case: str = Field(default=DEFAULT_CASE.name, max_length=MOST_NAME, description="A case of the inputs.")
    package: str = Field(
        default="status_quo",
        max_length=1_000,
        description="Packages on the shelf, composed left to right: a+b.",
    )
    prefectures: list[str] = Field(default=[], max_length=47, description="Codes or names; all where empty.")
    settings: dict[str, Any] = Field(
        default={},
        max_length=500,
        description="Settings over those of the packages, by key (docs/settings.md).",
    )
    assumptions: dict[str, float] = Field(
        default={}, max_length=500, description="Numbers of parameters.csv."
    )
    tiers: dict[str, str] = Field(
        default={},
        max_length=20_000,
        description="Prescribed tier by service, or by service@group for one rule group: fire@town_below_10k.",
    )
    bodies: list[AskedBody] = Field(default=[], max_length=MOST_BODIES)
    locked: list[str] = Field(
        default=[],
        max_length=20_000,
        description="Entries of tiers, and bodies of wide_area.fix, that stay when the rest is looked for.",
    )
    places: bool | list[str] = Field(
        default=True,
        description="Whether the answer holds every place, or the columns that it holds of each.",
    )
    layers: list[str] = Field(
        default=[],
        max_length=20,
        description="Layers of a map beside the places: bodies, debts, league, and travel:SERVICE.",
    )

    def all_settings(self) -> dict[str, Any]:
        """The settings with the prescribed tiers among them."""
        if not self.tiers:
            return dict(self.settings)
        return {**self.settings, FIX: {**self.settings.get(FIX, {}), **self.tiers}}


class Answered(BaseModel):
    """An answer; money in million yen a year where a name does not say otherwise. Tables are lists of equal length by
    column."""

    model_config = ConfigDict(extra="forbid")

    package: str
    case: str
    status: str
    cost: dict[str, float]
    sectors: dict[str, list[Any]]
    roles: dict[str, list[Any]]
    places: dict[str, list[Any]] | None
    summary: dict[str, float]
    debts: dict[str, Any]
    limits: list[dict[str, Any]] = Field(description="Limits that are not kept, by rule.")
    breaches: dict[str, list[Any]] = Field(description="The same place by place.")
    notes: list[str]
    layers: dict[str, Any] | None = Field(
        description="By layer: bodies in force; debts and travel, lists in the order of places; groups of places."
    )


class Fault(BaseModel):
    """One fault of a question."""

    place: str
    value: str
    message: str
    remedy: str


class Refused(BaseModel):
    """Why there is no answer."""

    faults: list[Fault]


class NoJsonError(InputError):
    """What came is no JSON at all."""


def read_question(body: bytes) -> Asked:
    """The question of a request. Raises `InputError` with every fault of its form, `NoJsonError` where it has none."""
    return read_as(Asked, body)


def read_as(model: type[Model], body: bytes) -> Model:
    """A body of JSON as what a model describes. Raises `InputError` with every fault, `NoJsonError` for no JSON."""
    try:
        return model.model_validate(json.loads(body, parse_constant=_refuse_constant))
    except (ValueError, RecursionError) as error:
        if not isinstance(error, ValidationError):
            raise NoJsonError(
                [Problem("question", "is no JSON", "send one JSON object", value="")]
            ) from error
        raise InputError(
            [
                Problem(
                    "question",
                    fault["msg"][:1].lower() + fault["msg"][1:],
                    "see /api/openapi.json",
                    column=".".join(map(str, fault["loc"]))[:MOST_NAME],
                    value=shown(fault["input"]) if fault["type"] != "missing" else "",
                )
                for fault in error.errors(include_url=False, include_context=False)[:20]
            ]
        ) from error


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def answered(asked: Asked) -> dict[str, Any]:
    """The answer to a question. Raises `InputError` with every fault of what is asked."""
    return answer_of(counted(asked), asked.case, asked.places, asked.layers)


def counted(asked: Asked) -> Result:
    """A decision counted exactly as it is asked. Raises `InputError` with every fault of what is asked."""
    package = package_asked(asked)
    return bench_of(asked, package).apply(package, given_bodies(asked))


def given_bodies(asked: Asked) -> list[GivenBody]:
    """The bodies of a question, as a decision takes them."""
    return [GivenBody(tuple(each.services), tuple(each.members)) for each in asked.bodies]


def case_of_question(asked: Asked) -> tuple[Case, list[str]]:
    """The case of a question and the codes of its prefectures. Raises `InputError` where there are none such."""
    if asked.case not in (known := case_cards()):
        remedy = f"choose {', '.join(known) or 'a case with inputs'}"
        raise InputError([Problem("question", "is not a case", remedy, column="case", value=asked.case)])
    case = case_of(asked.case)
    return case, case.prefecture_codes(asked.prefectures, "question")


def package_asked(asked: Asked) -> ResolvedPackage:
    """The packages of a question with what it sets on top."""
    case, codes = case_of_question(asked)
    shelf = {each.name: each for each in packages()}
    names = [part.strip() for part in asked.package.split("+")]
    unknown = [name for name in names if name not in shelf]
    if unknown:
        raise InputError(
            [
                Problem(
                    "question",
                    "is no package on the shelf",
                    nearest(name[:80], shelf),
                    "",
                    "package",
                    name[:80],
                )
                for name in unknown
            ]
        )
    package = resolved(asked.case, "+".join(names), tuple(codes))
    settings = asked.all_settings()
    if not (settings or asked.assumptions):
        return package
    top = overlay_package(NAME, "the page", SAID, settings, asked.assumptions)
    return with_on_top(case, package, top, codes)


def _stamp(case: str) -> str:
    return folder_digest(input_folder(case)) + folder_digest(PACKAGES)


def bench_of(asked: Asked, package: ResolvedPackage) -> Bench:
    """The bench on which the package of a question is counted."""
    _, codes = case_of_question(asked)
    assumptions = tuple(sorted(package.assumptions.items()))
    return _laid_out(asked.case, tuple(codes), assumptions, _stamp(asked.case))


@once(KEPT)
def _laid_out(
    name: str, codes: tuple[str, ...], assumptions: tuple[tuple[str, float], ...], stamp: str
) -> Bench:
    case, package = case_of(name), resolved(name, STATUS_QUO, codes)
    if assumptions:
        top = overlay_package(NAME, "the page", SAID, {}, dict(assumptions))
        package = with_on_top(case, package, top, codes)
    return Bench(case, package, codes)


# ---- the answer


def answer_of(
    result: Result, case: str, with_places: bool | list[str] = True, layers: Sequence[str] = ()
) -> dict[str, Any]:
    """The answer that a result makes, in kinds that JSON has; numbers are those of the tables of a run."""
    after, before = result.accounts, result.baseline
    assert after is not None
    places = place_table(after, before)
    if isinstance(with_places, list):
        raise_if_any(
            [
                Problem("question", "is no column of places", nearest(name, places), "", "places", name[:80])
                for name in with_places
                if name not in places
            ]
        )
    change, people = places["change_yen_per_resident"], places["population_persons"]
    found = breach_table(result.breaches, after.instance)
    return {
        "package": result.package.name,
        "case": case,
        "status": str(result.worth),
        "cost": {
            "today_million_yen": before.real_cost,
            "million_yen": after.real_cost,
            "saving_million_yen": before.real_cost - after.real_cost,
            "released_million_yen": float(after.released),
            **{f"{name}_million_yen": float(value) for name, value in after.objective_parts.items()},
        },
        "sectors": columns_of(by_sector(side_by_side(after, before)).reset_index()),
        "roles": _roles(after, before),
        "places": columns_of(places if with_places is True else places[with_places]) if with_places else None,
        "summary": {
            "places_losing": int((places["gains"] < 0).sum()),
            "people_losing": int(people[places["gains"] < 0].sum()),
            "places_gaining": int((places["gains"] > 0).sum()),
            "people_gaining": int(people[places["gains"] > 0].sum()),
            "most_lost_yen_per_resident": float(-change.min()),
            "most_gained_yen_per_resident": float(change.max()),
            "bodies": len(after.decision.existing_bodies),
            "adjustment_rate": float(after.adjustment_rate),
        },
        "debts": _debts(after, before),
        "limits": _limits(found),
        "breaches": columns_of(found.iloc[:MOST_BREACHES]),
        "notes": list(result.package.warnings),
        "layers": layers_of(result, layers, places) if layers else None,
    }


def _roles(after: Accounts, before: Accounts) -> dict[str, list[Any]]:
    """The tier of every duty, today and now, and those that are open to it."""
    instance = after.instance
    duties, services = sorted(instance.groups.options), instance.services.tolist()
    return {
        "service": [str(services[s]) for s, _ in duties],
        "rule_group": [str(instance.groups.labels[k]) for _, k in duties],
        "tier_today": [before.decision.tier[duty] for duty in duties],
        "tier": [after.decision.tier[duty] for duty in duties],
        "open": [list(instance.groups.options[duty]) for duty in duties],
    }


def _debts(after: Accounts, before: Accounts) -> dict[str, Any]:
    """Governments at or over each step of the law, and who crosses one."""
    frame = after.instance.case.governments
    stages = {"today": debt_stages(before), "now": debt_stages(after)}
    ratios = {"today": debt_ratios(before), "now": debt_ratios(after)}
    crossed = np.flatnonzero(crossing(after, before))
    return {
        "steps": {
            when: {step: int((found == step).sum()) for step in STEPS} for when, found in stages.items()
        },
        "crossing": {
            "government": [str(frame.index[g]) for g in crossed],
            "name_ja": [str(frame["name_ja"].iloc[g]) for g in crossed],
            **{
                f"{name}_{when}_ratio": [float(ratios[when][n][g]) for g in crossed]
                for n, name in enumerate(("real_debt_service", "future_burden"))
                for when in ("today", "now")
            },
        },
    }


def _limits(found: Any) -> list[dict[str, Any]]:
    """Every limit that is not kept: in how many places, by how much at most and, of money, in all."""
    known, rows = load_settings(), []
    for (rule, setting, unit), part in found.groupby(["rule", "setting", "unit"], sort=False):
        yen = part["excess_yen"]
        rows.append(
            {
                "rule": rule,
                "setting": setting,
                "label_ja": known[setting].label_ja if setting in known else "",
                "unit": unit,
                "places": len(part),
                "most": float(part["excess"].max()),
                "all_yen": float(yen.sum()) if yen.notna().all() else None,
            }
        )
    return rows


def columns_of(table: Any) -> dict[str, list[Any]]:
    """The columns of a table as lists; what is no number is null."""
    plain: dict[str, list[Any]] = {}
    for name in table:
        values = table[name].tolist()
        missing = table[name].isna().any()
        plain[str(name)] = [None if value != value else value for value in values] if missing else values
    return plain
