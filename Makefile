# Two commands on a fresh machine: `make run` and `make test`. Python 3.11 and make are all they assume.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: run test test-all coverage ui lint format lock rehearse faults clean help
.DEFAULT_GOAL := help

# Run apart (make test-all): they kill runs, start clusters and databases. Others
# take more cases with KHANIJ_LONG=1; docs/dev/tests.md names all, each with its short form.
LONG := tests/faults/test_run_faults.py tests/faults/test_fuzz_inputs.py tests/integration/test_dask_cluster.py \
  tests/integration/test_postgres_and_s3.py tests/scoring/waste/test_project_invariants_long.py

help:            ## what the targets do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(STAMP)    ## rank the two embedded regions, print the top ten of each, name the GeoPackages
	@$(BIN)/khanij run

test: $(STAMP)   ## lint, types, and every test that needs no foreign server or file to be installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(addprefix --ignore=,$(LONG))

test-all: $(STAMP) ## every test in its long form, those that kill runs and start clusters and databases too
	@KHANIJ_LONG=1 $(BIN)/python -m pytest -n 2 --dist loadfile

coverage: $(STAMP) ## which lines the fast tests reach; fails below the floor in pyproject.toml
	@$(BIN)/python -m pytest -n 2 --dist loadfile $(addprefix --ignore=,$(LONG)) --cov --cov-report=term:skip-covered

ui: $(STAMP)     ## open Dagster on http://127.0.0.1:3000
	@$(BIN)/khanij ui

lint: $(STAMP)   ## ruff and mypy alone
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: $(STAMP) ## rewrite the code in the house style
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

rehearse: $(STAMP) ## a generated India at the survey's counts, raw files to ranked GeoPackage, timed by stage
	@$(BIN)/python benchmarks/rehearsal/run.py

faults: $(STAMP) ## the long fault runs: 50 kills, 10,000 damaged inputs, every fault of publication (about 25 minutes)
	@$(BIN)/python benchmarks/faults/kill_runs.py .khanij/faults --kills 50
	@$(BIN)/python benchmarks/faults/fuzz_inputs.py --inputs 10000
	@KHANIJ_LONG=1 $(BIN)/python -m pytest tests/faults/test_publication_runs.py -n 0

lock:            ## resolve pyproject.toml anew into requirements.lock (hashes only, no host)
	@$(BIN)/uv pip compile pyproject.toml --all-extras --group dev --generate-hashes --no-strip-extras --universal \
	  --no-header --no-emit-index-url -q -o requirements.lock

clean:           ## remove what the project made; the environment stays
	rm -rf output .khanij

# The environment: uv (pinned and hashed like everything else) fills it in seconds from the lock.
$(STAMP): requirements.lock requirements-bootstrap.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Khanij needs Python 3.11: install it, or name it with make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "building the environment in $(VENV) (the first time takes a minute or two) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -I khanij/shadows.py
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock
	@VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv pip sync -q --require-hashes requirements.lock
	@VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv pip install -q --no-deps --no-build-isolation -e .
	@touch $(STAMP)
