"""Exactly this: the accounts of a decision that is given, nothing searched and nothing optimised.

What a package prescribes holds (`responsibility.fix`, for a service or for a service in one rule group); so do the
bodies that are given. Everything else stays as it is today, or as a plan has it: tiers that the package leaves free,
bodies (less those who are given to others or answer no more), and what the package frees of the formula, moved to the
nearest value that its range allows. Only the adjustment rate follows, where it is free, from the pool.

A limit that this does not keep is told as a breach with its amount. Nothing is ever impossible here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from optimization.case.case import Case
from optimization.case.prescribed import GivenBody, body_problems
from optimization.case.resolved import ResolvedPackage
from optimization.case.rule_groups import FIX
from optimization.dictionary.settings import GROUP
from optimization.dictionary.tiers import MUNICIPALITY, TIERS
from optimization.dictionary.typed_settings import Settings
from optimization.errors import Problem, raise_if_any
from optimization.geography.candidates import Bodies, bodies_of, prescribed_sets
from optimization.geography.existing import PART_OF_TODAY, PRESCRIBED, TODAY, ExistingBodies
from optimization.ledger.accounts import Accounts, share_today, with_bonds
from optimization.ledger.allocation import pool_range
from optimization.ledger.decision import Decision, status_quo
from optimization.ledger.instance import Instance
from optimization.ledger.layout import keeping, with_bodies
from optimization.ledger.relaid import Known, remembered
from optimization.outcome.clock import Clock
from optimization.outcome.given import GivenPlan
from optimization.outcome.question import decided_once, laid_out
from optimization.outcome.result import APPLIED, Result
from optimization.outcome.tables import result_tables
from optimization.rules.checks import breaches
from optimization.solving.highs import Outcome, Status

Members = tuple[int, ...]
Shared = dict[tuple[int, Members], str]
"""Service and positions of the members of a body, and where it comes from."""


def apply(
    case: Case,
    package: ResolvedPackage,
    prefectures: Sequence[str] = (),
    bodies: Sequence[GivenBody] = (),
    plan: GivenPlan | None = None,
) -> Result:
    """The accounts of exactly what a package prescribes, on a case or on some of its prefectures.

    `bodies` are given beside the package, `plan` is what holds where neither says anything (today, where it is None).
    The result has the status `applied`; its `breaches` tell every limit that is not kept, its package's warnings what
    was taken where the package leaves a choice. Raises `InputError` as `solve` does, for bodies that cannot be, and for
    a package whose plan has two phases.

    >>> from optimization import load_case, load_package
    >>> case = load_case("inputs/iwate-2022")
    >>> result = apply(case, load_package(case, "public_assistance_nation"))
    >>> str(result.worth), round(result.outcome.objective - result.baseline.objective)  # million yen a year
    ('applied', 1494)
    """
    clock = Clock()
    decided_once(package, "which cannot be applied")
    with clock.phase("layout"):
        question = laid_out(case, package, prefectures, bodies_of_today)
    with clock.phase("accounts"):
        result = applied(question, package, bodies, plan)
    return replace(result, seconds=clock.seconds, whole=case)


def applied(
    question: Instance,
    package: ResolvedPackage,
    bodies: Sequence[GivenBody] = (),
    plan: GivenPlan | None = None,
    known: Known | None = None,
) -> Result:
    """`apply` on a question that is laid out with the bodies of today; `known` is what former questions on its base
    have worked out."""
    raise_if_any(list(body_problems(bodies, question.case)))
    tier = tiers_given(question, plan)
    shared, notes = shared_services(question, tier, bodies, plan)
    instance = with_listed(question, shared, known or Known())
    decision = with_bonds(instance, decided(instance, tier, shared, plan))
    accounts = Accounts(instance, decision)
    told = [*notes, *_left_open(question, decision, plan)]
    names = instance.case.governments.index
    return Result(
        package=replace(package, warnings=(*package.warnings, *told)),
        instance=instance,
        outcome=as_outcome(accounts.objective),
        accounts=accounts,
        solver_grants=pd.Series(accounts.transfer, index=names),
        breaches=breaches(accounts),
        size={**NO_PROGRAM, "candidate_bodies": len(instance.bodies)},
        method=APPLIED,
        tabulated=result_tables,
    )


NO_PROGRAM = {"columns": 0, "rows": 0, "nonzeros": 0, "integer_columns": 0}


def as_outcome(objective: float) -> Outcome:
    """The outcome of a decision that was given, whose cost is the objective, million yen: nothing is proven of it."""
    log = "Nothing was solved: the decision was given.\n"
    return Outcome(Status.APPLIED, APPLIED, None, objective, -np.inf, np.inf, 0.0, 0, log)


# ---- who answers


def prescribed(settings: Settings, service: str, group: str) -> bool:
    """Whether a package prescribes the tier of a service in a rule group."""
    return service in settings[FIX] or f"{service}{GROUP}{group}" in settings[FIX]


def tiers_given(question: Instance, plan: GivenPlan | None) -> dict[tuple[int, int], str]:
    """The tier of every duty: the prescribed one, else that of the plan, else today's. Raises InputError where the
    plan gives the members of a rule group different tiers."""
    groups, settings, services = question.groups, question.settings, question.services
    tier = {duty: options[0] for duty, options in groups.options.items()}
    if plan is None:
        return tier
    faults = []
    for s, k in tier:
        if prescribed(settings, services[s], groups.labels[k]):
            continue
        here = groups.members[k]
        codes = question.case.codes[here[question.today[here, s] > 0]]
        found = {plan.tiers.get((code, services[s])) for code in codes}
        if len(found) == 1 and None not in found:
            tier[s, k] = next(iter(found))
        else:
            message = "lacks it" if None in found else f"has {' and '.join(sorted(map(str, found)))} in it"
            remedy = "name a plan of the same case, prefectures and rules.groups, or prescribe the tier"
            faults.append(Problem("plan", message, remedy, groups.labels[k], services[s]))
    raise_if_any(faults[:MOST_FAULTS])
    return tier


MOST_FAULTS = 20


# ---- who provides together


def bodies_of_today(case: Case, settings: Settings, km: np.ndarray, existing: ExistingBodies) -> Bodies:
    """The bodies that exist today, those that the package prescribes, and no others."""
    own = dict.fromkeys(prescribed_sets(existing), PRESCRIBED) | dict.fromkeys(existing.members, TODAY)
    return bodies_of(case, settings, km, own, existing)


def shared_services(
    question: Instance,
    tier: Mapping[tuple[int, int], str],
    bodies: Sequence[GivenBody],
    plan: GivenPlan | None,
) -> tuple[Shared, list[str]]:
    """Every service that a body provides, and what there is to say of bodies that lose members or end."""
    services, codes = question.services, question.case.codes
    existing, here = question.bodies.existing, municipal(question, tier)

    def answering(s: int, members: Sequence[int]) -> Members:
        answers = here.get(s)
        return () if answers is None else tuple(sorted(i for i in members if answers[i]))

    own: list[tuple[int, Members]] = [
        (int(services.get_loc(service)), tuple(codes.get_indexer(list(body.members)).tolist()))
        for body in bodies
        for service in dict.fromkeys(body.services)
    ]
    taken = {(s, i) for s, members in own for i in members}
    shared: Shared = {}
    for s, members in existing.prescribed:
        left = answering(s, [i for i in members if (s, i) not in taken])
        if len(left) > 1:
            shared[s, left] = _source(existing, left)
    taken |= {(s, i) for s, members in existing.prescribed for i in members}
    for s, members in _before(question, plan):
        left = answering(s, [i for i in members if (s, i) not in taken])
        if len(left) > 1:
            shared[s, left] = _source(existing, left)
    notes = []
    for s, members in own:
        left = answering(s, members)
        if len(left) > 1:
            shared[s, left] = _source(existing, left)
        if len(left) < len(members):
            gone = ", ".join(codes[i] for i in members if i not in left)
            notes.append(
                f"the body of {services[s]} around {codes[members[0]]} is given without {gone}: another tier answers "
                "there, or nobody has the service"
            )
    return shared, notes


def municipal(question: Instance, tier: Mapping[tuple[int, int], str]) -> dict[int, list[bool]]:
    """Whether each place has a service and answers for it itself, (I,), by service that a body may provide."""
    own, of = np.zeros((len(question.services), len(question.groups.labels)), dtype=bool), question.groups
    for duty, name in tier.items():
        own[duty] = name == MUNICIPALITY
    columns = np.flatnonzero(question.case.services["wide_area"].to_numpy(bool)).tolist()
    return {s: (own[s, of.of_municipality] & (question.today[:, s] > 0)).tolist() for s in columns}


def _source(existing: ExistingBodies, members: Members) -> str:
    """Where a body comes from: it stands today, is what may be left of one that does, or is given."""
    if members in existing.number_of:
        return TODAY
    own = members in prescribed_sets(existing) or members not in existing.standing
    return PRESCRIBED if own else PART_OF_TODAY


def _before(question: Instance, plan: GivenPlan | None) -> Iterator[tuple[int, Members]]:
    """Bodies of today, or of a plan, by service. Raises InputError where the case lacks one of the plan's."""
    existing = question.bodies.existing
    if plan is None:
        yield from zip(existing.service, existing.members, strict=True)
        return
    raise_if_any(list(body_problems(plan.bodies, question.case, "plan")))
    for body in plan.bodies:
        members = tuple(question.case.codes.get_indexer(list(body.members)).tolist())
        for service in body.services:
            yield int(question.services.get_loc(service)), members


