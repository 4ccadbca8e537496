"""The role matrix: who answers for each service in each rule group, today and recommended, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from optimization.report.language import Speaker
from optimization.report.view import RunView

VERDICTS = "change_verdicts"
MANY = 12
"""Rule groups from which a matrix is folded: tiers with the number of groups in place of a column for each."""

SIGNS = {"firm": "●", "likely": "◐", "open": "○", "overturned": "○", "now": "●", "only_if": "◐"}
"""Signs of marks of a study, and of verdicts; what was tested alone, and overturned by no assumption, has none."""


FUNCTIONS = ("standard_tier", "paying_tier", "delivering_tier")
"""Columns of who holds the three functions of a duty."""


@dataclass(frozen=True)
class Cell:
    """One duty: the tier recommended and today's, whether it changes, its stability in a study, or without one the
    verdict on its change ('' where neither tells), and the share of draws in which it holds, or pays."""

    tier: str
    today: str
    changed: bool
    mark: str
    share: float


@dataclass(frozen=True)
class Row:
    """A service: label, one cell a rule group (None where the group has no such service), the part of residents
    served by wide-area bodies, and what the package adds to its cost (million yen a year)."""

    service: str
    label: str
    home: str
    cells: tuple[Cell | None, ...]
    shared: float
    change: float
    changed: bool


@dataclass(frozen=True)
class Matrix:
    """Rows by tier of today, the labels of the rule groups and how many municipalities each holds, and the phrase that
    explains the signs of stability ('' without a study)."""

    groups: tuple[str, ...]
    sizes: tuple[int, ...]
    rows: tuple[Row, ...]
    signs: str


def matrix(run: RunView, say: Speaker) -> Matrix:
    """The matrix of a run, services in the case's order, rule groups from the largest class down."""
    table = run.tables["responsibility"]
    groups = ordered_groups(table)
    cells = {
        (s, g): row for s, g, row in zip(table["service"], table["rule_group"], cells_of(run), strict=True)
    }
    services, changes = run.tables["services"].set_index("service"), cost_changes(run)
    rows = []
    for service, row in services.iterrows():
        mine = tuple(cells.get((service, group)) for group in groups)
        rows.append(
            Row(
                str(service),
                run.service(str(service), say),
                str(row["home_tier"]),
                mine,
                float(row["population_served_by_wide_area_body_ratio"]),
                changes[str(service)],
                any(cell is not None and cell.changed for cell in mine),
            )
        )
    sizes = table.groupby("rule_group")["municipalities"].max()
    return Matrix(
        tuple(run.group(group, say) for group in groups),
        tuple(int(sizes[group]) for group in groups),
        tuple(rows),
        _signs(run)
        if run.telling_study is None
        else "roles_signs_alone"
        if run.telling_study.alone
        else "roles_signs",
    )


def _signs(run: RunView) -> str:
    """The phrase that explains the signs of verdicts; '' in a run that tells none."""
    return "roles_signs_verdicts" if VERDICTS in run.tables else ""


def functions(run: RunView, say: Speaker) -> list[list[str]]:
    """Who sets the standard, pays and delivers of each service of the debate: its label, today's and the package's
    three tiers with the number of rule groups in which they hold, the most frequent first; no rows where a run tells
    none."""
    if "functions" not in run.tables:
        return []
    table = run.tables["functions"]
    rows = []
    for service, duties in table.groupby("service", sort=False):
        cells = []
        for when in ("_today", ""):
            held = duties[[f"{name}{when}" for name in FUNCTIONS]].value_counts(sort=True)
            named = [
                (" / ".join(say.tier(t, "short") for t in tiers), int(count)) for tiers, count in held.items()
            ]
            cells.append(
                ", ".join(f"{tiers} ({say.number(count)})" for tiers, count in sorted(named, key=_most))
            )
        rows.append([run.service(str(service), say), *cells])
    return rows


