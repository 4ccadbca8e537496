"""A run re-checked in fractions: sound as it is written, and every figure that is touched is noticed."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimization.archive.seal import seal
from optimization.case.face import INPUTS
from optimization.cli.app import start
from optimization.errors import InputError
from optimization.referee.exact import exact_check
from optimization.referee.in_fractions import ROUNDING, STEPS

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


def test_the_command_tells_people_and_machines(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = exact_check(EXAMPLE)
    assert start(["exact", str(EXAMPLE)]) == 0
    assert "All hold." in capsys.readouterr().out
    assert start(["exact", str(EXAMPLE), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["sound"] and said["identities"] + said["limits"] == len(found.statements)

    def dearer(rows: list[Row]) -> None:
        rows[0]["grant_million_yen"] = "1.5"

    touch(run, "governments", dearer)
    assert start(["exact", str(run)]) == 1
    assert "grant by the formula at " in capsys.readouterr().out


def test_an_identity_by_hand() -> None:
    """Iwate prefecture: no guarantee, rate 0.000827104, so (1 - 0.000827104) x need - capacity against the grant, each
    the decimal that stands written."""
    found = exact_check(EXAMPLE)
    grant = next(s for s in found.statements if s.rule == "grant by the formula" and s.where == "03")
    with (EXAMPLE / "governments.csv").open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["government"] == "03")
    assert float(row["guarantee_million_yen"]) == 0.0
    need, capacity, written = (Fraction(row[f"{name}_million_yen"]) for name in ("need", "capacity", "grant"))
    assert grant.excess == abs((1 - Fraction("0.000827104")) * need - capacity - written)
    # the need at home stands beside the need: they are one where no duty is settled
    assert grant.allowance == STEPS * ROUNDING * (2 * need + capacity + written)


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
        ("services", "units_million_yen", "part of the objective"),
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


def ask(run: Path, **limits: float) -> None:
    """Change limits of the package, named without their room, and seal the folder again."""
    path = run / "package.resolved.toml"
    text = path.read_text(encoding="utf-8")
    for name, limit in limits.items():
        text, found = re.subn(rf'(?m)^("\w+\.{name}" = )\S+', rf"\g<1>{limit}", text)
        assert found == 1, name
    path.write_text(text, encoding="utf-8")
    seal(run)


def governments(run: Path) -> pd.DataFrame:
    return pd.read_csv(run / "governments.csv", dtype={"government": str}).set_index("government")


def own_share(table: pd.DataFrame, when: str = "") -> pd.Series:
    """What residents bear of the standard cost."""
    grant, back, guarantee, cost = (
        table[f"{name}{when}_million_yen"] for name in ("grant", "contribution", "guarantee", "standard_cost")
    )
    return 1 - (grant - back + guarantee) / cost


def too_far(table: pd.DataFrame) -> pd.Series:
    """Whose own share lies farther than 0.3 from today's mean of its tier, and farther than today."""
    kept = own_share(table, "_today") * table["standard_cost_today_million_yen"]
    mean = kept.groupby(table["tier"]).transform("sum") / table["standard_cost_today_million_yen"].groupby(
        table["tier"]
    ).transform("sum")
    off, before = (own_share(table, when) - mean for when in ("", "_today"))
    return off.abs() > before.abs().clip(lower=0.3)


AS_STATED = " as stated"
"""Mark of a limit that is read as `optimization.rules` states it, beside what the referee states itself."""


@pytest.mark.parametrize(
    ("name", "limit", "rule", "beyond"),
    [
        ("adequacy_floor", 1.06, "adequacy (E1)", lambda t: t["coverage_ratio"] < 1.06),
        (
            "coverage_ceiling",
            1.2,
            "coverage (E2)",
            lambda t: t["coverage_ratio"] > t["coverage_today_ratio"].clip(lower=1.2),
        ),
        ("tax_price_spread", 0.3, "own share (E4)", too_far),
        (
            "grant_dependence_ceiling",
            0.5,
            "grant dependence (D2)",
            lambda t: (
                t["grant_million_yen"] / t["funds_million_yen"]
                > (t["grant_today_million_yen"] / t["funds_today_million_yen"]).clip(lower=0.5) + 1e-9
            ),
        ),
        (
            "debt_service_ceiling",
            0.12,
            "real_debt_service (D4)",
            lambda t: t["real_debt_service_ratio"] > t["real_debt_service_today_ratio"].clip(lower=0.12),
        ),
        (
            "future_burden_ceiling",
            0.5,
            "future_burden (D4)",
            lambda t: t["future_burden_ratio"] > t["future_burden_today_ratio"].clip(lower=0.5),
        ),
    ],
)
def test_a_limit_that_is_passed_is_told(
    name: str, limit: float, rule: str, beyond: Callable[[pd.DataFrame], pd.Series], run: Path
) -> None:
    ask(run, **{name: limit})
    found, there = exact_check(run), governments(run)
    stated = {"future_burden (D4)": "D4burden"}.get(rule, rule.partition("(")[2].rstrip(")"))
    for told in (rule, f"{stated}{AS_STATED}"):
        assert {s.where for s in found.broken if s.rule == told} == set(there.index[beyond(there)]) != set()
    assert {s.rule for s in found.broken} == {rule, f"{stated}{AS_STATED}"}


