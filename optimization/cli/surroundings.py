"""What the machine refuses: a full disk, a folder that cannot be written to, no memory left. No defect of ours."""

from __future__ import annotations

import errno

from optimization.errors import KINDS, memory_is_out

__all__ = ["KINDS", "OUT_OF_MEMORY", "SURROUNDINGS", "memory_is_out", "unwritable"]

REMEDIES = {
    errno.ENOSPC: "free some space, or name another place with --out",
    errno.EDQUOT: "free some space, or name another place with --out",
    errno.EFBIG: "raise the limit on the size of files, or name another place with --out",
    errno.EROFS: "name a place that can be written to with --out",
    errno.EACCES: "name a place you may read and write",
    errno.EPERM: "name a place you may read and write",
    errno.EIO: "look after the disk, or name another place with --out",
    errno.EMFILE: "raise the limit on open files (ulimit -n)",
    errno.ENFILE: "close other programs: the machine has no open files left",
    errno.ENOMEM: "ask for fewer prefectures, or use a machine with more memory",
    errno.EAGAIN: "raise the limit on processes (ulimit -u)",
    errno.ENAMETOOLONG: "give a shorter name",
    errno.EISDIR: "move the folder that stands in the place of the file away",
}
SURROUNDINGS = frozenset(REMEDIES)
"""Errors of the system that lie outside the program."""

OUT_OF_MEMORY = (
    "The memory ran out; nothing was left half-written. Ask for fewer prefectures (--prefectures), fewer "
    "threads (--threads), or use a machine with more memory."
)


def unwritable(error: OSError) -> str:
    """What the system refused, and what helps."""
    place = f"{error.filename}: " if error.filename else ""
    what = error.strerror or str(error)
    return f"{place}{what}; nothing was left half-written. Remedy: {REMEDIES[error.errno or errno.EIO]}."
