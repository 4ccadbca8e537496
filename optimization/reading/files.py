"""Files from strangers, read whole within bounds: nothing without an end, and nothing larger than any file of its kind.

A file that breaks a bound is an `OSError`, as one that cannot be opened; a TOML text without sense is a `ValueError`.
Readers turn both into problems of the input.
"""

from __future__ import annotations

import errno
import os
import re
import tomllib
from pathlib import Path
from typing import Any

MEGABYTE = 1_000_000
MOST_SETTINGS = MEGABYTE
"""Bytes of a package, a study or the record of a run: the largest at hand has 12,000."""

MOST_TABLE = 64 * MEGABYTE
"""Bytes of a table of a case or of a workbook: the largest at hand, on the whole country, has 2 million."""

MOST_RESULT = 128 * MEGABYTE
"""Bytes of a table of results: the largest of the whole country has about 10 million."""

MOST_PARTS = 32
"""Parts of a dotted TOML key; reading one takes time that grows with their square."""

MOST_DIGITS = 3000
"""Digits of a number: Python writes out no more than 4,300, and those of a hexadecimal one are fewer."""

QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'")
DOTTED = re.compile(rf"(?<![\w-])(?:[\w-]+[ \t]*\.[ \t]*){{{MOST_PARTS}}}")
LONG = re.compile(rf"(?<![\w.])(?:0[xob])?[0-9a-fA-F_]{{{MOST_DIGITS}}}")

MOST_NAME = 200
"""Signs of a name that a record holds."""

NO_NAME = re.compile("[/\\\\\0\ud800-\udfff]")
"""What separates the parts of a path on any system, and what UTF-8 cannot write."""


def bare_name(path: str | Path) -> str:
    """Name of a folder as a record may hold it on any system: that of the place itself for `..` or `.`, and `_` for
    every sign that would make it a path elsewhere or that cannot be written down."""
    name = NO_NAME.sub("_", os.path.basename(os.path.abspath(path)))[:MOST_NAME]
    return name if name.strip(".") else "_"


class BoundsError(OSError):
    """What a file is that it must not be."""

    def __str__(self) -> str:
        return str(self.strerror)


def read_bytes(path: Path, most: int) -> bytes:
    """Content of a regular file (or of what a symbolic link names) of at most `most` bytes; else OSError."""
    if path.exists() and not path.is_file():
        what = "is a folder" if path.is_dir() else "is no regular file"
        raise BoundsError(errno.EINVAL, what, str(path))
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        message = f"is larger than {most / MEGABYTE:g} MB, and no file of its kind is"
        raise BoundsError(errno.EFBIG, message, str(path))
    return content


def read_text(path: Path, most: int) -> str:
    """Content of a regular file of at most `most` bytes as text in UTF-8, with or without a byte order mark; OSError
    where it is larger or no file, ValueError where it is no such text."""
    return read_bytes(path, most).decode("utf-8-sig")


def parse_toml(text: str) -> dict[str, Any]:
    """A TOML document; ValueError where it is none, nests too deeply or has keys or numbers without end."""
    bare = QUOTED.sub("q", text)
    if LONG.search(bare):
        raise ValueError(f"a number has more than {MOST_DIGITS} digits")
    if DOTTED.search(bare):
        raise ValueError(f"a key has more than {MOST_PARTS} parts")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("it nests too deeply") from error
