"""The limits of a package, each one statement over named quantities of a decision.

`quantities` names what a limit may speak of, `statement` says what a statement is, `fiscal` and `clarity` hold the
statements, `listed` all of them. Nothing there knows Pyomo or a table: a statement is read by whoever gives it the
quantities. `checks` reads them from the accounts of a decision, `written` from the tables of a run, in floats or in
fractions, and `optimization.model.limits` turns them into rows.
"""
