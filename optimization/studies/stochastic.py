"""The crisis part as a stochastic program for mpi-sppy: its scenario creator on our builder.

First stage: everything decided beforehand (who answers, who provides, taxes, formula, leads, reserves). Second
stage: the response to one scenario. A year without a crisis is a scenario too. The extensive form of these models
is our own program, with the mean over scenarios in place of the weighted sum; when they outgrow one machine,
mpi-sppy spreads them over many: this file is a model module of its program `mpisppy.generic_cylinders`
(see docs/crisis.md). Needs the extra `stochastic`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimization.case.face import load_package
from optimization.case.load import load_case
from optimization.ledger.crisis import QUIET
from optimization.ledger.layout import lay_out
from optimization.model.columns import Columns, columns
from optimization.model.model import build_model
from optimization.model.screening import screen
from optimization.outcome.starting import starting_pairs
from optimization.reading.units import MILLION_IN_BILLION
from optimization.reading.whereabouts import DEFAULT_CASE
from optimization.rules.clarity import shortage_at_risk
from optimization.solving.highs import Limits

DECIDED = ("y", "x", "v", "z", "u", "q", "reserve", "rho", "theta", "phi", "kappa", "gamma", "sigma")
"""Blocks of variables decided before it is known which crisis strikes; accounts follow from them."""

PREFIX = "scenario"
START_GAP = 1e-3


def scenario_odds(table: Columns) -> dict[str, float]:
    """Annual probability of every scenario, the quiet year first. Raises ValueError where the package names no
    crisis or bounds the value at risk, which ties the scenarios together."""
    crisis = table.instance.crisis
    if crisis is None:
        raise ValueError("the package names no crisis: name some in crisis.scenarios")
    if shortage_at_risk.in_force(table.instance.settings):
        raise ValueError("a bound on the value at risk (C7) ties the scenarios together: take it out")
    odds = dict(zip(crisis.names, crisis.probability.tolist(), strict=True))
    return {QUIET: max(0.0, 1.0 - sum(odds.values())), **odds}


def scenario_names_creator(num_scens: int, start: int | None = None) -> list[str]:
    """Names under which mpi-sppy knows the scenarios: their numbers in the order of `scenario_odds`."""
    return [f"{PREFIX}{n}" for n in range(start or 0, (start or 0) + num_scens)]


def scenario_creator(name: str, table: Columns, odds: Mapping[str, float]) -> pyo.ConcreteModel:
    """The model of one scenario with its probability and first stage, as mpi-sppy wants it."""
    from mpisppy.utils.sputils import attach_root_node

    scenario = list(odds)[int(name.removeprefix(PREFIX))]
    model = build_model(replace(table, scenario=scenario))
    model._mpisppy_probability = odds[scenario]
    bound_reserves(model, table)
    attach_root_node(model, model.total_cost, first_stage(model))
    return model


def bound_reserves(model: pyo.ConcreteModel, table: Columns) -> None:
    """No reserve beyond what could serve the largest surge of the nation, lent or not: mpi-sppy prices decisions, and
    one without a bound would have no optimum at some prices."""
    crisis, parameters = table.instance.crisis, table.instance.case.parameters
    assert crisis is not None and table.crisis is not None
    least = (1.0 - parameters("aid_loss_bloc")) * (1.0 - parameters("aid_loss_nation"))
    lent = least * table.instance.settings["crisis.aid_share"]
    surge = MILLION_IN_BILLION * crisis.demand.sum(axis=1).max(axis=0) / (lent if lent > 0 else 1.0)
    for m, (_, _, s) in enumerate(table.crisis.reserves):
        model.reserve[m].setub(float(surge[s]))


def scenario_denouement(rank: int, name: str, model: pyo.ConcreteModel) -> None:
    """Nothing remains to be done with a scenario that is solved."""


def first_stage(model: pyo.ConcreteModel) -> list[Any]:
    """Variables decided before it is known which crisis strikes, in the order of the model."""
    blocks = (model.component(name) for name in DECIDED)
    return [variable for block in blocks if block is not None for variable in block.values()]


def extensive_form(table: Columns) -> pyo.ConcreteModel:
    """All scenarios in one model, put together by mpi-sppy; the objective is `EF_Obj`."""
    from mpisppy.utils.sputils import create_EF

    odds = scenario_odds(table)
    names = scenario_names_creator(len(odds))
    return create_EF(names, scenario_creator, {"table": table, "odds": odds}, suppress_warnings=True)


def inparser_adder(cfg: Any) -> None:
    """Options of mpi-sppy's program: the case, the package and its prefectures beside the number of scenarios."""
    cfg.num_scens_required()
    cfg.add_to_config("case", "folder of the case", str, str(DEFAULT_CASE))
    cfg.add_to_config("package", "reform package, or several joined by +", str, "crisis_ready")
    cfg.add_to_config("prefectures", "names or codes separated by commas; all by default", str, "")


def kw_creator(cfg: Any) -> dict[str, Any]:
    """The laid-out question for `scenario_creator`, with the pairs a run would start from. Raises `ValueError` when
    the number of scenarios is not that of the package and the quiet year."""
    case = load_case(cfg.case)
    named = [name for name in cfg.prefectures.split(",") if name.strip()]
    prefectures = case.prefecture_codes(named, "command line", "--prefectures")
    package = load_package(case, cfg.package, prefectures)
    instance = lay_out(case.with_parameters(package.assumptions), package.settings, prefectures)
    screening = screen(instance)
    inside = starting_pairs(instance, screening, Limits(gap=START_GAP)).inside
    table = columns(instance, screening, np.asarray(inside))
    odds = scenario_odds(table)
    if cfg.num_scens != len(odds):
        raise ValueError(f"--num-scens must be {len(odds)}: {', '.join(odds)}")
    return {"table": table, "odds": odds}
