"""Columns that the registry does not list: what they are is told by the sheet's own sums.

Every sheet states sub-totals and totals that its items sum to exactly, government by government. So a column nobody has
named is an item of those totals that do not come out without it, a sub-total where it repeats the sum of the columns
before it, and nothing to import where every sum holds without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from optimization.prepare.items import Item, Register, registry_line, unmapped_item

NEED_BEFORE, TRANSFER, NEED_AFTER = (
    "need_before_transfer",
    "transfer_to_extraordinary_bond",
    "need_after_transfer",
)
SUM = "計"
MOST_TRIED = 8
"""Columns of which every combination is tried where no linear fit tells them apart."""

PARTS = 4
"""Parts of the rows that are fitted one by one, so that a broken figure spoils one of them only."""


@dataclass(frozen=True)
class Column:
    """A column of a sheet: its letter, its heading path (blank for registered ones and where none stands over the
    figures), thousand yen by government."""

    letter: str
    heading: str
    values: list[int]

    @property
    def array(self) -> np.ndarray:
        """The figures, shape (governments,)."""
        return np.array(self.values, dtype=np.int64)


@dataclass
class Settled:
    """Every column of a sheet that is an item or a sum (`placed`, by number), the register that holds them, and what
    there is to tell."""

    register: Register
    placed: dict[int, Item]
    notices: list[str] = field(default_factory=list)


def settle(register: Register, known: Mapping[int, Item], columns: Mapping[int, Column]) -> Settled:
    """Place the columns (by number) that are not `known`.

    A renamed total is known by its sum. Nothing is refused here: a column that fits nowhere is left out, and where a
    sum then fails the identities say so.
    """
    settled = Settled(register, {column: item for column, item in known.items() if column in columns})
    open_columns = [
        number
        for number in sorted(columns)
        if number not in known and (columns[number].heading or any(columns[number].values))
    ]
    sums = _repeated_sums(settled.placed, columns, open_columns)
    candidates = [number for number in open_columns if number not in sums]
    filled = [number for number in candidates if any(columns[number].values)]
    entered = _follow_subtotals(settled, columns, filled)
    for number, found in _entered(settled, columns, filled).items():
        entered[number] |= found
    for number in candidates:
        if entered.get(number):
            _add_item(settled, columns, number, entered[number])
    rest = [number for number in open_columns if number not in settled.placed]
    _place_renamed_totals(settled, columns, rest)
    for number in rest:
        if number not in settled.placed:
            _add_or_leave(settled, columns, number, number in sums)
    settled.placed = dict(sorted(settled.placed.items()))
    return settled


def _agree(found: np.ndarray, due: np.ndarray) -> bool:
    """Whether two columns are one but for a few broken figures; the identities name those."""
    return bool(due.any() and (found == due).mean() > 0.5)


def _is_total(item: Item) -> bool:
    return item.kind != "item"


def _run(
    placed: Mapping[int, Item], columns: Mapping[int, Column], number: int, passed_over: Iterable[int] = ()
) -> list[int]:
    """The columns next to the left of a column that sum to it, other sums and columns of zeros left out; none where
    no such run does."""
    due, total, run = (
        columns[number].array,
        np.zeros(len(columns[number].values), dtype=np.int64),
        list[int](),
    )
    for before in sorted((n for n in columns if n < number), reverse=True):
        item = placed.get(before)
        if before in passed_over or (item is not None and _is_total(item)) or not any(columns[before].values):
            continue
        total = total + (item.sign if item else 1) * columns[before].array
        run.append(before)
        if _agree(total, due):
            return run
    return []


def _repeated_sums(
    placed: Mapping[int, Item], columns: Mapping[int, Column], unlisted: Iterable[int]
) -> set[int]:
    """The unlisted columns that repeat the sum of the columns before them; that of one column only under a heading
    that says so."""
    found = set[int]()
    for number in unlisted:
        run = _run(placed, columns, number, found)
        if len(run) > 1 or (run and columns[number].heading.endswith(SUM)):
            found.add(number)
    return found


def _follow_subtotals(
    settled: Settled, columns: Mapping[int, Column], candidates: Iterable[int]
) -> dict[int, dict[str, int]]:
    """Candidates that stand in the run of columns a sub-total sums; some years a sub-total runs on over more columns
    than the registry says, and its items are then those of the run."""
    entered: dict[int, dict[str, int]] = {number: {} for number in candidates}
    for number, total in list(settled.placed.items()):
        parts = {n: item for n, item in settled.placed.items() if total.id in item.sums}
        if total.kind != "subtotal" or not parts:
            continue
        summed = np.asarray(sum(item.sign * columns[n].array for n, item in parts.items()))
        if not columns[number].array.any() or _agree(summed, columns[number].array):
            continue
        run = _run(settled.placed, columns, number, sorted(set(columns) - set(settled.placed) - set(entered)))
        for n in run:
            if n in entered:
                entered[n][total.id] = 1
        if any(n in settled.placed and n not in parts for n in run):
            _run_on(settled, total, {n for n in run if n in settled.placed} | set(parts))
    return entered


def _run_on(settled: Settled, total: Item, members: set[int]) -> None:
    """Let a sub-total sum other items than the registry says."""
    changed = {
        settled.placed[n].id: replace(settled.placed[n], sums=(*settled.placed[n].sums, total.id))
        for n in members
        if total.id not in settled.placed[n].sums
    }
    settled.placed = {n: changed.get(item.id, item) for n, item in settled.placed.items()}
    items = tuple(changed.get(item.id, item) for item in settled.register.items)
    settled.register = settled.register.with_items(items)
    settled.notices.append(f"{total.name_ja} runs on over {len(members)} columns: summed as it stands")


# ---- items


def _entered(
    settled: Settled, columns: Mapping[int, Column], candidates: Sequence[int]
) -> dict[int, dict[str, int]]:
    """candidate -> the totals it enters and with which sign, from what each total lacks."""
    entered: dict[int, dict[str, int]] = {number: {} for number in candidates}
    for number, total in settled.placed.items():
        parts = [(n, item) for n, item in settled.placed.items() if total.id in item.sums]
        if not _is_total(total) or not parts or not candidates:
            continue
        lack = columns[number].array - sum(item.sign * columns[n].array for n, item in parts)
        if not lack.any():
            continue
        signs = _signs(np.stack([columns[n].array for n in candidates], axis=1), lack)
        for candidate, sign in zip(candidates, signs, strict=True):
            if sign:
                entered[candidate][total.id] = sign
    return entered


def _signs(parts: np.ndarray, lack: np.ndarray) -> list[int]:
    """0, 1 or -1 for each column of `parts` (rows x columns) so that they sum to `lack`; zeros where nothing does."""
    for signs in _proposals(parts, lack):
        if _agree(parts @ np.array(signs, dtype=np.int64), lack):
            return list(signs)
    return [0] * parts.shape[1]


def _proposals(parts: np.ndarray, lack: np.ndarray) -> Iterator[Sequence[int]]:
    size = np.abs(parts).max(axis=0).astype(float)
    for rows in (slice(None), *(slice(part, None, PARTS) for part in range(PARTS))):
        fitted = np.linalg.lstsq(parts[rows] / size, lack[rows].astype(float), rcond=None)[0] / size
        signs = np.rint(fitted)
        if np.abs(signs).max() <= 1:
            yield [int(sign) for sign in signs]
    if parts.shape[1] <= MOST_TRIED:
        yield from product((0, 1), repeat=parts.shape[1])
        yield from product((0, 1, -1), repeat=parts.shape[1])


def _add_item(
    settled: Settled, columns: Mapping[int, Column], number: int, entered: Mapping[str, int]
) -> None:
    """Take a column in as an item of the totals it enters."""
    present = {item.id for item in settled.placed.values()}
    pattern = set(entered)
    groups = settled.register.groups.values()
    sums = next((known for known in groups if set(known) & present == pattern), tuple(sorted(pattern)))
    _insert(settled, columns, number, sums, min(entered.values()))


def _insert(
    settled: Settled, columns: Mapping[int, Column], number: int, sums: tuple[str, ...], sign: int
) -> None:
    """A new item of the register, behind the nearest item to its left."""
    register, column = settled.register, columns[number]
    heading = column.heading or f"見出しなし({_left(settled, number)}の右)"
    taken = {item.id for item in register.items}
    item = unmapped_item(register, heading, sums, sign, taken)
    ids = [known.id for known in register.items]
    left = [settled.placed[n].id for n in sorted(settled.placed) if n < number]
    at = ids.index(left[-1]) + 1 if left else 0
    settled.register = register.with_items((*register.items[:at], item, *register.items[at:]))
    settled.placed[number] = item
    settled.notices.append(
        f"column {column.letter} ({heading}) is not in the registry: imported as {item.id}, for items.toml "
        f"{registry_line(register, item)}"
    )


def _left(settled: Settled, number: int) -> str:
    """The name of the nearest placed column to the left."""
    left = [settled.placed[n].name_ja for n in sorted(settled.placed) if n < number]
    return left[-1] if left else "表頭"


def _add_or_leave(settled: Settled, columns: Mapping[int, Column], number: int, is_sum: bool) -> None:
    """A column that enters no sum: one of zeros is the item of a neighbour's group, any other is left out."""
    column = columns[number]
    if not any(column.values) and not column.heading.endswith(SUM):
        near = sorted(settled.placed, key=lambda n: (n > number, abs(n - number)))
        sums = next((item.sums for n in near if (item := settled.placed[n]).kind == "item"), ())
        _insert(settled, columns, number, sums, 1)
        return
    name = f"column {column.letter} ({column.heading or 'no heading'})"
    why = "repeats the sum of columns before it" if is_sum else "enters no sum"
    settled.notices.append(f"{name} left out: it {why}")


