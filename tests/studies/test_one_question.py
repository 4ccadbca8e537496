"""A study archives answers of its own question and of no other, whatever becomes of files, machine and program."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optimization.archive import of_one_kind
from optimization.case.case import Case
from optimization.case.face import INPUTS, load_package
from optimization.case.load import load_case
from optimization.errors import InputError
from optimization.outcome.result import Result
from optimization.outcome.solve import solve
from optimization.outcome.verdict import Worth, worst
from optimization.rules.checks import Breach
from optimization.solving.highs import Limits
from optimization.studies import question as room
from optimization.studies.question import FAILED, UNDONE, Question, answer, questions
from optimization.studies.study import Cell, Study
from optimization.studies.sweep import sweep

IWATE = INPUTS / "iwate-2022"
BODIES = "weights.body_million_yen"


def study(*cells: Cell) -> Study:
    return Study("s", "", (), 1e-2, 60.0, "auto", 0, cells)


@cache
def today() -> Result:
    """The plan of today's arrangement, solved once for all that only need some result."""
    case = load_case(IWATE)
    return solve(case, load_package(case, "status_quo"), limits=Limits(gap=1e-2, threads=1))


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., Result]], None]:
    """Puts a solver in the place of the true one."""
    return lambda solver: monkeypatch.setattr(room, "solve", solver)


def settings_of(seen: list[Any]) -> Callable[..., Result]:
    """A solver that costs nothing and notes the settings and the population it is given."""

    def solver(case: Case, package: Any, *_: object, **__: object) -> Result:
        seen.append((package.settings[BODIES], int(case.municipalities["population_persons"].sum())))
        return today()

    return solver


def corrected(case: Path) -> None:
    """One more newborn, in every table that counts them."""
    for name, column in (("municipalities", "population_persons"), ("prefectures", "population_persons")):
        table = pd.read_csv(case / f"{name}.csv", dtype=str, keep_default_na=False)
        for extra in (column, "age_0_14_persons"):
            if extra in table:
                table.loc[0, extra] = str(int(table.loc[0, extra]) + 1)
        table.to_csv(case / f"{name}.csv", index=False, lineterminator="\n")
    history = pd.read_csv(case / "population_history.csv", dtype=str, keep_default_na=False)
    row = history["code"] == pd.read_csv(case / "municipalities.csv", dtype=str)["code"][0]
    history.loc[row, "register_persons"] = str(int(history.loc[row, "register_persons"].iloc[0]) + 1)
    history.to_csv(case / "population_history.csv", index=False, lineterminator="\n")


def test_a_figure_corrected_between_two_sweeps_of_one_process_is_solved_anew(tmp_path: Path) -> None:
    case, out = tmp_path / "case", tmp_path / "out"
    shutil.copytree(IWATE, case)
    before = sweep(study(Cell("status_quo")), case, out)
    corrected(case)
    after = sweep(study(Cell("status_quo")), case, out)
    cold = sweep(study(Cell("status_quo")), case, tmp_path / "cold")
    assert before["key"][0] != after["key"][0]
    assert before["objective_million_yen"][0] != after["objective_million_yen"][0]
    assert after["objective_million_yen"][0] == cold["objective_million_yen"][0]


def test_what_is_edited_while_a_sweep_runs_waits_for_the_next(tmp_path: Path, cheap: Any) -> None:
    """Package and case are edited when the first answer has come: the others are still those of the question asked."""
    case, package, out = tmp_path / "case", tmp_path / "mine.toml", tmp_path / "out"
    shutil.copytree(IWATE, case)
    text = (INPUTS / "packages" / "wide_area.toml").read_text(encoding="utf-8").replace('wide_area"', 'mine"')
    package.write_text(text.replace('name = "wide_area"', 'name = "mine"'), encoding="utf-8")
    asked = study(*(Cell(str(package), {}, {"detour_factor": 1.2 + n / 100}) for n in range(3)))
    seen: list[Any] = []
    cheap(settings_of(seen))

    def edited(done: int, total: int, failed: int) -> None:
        if done == 1:
            corrected(case)
            package.write_text(package.read_text(encoding="utf-8") + f'"{BODIES}" = 77.0\n', encoding="utf-8")

    first = sweep(asked, case, out, report=edited)
    assert len(set(seen)) == 1 and set(first["status"]) == {"optimal"}
    seen.clear()
    second = sweep(asked, case, out)
    assert {body for body, _ in seen} == {77.0} and not set(first["key"]) & set(second["key"])


def test_a_case_that_is_written_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import optimization.case.load as load

    case = tmp_path / "case"
    shutil.copytree(IWATE, case)

    def read_and_lose(path: Path) -> Any:
        found = read(path)
        corrected(case)
        return found

    read = load.examined_tables
    monkeypatch.setattr(load, "examined_tables", read_and_lose)
    with pytest.raises(InputError, match="was changed while it was read"):
        load_case(case)


def test_a_worker_of_another_program_refuses_and_nothing_is_archived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cheap: Any
) -> None:
    case, seen = load_case(IWATE), []
    cheap(settings_of(seen))
    (asked,) = questions(case, study(Cell("status_quo")))
    assert isinstance(asked, Question) and answer(case, asked).row["status"] == "optimal"
    other = answer(case, replace(asked, key="0" * 24))
    assert (other.row["status"], other.lasting) == (UNDONE, False) and "program" in other.row["reason"]
    changed = replace(case, sha256={**case.sha256, "services.csv": "0" * 64})
    assert answer(changed, asked).row["status"] == UNDONE and len(seen) == 1
    monkeypatch.setattr("optimization.studies.workers.answer", lambda case, question: other)
    table = sweep(study(Cell("status_quo")), IWATE, tmp_path)
    assert list(table["status"]) == [UNDONE] and not list(tmp_path.glob("cells/*"))
    monkeypatch.undo()
    cheap(settings_of(seen))
    assert list(sweep(study(Cell("status_quo")), IWATE, tmp_path)["status"]) == ["optimal"]