def test_limits_on_all_people_are_told_at_the_figure_itself(run: Path) -> None:
    there = governments(run)
    off = (there["funds_million_yen"] - 1.15 * there["standard_cost_million_yen"]).abs()
    apart = float(
        np.average(off / there["standard_cost_today_million_yen"], weights=there["population_persons"])
    )
    for limit, held in ((1.00001 * apart, True), (0.9999 * apart, False)):
        ask(run, dispersion_ceiling=limit)
        assert {s.rule for s in exact_check(run).broken} == (
            set() if held else {"dispersion (E3)", f"E3{AS_STATED}"}
        )


def test_who_loses_is_counted_by_residents(run: Path) -> None:
    """The prefecture is told to have had more than it has: its residents are half of all that are counted."""

    def had_more(rows: list[Row]) -> None:
        next(row for row in rows if row["government"] == "03")["coverage_today_ratio"] = "1.3"

    touch(run, "governments", had_more)
    for losers, rules in ((0.5, set()), (0.499, {"people who lose (E6)", f"E6{AS_STATED}"})):
        ask(run, loss_limit=0.1, losers_population_ceiling=losers)
        assert {s.rule for s in exact_check(run).broken} == rules


def test_tiers_of_a_service_are_counted(run: Path) -> None:
    ask(run, tiers_per_service=1)
    statute = pd.read_csv(run / "responsibility.csv").groupby("service")["tier"].nunique()
    broken = exact_check(run).broken
    crowded = set(statute.index[statute > 1])
    assert {s.where for s in broken if not s.rule.endswith(AS_STATED)} == crowded != set()
    assert sum(s.rule == f"R1{AS_STATED}" for s in broken) == len(crowded)


@pytest.mark.parametrize("name", ["bound_million_yen", "gap"])
def test_a_certificate_of_another_plan_is_told(name: str, run: Path) -> None:
    path = run / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record[name] += 1e-5 * (record[name] or 1.0)
    path.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    seal(run)
    assert "gap" in {s.rule for s in exact_check(run).broken}


@pytest.mark.parametrize("figure", ["1e-99999999", '"-1.5E-99999999"'])
@pytest.mark.parametrize("table", ["provision", "governments"])
def test_a_figure_beyond_all_doubles_is_refused_at_once(table: str, figure: str, run: Path) -> None:
    """As a fraction it would have a hundred million digits, and never be done."""
    path = run / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?<=,)0\.0(?=,)", figure, text, count=1), encoding="utf-8")
    assert path.read_text(encoding="utf-8") != text
    seal(run)
    with pytest.raises(InputError, match="beyond all doubles"):
        exact_check(run)


def test_a_record_beyond_all_doubles_is_refused(run: Path) -> None:
    text = (run / "run.json").read_text(encoding="utf-8")
    changed = re.sub(r'("gap": )[^,]+', r"\g<1>1e-99999999", text, count=1)
    assert changed != text
    (run / "run.json").write_text(changed, encoding="utf-8")
    seal(run)
    with pytest.raises(InputError, match="beyond all doubles"):
        exact_check(run)


def test_a_government_of_nothing_is_refused(run: Path) -> None:
    def empty(rows: list[Row]) -> None:
        rows[1]["funds_today_million_yen"] = "0.0"

    touch(run, "governments", empty)
    with pytest.raises(InputError, match="without funds or cost"):
        exact_check(run)


def test_what_is_not_covered_is_refused(run: Path) -> None:
    text = (run / "package.resolved.toml").read_text(encoding="utf-8")
    changed = text.replace('"formula.family" = "japan_lat"', '"formula.family" = "germany_horizontal"')
    (run / "package.resolved.toml").write_text(changed, encoding="utf-8")
    seal(run)
    with pytest.raises(InputError, match="formula other than today's family"):
        exact_check(run)


def test_a_run_without_a_plan_is_refused(tmp_path: Path) -> None:
    case = str(INPUTS / "iwate-2022")
    assert start(["run", "hard_budget", "--case", case, "--out", str(tmp_path / "run")]) == 3
    with pytest.raises(InputError, match="has no plan"):
        exact_check(tmp_path / "run")
