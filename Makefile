# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH_READY := $(VENV)/.bench-ready
BROWSER_READY := $(VENV)/.browser-ready
SECURITY_READY := $(VENV)/.security-ready

.PHONY: run check coverage test slow national bench bench-test browser referee validation fuzz faults attack places compositions security docs site inputs history evidence clean

run: $(READY)
	$(BIN)/python solve.py

# Before every commit, in under a minute: format, types, a quick slice of the tests
QUICK := tests/test_docstrings.py tests/test_rooms.py tests/dictionary/test_tiers_and_families.py \
	tests/case/test_settings.py tests/ledger/test_accounts.py tests/model/test_hand_solved.py \
	tests/solving/test_highs_adapter.py tests/cli/test_docs.py
check: $(READY)
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest --numprocesses 2 $(QUICK)

test: $(READY)
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Further cases of what the line above samples: more random questions, years and pages
slow: $(READY)
	$(BIN)/python -m pytest -m slow --numprocesses 2

# How much of the rooms on which every figure rests the tests of these rooms run; below the floor it fails
COVERED := optimization/rules/*,optimization/ledger/*,optimization/solving/*
coverage: $(READY)
	$(BIN)/python -m coverage run --include="$(COVERED)" -m pytest tests/ledger tests/fiscal tests/model tests/solving \
		tests/horizon tests/crisis
	$(BIN)/python -m coverage report --fail-under=80

national: $(READY)
	$(BIN)/python -m pytest -m national

# The benchmark ladder: hours, and only what benchmarks/results/ladder.csv lacks; then docs/performance.md.
# A part of it: make bench BENCH="--instances base --solvers decomposed,highs --limit 60"
bench: bench-test
	$(BIN)/python -m benchmarks $(BENCH)
	$(BIN)/python -m benchmarks.resolve
	$(BIN)/python -m benchmarks.processes
	$(BIN)/python -m benchmarks.report

bench-test: $(BENCH_READY)
	$(BIN)/python -m pytest -m bench

# Reports and the local page in a real browser; needs Debian's chromium or another one named by CHROMIUM
browser: $(BROWSER_READY)
	$(BIN)/python -m pytest -m browser

# Why the answer may be trusted; the figures stand in docs/reliability.md.
# Against enumeration, SCIP and CBC, and in exact arithmetic
referee: $(BENCH_READY)
	$(BIN)/python -m pytest -m referee --numprocesses 2

# The model against what was observed: docs/validation.md; from the official files too: make validation DATA=<folder>
validation: $(READY)
	$(BIN)/python -m validation $(if $(DATA),--data $(DATA))

# 10,000 damaged tables, packages, workbooks, runs and studies
fuzz: $(READY)
	$(BIN)/python -m pytest -m fuzz --numprocesses 2

# Full disks, kills in every phase, too little memory, clocks that jump
faults: $(READY)
	$(BIN)/python -m pytest -m faults --numprocesses 2

# The local page: 50 users at once, and visitors of ill will
attack: $(READY)
	$(BIN)/python -m pytest -m attack

# Every prefecture, every bloc and 20 unions of prefectures: solved, written, and read by every command
places: $(READY)
	$(BIN)/python -m pytest -m places --numprocesses 2

# Every pair of packages and 200 triples of them on the teaching case, by both methods
compositions: $(READY)
	$(BIN)/python -m pytest -m compositions --numprocesses 2

# Known faults of what is installed; needs the network for the database of them
security: $(SECURITY_READY)
	$(BIN)/python -m pytest tests/security -m "slow or not slow"
	$(BIN)/python -m tests.security.audit_locks

# The documentation as a static site
site: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# Regenerate the pages that are copied from the program: rules, settings, tables
docs: $(READY)
	$(BIN)/python docs/build_rules.py
	$(BIN)/python docs/build_settings.py
	$(BIN)/python docs/build_results.py
	$(BIN)/python docs/build_packages.py
	$(BIN)/python -m validation --page
	$(BIN)/python docs/build_evidence.py
	$(BIN)/python docs/build_notebooks.py

# Rebuild the embedded cases from the official files: make inputs DATA=<folder of the files>
inputs: $(READY)
	$(BIN)/python solve.py prepare --year 2022 --allocation-tax $(DATA)/allocation_tax \
		--tables $(DATA)/tables --indicators $(DATA)/indicators --settlement $(DATA)/settlement \
		--out inputs/japan-2022
	$(BIN)/python solve.py cut --case inputs/japan-2022 --prefectures 03 --out inputs/iwate-2022

# What can be estimated, anew: its page, its figures, and the numbers marked `estimated` of both cases; from the official
# files themselves: make evidence DATA=<folder of the files>
evidence: $(READY) $(if $(DATA),history inputs)
	rm -rf results/estimates
	$(BIN)/python solve.py estimate --write --out results/estimates
	$(BIN)/python docs/build_evidence.py --from results/estimates
	$(BIN)/python solve.py cut --case inputs/japan-2022 --prefectures 03 --out inputs/iwate-2022

# All years of the allocation tax in one table: make history DATA=<folder of the files>
history: $(READY)
	$(BIN)/python solve.py prepare --history --allocation-tax $(DATA)/allocation_tax

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $(READY)

$(BENCH_READY): requirements-bench.lock $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-bench.lock \
		--constraint requirements.lock
	touch $(BENCH_READY)

$(BROWSER_READY): requirements-browser.lock $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-browser.lock \
		--constraint requirements.lock
	touch $(BROWSER_READY)

$(SECURITY_READY): requirements-security.lock $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-security.lock \
		--constraint requirements.lock
	touch $(SECURITY_READY)

clean:
	rm -rf $(VENV) build dist *.egg-info
