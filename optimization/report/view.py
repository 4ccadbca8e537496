"""What a report shows: a run's folder, the case it was solved on, and studies of its assumptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from optimization.archive import read_changes, read_decided, read_settings
from optimization.case.case import Case
from optimization.case.kept import kept_case
from optimization.case.package import Package
from optimization.case.rule_groups import SIZE_CLASSES
from optimization.dictionary.typed_settings import Settings
from optimization.errors import InputError, Problem, raise_if_any
from optimization.outcome.place_table import places_of
from optimization.reading.japan import JOINT_ACCOUNT, JOINT_MUNICIPALITY
from optimization.reading.whereabouts import input_folder
from optimization.referee.audit import sound_or_refused
from optimization.report.language import Speaker
from optimization.report.studies import StudyView, view_study
from optimization.report.tax_names import tax_name

MIL = "_million_yen"


@dataclass(frozen=True)
class RunView:
    """One run: `record` is run.json, `tables` the CSV tables, `case` the part of the case that was solved."""

    folder: Path
    record: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    changes: pd.DataFrame
    settings: Settings
    package: Package
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
        """Stability of every recommended tier in the study that tells most: indexed by service and rule group; None
        without a study."""
        study = self.telling_study
        return None if study is None else study.tables["recommendations"].set_index(["service", "rule_group"])

    @property
    def telling_study(self) -> StudyView | None:
        """The study with most draws, one that moves all assumptions together before one that moves each alone."""
        return max(self.studies, key=lambda study: (not study.alone, study.draws), default=None)

    @cached_property
    def service_labels(self) -> pd.DataFrame:
        """Labels of the services, in the case's order."""
        return self.tables["services"].set_index("service")[["label_en", "label_ja"]]

    def service(self, name: str, say: Speaker) -> str:
        """A service as it is called."""
        return str(self.service_labels.at[name, f"label_{say.language}"])

    def tax(self, key: str, say: Speaker) -> str:
        """A tax as it is called: by the heading of the official sheet, in English by its name in the tables."""
        return tax_name(key, self.case.path) if say.language == "ja" else key

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
        if code == JOINT_ACCOUNT:
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
        key = JOINT_ACCOUNT if code == JOINT_MUNICIPALITY and code not in self.governments.index else code
        return self.governments.loc[key]

    @cached_property
    def places(self) -> pd.DataFrame:
        """What residents have, by municipality."""
        return places_of(self.tables, self.case.municipalities).set_index("code")

    @cached_property
    def governments(self) -> pd.DataFrame:
        """The table of governments by code."""
        return self.tables["governments"].set_index("government")


def view_run(folder: Path, case_folder: Path | None = None, studies: Sequence[Path] = ()) -> RunView:
    """Read a run for a report. Raises `InputError` where there is no run, no decision in it, no case, or where a study
    belongs to another question."""
    remedy = "report a run that found a plan; see its diagnosis.md, or solve.py explain"
    record, tables = read_decided(folder, remedy)
    case = kept_case(case_folder or input_folder(str(record["case"])))
    if case.name != record["case"]:
        message = f"is not the case of the run, {record['case']}"
        raise InputError([Problem(str(case.path), message, "name it with --case")])
    part = solved_part(case, record)
    raise_if_any(list(_strangers(folder, tables, part)))
    package, settings = read_settings(folder)
    sound_or_refused(folder, record, tables, settings)
    return RunView(
        folder=folder,
        record=record,
        tables=tables,
        changes=read_changes(folder),
        settings=settings,
        package=package,
        case=part,
        studies=tuple(view_study(path, record, tables) for path in studies),
    )


def solved_part(case: Case, record: Mapping[str, Any]) -> Case:
    """The part of its case that a run was solved on; raises `InputError` where the case has no such prefecture."""
    asked = record["prefectures_asked"]
    unknown = [code for code in asked if code not in case.prefectures.index]
    remedy = "name the case of the run with --case"
    raise_if_any(
        [
            Problem(str(case.path), "lacks a prefecture of the run", remedy, value=code[:80])
            for code in unknown
        ]
    )
    return case.restrict(asked) if asked else case


def _strangers(folder: Path, tables: Mapping[str, pd.DataFrame], case: Case) -> Iterator[Problem]:
    """Names in the tables of a run that its case does not know, and governments of the case that the run lacks; a
    service that nobody has there (one split off since, of designated cities) may be missing."""
    remedy = "name the case that the run was solved on with --case"
    for table, column, known in (
        ("governments", "government", case.governments.index),
        ("provision", "code", case.codes),
        ("services", "service", case.services.index),
    ):
        nobodys = (
            {s for s in case.services.index if not case.standard_need(s).any()}
            if table == "services"
            else set()
        )
        for code in sorted((set(tables[table][column]) ^ set(known)) - nobodys)[:3]:
            where = "is not in the case" if code not in known else "of the case is not in the table"
            yield Problem(str(folder / f"{table}.csv"), where, remedy, column=column, value=str(code)[:80])
    for row in tables["governments"][["prefecture_code", "government"]].itertuples(index=False):
        if row.prefecture_code not in case.prefectures.index:
            message, file = "is no prefecture of the case", str(folder / "governments.csv")
            yield Problem(file, message, remedy, row.government, "prefecture_code", row.prefecture_code[:80])
            return
    groups = set(tables["responsibility"]["rule_group"])
    labels = {"all", *case.codes, *case.prefectures.index, *SIZE_CLASSES}
    for group in groups - labels:
        code, _, kind = group.partition("_")
        if code not in case.prefectures.index or kind not in SIZE_CLASSES:
            file = str(folder / "responsibility.csv")
            yield Problem(file, "is no rule group of the case", remedy, column="rule_group", value=group[:80])