# ---- totals under another name


def _place_renamed_totals(settled: Settled, columns: Mapping[int, Column], rest: Sequence[int]) -> None:
    """Registered sums that no heading names, recognised by what they must come to."""
    for item in settled.register.items:
        present = {known.id for known in settled.placed.values()}
        if not _is_total(item) or item.id in present:
            continue
        due = _due(settled, columns, item)
        free = [number for number in rest if number not in settled.placed]
        number = next((n for n in free if due is not None and _agree(columns[n].array, due)), None)
        if number is not None:
            settled.placed[number] = item
            column = columns[number]
            settled.notices.append(
                f"column {column.letter} ({column.heading or 'no heading'}) is taken as {item.name_ja} by its sum, "
                f'for items.toml [{settled.register.table}] {item.id}: headings = [..., "{column.heading}"]'
            )


def _due(settled: Settled, columns: Mapping[int, Column], total: Item) -> np.ndarray | None:
    """What a sum must come to; None where the columns it is made of are not there."""
    by_id = {item.id: columns[number].array for number, item in settled.placed.items()}
    match total.id:
        case "need_after_transfer" if {NEED_BEFORE, TRANSFER} <= set(by_id):
            return by_id[NEED_BEFORE] - by_id[TRANSFER]
        case "transfer_to_extraordinary_bond" if {NEED_BEFORE, NEED_AFTER} <= set(by_id):
            return by_id[NEED_BEFORE] - by_id[NEED_AFTER]
    parts = [item.sign * by_id[item.id] for item in settled.placed.values() if total.id in item.sums]
    return np.asarray(sum(parts)) if parts else None
