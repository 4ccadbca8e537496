"""How far a solve or a long task is, on one line of standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from optimization.cli.console import billion, err
from optimization.cli.plain import visible
from optimization.solving.highs import Progress


def write_over(text: str, live: bool) -> None:
    """Write a line over the last one, or below it where there is no terminal."""
    text = visible(text)
    sys.stderr.write(f"\r{text:<78}" if live else text + "\n")
    sys.stderr.flush()


class ProgressLine:
    """One line that tells gap, incumbent and elapsed time; plain lines when not on a terminal."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.last = 0.0
        self.live = sys.stderr.isatty()

    def __call__(self, progress: Progress) -> bool:
        """Show the state; True lets the solver go on."""
        now = time.perf_counter()
        if self.quiet or (now - self.last < (0.2 if self.live else 5.0) and progress.gap > 0):
            return True
        self.last = now
        found = progress.incumbent < float("inf")
        best = f"{billion(progress.incumbent)} billion yen" if found else "none yet"
        gap = f"{progress.gap:.4%}" if found else "open"
        write_over(f"  {progress.seconds:6.1f} s  best plan {best}, gap {gap}", self.live)
        return True

    def phase(self, text: str) -> None:
        """Announce a phase of the run."""
        if not self.quiet:
            err.print(text, style="dim")

    def end(self) -> None:
        """Leave the line."""
        if self.live and not self.quiet:
            sys.stderr.write("\n")


class CountLine:
    """One line that tells how far a long task is and when it may end."""

    def __init__(self, what: str) -> None:
        self.what, self.started, self.at_first, self.last = what, time.perf_counter(), -1, 0.0
        self.live = sys.stderr.isatty()

    def __call__(self, done: int, total: int, failed: int = 0) -> None:
        """Show the state; without a terminal at most every five seconds."""
        now = time.perf_counter()
        self.at_first = done if self.at_first < 0 else self.at_first
        if done < total and now - self.last < (0.2 if self.live else 5.0):
            return
        self.last = now
        spent, fresh = now - self.started, done - self.at_first
        left = f", about {spent / fresh * (total - done) / 60:.0f} min left" if fresh else ""
        wrong = f", {failed} failed" if failed else ""
        write_over(f"  {done} of {total} {self.what}{wrong}{left}", self.live)
        if self.live and done == total:
            sys.stderr.write("\n")


def progress_for(quiet: bool) -> tuple[ProgressLine, Callable[[Progress], bool]]:
    """A progress line and its callback."""
    line = ProgressLine(quiet)
    return line, line.__call__
