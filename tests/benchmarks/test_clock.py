"""The gap clock, and the moments it is told by a log of CBC."""

from __future__ import annotations

import math

import pytest

from benchmarks.clock import GapClock, Moment, cbc_moments, relative_gap

LOG = """CBC devel (git:146ce89) — COIN-OR Branch and Cut

▶ Root LP relaxation

  ──────── ──────── ─────────────── ──────────── ──────────── ────────
  Phase        Iter       Objective   Primal inf     Dual inf     Time
  ──────── ──────── ─────────────── ──────────── ──────────── ────────
  Dual            0    0.000000e+00   0.0000e+00   4.4534e+03    0.005
  LP             32   -2.303081e+03   0.0000e+00   0.0000e+00    0.020

✔ LP Optimal — Frac: 10/60 (16.7%)   Obj: -2303.08   Iters: 32   Time: 0.020s — winner: dual

▶ Preprocessing

   Pass   Fixed Tightened Strengthened  Subst Time(s)
  ───── ─────── ───────── ──────────── ────── ───────
      1       0         0           93     80   0.021

▶ Root node heuristics

▶ Feasibility pump (10 fractional, suminf 2.766)

  Round   Pass   Fractional       Suminf Status                BestSol  Time(s)
  ───── ────── ──────────── ──────────── ────────────── ────────────── ────────
      1      1            3       0.4683 converging                       0.025
 ★    2      2            3       0.4683 b&b solution         -2256.75    0.049
      2     31            3       0.7546 no solution                      0.056

✔ Feasibility pump — best -2257.5 in 0.081s (2 rounds, 31 passes)

  Heuristic                Status              BestSol  Time(s)
  ──────────────────────── ──────────── ────────────── ────────
  rounding                 no solution                    0.000
  RINS                     no solution                    0.006

✔ Root node heuristics — best -2257.5 in 0.088s

▶ Cut generation (root node)

  Pass     Rows    Tight   Frac     Suminf        Objective  Time(s)
  ──── ──────── ──────── ────── ────────── ──────────────── ────────
     1       12        0     10      2.766         -2303.08    0.110
    87       24       12     19      4.826         -2299.22    0.240

  Cut generator summary:
  Generator              Row cuts Avg density Col cuts   Time(s) Next run
  ────────────────────── ──────── ─────────── ──────── ───────── ────────────
  Probing                       0         0.0        0     0.010 every node

▶ Branch and bound

     Nodes   OnTree  Depth         BestSol Method                 BestBound     Gap%   Time(s)
  ──────── ──────── ────── ─────────────── ──────────────── ─────────────── ──────── ─────────
         0        1      0         -2257.5                         -2299.22    1.88%     0.260
 ★    4805     1338     15        -2265.92 strong branching        -2299.22    1.83%     0.590
    152.5K     7156      7        -2265.92                         -2284.44    0.82%      7.99
"""

CLOSING = """
✔ Optimal — Obj: -2265.92   Bound: -2265.92   Gap: 0.00%   Nodes: 152.5K   Iters: 666.3K   Time: 8.00s

Result - Optimal solution found (within gap tolerance)
Objective value:                -2265.91666667
Lower bound:                    -2284.44
Gap:                            0.00810708
Total time (Wallclock seconds): 8.00929   (CPU seconds):             7.57003
"""


class TestClock:
    """First moments of each gap."""

    def test_each_target_keeps_its_first_moment(self) -> None:
        clock = GapClock(limit=100.0)
        for seconds, incumbent, bound in (
            (1.0, math.inf, 900.0),
            (2.0, 1000.0, 985.0),
            (3.0, 1000.0, 990.0),
            (4.0, 1000.0, 999.5),
            (9.0, 999.6, 999.55),
        ):
            clock.see(incumbent, bound, seconds)
        assert clock.reached == {1e-2: 3.0, 1e-3: 4.0, 1e-4: 9.0}
        assert clock.gap == pytest.approx(0.05 / 999.6)

    def test_a_worse_value_is_an_older_one(self) -> None:
        clock = GapClock(limit=100.0)
        clock.see(1000.0, 999.0, 1.0)
        clock.see(1100.0, 900.0, 2.0)
        assert (clock.incumbent, clock.bound) == (1000.0, 999.0)

    @pytest.mark.parametrize(("incumbent", "bound"), [(1e20, 5.0), (math.inf, 5.0), (5.0, -1e20)])
    def test_a_solvers_infinity_is_no_value(self, incumbent: float, bound: float) -> None:
        clock = GapClock(limit=100.0)
        clock.see(incumbent, bound, 1.0)
        assert clock.gap == math.inf and clock.reached == {}

    def test_what_comes_after_the_limit_does_not_count(self) -> None:
        clock = GapClock(limit=10.0)
        clock.see(1000.0, 995.0, 10.0)
        clock.see(1000.0, 1000.0, 10.1)
        assert clock.reached == {1e-2: 10.0}

    def test_the_clock_starts_at_its_offset_and_tells_of_new_targets(self) -> None:
        told: list[float] = []
        clock = GapClock(limit=100.0, offset=7.0, on_target=lambda clock: told.append(clock.gap))
        clock.see(1000.0, 999.0)
        clock.see(1000.0, 999.0)
        assert len(told) == 1
        assert all(7.0 <= seconds < 17.0 for seconds in clock.reached.values())

    def test_a_gap(self) -> None:
        assert relative_gap(200.0, 199.0) == pytest.approx(0.005)
        assert relative_gap(-200.0, -201.0) == pytest.approx(0.005)
        assert relative_gap(200.0, 201.0) == 0.0
        assert relative_gap(0.0, 0.0) == 0.0
        assert relative_gap(0.0, -1.0) == 1.0
        assert relative_gap(math.inf, 1.0) == math.inf


class TestLogOfCbc:
    """Tables of CBC's log."""

    def test_every_table_is_read(self) -> None:
        assert list(cbc_moments(LOG)) == [
            Moment(0.020, bound=-2303.08),
            Moment(0.049, incumbent=-2256.75),
            Moment(0.110, -2257.5, -2303.08),
            Moment(0.240, -2257.5, -2299.22),
            Moment(0.260, -2257.5, -2299.22),
            Moment(0.590, -2265.92, -2299.22),
            Moment(7.99, -2265.92, -2284.44),
        ]

    def test_the_closing_summary_and_not_the_last_table_gives_the_bound(self) -> None:
        assert list(cbc_moments(LOG + CLOSING))[-1] == Moment(8.00929, -2265.91666667, -2284.44)

    def test_a_proven_optimum_is_its_own_bound(self) -> None:
        proven = CLOSING.replace(" (within gap tolerance)", "").replace("Lower bound", "Other line")
        assert list(cbc_moments(proven))[-1] == Moment(8.00929, -2265.91666667, -2265.91666667)

    def test_no_solution_is_an_infinite_incumbent(self) -> None:
        nothing = (
            "Result - Stopped on time limit\nLower bound:    6.1e+07\nTotal time (Wallclock seconds): 9.5\n"
        )
        assert list(cbc_moments(nothing)) == [Moment(9.5, math.inf, 6.1e7)]

    def test_a_log_cut_off_has_no_closing(self) -> None:
        assert list(cbc_moments("")) == []
        assert list(cbc_moments(LOG[: LOG.index("▶ Feas")])) == [Moment(0.020, bound=-2303.08)]
