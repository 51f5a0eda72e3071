# kurator-ui. `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:

VENV := .venv
BIN := $(VENV)/bin
# The first Python on the path that is new enough; PYTHON=... chooses another.
PYTHON ?= $(firstword $(foreach python,python3.11 python3.12 python3.13 python3,\
	$(shell command -v $(python) >/dev/null 2>&1 && $(python) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(python))))

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r name text; do printf '  %-14s %s\n' "$$name" "$$text"; done

# ---- to use it -----------------------------------------------------------------------------------------------------

.PHONY: demo
demo: $(VENV)/runtime ## Start the dashboard on a simulated fleet (KURATOR_UI_PORT, default 8080)
	@exec $(BIN)/python -m kurator_ui.run demo

.PHONY: run
run: $(VENV)/runtime ## Start the dashboard on your own clusters, in one process
	@exec $(BIN)/python -m kurator_ui.run own

.PHONY: stack
stack: $(VENV)/runtime system-stack ## Start it as in production: PostgreSQL, Redis, proxy, web, stream, workers, beat
	@exec $(BIN)/python -m kurator_ui.run stack

# ---- to work on it -------------------------------------------------------------------------------------------------

WITHOUT_DATABASE := adapters architecture browser demo domain

.PHONY: test
test: $(VENV)/development system-test ## Run all tests: on SQLite in one process, then on PostgreSQL and Redis
	@$(BIN)/python -m pytest -n 2 --ignore=tests/browser $(ARGS)
	echo 'In a browser (apart: its driver keeps an event loop in the process of the tests):'
	$(BIN)/python -m pytest -n 2 tests/browser $(ARGS)
	echo 'Again on PostgreSQL and Redis, what touches a database or a broker:'
	$(BIN)/python -m tests.servers $(BIN)/python -m pytest -n 2 $(foreach folder,$(WITHOUT_DATABASE),--ignore=tests/$(folder)) $(ARGS)

.PHONY: test-cluster
test-cluster: $(VENV)/development system-test ## Run the tests against real clusters (LAB_HUB_KUBECONFIG, LAB_MEMBER_KUBECONFIGS)
	@test -n "$${LAB_HUB_KUBECONFIG:-}" && test -n "$${LAB_MEMBER_KUBECONFIGS:-}" || { echo 'kurator-ui: set LAB_HUB_KUBECONFIG and LAB_MEMBER_KUBECONFIGS to kubeconfigs of real clusters.' >&2; exit 1; }
	$(BIN)/python -m pytest tests/cluster --timeout 600 --durations 25 $(ARGS)

.PHONY: bench
bench: $(VENV)/development ## Measure the promised numbers and write bench/RESULTS.md
	@exec $(BIN)/python -m bench $(ARGS)

.PHONY: lint
lint: $(VENV)/development ## Check style, types, import contracts, templates and migrations
	@$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	git ls-files -z -- 'templates/*.html' | xargs -0 --no-run-if-empty $(BIN)/djade --check --target-version 5.2
	KURATOR_UI_STATE="$$(mktemp -d)" $(BIN)/python manage.py makemigrations --check --dry-run

.PHONY: format
format: $(VENV)/development ## Put code and templates into the project's format
	@$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	git ls-files -z -- 'templates/*.html' | xargs -0 --no-run-if-empty $(BIN)/djade --target-version 5.2

.PHONY: lock
lock: $(VENV)/development ## Resolve the dependencies again and write both lock files
	@options='--universal --python-version 3.11 --generate-hashes --no-header --quiet'
	$(BIN)/uv pip compile pyproject.toml $$options $(ARGS) -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --group dev $$options $(ARGS) -o requirements-dev.lock

.PHONY: clean
clean: ## Remove the virtual environment and caches, never the state
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# ---- what the above stand on ---------------------------------------------------------------------------------------

# Markers in the environment say which lock file it was made from; a changed lock file brings it up to date.
$(BIN)/uv:
	@test -n "$(PYTHON)" || { echo 'kurator-ui: needs Python 3.11 or newer (Debian: apt-get install python3 python3-venv).' >&2; exit 1; }
	@test -w . || { echo "kurator-ui: cannot write to $$(pwd)." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "kurator-ui: $(PYTHON) cannot make a virtual environment (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@echo 'Installing the dependencies (once) …'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(VENV)/runtime: requirements.lock | $(BIN)/uv
	@test -e $(VENV)/development || $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@test ! -e $(VENV)/development || $(MAKE) --no-print-directory $(VENV)/development
	@touch $@

$(VENV)/development: requirements-dev.lock | $(BIN)/uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@

.PHONY: system-test
system-test:
	@$(PYTHON) scripts/install_system.py chromium kubernetes-client poppler-utils redis-server postgresql nginx-light

.PHONY: system-stack
system-stack:
	@$(PYTHON) scripts/install_system.py redis-server postgresql nginx-light
