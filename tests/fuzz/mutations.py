"""Ways of spoiling a file, each named; the same seed spoils it the same way.

An operator takes the path of a file and a generator of random numbers and changes the file in place. `operators(path)`
lists those that make sense for a file, by its suffix.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.fuzz.texts import CSV, JSON, TOML, Operator
from tests.fuzz.workbooks import XLSX

# ---- the file as the system sees it


def absent(path: Path, _: Random) -> None:
    path.unlink()


def folder(path: Path, _: Random) -> None:
    path.unlink()
    path.mkdir()


def endless(path: Path, rng: Random) -> None:
    """A link to a device without end, or to one that is always empty."""
    path.unlink()
    path.symlink_to(rng.choice(("/dev/zero", "/dev/null", "/dev/urandom")))


def pipe(path: Path, _: Random) -> None:
    """A pipe that nobody writes into: opening it waits for ever."""
    path.unlink()
    os.mkfifo(path)


def link_elsewhere(path: Path, rng: Random) -> None:
    path.unlink()
    path.symlink_to(
        rng.choice(("/etc/passwd", "/proc/self/environ", "/proc/self/mem", "/", "/nowhere", path.name))
    )


def huge_hole(path: Path, rng: Random) -> None:
    """A file of gigabytes, all of them zero."""
    os.truncate(path, rng.choice((3, 40)) * 2**30)


# ---- bytes


def _bytes(change: Callable[[bytes, Random], bytes]) -> Operator:
    def operator(path: Path, rng: Random) -> None:
        path.write_bytes(change(path.read_bytes(), rng))

    operator.__name__ = change.__name__
    return operator


def _span(content: bytes, rng: Random) -> tuple[int, int]:
    start = rng.randrange(len(content) + 1)
    return start, min(len(content), start + rng.choice((1, 2, 16, 300, 5000)))


def emptied(_: bytes, rng: Random) -> bytes:
    return rng.choice((b"", b"\n", b" \r\n", b"\xef\xbb\xbf", b"\0"))


def truncated(content: bytes, rng: Random) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def bits_flipped(content: bytes, rng: Random) -> bytes:
    out = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        if out:
            out[rng.randrange(len(out))] ^= 1 << rng.randrange(8)
    return bytes(out)


def bytes_inserted(content: bytes, rng: Random) -> bytes:
    start, _ = _span(content, rng)
    new = rng.choice(
        (
            b"\0",
            b"\xff",
            b"\r",
            b"\n\n",
            b'"',
            b"\x1b[31m",
            b"\xe2\x80\xae",
            b"," * 9,
            rng.randbytes(40),
            b"A" * 200_000,
        )
    )
    return content[:start] + new + content[start:]


def bytes_dropped(content: bytes, rng: Random) -> bytes:
    start, end = _span(content, rng)
    return content[:start] + content[end:]


def bytes_doubled(content: bytes, rng: Random) -> bytes:
    start, end = _span(content, rng)
    return content[:end] + content[start:]


def swollen(content: bytes, rng: Random) -> bytes:
    """Tens of megabytes more: lines without anything, one line said over and over, a line without an end."""
    last = content.rstrip(b"\n").rpartition(b"\n")[2][:2000] + b"\n"
    filling = rng.choice((b"\n", last, b",", b'"', b"x"))
    return content + filling * (rng.choice((3, 50, 70)) * 10**6 // len(filling))


def noise(content: bytes, rng: Random) -> bytes:
    return rng.randbytes(rng.choice((1, 100, 10_000)))


def other_encoding(content: bytes, rng: Random) -> bytes:
    text = content.decode("utf-8", "replace")
    return text.encode(
        rng.choice(("cp932", "utf-16", "utf-16-be", "utf-32", "latin-1", "euc-jp", "utf-7")), "replace"
    )


def byte_order_mark(content: bytes, _: Random) -> bytes:
    return b"\xef\xbb\xbf" + content


def windows_lines(content: bytes, _: Random) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def old_mac_lines(content: bytes, _: Random) -> bytes:
    return content.replace(b"\n", b"\r")


FILE = (absent, folder, endless, pipe, link_elsewhere, huge_hole)
BYTES = tuple(
    map(
        _bytes,
        (
            emptied,
            truncated,
            bits_flipped,
            bytes_inserted,
            bytes_dropped,
            bytes_doubled,
            swollen,
            noise,
            other_encoding,
            byte_order_mark,
            windows_lines,
            old_mac_lines,
        ),
    )
)


HARMLESS = ("byte_order_mark", "windows_lines", "rows_shuffled", "columns_shuffled")
"""What must leave a table of a case as it was."""


def operators(path: Path) -> tuple[Operator, ...]:
    """The ways of spoiling a file; those of its own kind stand three times, to be drawn oftener."""
    own = {".csv": CSV, ".toml": TOML, ".json": JSON, ".topojson": JSON, ".xlsx": XLSX}.get(path.suffix, ())
    return (*FILE, *BYTES, *own * 3)


def restored(path: Path, content: bytes) -> None:
    """Put a file back as it was, whatever stands in its place now."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.write_bytes(content)
