"""One decision after another applied to a case that is laid out once: for who changes a setting and looks again."""

from __future__ import annotations

from collections.abc import Sequence

from optimization.case.case import Case
from optimization.case.prescribed import GivenBody
from optimization.case.resolved import ResolvedPackage, settings_problems
from optimization.case.rule_groups import rule_groups
from optimization.dictionary.settings import with_values
from optimization.dictionary.tiers import TIERS
from optimization.errors import raise_if_any
from optimization.ledger.instance import Instance
from optimization.ledger.relaid import Known, relaid
from optimization.outcome.applied import applied, apply, bodies_of_today
from optimization.outcome.given import GivenPlan
from optimization.outcome.question import checked, laid_out
from optimization.outcome.result import Result


class Bench:
    """A case, or some of its prefectures, under the assumptions of one package. The first question is laid out whole,
    every later one from it (`ledger.relaid`)."""

    def __init__(self, case: Case, package: ResolvedPackage, prefectures: Sequence[str] = ()) -> None:
        """Raises `InputError` as `laid_out` does."""
        self._case, self._codes = case, case.prefecture_codes(prefectures)
        self._assumptions = dict(package.assumptions)
        self._base: Instance | None = None
        self._known = Known()
        if not package.settings["horizon.years"]:
            self._base = laid_out(case, package, self._codes, bodies_of_today)

    def open_tiers(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Every tier that the table opens to each service and rule group of the case by class, today's first."""
        if self._base is None:
            return {}
        services = list(self._base.services)
        free = {"responsibility.free_services": tuple(services), "responsibility.free_tiers": TIERS}
        as_law = {"responsibility.fix": {}, "responsibility.at_home": (), "rules.groups": "by_class"}
        groups = rule_groups(
            self._base.case, with_values(self._base.settings, {**free, **as_law}), self._base.today
        )
        return {(services[s], groups.labels[k]): tiers for (s, k), tiers in groups.options.items()}

    def apply(
        self, package: ResolvedPackage, bodies: Sequence[GivenBody] = (), plan: GivenPlan | None = None
    ) -> Result:
        """`outcome.applied.apply`, with the very same figures. Raises ValueError for a package of other
        assumptions."""
        if dict(package.assumptions) != self._assumptions:
            raise ValueError("the package has other assumptions than the question was laid out under")
        if self._base is None or package.settings["horizon.years"]:
            return apply(self._case, package, self._codes, bodies, plan)
        raise_if_any(settings_problems(package))
        question = relaid(self._base, package.settings, bodies_of_today, self._known)
        return applied(checked(question, package, self._codes), package, bodies, plan, self._known)
