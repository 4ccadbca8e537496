"""Standard output and error that never end a command: what people read is second to what was solved.

A reader that has gone (`| head -1`) or a descriptor that is closed is no fault; a disk that takes no more is told at
the end, when the answer stands in its folder.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any

GONE = (errno.EPIPE, errno.EBADF, errno.EIO)
"""Errors that mean that nobody reads: a closed pipe or descriptor, a terminal that was hung up."""


class Lasting(io.FileIO):
    """A descriptor to write to; what it does not take is dropped, and the first reason kept as `trouble`."""

    trouble: OSError | None = None

    def write(self, data: Any) -> int:
        """Write, or drop what cannot be written."""
        if self.trouble is None:
            try:
                return super().write(data) or 0
            except OSError as error:
                self.trouble = error
        return memoryview(data).nbytes


def open_streams() -> None:
    """Put lasting streams in the place of standard output and error; where a descriptor is closed, one to nowhere, so
    that no file opened later takes its number and what libraries print."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    if sys.platform == "win32":  # its console is no file to write bytes to
        sys.stdout, sys.stderr = sys.stdout or io.StringIO(), sys.stderr or io.StringIO()
        return
    for name, number in (("stdout", 1), ("stderr", 2)):
        plain = getattr(sys, name)
        raw = Lasting(number, "w", closefd=False)
        lasting = io.TextIOWrapper(
            io.BufferedWriter(raw),
            encoding=plain.encoding if plain else "utf-8",
            errors=plain.errors if plain else "backslashreplace",
            line_buffering=number == 2 or raw.isatty(),
        )
        setattr(sys, name, lasting)


def untold() -> str:
    """Why what was to be printed could not all be; '' where it could, or where nobody was there to read it."""
    stream = sys.stdout
    stream.flush()
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    trouble = raw.trouble if isinstance(raw, Lasting) else None
    if trouble is None or trouble.errno in GONE:
        return ""
    return (
        f"Standard output took no more ({trouble.strerror}); what was written to files stands. Remedy: let the "
        "output go where there is room."
    )
