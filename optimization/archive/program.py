"""Which program gave an answer: a hash of its source."""

from __future__ import annotations

import hashlib
from pathlib import Path

import optimization

SHOWING = ("cli", "report", "web", "prepare")
"""Rooms on which no answer hangs."""


def program() -> str:
    """Hash of the program that runs in this process: the package `optimization`, but of the rooms that only show or
    start, as its files were when this module was loaded. What is edited later does not run here."""
    return _LOADED


def _source() -> str:
    root = Path(optimization.__file__).parent
    digest = hashlib.sha256()
    files = (p for p in root.rglob("*") if p.suffix in (".py", ".toml"))
    for path in sorted(p for p in files if p.relative_to(root).parts[0] not in SHOWING):
        digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


_LOADED = _source()
