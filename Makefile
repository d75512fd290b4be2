# make mine   sets everything up, mines the shipped examples, prints the table, writes a report
# make test   sets everything up, then style, types, the import contract and the quick tests
# make test-slow   the other tests: long trainings, other processes, notebooks, real data sets
# make bench  measures speed and memory; ROOT=FOLDER takes the real reviews and the base model
# make bench-alerts  measures false alarms and what is detected; ALERTS="--series 370" takes larger samples
# make audit  audits the shipped bundle: figures and pages go to out/, the tables into its card. It takes 40 reviews
#             a task, some minutes; AUDIT="--limit 200" takes more, ROOT=FOLDER a real set (waimai) besides
# make dashboard  builds the pages of `guandian serve` (it takes Node 20.19 or later)
# make dashboard-test  checks their types, and runs their tests
# make bench-service   measures the service against the library, on loopback
# make docs | make wheel-check | make clean
#
# A finished set-up leaves a stamp in .venv, so the next run starts at once. The environment in
# .venv is this folder's own; choose the interpreter with `make PYTHON=/path/to/python3.11 mine`.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt
EXAMPLES := src/guandian/assets/examples/reviews.csv
SOURCES := pyproject.toml constraints.txt

# A file's tests stay in one process: they share what they built. Of the slow ones only those that do
# (tests/conftest.py): a long file holds nobody up, the longest begin first, and a third process works
# while others wait.
PYTEST ?= -n 2 --dist loadfile --no-loadscope-reorder
PYTEST_SLOW ?= -n 3 --dist loadgroup --no-loadscope-reorder

# Two processes with one thread each are quicker than threads that wait for each other.
export OMP_NUM_THREADS ?= 1
export OMP_WAIT_POLICY ?= PASSIVE
# Compiled modules are kept: hundreds of processes of the tests would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: mine test test-slow lint unit audit bench bench-alerts dashboard dashboard-test docs wheel-check clean
.DEFAULT_GOAL := mine

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "no Python here: install Python 3.11 or later, then call make again"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "guandian needs Python 3.11 or later, $(PYTHON) is %d.%d: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/base.stamp: $(SOURCES) | $(BIN)/python
	$(PIP) -e .
	@touch $@

# torch comes first and by its exact version, so that nothing else chooses one. Its and their
# 26,000 modules are compiled by two processes; pip has one. (Not later, by the tests: there the warnings
# of compiling are errors.) What cannot be compiled is no module: templates, files for Python 2. Nobody
# imports the tests of others, and of 2,000 files of model families a dozen.
$(VENV)/dev.stamp: $(SOURCES) | $(BIN)/python
	$(PIP) --no-compile "torch==2.13.0"
	$(PIP) --no-compile -e '.[dev]'
	@$(BIN)/python -W ignore -m compileall -q -j 2 -x '/(tests|rllib|transformers/models/[a-z0-9_]+)/' $(VENV)/lib > /dev/null 2>&1 || true
	@touch $@ $(VENV)/base.stamp

mine: $(VENV)/base.stamp
	@mkdir -p out
	$(BIN)/guandian mine $(EXAMPLES) -o out/opinions.jsonl --overwrite
	$(BIN)/guandian report out/opinions.jsonl -o out/report.html --overwrite

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

unit: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -q -m "not slow" $(PYTEST)

test: lint unit

test-slow: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -q -m slow $(PYTEST_SLOW)

audit: $(VENV)/base.stamp
	@mkdir -p out
	$(BIN)/guandian audit alike guandian-small $(EXAMPLES) --json out/alike.json --overwrite
	$(BIN)/guandian audit stress guandian-small data/guandian_written --suite tests/behaviour/open.jsonl --rounds 4 --certify --limit 40 --votes 200 --json out/stress.json --html out/stress.html --overwrite $(AUDIT)
	$(if $(ROOT),$(BIN)/guandian audit stress guandian-small --corpus waimai --root $(ROOT) --rounds 4 --certify --limit 40 --votes 200 --json out/stress-waimai.json --html out/stress-waimai.html --overwrite $(AUDIT))
	$(BIN)/python scripts/audit_card.py guandian-small out/alike.json out/stress.json $(if $(ROOT),out/stress-waimai.json)

bench: $(VENV)/dev.stamp
	$(BIN)/python bench/mining.py $(if $(ROOT),--root $(ROOT)) $(BENCH)
	env -u OMP_NUM_THREADS $(BIN)/python bench/training.py $(if $(ROOT),--root $(ROOT))

bench-alerts: $(VENV)/dev.stamp
	$(BIN)/python bench/alerts.py $(ALERTS)

dashboard/node_modules/.stamp: dashboard/package.json dashboard/package-lock.json
	@command -v npm > /dev/null || { echo "the dashboard takes Node 20.19 or later: scripts/test_tools.sh installs it on Debian"; exit 1; }
	cd dashboard && npm ci --no-audit --no-fund
	@touch $@

dashboard: dashboard/node_modules/.stamp
	cd dashboard && npm run build

dashboard-test: dashboard/node_modules/.stamp
	cd dashboard && npm run check && npm test

bench-service: $(VENV)/dev.stamp
	$(BIN)/python bench/service.py $(BENCH)

docs: $(VENV)/dev.stamp
	$(BIN)/python scripts/cli_reference.py
	$(BIN)/zensical build --clean

wheel-check: | $(BIN)/python
	$(BIN)/python scripts/wheel_check.py

clean:
	rm -rf build dist site out .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis
