"""Folders that are written once and whole.

A folder is filled under a temporary name beside its place and renamed when whole, so that a reader never meets half of
it. An existing folder is never written into. A draft is locked by who writes it; one whose writer is gone (the lock
ends with the process) is removed by the next writer beside it.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from optimization.archive.locks import held, let_go, taken
from optimization.errors import InputError, Problem

DRAFT = ".writing-"


def new_folder(out: Path | None, name: str, root: Path) -> Path:
    """Where a run goes: `out`, or results/<time>-<name>. Raises InputError if it exists or cannot
    be made, before anything is computed."""
    folder = out or free(root / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name}")
    remedy = "name a folder under a writable one"
    try:
        found = folder.is_symlink() or folder.exists()
        folder.parent.mkdir(parents=True, exist_ok=True)
        message = "" if os.access(folder.parent, os.W_OK) else "lies in a folder that cannot be written to"
    except OSError as error:
        found, message = False, f"cannot be made: {error.strerror}"
    if found:
        message, remedy = "already exists", "name a new folder with --out, or move the old one away"
    if message:
        raise InputError([Problem(file=str(folder), message=message, remedy=remedy)])
    return folder


def free(folder: Path) -> Path:
    """The folder, or where it stands already, the first of NAME-2, NAME-3, ... that does not."""
    names = (folder if n == 1 else folder.with_name(f"{folder.name}-{n}") for n in count(1))
    return next(name for name in names if not os.path.lexists(name))


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """A draft folder to fill, renamed to `folder` at the end of the block; nothing is left where it fails."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft, lock = _draft(folder)
    try:
        yield draft
        draft.chmod(0o755)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    finally:
        let_go(lock)


@contextmanager
def written_into(folder: Path) -> Iterator[Path]:
    """A draft folder to fill, whose files are moved into `folder` at the end of the block: each is whole, or the one
    that stood there before."""
    folder.mkdir(parents=True, exist_ok=True)
    draft, lock = _draft(folder)
    try:
        yield draft
        for file in sorted(draft.iterdir()):
            os.replace(file, folder / file.name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        let_go(lock)


def kept(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Fill a folder so that a finished answer is not lost: under the next free name where somebody made `folder`
    meanwhile, in the system's folder for temporary files where nothing can be written beside it. Returns where it
    stands; raises the `OSError` of the first attempt where none of these works."""
    first: OSError | None = None
    for named in (
        lambda: folder,
        lambda: free(folder),
        lambda: free(Path(tempfile.gettempdir()) / folder.name),
    ):
        try:
            place = named()
            with written_whole(place) as draft:
                fill(draft)
            return place
        except OSError as error:
            first = first or error
    raise first or OSError(errno.EIO, os.strerror(errno.EIO))


def _draft(folder: Path) -> tuple[Path, int | None]:
    """A new draft beside a folder and the lock that lives as long as its writer; drafts of writers that are gone are
    removed. The lock of the parent keeps another from taking a draft for abandoned before it is locked."""
    parent = held(folder.parent)
    try:
        for left in folder.parent.glob(f"{DRAFT}*"):
            _remove_abandoned(left)
        draft = Path(tempfile.mkdtemp(prefix=f"{DRAFT}{folder.name}-", dir=folder.parent))
        return draft, held(draft)
    finally:
        let_go(parent)


def _remove_abandoned(draft: Path) -> None:
    """Remove a draft unless its writer still holds it; where locks are unknown nothing is ever taken for abandoned."""
    lock = taken(draft)
    if lock is not None:
        shutil.rmtree(draft, ignore_errors=True)
        let_go(lock)


def written_over(target: Path, text: str) -> None:
    """Write a text file whole, in the place of an older one."""
    handle, draft = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o644)
        os.replace(draft, target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
