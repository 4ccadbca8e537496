"""A draft of the workbench as a question: exactly as it stands, or what is locked of it kept and the rest found.

To find the rest is a run of the draft's packages with the draft's settings on top. A locked cell is prescribed and a
locked body stands as it is; every other cell is free to move, to the tiers that the packages open or, where they open
none, to every tier, and bodies may form in the services that the packages open or, where they open none, in all. What
the user leaves out of the search (roles, bodies) stays as drafted.
"""

from __future__ import annotations

from typing import Any, Final

from optimization.case.prescribed import FIX_BODIES
from optimization.case.resolved import ResolvedPackage
from optimization.case.rule_groups import FIX
from optimization.dictionary.settings import ALL
from optimization.errors import Problem, raise_if_any
from optimization.web.api import Asked, case_of_question, counted, package_asked
from optimization.web.jobs import FIND, Order
from optimization.web.worker import APPLY

FREE, TIERS_OPEN, SHARED = "responsibility.free_services", "responsibility.free_tiers", "wide_area.services"
OPEN: Final = ("municipality", "prefecture", "nation")
"""Tiers to which a cell may move where the packages say nothing."""

GAP, SECONDS = 1e-4, 600.0


def applied_order(asked: Asked) -> Order:
    """The order to keep a draft as a run, exactly as it stands. Raises `InputError` with every fault of it."""
    _countable(asked)
    return _order(asked, asked.all_settings(), APPLY)


def search_order(asked: Asked, roles: bool = True, bodies: bool = True) -> Order:
    """The order to find the rest of a draft: `roles` and `bodies` say whether these are looked for. Raises `InputError`
    with every fault of it."""
    _countable(asked)
    package = package_asked(asked)
    raise_if_any(_unknown_locks(asked))
    settings = searched_settings(asked, package, roles, bodies)
    _countable(asked.model_copy(update={"settings": settings, "tiers": {}}))
    return _order(asked, settings, FIND)


def searched_settings(asked: Asked, package: ResolvedPackage, roles: bool, bodies: bool) -> dict[str, Any]:
    """The settings under which the rest of a draft is looked for; `package` is what the draft amounts to."""
    settings = dict(asked.settings)
    drafted = {**settings.pop(FIX, {}), **asked.tiers}
    if held := {cell: tier for cell, tier in drafted.items() if not roles or cell in asked.locked}:
        settings[FIX] = held
    if not roles:
        settings[FREE] = []
    elif not package.settings["responsibility.free_services"]:
        settings |= {FREE: ALL, TIERS_OPEN: list(OPEN)}
    if bodies and isinstance(settings.get(FIX_BODIES), list):
        settings[FIX_BODIES] = [body for body in settings[FIX_BODIES] if body in asked.locked]
    if not bodies:
        settings[SHARED] = []
    elif not package.settings["wide_area.services"]:
        settings[SHARED] = ALL
    return settings


def _countable(asked: Asked) -> None:
    """Count a question once, so that whoever asks learns at once what is wrong with it; one over years takes long, and
    is only read. Raises `InputError` with every fault."""
    if not package_asked(asked).settings["horizon.years"]:
        counted(asked)


def _unknown_locks(asked: Asked) -> list[Problem]:
    """Locks of what the draft does not say."""
    named = {
        *asked.tiers,
        *map(str, asked.settings.get(FIX, {})),
        *map(str, asked.settings.get(FIX_BODIES, [])),
    }
    return [
        Problem("question", "is locked, but the draft does not say how it is", "give its tier", "", "locked", lock[:80])
        for lock in asked.locked
        if lock not in named
    ]  # fmt: skip


def _order(asked: Asked, settings: dict[str, Any], kind: str) -> Order:
    _, codes = case_of_question(asked)
    return Order(
        asked.case,
        "+".join(part.strip() for part in asked.package.split("+")),
        tuple(codes),
        gap=GAP,
        seconds=SECONDS,
        settings=settings,
        assumptions=dict(asked.assumptions),
        kind=kind,
    )
