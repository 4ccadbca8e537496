"""A diagnosis in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from optimization.dictionary.settings import OFF
from optimization.explain.diagnosis import Diagnosis
from optimization.explain.feasibility import PLAN_SECONDS, Rung
from optimization.explain.limits import Limit
from optimization.explain.misses import MONEY, YEN, Miss
from optimization.explain.repairs import Loosening, Repair
from optimization.outcome.result import Result
from optimization.reading.units import billions, trillions
from optimization.rules.quantities import Scope

PROOF = {
    Rung.COUNTING: "Adding up is enough to see it, whatever the solver does.",
    Rung.LINEAR: "The linear relaxation has no solution either, so no split of any decision would help.",
    Rung.INTEGER: "The linear relaxation has a solution; only whole decisions (one tier answers, a body exists or "
    "not) rule it out.",
}


def shown(limit: Limit, value: Any) -> str:
    """A value of a limit in the unit of its setting, as a package writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if limit.unit.startswith("million yen"):
        return f"{value:,.0f} {limit.unit.removesuffix(' per year')}"
    if limit.unit.startswith("yen"):
        return f"{value:,.0f} {limit.unit}"
    return f"{value:g}" + (f" {limit.unit}" if isinstance(value, int) else "")


def named(limit: Limit, settings: Any) -> str:
    """A limit with its value, setting and rule."""
    return f"{limit.words}, {shown(limit, limit.value(settings))} ({limit.label}, {limit.rule})"


def sentences(found: Diagnosis) -> Iterator[str]:
    """The diagnosis, the conclusion first."""
    if found.impossible is None:
        yield "Neither a plan nor a proof that there is none was found in the time given; this says nothing."
        if found.rung is Rung.INTEGER:
            yield f"The linear relaxation has a solution; a search of {PLAN_SECONDS:.0f} seconds from it met no plan."
        yield "A run with a longer --time-limit searches on (solve.py run)."
        return
    if not found.impossible:
        yield "The package is possible: a plan keeps all its limits."
        return
    settings = found.package.settings
    names = [named(limit, settings) for limit in found.conflict]
    if not found.proven:
        yield "The package is impossible (proven), but which of its limits conflict was not settled in time."
    elif len(names) == 1:
        yield f"The package is impossible: {names[0]}, cannot be kept whatever else gives way."
    else:
        yield f"The package is impossible. These cannot hold together: {'; '.join(names)}."
    if found.rung is not None:
        yield PROOF[found.rung]
    if found.proven:
        yield (
            "Every other limit of the package may be given up and the conflict remains; "
            "without any one of these it goes."
        )
    yield from found.arguments
    yield from map(miss_sentence, found.misses)
    for repair in found.repairs:
        yield repair_sentence(repair)
    if not found.repairs:
        yield "No repair of one or a few limits was found in the time given."


def miss_sentence(miss: Miss) -> str:
    """Who misses a limit, by name, and by how much."""
    when = f" in {miss.year}" if miss.year else ""
    words, kept = miss.limit.words, f"With all else kept{when},"
    words += f" (rule {miss.rule})" if miss.rule else ""
    in_all = f"{billions(miss.total_million_yen):,.2f} billion yen in all"
    named = ", ".join(name for name, _ in miss.worst)
    if miss.scope is Scope.GOVERNMENT:
        many = f"{miss.count:,} government{'s' if miss.count > 1 else ''}"
        return f"{kept} {many} must miss {words} by {in_all}, most of all {named}."
    if miss.scope is Scope.PLACE:
        each = ", ".join(f"{name} by {amount:,.0f} {miss.unit}" for name, amount in miss.worst)
        many = f"{miss.count:,} place{'s' if miss.count > 1 else ''} with {miss.people:,.0f} residents"
        return f"{kept} {many} must miss {words}, {in_all}; most of all {each}."
    most = max(amount for _, amount in miss.worst)
    if miss.unit == MONEY:
        return f"{kept} {words} must be missed by {billions(miss.total_million_yen):,.2f} billion yen."
    if miss.unit == YEN:
        return f"{kept} {words} must be missed by {most:,.1f} {miss.unit}."
    return f"{kept} {words} must be missed by {most:.4g}."


def repair_sentence(repair: Repair) -> str:
    """What to change, and how it is known to do."""
    steps = [step_sentence(step) for step in repair.loosenings]
    text = "; and ".join(steps)
    known = f" (checked {repair.checked})" if repair.checked.startswith("by") else f" ({repair.checked})"
    return text[0].upper() + text[1:] + known + "."


def step_sentence(step: Loosening) -> str:
    """One limit loosened."""
    limit = step.limit
    if step.new is None:
        return f'switch off {limit.words} ({limit.label} = "{OFF}")'
    if isinstance(step.new, bool):
        return f"take out {limit.words} ({limit.label} = {str(step.new).lower()})"
    if isinstance(step.new, str):
        return f"leave {limit.label.rpartition('.')[2]} with the {step.new}, as today ({limit.label})"
    verb = "raise" if limit.direction > 0 else "lower"
    text = f"{verb} {limit.words} ({limit.label}) from {shown(limit, step.old)} to {shown(limit, step.new)}"
    if limit.unit.startswith("million yen"):
        text += f", by {abs(step.new - step.old):,.0f}"
    if step.proven is not None and shown(limit, step.proven) not in (
        shown(limit, step.old),
        shown(limit, step.new),
    ):
        text += f"; {shown(limit, step.proven)} is not enough"
    return text


