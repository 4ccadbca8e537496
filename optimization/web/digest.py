"""What stands in files and folders, in few signs: the key under which anything read from them may be kept.

A digest is of the content. Whether a file must be read for it again is told by everything that its system notes of it
(size, place on the disk, both times to the nanosecond), never by its age: a file put back from an archive is older.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import threading
import time
from pathlib import Path

from optimization.case.case import Case
from optimization.case.resolved import ResolvedPackage
from optimization.reading.files import MOST_RESULT

UNSETTLED = 2.0
"""Seconds within which a file may change again without any note of it: a clock of files ticks some hundred times a
second, and on some disks once in two."""

MOST = 50_000
"""Files of which the digest is kept."""

LARGEST = MOST_RESULT
"""Bytes of a file above which its state stands for its content: no file that is read here is so large."""

State = tuple[int, ...]
_known: dict[str, tuple[State, str]] = {}
_lock = threading.Lock()


def _state(path: str) -> State:
    found = os.stat(path)
    if not stat.S_ISREG(found.st_mode):
        raise OSError("is no file")
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev


def file_digest(file: Path | str) -> str:
    """Digest of a regular file's content; '' where there is none to read."""
    path = str(file)
    try:
        state = _state(path)
        with _lock:
            known = _known.get(path)
        if known is not None and known[0] == state:
            return known[1]
        if state[0] > LARGEST:
            return hashlib.sha256(repr(state).encode()).hexdigest()
        with open(path, "rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        settled = time.time() - max(state[1], state[2]) / 1e9 > UNSETTLED
        if settled and _state(path) == state:
            with _lock:
                if len(_known) >= MOST:
                    _known.clear()
                _known[path] = (state, digest)
        return digest
    except OSError:
        return ""


def folder_digest(folder: Path) -> str:
    """Digest of the names and contents of the files that lie in a folder, those below it left out; '' where there is
    no such folder."""
    try:
        files = sorted(entry.path for entry in os.scandir(folder) if entry.is_file())
    except OSError:
        return ""
    text = "\n".join(f"{file_digest(file)} {os.path.basename(file)}" for file in files)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def question_digest(case: Case, package: ResolvedPackage) -> str:
    """Digest of what a package amounts to on a case: its settings, its assumptions, the tables of the case."""
    parts = [case.name, dict(case.sha256), dict(package.settings), dict(package.assumptions)]
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
