"""Who reads what: each target has unspoilt inputs, files of them to spoil, and a way of reading them.

`attempt(folder, spoilt, original, random)` returns "equal" where the spoilt input means what the original meant and
"changed" where it means something else and was taken; it raises InputError where it is refused, and anything else where
the program is at fault.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.fuzz import bases
from tests.fuzz.reading_inputs import attempt_case, attempt_names, attempt_package, attempt_study
from tests.fuzz.reading_runs import attempt_run, attempt_sweep
from tests.fuzz.reading_sources import READERS, attempt_compiled, attempt_official, attempt_workbook


@dataclass(frozen=True)
class Target:
    """`count` mutations in a full run; `files` and `only` choose what is spoilt; without the folder `needs` it is left
    out."""

    name: str
    count: int
    prepare: Callable[[Path], None]
    attempt: Callable[[Path, Path, Path, Random], str]
    files: str = "*"
    needs: Path | None = None
    only: tuple[str, ...] = ()

    @property
    def at_hand(self) -> bool:
        return self.needs is None or self.needs.is_dir()


TARGETS = {
    target.name: target
    for target in (
        Target("case", 2600, bases.case, attempt_case, "*.csv"),
        Target("nation", 800, bases.nation, attempt_case, "*.csv"),
        Target("package", 1400, bases.packages, attempt_package, "*.toml"),
        Target("study", 900, bases.study, attempt_study, "*.toml"),
        Target("names", 400, bases.names, attempt_names, "*.txt"),
        Target("workbook", 1400, bases.workbooks, attempt_workbook, "*.xlsx"),
        Target(
            "official",
            500,
            bases.official_workbooks,
            attempt_official,
            needs=bases.OFFICIAL / "allocation_tax",
        ),
        Target(
            "compiled",
            500,
            bases.official_tables,
            attempt_compiled,
            needs=bases.OFFICIAL / "tables",
            only=tuple(READERS),
        ),
        Target("run", 1200, bases.run, attempt_run),
        Target("sweep", 300, bases.sweep, attempt_sweep, "**/*.*"),
    )
}