@pytest.mark.parametrize(
    "error", [MemoryError(), OSError(28, "No space left on device"), KeyError("a defect")]
)
def test_what_the_machine_or_a_defect_kept_from_an_answer_is_tried_again(
    error: Exception, tmp_path: Path, cheap: Any
) -> None:
    def broken(*_: object, **__: object) -> Result:
        raise error

    cheap(broken)
    cells = study(Cell("status_quo"), Cell("no_such_package"))
    table = sweep(cells, IWATE, tmp_path)
    expected = FAILED if isinstance(error, KeyError) else UNDONE
    assert list(table["status"]) == [expected, FAILED] and type(error).__name__ in table["reason"][0]
    assert not list(tmp_path.glob("cells/*"))
    cheap(settings_of([]))
    assert list(sweep(cells, IWATE, tmp_path)["status"]) == ["optimal", FAILED]


def test_a_solver_that_failed_is_asked_again(tmp_path: Path, cheap: Any) -> None:
    gone = replace(
        today(), accounts=None, outcome=replace(today().outcome, status="solver_failure", values=None)
    )
    cheap(lambda *_, **__: gone)
    assert list(sweep(study(Cell("status_quo")), IWATE, tmp_path)["status"]) == ["solver_failure"]
    assert not list(tmp_path.glob("cells/*"))


def test_a_plan_that_breaks_a_rule_is_no_answer(tmp_path: Path, cheap: Any) -> None:
    broken = replace(today(), breaches=[Breach("F2swap", "03201", 5.0), Breach("R7", "03202", 1.0)])
    assert (today().worth, broken.worth, broken.worth.exit_code) == (Worth.OPTIMAL, Worth.BROKEN, 1)
    cheap(lambda *_, **__: broken)
    (row,) = sweep(study(Cell("status_quo")), IWATE, tmp_path).to_dict("records")
    assert row["status"] == "breaks_rules" and row["breaches"] == 2
    assert "F2swap, R7" in row["reason"] and "objective_million_yen" not in row


def test_several_answers_are_worth_the_worst_of_them() -> None:
    good, none, late, bad = Worth.OPTIMAL, Worth.INFEASIBLE, Worth.INCUMBENT, Worth.BROKEN
    assert [worst(w) for w in ([good], [good, none], [none, none], [good, late], [none, late, bad])] == [
        0, 0, 3, 4, 1,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "values", [[0.9, "0.95"], [1, True], [1, 10**40], [1.0, [1, 2]], [0.9, float("inf")]]
)
def test_one_bad_value_fails_its_cell_alone(values: list[Any], tmp_path: Path, cheap: Any) -> None:
    cheap(settings_of([]))
    table = sweep(study(*(Cell("status_quo", {BODIES: value}) for value in values)), IWATE, tmp_path)
    assert list(table["status"]) == ["optimal", FAILED] and BODIES in table["reason"][1]
    assert list(pd.read_parquet(tmp_path / "sweep.parquet")["status"]) == ["optimal", FAILED]
    assert pd.read_csv(tmp_path / "sweep.csv", dtype=str)[BODIES][0] == str(values[0])


@pytest.mark.parametrize("name", ["status", "cell", "reason", "packages", "objective_million_yen"])
def test_an_assumption_named_like_a_column_fails_its_cell_alone(
    name: str, tmp_path: Path, cheap: Any
) -> None:
    cheap(settings_of([]))
    table = sweep(study(Cell("status_quo"), Cell("status_quo", {}, {name: 1.0})), IWATE, tmp_path)
    assert list(table["status"]) == ["optimal", FAILED]


def test_columns_of_one_kind_stay_as_they_are() -> None:
    plain = pd.DataFrame({"n": [1, 2], "x": [0.5, None], "s": ["a", None], "b": [True, False]})
    plain["o"] = pd.Series([1, 2.5], dtype=object)
    pd.testing.assert_frame_equal(of_one_kind(plain), plain)
    mixed = of_one_kind(plain.assign(m=pd.Series([1, "1"], dtype=object)))
    assert list(mixed["m"]) == ["1", "1"]


def _as_a_daemon(out: str, told: Any) -> None:
    table = sweep(study(Cell("status_quo"), Cell("status_quo", {BODIES: 9.0})), IWATE, Path(out), processes=2)
    told.put(list(table["status"]))


def test_a_daemon_that_may_have_no_children_answers_at_home(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    process = context.Process(target=_as_a_daemon, args=(str(tmp_path), told), daemon=True)
    process.start()
    assert told.get(timeout=120) == ["optimal"] * 2
    process.join()


def test_a_plus_in_the_path_of_a_package_does_not_part_it(tmp_path: Path) -> None:
    folder = tmp_path / "a+b"
    folder.mkdir()
    text = (INPUTS / "packages" / "uniform.toml").read_text(encoding="utf-8").replace("uniform", "c+d", 1)
    mine = folder / "mine.toml"
    mine.write_text(text.replace("c+d", "mine", 1), encoding="utf-8")
    package = load_package(load_case(IWATE), f"status_quo+{mine}+wide_area")
    assert package.name == "status_quo+mine+wide_area"
