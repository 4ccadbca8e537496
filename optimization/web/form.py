"""The form of the start page: what may be asked, what was typed, what is wrong with it, the order that it makes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from optimization.case.face import DEFAULT_PACKAGE
from optimization.dictionary.families import load_families
from optimization.dictionary.results import LANGUAGES
from optimization.dictionary.settings import OFF, Setting, check_value, load_settings, nearest
from optimization.errors import InputError, Problem
from optimization.reading.codes import read_prefecture
from optimization.reading.numerals import bare
from optimization.reading.whereabouts import DEFAULT_CASE
from optimization.web.cases import (
    CaseCard,
    broken_cases,
    case_cards,
    case_of,
    packages,
    question_of,
    resolved,
)
from optimization.web.faults import said
from optimization.web.jobs import Order
from optimization.web.language import Voice, phrases

Fields = Mapping[str, Sequence[str]]
NO_CASE = Problem("inputs", "holds no case", "put the folder of a case there, such as japan-2022")
NONE = "(none)"
"""The box that empties a list of names."""
WHOLE = re.compile(r"[+-]?\d{1,30}")

GAP = Setting(
    key="gap",
    type="number",
    default=1e-4,
    unit="ratio",
    minimum=0.0,
    maximum=1.0,
    meaning="Relative gap at which to stop.",
    meaning_ja="計算を終える相対ギャップ。",
    label_ja="最適性ギャップ",
    mark="definition",
)
SECONDS = Setting(
    key="seconds",
    type="number",
    default=600.0,
    unit="seconds",
    minimum=1.0,
    maximum=86_400.0,
    meaning="Seconds for the solver.",
    meaning_ja="ソルバーの計算時間（秒）。",
    label_ja="計算時間の上限",
    mark="definition",
)


@dataclass(frozen=True)
class FieldFault:
    """Something wrong in the form: the id of its field ('' for the whole), what it is called, the value as typed, what
    is wrong and what to do."""

    id: str
    label: str
    value: str
    message: str
    remedy: str


@dataclass(frozen=True)
class Typed:
    """What was typed: `fields` as sent; the choices that hold (the defaults where a choice is unknown), and the faults
    found."""

    fields: Fields
    case: str
    package: str
    prefectures: tuple[str, ...] = ()
    numbers: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[FieldFault, ...] = ()

    def value(self, name: str) -> str:
        """The text of a field, '' where nothing was typed."""
        return next(iter(self.fields.get(name, ())), "")

    def fault(self, place: str) -> FieldFault | None:
        """What is wrong with a field, by its id."""
        return next((fault for fault in self.faults if fault.id == place), None)

    def ticked(self, name: str) -> Sequence[str]:
        """The boxes ticked under a name."""
        return self.fields.get(name, ())


def read_form(fields: Fields, voice: Voice) -> Typed:
    """Read what was typed and find every fault in it; an empty form is one of defaults."""
    faults: list[FieldFault] = []
    cards, names = case_cards(), [package.name for package in packages()]
    if not cards:
        raise InputError([problem for found in broken_cases().values() for problem in found] or [NO_CASE])
    case = _choice(fields, "case", list(cards), DEFAULT_CASE.name, voice, faults)
    package = _choice(fields, "package", names, DEFAULT_PACKAGE, voice, faults)
    prefectures = _prefectures(fields, cards.get(case), voice, faults)
    numbers = {}
    for setting in (GAP, SECONDS):
        text = _first(fields, setting.key)
        value = number(text) if text else setting.default
        numbers[setting.key] = value
        faults += faults_of(setting, value, setting.key, voice, voice(f"label_{setting.key}"), text)
    settings = _settings(fields, case, voice, faults)
    return Typed(fields, case, package, prefectures, numbers, settings, tuple(faults))


def _first(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "").strip()


def _choice(
    fields: Fields, name: str, known: list[str], default: str, voice: Voice, faults: list[FieldFault]
) -> str:
    asked = _first(fields, name) or (default if default in known else known[0])
    if asked in known:
        return asked
    faults.append(
        FieldFault(name, voice(f"label_{name}"), asked[:80], voice("not_known"), voice("remedy_choose"))
    )
    return default if default in known else known[0]


def _prefectures(
    fields: Fields, card: CaseCard | None, voice: Voice, faults: list[FieldFault]
) -> tuple[str, ...]:
    """Codes of the prefectures named for the case, in any way people name them; all of them is the same as none."""
    if card is None:
        return ()
    known = {code: (name_ja, name_en) for code, name_en, name_ja in card.prefectures}
    asked = [value for value in fields.get(f"prefecture:{card.name}", ()) if value]
    read = {value: read_prefecture(value, known) for value in asked}
    label, remedy = voice("label_prefectures"), voice("remedy_choose")
    faults += [
        FieldFault("prefectures", label, value[:80], voice("not_known"), remedy)
        for value, found in read.items()
        if not isinstance(found, str)
    ]
    chosen = tuple(code for code in known if code in read.values())
    return () if len(chosen) == len(known) else chosen


def _settings(fields: Fields, case: str, voice: Voice, faults: list[FieldFault]) -> dict[str, Any]:
    """The settings that were typed, by key; what cannot be one is a fault."""
    known, services = load_settings(), list(case_of(case).services.index)
    typed: dict[str, Any] = {}
    for name in fields:
        kind, colon, key = name.partition(":")
        if not colon or kind not in ("set", "low", "high"):
            continue
        if key not in known:
            remedy = nearest(key, known) if voice.language == "en" else voice("remedy_choose")
            faults.append(FieldFault("", key[:80], "", voice("not_a_setting"), remedy))
        elif key not in typed and (value := _value(known[key], fields)) is not None:
            typed[key] = value
            shown = _as_typed(known[key], fields)
            faults += faults_of(
                known[key], value, f"f-{key}", voice, name_of(known[key], voice), shown, services
            )
    return typed


def _value(setting: Setting, fields: Fields) -> Any:
    """What was typed for a setting, as a package would write it; None where nothing was."""
    text = _first(fields, f"set:{setting.key}")
    match setting.type:
        case "range":
            ends = [_first(fields, f"{end}:{setting.key}") for end in ("low", "high")]
            return [number(end) for end in ends] if any(ends) else None
        case "choices":
            names = [name for name in fields.get(f"set:{setting.key}", ()) if name]
            if names == [NONE]:
                return []
            return "all" if names == ["all"] and setting.choices == "services" else names or None
        case "boolean":
            return {"true": True, "false": False}.get(text, text) if text else None
        case "number" | "integer":
            return number(text) if text else None
        case _:
            return text or None


def number(text: str) -> float | int | str:
    """A number as people type it (full width, with separators, △ for a minus); the text itself where it is none."""
    plain = bare(text).replace(",", "")
    if WHOLE.fullmatch(plain):
        return int(plain)
    try:
        return float(plain)
    except ValueError:
        return text


def _as_typed(setting: Setting, fields: Fields) -> str:
    ends = ("low", "high") if setting.type == "range" else ("set",)
    return ", ".join(value for end in ends for value in fields.get(f"{end}:{setting.key}", ()) if value)


def faults_of(
    setting: Setting,
    value: Any,
    place: str,
    voice: Voice,
    label: str,
    typed: str,
    services: Sequence[str] | None = None,
) -> list[FieldFault]:
    """The first fault of a value, in the language of the page."""
    problems = check_value(setting, value, services)
    return [
        FieldFault(place, label, typed[:80], *_worded(problem, setting, voice)) for problem in problems[:1]
    ]


def _worded(problem: Problem, setting: Setting, voice: Voice) -> tuple[str, str]:
    """Message and remedy of the dictionary; in Japanese by the phrase whose English it begins with."""
    numeric = setting.type in ("number", "integer", "range")
    if (
        numeric
        and "swap" not in problem.remedy
        and setting.minimum is not None
        and setting.maximum is not None
    ):
        low, high = f"{setting.minimum:.12g}", f"{setting.maximum:.12g}"
        remedy = voice("remedy_number", low=low, high=high, unit=voice.unit_of(setting.unit))
    else:
        remedy = problem.remedy if voice.language == "en" else voice("remedy_choose")
    if voice.language == "en":
        return problem.message, remedy
    for key, (english, japanese) in phrases().items():
        if key.startswith("fault_") and problem.message.startswith(english):
            rest = problem.message[len(english) :].removesuffix(f" {setting.unit}").strip(" ,")
            return f"{japanese}（{rest}）" if rest else japanese, remedy
    return problem.message, remedy


def name_of(setting: Setting, voice: Voice) -> str:
    """A setting as it is called: its label in Japanese, the words of its key in English."""
    if voice.language == "ja":
        return setting.label_ja
    words = setting.key.partition(".")[2].replace("_", " ")
    return words[:1].upper() + words[1:]


def seen(case: str, package: str) -> str:
    """What a form shows, in few signs: it is sent back with the order."""
    return f"{case}|{package}|{question_of(case, package)}"


def changed_since(typed: Typed, voice: Voice) -> list[FieldFault]:
    """That the case or the package has been changed since the form was shown: its values would not be those of the
    run. Nothing is said where the form was filled in for another case or package."""
    case, _, rest = typed.value("seen").partition("|")
    package, _, digest = rest.partition("|")
    if (case, package) != (typed.case, typed.package) or digest == question_of(case, package):
        return []
    return [
        FieldFault("package", voice("label_package"), package, voice("changed_since"), voice("look_again"))
    ]


def order_of(typed: Typed, voice: Voice) -> Order | list[FieldFault]:
    """The order of a form without faults; what is wrong with the packages laid one upon the other, else."""
    try:
        resolved(typed.case, typed.package, typed.prefectures)
    except InputError as error:
        label = voice("label_package")
        return [
            FieldFault("package", label, "", said(problem, voice.language), "") for problem in error.problems
        ]
    gap, seconds = (float(typed.numbers[name]) for name in (GAP.key, SECONDS.key))
    asked = question_of(typed.case, typed.package)
    return Order(typed.case, typed.package, typed.prefectures, gap, seconds, typed.settings, asked)


@dataclass(frozen=True)
class Entry:
    """A setting as the form shows it: `current` is the package's value in words, `ends` those of a range."""

    setting: Setting
    label: str
    current: str
    ends: tuple[str, str]
    options: tuple[tuple[str, str], ...]
    fault: FieldFault | None
    changed: bool

    @property
    def id(self) -> str:
        """Id of its field."""
        return f"f-{self.setting.key}"

    @property
    def bounds(self) -> tuple[str, str]:
        """Least and most, as text."""
        low, high = self.setting.minimum, self.setting.maximum
        return (f"{low:.12g}" if low is not None else "", f"{high:.12g}" if high is not None else "")


