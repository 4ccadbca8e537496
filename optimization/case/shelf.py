"""Packages found by name or path and read, each file once, with what they extend beneath them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from optimization.case.package import STATUS_QUO, Package
from optimization.case.package_reader import examined
from optimization.case.packages import package_files
from optimization.dictionary.settings import nearest
from optimization.errors import InputError, Problem

DEEPEST = 50
"""Packages that may lie one beneath the other."""

MOST_PLUS = 20
"""Signs '+' that the path of a package may hold."""


def split_names(names: Sequence[str | Path] | str | Path) -> list[str]:
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


class Shelf:
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
        """The file that a name or a path means; None, with a problem noted, where there is none."""
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
        """The remedy for a name that no package of the directory has."""
        try:
            return nearest(name, [path.stem for path in package_files(self.directory)])
        except InputError as error:
            return error.problems[0].message

    def load(self, path: Path) -> Package | None:
        """The package of a file, read once; None, with its problems noted, where it cannot be read."""
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
