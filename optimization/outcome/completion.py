"""A plan from a relaxation over several years, its money settled by the ledger.

With the statute fixed, provision falls into parts that HiGHS solves at once. The money does not: in every year a bond
and the shares of taxes decide together who receives. The ledger knows the least bond for any shares, so a few shares
are tried there, and the plan is put back into the program as one of its points. Where the first of them breaks a rule,
the ledger still tells who receives in which year and which pool is short: with these switches held, the money of all
governments is linear, and the statute that keeps the rules is searched. Either plan serves as an incumbent; the bound
is the relaxation's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from optimization.dictionary.tiers import ACCOUNT_TIERS
from optimization.ledger.accounts import Accounts, with_bonds
from optimization.ledger.allocation import SETTLED
from optimization.ledger.decision import Decision
from optimization.model.columns import Columns
from optimization.model.horizon import SHARED, block_name
from optimization.outcome.lightened import ROOMS, lightened
from optimization.outcome.master import MasterProblem
from optimization.outcome.readback import Values, read_decision
from optimization.reading.units import MILLION_IN_BILLION
from optimization.rules.checks import breaches
from optimization.solving.branching import as_columns, rounded
from optimization.solving.deadline import Deadline
from optimization.solving.decomposed import exclusive_choices, solve_decomposed, solve_part
from optimization.solving.highs import Limits, Outcome, Status, gap_reached
from optimization.solving.highs import solve as solve_plain
from optimization.solving.residual import fix, split
from optimization.solving.standard_form import StandardForm

PART_SHARE = 0.1
"""Part of the asked gap that each part of provision may use up of its own cost."""

STEPS = 4
"""Steps between the ends of a common counted share that are tried beside the relaxation's."""

ANY_PLAN = 1.0
"""Relative gap at which the first plan is good enough."""

WHOLE, FOLLOWING = ("y", "v", "q"), ("x", "z", "u")
"""Blocks of decisions that are whole numbers, and blocks that follow from these."""

SETTLING = 0.5
"""Part of the time for a plan over a horizon in which the ledger may settle its money."""


def any_plan(problem: MasterProblem, relaxed: Outcome, seconds: float) -> Outcome:
    """The first plan met, or the proof that there is none; over a horizon the ledger settles its money first."""
    limits, deadline = Limits(gap=ANY_PLAN, threads=1, seconds=seconds), Deadline(seconds)
    if problem.columns.later:
        settling = replace(limits, seconds=SETTLING * seconds)
        plan = completed(problem, national_columns(problem.form), relaxed, settling)
        if plan is not None:
            return plan
        limits = deadline.within(limits)
    return first_plan(problem.form, relaxed, limits.seconds)


def first_plan(form: StandardForm, relaxed: Outcome, seconds: float) -> Outcome:
    """The first plan of a program that is met, or the proof that there is none."""
    limits = Limits(gap=ANY_PLAN, threads=1, seconds=seconds)
    return solve_decomposed(form, national_columns(form), limits, relaxed=relaxed)


def national_columns(form: StandardForm) -> np.ndarray:
    """Positions of the decisions of the statute: who answers for a service, who leads in a crisis."""
    return np.concatenate([form.column_family("y")[0], form.column_family("q")[0]])


def completed(
    problem: MasterProblem, national: np.ndarray, relaxed: Outcome, limits: Limits
) -> Outcome | None:
    """The best plan found for the relaxation's statute in the time given, against the relaxation's bound; None where
    none is sound. Of the shares no more are tried once one is good enough."""
    instance, deadline, form = problem.instance, Deadline(limits.seconds), problem.form
    assert relaxed.values is not None
    choices = exclusive_choices(form, national)
    guide = relaxed.values.copy()
    columns, chosen = as_columns(choices, rounded(relaxed.values, choices))
    guide[columns] = chosen
    values = _provided(form, national, guide, limits)
    if values is None:
        return None
    decision = read_decision(problem.columns, problem.model, Values(form, values))
    best: Accounts | None = None
    for n, tried in enumerate(_shares(problem.columns, decision)):
        good_enough = best is not None and gap_reached(best.objective, relaxed.bound, limits.gap)
        if good_enough or (n and deadline.over):
            break
        accounts = Accounts(instance, with_bonds(instance, tried))
        if best is not None and accounts.objective >= best.objective:
            continue
        if not breaches(accounts):
            best = accounts
        elif not n:
            plan = _mended(problem, national, (accounts, values), relaxed, deadline.within(limits))
            if plan is not None or instance.settings[SETTLED]:
                return plan
    return None if best is None else _as_point(problem, best, values, relaxed, limits)


def _mended(
    problem: MasterProblem,
    national: np.ndarray,
    broken: tuple[Accounts, np.ndarray],
    relaxed: Outcome,
    limits: Limits,
) -> Outcome | None:
    """A sound plan near one that breaks a rule, whose accounts and point are given: with the changes given back by
    which debts break theirs, or whatever statute keeps the rules with who receives held as it is."""
    deadline, form = Deadline(limits.seconds), problem.form
    accounts, values = broken
    for room in ROOMS:
        guide = lightened(problem, accounts, values, relaxed, room)
        point = None if guide is None else _provided(form, national, guide, deadline.within(limits))
        if point is None:
            break
        decision = read_decision(problem.columns, problem.model, Values(form, point))
        accounts, values = Accounts(problem.instance, with_bonds(problem.instance, decision)), point
        if not breaches(accounts):
            return _as_point(problem, accounts, values, relaxed, deadline.within(limits))
    return _with_switches(problem, national, broken[0], relaxed, deadline.within(limits))


