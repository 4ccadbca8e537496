"""One question under the costs of many worlds, and its cheapest plan at any blend of them.

The rows are those of the central world: which worlds break a limit is told afterwards. In the costs every world
differs, so that a blend of worlds is one ordinary question whose costs are the blend of theirs: nothing but the
objective changes, and the pairs of body and service that one blend has let in stay for the next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np
from scipy import sparse

from optimization.case.resolved import ResolvedPackage
from optimization.dictionary.settings import with_values
from optimization.errors import InputError, Problem
from optimization.ledger.decision import Decision
from optimization.ledger.instance import Instance, SocialCosts
from optimization.ledger.worlds import World, Worlds
from optimization.model.columns import Columns, columns
from optimization.model.objective import terms as objective_terms
from optimization.model.screening import Screening, screen
from optimization.outcome.clock import Clock
from optimization.outcome.in_place import with_what_is_known
from optimization.outcome.master import MasterProblem, master_problem
from optimization.outcome.readback import Values, read_decision
from optimization.outcome.relaxed import searched
from optimization.outcome.session import Duty
from optimization.outcome.starting import Start, as_mask, starting_pairs
from optimization.outcome.terms import PLAIN, Terms
from optimization.outcome.unlisted import wanted
from optimization.solving.deadline import Deadline
from optimization.solving.decomposed import PartSolution
from optimization.solving.highs import Limits, Outcome
from optimization.solving.highs import solve as solve_plain
from optimization.solving.standard_form import StandardForm, changed

BODY: Final = "weights.body_million_yen"
NO_PRICE: Final = 1e-12
"""Million yen at which joint work that costs nothing in a world is priced, so that its columns are those of others."""

IMPLIED: Final = ("z", "u", "apart")
"""Blocks of columns that follow from who answers and who provides, and only cost."""

IMPLYING: Final = ("R3", "R5", "R11")
"""Rules by which they follow, one of them in every row."""

WHOLE: Final = 1e-6

COSTS_ALONE = (
    "_units", "unit_cost", "gross_cost", "net_cost", "debt_service_moved", "recognised_need", "today", "crisis",
    "later",
)  # fmt: skip
"""What index tables have worked out of a question's costs."""


@dataclass(frozen=True)
class Plan:
    """Who answers and who provides together: the tier of every duty (service, rule group), and pairs of a body of the
    list and a wide-area service, sorted. All by position."""

    tier: Mapping[Duty, str]
    joint: tuple[tuple[int, int], ...]

    @staticmethod
    def of(decision: Decision) -> Plan:
        """What a decision says of both."""
        return Plan(dict(decision.tier), tuple(sorted(decision.joint)))

    @property
    def name(self) -> tuple[object, ...]:
        """What tells a plan from others."""
        return tuple(sorted(self.tier.items())), self.joint


@dataclass(frozen=True)
class Evaluated:
    """The cheapest plan at some weights of the worlds (W,): `bound`, below which no plan's blended cost lies; the plan
    and its cost in every world (W,), million yen a year, None and infinite where none was found; and the solver's
    status. `inside` are the listed pairs that stand in the program, boolean over the list."""

    weights: np.ndarray
    bound: float
    plan: Plan | None
    costs: np.ndarray
    status: str
    inside: np.ndarray


class Priced(NamedTuple):
    """A program, the cost of its columns in every world (W, columns) and the constants (W,)."""

    master: MasterProblem
    costs: tuple[np.ndarray, np.ndarray]

    def read(self, values: np.ndarray) -> tuple[Plan, np.ndarray]:
        """The plan of a point of the program, and what it costs in every world (W,), million yen."""
        (cost, constant), form = self.costs, self.master.form
        point = no_more_than_needed(form, np.where(form.integer, np.round(values), values))
        decision = read_decision(self.master.columns, self.master.model, Values(form, point))
        return Plan.of(decision), cost @ point + constant


@dataclass
class Blends:
    """The question of a package under the costs of some worlds. Raises `InputError` for packages whose question is
    more than one year without crises over a list of bodies."""

    worlds: Worlds
    drawn: Sequence[World]
    limits: Limits
    method: str = "auto"
    solved: dict[bytes, PartSolution] = field(default_factory=dict)
    _last: tuple[bytes, Priced] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        instance = self.worlds.instance
        refused = [
            Problem(self.worlds.package.name, message, "leave it out, or ask 'sensitivity' of the package", column=key)
            for key, message, here in (
                ("horizon.years", "asks for later years, of which one plan for many worlds is not sought yet",
                 instance.horizon is not None),
                ("crisis.scenarios", "asks for crises, of which one plan for many worlds is not sought yet",
                 instance.crisis is not None),
                ("wide_area.sources", "leaves bodies to pricing, which one plan for many worlds does not know yet",
                 wanted(instance)),
            )
            if here
        ]  # fmt: skip
        if refused:
            raise InputError(refused)

    @property
    def instance(self) -> Instance:
        """The question at the central values, whose rows hold in all worlds."""
        return self.worlds.instance

    @property
    def package(self) -> ResolvedPackage:
        """What is asked."""
        return self.worlds.package

    @cached_property
    def questions(self) -> list[Instance]:
        """The question in every world, with what its objective needs and no more."""
        return [self._slim(self.worlds.question_in(world)) for world in self.drawn]

    def _slim(self, question: Instance) -> Instance:
        """A question that holds its social costs, offices, bundles and settings, and of the rest what the central one
        holds: the tables behind them would fill the memory with forty worlds."""
        costs = replace(self.instance.costs, unit_fixed=question.costs.unit_fixed)
        slim = replace(question, costs=costs, standard=self.instance.standard)
        known = {name: getattr(self.instance, name) for name in ("areas", "today", "prefecture")}
        own = {name: getattr(question, name) for name in ("social", "offices", "bundles")}
        price, before = question.joint_work_price, self.instance.joint_work_price
        own["joint_work_price"] = np.where(before > 0, np.maximum(price, NO_PRICE), 0.0)
        vars(slim).update(known | own)
        return slim

    @cached_property
    def screening(self) -> Screening:
        """The pairs that could pay in some world: what pays in none pays at no blend either."""
        paying = np.any(
            [as_mask(self.instance, found, np.arange(len(found.listed[0])) < len(found.kept[0])) for found in
             (screen(self._priced(question.social, question.settings[BODY])) for question in self.questions)],
            axis=0,
        )  # fmt: skip
        return screen(self.instance, paying)

    @cached_property
    def terms(self) -> Terms:
        """How each blend is solved."""
        return Terms(self.limits, self.method).on(self.instance, self.screening)

    @cached_property
    def start(self) -> Start:
        """The pairs with which the first blend begins."""
        if self.terms.method == PLAIN:
            return Start.whole(self.screening)
        return starting_pairs(self.instance, self.screening, self.limits)

    def priced(self, inside: np.ndarray) -> Priced:
        """The program over some pairs, boolean over the list, at the central costs, with its costs in every world; the
        last one is kept for the next blend."""
        key = np.packbits(inside).tobytes()
        if self._last is None or self._last[0] != key:
            self._last = key, self.priced_apart(inside)
        return self._last[1]

    def priced_apart(self, inside: np.ndarray) -> Priced:
        """What `priced` gives, without giving up the one that the next blend goes on from."""
        master = master_problem(columns(self.instance, self.screening, inside), Clock())
        return Priced(master, costs_of(master, self.questions))

    def cheapest(self, weights: np.ndarray, inside: np.ndarray, seconds: float) -> Evaluated:
        """The cheapest plan at a blend of the worlds, found in at most some seconds, from some pairs on."""
        deadline, best = Deadline(seconds), None
        blend = self._blend(weights)
        while True:
            priced = self.priced(inside)
            problem, (cost, constant) = priced
            form = changed(problem.form, cost=weights @ cost, constant=float(weights @ constant))
            asked = MasterProblem(with_blend(problem.columns, blend), problem.model, form)
            terms = replace(self.terms, limits=deadline.within(self.terms.limits))
            if terms.method == PLAIN:
                outcome, entering = solve_plain(form, terms.limits), None
            else:
                round_ = searched(asked, replace(self.start, inside=inside), terms, self.solved)
                outcome = round_.outcome
                entering = None if round_.final else round_.entering
            found = self._read(weights, priced, outcome, inside)
            best = found if best is None else _better(best, found, weights)
            if entering is None or deadline.over:
                return best
            inside = inside | entering

    def _read(self, weights: np.ndarray, priced: Priced, outcome: Outcome, inside: np.ndarray) -> Evaluated:
        plan, costs = None, np.full(len(self.drawn), np.inf)
        if outcome.values is not None:
            plan, costs = priced.read(outcome.values)
        return Evaluated(weights, outcome.bound, plan, costs, str(outcome.status), inside)

    def _blend(self, weights: np.ndarray) -> Instance:
        """The central question with the social costs of a blend."""
        parts = [question.social for question in self.questions]

        def mean(each: list[np.ndarray]) -> np.ndarray:
            return np.asarray(sum(w * part for w, part in zip(weights, each, strict=True) if w > 0))

        tiers = {t: mean([part.by_tier[t] for part in parts]) for t in parts[0].by_tier}
        bodies, alone, judged = (
            mean([getattr(part, name) for part in parts]) for name in ("bodies", "alone", "judged")
        )
        social = SocialCosts(tiers, bodies, alone, judged)
        standing = float(weights @ [question.settings[BODY] for question in self.questions])
        return self._priced(social, standing)

    def _priced(self, social: SocialCosts, standing: float) -> Instance:
        """The central question with other social costs and another standing cost of a body."""
        other = replace(self.instance, settings=with_values(self.instance.settings, {BODY: standing}))
        priced = with_what_is_known(self.instance, other, without=("social", "as_today"))
        vars(priced)["social"] = social
        return priced


