"""What is wrong with an input, said once and completely.

A reader collects every `Problem` it meets and raises one `InputError`; the command line prints
the list and ends with exit code 2. Nothing is written before an input has been read whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

SHOWN = 20
"""Problems reported of one file; the others are counted."""


@dataclass(frozen=True)
class Problem:
    """One fault of one input.

    `file` names the file (and the sheet of a workbook), `row` and `column` the place as a person
    finds it (a code, a line, a heading or a key), `value` what stands there, `remedy` what to do.
    """

    file: str
    message: str
    remedy: str
    row: str = ""
    column: str = ""
    value: str = ""

    def __str__(self) -> str:
        place = ", ".join(
            f"{label} {text}" for label, text in (("row", self.row), ("column", self.column)) if text
        )
        found = f" (found {self.value!r})" if self.value else ""
        head = f"{self.file}: {place}: " if place else f"{self.file}: "
        return f"{head}{self.message}{found}. Remedy: {self.remedy}"


class InputError(Exception):
    """One or more problems of the input; `problems` lists them in the order they were met."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def shortened(problems: list[Problem]) -> list[Problem]:
    """The first problems of one file, and how many more it has."""
    if len(problems) <= SHOWN:
        return problems
    more = f"has {len(problems) - SHOWN:,} more problems"
    return [*problems[:SHOWN], Problem(problems[0].file, more, "mend the ones above and load again")]


def raise_if_any(problems: list[Problem]) -> None:
    """Raise `InputError` when the list holds at least one problem."""
    if problems:
        raise InputError(problems)


SIGNS = (
    (MemoryError, ""),
    (RuntimeError, "can't start new thread"),
    (ImportError, "failed to map segment"),
    (ImportError, "annot allocate memory"),
    (SystemError, "error return without exception set"),
)
"""How Python and its libraries tell that nothing more can be had, beside the error that says so."""


KINDS = tuple({kind for kind, _ in SIGNS})


def memory_is_out(error: BaseException) -> bool:
    """Whether an error means that the machine has no memory, or no thread, left to give."""
    return any(isinstance(error, kind) and words in str(error) for kind, words in SIGNS)
