"""Composition of reform packages: what holds in the end, where it comes from, what it changes.

Packages are laid one upon the other, left to right; a later one wins. What a package extends is laid
beneath it, once; a package named by the user is laid where he names it. Tables by service are completed
service by service, lists are replaced. Nothing here knows the model.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple, cast

import pandas as pd

from optimization.case.packages import (
    ASSUMPTIONS,
    STATUS_QUO,
    Package,
    check_names,
    examined,
    package_files,
    toml_value,
)
from optimization.dictionary.settings import canonical, load_settings, nearest, status_quo
from optimization.dictionary.typed_settings import Settings
from optimization.errors import InputError, Problem, raise_if_any

RESOLVED_NAME = "package.resolved"
DEEPEST = 50
"""Packages that may lie one beneath the other."""

MOST_PLUS = 20
"""Signs '+' that the path of a package may hold."""

COLUMNS = ("setting", "from", "to", "source", "provision", "unit")


class Source(NamedTuple):
    """A package and its provision; assumptions stand under no provision."""

    package: str
    provision: int | None = None

    def __str__(self) -> str:
        return f"{self.package}/{self.provision or ASSUMPTIONS}"


@dataclass(frozen=True)
class Origin:
    """Where an effective value comes from; several sources where packages complete one table by service."""

    sources: tuple[Source, ...] = ()

    @property
    def package(self) -> str:
        """Names of the packages, joined by '+'; "status quo" when none named the setting."""
        return "+".join(dict.fromkeys(source.package for source in self.sources)) or "status quo"

    @property
    def provision(self) -> str:
        """Numbers of the provisions, in the order of the packages."""
        return "; ".join(str(source.provision or "") for source in self.sources)

    def __str__(self) -> str:
        return "; ".join(map(str, self.sources)) or "status quo"


class Override(NamedTuple):
    """A value of one package replaced by another package's; an entry of a table has the key "key.service"."""

    key: str
    from_package: str
    to_package: str
    old: Any
    new: Any

    def __str__(self) -> str:
        values = f"{as_text(self.old)} ({self.from_package}) -> {as_text(self.new)} ({self.to_package})"
        return f"{self.key}: {values}"


@dataclass(frozen=True)
class ResolvedPackage:
    """The packages laid one upon the other: every setting of the dictionary with its effective value.

    `packages` holds every package laid, from the bottom up, the extended ones too. `today` holds the status
    quo, `origin` also the keys "assumptions.NAME". Values are canonical: lists are tuples, "all" is spelt
    out. All in the units of the data dictionary.
    """

    name: str
    packages: tuple[Package, ...]
    settings: Settings
    today: Settings
    origin: Mapping[str, Origin]
    overridden: tuple[Override, ...]
    assumptions: Mapping[str, float]
    warnings: tuple[str, ...]


def resolve(
    names_or_paths: Sequence[str | Path] | str,
    services: Sequence[str],
    parameter_names: Collection[str],
    case_defaults: Mapping[str, Any],
    directory: Path,
) -> ResolvedPackage:
    """Read, check and compose packages; raises InputError with every fault of every file.

    Each name is the stem of a file in `directory`, a path to a file ending in `.toml`, or several of these
    joined by '+'. `services` are the service ids of the case, `parameter_names` the valid keys of
    assumptions, `case_defaults` the values of the settings whose default is "case".
    """
    shelf = _Shelf(Path(directory))
    named, laid = shelf.stack(_split(names_or_paths))
    problems = list(shelf.problems)
    for package in laid:
        problems += check_names(package, services, parameter_names)
    raise_if_any(list(dict.fromkeys(problems)))
    return compose("+".join(package.name for package in named), laid, services, case_defaults)


def compose(
    name: str, laid: Sequence[Package], services: Sequence[str], case_defaults: Mapping[str, Any]
) -> ResolvedPackage:
    """Packages that have been read and checked, laid one upon the other from the bottom up; no file is read."""
    pile = _Pile(services, status_quo(services, case_defaults))
    for package in laid:
        pile.lay(package, alone=len(laid) == 1)
    return pile.resolved(name, laid)


