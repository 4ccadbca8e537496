"""What packages laid one upon the other come to: every setting with its value, where it comes from, what it changes."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

import pandas as pd

from optimization.case.package import ASSUMPTIONS, STATUS_QUO, Package
from optimization.dictionary.settings import OFF, canonical, check_value, load_settings, with_values
from optimization.dictionary.typed_settings import Settings
from optimization.errors import Problem, raise_if_any
from optimization.reading.toml_file import toml_value

RESOLVED_NAME = "package.resolved"
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

    `packages` holds every package laid, from the bottom up, the extended ones too. `today` holds the status quo,
    `origin` also the keys "assumptions.NAME", `services` those of the case. Values are canonical: lists are tuples,
    "all" is spelt out. All in the units of the data dictionary.
    """

    name: str
    packages: tuple[Package, ...]
    settings: Settings
    today: Settings
    origin: Mapping[str, Origin]
    overridden: tuple[Override, ...]
    assumptions: Mapping[str, float]
    warnings: tuple[str, ...]
    services: tuple[str, ...] = ()


BESIDE = ("Set beside the packages", "パッケージとは別に指定")
"""What a provision says of a setting that no package names, in both languages."""


def with_settings(
    package: ResolvedPackage, values: Mapping[str, Any], source: str = "changed"
) -> ResolvedPackage:
    """A package with other values of some settings, or of all of them: each that differs is checked and brought into
    its one form, as those of a package file are, and traced to `source`. Raises `InputError` with every fault."""
    known, now = load_settings(), cast(Mapping[str, Any], package.settings)
    other = {key: value for key, value in values.items() if value != now[key]}
    services = package.services
    raise_if_any(
        [p for key, value in other.items() for p in check_value(known[key], value, services, file=source)]
    )
    changed = {key: canonical(known[key], value, services) for key, value in other.items()}
    origin = {**package.origin, **dict.fromkeys(changed, Origin((Source(source),)))}
    return replace(package, settings=with_values(package.settings, changed), origin=origin)


def settings_problems(package: ResolvedPackage) -> list[Problem]:
    """What is wrong with the settings of a package as they stand: whoever holds one can write into them."""
    known, services = load_settings(), package.services or None
    return [
        problem
        for key, value in cast(Mapping[str, Any], package.settings).items()
        if value != cast(Mapping[str, Any], package.today)[key]
        for problem in check_value(known[key], OFF if value is None else value, services, file=package.name)
    ]


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
    """A value as the tables show it: names bare, a limit that is off as such, everything else as JSON."""
    if value is None:
        return OFF
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
        "title_ja": f"確定版：{'＋'.join(package.called('ja') for package in packages)}",
        "author": "; ".join(dict.fromkeys(package.author for package in packages)),
        "source": " | ".join(f"{package.name}: {package.source}" for package in packages),
        "source_ja": " | ".join(f"{package.called('ja')}：{package.cited('ja')}" for package in packages),
        "date": max(package.date for package in packages),
        "baseline": STATUS_QUO,
        "reading": " | ".join(
            f"{package.name}: {package.reading}" for package in packages if package.reading
        ),
        "reading_ja": " | ".join(
            f"{package.called('ja')}：{package.read_as('ja')}" for package in packages if package.reading
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
    said = {source: (provision.text, provision.said("ja")) for source, provision in provisions.items()}
    called = {package.name: package.called("ja") for package in resolved.packages}
    found = [(source, said.get(source, BESIDE)) for source in sources]

    def origin(source: Source) -> str:
        name = called.get(source.package, source.package)
        return f"{name}、第{source.provision}項" if source in said else name

    return (
        " | ".join(f"{text} ({source if source in said else source.package})" for source, (text, _) in found),
        " | ".join(f"{text_ja}（{origin(source)}）" for source, (_, text_ja) in found),
    )
