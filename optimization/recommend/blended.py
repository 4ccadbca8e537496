"""One question under the costs of many worlds, and its cheapest plan at any blend of them.

The rows are those of the central world: which worlds break a limit is told afterwards. In the costs every world
differs, so that a blend of worlds is one ordinary question whose costs are the blend of theirs. Every answer stands on
its own: which pairs can pay, and with which the program begins, is worked out at the costs of the blend, so that it
hangs on nothing that was asked before, nor on the worlds that weigh nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import numpy as np

from optimization.case.resolved import ResolvedPackage
from optimization.costs.social import SocialCosts, mean_of
from optimization.dictionary.settings import with_values
from optimization.errors import InputError, Problem
from optimization.ledger.decision import Decision
from optimization.ledger.instance import Instance
from optimization.ledger.worlds import World, Worlds
from optimization.model.columns import Columns, columns
from optimization.model.objective import terms as objective_terms
from optimization.model.screening import Screening, screen
from optimization.outcome.clock import Clock
from optimization.outcome.in_place import with_what_is_known
from optimization.outcome.master import MasterProblem, master_problem
from optimization.outcome.readback import Values, read_decision
from optimization.outcome.relaxed import searched
from optimization.outcome.starting import Start, as_mask, starting_pairs
from optimization.outcome.steps import BODY, Duty
from optimization.outcome.terms import PLAIN, Terms
from optimization.outcome.unlisted import wanted
from optimization.solving.deadline import Deadline
from optimization.solving.decomposed import PartSolution
from optimization.solving.highs import Limits
from optimization.solving.highs import solve as solve_plain
from optimization.solving.standard_form import changed

HALF: Final = 0.5
"""Value from which the relaxation of a blend is held to take a duty up: worlds far from the centre divide many duties,
and what is worth most of them is told by their rows, not to be spread."""

NO_PRICE: Final = 1e-12
"""Million yen at which joint work that costs nothing in a world is priced, so that its columns are those of others."""

MOST_KEPT: Final = 64
"""Worlds of which the costs are kept at hand."""

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
    """The cheapest plan at some weights of the worlds (W,): `bound`, below which no plan's blended cost lies, the plan
    (None where none was found), what the objective counts of its formula, in every world alike (`judged`), million yen
    a year, and the solver's status."""

    weights: np.ndarray
    bound: float
    plan: Plan | None
    judged: float
    status: str


