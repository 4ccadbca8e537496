"""Locks of folders, which end with the process that holds them; where the system knows none (Windows), none is held."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    KNOWN = False
else:
    KNOWN = True


def held(folder: Path) -> int | None:
    """The lock of a folder, once nobody else holds it; None where the system knows none. Some network folders know none
    either: there the lock keeps nobody out."""
    if not KNOWN:
        return None
    handle = os.open(folder, os.O_RDONLY)
    with suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def taken(folder: Path) -> int | None:
    """The lock of a folder that nobody holds, the folder being no link; else None."""
    if not KNOWN:
        return None
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def let_go(lock: int | None) -> None:
    """End a lock."""
    if lock is not None:
        os.close(lock)
