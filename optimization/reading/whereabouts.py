"""Where inputs lie and where results go: in a checkout, in a folder of the user's own, or beside an installed wheel.

A folder `inputs` in the working directory comes first; what it does not hold is taken from the inputs that come with
the program. Results are written to the folder `results` of the checkout, or of the working directory otherwise.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_OWN = Path.cwd() / "inputs"

CHECKOUT = (_ROOT / "solve.py").is_file() and (_ROOT / "inputs").is_dir()
"""Whether the program runs from its source tree."""

EMBEDDED = _ROOT / "inputs" if CHECKOUT else Path(str(files("optimization").joinpath("inputs")))
"""The inputs that come with the program."""

INPUTS = _OWN if _OWN.is_dir() or not CHECKOUT else EMBEDDED
"""Where the user's own cases and packages lie, and where new ones are written."""

WORK = _ROOT if CHECKOUT and INPUTS == EMBEDDED else Path.cwd()
"""The folder in which the program works."""

RESULTS = WORK / "results"
"""Where results are written."""


def input_folder(name: str | Path) -> Path:
    """A folder of inputs by name: the user's own, else the one that comes with the program (which may not exist)."""
    own = INPUTS / name
    return own if own.is_dir() else EMBEDDED / name


def input_folders() -> list[Path]:
    """All folders of inputs by name, each once, the user's own before what comes with the program."""
    found = {
        folder.name: folder
        for place in (EMBEDDED, INPUTS)
        if place.is_dir()
        for folder in place.iterdir()
        if folder.is_dir()
    }
    return [found[name] for name in sorted(found)]


def case_folder(given: str | Path) -> Path:
    """The folder of a case as a user names it: a path, or the name of a case of the inputs."""
    path = Path(given)
    return path if path.exists() or len(path.parts) != 1 else _known(path)


def _known(name: Path) -> Path:
    found = input_folder(name)
    return found if found.is_dir() else name


PACKAGES = input_folder("packages")
"""The shelf of reform packages."""

DEFAULT_CASE = input_folder("japan-2022")
"""The case of a command that names none."""

HISTORY = input_folder("japan-history")
"""The allocation tax of all years at hand, in one table."""
