"""Building one rung's program: laid out, written in Pyomo, compiled to arrays, written as an MPS file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import highspy
import numpy as np

from benchmarks.ladder import Rung
from benchmarks.question import question
from optimization.case.case import Case
from optimization.ledger.layout import lay_out
from optimization.model.columns import Columns, columns
from optimization.model.model import build_model
from optimization.model.screening import screen
from optimization.outcome.clock import Clock
from optimization.outcome.master import no_collection
from optimization.solving.highs import Limits, load
from optimization.solving.standard_form import StandardForm, compile_model


class Stopwatch(Clock):
    """The clock of a run, with the garbage collector paused in every phase."""

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Add the time of the block to a phase."""
        with no_collection(), super().phase(name):
            yield


def index_tables(case: Case, rung: Rung, prefectures: Sequence[str], watch: Stopwatch) -> Columns:
    """The rung laid out (phase `layout`): its index tables with every listed pair that the plain method
    would build, the reserve included. Raises InputError where the rung's settings are faulty."""
    package = question(case, rung, prefectures)
    case = case.with_parameters(package.assumptions)
    with watch.phase("layout"):
        instance = lay_out(case, package.settings, list(prefectures))
        screening = screen(instance)
    return columns(instance, screening, np.ones(len(screening.listed[0]), dtype=bool))


def built(table: Columns, watch: Stopwatch) -> StandardForm:
    """The program in arrays by way of Pyomo (phases `build` and `hand_off`), as a run of ours makes it."""
    with watch.phase("build"):
        model = build_model(table)
    with watch.phase("hand_off"):
        return compile_model(model)


def write_mps(form: StandardForm, path: Path) -> None:
    """Write the program as a free MPS file, columns c0, c1, ... and rows r0, r1, ... in the form's order.

    The constant of the objective stays out (readers disagree on its sign): add `form.constant` to what a
    solver reports. Raises RuntimeError when HiGHS cannot write it.
    """
    solver = load(replace(form, constant=0.0), Limits())
    if solver.writeModel(str(path)) == highspy.HighsStatus.kError:
        raise RuntimeError(f"HiGHS could not write {path.name}")
