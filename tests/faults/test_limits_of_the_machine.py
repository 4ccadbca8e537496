"""Too little memory, too few files, two writers of one folder, a clock that jumps, processes that vanish."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from optimization.archive import read_run
from optimization.archive.folders import DRAFT
from optimization.referee.audit import audit_run
from tests.faults.machine import ON_IWATE, REPO, Ended, ended, solve_py, started

pytestmark = pytest.mark.faults

RUN = ("run", "role_division", *ON_IWATE, "--threads", "1")


def limited(kind: str, most: int, *arguments: str | Path) -> Ended:
    """`solve.py ARGUMENTS` under a limit of the system."""
    script = (
        f"import resource, os, sys; resource.setrlimit(resource.{kind}, ({most}, {most}));"
        "os.execv(sys.executable, [sys.executable, 'solve.py', *sys.argv[1:]])"
    )
    return ended([sys.executable, "-c", script, *map(str, arguments)], 300.0)


def assert_all_or_nothing(done: Ended, folder: Path) -> None:
    """A whole run and 0; a whole run that there was no memory to check and 4; a solver that failed, said so, and 1; or
    no run, a reason and another code."""
    assert "Traceback" not in done.err, done
    if done.code in (0, 4):
        read_run(folder)
        assert audit_run(folder).sound
        assert done.code == 0 or "memory ran out before the run was checked" in done.err
    elif folder.exists():
        assert done.code == 1 and read_run(folder)[0]["status"] == "solver_failure", done
        assert "want of memory" in (folder / "diagnosis.md").read_text(encoding="utf-8")
    else:
        assert done.err.strip(), done
    if done.code == 5:
        assert "memory ran out; nothing was left half-written" in done.err


@pytest.mark.parametrize("megabytes", [600, 700, 800, 820, 840, 860, 900, 1000, 1200, 1500, 2000, 3000])
def test_memory_of_a_small_run(megabytes: int, tmp_path: Path) -> None:
    """Addresses, of which the libraries take far more than memory. Where they cannot even be loaded, some end the
    process themselves (OpenBLAS)."""
    done = limited("RLIMIT_AS", megabytes * 2**20, *RUN, "--out", tmp_path / "run")
    assert_all_or_nothing(done, tmp_path / "run")
    assert done.code in ((0, 4, 5) if megabytes > 800 else (0, 1, 4, 5))


@pytest.mark.parametrize("megabytes", [1200, 1800, 2400, 3000])
def test_memory_of_the_whole_country(megabytes: int, tmp_path: Path) -> None:
    done = limited("RLIMIT_AS", megabytes * 2**20, "run", "role_division", "--threads", "1", "--gap", "1e-3",
                   "--out", tmp_path / "run")  # fmt: skip
    assert_all_or_nothing(done, tmp_path / "run")


@pytest.mark.parametrize("files", [24, 32, 48, 64])
def test_few_open_files(files: int, tmp_path: Path) -> None:
    done = limited("RLIMIT_NOFILE", files, *RUN, "--out", tmp_path / "run")
    assert_all_or_nothing(done, tmp_path / "run")


@pytest.mark.parametrize("kilobytes", [1, 20, 100, 1000])
def test_files_may_not_grow(kilobytes: int, tmp_path: Path) -> None:
    """A limit on the size of files, like a quota."""
    done = limited("RLIMIT_FSIZE", kilobytes * 1024, *RUN, "--out", tmp_path / "run")
    assert_all_or_nothing(done, tmp_path / "run")
    assert done.code == (0 if kilobytes >= 1000 else 2), done


def test_two_runs_into_one_folder_are_both_kept(tmp_path: Path) -> None:
    for n in range(3):
        target = tmp_path / f"run{n}"
        processes = [started(*RUN, "--out", target) for _ in range(2)]
        ends = [(process.communicate(timeout=120)[1], process.returncode) for process in processes]
        kept = sorted(path.name for path in tmp_path.glob(f"run{n}*"))
        if kept == [f"run{n}"]:  # the second began when the first had ended
            assert sorted(code for _, code in ends) == [0, 2]
            continue
        assert [code for _, code in ends] == [0, 0], ends
        assert kept == [f"run{n}", f"run{n}-2"]
        assert sum(f"the run was kept as {target}-2" in err for err, _ in ends) == 1
        for name in kept:
            assert audit_run(tmp_path / name).sound
    assert not list(tmp_path.glob(f"{DRAFT}*"))


def test_two_sweeps_of_one_study_end_alike(tmp_path: Path) -> None:
    study = str(REPO / "inputs" / "studies" / "pool_and_floor.toml")
    processes = [
        started("sweep", study, *ON_IWATE, "--processes", "1", "--out", tmp_path / "study") for _ in range(2)
    ]
    ends = [(process.communicate(timeout=600), process.returncode) for process in processes]
    assert [code for _, code in ends] == [0, 0], ends
    table = (tmp_path / "study" / "sweep.csv").read_text(encoding="utf-8")
    alone = solve_py("sweep", study, *ON_IWATE, "--processes", "1", "--out", tmp_path / "alone", seconds=600)
    assert alone.code == 0
    assert table == (tmp_path / "alone" / "sweep.csv").read_text(encoding="utf-8")


CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long jump(void) { static int calls; return ++calls > 40 ? atol(getenv("JUMP_SECONDS")) : 0; }
int clock_gettime(clockid_t id, struct timespec *t) {
    int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(id, t);
    if (id == CLOCK_REALTIME) t->tv_sec += jump();
    return code;
}
int gettimeofday(struct timeval *t, void *zone) {
    int (*real)(struct timeval *, void *) = dlsym(RTLD_NEXT, "gettimeofday");
    int code = real(t, zone);
    t->tv_sec += jump();
    return code;
}
time_t time(time_t *t) { struct timeval now; gettimeofday(&now, 0); if (t) *t = now.tv_sec; return now.tv_sec; }
"""
"""A clock of the day that jumps after its fortieth reading; the one that measures spans goes on."""


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
@pytest.mark.parametrize("seconds", [-315_360_000, -3600, 3600, 315_360_000])
def test_a_clock_that_jumps(seconds: int, tmp_path: Path) -> None:
    """Ten years or an hour, forth or back, in the middle of a run. HiGHS takes its time from the clock of the day: a
    jump forth ends what it is at, which may cost another way to the plan, never a false word about it."""
    (tmp_path / "clock.c").write_text(CLOCK, encoding="utf-8")
    library = tmp_path / "clock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "clock.c", "-ldl"], check=True)
    done = solve_py(*RUN, "--time-limit", "60", "--method", "decomposed", "--out", tmp_path / "run",
                    LD_PRELOAD=str(library), JUMP_SECONDS=str(seconds))  # fmt: skip
    assert done.code in (0, 4) and "Traceback" not in done.err, done
    again = solve_py("rerun", tmp_path / "run", "--out", tmp_path / "again")
    then, now = (read_run(tmp_path / name)[0] for name in ("run", "again"))
    assert audit_run(tmp_path / "run").sound and now["status"] == "optimal"
    assert then["bound_million_yen"] <= now["objective_million_yen"] * (1 + 1e-9)
    assert all(0 <= value < 60 for value in then["seconds"].values())
    if seconds < 0 or then["status"] == "optimal":
        assert then["objective_million_yen"] == pytest.approx(
            now["objective_million_yen"], rel=then["asked_gap"]
        )
    assert again.code == 0 or seconds > 0, again