@dataclass
class Blends:
    """The question of a package under the costs of some worlds. Raises `InputError` for packages whose question is
    more than one year without crises over a list of bodies."""

    worlds: Worlds
    drawn: Sequence[World]
    limits: Limits
    method: str = "auto"
    kept: dict[object, Instance] = field(default_factory=dict, repr=False)

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

    def over(self, drawn: Sequence[World]) -> Blends:
        """The question over other worlds, which share what is known of their costs."""
        return replace(self, drawn=tuple(drawn))

    @property
    def instance(self) -> Instance:
        """The question at the central values, whose rows hold in all worlds."""
        return self.worlds.instance

    @property
    def package(self) -> ResolvedPackage:
        """What is asked."""
        return self.worlds.package

    @property
    def questions(self) -> list[Instance]:
        """The question in every world, with what its objective needs and no more."""
        return [self.question(world) for world in self.drawn]

    def question(self, world: World) -> Instance:
        """The question in a world: its social costs, offices, bundles and settings, and of the rest what the central
        one holds, for the tables behind them would fill the memory with forty worlds."""
        key = world.key
        if key not in self.kept:
            while len(self.kept) >= max(MOST_KEPT, len(self.drawn)):
                del self.kept[next(iter(self.kept))]
            self.kept[key] = self._slim(self.worlds.question_in(world))
        return self.kept[key]

    def _slim(self, question: Instance) -> Instance:
        costs = replace(self.instance.costs, unit_fixed=question.costs.unit_fixed)
        slim = replace(question, costs=costs, standard=self.instance.standard)
        known = {name: getattr(self.instance, name) for name in ("areas", "today", "prefecture")}
        own = {name: getattr(question, name) for name in ("social", "offices", "bundles")}
        price, before = question.joint_work_price, self.instance.joint_work_price
        own["joint_work_price"] = np.where(before > 0, np.maximum(price, NO_PRICE), 0.0)
        vars(slim).update(known | own)
        return slim

    @cached_property
    def everything(self) -> Screening:
        """The pairs that could pay in some world: what pays in none pays at no blend either."""
        paying = np.any(
            [as_mask(self.instance, found, np.arange(len(found.listed[0])) < len(found.kept[0])) for found in
             (screen(self.priced(question.social, question.settings[BODY])) for question in self.questions)],
            axis=0,
        )  # fmt: skip
        return screen(self.instance, paying)

    def seen(self, plans: Iterable[Plan]) -> np.ndarray:
        """The pairs that some plans have and those of today that must stand, boolean (B, W)."""
        seen = self.instance.standing_pairs.copy()
        for body, column in {pair for plan in plans for pair in plan.joint}:
            seen[body, column] = True
        return seen

    def table(self, plans: Iterable[Plan]) -> Columns:
        """Index tables over the pairs that some plans have and those of today that must stand."""
        seen = self.seen(plans)
        screening = screen(self.instance, seen)
        return columns(self.instance, screening, seen[screening.listed])

    def cheapest(self, weights: np.ndarray, seconds: float, gap: float | None = None) -> Evaluated:
        """The cheapest plan at a blend of the worlds, found in at most some seconds, to a gap of its own or that of the
        limits."""
        deadline, best, solved = Deadline(seconds), None, dict[bytes, PartSolution]()
        weighing = np.flatnonzero(weights)
        questions, shares = [self.question(self.drawn[w]) for w in weighing.tolist()], weights[weighing]
        blend = self._blend(questions, shares)
        screening = screen(blend)
        limits = self.limits if gap is None else replace(self.limits, gap=gap)
        terms = Terms(limits, self.method, taken_up=HALF).on(blend, screening)
        plain = terms.method == PLAIN
        start = Start.whole(screening) if plain else starting_pairs(blend, screening, limits)
        while True:
            problem = master_problem(columns(self.instance, screening, start.inside), Clock())
            cost, constant = costs_of(problem, questions)
            form = changed(problem.form, cost=shares @ cost, constant=float(shares @ constant))
            problem = MasterProblem(with_blend(problem.columns, blend), problem.model, form)
            own, entering = replace(terms, limits=deadline.within(terms.limits)), None
            if plain:
                outcome = solve_plain(form, own.limits)
            else:
                round_ = searched(problem, start, own, solved)
                outcome, entering = round_.outcome, None if round_.final else round_.entering
            plan, judged = (None, 0.0) if outcome.values is None else read_plan(problem, outcome.values)
            found = Evaluated(weights, outcome.bound, plan, judged, str(outcome.status))
            best = (found, outcome.objective) if best is None else _better(best, found, outcome.objective)
            if entering is None or deadline.over:
                return best[0]
            start = replace(start, inside=start.inside | entering)

    def _blend(self, questions: Sequence[Instance], shares: np.ndarray) -> Instance:
        """The central question with the social costs of a blend."""
        social = mean_of([question.social for question in questions], shares)
        return self.priced(social, float(shares @ [question.settings[BODY] for question in questions]))

    def priced(self, social: SocialCosts, standing: float) -> Instance:
        """The central question with other social costs and another standing cost of a body."""
        other = replace(self.instance, settings=with_values(self.instance.settings, {BODY: standing}))
        priced = with_what_is_known(self.instance, other, without=("social", "as_today"))
        vars(priced)["social"] = social
        return priced


def read_plan(problem: MasterProblem, values: np.ndarray) -> tuple[Plan, float]:
    """The plan of a point of a program, and what the objective counts of its formula, million yen."""
    form = problem.form
    point = np.where(form.integer, np.round(values), values)
    money = np.ones(len(form.cost), dtype=bool)
    money[problem.provision] = False
    decision = read_decision(problem.columns, problem.model, Values(form, point))
    return Plan.of(decision), float(form.cost[money] @ point[money])


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


def _better(old: tuple[Evaluated, float], new: Evaluated, objective: float) -> tuple[Evaluated, float]:
    """The plan that costs less at the weights, and its cost, with the better bound."""
    found, before = old
    bound = max(found.bound, new.bound)
    if new.plan is None or before < objective:
        return replace(found, bound=bound, status=new.status), before
    return replace(new, bound=bound), objective
