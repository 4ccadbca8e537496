"""The way in: load the program and start the command line; say so where the machine has too little memory for it."""

from __future__ import annotations

import faulthandler
import gc
import os
import sys
from contextlib import suppress

from optimization.cli.streams import open_streams, untold
from optimization.cli.surroundings import KINDS, OUT_OF_MEMORY, memory_is_out

WITHOUT_PLAN = 5
"""Exit code of a run that stopped without a plan."""

LEAST_ADDRESSES = 600 * 2**20
"""Bytes of addresses that the libraries take to load; with fewer some of them never end."""

UNTOLD = 2
"""Exit code where all went well but what was to be printed, on a disk that is full."""


def main() -> int:
    """Run the command line; a crash of the solver's own code tells at least where it happened."""
    open_streams()
    if too_few_addresses():
        sys.stderr.write(OUT_OF_MEMORY + "\n")
        return WITHOUT_PLAN
    faulthandler.enable()
    code = _command_line()
    if trouble := untold():
        sys.stderr.write(trouble + "\n")
        return code or UNTOLD
    return code


def too_few_addresses() -> bool:
    """Whether addresses are limited (`ulimit -v`) to fewer than the libraries take to load. Where they are limited at
    all OpenBLAS works on one thread: it takes room for one on every processor while it is loaded, and where room is
    wanting it tries for ever."""
    try:
        import resource
    except ImportError:  # Windows
        return False
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    if most == resource.RLIM_INFINITY:
        return False
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return most < LEAST_ADDRESSES


def _command_line() -> int:
    try:
        gc.disable()  # what the imports bring stays to the end: no collection, now or later, need look at it
        from optimization.cli.app import start

        gc.freeze()
        gc.enable()
        code = start()
    except KINDS as error:
        if not memory_is_out(error):
            raise
        sys.stderr.write(OUT_OF_MEMORY + "\n")
        return WITHOUT_PLAN
    _leave(code)
    return code


def _leave(code: int) -> None:
    """End at once where a solver that was stopped by hand is still at work: it would be torn down while it runs."""
    running = sys.modules.get("optimization.solving.running")
    if running is not None and running.is_left_behind():
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
