"""A case that was read is kept, so that the next command on it need not read and check it all again.

What is kept is the `Case` as `load_case` made it, under a key of all that it hangs on: the content of every table, the
name of the folder, the source of the rooms that read (`ROOMS`), and the versions of the libraries that make its tables.
Where any of these is another the key is, and the case is read plainly; faults are never kept. The files lie in the
user's own folder for such things, which nobody else may write to, since what stands in them is trusted; each bears its
checksum. `ROLE_DIVISION_CACHE` names another folder, or nothing where none is to be kept.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import platform
import stat
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

import optimization
from optimization.case.case import Case
from optimization.case.load import digests_of, load_case
from optimization.reading.files import MEGABYTE, bare_name, read_bytes

PLACE = "ROLE_DIVISION_CACHE"
"""Variable of the environment that names the folder."""

ROOMS = ("errors.py", "reading", "dictionary", "case")
"""Parts of the program on which it hangs what a case is."""

ENDING, MOST_KEPT, MOST_BYTES = ".case", 8, 512 * MEGABYTE
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
SUM_BYTES = hashlib.sha256().digest_size


def kept_case(path: str | Path) -> Case:
    """`load_case`, with the very same figures and faults; out of what was kept of these files where it was."""
    path, folder = Path(path), own_folder()
    digests = digests_of(path)
    if folder is None or not digests or "" in digests.values():
        return load_case(path)
    file = folder / (_key(path, digests) + ENDING)
    kept = _read(file)
    if kept is not None:
        return replace(kept, path=path).remembering()
    case = load_case(path)
    if case.sha256 == digests:
        _keep(case, file)
    return case


def own_folder() -> Path | None:
    """The folder in which cases are kept; None where there is none of the user's own."""
    given = os.environ.get(PLACE)
    if given is None:
        caches = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
        try:
            place = Path(caches) if caches else Path.home() / ".cache"
        except RuntimeError:  # a user without a home
            return None
        given = str(place / "role-division")
    return _usable(Path(given)) if given and Path(given).is_absolute() else None


def _usable(folder: Path) -> Path | None:
    """The folder, made where it is missing; None where it cannot be, or where others may write."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.stat()
    except OSError:
        return None
    foreign = hasattr(os, "getuid") and (state.st_uid != os.getuid() or state.st_mode & OTHERS_MAY_WRITE)
    return None if foreign else folder


def _key(path: Path, digests: Mapping[str, str]) -> str:
    versions = (platform.python_version(), np.__version__, pd.__version__, pa.__version__)
    told = (path.name, bare_name(path), sorted(digests.items()), _SOURCE, versions)
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _source() -> str:
    """Digest of the source that reads, as its files were when this module was loaded: what is edited later does not
    run here."""
    root, digest = Path(optimization.__file__).parent, hashlib.sha256()
    files = [root / room if room.endswith(".py") else (root / room).rglob("*") for room in ROOMS]
    every = [file for found in files for file in ([found] if isinstance(found, Path) else found)]
    for file in sorted(each for each in every if each.suffix in (".py", ".toml")):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(root).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


_SOURCE = _source()


def _read(file: Path) -> Case | None:
    """The case of a file, None where there is none or it is not as it was written."""
    try:
        content = read_bytes(file, MOST_BYTES)
        if hashlib.sha256(content[SUM_BYTES:]).digest() != content[:SUM_BYTES]:
            return None
        found = pickle.loads(memoryview(content)[SUM_BYTES:])
    except Exception:  # whatever is wrong with it: the case is read plainly
        return None
    return found if isinstance(found, Case) else None


def _keep(case: Case, file: Path) -> None:
    """Write a case whole or not at all, and remove the oldest beyond `MOST_KEPT`. A disk that takes nothing is no
    fault."""
    with suppress(OSError, MemoryError, RecursionError, pickle.PicklingError):
        content = pickle.dumps(case, protocol=pickle.HIGHEST_PROTOCOL)
        if SUM_BYTES + len(content) > MOST_BYTES:  # it would not be read
            return
        handle, draft = tempfile.mkstemp(dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as written:
                written.write(hashlib.sha256(content).digest() + content)
            os.replace(draft, file)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        every = sorted(file.parent.glob(f"*{ENDING}"), key=lambda each: each.stat().st_mtime)
        for old in every[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
