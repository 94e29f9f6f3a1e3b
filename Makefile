# Two commands do everything: `make run` and `make test`.  See README.md.
.DEFAULT_GOAL := help
.PHONY: help setup run central test test-all test-quick bench chaos fuzz mutants wheel docs clean
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
CONFIG ?= config/gate.virtual.toml
CENTRAL_CONFIG ?= config/central.toml

help:           ## What can be done here
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: .venv/runtime.stamp .venv/models.stamp .venv/cameras.stamp   ## Virtual environment, dependencies, models (idempotent)
	@echo "egate: set up; next: make run"

run: .venv/runtime.stamp .venv/models.stamp     ## The whole gate on a virtual lane, pages at http://127.0.0.1:8080
	@$(BIN)/gatectl specimen issue --out var/specimens --if-needed
	@exec $(BIN)/egated --config $(CONFIG)

central: .venv/central.stamp                    ## The central side beside `make run`: takes in and stores its events
	@exec $(BIN)/egate-central run --config $(CENTRAL_CONFIG)

test: .venv/dev.stamp .venv/docs.stamp .venv/models.stamp   ## Every check and every test
	@tools/scripts/test.sh

test-all: .venv/dev.stamp .venv/docs.stamp .venv/models.stamp   ## The same, with every combination instead of a sample (half an hour)
	@tools/scripts/test.sh --all

test-quick: .venv/dev.stamp                     ## Lint, types, contracts and the tests that need no server
	@tools/scripts/test.sh --quick

bench: .venv/runtime.stamp .venv/models.stamp   ## The benchmark table; ONLY=chip (daemon, passage); JSON=1 for JSON
	@$(BIN)/python -m tools.bench $(ONLY) $(if $(JSON),--json)

chaos: .venv/dev.stamp .venv/models.stamp       ## Kill and break everything at random: nothing is lost, and the gate comes back; GATES=50 EVENTS=20000 ROUNDS=2
	@$(BIN)/python -m tools.fleet chaos --gates $(or $(GATES),50) --events $(or $(EVENTS),20000) $(if $(SEED),--seed $(SEED))
	@$(BIN)/python -m tools.chaos --rounds $(or $(ROUNDS),2) $(if $(SEED),--seed $(SEED))

fuzz: .venv/dev.stamp                           ## Coverage-guided fuzzing of every parser; SECONDS=300 each
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/fuzz.lock
	@$(BIN)/python -m tools.fuzz --seconds $(or $(SECONDS),300)

mutants: .venv/dev.stamp                        ## Faults put into the core: which does no test notice? PACKAGES="gate border" SAMPLE=100 SEED=1
	@$(BIN)/python -m tools.mutants $(PACKAGES) $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(SEED))

wheel: .venv/runtime.stamp                      ## A wheel of the commit, with every file it needs, in dist/
	@tools/scripts/wheel.sh dist

docs: .venv/docs.stamp                          ## The documentation as a site, with the API, in var/site/html
	@$(BIN)/python -m tools.scripts.site

.venv/pyvenv.cfg:
	@tools/scripts/setup_venv.sh $(PYTHON)

.venv/runtime.stamp: .venv/pyvenv.cfg requirements/runtime.lock requirements/readers.lock pyproject.toml setup.py
	@echo "egate: installing dependencies (versions and hashes are locked) ..."
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/runtime.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@tools/scripts/setup_readers.sh
	@touch $@

.venv/central.stamp: .venv/runtime.stamp requirements/central.lock
	@echo "egate: installing what the central side needs ..."
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/central.lock
	@touch $@

.venv/dev.stamp: .venv/runtime.stamp requirements/dev.lock
	@echo "egate: installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/dev.lock
	@tools/scripts/setup_readers.sh --tests
	@touch $@

.venv/docs.stamp: .venv/runtime.stamp requirements/docs.lock
	@echo "egate: installing what the site needs ..."
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r requirements/docs.lock
	@touch $@

.venv/cameras.stamp: .venv/runtime.stamp requirements/cameras.lock
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes --only-binary :all: -r requirements/cameras.lock
	@touch $@

.venv/models.stamp: .venv/runtime.stamp models/manifest.toml
	@$(BIN)/gatectl models install
	@touch $@

clean:          ## Remove what was built here; state and weights too
	@rm -rf .venv var models/weights *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
