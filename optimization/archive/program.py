"""Which program gave an answer: a hash of its source."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import optimization

SHOWING = ("cli", "report", "web", "prepare")
"""Rooms on which no answer hangs."""


@cache
def program() -> str:
    """Hash of the program: every file of the package `optimization` but of the rooms that only show or start."""
    root = Path(optimization.__file__).parent
    digest = hashlib.sha256()
    files = (p for p in root.rglob("*") if p.suffix in (".py", ".toml"))
    for path in sorted(p for p in files if p.relative_to(root).parts[0] not in SHOWING):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
