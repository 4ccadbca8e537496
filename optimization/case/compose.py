"""Composition of reform packages: what holds in the end, where it comes from, what it changes.

Packages are laid one upon the other, left to right; a later one wins. What a package extends is laid
beneath it, once; a package named by the user is laid where he names it. Tables by service are completed
service by service, lists are replaced. Nothing here knows the model.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, cast

from optimization.case.package import ASSUMPTIONS, STATUS_QUO, Package
from optimization.case.packages import check_names
from optimization.case.resolved import RESOLVED_NAME, Origin, Override, ResolvedPackage, Source, as_text
from optimization.case.shelf import Shelf, split_names
from optimization.dictionary.settings import OFF, canonical, load_settings, status_quo, was_off
from optimization.dictionary.typed_settings import Settings
from optimization.errors import raise_if_any


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
    shelf = Shelf(Path(directory))
    named, laid = shelf.stack(split_names(names_or_paths))
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
        once = self.once_off(package)
        for provision in package.provisions:
            source = Source(package.name, provision.number)
            if not (provision.settings or package.assumptions or package.name == STATUS_QUO):
                self.warnings.append(f"{source} names no setting: it changes nothing")
            for key, written in provision.settings.items():
                written = OFF if (key, provision.number) in once else written
                for cell, value in _cells(key, canonical(known[key], written, self.services)):
                    self.put(cell, value, source, as_today=provision.as_today)
        for name, number in package.assumptions.items():
            self.put((ASSUMPTIONS, name), number, Source(package.name), as_today=False)

    def once_off(self, package: Package) -> set[tuple[str, int]]:
        """Settings and provisions of a package that name, as today's, the number that switched a limit off until
        version 0.1: these are read as off. Elsewhere such a number is the limit that it says, and a notice tells of it,
        unless the program itself has written the package since."""
        known = load_settings()
        found = [
            (key, provision)
            for provision in package.provisions
            for key, value in provision.settings.items()
            if was_off(known[key], value)
        ]
        read = [(key, provision.number) for key, provision in found if provision.as_today]
        said = [f"{key} = {as_text(p.settings[key])}" for key, p in found if not p.as_today]
        if read:
            names = ", ".join(key for key, _ in read)
            self.warnings.append(
                f"{package.name} was written for version 0.1, in which a number switched limits off: read as "
                f'"{OFF}" are {names}'
            )
        if said and (read or package.name != RESOLVED_NAME):
            self.warnings.append(
                f"{package.name}: {', '.join(said)} switched the rule off until version 0.1 and is now the limit "
                f'that it says: write "{OFF}" to switch it off'
            )
        return set(read)

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
            services=tuple(self.services),
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
