"""Crisis: who leads, what is kept in reserve, what stays unserved in each scenario (C1-C8).

Variables are billion yen of standard cost a year, but for q, g (0 to 1).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.core as pyo
from scipy import sparse

from optimization.dictionary.tiers import BLOC, MUNICIPALITY, TIERS
from optimization.ledger.crisis import Lead
from optimization.model.affine import Affine, block, constraint, fixed, rows
from optimization.model.apart import Choice, Pair, keys, no_less, weighted
from optimization.model.columns import Columns
from optimization.model.crisis_columns import CrisisColumns
from optimization.model.expressions import row, total
from optimization.reading.units import MILLION_IN_BILLION
from optimization.rules import clarity

Terms = list[tuple[float, Any]]


def add_variables(model: pyo.ConcreteModel, columns: Columns) -> None:
    """q[n] lead n = (service, group, kind, tier) is named; reserve[m] is kept; g[m] joint response of a body;
    of pool n of a scenario: short[n] before aid, idle[n], received[n]; sent, come between bloc and nation in an
    exchange; other_lead[s,k,kind,t] by how much tier t leads more than it provides; eta, tail[w] of the value at
    risk."""
    crisis = columns.crisis
    if crisis is None:
        return
    pools = np.arange(len(crisis.pools))
    between = [(w, s, r) for w, s in crisis.exchanges for r in range(len(columns.instance.areas[BLOC].names))]
    model.q = pyo.Var(range(len(crisis.leads)), domain=pyo.Binary)
    model.reserve = pyo.Var(range(len(crisis.reserves)), domain=pyo.NonNegativeReals)
    model.g = pyo.Var(range(len(crisis.joint_columns)), domain=pyo.NonNegativeReals)
    model.short = pyo.Var(pools[crisis.struck].tolist(), domain=pyo.NonNegativeReals)
    model.idle = pyo.Var(_trading(crisis, crisis.lends), domain=pyo.NonNegativeReals)
    model.received = pyo.Var(_trading(crisis, crisis.struck), domain=pyo.NonNegativeReals)
    model.sent = pyo.Var(between, domain=pyo.NonNegativeReals)
    model.come = pyo.Var(between, domain=pyo.NonNegativeReals)
    bounded = clarity.shortage_at_risk.in_force(columns.instance.settings)
    model.other_lead = pyo.Var(keys(lead_pairs(columns)), domain=pyo.NonNegativeReals)
    model.eta = pyo.Var([0] if bounded else [], domain=pyo.NonNegativeReals)
    model.tail = pyo.Var(range(len(crisis.crisis.names)) if bounded else [], domain=pyo.NonNegativeReals)


def _trading(crisis: CrisisColumns, mask: np.ndarray) -> list[int]:
    """Pools of a mask in whose scenario and service there is an exchange."""
    exchanges = set(crisis.exchanges)
    return [n for n in np.flatnonzero(mask).tolist() if (crisis.pools[n].w, crisis.pools[n].s) in exchanges]


def one_lead(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(C1) sum_t q[s,k,c,t] = 1: the law names one lead for each service, group and kind of crisis."""
    crisis = columns.crisis
    if crisis is None:
        return
    tiers: dict[tuple[int, int, str], list[int]] = {}
    for number, (s, k, kind, _) in enumerate(crisis.leads):
        tiers.setdefault((s, k, kind), []).append(number)

    def rule(model: pyo.ConcreteModel, s: int, k: int, kind: str) -> Any:
        return total((1.0, model.q[n]) for n in tiers[s, k, kind]) == 1.0

    model.C1 = pyo.Constraint(list(tiers), rule=rule)


