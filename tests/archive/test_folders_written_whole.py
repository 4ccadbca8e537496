"""A folder is there whole or not at all, whatever happens to who writes it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from optimization.archive.folders import DRAFT, free, kept, new_folder, written_whole

WRITER = """
import sys, time
from pathlib import Path
from optimization.archive.folders import written_whole
with written_whole(Path(sys.argv[1])) as draft:
    (draft / "half").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


def fill(draft: Path) -> None:
    (draft / "answer").write_text("42", encoding="utf-8")


def start_writer(folder: Path) -> subprocess.Popen[str]:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None and writer.stdout.readline() == "writing\n"
    return writer


def end(writer: subprocess.Popen[str]) -> None:
    writer.kill()
    writer.communicate()


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path) -> None:
    writer = start_writer(tmp_path / "run")
    end(writer)
    assert [path.name.startswith(DRAFT) for path in tmp_path.iterdir()] == [True]
    assert kept(tmp_path / "another", fill) == tmp_path / "another"
    assert [path.name for path in tmp_path.iterdir()] == ["another"]


def test_a_draft_still_being_written_is_left_alone(tmp_path: Path) -> None:
    writer = start_writer(tmp_path / "run")
    try:
        kept(tmp_path / "another", fill)
        drafts = list(tmp_path.glob(f"{DRAFT}*"))
        assert len(drafts) == 1 and (drafts[0] / "half").is_file()
    finally:
        end(writer)


def test_nothing_but_drafts_is_ever_removed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    results = tmp_path / "results"
    results.mkdir()
    (results / f"{DRAFT}link").symlink_to(outside)
    (results / f"{DRAFT}file").write_text("kept", encoding="utf-8")
    (results / ".other").mkdir()
    kept(results / "run", fill)
    assert outside.is_dir() and (results / ".other").is_dir()
    assert (results / f"{DRAFT}link").is_symlink() and (results / f"{DRAFT}file").is_file()


def test_a_folder_made_meanwhile_is_left_as_it_is_and_the_answer_kept(tmp_path: Path) -> None:
    def slowly(draft: Path) -> None:
        fill(draft)
        (tmp_path / "run").mkdir(exist_ok=True)
        (tmp_path / "run" / "theirs").write_text("theirs", encoding="utf-8")

    assert kept(tmp_path / "run", slowly) == tmp_path / "run-2"
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["theirs"]
    assert (tmp_path / "run-2" / "answer").read_text(encoding="utf-8") == "42"


def test_where_the_disk_is_full_the_answer_is_kept_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(other))

    def full(draft: Path) -> None:
        if draft.parent != other:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fill(draft)

    assert kept(tmp_path / "run", full) == other / "run"
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_where_nothing_can_be_written_the_first_reason_is_told(tmp_path: Path) -> None:
    tries = []

    def full(draft: Path) -> None:
        tries.append(draft)
        raise OSError(errno.ENOSPC if len(tries) == 1 else errno.EROFS, "no")

    with pytest.raises(OSError, match="no") as caught:
        kept(tmp_path / "run", full)
    assert caught.value.errno == errno.ENOSPC and len(tries) == 3
    assert not list(tmp_path.iterdir())


def test_two_runs_of_one_second_have_names_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So have runs after the clock was set back."""
    monkeypatch.setattr(
        "optimization.archive.folders.datetime", type("Stopped", (), {"now": lambda zone: Moment()})
    )
    names = []
    for _ in range(3):
        folder = new_folder(None, "wide_area", tmp_path)
        with written_whole(folder) as draft:
            fill(draft)
        names.append(folder.name)
    assert names == ["then-wide_area", "then-wide_area-2", "then-wide_area-3"]


class Moment:
    """A clock that stands still."""

    def __format__(self, form: str) -> str:
        return "then"


def test_a_broken_link_is_no_free_name(tmp_path: Path) -> None:
    (tmp_path / "run").symlink_to(tmp_path / "nowhere")
    assert free(tmp_path / "run") == tmp_path / "run-2"


def test_old_drafts_do_not_hang_on_the_clock(tmp_path: Path) -> None:
    """A draft dated in the future, its writer gone, is removed all the same."""
    draft = tmp_path / f"{DRAFT}run-x"
    draft.mkdir()
    os.utime(draft, (time.time() + 1e6,) * 2)
    kept(tmp_path / "run", fill)
    assert not draft.exists()
