"""A run re-checked in fractions: sound as it is written, and every figure that is touched is noticed."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from optimization.archive.seal import seal
from optimization.errors import InputError
from optimization.exact import ROUNDING, STEPS, exact_check
from optimization.face import INPUTS

EXAMPLE = INPUTS.parent / "results" / "example"
Row = dict[str, str]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "run"))


def touch(run: Path, table: str, change: Callable[[list[Row]], None]) -> None:
    """Change a table and seal the folder again, as somebody would who wants it believed."""
    path = run / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    seal(run)


def test_the_example_is_sound() -> None:
    found = exact_check(EXAMPLE)
    assert found.sound
    assert abs(found.objective_million_yen - found.recorded_million_yen) < Fraction(1, 10**8)
    assert {s.rule for s in found.statements if not s.identity} >= {
        "pool (F5)",
        "adequacy (E1)",
        "balance (D1)",
    }


def test_an_identity_by_hand() -> None:
    """Iwate prefecture: need 405,912.47147332475, capacity 122,827.793622475, no guarantee, rate 0.000827104.
    (1 - 0.000827104) x need - capacity = 282,748.946022044300... against the written 282748.9460220443."""
    found = exact_check(EXAMPLE)
    grant = next(s for s in found.statements if s.rule == "grant by the formula" and s.where == "03")
    need, capacity, written = map(Fraction, ("405912.47147332475", "122827.793622475", "282748.9460220443"))
    assert grant.excess == abs((1 - Fraction("0.000827104")) * need - capacity - written)
    assert grant.allowance == STEPS * ROUNDING * (need + capacity + written)


@pytest.mark.parametrize(
    ("table", "column", "rule"),
    [
        ("provision", "standard_million_yen", "standard cost of a service"),
        ("services", "access_million_yen", "access cost of a service"),
        ("governments", "grant_million_yen", "grant by the formula"),
        ("governments", "need_million_yen", "grant by the formula"),
        ("governments", "own_revenue_million_yen", "funds beside tax, grant and guarantee are today's"),
        ("governments", "coverage_ratio", "coverage times standard cost is funds"),
        ("governments", "residual_million_yen", "ordinary allocation"),
        ("taxes", "base_of_receiving_today_million_yen", "part of the objective"),
    ],
)
def test_a_yen_is_noticed(table: str, column: str, rule: str, run: Path) -> None:
    """A change that the check in floating point lets pass."""

    def a_little(rows: list[Row]) -> None:
        row = max(rows, key=lambda r: float(r[column]))
        row[column] = repr(float(row[column]) + 1e-6)

    touch(run, table, a_little)
    found = exact_check(run)
    assert rule in {statement.rule for statement in found.broken}, found.broken


def test_a_limit_that_is_passed_is_told(run: Path) -> None:
    text = (run / "package.resolved.toml").read_text(encoding="utf-8")
    changed = text.replace('"equity.adequacy_floor" = 0.97', '"equity.adequacy_floor" = 1.06')
    assert changed != text
    (run / "package.resolved.toml").write_text(changed, encoding="utf-8")
    seal(run)
    found = exact_check(run)
    assert {s.rule for s in found.broken} == {"adequacy (E1)"}
    # coverage of 1.052575870719566 at the lowest, of a floor of 1.06
    with (run / "governments.csv").open(encoding="utf-8", newline="") as file:
        below = {
            row["government"]
            for row in csv.DictReader(file)
            if float(row["coverage_ratio"]) < 1.06 * (1 - 1e-6)
        }
    assert {s.where for s in found.broken} == below and below
    assert not found.plan["adequacy holds"]


def test_what_is_not_covered_is_refused(run: Path) -> None:
    text = (run / "package.resolved.toml").read_text(encoding="utf-8")
    changed = text.replace('"formula.family" = "japan_lat"', '"formula.family" = "germany_horizontal"')
    (run / "package.resolved.toml").write_text(changed, encoding="utf-8")
    seal(run)
    with pytest.raises(InputError, match="formula other than today's family"):
        exact_check(run)