def plan_sentences(
    result: Result, forced_tiers: pd.DataFrame, given_back: pd.DataFrame, shadow_prices: pd.DataFrame
) -> Iterator[str]:
    """What holds a plan in place: the decisions it costs most and least to change, what each change saves, and the
    limits that have a price."""
    least = result.cheapest
    text = (
        f"The cheapest plan costs {trillions(least.objective):,.3f} trillion yen a year, proven to within "
        f"{least.gap:.2%}; the differences below are exact to the same {least.gap:.2%} of the whole."
    )
    if result.stay is not None:
        text += f" The plan costs {billions(result.stay.cost):,.3f} billion yen more, for changing less."
    yield text
    known = forced_tiers.dropna(subset=["forced_cost_million_yen"])
    moved = known.sort_values("forced_cost_million_yen", ascending=False)
    for _, row in moved.head(TOLD).iterrows():
        yield f"{forced_sentence(row)}: among the dearest to change."
    yield from threshold_sentence(result, given_back)
    yield from map(given_sentence, saving_least(given_back).itertuples())
    near = known[known["at_least_million_yen"] <= 0]
    yield (
        f"{len(known) - len(near)} of {len(known)} alternatives are proven to cost more than the plan; "
        f"{len(near)} are so close that the gap does not tell them from it."
    )
    barred = len(forced_tiers) - len(known)
    if barred:
        yield f"{barred} alternatives leave no plan within the limits of the package, or none found in time."
    priced = shadow_prices[~shadow_prices["within_the_gap"]] if len(shadow_prices) else shadow_prices
    for _, row in priced.iterrows():
        yield price_sentence(row)
    if len(shadow_prices) and priced.empty:
        yield "No limit has a price beyond the gap: a small step to either side changes nothing that can be told."


def threshold_sentence(result: Result, given_back: pd.DataFrame) -> Iterator[str]:
    """Whether every change that was given back saves what the package asks of each; nothing where it asks nothing."""
    least = result.instance.settings["choice.change_threshold_million_yen"]
    known = given_back.dropna(subset=["saving_million_yen"])
    if least is None or known.empty:
        return
    asked = f"the {least:,.0f} million yen a year that the package asks of each"
    poor = known[known["saving_million_yen"] < least * (1.0 - ROUNDING)]
    if poor.empty:
        yield f"All {len(known)} changes, each given back alone, save at least {asked}."
        return
    named = ", ".join(
        f"{row.service} of {row.rule_group} ({row.saving_million_yen:,.1f})" for row in poor.itertuples()
    )
    yield (
        f"{len(poor)} of {len(known)} changes save less than {asked} (million yen): {named}; limits need them, or the "
        "time to give them back was over (table priced_changes of a run)."
    )


ROUNDING = 1e-5
"""Part of a least saving by which one may miss it by the solver's rounding."""


def saving_least(given_back: pd.DataFrame) -> pd.DataFrame:
    """The changes that save least, where they can be given back at all."""
    known = given_back.dropna(subset=["saving_million_yen"])
    return known.sort_values("saving_million_yen", kind="stable").head(TOLD)


def given_sentence(change: Any) -> str:
    """What a change saves."""
    return (
        f"{change.service} of {change.rule_group} with the {change.tier} saves "
        f"{billions(change.saving_million_yen):,.1f} billion yen a year by itself, all other duties kept: among the "
        f"changes that save least."
    )


TOLD = 5
"""Decisions told in sentences; the table has all."""


def forced_sentence(row: pd.Series) -> str:
    """What a forced tier costs."""
    return (
        f"{row['service']} of {row['rule_group']} with the {row['forced_tier']} instead of the {row['tier']} costs "
        f"{billions(row['forced_cost_million_yen']):,.1f} billion yen a year more (at least "
        f"{max(0.0, billions(row['at_least_million_yen'])):,.1f}, at most {billions(row['at_most_million_yen']):,.1f})"
    )


def price_sentence(row: pd.Series) -> str:
    """What a step of a limit is worth."""
    if pd.isna(row["change_million_yen"]):
        return f"{row['setting']} {row['side']} by {abs(row['step']):,g}: no plan."
    change = billions(row["change_million_yen"])
    return (
        f"{row['setting']} {row['side']} by {abs(row['step']):,g} {row['unit']}: {change:+,.1f} billion yen a year "
        f"({billions(row['at_least_million_yen']):+,.1f} to {billions(row['at_most_million_yen']):+,.1f}); the linear "
        f"relaxation's dual alone would say {billions(row['relaxation_dual_per_unit'] * row['step']):+,.1f}."
    )
