"""The official debt ratios before and after (D4), by the law's formula, and the steps of the law that they reach.

    real debt service ratio = (debt service - earmarked sources - part in need) / base
    future burden ratio     = (debts to be borne - sources - need to be recognised) / base
    base                    = standard financial scale - part in need

The ratios of today are the official ones, and what stands over the base is what they say: ratio x base. Under a package
the scale changes as taxes at standard rates, the allocation and the extraordinary bond do, and what the need no longer
recognises of debt service comes on top of the debt service that is to be borne, and of the debts that are, for as many
years as bonds outstanding come to. Debt goes along with the duty for whose
works it was made (`ledger.asset_debt`), both what the need recognises of it and what is to be borne beyond. The
official ratio is a mean of three years; here it is as if the package had held in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from optimization.case.case import Case
from optimization.dictionary.tiers import PREFECTURE
from optimization.dictionary.typed_settings import SettingKey
from optimization.ledger.accounts import Accounts, todays_accounts
from optimization.ledger.borrowing import bond_share
from optimization.ledger.instance import Instance
from optimization.reading.japan import BURDEN_WARNING, BURDEN_WARNING_UPPER, DEBT_SERVICE_STAGES, UPPER_CLASS

SERVICE_CEILING: Final = "discipline.debt_service_ceiling"
BURDEN_CEILING: Final = "discipline.future_burden_ceiling"
RULES: Mapping[SettingKey, str] = {SERVICE_CEILING: "D4", BURDEN_CEILING: "D4burden"}
"""The rule of each ceiling."""

STAGES = ("sound", "permission", "early_warning", "rehabilitation")
STEPS = STAGES[1:]
"""Steps of the law on debts."""

DIGITS = 9
"""A ratio counts as having reached a stage when it does so to these decimals."""

SCALE = "standard_scale_million_yen"


@dataclass(frozen=True)
class DebtFigures:
    """What the two ratios are made of, shape (G,) each, million yen: the standard financial `scale`, the debt service
    `in_need`, and over their difference, the `base`, debt `service` and future `burden`."""

    scale: np.ndarray
    in_need: np.ndarray
    service: np.ndarray
    burden: np.ndarray

    @property
    def base(self) -> np.ndarray:
        """What the law divides by."""
        return self.scale - self.in_need

    @property
    def ratios(self) -> tuple[np.ndarray, np.ndarray]:
        """Real debt service ratio and future burden ratio."""
        return self.service / self.base, self.burden / self.base


def counted_funds(accounts: Accounts) -> np.ndarray:
    """What moves the standard financial scale, shape (G,): general funds without guarantees, which are earmarked."""
    return accounts.funds - accounts.guarantee


def scale_today(instance: Instance) -> np.ndarray:
    """Standard financial scale of today, shape (G,): as the cards have it, or in a case that does not know it (which
    says so when it is read) today's general funds without guarantees."""
    frame = instance.case.governments
    return frame[SCALE].to_numpy(float) if SCALE in frame else counted_funds(todays_accounts(instance))


def debts_today(instance: Instance) -> DebtFigures:
    """Debts of today, of a question's first year."""
    frame, scale = instance.case.governments, scale_today(instance)
    in_need = instance.debt_service
    service, burden = (
        frame[name].to_numpy(float) * (scale - in_need)
        for name in ("real_debt_service_ratio", "future_burden_ratio")
    )
    return DebtFigures(scale, in_need, service, burden)


def debts_of(accounts: Accounts) -> DebtFigures:
    """Debts under a decision, in a question's first year; worked out once for each accounts."""
    return _known(accounts, "debts_by_law", lambda: _under(accounts, accounts.instance))


def debts_later(accounts: Accounts) -> tuple[DebtFigures, ...]:
    """Debts in every later year of a horizon: those of today, for old debts are renewed as they are repaid, and each
    government's part of the extraordinary bonds since (of the debt itself, and of its yearly service); worked out once
    for each accounts."""

    def work() -> tuple[DebtFigures, ...]:
        share, owed = bond_share(accounts.instance), accounts.debts
        return tuple(
            _under(later, accounts.instance, share * service, share * burden)
            for later, service, burden in zip(accounts.later, owed.service[1:], owed.local[1:], strict=True)
        )

    return _known(accounts, "later_debts_by_law", work)


Found = TypeVar("Found")


def _known(accounts: Accounts, name: str, work: Callable[[], Found]) -> Found:
    """What is known of some accounts under a name, worked out where it is not yet."""
    known = vars(accounts)
    if name not in known:
        known[name] = work()
    found: Found = known[name]
    return found


def _under(
    then: Accounts, first: Instance, service: np.ndarray | float = 0.0, burden: np.ndarray | float = 0.0
) -> DebtFigures:
    """Debts of a year under its decision, with what was borrowed since the first."""
    before, kept = debts_today(first), first.recognised_share
    more = counted_funds(then) - counted_funds(todays_accounts(first))
    promised = before.in_need + then.debt_service_moved
    borne, owed = (amount + then.moved(np.maximum(0.0, amount)) for amount in (before.service, before.burden))
    years = first.debt_years
    unpromised = (1.0 - kept) * (years * before.in_need + then.moved(years * first.asset_debt_service))
    return DebtFigures(
        before.scale + more,
        kept * promised,
        borne + (1.0 - kept) * promised + service,
        owed + unpromised + burden,
    )


def debt_ratios(accounts: Accounts) -> tuple[np.ndarray, np.ndarray]:
    """Real debt service ratio and future burden ratio under a decision, shape (G,) each."""
    return debts_of(accounts).ratios


def debt_stages(accounts: Accounts) -> np.ndarray:
    """The gravest of `STAGES` that either ratio reaches, shape (G,), as text. The future burden knows
    early warning alone; Tokyo with its wards is held against the prefectures' number."""
    service, burden = (np.round(ratio, DIGITS) for ratio in debt_ratios(accounts))
    stage = np.searchsorted(DEBT_SERVICE_STAGES, service, side="right")
    warned = np.where(burden >= burden_warning(accounts.instance), STAGES.index("early_warning"), 0)
    return np.array(STAGES, dtype=object)[np.maximum(stage, warned)]


def reached(accounts: Accounts) -> dict[str, np.ndarray]:
    """Who is at or over each step of the law, shape (G,) of truths, by the name of its measure."""
    service, burden = (np.round(ratio, DIGITS) for ratio in debt_ratios(accounts))
    steps = {f"governments_from_{100 * step:.0f}_percent": service >= step for step in DEBT_SERVICE_STAGES}
    return {**steps, "governments_from_burden_warning": burden >= burden_warning(accounts.instance)}


def crossing(accounts: Accounts, before: Accounts) -> np.ndarray:
    """Who reaches a step of the law that it is under before, shape (G,) of truths."""
    pairs = zip(reached(accounts).values(), reached(before).values(), strict=True)
    return np.any([now & ~then for now, then in pairs], axis=0)


def burden_warning(instance: Instance) -> np.ndarray:
    """Future burden ratio of early warning for each government, shape (G,): the higher one for prefectures and
    designated cities."""
    return instance.case.once("burden of early warning", lambda: _burden_warning(instance.case))


def _burden_warning(case: Case) -> np.ndarray:
    designated = case.codes[case.municipalities["city_class"] == UPPER_CLASS]
    frame = case.governments
    upper = (frame["tier"] == PREFECTURE) | frame.index.isin(designated)
    return np.where(upper, BURDEN_WARNING_UPPER, BURDEN_WARNING)
