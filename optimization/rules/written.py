"""The named quantities as the tables of a run have them, in floats or in fractions.

Nothing of the program's own reckoning is used here: a limit that its statement finds kept in the rows, in the accounts
and in the tables has been read three times from different figures. The tables tell of the first year; what they hold as
a ratio alone is read as that ratio over one, and a limit on what they do not hold is left to the other readings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from optimization.dictionary.settings import value_of
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.errors import InputError, Problem
from optimization.reading.japan import BURDEN_WARNING, BURDEN_WARNING_UPPER, UPPER_CLASS
from optimization.rules import places as of_places
from optimization.rules.fiscal import LOSERS, LOSS_LIMIT, PATH_YEARS
from optimization.rules.quantities import Scope
from optimization.rules.statement import Reading, Statement

MIL = "_million_yen"
ALL = "all"


class Tables(Protocol):
    """The tables of a run, however they were read: figures as numbers of one kind, words as text."""

    def figures(self, table: str, column: str) -> np.ndarray:
        """A column of numbers."""

    def words(self, table: str, column: str) -> np.ndarray:
        """A column of words."""

    def number(self, value: float) -> Any:
        """A number of a setting as one of the same kind."""

    def has(self, table: str) -> bool:
        """Whether the run has a table."""


class Written(Reading):
    """The tables of a run with a plan, as a statement asks for them. A row that lacks raises `InputError`."""

    def __init__(self, settings: Settings, tables: Tables) -> None:
        self.settings, self.tables = settings, tables
        self.tier = tables.words("governments", "tier")

    def __getitem__(self, key: SettingKey) -> Any:
        """A setting as a number of the tables' kind."""
        return self.tables.number(value_of(self.settings, key))

    def of(self, column: str) -> np.ndarray:
        """A column of the governments' accounts, million yen, shape (G,)."""
        return self.tables.figures("governments", column + MIL)

    def today(self, name: str) -> np.ndarray:
        """A ratio of today's for every government, shape (G,)."""
        match name:
            case "coverage":
                return self.tables.figures("governments", "coverage_today_ratio")
            case "dependence":
                return self.of("grant_today") / self.of("funds_today")
            case "own_share":
                return self._own_part("_today") / self.of("standard_cost_today")
            case "mean_own_share":
                return self._mean_own_share()
            case "leeway" | "cost_per_resident" | "taxes_per_resident":
                return self.of_places(name, "_today")
            case "place_dispersion":
                return np.atleast_1d(self.spread(self.of_places("leeway", "_today")))
            case "tax_price":
                return self.of_places("taxes_per_resident", "_today") / self.of_places(
                    "cost_per_resident", "_today"
                )
            case "mean_tax_price":
                people = self.people_of_places()
                own, cost = (self.of_places(f"{n}_per_resident", "_today") for n in ("taxes", "cost"))
                return np.array([(people * own).sum() / (people * cost).sum()] * len(people))
            case "real_debt_service_ratio" | "future_burden_ratio":
                return self.tables.figures("governments", name.replace("_ratio", "_today_ratio"))
            case "debt_service_ratio_anyway":
                return self.today("real_debt_service_ratio")
            case "future_burden_ratio_anyway":
                return self.today("future_burden_ratio")
            case "future_burden_warning":
                upper = np.isin(self.tables.words("governments", "class"), ("prefecture", UPPER_CLASS))
                ordinary, higher = map(self.tables.number, (BURDEN_WARNING, BURDEN_WARNING_UPPER))
                return np.where(upper, higher, ordinary)
        return self.of(f"{name}_today")

    def reads(self, statement: Statement) -> bool:
        """Whether the tables hold all that a statement speaks of."""
        whole = statement.scope is not Scope.GOVERNMENT
        known = all(name in QUANTITIES or (whole and name in SUMMED) for name in statement.of)
        return known and (self.tables.has("debts") or not OF_DEBTS & set(statement.of))

    def members(self, tier: int) -> np.ndarray:
        """Positions of the governments of a tier, Tokyo with its wards among the prefectures."""
        return np.flatnonzero((self.tier == "prefecture") == bool(tier))

    def summed(self, value: np.ndarray, groups: Sequence[np.ndarray]) -> np.ndarray:
        """Sums over groups of members."""
        return np.array([value[group].sum() for group in groups])

    def quantity(self, name: str) -> np.ndarray:
        """A quantity of the plan, an array over its scope."""
        return np.atleast_1d(QUANTITIES[name](self))

    def read(self, name: str, statement: Statement) -> Any:
        """A quantity for every row of a statement; what the tables have summed already is taken as it is."""
        if name in SUMMED and statement.scope is not Scope.GOVERNMENT:
            return SUMMED[name](self)[list(statement.tiers) if statement.scope is Scope.TIER else [0]]
        return super().read(name, statement)

    def measure(self, name: str) -> Any:
        """A measure of the plan."""
        return self._of_list("measures", "measure", name)

    def formula(self, name: str) -> Any:
        """A parameter of the formula under the plan."""
        return self._of_list("formula", "parameter", name)

    def _of_list(self, table: str, column: str, name: str) -> Any:
        at = np.flatnonzero(self.tables.words(table, column) == name)
        if not len(at):
            remedy = "take a copy that nobody has changed, or solve again"
            raise InputError([Problem(f"{table}.csv", f"has no row for this {column}", remedy, value=name)])
        return self.tables.figures(table, "under_package")[at[0]]

    def _own_part(self, when: str = "") -> np.ndarray:
        own = self.of(f"standard_cost{when}") - self.of(f"guarantee{when}")
        if not when:  # today's accounts know no special allocation
            own = own - self.special()
        return own + self.of(f"contribution{when}") - self.of(f"grant{when}")

    def special(self) -> np.ndarray:
        """What every government is paid as special allocation out of what the formula leaves of the pool, (G,)."""
        nothing = self.tables.number(0)
        found: dict[str, Any] = {}
        if self.tables.has("flows_by_government"):
            table = "flows_by_government"
            here = self.tables.words(table, "kind") == "special_allocation"
            who = self.tables.words(table, "government")[here]
            amounts = self.tables.figures(table, "package_million_yen")[here]
            found = dict(zip(who.tolist(), amounts.tolist(), strict=True))
        names = self.tables.words("governments", "government").tolist()
        return np.array([found.get(name, nothing) for name in names])

    def handed_over(self) -> Any:
        """National taxes that the nation hands over."""
        given = self.tables.figures("taxes", "assigned_ratio") - self.tables.figures(
            "taxes", "assigned_today_ratio"
        )
        return (self.tables.figures("taxes", f"base{MIL}") * given).sum()

    def _mean_own_share(self) -> np.ndarray:
        """By cost over the governments that hold the same tiers; one that holds both is named by two codes."""
        both = np.array(["+" in name for name in self.tables.words("governments", "government")])
        kind = np.where(both, 2, np.where(self.tier == "prefecture", 1, 0))
        own, cost = self._own_part("_today"), self.of("standard_cost_today")
        mean = {k: own[kind == k].sum() / cost[kind == k].sum() for k in set(kind.tolist())}
        return np.array([mean[k] for k in kind.tolist()])

    def people(self) -> np.ndarray:
        """Each government's part of all residents, shape (G,)."""
        persons = self.tables.figures("governments", "population_persons")
        return persons / persons.sum()

    def dispersion(self) -> Any:
        """Mean distance of coverage from its level, by residents."""
        gap = abs(self.of("funds") - self["equity.dispersion_level"] * self.of("standard_cost"))
        return (self.people() * gap / self.of("standard_cost_today")).sum()

    def lost(self) -> np.ndarray:
        """What lacks of the coverage that the limit of losses promises, shape (G,)."""
        if self.settings[LOSS_LIMIT] is None:
            return 0 * self.of("funds")
        kept = (1 - self[LOSS_LIMIT]) * self.today("coverage")
        return kept * self.of("standard_cost") - self.of("funds")

    def people_losing(self) -> Any:
        """Part of all people who live under a government that loses more than the limit."""
        loses = self.lost() > self.tables.number(1e-6) * self.of("standard_cost")
        return self.people()[loses].sum()

    def let_off(self) -> np.ndarray:
        """What governments that may lose are let off, shape (G,)."""
        lost = self.lost()
        return np.maximum(0, lost) if self.settings[LOSERS] > 0 else 0 * lost

    def of_places(self, name: str, when: str = "") -> np.ndarray:
        """Leeway, standard cost or own taxes of both tiers of every place from its governments' accounts, yen per
        resident, shape (I,)."""
        names = {"leeway": "funds", "cost_per_resident": "standard_cost", "taxes_per_resident": "own_revenue"}
        amount = self.of(names[name] + when)
        if name == "leeway":
            amount = amount - self.of(f"standard_cost{when}")
        each = amount * 1_000_000 / self.tables.figures("governments", "population_persons")
        at = {code: n for n, code in enumerate(self.tables.words("governments", "government").tolist())}
        own, above = (
            self.tables.words("places", f"{whose}_government").tolist()
            for whose in ("municipal", "prefectural")
        )
        return np.array(
            [each[at[o]] + (each[at[a]] if a != o else 0) for o, a in zip(own, above, strict=True)]
        )

    def people_of_places(self) -> np.ndarray:
        """Each place's part of all residents, shape (I,)."""
        persons = self.tables.figures("places", "population_persons")
        return persons / persons.sum()

    def spread(self, value: np.ndarray) -> Any:
        """Mean distance of a figure of places from its mean, both by residents."""
        people = self.people_of_places()
        return (people * abs(value - (people * value).sum())).sum()

    def place_lost(self) -> np.ndarray:
        """What lacks of the leeway that the limit of a place's loss promises, shape (I,), yen per resident."""
        return self.of_places("leeway", "_today") - self[of_places.LOSS] - self.of_places("leeway")

    def place_let_off(self) -> np.ndarray:
        """What places that may lose are let off, shape (I,), yen per resident."""
        lost = self.place_lost()
        return np.maximum(0, lost) if self.settings[of_places.LOSERS] > 0 else 0 * lost

    def top_ups(self) -> Any:
        """Top-ups of the first year of the path."""
        if not self.settings[PATH_YEARS]:
            return self.tables.number(0)
        first = self.tables.words("hold_harmless", "year") == "1"
        return self.tables.figures("hold_harmless", f"top_up{MIL}")[first].sum()

    def debt(self, name: str) -> np.ndarray:
        """A column of the debts in the order of the governments' accounts, million yen, shape (G,)."""
        at = {code: n for n, code in enumerate(self.tables.words("debts", "government").tolist())}
        order = [at.get(code, -1) for code in self.tables.words("governments", "government").tolist()]
        if min(order, default=0) < 0:
            remedy = "take a copy that nobody has changed, or solve again"
            raise InputError([Problem("debts.csv", "has no row for some government", remedy)])
        return self.tables.figures("debts", name + MIL)[order]

    def by_tax(self) -> tuple[np.ndarray, np.ndarray]:
        """Counted x assigned share and assigned share of every tax that is counted in part, (J,) each; 0 of others."""
        partial = self.tables.figures("taxes", "counted_in_part")
        assigned = partial * self.tables.figures("taxes", "assigned_ratio")
        return assigned * self.tables.figures("taxes", "counted_ratio"), assigned

    def common_share(self) -> np.ndarray:
        """Largest counted share of each tier's taxes that are counted in part and local at all, (2,)."""
        counted, assigned = self.by_tax()
        tier = self.tables.words("taxes", "tier")
        here = [(assigned > 0) & (tier == name) for name in ("municipality", "prefecture")]
        return np.array([max(counted[at] / assigned[at], default=self.tables.number(0)) for at in here])

    def tiers_answering(self) -> np.ndarray:
        """Tiers that answer for each service, in the order of the statute."""
        service, tier = (self.tables.words("responsibility", column) for column in ("service", "tier"))
        names = dict.fromkeys(service.tolist())
        return np.array([len(set(tier[service == name].tolist())) for name in names])

    def leads_apart(self) -> Any:
        """Leads that are not who answers for the service in normal times."""
        if not self.tables.has("crisis_protocol"):
            return self.tables.number(0)
        lead, normal = (self.tables.words("crisis_protocol", name) for name in ("lead", "responsible_tier"))
        return self.tables.number(int((lead != normal).sum()))

    def by_scenario(self, column: str) -> np.ndarray:
        """A column of the shortage in crises for the whole case, shape (W,)."""
        if not self.tables.has("crisis_shortage"):
            return np.zeros(0)
        whole = self.tables.words("crisis_shortage", "prefecture_code") == ALL
        return self.tables.figures("crisis_shortage", column)[whole]

    def shortage_at_risk(self) -> Any:
        """Mean shortage of the worst years: the least over eta of eta + mean of what exceeds it / (1 - level)."""
        loss, odds = self.by_scenario(f"shortage{MIL}"), self.by_scenario("probability_per_year")
        tail = 1 - self["crisis.cvar_level"]
        return min(
            eta + (odds * np.maximum(0, loss - eta)).sum() / tail for eta in (self.tables.number(0), *loss)
        )