def changes(resolved: ResolvedPackage) -> pd.DataFrame:
    """What the packages change against the status quo, a row for each setting or assumption, all as text.

    Columns setting, from, to (lists and tables as JSON), source (packages), provision (numbers), unit.
    Assumptions are listed from "case", since their values of today stand in the case's parameter table.
    """
    units = {key: setting.unit for key, setting in load_settings().items()}
    today: Mapping[str, Any] = resolved.today
    rows = [
        (key, as_text(today[key]), as_text(value), origin.package, origin.provision, units[key])
        for key, value in resolved.settings.items()
        if value != today[key]
        for origin in (resolved.origin[key],)
    ]
    for name, number in resolved.assumptions.items():
        key = f"{ASSUMPTIONS}.{name}"
        rows.append((key, "case", as_text(number), resolved.origin[key].package, "", ""))
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")


def as_text(value: Any) -> str:
    """A value as the tables show it: names bare, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def to_toml(resolved: ResolvedPackage) -> str:
    """The resolved package as a package file named `package.resolved.toml`; every line names its origin.

    Changed settings stand under the provisions they come from, the others under a last provision marked
    `as_today`. Read back against the same case, the file resolves to the same settings and assumptions.
    """
    lines = [f"# Written by the program: what {resolved.name} amounts to.", *_header(resolved)]
    groups: dict[tuple[Source, ...], list[str]] = {}
    today: Mapping[str, Any] = resolved.today
    settings: Mapping[str, Any] = resolved.settings
    kept: list[str] = []
    for key, value in resolved.settings.items():
        if value == today[key]:
            kept.append(key)
        else:
            groups.setdefault(resolved.origin[key].sources, []).append(key)
    texts = [(*_texts(resolved, sources), keys) for sources, keys in groups.items()]
    if kept:
        texts.append(("Everything else stays as today.", "その他は現行どおりとする。", kept))
    for number, (text, text_ja, keys) in enumerate(texts, start=1):
        lines += ["", "[[provision]]", f"number = {number}"]
        lines += [f"text = {toml_value(text)}", f"text_ja = {toml_value(text_ja)}"]
        lines += ["as_today = true"] if keys is kept else []
        lines += ["[provision.settings]"]
        lines += [
            f"{toml_value(key)} = {toml_value(settings[key])}  # {resolved.origin[key]}" for key in keys
        ]
    if resolved.assumptions:
        lines += ["", f"[{ASSUMPTIONS}]"]
        lines += [
            f"{toml_value(name)} = {toml_value(number)}  # {resolved.origin[f'{ASSUMPTIONS}.{name}']}"
            for name, number in resolved.assumptions.items()
        ]
    return "\n".join(lines) + "\n"


def _header(resolved: ResolvedPackage) -> list[str]:
    packages = list({package.name: package for package in resolved.packages}.values())
    fields = {
        "name": RESOLVED_NAME,
        "title": f"Resolved: {' + '.join(package.title for package in packages)}",
        "title_ja": f"確定版:{'＋'.join(package.called('ja') for package in packages)}",
        "author": "; ".join(dict.fromkeys(package.author for package in packages)),
        "source": " | ".join(f"{package.name}: {package.source}" for package in packages),
        "date": max(package.date for package in packages),
        "baseline": STATUS_QUO,
        "reading": " | ".join(
            f"{package.name}: {package.reading}" for package in packages if package.reading
        ),
    }
    return ["[package]", *(f"{key} = {toml_value(value)}" for key, value in fields.items() if value != "")]


def _texts(resolved: ResolvedPackage, sources: Collection[Source]) -> tuple[str, str]:
    """The texts of the provisions a group of settings comes from, in both languages."""
    provisions = {
        Source(package.name, provision.number): provision
        for package in resolved.packages
        for provision in package.provisions
    }
    found = [(source, provisions[source]) for source in sources]
    return (
        " | ".join(f"{provision.text} ({source})" for source, provision in found),
        " | ".join(f"{provision.said('ja')}({source})" for source, provision in found),
    )


def _split(names: Sequence[str | Path] | str | Path) -> list[str]:
    """The single names and paths; a '+' that belongs to the path of an existing file does not part it."""
    names = [names] if isinstance(names, str | Path) else names
    parts: list[str] = []
    for name in map(str, names):
        left = name.split("+")
        while left:
            count = _parts_of_a_path(left)
            parts.append("+".join(left[:count]).strip())
            left = left[count:]
    return parts


def _parts_of_a_path(pieces: Sequence[str]) -> int:
    """How many of the first pieces make one name: several where '+' between them is the path of an existing file."""
    for count in range(min(len(pieces), MOST_PLUS + 1), 1, -1):
        if pieces[count - 1].rstrip().endswith(".toml") and _is_file("+".join(pieces[:count]).strip()):
            return count
    return 1


def _is_file(path: str) -> bool:
    """Whether a text is the path of a file; a text that can be no path is none."""
    return "\0" not in path and os.path.isfile(path)


class _Shelf:
    """Finds and reads packages, each file once, and collects what is wrong in `problems`."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.problems: list[Problem] = []
        self.read: dict[Path, Package | None] = {}
        self.laid: list[Path] = []

    def stack(self, names: Sequence[str]) -> tuple[list[Package], list[Package]]:
        """The packages named and the packages laid, from the bottom up."""
        if not names:
            self.problems.append(Problem("packages", "no package is named", f'name one, as "{STATUS_QUO}"'))
        paths = [path for path in map(self.locate, names) if path]
        for path in paths:
            self.place(path, (), named=True)
        self.check_twins()
        return [p for p in map(self.load, paths) if p], [p for p in map(self.load, self.laid) if p]

    def locate(self, name: str) -> Path | None:
        if "\0" in name:
            self.problems.append(Problem("packages", "a name holds a null character", "remove it"))
            return None
        if name.endswith(".toml") or "/" in name or os.sep in name:
            return Path(os.path.realpath(name))
        return self.find(name, (self.directory,), "packages")

    def find(self, name: str, directories: Sequence[Path], file: str, column: str = "") -> Path | None:
        """The one file of that stem in the directories."""
        places = dict.fromkeys(
            Path(os.path.realpath(directory / f"{name}.toml"))
            for directory in directories
            if name and os.path.isfile(directory / f"{name}.toml")
        )
        if len(places) == 1:
            return next(iter(places))
        if places:
            message, remedy = "names two files", f"rename one: {', '.join(map(str, places))}"
        else:
            message, remedy = f"there is no such package in {self.directory}", self.offer(name)
        self.problems.append(Problem(file, message, remedy, column=column, value=name))
        return None

    def offer(self, name: str) -> str:
        try:
            return nearest(name, [path.stem for path in package_files(self.directory)])
        except InputError as error:
            return error.problems[0].message

    def load(self, path: Path) -> Package | None:
        if path not in self.read:
            self.read[path], problems = examined(path)
            self.problems += problems
        return self.read[path]

    def place(self, path: Path, above: tuple[Path, ...], *, named: bool) -> None:
        """Lay the package of `path` upon what it extends; `above` are the packages that led here."""
        if path in above:
            circle = " -> ".join(each.stem for each in (*above[above.index(path) :], path))
            message, remedy = f"extends itself: {circle}", "break the circle"
            self.problems.append(Problem(str(path), message, remedy, "package", "extends"))
            return
        if len(above) == DEEPEST:
            message, remedy = (
                f"lies more than {DEEPEST} packages below {above[0].stem}",
                "extend fewer in a row",
            )
            self.problems.append(Problem(str(path), message, remedy, "package", "extends"))
            return
        package = self.load(path)
        if package is None or (path in self.laid and not named):
            return
        for name in package.extends:
            base = self.find(name, (self.directory, path.parent), str(path), "extends")
            if base:
                self.place(base, (*above, path), named=False)
        self.laid.append(path)

    def check_twins(self) -> None:
        """Two files of one name cannot be told apart in the tables that name their origin."""
        first: dict[str, Path] = {}
        for path in self.laid:
            if (other := first.setdefault(path.stem, path)) != path:
                message = f"carries the same name as {other}"
                self.problems.append(Problem(str(path), message, "rename one of the two packages"))