def with_listed(question: Instance, shared: Shared, before: Known) -> Instance:
    """The question with every body that provides on its list; `before` is what is known of questions on its base."""
    wide = set(question.costs.wide_columns.tolist())
    known = question.bodies.row_of
    if all(members in known and s in wide for s, members in shared):
        return question
    existing = question.bodies.existing
    source = dict.fromkeys(prescribed_sets(existing), PRESCRIBED) | dict.fromkeys(existing.members, TODAY)
    for (_, members), where in shared.items():
        source.setdefault(members, where)
    opened = [str(question.services[s]) for s in sorted({s for s, _ in shared} - wide)]

    def work() -> Instance:
        bodies = bodies_of(question.case, question.settings, question.km, source, existing)
        return with_bodies(question, bodies, opened)

    if question.horizon is not None:
        return work()
    key = (id(question.costs), *source.items(), *opened)
    _, like = remembered(before.listed, key, lambda: (question.costs, work()))
    listed = keeping(question, replace(question, bodies=like.bodies, costs=like.costs))
    share_today(question, listed)  # today's bodies stand on both lists
    return listed


# ---- the formula


def decided(
    instance: Instance, tier: dict[tuple[int, int], str], shared: Shared, plan: GivenPlan | None
) -> Decision:
    """The decision: tiers and bodies as given, the formula of today or of the plan within the package's ranges."""
    today, tax = status_quo(instance), instance.tax
    row, column = instance.bodies.row_of, instance.costs.wide_position
    law = instance.case.national_taxes.index
    counted, assigned, revision = today.counted, today.assigned, today.revision
    guarantee, pool_share = today.guarantee, today.pool_share
    if plan is not None:
        counted = (
            plan.taxes["counted_ratio"].reindex(tax.names).fillna(pd.Series(counted, tax.names)).to_numpy()
        )
        assigned = plan.taxes["assigned_ratio"].reindex(tax.names).fillna(1.0).to_numpy()
        revision = _named(plan, "unit_cost_revision", instance.services, revision)
        guarantee = _named(plan, "guarantee_share", instance.services, guarantee)
        pool_share = _named(plan, "pool_share", law, pool_share)
    return replace(
        today,
        tier=tier,
        joint=tuple(sorted((row[members], column[s]) for s, members in shared)),
        counted=np.clip(counted, *tax.counted),
        assigned=np.clip(assigned, *tax.assigned),
        revision=np.clip(revision, *instance.revision),
        guarantee=np.clip(guarantee, *instance.guarantee),
        pool_share=np.clip(pool_share, *pool_range(instance)),
        lead=_leads(instance, tier, plan),
    )


