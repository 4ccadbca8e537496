"""A folder is there whole or not at all, whatever happens to who writes it."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from optimization.archive.folders import DRAFT, free, kept, new_folder, written_whole
from optimization.archive.locks import MARK
from optimization.errors import InputError

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
        assert len(drafts) == 1 and [path.name for path in drafts[0].rglob("half")] == ["half"]
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
        if draft.parent.parent != other:
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
    end(start_writer(tmp_path / "run"))
    (draft,) = tmp_path.glob(f"{DRAFT}*")
    os.utime(draft, (time.time() + 1e6,) * 2)
    kept(tmp_path / "run", fill)
    assert not draft.exists()


def test_a_folder_that_only_looks_like_a_draft_is_left_alone(tmp_path: Path) -> None:
    """Without our mark, with the mark of another folder, or with one that says something else."""
    end(start_writer(tmp_path / "run"))
    (draft,) = tmp_path.glob(f"{DRAFT}*")
    shutil.copytree(draft, tmp_path / f"{DRAFT}copy")
    for name, text in (("notes", None), ("empty", ""), ("other", "mine")):
        theirs = tmp_path / f"{DRAFT}{name}"
        theirs.mkdir()
        (theirs / "thesis.txt").write_text("years of work", encoding="utf-8")
        if text is not None:
            (theirs / MARK).write_text(text, encoding="utf-8")
    kept(tmp_path / "run", fill)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"run", *(f"{DRAFT}{name}" for name in ("copy", "notes", "empty", "other"))}
    assert (tmp_path / f"{DRAFT}notes" / "thesis.txt").read_text(encoding="utf-8") == "years of work"


@pytest.mark.parametrize("name", ["n" * 255, "名" * 85])
def test_the_longest_name_a_disk_takes_is_written(name: str, tmp_path: Path) -> None:
    """And where it is taken meanwhile, the answer is kept under a shorter one elsewhere."""
    folder = new_folder(tmp_path / name, "run", tmp_path)
    assert not folder.exists()
    assert kept(folder, fill) == folder
    spare = tmp_path / "spare"
    spare.mkdir()
    other = kept(folder, fill, spare)
    assert other.parent == spare and (other / "answer").is_file() and folder.name.startswith(other.name)


@pytest.mark.parametrize(
    ("name", "words"),
    [("n" * 256, "give a shorter name"), ("名" * 86, "give a shorter name"), ("\udcff", "no text in UTF-8")],
)
def test_a_name_that_cannot_be_is_refused_before_anything_is_solved(
    name: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=words):
        new_folder(tmp_path / "below" / name, "run", tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.name != "below"]


def test_where_a_name_cannot_be_written_the_answer_is_kept_elsewhere(tmp_path: Path) -> None:
    """Libraries that write files refuse names that the system takes."""

    def fussy(draft: Path) -> None:
        if draft.parent.parent == tmp_path:
            "\udcff".encode()
        fill(draft)

    spare = tmp_path / "spare"
    spare.mkdir()
    assert kept(tmp_path / "run", fussy, spare) == spare / "run"


def test_an_answer_of_several_files_is_kept_elsewhere_too(tmp_path: Path) -> None:
    """A folder that is written into may be a file by then."""
    (tmp_path / "study").write_text("in the way", encoding="utf-8")
    spare = tmp_path / "spare"
    spare.mkdir()
    place = kept(tmp_path / "study", fill, spare, whole=False)
    assert place == tmp_path / "study-2" and (place / "answer").is_file()
    assert kept(place, fill, spare, whole=False) == place


def test_scratch_stands_beside_the_results_where_the_system_has_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For this process and its children; where there is one, it stays."""
    code = (
        "import tempfile, sys; from pathlib import Path; from optimization.archive import room_for_scratch\n"
        "import subprocess; plain = tempfile._candidate_tempdir_list\n"
        "room_for_scratch(Path(sys.argv[1]) / 'unused'); tempfile.tempdir = None\n"
        "tempfile._candidate_tempdir_list = lambda: [p for p in plain() if p.startswith(sys.argv[1])]\n"
        "room_for_scratch(Path(sys.argv[1]) / 'results'); print(tempfile.gettempdir())\n"
        "print(subprocess.check_output([sys.executable, '-c', 'import os; print(os.environ[\"TMPDIR\"])'], text=True))"
    )
    monkeypatch.setenv("TMPDIR", "/tmp")
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [str(tmp_path / "results")] * 2
    assert not (tmp_path / "unused").exists()