def lead_not_below(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(C2) sum_{t' <= t} q[s,k,c,t'] <= sum_{t' <= t} y[s,k,t']   for every tier t below the nation

    who leads in a crisis is no lower tier than who answers for the service in normal times.
    """
    crisis = columns.crisis
    if crisis is None:
        return
    leads, duties = crisis.lead_number, columns.duty_number
    index = [
        (*lead, t)
        for lead in crisis.crisis.options
        for t in TIERS[:-1]
        if (*lead, t) in leads and any((*lead[:2], above) in duties for above in TIERS[TIERS.index(t) + 1 :])
    ]

    def rule(model: pyo.ConcreteModel, s: int, k: int, kind: str, tier: str) -> Any:
        upto = TIERS[: TIERS.index(tier) + 1]
        terms = [(1.0, model.q[leads[s, k, kind, t]]) for t in upto if (s, k, kind, t) in leads]
        terms += [(-1.0, model.y[duties[s, k, t]]) for t in upto if (s, k, t) in duties]
        return total(terms) <= 0.0

    model.C2 = pyo.Constraint(index, rule=rule)


def lead_pairs(columns: Columns) -> dict[Lead, Pair]:
    """The choices of the lead and of the normal provider by lead, where a package minds that they differ."""
    crisis, settings = columns.crisis, columns.instance.settings
    minded = settings["crisis.lead_apart_million_yen"] > 0 or clarity.lead_is_provider.in_force(settings)
    if crisis is None or not minded:
        return {}
    return {
        lead: Pair(
            Choice("q", {t: crisis.lead_number[*lead, t] for t in TIERS if (*lead, t) in crisis.lead_number}),
            columns.duty_choice(*lead[:2]),
        )
        for lead in crisis.crisis.options
    }


def lead_apart(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(C9by) other_lead[s,k,c,t] >= q[s,k,c,t] - y[s,k,t]

    so that sum_t other_lead = 1/2 sum_t |q[s,k,c,t] - y[s,k,t]|: 1 where the lead is not who provides in normal times.
    """
    if columns.crisis is not None:
        model.C9by = no_less(model, lead_pairs(columns), "other_lead")


def leads_apart(columns: Columns) -> Affine:
    """Leads that are not the normal provider, (1,): none is counted where a package does not mind."""
    if columns.crisis is None:
        return fixed(np.zeros(1))
    pairs = lead_pairs(columns)
    sizes = {"q": len(columns.crisis.leads), "y": len(columns.duties)}
    return weighted(pairs, [1.0] * len(pairs), "other_lead", sizes)


def pool_shortage(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(C3) of pool n of a higher tier

    short[n] - idle[n] + reserve >= sum over groups led by the tier of (demand - capacity) q
    (C3late) short[n] >= sum over groups of delayed x demand q

    and of the municipalities' own pools in a bloc, alone or jointly (a body changes the sum by g):
    (C3own)  short[n] = sum over groups of shortage q + sum over bodies of change g
    (C3idle) idle[n] <= sum over groups of idle capacity q + sum over bodies of change g
    """
    crisis = columns.crisis
    if crisis is None:
        return
    demand, net, idle = crisis.demand, crisis.short, crisis.idle
    _, short_change, idle_change = crisis.joint_changes
    reserve_at = {reserve: m for m, reserve in enumerate(crisis.reserves)}
    own = [n for n, pool in enumerate(crisis.pools) if pool.tier == MUNICIPALITY]
    higher = [n for n, pool in enumerate(crisis.pools) if pool.tier != MUNICIPALITY]

    def pooled(model: pyo.ConcreteModel, n: int) -> Any:
        pool = crisis.pools[n]
        terms = _some(1.0, model.short, n) + _some(-1.0, model.idle, n)
        if (kept := reserve_at.get((pool.tier, pool.place, pool.s))) is not None:
            terms.append((1.0, model.reserve[kept]))
        return total(terms + _terms(net, n, model.q, -1.0)) >= 0.0

    def late(model: pyo.ConcreteModel, n: int) -> Any:
        part = float(crisis.crisis.delayed[crisis.pools[n].tier][crisis.pools[n].s])
        return total([(1.0, model.short[n]), *_terms(demand, n, model.q, -part)]) >= 0.0

    def alone(model: pyo.ConcreteModel, n: int) -> Any:
        terms = [(1.0, model.short[n]), *_terms(net, n, model.q, -1.0)]
        return total(terms + _terms(short_change, n, model.g, -1.0)) == 0.0

    def left(model: pyo.ConcreteModel, n: int) -> Any:
        terms = [(1.0, model.idle[n]), *_terms(idle, n, model.q, -1.0)]
        return total(terms + _terms(idle_change, n, model.g, -1.0)) <= 0.0

    model.C3 = pyo.Constraint([n for n in higher if n in model.short or n in model.idle], rule=pooled)
    model.C3late = pyo.Constraint([n for n in higher if n in model.short], rule=late)
    model.C3own = pyo.Constraint([n for n in own if n in model.short], rule=alone)
    model.C3idle = pyo.Constraint([n for n in own if n in model.idle], rule=left)


def reserve_of_a_lead(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(C4) idle[n] <= most of use x sum over groups led by the tier of q   for a pool n with a reserve

    a reserve answers, and may be lent, only where its tier leads; most of use = surge of the service
    / (aid_share x (1 - loss)), beyond which nothing lent could find a shortage.
    """
    crisis = columns.crisis
    if crisis is None:
        return
    settings, parameters = columns.instance.settings, columns.instance.case.parameters
    kept = [1.0 - parameters(name) for name in ("aid_loss_bloc", "aid_loss_nation")]
    least = min((part for part in kept if part > 0), default=1.0)
    surge = MILLION_IN_BILLION * crisis.crisis.demand.sum(axis=1)
    keeps = set(crisis.reserves)
    pools = crisis.pools
    index = [n for n in model.idle if (pools[n].tier, pools[n].place, pools[n].s) in keeps]

    def rule(model: pyo.ConcreteModel, n: int) -> Any:
        most = float(surge[pools[n].w, pools[n].s]) / (settings["crisis.aid_share"] * least)
        terms: Terms = [(1.0, model.idle[n])]
        return total(terms + [(-most, model.q[m]) for m in crisis.leads_of_pool(n)]) <= 0.0

    model.C4 = pyo.Constraint(index, rule=rule)


def joint_response(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(C5) g <= v: only a body that provides the service responds jointly;
    (C5lead) g <= q[s,k,c,municipality] of every group k with a member: and only where all lead for themselves;
    (C5all) g >= v + sum of these q - their number, for a body across blocs: there it does so even where this harms."""
    crisis = columns.crisis
    if crisis is None:
        return
    pairs = crisis.joint_columns
    needs = [(m, n) for m, pair in enumerate(pairs) for n in crisis.leads_of_pair(*pair)]

    def body(model: pyo.ConcreteModel, m: int) -> Any:
        return total([(1.0, model.g[m]), (-1.0, model.v[pairs[m][0]])]) <= 0.0

    def lead(model: pyo.ConcreteModel, m: int, n: int) -> Any:
        return total([(1.0, model.g[m]), (-1.0, model.q[n])]) <= 0.0

    def bound(model: pyo.ConcreteModel, m: int) -> Any:
        leads = crisis.leads_of_pair(*pairs[m])
        terms = [(1.0, model.g[m]), (-1.0, model.v[pairs[m][0]]), *((-1.0, model.q[n]) for n in leads)]
        return total(terms) >= -float(len(leads))

    must = set(crisis.bound_to_respond)
    model.C5 = pyo.Constraint(range(len(pairs)), rule=body)
    model.C5lead = pyo.Constraint(needs, rule=lead)
    model.C5all = pyo.Constraint([m for m, pair in enumerate(pairs) if pair in must], rule=bound)


def mutual_aid(model: pyo.ConcreteModel, columns: Columns) -> None:
    """Mutual aid for a service in a scenario:

    (C6) received[n] <= helped x (short[n] - delayed x demand of n)
    (C6bloc)   sum_{n in bloc} received[n] - come + (1 - loss in the bloc) x (sent - aid_share x sum idle[n]) <= 0
    (C6nation) sum_blocs come + received by the nation's pool
               <= (1 - loss between blocs) x (sum_blocs sent + aid_share x idle of the nation's pool)
    """
    crisis = columns.crisis
    if crisis is None:
        return
    parameters, share = columns.instance.case.parameters, columns.instance.settings["crisis.aid_share"]
    kept = 1.0 - parameters("aid_loss_bloc"), 1.0 - parameters("aid_loss_nation")
    demand, (surge_change, *_) = crisis.demand, crisis.joint_changes
    at: dict[tuple[int, int, int], list[int]] = {}
    for n, pool in enumerate(crisis.pools):
        at.setdefault((pool.w, pool.s, pool.bloc), []).append(n)
    blocs = range(len(columns.instance.areas[BLOC].names))

    def in_time(model: pyo.ConcreteModel, n: int) -> Any:
        pool = crisis.pools[n]
        helped = float(crisis.crisis.helped[pool.s])
        floor = helped * float(crisis.crisis.delayed[pool.tier][pool.s])
        terms = [(1.0, model.received[n]), (-helped, model.short[n]), *_terms(demand, n, model.q, floor)]
        return total(terms + _terms(surge_change, n, model.g, floor)) <= 0.0

    def inside(model: pyo.ConcreteModel, w: int, s: int, r: int) -> Any:
        pools = at.get((w, s, r), [])
        terms: Terms = [(-1.0, model.come[w, s, r]), (kept[0], model.sent[w, s, r])]
        for n in pools:
            terms += _some(1.0, model.received, n) + _some(-kept[0] * share, model.idle, n)
        return total(terms) <= 0.0

    def between(model: pyo.ConcreteModel, w: int, s: int) -> Any:
        terms: Terms = [(1.0, model.come[w, s, r]) for r in blocs]
        terms += [(-kept[1], model.sent[w, s, r]) for r in blocs]
        for n in at.get((w, s, -1), []):
            terms += _some(1.0, model.received, n) + _some(-kept[1] * share, model.idle, n)
        return total(terms) <= 0.0

    model.C6 = pyo.Constraint(list(model.received), rule=in_time)
    model.C6bloc = pyo.Constraint(list(model.come), rule=inside)
    model.C6nation = pyo.Constraint(crisis.exchanges, rule=between)


def tail_of_shortages(model: pyo.ConcreteModel, columns: Columns) -> None:
    """(C7tail) tail[w] >= H[w] - eta, H[w] = sum over pools of short - received: the shortage of scenario w"""
    if columns.crisis is None:
        return
    every = sparse.csr_matrix(np.ones((len(columns.crisis.crisis.names), 1)))
    count = every.shape[0] if len(model.tail) else 0
    if not count:
        model.C7tail = pyo.Constraint([])
        return
    left = (
        MILLION_IN_BILLION * shortage(columns)
        - block("eta", every)
        - block("tail", sparse.identity(count, format="csr"))
    )
    model.C7tail = constraint(rows(model, range(count), left, 0.0))


def shortage(columns: Columns) -> Affine:
    """Shortage of each scenario after aid, (W,), million yen."""
    crisis = columns.crisis
    if crisis is None:
        return fixed(np.zeros(0))
    count = len(crisis.crisis.names)
    short = np.flatnonzero(crisis.struck).tolist()
    received = _trading(crisis, crisis.struck)
    return (1.0 / MILLION_IN_BILLION) * (
        block("short", _by_scenario(crisis, short, count))
        - block("received", _by_scenario(crisis, received, count))
    )


def _by_scenario(crisis: CrisisColumns, pools: list[int], count: int) -> sparse.csr_matrix:
    """Matrix that sums a block of pools by their scenario."""
    scenario = [crisis.pools[n].w for n in pools]
    return sparse.csr_matrix(
        (np.ones(len(pools)), (scenario, np.arange(len(pools)))), shape=(count, len(pools))
    )


def surge(columns: Columns) -> Affine:
    """What each scenario with a pool asks for beyond normal times, (W,), million yen."""
    crisis = columns.crisis
    if crisis is None:
        return fixed(np.zeros(0))
    faced = np.isin(np.arange(len(crisis.crisis.names)), list(crisis.of_scenario()))
    return fixed(np.where(faced, crisis.crisis.demand.sum(axis=(1, 2)), 0.0))


def shortage_at_risk(columns: Columns) -> Affine:
    """Conditional value at risk of the yearly shortage, (1,): eta + sum_w probability[w] tail[w] / (1 - level), million
    yen."""
    crisis, level = columns.crisis, columns.instance.settings["crisis.cvar_level"]
    if crisis is None:
        return fixed(np.zeros(1))
    weight = crisis.crisis.probability / (1.0 - level)
    return (1.0 / MILLION_IN_BILLION) * (block("eta", np.ones(1)) + block("tail", weight))


def crisis_cost(model: pyo.ConcreteModel, columns: Columns) -> tuple[Terms, float]:
    """Terms of the objective and the constant, million yen a year:

    sum_w probability[w] x (response_premium x (surge - H[w]) + shortage_price x H[w])
    + reserve_cost_share x reserve + lead_change x number of leads other than who runs the service today
    + lead_apart x number of leads other than who runs it under the package (C9by)
    """
    crisis = columns.crisis
    if crisis is None:
        return [], 0.0
    parameters, data = columns.instance.case.parameters, crisis.crisis
    settings = columns.instance.settings
    premium = parameters("response_premium")
    dearer = (settings["crisis.shortage_price"] - premium) / MILLION_IN_BILLION
    chance = [float(data.probability[pool.w]) for pool in crisis.pools]
    terms: Terms = [(dearer * chance[n], variable) for n, variable in model.short.items()]
    terms += [(-dearer * chance[n], variable) for n, variable in model.received.items()]
    kept = parameters("reserve_cost_share") / MILLION_IN_BILLION
    terms += [(kept, variable) for variable in model.reserve.values()]
    fee, home = settings["crisis.lead_change_million_yen"], columns.instance.groups.home
    terms += [(fee, model.q[n]) for n, (s, _, _, t) in enumerate(crisis.leads) if fee and t != home[s]]
    dear = settings["crisis.lead_apart_million_yen"]
    terms += leads_apart(columns).terms(model, 0, dear) if dear else []
    return terms, premium * float(data.probability @ data.demand.sum(axis=(1, 2)))


def _terms(matrix: Any, n: int, variables: Any, factor: float) -> Terms:
    """factor x row n of a matrix over variables."""
    coefficients, numbers = row(matrix, n)
    return [(factor * c, variables[m]) for c, m in zip(coefficients, numbers, strict=True) if factor * c]


def _some(coefficient: float, variables: Any, n: int) -> Terms:
    """A term of one variable where it exists."""
    return [(coefficient, variables[n])] if n in variables else []