def no_more_than_needed(form: StandardForm, values: np.ndarray) -> np.ndarray:
    """A point with bodies, offices and tiers apart (z, u, apart) at the least that who answers and who provides leave
    them: what costs nothing at one blend of worlds may stand idle there, and costs in others."""
    result = values.copy()
    free = np.zeros(len(values), dtype=bool)
    for name in IMPLIED:
        free[form.columns_of(name)] = True
    alone = np.concatenate([form.rows_of(name) for name in IMPLYING])
    part = sparse.csr_matrix(form.matrix[alone][:, free])  # one of them in every such row
    columns = np.flatnonzero(free)[part.indices]
    rest = form.matrix[alone] @ np.where(free, 0.0, values)
    up = part.data > 0
    with np.errstate(invalid="ignore"):  # of a side that is open
        needed = np.where(up, form.row_lower[alone] - rest, form.row_upper[alone] - rest) / part.data
    least = np.where(np.isfinite(form.lower), form.lower, 0.0)
    np.maximum.at(least, columns, np.where(np.isfinite(needed), needed, -np.inf))
    result[free] = np.where(form.integer[free], np.ceil(least[free] - WHOLE), least[free])
    return result


def with_blend(table: Columns, instance: Instance) -> Columns:
    """Index tables with the question of a blend behind them: none of them hangs on social costs."""
    return with_what_is_known(table, replace(table, instance=instance), without=("later",))


def costs_of(problem: MasterProblem, questions: Sequence[Instance]) -> tuple[np.ndarray, np.ndarray]:
    """Cost of every column of a program under the objective of each question (W, columns), and its constant (W,)."""
    form, rows, constants = problem.form, [], []
    for question in questions:
        table = with_what_is_known(
            problem.columns, replace(problem.columns, instance=question), without=COSTS_ALONE
        )
        pairs, constant = objective_terms(problem.model, table)
        row = np.zeros(len(form.cost))
        for coefficient, variable in pairs:
            number = form.column_of(variable)
            if number >= 0:
                row[number] += coefficient
        rows.append(row)
        constants.append(float(constant))
    return np.array(rows), np.array(constants)


def _better(old: Evaluated, new: Evaluated, weights: np.ndarray) -> Evaluated:
    """The plan that costs less at the weights with the better bound, over the pairs of the later."""
    bound = max(old.bound, new.bound)
    if old.plan is not None and (new.plan is None or weights @ old.costs < weights @ new.costs):
        return replace(old, bound=bound, inside=new.inside)
    return replace(new, bound=bound)
