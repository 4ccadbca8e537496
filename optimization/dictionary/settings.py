"""Reader of `settings.toml`: every setting a reform package may name, and the check of its value.

`load_settings` gives the entries, `check_value` says what is wrong with a value, `canonical` gives the
one form in which equal values compare equal, `status_quo` the values of today.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, TypeVar, cast, get_args

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from optimization.dictionary.families import load_families
from optimization.dictionary.tiers import HIGHER_TIERS, TIERS
from optimization.dictionary.typed_settings import SettingKey, Settings
from optimization.errors import Problem, raise_if_any
from optimization.reading.numerals import Numeral, read_numeral, share_meant
from optimization.reading.toml_file import OFF

SETTINGS_FILE = Path(__file__).with_name("settings.toml")
ALL = "all"
CASE = "case"
SERVICES = "services"
GROUP = "@"
"""What stands between a service and the one rule group of an entry."""
CHOICES = {
    "tiers": TIERS,
    "higher_tiers": HIGHER_TIERS,
    "free_or_tiers": ("free", *TIERS),
    "families": tuple(load_families()),
}
"""Choices that are written by name."""

Kind = Literal[
    "number",
    "integer",
    "boolean",
    "choice",
    "choices",
    "number_by_service",
    "choice_by_service",
    "range_by_service",
    "range_by_name",
    "range",
    "text_list",
]
Key = TypeVar("Key", bound=str)
Mark = Literal["law", "definition", "assumption", "case"]
NUMERIC = ("number", "integer", "range", "number_by_service", "range_by_service", "range_by_name")


LARGE = 1e12
"""No number from here on is a share in per cent."""


class ValueFault(NamedTuple):
    """What is wrong with one value (or with one entry of a table of values) and what to do."""

    value: object
    message: str
    remedy: str
    entry: str = ""


class Setting(BaseModel):
    """One entry of the dictionary; bounds, `low`, `high` and `once_off` are in `unit`. A limit that can be switched off
    has `off`; a table by service whose entries may be of one rule group, `service@group`, has `by_group`. A faulty one
    raises ValueError."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    type: Kind
    default: Any
    meaning: str
    label_ja: str
    mark: Mark
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] | Literal["services"] | None = None
    low: float | None = None
    high: float | None = None
    source: str = ""
    meaning_ja: str = ""
    source_ja: str = ""
    needs: str = ""
    one_number: bool = False
    off: bool = False
    once_off: float | None = None
    by_group: bool = False

    def told(self, name: Literal["meaning", "source"], language: str) -> str:
        """What the setting means, or whence its figures come, in English or Japanese."""
        return str(getattr(self, f"{name}_ja" if language == "ja" else name))

    @property
    def is_table(self) -> bool:
        """Whether the value is a table by service, which packages complete entry by entry."""
        return self.type.endswith(("_by_service", "_by_name"))

    @field_validator("choices", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        """Lists of names that stand elsewhere in the dictionary."""
        return CHOICES.get(value, value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        lacking = [name for name in ("key", "meaning", "label_ja") if not getattr(self, name).strip()]
        if self.type in NUMERIC:
            lacking += [name for name in ("unit", "minimum", "maximum") if getattr(self, name) in (None, "")]
        if self.type in ("choice", "choices", "choice_by_service") and not self.choices:
            lacking.append("choices")
        if self.mark != "definition" and not self.source.strip():
            lacking.append("source")
        if not self.meaning_ja or bool(self.source) != bool(self.source_ja):
            lacking.append("meaning_ja or source_ja")
        if self.off and self.type not in ("number", "integer"):
            raise ValueError(f"{self.key}: only a number can be off")
        if lacking:
            raise ValueError(f"{self.key}: lacks {', '.join(lacking)}")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.default == CASE) != (self.mark == "case"):
            raise ValueError(f"{self.key}: the default is 'case' exactly where the mark is 'case'")
        if self.default != CASE and (problems := check_value(self, self.default)):
            raise ValueError(f"{self.key}: default: {problems[0].message}")
        if self.mark != "assumption":
            if self.low is not None or self.high is not None:
                raise ValueError(f"{self.key}: low and high belong to assumptions only")
        elif not _ordered((self.minimum, self.low, self.default, self.high, self.maximum)):
            raise ValueError(f"{self.key}: want minimum <= low <= default <= high <= maximum")
        return self


def _ordered(values: Sequence[Any]) -> bool:
    """Whether all are numbers and none is larger than the next."""
    return all(_is_number(v) for v in values) and all(a <= b for a, b in pairwise(values))


def load_settings() -> dict[str, Setting]:
    """Every setting by its key, in the order of `settings.toml`; a faulty entry raises ValueError.

    The file is part of the program, so a fault in it is a defect of ours and not an input error.
    """
    return dict(_settings())


@cache
def _settings() -> dict[str, Setting]:
    raw = tomllib.loads(SETTINGS_FILE.read_text(encoding="utf-8"))
    settings = {key: Setting(key=key, **entry) for key, entry in raw.items()}
    for setting in settings.values():
        if setting.needs and setting.needs not in settings:
            raise ValueError(f"{setting.key}: needs the unknown setting {setting.needs!r}")
    return settings


def nearest(word: str, names: Iterable[str], *, offer: int = 12) -> str:
    """Remedy for an unknown name: the nearest known one, else the known ones, at most `offer` of them."""
    known = list(dict.fromkeys(names))
    by_fold = {name.casefold(): name for name in known}
    if close := get_close_matches(word.casefold(), by_fold, n=1):
        return f"did you mean {by_fold[close[0]]!r}?"
    shown = ", ".join(known[:offer]) + (f" and {len(known) - offer} more" if len(known) > offer else "")
    return f"use one of: {shown}" if known else "remove it: none is known here"


def check_value(
    setting: Setting,
    value: object,
    services: Collection[str] | None = None,
    *,
    file: str = "settings",
    row: str = "",
) -> list[Problem]:
    """What is wrong with `value` of `setting`: type, NaN, bounds, choices; an empty list when nothing is.

    `services` are the valid service ids; None (the case is not known yet) skips the names of services.
    `file` and `row` say where the value stands.
    """
    return [
        Problem(
            file=file,
            row=row,
            column=f"{setting.key}.{fault.entry}" if fault.entry else setting.key,
            value=shown(fault.value),
            message=fault.message,
            remedy=fault.remedy,
        )
        for fault in _faults(setting, value, services)
    ]


def shown(value: object) -> str:
    """The value as a message shows it, cut to 80 characters."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except ValueError:  # Python refuses to write out a whole number of thousands of digits
        return "a very long number"
    return text if len(text) <= 80 else text[:77] + "..."


def _faults(setting: Setting, value: object, services: Collection[str] | None) -> list[ValueFault]:
    names = services if setting.choices == SERVICES else setting.choices
    match setting.type:
        case "boolean":
            remedy = "write true or false, without quotation marks"
            return [] if isinstance(value, bool) else [ValueFault(value, "must be true or false", remedy)]
        case "number" | "integer":
            return _number_faults(setting, value)
        case "range":
            alone = setting.one_number and not isinstance(value, list | tuple)
            return _number_faults(setting, value) if alone else _range_faults(setting, value)
        case "choice":
            return _name_faults(value, names)
        case "choices" | "text_list":
            if value == ALL and setting.choices == SERVICES:
                return []
            return _list_faults(value, names, with_all=setting.choices == SERVICES)
        case _:
            return _table_faults(setting, value, services)


def _is_number(value: object) -> bool:
    # TOML booleans are Python ints; no setting wants true for 1
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number_faults(setting: Setting, value: Any) -> list[ValueFault]:
    if setting.off and is_off(value):
        return []
    unit = f" {setting.unit}" if setting.unit else ""
    allowed = f"write a number from {setting.minimum:.12g} to {setting.maximum:.12g}{unit}"
    if is_off(value):
        return [ValueFault(OFF, "cannot be switched off", f"{allowed}, without quotation marks")]
    allowed = f'{allowed}, or "{OFF}"' if setting.off else allowed
    if isinstance(value, str) and value.strip().casefold() == OFF:
        return [ValueFault(value, "must be a number", f'did you mean "{OFF}"?' if setting.off else allowed)]
    if isinstance(value, str) and (found := read_numeral(value, setting.unit)) is not None:
        return [_written_as_text(setting, value, found)]
    if not _is_number(value):
        bare = allowed if setting.off else f"{allowed}, without quotation marks"
        return [ValueFault(value, "must be a number", bare)]
    if isinstance(value, float) and not math.isfinite(value):
        return [ValueFault(value, "must be finite, not NaN or infinity", allowed)]
    if setting.type == "integer" and not isinstance(value, int):
        return [ValueFault(value, "must be a whole number", f"{allowed}, without a decimal point")]
    meant = share_meant(value, setting.unit, setting.minimum, setting.maximum) if abs(value) < LARGE else ""
    allowed = f"did you mean {meant}? Else {allowed}" if meant else allowed
    if setting.minimum is not None and value < setting.minimum:
        return [ValueFault(value, f"is below the least allowed, {setting.minimum:.12g}{unit}", allowed)]
    if setting.maximum is not None and value > setting.maximum:
        return [ValueFault(value, f"is above the most allowed, {setting.maximum:.12g}{unit}", allowed)]
    return []


def _written_as_text(setting: Setting, value: str, found: Numeral) -> ValueFault:
    """What is wrong with a number that stands in quotation marks, and the number to write in its place."""
    beside = f" and has {found.words}" if found.how else ""
    remedy = found.remedy(setting.unit)
    if found.value is not None:
        number = int(found.value) if setting.type == "integer" and not found.value % 1 else float(found.value)
        beyond = _number_faults(setting, number)
        remedy = beyond[0].remedy if beyond else remedy
    return ValueFault(value, f"must be a number: it is a text{beside}", f"{remedy}, without quotation marks")


def _range_faults(setting: Setting, value: Any) -> list[ValueFault]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        remedy = "write [lowest, highest]; the same number twice fixes it"
        alone = _number_faults(setting, value) if _is_number(value) or isinstance(value, str) else []
        meant = [fault.remedy for fault in alone if re.match(r"did you mean|write -?\d", fault.remedy)]
        return [ValueFault(value, "must be a range of two numbers", "; ".join([remedy, *meant[:1]]))]
    faults = [fault for end in value for fault in _number_faults(setting, end)]
    if not faults and value[0] > value[1]:
        faults = [ValueFault(list(value), "has its lower end above its upper end", "swap the two numbers")]
    return faults


def _name_faults(value: object, names: Collection[str] | None, entry: str = "") -> list[ValueFault]:
    if not isinstance(value, str):
        return [ValueFault(value, "must be a name", 'write it in quotation marks, as "name"', entry)]
    if names is not None and value not in names:
        return [ValueFault(value, "is not one of the names allowed here", nearest(value, names), entry)]
    return []


def _list_faults(value: object, names: Collection[str] | None, *, with_all: bool) -> list[ValueFault]:
    if not isinstance(value, list | tuple):
        remedy = 'write ["name", "name"]' + (', or "all" for every service' if with_all else "")
        return [ValueFault(value, "must be a list of names", remedy)]
    if with_all and ALL in value:
        return [ValueFault(list(value), "'all' stands in a list", 'write "all" alone, without brackets')]
    faults = [fault for name in value for fault in _name_faults(name, names)]
    if not faults and (twice := {name for name in value if value.count(name) > 1}):
        faults = [ValueFault(name, "stands twice in the list", "remove one") for name in sorted(twice)]
    return faults


def _table_faults(setting: Setting, value: object, services: Collection[str] | None) -> list[ValueFault]:
    if not isinstance(value, Mapping):
        return [ValueFault(value, "must be a table by service", "write { service = value, service = value }")]
    faults: list[ValueFault] = []
    for service, entry in value.items():
        name, at, group = service.partition(GROUP) if setting.by_group else (service, "", "")
        if at and not group:
            remedy = f"write {name}{GROUP}GROUP, such as {name}{GROUP}town_below_10k, or {name} alone"
            faults.append(ValueFault(service, "names no rule group", remedy, service))
        elif setting.type != "range_by_name" and services is not None and name not in services:
            faults.append(ValueFault(service, "is not a service", nearest(name, services), service))
        elif setting.type == "choice_by_service":
            names = services if setting.choices == SERVICES else setting.choices
            faults += _name_faults(entry, names, service)
        elif setting.type.startswith("range"):
            faults += [fault._replace(entry=service) for fault in _range_faults(setting, entry)]
        else:
            faults += [fault._replace(entry=service) for fault in _number_faults(setting, entry)]
    return faults


def canonical(setting: Setting, value: Any, services: Sequence[str]) -> Any:
    """The one form of a checked value: "all" spelt out, lists as tuples in a fixed order, numbers as floats, a limit
    that is off as None.

    Lists of choices are sets, so they take the order of `services` or of the entry's choices.
    """
    match setting.type:
        case "number" | "integer" if is_off(value):
            return None
        case "number":
            return float(value)
        case "range":
            return tuple(float(end) for end in ends_of(value))
        case "choices":
            order = services if setting.choices == SERVICES else setting.choices or ()
            return tuple(name for name in order if value == ALL or name in value)
        case "text_list":
            return tuple(value)
        case "number_by_service":
            return {name: float(value[name]) for name in services if name in value}
        case "choice_by_service":
            of = {name: place for place, name in enumerate(services)}
            known = [name for name in value if name.partition(GROUP)[0] in of]
            return {name: value[name] for name in sorted(known, key=lambda n: (of[n.partition(GROUP)[0]], n))}
        case "range_by_service":
            return {name: tuple(map(float, value[name])) for name in services if name in value}
        case "range_by_name":
            return {name: tuple(map(float, value[name])) for name in sorted(value)}
        case _:
            return value


def ends_of(value: Any) -> Sequence[float]:
    """Both ends of a range, which may be written as one number that fixes it."""
    return (value, value) if _is_number(value) else value


def is_off(value: object) -> bool:
    """Whether a value, as a package writes it or as it is inside, switches a limit off."""
    return value is None or value == OFF


def was_off(setting: Setting, value: object) -> bool:
    """Whether a number is the one that switched a limit off in version 0.1."""
    return setting.once_off is not None and _is_number(value) and value == setting.once_off


def setting_key(text: str) -> SettingKey:
    """A key that was put together or read, as one the type check knows; raises KeyError for an unknown one."""
    if text not in get_args(SettingKey):
        raise KeyError(text)
    return cast(SettingKey, text)


def value_of(settings: Settings, key: SettingKey) -> Any:
    """The value of a setting whose key stands in a variable, in the unit of the dictionary."""
    return settings[key]


def with_values(settings: Settings, values: Mapping[Key, Any]) -> Settings:
    """The settings with other values for some keys, which are not checked; raises KeyError for an unknown key."""
    return cast(Settings, {**settings, **{setting_key(key): value for key, value in values.items()}})


def status_quo(services: Sequence[str], case_defaults: Mapping[str, Any]) -> Settings:
    """Today's value of every setting, canonical, with the defaults "case" taken from `case_defaults`.

    Raises InputError when the case gives no value or a wrong one; other entries of `case_defaults` are
    refused, since they would be ignored in silence.
    """
    settings = load_settings()
    wanted = [key for key, setting in settings.items() if setting.default == CASE]
    problems = [
        Problem(
            file=CASE,
            column=key,
            message="the case gives no value for it",
            remedy=f"add it to {settings[key].source}",
        )
        for key in wanted
        if key not in case_defaults
    ]
    problems += [
        Problem(file=CASE, column=key, message="is not a value the case gives", remedy=nearest(key, wanted))
        for key in case_defaults
        if key not in wanted
    ]
    for key in wanted:
        if key in case_defaults:
            problems += check_value(settings[key], case_defaults[key], services, file=CASE)
    raise_if_any(problems)
    today = {
        key: canonical(setting, case_defaults[key] if key in wanted else setting.default, services)
        for key, setting in settings.items()
    }
    return cast(Settings, today)