def _named(plan: GivenPlan, name: str, of: pd.Index, default: np.ndarray) -> np.ndarray:
    """Parameters `name.member` of a plan's formula in the order of the members; the default where it names none."""
    return np.array(
        [plan.formula.get(f"{name}.{member}", value) for member, value in zip(of, default, strict=True)]
    )


def _leads(
    instance: Instance, tier: Mapping[tuple[int, int], str], plan: GivenPlan | None
) -> dict[tuple[int, int, str], str]:
    """Who leads in crises: the plan's or today's lead, or where it may not, or lies below who answers, the lowest tier
    that may."""
    if instance.crisis is None:
        return {}
    found, home, labels = {}, instance.groups.home, instance.groups.labels
    for (s, k, kind), options in instance.crisis.options.items():
        key = str(instance.services[s]), str(labels[k]), kind
        wish = home[s] if plan is None else plan.leads.get(key, home[s])
        least = TIERS.index(tier[s, k])
        able = [option for option in TIERS if option in options and TIERS.index(option) >= least]
        found[s, k, kind] = wish if wish in able else (able or list(options))[0]
    return found


# ---- what there is to say


def _left_open(question: Instance, decision: Decision, plan: GivenPlan | None) -> Iterator[str]:
    """What a package leaves open, and what was taken."""
    settings, whose = question.settings, "today's" if plan is None else "the plan's"
    groups, services = question.groups, question.services.tolist()
    today = {name: value for name, value, _ in _ranges(question, status_quo(question))}
    free = {
        services[s]
        for (s, k), options in groups.options.items()
        if len(options) > 1 and not prescribed(settings, services[s], groups.labels[k])
    }
    if free:
        yield (
            f"the package leaves {len(free)} services free to move: each was given {whose} tier "
            f"(prescribe one with --set {FIX}.{min(free)}=prefecture)"
        )
    for name, value, (low, high) in _ranges(question, decision):
        if low < high:
            inside = low < value < high or (plan is None and value == today[name])
            nearest = "" if inside else " or the nearest allowed"
            yield f"{name} is free from {low:.6g} to {high:.6g}: {value:.6g} was taken, {whose} value{nearest}"
    closed = sorted(
        f"{services[s]} in {groups.labels[k]}"
        for (s, k), options in groups.options.items()
        if settings[FIX].get(services[s], decision.tier[s, k]) not in options
        and f"{services[s]}{GROUP}{groups.labels[k]}" not in settings[FIX]
    )
    if closed:
        more = f" and {len(closed) - SHOWN} more" if len(closed) > SHOWN else ""
        yield f"the prescribed tier is not open there, today's stays: {', '.join(closed[:SHOWN])}{more}"


