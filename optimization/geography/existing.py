"""The wide-area bodies that exist today, and the parts of them that a reform may leave.

A municipality that shares a service today starts from its body, not from acting alone. What a reform does to a body
of today is told by one rule: a new body (or a member by itself) continues the largest of today's bodies of which it
holds the greater part of the people. Whoever was in that body changes nothing and pays no transition; every other
member changes its provider and does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np
from scipy import sparse

from optimization.case.case import Case
from optimization.case.rule_groups import RuleGroups
from optimization.dictionary.tiers import MUNICIPALITY

TODAY, PART_OF_TODAY, EXTENDED, PRESCRIBED = "today", "part_of_today", "extended", "prescribed"

WITHOUT_BOUNDS = (TODAY, PART_OF_TODAY, PRESCRIBED)
"""Sources whose bodies are listed whether or not they keep to the bounds of a package."""

WHOLE = ("fire", "waste", "elementary", "computing")
"""Functions whose sharing is the sharing of the service. Who shares night soil, a junior high school, a home for the
elderly or the collection of tax arrears shares a part of its service only, and counts as providing it alone."""

Prescribed = Sequence[tuple[int, tuple[int, ...]]]

MOST_PIECES = 7
"""Rule groups of members up to which every part of a body of today along their lines is listed."""


@dataclass(frozen=True)
class ExistingBodies:
    """Today's wide-area bodies of one case.

    `names` the T bodies, `service` (T,) the service of each among S, `members` the positions of the members of each,
    `piece` for each member the number of the part of the body it cannot be divided from; `people` (I,) residents, by
    which the greater part of a body is told; `kept` whether the bodies must stand where their members stay responsible.
    `prescribed`: service and members of every body that a package prescribes: it stands as it is, and who is left of a
    body of today that it takes members from may go on without them.
    """

    names: tuple[str, ...]
    service: tuple[int, ...]
    members: tuple[tuple[int, ...], ...]
    piece: tuple[tuple[int, ...], ...]
    people: np.ndarray
    kept: bool
    prescribed: tuple[tuple[int, tuple[int, ...]], ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def number_of(self) -> dict[tuple[int, ...], int]:
        """Number of a body by its members."""
        return {members: t for t, members in enumerate(self.members)}

    @cached_property
    def services(self) -> list[int]:
        """The services that some body provides today, in order."""
        return sorted(set(self.service))

    def of(self, s: int) -> np.ndarray:
        """Number of today's body of service s of every municipality, shape (I,); -1 where it acts alone."""
        return self._number[s] if s in self._number else np.full(len(self.people), -1)

    @cached_property
    def _number(self) -> dict[int, np.ndarray]:
        """Number of today's body of every municipality, (I,), by service."""
        result = {s: np.full(len(self.people), -1) for s in self.services}
        for t, (service, members) in enumerate(zip(self.service, self.members, strict=True)):
            result[service][list(members)] = t
        return result

    @cached_property
    def count(self) -> np.ndarray:
        """In how many services each municipality belongs to a body that must stand: today's, where they are kept, and
        those that are prescribed, shape (I,)."""
        together = [*(zip(self.service, self.members, strict=True) if self.kept else ()), *self.prescribed]
        where = {(s, i) for s, members in together if len(members) > 1 for i in members}
        return np.bincount([i for _, i in where], minlength=len(self.people))

    @cached_property
    def shared(self) -> list[int]:
        """The services that some body provides today or by prescription, in order."""
        return sorted({*self.service, *(s for s, _ in self.prescribed)})

    def assigned(self, s: int) -> sparse.csr_matrix:
        """Members of the bodies of service s that are prescribed as ones, shape (I, bodies)."""
        bodies = [members for service, members in self.prescribed if service == s]
        at = [(i, n) for n, members in enumerate(bodies) for i in members]
        rows, columns = [i for i, _ in at], [n for _, n in at]
        return sparse.csr_matrix((np.ones(len(at)), (rows, columns)), (len(self.people), len(bodies)))

    @cached_property
    def whole(self) -> np.ndarray:
        """Residents of each body, shape (T,)."""
        return np.array([self.people[list(members)].sum() for members in self.members])

    def membership(self, s: int) -> sparse.csr_matrix:
        """Members of today's bodies of service s as ones, shape (I, T)."""
        number = self.of(s)
        here = np.flatnonzero(number >= 0)
        return sparse.csr_matrix((np.ones(len(here)), (here, number[here])), (len(number), len(self)))

    def continued(self, s: int, sets: sparse.csr_matrix) -> np.ndarray:
        """Number of the body of today that each set of municipalities (rows of ones, (B, I)) continues in service s,
        shape (B,); -1 where it continues none."""
        result = np.full(sets.shape[0], -1)
        people = sparse.csr_matrix(sets.multiply(self.people[None, :])) @ self.membership(s)
        people = sparse.csr_matrix(people)
        rows = np.repeat(np.arange(sets.shape[0]), np.diff(people.indptr))
        held = people.data > self.whole[people.indices] / 2.0
        rows, number, size = rows[held], people.indices[held], self.whole[people.indices[held]]
        order = np.lexsort((-number, size))  # of equals the first named
        result[rows[order]] = number[order]
        return result

    def goes_on_alone(self, s: int) -> np.ndarray:
        """Whether each municipality by itself would continue a body of today of service s, boolean (I,)."""
        if s not in self._alone:
            everybody = sparse.identity(len(self.people), format="csr")
            self._alone[s] = self.continued(s, everybody) >= 0
        return self._alone[s]

    @cached_property
    def _alone(self) -> dict[int, np.ndarray]:
        """What `goes_on_alone` has been asked for."""
        return {}

    @cached_property
    def standing(self) -> dict[tuple[int, ...], list[int]]:
        """Services in which a set of municipalities is one of today's bodies, or a part of one that may stand by
        itself, or is prescribed, by the positions of its members; the whole bodies first."""
        result: dict[tuple[int, ...], list[int]] = {}
        for t, members in enumerate(self.members):
            result.setdefault(members, []).append(self.service[t])
        for s, members in self.prescribed:
            if len(members) > 1:
                result.setdefault(members, []).append(s)
        for t in range(len(self)) if self.kept else ():
            for part in self.parts(t):
                if len(part) > 1:
                    result.setdefault(part, []).append(self.service[t])
        return result

    def pieces(self, s: int) -> sparse.csr_matrix:
        """Members of the parts into which today's bodies of service s may be divided, as ones, shape (I, parts)."""
        return self._pieces[s] if s in self._pieces else sparse.csr_matrix((len(self.people), 0))

    @cached_property
    def _pieces(self) -> dict[int, sparse.csr_matrix]:
        """The parts of the bodies by service that some body provides."""
        return {s: self._pieces_of(s) for s in self.services}

    def _pieces_of(self, s: int) -> sparse.csr_matrix:
        at = [
            (i, (t, piece))
            for t, service in enumerate(self.service)
            if service == s
            for i, piece in zip(self.members[t], self.piece[t], strict=True)
        ]
        number = {key: n for n, key in enumerate(sorted({key for _, key in at}))}
        rows, columns = [i for i, _ in at], [number[key] for _, key in at]
        return sparse.csr_matrix((np.ones(len(at)), (rows, columns)), (len(self.people), len(number)))

    def may_act_alone(self, s: int) -> np.ndarray:
        """(R10) Whether each municipality may provide service s alone, boolean (I,): always where bodies need not be
        kept, else who is in none, or a part of its body by itself; nobody who is prescribed a body."""
        pieces, assigned = self.pieces(s), self.assigned(s)
        together, fixed = (each @ np.asarray(each.sum(axis=0)).ravel() for each in (pieces, assigned))
        return np.asarray(((not self.kept) | (together <= 1)) & (fixed <= 1))

    def parts(self, t: int) -> Iterator[tuple[int, ...]]:
        """What may be left of body t where the law gives its members different rules. Where they are of many rule
        groups, only the body less one group and single groups."""
        members, of = self.members[t], self.piece[t]
        kinds = sorted(set(of))
        sizes: Iterable[int] = range(1, len(kinds))
        if len(kinds) > MOST_PIECES:
            sizes = (1, len(kinds) - 1)
        for size in sizes:
            for some in map(frozenset, combinations(kinds, size)):
                yield tuple(i for i, kind in zip(members, of, strict=True) if kind in some)

    def cut_through(self, s: int, sets: sparse.csr_matrix) -> np.ndarray:
        """Whether each set (B, I) cuts through a part of one of today's bodies of service s that must stand, or holds a
        member of a body that is prescribed without being it, (B,)."""
        result = np.zeros(sets.shape[0], dtype=bool)
        if self.kept:
            pieces = self.pieces(s)
            taken = sparse.csr_matrix(sets @ pieces)
            cut = taken.data < np.asarray(pieces.sum(axis=0)).ravel()[taken.indices]
            result[np.repeat(np.arange(sets.shape[0]), np.diff(taken.indptr))[cut]] = True
        if self.prescribed:
            assigned = self.assigned(s)
            held, size = sparse.csr_matrix(sets @ assigned), np.asarray(assigned.sum(axis=0)).ravel()
            own = np.asarray(sets.sum(axis=1)).ravel()[
                np.repeat(np.arange(sets.shape[0]), np.diff(held.indptr))
            ]
            other = (held.data < size[held.indices]) | (held.data < own)
            result[np.repeat(np.arange(sets.shape[0]), np.diff(held.indptr))[other]] = True
        return result

    def around(self, s: int, sets: Iterable[frozenset[int]]) -> Iterator[frozenset[int]]:
        """Each set together with the whole of every body of today of service s that it touches."""
        number = self.of(s)
        for members in sets:
            touched = {number[i] for i in members} - {-1}
            if touched:
                yield members.union(*(self.members[t] for t in touched))