QUANTITIES: Mapping[str, Callable[[Written], Any]] = {
    "funds": lambda w: w.of("funds"),
    "standard_cost": lambda w: w.of("standard_cost"),
    "transfer": lambda w: w.of("grant") - w.of("contribution"),
    "special": Written.special,
    "paid": lambda w: w.of("grant") - w.of("contribution") + w.of("residual"),
    "own_part": lambda w: w._own_part(),
    "own_revenue": lambda w: w.of("own_revenue"),
    "spending": lambda w: w.of("spending"),
    "debt_base": lambda w: w.debt("standard_scale") - w.debt("debt_service_in_need"),
    "debt_service": lambda w: w.debt("real_debt_service"),
    "future_burden": lambda w: w.debt("future_burden"),
    "let_off": Written.let_off,
    "pool_added": lambda w: w.formula("pool") - w["pool.ordinary_million_yen"],
    "released": lambda w: w.formula("released"),
    "handed_over": Written.handed_over,
    "national_outlay": lambda w: w.measure("national_outlay"),
    "national_shortfall": lambda w: w.tables.number(0),
    "dispersion": Written.dispersion,
    "people_losing": Written.people_losing,
    "top_ups": Written.top_ups,
    "leeway": lambda w: w.of_places("leeway"),
    "cost_per_resident": lambda w: w.of_places("cost_per_resident"),
    "taxes_per_resident": lambda w: w.of_places("taxes_per_resident"),
    "place_let_off": Written.place_let_off,
    "place_dispersion": lambda w: w.spread(w.of_places("leeway")),
    "people_let_off": lambda w: w.people_of_places()[w.place_lost() > 1].sum(),
    "common_share": Written.common_share,
    "counted_part": lambda w: w.by_tax()[0],
    "assigned_part": lambda w: w.by_tax()[1],
    "tiers_answering": Written.tiers_answering,
    "duties_moved": lambda w: w.tables.figures("responsibility", "changed").sum(),
    "leads_apart": Written.leads_apart,
    "shortage_at_risk": Written.shortage_at_risk,
    "shortage": lambda w: w.by_scenario(f"shortage{MIL}"),
    "surge": lambda w: w.by_scenario(f"surge{MIL}"),
}
"""Quantities by member of their own scope."""


OF_DEBTS = {"debt_base", "debt_service", "future_burden"}
"""Quantities that runs of before the table of debts do not hold."""


def _gross_spending(written: Written) -> np.ndarray:
    """Gross spending of each tier, (2,): own revenue over its share, which is all that is written of it."""
    own = written.summed(written.of("own_revenue"), [written.members(0), written.members(1)])
    share = np.array([written.measure(f"own_source_share_{name}") for name in ("municipal", "prefectural")])
    return np.array([o / s if s else written.tables.number(1) for o, s in zip(own, share, strict=True)])


SUMMED: Mapping[str, Callable[[Written], np.ndarray]] = {
    "gross_spending": _gross_spending,
    "earmarked": lambda w: np.array([w.measure("earmarked_share")]),
    "gross_cost": lambda w: np.array([w.tables.number(1)]),
}
"""Quantities of governments that the tables hold by tier or for the nation only."""
