"""What a report shows: a run's folder, the case it was solved on, and studies of its assumptions."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.archive import read_run
from optimization.audit import written_settings
from optimization.case.case import TOKYO_JOINT, TOKYO_WARDS, Case
from optimization.case.load import load_case
from optimization.errors import InputError, Problem
from optimization.face import INPUTS
from optimization.report.language import Speaker

MIL = "_million_yen"
STUDY_TABLES = ("recommendations", "effects", "numbers", "draws", "overturns")


@dataclass(frozen=True)
class StudyView:
    """A sensitivity study: its record and its tables by name."""

    folder: Path
    record: dict[str, Any]
    tables: dict[str, pd.DataFrame]

    @property
    def draws(self) -> int:
        """Solved draws."""
        return len(self.tables["draws"])


@dataclass(frozen=True)
class RunView:
    """One run: `record` is run.json, `tables` the CSV tables, `case` the part of the case that was solved."""

    folder: Path
    record: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    changes: pd.DataFrame
    settings: dict[str, Any]
    package: dict[str, Any]
    case: Case
    studies: tuple[StudyView, ...] = field(default=())

    @property
    def title(self) -> str:
        """The run's packages, as they were composed."""
        return str(self.record["package"])

    @property
    def stale(self) -> list[str]:
        """Tables of the case that have changed since the run (names of files)."""
        then = self.record["inputs_sha256"]
        return [name for name, digest in then.items() if self.case.sha256.get(name) != digest]

    @cached_property
    def stability(self) -> pd.DataFrame | None:
        """Stability of every recommended tier in the study with most draws: indexed by service and rule group; None
        without a study."""
        if not self.studies:
            return None
        largest = max(self.studies, key=lambda study: study.draws)
        return largest.tables["recommendations"].set_index(["service", "rule_group"])

    @cached_property
    def service_labels(self) -> pd.DataFrame:
        """Labels of the services, in the case's order."""
        return self.tables["services"].set_index("service")[["label_en", "label_ja"]]

    def service(self, name: str, say: Speaker) -> str:
        """A service as it is called."""
        return str(self.service_labels.at[name, f"label_{say.language}"])

    def prefecture(self, code: str, say: Speaker) -> str:
        """A prefecture as it is called."""
        return str(self.case.prefectures.at[code, f"name_{say.language}"])

    def place(self, code: str, say: Speaker) -> str:
        """A municipality as it is called; in English with its Japanese name where no reading is known."""
        name = str(self.case.municipalities.at[code, "name_ja"])
        if say.language == "ja" or code not in self.case.readings.index:
            return name
        return str(self.case.readings.at[code, "name_romaji"])

    def government(self, code: str, say: Speaker) -> str:
        """A fiscal government as it is called."""
        if code == TOKYO_JOINT:
            return say("tokyo_joint")
        if code in self.case.municipalities.index:
            return self.place(code, say)
        return self.prefecture(code, say)

    def group(self, label: str, say: Speaker) -> str:
        """A rule group as it is called: a class, a prefecture, both, or one municipality."""
        if label in self.case.municipalities.index:
            return self.place(label, say)
        if label in self.case.prefectures.index:
            return self.prefecture(label, say)
        code, _, kind = label.partition("_")
        if code in self.case.prefectures.index and kind:
            return f"{self.prefecture(code, say)} / {say.word(kind)}"
        return say.word(label)

    def accounts_of(self, code: str) -> pd.Series:
        """The fiscal account of a municipality (the wards' is Tokyo's)."""
        key = TOKYO_JOINT if code == TOKYO_WARDS and code not in self.governments.index else code
        return self.governments.loc[key]

    @cached_property
    def governments(self) -> pd.DataFrame:
        """The table of governments by code."""
        return self.tables["governments"].set_index("government")


def view_run(folder: Path, case_folder: Path | None = None, studies: Sequence[Path] = ()) -> RunView:
    """Read a run for a report. Raises `InputError` where there is no run, no decision in it, no case, or where a study
    belongs to another question."""
    record, tables = read_run(folder)
    if record["objective_million_yen"] is None:
        remedy = "report a run that found a plan; see its diagnosis.md, or solve.py explain"
        message = f"holds no decision (status {record['status']})"
        raise InputError([Problem(str(folder), message, remedy)])
    case = load_case(case_folder or INPUTS / str(record["case"]))
    if case.name != record["case"]:
        message = f"is not the case of the run, {record['case']}"
        raise InputError([Problem(str(case.path), message, "name it with --case")])
    asked = record["prefectures_asked"]
    return RunView(
        folder=folder,
        record=record,
        tables=tables,
        changes=pd.read_csv(folder / "changes.csv", dtype=str, keep_default_na=False),
        settings=written_settings(folder),
        package=tomllib.loads((folder / "package.resolved.toml").read_text(encoding="utf-8")),
        case=case.restrict(asked) if asked else case,
        studies=tuple(view_study(path, record) for path in studies),
    )


def view_study(folder: Path, record: dict[str, Any]) -> StudyView:
    """Read a sensitivity study of the question that a run's record states."""
    try:
        found = json.loads((folder / "study.json").read_text(encoding="utf-8"))
        tables = {
            name: pd.read_csv(folder / f"{name}.csv", dtype={"rule_group": str}, keep_default_na=False)
            for name in STUDY_TABLES
        }
    except (OSError, ValueError) as error:
        remedy = "name a folder written by 'solve.py sensitivity'"
        raise InputError([Problem(str(folder), f"is no study ({error})", remedy)]) from error
    differing = [
        Problem(
            str(folder / "study.json"),
            f"the study is of another question than the run ({record[theirs]!r})",
            "give a study of the run's packages, case and prefectures",
            column=key,
            value=str(found[key]),
        )
        for key, theirs in (
            ("case", "case"),
            ("package", "package"),
            ("prefectures_asked", "prefectures_asked"),
        )
        if found[key] != record[theirs]
    ]
    if differing:
        raise InputError(differing)
    return StudyView(folder, found, tables)
