"""Folders that are written once and whole.

A folder is filled under a temporary name beside its place and renamed when whole, so that a reader never meets half of
it. An existing folder is never written into. A draft bears a mark of ours and is locked by who writes it; one whose
writer is gone (the lock ends with the process) is removed by the next writer beside it (`archive.locks`).
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

from optimization.archive.locks import let_go, marked, remove_abandoned
from optimization.errors import InputError, Problem
from optimization.reading.files import bare_name

DRAFT = ".writing-"
"""How the names of drafts begin; the rest is short and their own, so that whatever may be named may be drafted."""

MOST_BYTES = 200
"""Bytes of the name of a folder kept elsewhere: any disk takes it."""


def new_folder(out: Path | None, name: str, root: Path) -> Path:
    """Where a run goes: `out`, or results/<time>-<name>. Raises InputError if it exists or cannot be made, which is
    tried, before anything is computed."""
    folder = out or free(root / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{name}")
    message, remedy = "", "name a folder under a writable one"
    try:
        str(folder).encode()
        if folder.is_symlink() or folder.exists():
            message, remedy = "already exists", "name a new folder with --out, or move the old one away"
        else:
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir()
            folder.rmdir()
    except UnicodeError:
        message, remedy = "is no text in UTF-8", "name a folder in signs that can be written down"
    except OSError as error:
        message = f"cannot be made: {error.strerror}"
        if error.errno == errno.ENAMETOOLONG:
            remedy = "give a shorter name"
    if message:
        raise InputError([Problem(file=str(folder), message=message, remedy=remedy)])
    return folder


def free(folder: Path) -> Path:
    """The folder, or where it stands already, the first of NAME-2, NAME-3, ... that does not."""
    names = (folder if n == 1 else folder.with_name(f"{folder.name}-{n}") for n in count(1))
    return next(name for name in names if not os.path.lexists(name))


def room_for_scratch(beside: Path) -> None:
    """Where the system has no place for temporary files (only the results may be written to), let those of this process
    and of its children stand in `beside`."""
    try:
        tempfile.gettempdir()
    except OSError:
        beside.mkdir(parents=True, exist_ok=True)
        os.environ["TMPDIR"] = str(beside.resolve())
        tempfile.tempdir = None


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """A draft folder to fill, renamed to `folder` at the end of the block; nothing is left where it fails."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _draft(folder.parent) as draft:
        yield draft
        draft.chmod(0o755)
        draft.rename(folder)


@contextmanager
def written_into(folder: Path) -> Iterator[Path]:
    """A draft folder to fill, whose files are moved into `folder` at the end of the block: each is whole, or the one
    that stood there before."""
    folder.mkdir(parents=True, exist_ok=True)
    with _draft(folder.parent) as draft:
        yield draft
        for file in sorted(draft.iterdir()):
            os.replace(file, folder / file.name)


def kept(folder: Path, fill: Callable[[Path], None], spare: Path | None = None, whole: bool = True) -> Path:
    """Fill a folder so that a finished answer is not lost: under the next free name where somebody made `folder`
    meanwhile, in `spare` (the system's folder for temporary files) where nothing can be written beside it. With `whole`
    false `folder` may stand already and is written into. Returns where the answer stands; raises the `OSError` of the
    first attempt where none of these works."""
    written, first = written_whole if whole else written_into, None
    for named in (lambda: folder, lambda: free(folder), lambda: elsewhere(folder, spare)):
        try:
            place = named()
            with written(place) as draft:
                fill(draft)
            return place
        except (OSError, UnicodeError) as error:
            first = first or error
    raise first if isinstance(first, OSError) else OSError(errno.EILSEQ, str(first), str(folder))


def elsewhere(folder: Path, spare: Path | None = None) -> Path:
    """A free place of much the same name in `spare`, or among the system's temporary files."""
    name = bare_name(folder).encode()[:MOST_BYTES].decode(errors="ignore")
    return free((spare or Path(tempfile.gettempdir())) / name)


@contextmanager
def _draft(parent: Path) -> Iterator[Path]:
    """A new folder to fill, within a marked and locked one beside its place; all of it is removed at the end, and so
    are the drafts of writers that are gone."""
    remove_abandoned(parent, DRAFT)
    shell, lock = marked(Path(tempfile.mkdtemp(prefix=DRAFT, dir=parent)))
    try:
        draft = shell / "draft"
        draft.mkdir()
        yield draft
    finally:
        shutil.rmtree(shell, ignore_errors=True)
        let_go(lock)


def written_over(target: Path, text: str | bytes) -> None:
    """Write a file whole, text as UTF-8, in the place of an older one."""
    handle, draft = tempfile.mkstemp(prefix=DRAFT, dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8") if isinstance(text, str) else text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o644)
        os.replace(draft, target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
