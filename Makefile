# Everything a person types here; each target sets up what it needs, and a second run does nothing twice.
# Stamps live inside the virtual environment: whoever deletes it starts afresh.

PYTHON ?= $(shell command -v python3.11 || echo python3)
PEOPLE ?= 1000000
ONCE ?=
FULL ?=

BIN := .venv/bin
STAMPS := .venv/stamps
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo serve test check bench drill lock format clean

PIP_INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --no-input -qq

help: ## say what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | sort | awk -F'\t' '{printf "make %-8s %s\n", $$1, $$2}'

$(STAMPS)/venv: tooling/make_venv.sh
	@echo "Making the virtual environment…"
	@tooling/make_venv.sh $(PYTHON) .venv
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/runtime: requirements.lock pyproject.toml $(STAMPS)/venv
	@echo "Installing what Rempart runs on, each package checked against its digest…"
	@$(PIP_INSTALL) --no-deps --require-hashes -r requirements.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --no-index -e .
	@touch $@

$(STAMPS)/dev: requirements-dev.lock $(STAMPS)/runtime
	@echo "Installing what the tests and the checks need…"
	@$(PIP_INSTALL) --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

$(STAMPS)/node: tests/node/package.json tests/node/package-lock.json tests/node/.npmrc $(STAMPS)/dev
	@echo "Installing the judges that other people wrote…"
	@$(BIN)/npm ci --prefix tests/node --silent
	@touch $@

setup: $(STAMPS)/runtime ## install Rempart and what it runs on

demo: $(STAMPS)/runtime ## tell a day's story on real files, then keep serving (ONCE=1: stop after it)
	@REMPART_ENVIRONMENT=sandbox $(BIN)/rempart demo $(if $(filter-out 0,$(ONCE)),--once)

serve: $(STAMPS)/runtime ## start every process on the database that is there
	@$(BIN)/rempart serve

test: $(STAMPS)/node ## install what the tests need, browser included, and pass them all
	@tooling/test_programs.sh
	@$(BIN)/python -m pytest -n logical --dist loadfile

check: $(STAMPS)/dev ## format, lint, types, import rule, house tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest -q tests/house

format: $(STAMPS)/dev ## lay the code out as `make check` wants it
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(STAMPS)/dev ## measure (PEOPLE=33000000: at full size); writes out/bench.json
	@$(BIN)/python -m bench --people $(PEOPLE)

drill: $(STAMPS)/runtime ## play attacks on a platform made for it (FULL=1: a million people, twenty seeds); writes out/drill.json and out/drill.html
	@$(BIN)/rempart drill run scenarios/*.toml $(if $(filter-out 0,$(FULL)),--people 1000000 --seeds 20,--people 20000 --seeds 1)

lock: $(STAMPS)/dev ## pin every dependency again, with digests and without any host
	@tooling/lock.sh

clean: ## forget the environment and what was measured; say which of the platform's own files stay
	rm -rf .venv tests/node/node_modules out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@home="$${REMPART_HOME:-var}"; for left in "$$home" "$$home/runtime"; do \
		[ ! -e "$$left" ] || echo "$$(readlink -f "$$left") stays, with database and keys: delete it by hand to start from nothing"; \
	done