VANISHING = """
import os, signal, sys
from optimization.solving import workers
HOME = os.getpid()
def square(n, gone):
    if n in gone and os.getpid() != int(sys.argv[1] if len(sys.argv) > 1 else os.environ["HOME_PID"]):
        os.kill(os.getpid(), signal.SIGKILL)
    return n * n
if __name__ == "__main__":
    os.environ["HOME_PID"] = str(HOME)
    sys.argv = sys.argv[:1]
    for gone in ([], [0], [5], [11], list(range(12))):
        found = workers.each(square, [(n, gone) for n in range(12)], 2)
        assert found == [n * n for n in range(12)], found
    print("all done")
"""


def test_tasks_of_a_process_that_vanishes_are_done_at_home(tmp_path: Path) -> None:
    (tmp_path / "vanishing.py").write_text(VANISHING, encoding="utf-8")
    done = ended([sys.executable, str(tmp_path / "vanishing.py")], 120.0, PYTHONPATH=str(REPO))
    assert done.code == 0 and "all done" in done.out, done


def test_the_solver_itself_crashes(tmp_path: Path) -> None:
    """A fault in the solver's own code ends the process; its last words say where, and nothing is written."""
    script = (
        "import sys, ctypes, optimization.outcome.relaxed as room\n"
        "room.solve_plain = lambda *a, **k: ctypes.string_at(0)\n"
        f"sys.argv = ['solve.py', *{list(map(str, RUN))}, '--out', {str(tmp_path / 'run')!r}]\n"
        "from optimization.cli.entry import main\n"
        "sys.exit(main())"
    )
    done = ended([sys.executable, "-c", script], 120.0)
    assert done.code == -11 and "Segmentation fault" in done.err
    assert not list(tmp_path.iterdir())
    assert solve_py(*RUN, "--out", tmp_path / "run").code == 0


def test_this_machine_can_limit_what_it_should() -> None:
    """The limits above are those of this system, not names that it ignores."""
    assert {"RLIMIT_AS", "RLIMIT_NOFILE", "RLIMIT_FSIZE"} <= set(dir(resource))