def _with_switches(
    problem: MasterProblem, national: np.ndarray, accounts: Accounts, relaxed: Outcome, limits: Limits
) -> Outcome | None:
    """The best plan found in which those receive who do under some accounts, and those pools are short, against the
    relaxation's bound; None where none is found."""
    form, wanted = problem.form, switches(problem, accounts)
    columns = np.array([n for n, v in enumerate(form.variables) if id(v) in wanted], dtype=int)
    held = fix(form, columns, np.array([wanted[id(form.variables[n])] for n in columns]))
    limits, deadline = replace(limits, threads=1), Deadline(limits.seconds)
    own = solve_plain(held, limits, relax=True)
    found = solve_decomposed(held, national, deadline.within(limits), relaxed=own)
    return None if found.values is None else _against(found, relaxed, limits)


def _provided(
    form: StandardForm, national: np.ndarray, guide: np.ndarray, limits: Limits
) -> np.ndarray | None:
    """Values of all columns with the statute of a point and every part but the money solved; None where nothing can be
    provided under it."""
    try:
        parts, fixed, _ = split(fix(form, national, np.round(guide[national])))
    except ValueError:
        return None
    money = np.zeros(len(form.cost), dtype=bool)
    money[form.column_family("transfer")[0]] = True
    values = np.where(np.isnan(fixed), guide, fixed)
    for part in parts:
        if not money[part.columns].any():
            found = solve_part(part.form, replace(limits, gap=PART_SHARE * limits.gap, threads=1))
            if found.values is None:
                return None
            values[part.columns] = found.values
    return values


def _shares(table: Columns, decision: Decision) -> Iterator[Decision]:
    """The decision, and with other common counted shares of each tier between their ends."""
    yield decision
    tax = table.instance.tax
    common = [tax.partial & ~tax.own_share & (tax.tier == t) for t in range(len(ACCOUNT_TIERS))]
    ends = [
        (tax.counted[0][here].min(initial=1.0), tax.counted[1][here].max(initial=0.0))
        if here.any()
        else (0.0, 0.0)
        for here in common
    ]
    steps = [np.linspace(low, high, STEPS + 1) if high > low else np.array([low]) for low, high in ends]
    for municipal in steps[0]:
        for prefectural in steps[1]:
            counted = np.where(common[0], municipal, np.where(common[1], prefectural, decision.counted))
            yield replace(decision, counted=counted)


def _as_point(
    problem: MasterProblem, accounts: Accounts, values: np.ndarray, relaxed: Outcome, limits: Limits
) -> Outcome | None:
    """The plan as a point of the program: decisions, bonds and who receives are fixed, accounts follow. Of provision
    who answers, who serves jointly and who leads are enough, in whole numbers as the ledger has read them: a part that
    leans on money was not solved."""
    table, model, form = problem.columns, problem.model, problem.form
    wanted: dict[int, float] = {}
    given = Values(form, values)
    for name in (*SHARED, "q", "reserve"):
        block = model.component(name)
        if block is not None and name not in FOLLOWING:
            read = given.of(block.values())
            exact = np.round(read) if name in WHOLE else read
            wanted |= {id(v): x for v, x in zip(block.values(), exact, strict=True)}
    rates = {t: accounts.decision.counted[here] for t, here in enumerate(_common(table))}
    wanted |= {id(model.rho[t]): float(part[0]) for t, part in rates.items() if len(part)}
    wanted |= switches(problem, accounts)
    bonds = {
        id(model.bond[y]): MILLION_IN_BILLION * b
        for y, b in zip(table.later, accounts.decision.bonds, strict=True)
    }
    for known in (wanted | bonds, wanted):  # the second where rounding leaves no room with the least bonds
        columns = np.array([n for n, v in enumerate(form.variables) if id(v) in known], dtype=int)
        point = fix(form, columns, np.array([known[id(form.variables[n])] for n in columns]))
        found = solve_plain(point, replace(limits, threads=1))
        if found.values is not None:
            return _against(found, relaxed, limits)
    return None


def switches(problem: MasterProblem, accounts: Accounts) -> dict[int, float]:
    """Who receives and which pools are short under some accounts, in every year, by the identity of the switch."""
    table, model = problem.columns, problem.model
    years = [(model, accounts)]
    years += [(model.component(block_name(y)), a) for y, a in zip(table.later, accounts.later, strict=True)]
    found: dict[int, float] = {}
    for block, each in years:
        found |= {id(v): float(each.short[g] > 0) for g, v in block.d.items()}
    bonds = zip(table.later, accounts.decision.bonds, strict=True)
    return found | {id(model.bonding[year]): float(bond > 0) for year, bond in bonds}


def _against(found: Outcome, relaxed: Outcome, limits: Limits) -> Outcome:
    """A plan against the bound of a relaxation."""
    reached = gap_reached(found.objective, relaxed.bound, limits.gap)
    status = Status.OPTIMAL if reached else Status.INCUMBENT
    return replace(
        found,
        status=status,
        termination="gap reached" if status is Status.OPTIMAL else "gap open",
        row_duals=relaxed.row_duals,
        relaxation=relaxed.relaxation,
    ).at_cost(found.objective, relaxed.bound)


def _common(table: Columns) -> list[np.ndarray]:
    """Taxes under the common counted share of each tier."""
    tax = table.instance.tax
    return [np.flatnonzero(tax.partial & ~tax.own_share & (tax.tier == t)) for t in range(len(ACCOUNT_TIERS))]
