"""Folders that are ours while we work in them, and may be removed when we are gone.

What is ours is proven by a mark in the folder that bears the folder's own name: neither a name that looks like ours nor
a process id proves anything (a process of that id may be another's, or run in another name space). That we are gone is
proven by the lock of the mark, which ends with the process that holds it; where the system knows no locks (Windows,
some network folders), nothing is ever taken for abandoned.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    KNOWN = False
else:
    KNOWN = True

MARK = ".optimization-work"
"""File that marks a folder as ours."""

Lock = int | None


def marked(folder: Path) -> tuple[Path, Lock]:
    """A new folder, marked as ours, and the lock of its mark; None where the system knows none."""
    mark = folder / MARK
    # locked before it says whose it is: nobody finds it marked and not locked
    handle = os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    lock: Lock = handle if KNOWN else None
    try:
        if KNOWN:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)  # waits for who looks whether it is abandoned
        os.write(handle, _text(folder))
    except OSError:
        os.close(handle)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if not KNOWN:
        os.close(handle)
    return folder, lock


def remove_abandoned(parent: Path, beginning: str) -> None:
    """Remove the folders of a parent whose names begin so that bear our mark and are worked in by nobody."""
    with suppress(OSError):
        for folder in parent.glob(f"{beginning}*"):
            _remove(folder)


def _remove(folder: Path) -> None:
    if not KNOWN or folder.is_symlink():
        return
    with suppress(OSError):
        handle = os.open(folder / MARK, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.read(handle, 1000) == _text(folder):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(handle)


def _text(folder: Path) -> bytes:
    """What the mark of a folder says: it names the folder, so that a copy under another name is nobody's."""
    return os.fsencode(f"{folder.name}: work in progress of solve.py, removed when it has ended\n")


def let_go(lock: Lock) -> None:
    """End a lock."""
    if lock is not None:
        os.close(lock)