def existing_bodies(
    case: Case, groups: RuleGroups, kept: bool, prescribed: Prescribed = ()
) -> ExistingBodies:
    """Today's bodies of a case (table `bodies_today`), each with the members that have the service; those of a
    service that cannot be shared, or left with one member, are none. A body can be divided along the rule groups of
    its members where the statute may give one of these another responsible tier."""
    table = case.bodies_today
    table = table[table["function"].isin(WHOLE)]
    names, services, members = [], [], []
    wide = case.services["wide_area"].astype(bool)
    place = case.codes.get_indexer(table["code"])
    has = {s: (case.standard_need(s).reindex(case.codes) > 0).to_numpy() for s in wide.index[wide]}
    for (name, service), rows in sorted(table.groupby(["body_id", "service"]).indices.items()):
        if service not in has:
            continue
        here = place[rows][place[rows] >= 0]
        places = np.sort(here[has[service][here]])
        if len(places) < 2:
            continue
        names.append(str(name))
        services.append(int(case.services.index.get_loc(service)))
        members.append(tuple(places.tolist()))
    people = case.municipalities["population_persons"].to_numpy(float)
    whole = ExistingBodies(tuple(names), tuple(services), tuple(members), (), people, kept)
    return under_groups(whole, groups, kept, prescribed)


def under_groups(
    existing: ExistingBodies, groups: RuleGroups, kept: bool, prescribed: Prescribed = ()
) -> ExistingBodies:
    """Today's bodies under other rule groups, along which they may be divided, and with other prescribed bodies, which
    take their members out of them."""
    of, fixed, pieces = groups.of_municipality.tolist(), (MUNICIPALITY,), []
    taken = {(s, i): n for n, (s, members) in enumerate(prescribed, start=1) for i in members}
    for s, members in zip(existing.service, existing.members, strict=True):
        own = [of[i] for i in members]
        whole = all(groups.options.get((s, k)) == fixed for k in set(own))
        lines = [(0 if whole else k, taken.get((s, i), 0)) for i, k in zip(members, own, strict=True)]
        number = {line: n for n, line in enumerate(sorted(set(lines)))}
        pieces.append(tuple(number[line] for line in lines))
    return replace(existing, piece=tuple(pieces), kept=kept, prescribed=tuple(prescribed))