def entries(typed: Typed, voice: Voice) -> dict[str, list[Entry]]:
    """Every setting of the dictionary by its family (the part of the key before the point)."""
    values: Mapping[str, Any] = resolved(typed.case, typed.package).settings
    case = case_of(typed.case)
    label = f"label_{voice.language}"
    services = tuple((str(name), str(text)) for name, text in case.services[label].items())
    faults = {fault.id: fault for fault in typed.faults}
    groups: dict[str, list[Entry]] = {}
    for key, setting in load_settings().items():
        options: tuple[tuple[str, str], ...] = ()
        if setting.choices == "services":
            options = services
        elif setting.choices:
            options = tuple((name, option_label(name, voice)) for name in setting.choices)
        value = values[key]
        ends = (plain(value[0]), plain(value[1])) if setting.type == "range" else ("", "")
        entry = Entry(
            setting,
            name_of(setting, voice),
            in_words(setting, value, dict(options), voice),
            ends,
            options,
            faults.get(f"f-{key}"),
            key in typed.settings,
        )
        groups.setdefault(key.partition(".")[0], []).append(entry)
    return groups


def option_label(name: str, voice: Voice) -> str:
    """A choice of the dictionary as it is called."""
    if family := load_families().get(name):
        return str(family.label[LANGUAGES.index(voice.language)])
    try:
        return voice(f"option_{name}")
    except KeyError:
        return voice.called(name)


