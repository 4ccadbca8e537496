"""From Pyomo to arrays: every row, bound and cost is the model's own, found by its name."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest

from optimization.model.model import build_model
from optimization.solving.highs import solve
from optimization.solving.standard_form import StandardForm, compile_model
from tests.model.random_case import random_question
from tests.small_case import EXACT


def assert_same(model: pyo.ConcreteModel, form: StandardForm, draw: np.random.Generator) -> None:
    """Rows, right sides, bounds, kinds and cost against the Pyomo model at random points."""
    active = list(model.component_data_objects(pyo.Constraint, active=True))
    assert {row.name for row in form.constraints} == {row.name for row in active}
    assert len(form.constraints) == len(active) == form.matrix.shape[0]
    assert len({v.name for v in form.variables}) == len(form.variables) == form.matrix.shape[1]
    for _ in range(3):
        point = draw.uniform(-2, 2, len(form.variables))
        for variable, value in zip(form.variables, point, strict=True):
            variable.set_value(value, skip_validation=True)
        for variable in model.component_data_objects(pyo.Var):
            if variable.value is None:
                variable.set_value(0.0, skip_validation=True)
        activity = form.matrix @ point
        for n, row in enumerate(form.constraints):
            body = pyo.value(row.body)
            lower = -np.inf if row.lower is None else pyo.value(row.lower)
            upper = np.inf if row.upper is None else pyo.value(row.upper)
            slack = [activity[n] - form.row_lower[n], form.row_upper[n] - activity[n]]
            assert slack == pytest.approx([body - lower, upper - body], abs=1e-8), row.name
        objective = next(model.component_data_objects(pyo.Objective, active=True))
        assert form.cost @ point + form.constant == pytest.approx(pyo.value(objective.expr))
    for n, variable in enumerate(form.variables):
        low, high = variable.bounds
        assert form.lower[n] == (-np.inf if low is None else low), variable.name
        assert form.upper[n] == (np.inf if high is None else high), variable.name
        assert form.integer[n] == variable.is_integer(), variable.name


@pytest.mark.parametrize("seed", [0, 2, 15, 20, 33])
def test_the_arrays_are_the_pyomo_model(seed: int) -> None:
    model = build_model(random_question(seed).columns())
    assert_same(model, compile_model(model), np.random.default_rng(seed))


def test_the_arrays_of_a_model_with_every_kind_of_row_and_a_constant() -> None:
    model = pyo.ConcreteModel()
    model.x = pyo.Var(["a", "b"], bounds=(-1, 4))
    model.n = pyo.Var(domain=pyo.Integers, bounds=(0, None))
    model.unused = pyo.Var()
    model.least = pyo.Constraint(expr=model.x["a"] + 2 * model.n + 1 >= 3)
    model.most = pyo.Constraint(expr=3 * model.x["b"] - model.n <= 7)
    model.equal = pyo.Constraint(expr=model.x["a"] + model.x["b"] == 2)
    model.cost = pyo.Objective(expr=model.x["a"] + 5 * model.n + 11)
    form = compile_model(model)
    assert form.constant == 11.0
    assert "unused" not in {variable.name for variable in form.variables}
    assert_same(model, form, np.random.default_rng(0))
    # n = 0: x_a = 2 (least row), n = 1: x_a = 0, x_b = 2: cost 0 + 5; n = 2: x_a = -1, x_b = 3, cost 9
    assert solve(form, EXACT).objective == pytest.approx(11 + 2)


def test_the_order_in_which_rows_are_built_changes_no_value() -> None:
    values = []
    for names in (["r1", "r2"], ["r2", "r1"]):
        model = pyo.ConcreteModel()
        model.x = pyo.Var([0, 1], bounds=(0, 3))
        for name in names:
            row = model.x[0] + 2 * model.x[1] >= 3 if name == "r1" else 2 * model.x[0] + model.x[1] <= 2
            model.add_component(name, pyo.Constraint(expr=row))
        model.cost = pyo.Objective(expr=model.x[0] + 3 * model.x[1])
        form = compile_model(model)
        at = {variable.name: n for n, variable in enumerate(form.variables)}
        solution = solve(form, EXACT).values
        values.append([solution[at["x[0]"]], solution[at["x[1]"]]])
    # where the rows cross: x0 = 1/3, x1 = 4/3
    assert np.array(values) == pytest.approx(np.array([[1 / 3, 4 / 3]] * 2))
