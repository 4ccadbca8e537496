"""The benchmark ladder: the same national questions put to our method and to other solvers.

    ladder.toml, ladder.py    what is asked, rung by rung
    question.py               a rung as a reform package
    programs.py, twin.py      the model by way of Pyomo, as an MPS file; the same in linopy
    solvers.py, ours.py       one solver on one program
    clock.py, rows.py         when which gap was reached; the table of rows
    child.py, build.py        one (instance, solver) in a process of its own
    bench.py                  the whole ladder, row by row into results/ladder.csv
    report.py, plot.py        the rows as docs/performance.md

Nothing in `optimization` imports this room.
"""
