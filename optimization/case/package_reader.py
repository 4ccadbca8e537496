"""A package file read and checked: `read_package` from a path, `package_of` from a document already parsed."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from optimization.case.package import ASSUMPTIONS, STATUS_QUO, Package, Provision
from optimization.dictionary.settings import check_value, load_settings, nearest, shown
from optimization.errors import InputError, Problem, raise_if_any
from optimization.reading.files import MOST_SETTINGS, read_bytes
from optimization.reading.numerals import read_numeral
from optimization.reading.toml_file import read_toml

NAME = re.compile(r"[^\W_][\w.-]*")
TEXTS = ("name", "title", "title_ja", "author", "source", "source_ja", "baseline", "reading", "reading_ja")
HEADER = (*TEXTS, "date", "extends")
OPTIONAL_TEXTS = frozenset({"title_ja", "source_ja", "reading", "reading_ja"})
PROVISION = ("number", "text", "text_ja", "as_today", "settings")
UNITS = re.compile(r"_((?:(?:thousand|million|billion)_)?yen|persons|years|percent|km)$")
SECTIONS = ("package", "provision", ASSUMPTIONS)


def read_package(path: str | Path) -> Package:
    """Read one package file; raises InputError with every fault found in it."""
    package, problems = examined(Path(path))
    raise_if_any(problems)
    if package is None:
        raise InputError(problems)
    return package


def examined(path: Path) -> tuple[Package | None, list[Problem]]:
    """What can be read of a package file, None where it cannot be read as TOML, and every fault found in it."""
    try:
        document, problems = _parse(path)
    except InputError as error:
        return None, error.problems
    reader = _Reader(path, document, problems)
    return reader.package(), reader.problems


def package_of(document: Mapping[str, Any], path: Path) -> Package:
    """A package from a document in the form of a package file; `path` is what faults are said of. Raises InputError
    with every fault found in it."""
    reader = _Reader(path, document, [])
    package = reader.package()
    raise_if_any(reader.problems)
    return package


def _refusal(path: Path, message: str, remedy: str, line: int | str = "") -> InputError:
    return InputError([Problem(file=str(path), row=str(line), message=message, remedy=remedy)])


def _parse(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    """The file as a TOML document, and lines that are read otherwise than they are written; raises InputError naming
    the line where it breaks."""
    document, problems = toml_document(str(path), _text(path))
    if document is None:
        raise InputError(problems)
    return document, problems


def toml_document(file: str, text: str) -> tuple[dict[str, Any] | None, list[Problem]]:
    """A package or a study as a TOML document, None where it is none, and what is wrong with its lines."""
    document, faults = read_toml(text, unit_of)
    return document, [
        Problem(file, fault.message, fault.remedy, str(fault.line), fault.key, fault.value)
        for fault in faults
    ]


def unit_of(key: str) -> str:
    """The unit of a setting, or that at the end of the name of a parameter; '' where none is told."""
    if setting := load_settings().get(key):
        return setting.unit
    found = UNITS.search(key)
    return found[1].replace("_", " ") if found else ""


def _text(path: Path) -> str:
    """The file as text, with or without a byte order mark."""
    try:
        if not path.is_file():
            found = "is not a file" if path.exists() else "there is no such file"
            raise _refusal(path, found, "name a package file ending in .toml")
        raw = read_bytes(path, MOST_SETTINGS)
    except (OSError, ValueError) as error:
        raise _refusal(path, f"cannot be read ({error})", "check the path and the rights") from error
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refusal(path, "is written in UTF-16", "save it as UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = "is not written in UTF-8 (perhaps Shift_JIS)"
        raise _refusal(path, message, "save it as UTF-8", line) from error


class _Reader:
    """Turns a parsed document into a `Package` and collects what is wrong with it in `problems`."""

    def __init__(self, path: Path, document: Mapping[str, Any], problems: list[Problem]) -> None:
        self.path = path
        self.document = document
        self.problems = problems

    def fault(self, message: str, remedy: str, row: str = "", column: str = "", value: object = "") -> None:
        self.problems.append(Problem(str(self.path), message, remedy, row, column, shown(value)))

    def known(self, table: Mapping[str, Any], names: Collection[str], row: str) -> None:
        """A fault for every key of `table` that is not in `names`."""
        for key in table:
            if key not in names:
                self.fault("is not a key of the format", nearest(key, names), row, key)

    def text(self, table: Mapping[str, Any], key: str, row: str, *, required: bool = True) -> str:
        value = table.get(key)
        if value is None and not required:
            return ""
        if value is None:
            self.fault("is missing", f'add {key} = "..."', row, key)
        elif not isinstance(value, str):
            self.fault("must be a text", "write it in quotation marks", row, key, value)
        elif not value.strip():
            self.fault("is empty", "fill it in" if required else "fill it in or remove it", row, key)
        else:
            return value.strip()
        return ""

    def package(self) -> Package:
        """The package; of use only when no problem was met."""
        self.known(self.document, SECTIONS, "")
        header = self.document.get("package", {})
        if not isinstance(header, dict):
            self.fault("must be a table", "write [package] on a line of its own", column="package")
            header = {}
        elif not header:
            self.fault("has no header", "begin the file with [package]: who proposes what", column="package")
        provisions = self.provisions()
        assumptions = self.assumptions()
        texts = self.header_texts(header) if header else dict.fromkeys(TEXTS, "")
        extends = self.extends(header)
        package = Package(
            **texts,
            date=self.day(header) if header else date.min,
            extends=extends,
            provisions=provisions,
            assumptions=assumptions,
            path=self.path,
        )
        if not (package.settings or assumptions or extends or package.name == STATUS_QUO or self.problems):
            self.fault("changes nothing", f"name a setting; only {STATUS_QUO} may leave all as today")
        return package

    def header_texts(self, header: Mapping[str, Any]) -> dict[str, str]:
        self.known(header, HEADER, "package")
        texts = {key: self.text(header, key, "package", required=key not in OPTIONAL_TEXTS) for key in TEXTS}
        name, baseline = texts["name"], texts["baseline"]
        if name and not NAME.fullmatch(name):
            remedy = "use letters, digits, '_', '-' and '.'; '+' joins packages"
            self.fault("is not a name", remedy, "package", "name", name)
        elif name and name != self.path.stem:
            remedy = f"write name = {self.path.stem!r} or rename the file to {name}.toml"
            self.fault("differs from the file's name", remedy, "package", "name", name)
        if baseline and baseline != STATUS_QUO:
            remedy = f'write "{STATUS_QUO}"; use extends to build on another package'
            self.fault("is not a baseline known here", remedy, "package", "baseline", baseline)
        return texts

    def day(self, header: Mapping[str, Any]) -> date:
        value = header.get("date")
        # a datetime is a date to Python, yet the header asks for a day
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        message = "is missing" if value is None else "must be a day"
        remedy = "write date = 2026-11-24, without quotation marks"
        self.fault(message, remedy, "package", "date", "" if value is None else value)
        return date.min

    def extends(self, header: Mapping[str, Any]) -> tuple[str, ...]:
        value = header.get("extends", [])
        if isinstance(value, list) and all(isinstance(name, str) and NAME.fullmatch(name) for name in value):
            return tuple(value)
        self.fault("must be a list of package names", 'write ["name", "name"]', "package", "extends", value)
        return ()

    def provisions(self) -> tuple[Provision, ...]:
        raw = self.document.get("provision", [])
        if not isinstance(raw, list) or not all(isinstance(entry, dict) for entry in raw):
            self.fault("must be a list of tables", "write [[provision]], twice bracketed", column="provision")
            return ()
        if not raw:
            self.fault("has no provision", "add [[provision]] with number and text", column="provision")
        provisions = tuple(self.provision(place, entry) for place, entry in enumerate(raw, start=1))
        owner: dict[str, int] = {}
        for place, provision in enumerate(provisions, start=1):
            for key in provision.settings:
                if (first := owner.setdefault(key, place)) != place:
                    message = f"stands under provision {first} already"
                    remedy = "keep it under one provision"
                    self.fault(message, remedy, f"provision {place}", key)
        return provisions

    def provision(self, place: int, entry: Mapping[str, Any]) -> Provision:
        row = f"provision {place}"
        self.known(entry, PROVISION, row)
        number = entry.get("number")
        if type(number) is not int or number != place:
            message = "is missing" if number is None else "is out of order"
            found = "" if number is None else number
            self.fault(message, f"number the provisions 1, 2, 3: here {place}", row, "number", found)
        as_today = entry.get("as_today", False)
        if not isinstance(as_today, bool):
            remedy = "write as_today = true or leave it out"
            self.fault("must be true or false", remedy, row, "as_today", as_today)
        text, text_ja = self.text(entry, "text", row), self.text(entry, "text_ja", row, required=False)
        settings = self.settings(entry.get("settings", {}), row)
        return Provision(place, text, text_ja, settings, as_today is True)

    def settings(self, table: object, row: str) -> dict[str, Any]:
        if not isinstance(table, dict):
            remedy = "write [provision.settings] beneath the provision"
            self.fault("must be a table", remedy, row, "settings", table)
            return {}
        known = load_settings()
        good: dict[str, Any] = {}
        for key, value in table.items():
            if key in known:
                self.problems += check_value(known[key], value, file=str(self.path), row=row)
                good[key] = value
            else:
                self.unknown(key, value, known, "is not a setting", row)
        return good

    def assumptions(self) -> dict[str, float]:
        table = self.document.get(ASSUMPTIONS, {})
        if not isinstance(table, dict):
            self.fault("must be a table", f"write [{ASSUMPTIONS}] on a line of its own", column=ASSUMPTIONS)
            return {}
        good: dict[str, float] = {}
        for key, value in table.items():
            number = _finite(value)
            if number is not None:
                good[key] = number
            elif isinstance(value, dict):
                self.unknown(key, value, (), "is not a parameter", ASSUMPTIONS)
            else:
                found = read_numeral(value, unit_of(key)) if isinstance(value, str) else None
                beside = f" and has {found.words}" if found and found.how else ""
                message = (
                    f"must be a finite number: it is a text{beside}" if found else "must be a finite number"
                )
                remedy = (
                    f"{found.remedy(unit_of(key)) if found else 'write a number'}, without quotation marks"
                )
                self.fault(message, remedy, ASSUMPTIONS, key, value)
        return good

    def unknown(self, key: str, value: object, known: Collection[str], message: str, row: str) -> None:
        # TOML reads family.name without quotation marks as a table `family` that holds `name`
        inner = next(iter(value), None) if isinstance(value, dict) else None
        dotted = inner is not None and (not known or f"{key}.{inner}" in known)
        remedy = f'write "{key}.{inner}" in quotation marks' if dotted else nearest(key, known)
        self.fault(message, remedy, row, key)


def _finite(value: object) -> float | None:
    """`value` as a finite number, or None when it is none (true and false are none)."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
