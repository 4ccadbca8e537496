"""Wide-area bodies that a package prescribes (`wide_area.fix`): exactly these members provide a service together.

A text names services and members: `fire|waste:03202|03203|03207`. One member alone provides by itself. Who stands in
another part of the country than is asked about is left out, and so is a member whose package gives the service to
another tier.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from optimization.case.case import Case
from optimization.dictionary.settings import nearest
from optimization.dictionary.tiers import MUNICIPALITY
from optimization.dictionary.typed_settings import Settings
from optimization.errors import Problem, raise_if_any
from optimization.reading.japan import PREFECTURES

FIX_BODIES: Final = "wide_area.fix"
FORM = re.compile(r"([^:]+):([^:]+)")

Members = tuple[int, ...]


class GivenBody(NamedTuple):
    """A wide-area body: the services that it provides, and the codes of its members."""

    services: tuple[str, ...]
    members: tuple[str, ...]
    today: bool = False


def as_setting(body: GivenBody) -> str:
    """A body as the setting writes it."""
    return f"{'|'.join(body.services)}:{'|'.join(body.members)}"


def bodies_written(entries: Sequence[str]) -> tuple[GivenBody, ...]:
    """The bodies that the entries of the setting name. Raises `InputError` with every entry that names none."""
    found, faults = [], []
    for number, entry in enumerate(entries, start=1):
        parts = FORM.fullmatch(entry.strip())
        if parts is None:
            remedy = "write services, a colon and members, such as fire|waste:03202|03203"
            faults.append(
                Problem("package", "is no body", remedy, f"body {number}", FIX_BODIES, entry.strip()[:40])
            )
        else:
            services, members = (tuple(part.strip() for part in text.split("|")) for text in parts.groups())
            found.append(GivenBody(services, members))
    raise_if_any(faults)
    return tuple(found)


def body_problems(
    bodies: Sequence[GivenBody], case: Case, file: str = "bodies", column: str = "", least: int = 2
) -> Iterator[Problem]:
    """What is wrong with bodies that are given, each named by its number from 1: services and codes that there are not,
    services that no body may provide, fewer than `least` members, a member that stands in two bodies of a service.
    `column` is where they stand, services and members where it is empty."""
    wide = case.services.index[case.services["wide_area"].astype(bool)]
    known, first = set(case.codes), dict[tuple[str, str], int]()
    for number, body in enumerate(bodies, start=1):
        row, where = f"body {number}", column or "members"
        yield from _services(body.services, wide, case.services.index, file, row, column or "services")
        for code in body.members:
            if code not in known and not (column and _elsewhere(code, case)):
                remedy = f"give codes of {case.name}, such as {case.codes[0]}"
                yield Problem(file, "is no municipality of the case", remedy, row, where, code[:40])
        if len(set(body.members)) < least:
            yield Problem(file, "has fewer than two members", "name two at least", row, where)
        for service in dict.fromkeys(body.services):
            for code in body.members:
                other = first.setdefault((service, code), number)
                if other != number or body.members.count(code) > 1:
                    message = f"stands in body {other} of {service} already"
                    yield Problem(file, message, "keep it in one", row, where, code[:40])


def _services(
    named: Sequence[str], wide: Collection[str], every: Collection[str], file: str, row: str, column: str
) -> Iterator[Problem]:
    if not named:
        yield Problem(file, "names no service", f"name one, such as {next(iter(wide), 'fire')}", row, column)
    for service in named:
        if service not in every:
            yield Problem(file, "is not a service", nearest(service, every), row, column, service[:40])
        elif service not in wide:
            message = "cannot be provided by a body (wide_area in services.csv)"
            yield Problem(file, message, nearest(service, wide), row, column, service)


def _elsewhere(code: str, case: Case) -> bool:
    """Whether a code is of a prefecture that is not asked about."""
    return bool(re.fullmatch(r"\d{5}", code)) and (
        code[:2] in PREFECTURES and code[:2] not in case.prefectures.index
    )


def members_prescribed(case: Case, settings: Settings) -> list[tuple[int, Members]]:
    """Service (position) and members that have it (positions, in order) of every body that a package names. Raises
    `InputError` for services and members that there are not, and for a member that stands in two bodies of a service.
    """
    if not settings[FIX_BODIES]:
        return []
    bodies = bodies_written(settings[FIX_BODIES])
    raise_if_any(list(body_problems(bodies, case, "package", FIX_BODIES, least=1)))
    found = []
    for body in bodies:
        places = case.codes.get_indexer([code for code in body.members if code in case.codes])
        for service in body.services:
            s = int(case.services.index.get_loc(service))
            need = case.standard_need(service).reindex(case.codes[places]).to_numpy(float)
            found.append((s, tuple(np.sort(places[need > 0]).tolist())))
    return found


def prescribed_bodies(
    case: Case, settings: Settings, options: Mapping[tuple[int, int], Collection[str]], group: np.ndarray
) -> tuple[tuple[int, Members], ...]:
    """The bodies that a package names, without the members whose rule group (number by municipality) gives the service
    to another tier (`options` by service and group)."""
    found = []
    for s, members in members_prescribed(case, settings):
        able = [i for i in members if MUNICIPALITY in options.get((s, int(group[i])), ())]
        if able:
            found.append((s, tuple(able)))
    return tuple(sorted(found))
