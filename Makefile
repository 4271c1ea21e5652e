# What a developer does here. `make` alone lists it; CONTRIBUTING.md tells the rest.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# Compiled sources are kept, whatever the machine says: without them each process takes longer to start.
export PYTHONDONTWRITEBYTECODE :=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet

# The fastest that is installed: two builds of one version can differ by half. PYTHON= names another.
PYTHON ?= $(shell deploy/find-python)

# Two fit a machine of two cores; more than four only wait for the same servers.
WORKERS ?= auto --maxprocesses 4
PYTEST := $(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal

# What was installed is remembered beside it, so that a second `make setup` takes no time.
RUNTIME := $(VENV)/installed-runtime
DEVELOPMENT := $(VENV)/installed-development
BENCHMARKS := $(VENV)/installed-benchmarks

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command 'make lock' $(UPGRADE)

# Stories of `make life`: how many steps on each database, and which ones (another seed, other stories).
STEPS ?= 5000
SEED ?= $(shell date +%s)
# Messages of `make fuzz`, through each broker.
COUNT ?= 100000
# Of `make prove`: under load and faults; quiet and checks come on top.
MINUTES ?= 7

.PHONY: help setup servers prove demo up test test-unit life crash-points fuzz check format bench bench-smoke lock clean


help: ## This list
	@awk 'BEGIN {FS = ":.*## "; print "make ..."} \
		/^## / {printf "\n  \033[1m%s\033[0m\n", substr($$0, 4)} \
		/^[a-z-]+:.*## / {printf "  \033[36m%-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)


## Run it

demo: $(RUNTIME) ## Set up, then show the whole flow on this machine, with nothing else installed
	@$(BIN)/writeoff demo

up: $(RUNTIME) ## Run every role here; what has no URL is embedded
	@$(BIN)/writeoff up


## Work on it

setup: $(DEVELOPMENT) ## Make .venv from the lock files, or bring it up to date

test: setup servers ## All tests: unit, then integration and acceptance with real servers
	@$(PYTEST)

test-unit: setup ## The tests that need no server
	@$(PYTEST) tests/unit

life: setup servers ## Thousands of steps of the whole life in any order: STEPS=20000, and SEED= to tell a story again
	@WRITEOFF_LIFE_STEPS=$(STEPS) WRITEOFF_LIFE_SEED=$(SEED) $(PYTEST) tests/integration/life

crash-points: setup servers ## Killed at each crash point, on all combinations of servers, and at pairs; writes docs/crash-points.md
	@$(BIN)/python -m tests.crash_points

fuzz: setup servers ## Hostile messages by the hundred thousand through intake: COUNT=, and SEED= for the same again
	@WRITEOFF_FUZZ_COUNT=$(COUNT) WRITEOFF_FUZZ_SEED=$(SEED) \
		$(BIN)/pytest -s -o timeout=3600 tests/integration/flows/test_fuzz.py

check: setup ## Lint, format, types and layers
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: setup ## Format, and mend what lint can mend
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

bench: setup servers $(BENCHMARKS) ## The benchmarks of docs/performance.md, as a report: OPTIONS=--quick or --growth
	@$(BIN)/python -m benchmarks $(OPTIONS)

bench-smoke: setup servers ## A short benchmark: is it still as fast as it was?
	@$(BIN)/python -m benchmarks.smoke

prove: setup servers ## Break everything for minutes, check every promise, and write docs/proof.md: MINUTES=7, SEED=
	@$(BIN)/writeoff prove --minutes $(MINUTES) --seed $(SEED) --out var/proof
	@$(BIN)/python -m proving.report var/proof/report.md docs/proof.md
	@$(BIN)/python -m proving.safeguards --page docs/safeguards.md

servers: setup ## Install the servers that tests need, where they are missing
	@$(BIN)/python -m proving.servers.install


## Keep it

lock: setup ## Write requirements/ again from pyproject.toml; UPGRADE=--upgrade takes newer versions
	@$(PIP) install uv
	@$(LOCK) pyproject.toml --output-file requirements/runtime.txt
	@$(LOCK) --group build --output-file requirements/build.txt
	@$(LOCK) pyproject.toml --group dev --constraint requirements/runtime.txt --output-file requirements/dev.txt
	@$(LOCK) --group bench --constraint requirements/dev.txt --output-file requirements/bench.txt

clean: ## Remove caches and builds; .venv and var stay
	@rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +


# A virtual environment is made whole or not at all: without Debian's python3-venv it would lack pip.
$(BIN)/pip:
	@python=$(PYTHON); \
	test -n "$$python" || { echo "Python 3.11 or newer with ensurepip was not found: install python3 and python3-venv." >&2; exit 1; }; \
	echo "Making $(VENV) with $$python" >&2; \
	$$python -m venv --clear $(VENV) || { rm -rf $(VENV); echo "$$python cannot make a virtual environment." >&2; exit 1; }

$(RUNTIME): pyproject.toml requirements/runtime.txt requirements/build.txt | $(BIN)/pip
	@echo "Installing the locked requirements" >&2
	@$(PIP) install --require-hashes --requirement requirements/runtime.txt --requirement requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(DEVELOPMENT): requirements/dev.txt $(RUNTIME)
	@echo "Installing the locked tools of development" >&2
	@$(PIP) install --require-hashes --requirement requirements/dev.txt
	@touch $@

$(BENCHMARKS): requirements/bench.txt $(DEVELOPMENT)
	@echo "Installing the locked peers of the benchmarks" >&2
	@$(PIP) install --require-hashes --requirement requirements/bench.txt
	@touch $@
