"""What the program is built on: declared, pinned, installed as pinned, free to use. Needs no network."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from email.message import Message
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.security.audit_locks import canonical, lock_files, locked

REPO = Path(__file__).parents[2]
MAIN = REPO / "requirements.lock"
PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.+!]*")
PROJECT = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]

LICENCES = {
    "mit": "MIT|MIT License|MIT-CMU",
    "bsd": "BSD|BSD License|BSD-2-Clause|BSD-3-Clause|BSD 3-Clause License|0BSD",
    "apache": "Apache-2.0|Apache 2.0|Apache Software License",
    "isc": "ISC|ISC License (ISCL)",
    "python": "PSF-2.0|Python Software Foundation License",
    "public": "CC0-1.0|Zlib",
    # binds changes of its own files, not what is built with it
    "mozilla": "MPL-2.0|Mozilla Public License 2.0 (MPL 2.0)",
}
ALLOWED = {name for names in LICENCES.values() for name in names.split("|")}


def declared(extras: bool = True) -> dict[str, list[Requirement]]:
    """Requirements of pyproject.toml by canonical name, our own extras left out."""
    texts = list(PROJECT["dependencies"])
    if extras:
        texts += [text for group in PROJECT["optional-dependencies"].values() for text in group]
    found: dict[str, list[Requirement]] = {}
    for requirement in map(Requirement, texts):
        if canonical(requirement.name) != PROJECT["name"]:
            found.setdefault(canonical(requirement.name), []).append(requirement)
    return found


def imported(text: str) -> set[str]:
    """Modules of others that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"optimization"}


@cache
def distributions() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


def suppliers(module: str) -> set[str]:
    """Packages that bring a module; one that is not installed here is taken to bear its name."""
    return {canonical(name) for name in distributions().get(module, [module])}


def licences(package: metadata.PackageMetadata | Message) -> list[str]:
    """Licences as a package states them: each must be allowed."""
    if expression := package.get("License-Expression"):
        return re.findall(r"[^\s()]+", re.sub(r"\b(?:AND|OR)\b", " ", expression))
    stated = [text for text in package.get_all("Classifier") or () if text.startswith("License :: ")]
    if stated:
        return [text.rpartition(" :: ")[2] for text in stated]
    lines = [line.strip() for line in (package.get("License") or "").splitlines()[:5]]
    return [line for line in lines if line in ALLOWED][:1] or lines[:1]


def test_every_lock_pins_versions_and_nothing_else() -> None:
    """No address, no option, no package twice: what is installed is what an index holds under that version."""
    for path in lock_files():
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if not PIN.fullmatch(line)] == [], path.name
        assert len(locked(path)) == len(lines), path.name


def test_locks_agree_with_each_other() -> None:
    seen: dict[str, str] = {}
    for path in lock_files():
        for name, version in locked(path).items():
            assert seen.setdefault(name, version) == version, (path.name, name)


def test_installed_is_what_is_locked() -> None:
    found = {}
    for name in locked(MAIN):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    assert found == locked(MAIN), "install requirements.lock anew"


def test_nothing_locked_came_from_an_address() -> None:
    assert [name for name in locked(MAIN) if metadata.distribution(name).read_text("direct_url.json")] == []


def test_installed_packages_agree() -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def test_what_is_declared_is_locked_at_a_version_it_allows() -> None:
    versions = {name: version for path in lock_files() for name, version in locked(path).items()}
    for name, requirements in declared().items():
        for requirement in requirements:
            assert requirement.url is None, name
            assert name in versions and requirement.specifier.contains(versions[name]), requirement


def test_every_import_is_declared_and_the_core_is_used() -> None:
    known, used = declared(), set()
    files = [*(REPO / "optimization").rglob("*.py"), REPO / "solve.py"]
    for path in files:
        for module in imported(path.read_text(encoding="utf-8")):
            assert suppliers(module) & known.keys(), f"{path.relative_to(REPO)} imports {module}"
            used |= suppliers(module)
    assert declared(extras=False).keys() - used == set(), "declared, and imported nowhere"


def test_licences_of_what_is_locked_are_allowed() -> None:
    stated = {name: licences(metadata.metadata(name)) for name in locked(MAIN)}
    assert {name: terms for name, terms in stated.items() if not terms or not set(terms) <= ALLOWED} == {}


@pytest.mark.parametrize(
    ("fields", "terms"),
    [
        ({"License-Expression": "MIT OR (Zlib AND GPL-3.0-only)"}, "MIT Zlib GPL-3.0-only"),
        ({"Classifier": "License :: OSI Approved :: MIT License", "License": "see file"}, "MIT License"),
        ({"License": "License\n=======\n\nBSD 3-Clause License\n"}, "BSD 3-Clause License"),
        ({"License": "All rights reserved"}, "All rights reserved"),
        ({}, ""),
    ],
)
def test_a_licence_is_read_as_stated(fields: dict[str, str], terms: str) -> None:
    package = Message()
    for name, value in fields.items():
        package[name] = value
    assert " ".join(licences(package)) == terms


def test_imports_are_found_anywhere_in_a_file() -> None:
    text = "import os, numpy.linalg\nfrom . import x\ndef f():\n    from pandas.api import types\n"
    assert imported(text) == {"numpy", "pandas"}