def plain(value: Any) -> str:
    """A number in as few signs as it needs, without separators: what may be typed back."""
    return f"{value:.12g}" if isinstance(value, int | float) else str(value)


def in_words(setting: Setting, value: Any, labels: Mapping[str, str], voice: Voice) -> str:
    """A value as the form shows it."""
    if value is None:
        return option_label(OFF, voice)
    if isinstance(value, bool):
        return voice("yes") if value else voice("no")
    if isinstance(value, int | float):
        return plain(value)
    if setting.type == "range":
        return plain(value[0]) if value[0] == value[1] else f"{plain(value[0])} – {plain(value[1])}"
    if isinstance(value, Mapping):
        return voice("entries", count=len(value)) if value else voice("nothing_set")
    if isinstance(value, tuple | list):
        if not value:
            return voice("nothing_set")
        if len(value) > 6:
            every = len(value) == len(labels)
            return voice("all_of", count=len(value)) if every else voice("some_of", count=len(value))
        return voice.listed([labels.get(str(name), str(name)) for name in value])
    return labels.get(str(value), str(value))


def placeholders(case: str, package: str, voice: Voice) -> dict[str, Any]:
    """The package's value of every setting by key, for the page to show beside the fields: text, or two ends."""
    typed = Typed({}, case, package)
    return {
        entry.setting.key: {"current": entry.current, "ends": entry.ends}
        for group in entries(typed, voice).values()
        for entry in group
    }