def _most(named: tuple[str, int]) -> tuple[int, str]:
    return -named[1], named[0]


def savings(run: RunView, say: Speaker) -> list[list[str]]:
    """What the changes of each service save: its label, the tier that takes it, in how many groups, what one of them
    given back alone would cost (the least to the most), what all of the service given back would, and whether limits
    need it; no rows where a run asks no least saving of a change. A saving that is not known is a dash."""
    table = run.tables.get("priced_changes")
    if table is None:
        return []
    rows = []
    for (service, tier), changes in table.groupby(["service", "tier"], sort=False):
        alone = changes["saving_million_yen"].dropna()
        ends = (
            [say.money(value) for value in dict.fromkeys([alone.min(), alone.max()])] if len(alone) else ["–"]
        )
        whole = (
            changes["service_saving_million_yen"] if "service_saving_million_yen" in changes else alone[:0]
        )
        together = say.money(whole.iloc[0]) if whole.notna().any() else "–"
        count = int((changes["needed"] == 1).sum())
        needed = f"{say.number(count)} / {say.number(len(changes))}" if count else "–"
        label = run.service(str(service), say)
        said = [say.word(str(tier)), say.number(len(changes)), " – ".join(ends), together, needed]
        rows.append([label, *said])
    return rows


def ordered_groups(table: pd.DataFrame) -> list[str]:
    """Rule groups by mean population of their municipalities, the largest first."""
    people = table["population_persons"] / table["municipalities"].clip(lower=1)
    size = people.groupby(table["rule_group"]).max()
    return [str(group) for group in size.sort_values(ascending=False, kind="stable").index]


def _verdicts(run: RunView) -> dict[tuple[str, str], tuple[str, float]]:
    """The verdict on every change of the plan, and the share of the draws in which it pays."""
    if VERDICTS not in run.tables:
        return {}
    table = run.tables[VERDICTS]
    return {
        (row.service, row.rule_group): (str(row.verdict), row.draws_paid / row.draws)
        for row in table[table["in_plan"] == 1].itertuples()
    }


def cells_of(run: RunView) -> list[Cell]:
    """A cell for every row of the table of responsibility."""
    stability, verdicts = run.stability, _verdicts(run)
    result = []
    for row in run.tables["responsibility"].itertuples():
        mark, share = "", float("nan")
        if stability is not None and (row.service, row.rule_group) in stability.index:
            found = stability.loc[(row.service, row.rule_group)]
            if found["tier"] == row.tier:
                mark, share = str(found["mark"]), float(found["share_of_draws"])
                mark = mark if mark in SIGNS else ""
        elif stability is None and row.changed and (row.service, row.rule_group) in verdicts:
            mark, share = verdicts[row.service, row.rule_group]
        result.append(Cell(row.tier, row.tier_today, bool(row.changed), mark, share))
    return result


def cost_changes(run: RunView) -> dict[str, float]:
    """What the package adds to the cost of each service over all rule groups, million yen a year: the figure that every
    sentence and table gives for a service."""
    table = run.tables["services"].set_index("service")
    change = table["total_million_yen"] - table["total_today_million_yen"]
    return {str(service): float(value) for service, value in change.items()}


@dataclass(frozen=True)
class Move:
    """A service that goes from one tier to another in some rule groups (`groups` of `of`), where `people` live."""

    service: str
    today: str
    tier: str
    groups: int
    of: int
    people: float


def moves(run: RunView) -> list[Move]:
    """What moves, the services whose cost falls most first."""
    table = run.tables["responsibility"]
    changed = table[table["changed"] == 1]
    found = []
    for (service, today, tier), rows in changed.groupby(["service", "tier_today", "tier"], sort=False):
        of = int((table["service"] == service).sum())
        people = float(rows["population_persons"].sum())
        found.append(Move(str(service), str(today), str(tier), len(rows), of, people))
    changes = cost_changes(run)
    return sorted(found, key=lambda move: changes[move.service])