SHOWN = 6


def _ranges(question: Instance, decision: Decision) -> Iterator[tuple[str, float, tuple[float, float]]]:
    """Name, value taken and range of every number of the formula, the common shares of each tier once."""
    tax, services = question.tax, question.services.tolist()
    seen = set()
    for j, name in enumerate(tax.names):
        key = f"taxes.counted_share.{name}" if tax.own_share[j] else SHARES[tax.tier[j]]
        if tax.partial[j] and key not in seen:
            seen.add(key)
            yield key, decision.counted[j], (tax.counted[0][j], tax.counted[1][j])
        yield f"taxes.assigned.{name}", decision.assigned[j], (tax.assigned[0][j], tax.assigned[1][j])
    common = question.settings["formula.unit_cost_revision"]
    own = question.settings["formula.unit_cost_revision_by_service"]
    for s, service in enumerate(services):
        key = f"formula.unit_cost_revision_by_service.{service}" if service in own else REVISION
        if key not in seen:
            seen.add(key)
            yield key, decision.revision[s], own.get(service, common)
        low, high = (end[s] for end in question.guarantee)
        yield f"guarantee.share.{service}", decision.guarantee[s], (low, high)
    for n, (low, high) in enumerate(zip(*pool_range(question), strict=True)):
        name = question.case.national_taxes.index[n]
        yield f"pool.national_tax_shares.{name}", decision.pool_share[n], (low, high)


SHARES = ("formula.counted_share", "formula.counted_share_prefecture")
REVISION = "formula.unit_cost_revision"
