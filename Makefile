# Two commands on a fresh machine: `make run` and `make test`. Python 3.11 and make are all they assume.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
DEV    := $(VENV)/.dev
INTO   := VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv pip

# Bytecode is kept whatever the shell says: a hundred processes would else compile the same libraries again, 10 s each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: production run test test-all coverage ui serve serve-environment lint format lock rehearse faults clean help
.DEFAULT_GOAL := help

# Run apart (make test-all): they kill runs, start clusters and databases. Others
# take more cases with KHANIJ_LONG=1; docs/dev/tests.md names all, each with its short form.
LONG := tests/faults/test_run_faults.py tests/faults/test_fuzz_inputs.py tests/integration/test_dask_cluster.py \
  tests/integration/test_postgres_and_s3.py tests/scoring/waste/test_project_invariants_long.py \
  tests/scoring/rank/test_invariants_long.py

RESOLVE := $(BIN)/uv pip compile pyproject.toml --generate-hashes --no-strip-extras --universal --no-header \
  --no-emit-index-url -q

help:            ## what the targets do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(STAMP)    ## rank the two embedded regions, print the top ten of each, name the GeoPackages
	@$(BIN)/khanij run

test: $(DEV)     ## lint, types, and every test that needs no foreign server or file to be installed
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(addprefix --ignore=,$(LONG))

test-all: $(DEV) ## every test in its long form, those that kill runs and start clusters and databases too
	@KHANIJ_LONG=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

coverage: $(DEV) ## which lines the fast tests reach; fails below the floor in pyproject.toml
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(addprefix --ignore=,$(LONG)) --cov --cov-report=term:skip-covered

ui: $(VENV)/.ui  ## open Dagster on http://127.0.0.1:3000
	@$(BIN)/khanij ui

serve: $(STAMP) .khanij/serving/.installed ## serve the releases on http://127.0.0.1:5000 (OGC API, tiles, files, STAC)
	@KHANIJ_SERVE_PYTHON=$(abspath .khanij/serving/bin/python) $(BIN)/khanij serve

serve-environment: .khanij/serving/.installed ## the environment of what serves releases, apart from the project's own

.khanij/serving/.installed: $(STAMP) deploy/serve/requirements.txt
	@mkdir -p .khanij && $(PYTHON) -m venv .khanij/serving
	@VIRTUAL_ENV=$(abspath .khanij/serving) $(BIN)/uv pip sync -q --require-hashes deploy/serve/requirements.txt
	@touch $@

lint: $(DEV)     ## ruff and mypy alone
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

format: $(DEV)   ## rewrite the code in the house style
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

rehearse: $(DEV) ## a generated India at the survey's counts, raw files to ranked GeoPackage, timed by stage
	@$(BIN)/python benchmarks/rehearsal/run.py

faults: $(DEV) ## the long fault runs: 50 kills, 10,000 damaged inputs, every fault of publication (about 25 minutes)
	@$(BIN)/python benchmarks/faults/kill_runs.py .khanij/faults --kills 50
	@$(BIN)/python benchmarks/faults/fuzz_inputs.py --inputs 10000
	@KHANIJ_LONG=1 $(BIN)/python -m pytest tests/faults/test_publication_runs.py -n 0

lock: $(DEV)     ## resolve pyproject.toml anew into both locks (hashes only, no host)
	@$(RESOLVE) --all-extras --group dev -o requirements-dev.lock
	@cp requirements-dev.lock requirements.lock # a lock that is there says which versions to keep
	@$(RESOLVE) --group build -o requirements.lock
	@$(BIN)/uv pip compile deploy/serve/requirements.in --generate-hashes --no-strip-extras --universal --python-version 3.11 \
	  --no-header --no-emit-index-url -q -o deploy/serve/requirements.txt

clean:           ## remove what the project made; the environment stays
	rm -rf output .khanij

# The environment: uv (pinned and hashed like everything else) fills it in seconds from the locks. What a run needs comes
# from requirements.lock; what tests, lint and types need, and every extra, from requirements-dev.lock, in its place.
$(STAMP): requirements.lock requirements-bootstrap.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Khanij needs Python 3.11: install it, or name it with make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "building the environment in $(VENV) (the first time takes a minute or two) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -I khanij/shadows.py
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-bootstrap.lock
	@$(INTO) sync -q --require-hashes requirements.lock
	@$(INTO) install -q --no-deps --no-build-isolation -e .
	@touch $(STAMP)

$(DEV): $(STAMP) requirements-dev.lock
	@$(INTO) install -q --require-hashes -r requirements-dev.lock
	@touch $(DEV)

production: $(VENV)/.production ## what an installation of its own runs: web server, cluster, PostgreSQL, S3; no test tools

$(VENV)/.production: $(STAMP) requirements-dev.lock
	@$(INTO) install -q --no-build-isolation --constraint requirements-dev.lock -e '.[ui,cluster,postgres,s3]'
	@touch $(VENV)/.production

$(VENV)/.ui: $(STAMP) requirements-dev.lock
	@$(INTO) install -q --no-build-isolation --constraint requirements-dev.lock -e '.[ui]'
	@touch $(VENV)/.ui