class _Pile:
    """The values laid so far, entry by entry: a cell is a setting, or one service of a table by service."""

    def __init__(self, services: Sequence[str], today: Mapping[str, Any]) -> None:
        self.services = services
        self.today = today
        self.today_cells = {cell: each for key in today for cell, each in _cells(key, today[key])}
        self.cells: dict[tuple[str, str], tuple[Any, Source]] = {}
        self.overridden: list[Override] = []
        self.warnings: list[str] = []

    def lay(self, package: Package, *, alone: bool) -> None:
        """Lay one package upon the others and note what it overrides and what it leaves as it was."""
        known = load_settings()
        # a day's grace: it may already be tomorrow where the author lives
        if package.date > date.today() + timedelta(days=1):
            self.warnings.append(f"{package.name} is dated in the future, {package.date}")
        if not (alone or package.settings or package.assumptions or package.extends):
            self.warnings.append(f"{package.name} names no setting: it does not undo other packages")
        for provision in package.provisions:
            source = Source(package.name, provision.number)
            if not (provision.settings or package.assumptions or package.name == STATUS_QUO):
                self.warnings.append(f"{source} names no setting: it changes nothing")
            for key, written in provision.settings.items():
                for cell, value in _cells(key, canonical(known[key], written, self.services)):
                    self.put(cell, value, source, as_today=provision.as_today)
        for name, number in package.assumptions.items():
            self.put((ASSUMPTIONS, name), number, Source(package.name), as_today=False)

    def put(self, cell: tuple[str, str], value: Any, source: Source, *, as_today: bool) -> None:
        label = ".".join(part for part in cell if part)
        today = self.today_cells.get(cell)
        old, former = self.cells.get(cell, (today, None))
        if as_today and value != today:
            self.warnings.append(
                f"{source} says that {label} = {as_text(value)} is as today, but today it is {as_text(today)}"
            )
        elif not as_today and value == old:
            holder = f"set by {former}" if former else "today's value"
            self.warnings.append(f"{source}: {label} = {as_text(value)} changes nothing, it is {holder}")
        if former and value != old:
            self.overridden.append(Override(label, former.package, source.package, old, value))
        self.cells[cell] = (value, source)

    def resolved(self, name: str, laid: Sequence[Package]) -> ResolvedPackage:
        known = load_settings()
        effective = {**self.today_cells, **{cell: value for cell, (value, _) in self.cells.items()}}
        tables: dict[str, dict[str, Any]] = {key: {} for key in (*known, ASSUMPTIONS)}
        for (key, entry), value in effective.items():
            tables[key][entry] = value
        settings = {
            key: canonical(setting, tables[key], self.services) if setting.is_table else tables[key][""]
            for key, setting in known.items()
        }
        return ResolvedPackage(
            name=name,
            packages=tuple(laid),
            settings=cast(Settings, settings),
            today=cast(Settings, self.today),
            origin=self.origins(),
            overridden=tuple(self.overridden),
            assumptions=tables[ASSUMPTIONS],
            warnings=(*dict.fromkeys(self.warnings), *self.idle(settings)),
        )

    def origins(self) -> dict[str, Origin]:
        sources: dict[str, dict[Source, None]] = {key: {} for key in self.today}
        for (key, entry), (_, source) in self.cells.items():
            label = f"{key}.{entry}" if key == ASSUMPTIONS else key
            sources.setdefault(label, {})[source] = None
        return {key: Origin(tuple(found)) for key, found in sources.items()}

    def idle(self, settings: Mapping[str, Any]) -> list[str]:
        """Warnings for changed settings without effect, because the setting they need is empty."""
        return [
            f"{key} = {as_text(value)} has no effect while {setting.needs} is empty"
            for key, setting in load_settings().items()
            for value in (settings[key],)
            if setting.needs and value != self.today[key] and not settings[setting.needs]
        ]


def _cells(key: str, value: Any) -> list[tuple[tuple[str, str], Any]]:
    if isinstance(value, Mapping):
        return [((key, entry), each) for entry, each in value.items()]
    return [((key, ""), value)]
