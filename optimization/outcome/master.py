"""The restricted master problem: the program over those pairs of body and service that have been let in."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyomo.core as pyo

from optimization.ledger.instance import Instance
from optimization.model.choice import PROVISION
from optimization.model.columns import Columns
from optimization.model.model import build_model
from optimization.outcome.clock import Clock
from optimization.solving.standard_form import StandardForm, compile_model


@dataclass(frozen=True)
class MasterProblem:
    """A program in its three forms: index tables of its columns, Pyomo model, arrays for the solver."""

    columns: Columns
    model: pyo.ConcreteModel
    form: StandardForm

    @property
    def instance(self) -> Instance:
        """The question that the program asks."""
        return self.columns.instance

    @cached_property
    def provision(self) -> np.ndarray:
        """Positions among the columns of those of who answers and who provides: of all that is no money."""
        return np.sort(np.concatenate([self.form.columns_of(name) for name in PROVISION]))


def master_problem(columns: Columns, clock: Clock) -> MasterProblem:
    """The program over some columns, built (phase `build`) and compiled to arrays (phase `hand_off`)."""
    with clock.phase("build"), no_collection():
        model = build_model(columns)
    with clock.phase("hand_off"), no_collection():
        form = compile_model(model)
    return MasterProblem(columns, model, form)


@contextmanager
def no_collection() -> Iterator[None]:
    """Pause the garbage collector: nothing built here becomes garbage, and its scans cost seconds."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
