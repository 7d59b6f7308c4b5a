# Every chore has one command here; `make help` lists them. Nothing is installed outside the folder but, for `make test`
# as root, the Debian packages that are missing.

.DEFAULT_GOAL := help
.NOTPARALLEL:

PYTHON ?= $(shell for candidate in python3.13 python3.12 python3.11 python3; do \
	if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$candidate; break; fi; done)
VENV := .venv
BIN := $(VENV)/bin
CONSOLE := src/linarite/http/console/static/index.html
AZURE_CLI := .venv-azure-cli
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
NODE_FOLDERS := sdk/javascript tests/javascript console
NODE_STAMPS := $(NODE_FOLDERS:%=%/node_modules/.package-lock.json)
LOCK := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --strip-extras --allow-unsafe \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host $(UPGRADE)
SLOW_TESTS := tests/service tests/console tests/tutorial tests/bench tests/documents tests/conformance tests/testing \
	tests/project/test_distribution.py

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(VENV)/dev.stamp ## Install what development needs into .venv

.PHONY: run
run: $(VENV)/run.stamp ## Install what running needs and start the server: make run ARGS="--port 9000"
	@$(BIN)/linarite dev $(ARGS)

.PHONY: console
console: $(CONSOLE) ## Build the page that shows what is going on; needs Node.js

.PHONY: test
test: system-packages setup node-packages console lint types imports suite ## Install what is needed and check everything

.PHONY: unit
unit: setup ## Run the tests that need no server process, in seconds
	$(BIN)/pytest --quiet $(SLOW_TESTS:%=--ignore=%) $(ARGS)

.PHONY: suite
suite: setup node-packages console ## Run all tests
	$(BIN)/pytest $(ARGS)

.PHONY: coverage
coverage: setup node-packages console ## Run all tests and report branch coverage
	$(BIN)/pytest --cov --cov-report=term:skip-covered $(ARGS)

.PHONY: test-azure-cli
test-azure-cli: setup $(AZURE_CLI)/installed.stamp ## Run the tutorial's commands by the real Azure CLI: 730 MB in .venv-azure-cli
	LINARITE_TEST_AZURE_CLI=$(CURDIR)/$(AZURE_CLI)/bin $(BIN)/pytest tests/azure_cli $(ARGS)

.PHONY: lint
lint: setup ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: format
format: setup ## Format, and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: types
types: setup ## Check types, strictly
	$(BIN)/mypy

.PHONY: imports
imports: setup ## Check that imports point one way
	$(BIN)/lint-imports

.PHONY: fuzz
fuzz: setup ## Run the property tests with many more examples
	$(BIN)/pytest -m hypothesis --hypothesis-profile=fuzz --timeout=3600 $(ARGS)

.PHONY: soak
soak: setup ## Run the tests against a model at length: make soak MINUTES=30
	SOAK_MINUTES=$(or $(MINUTES),10) $(BIN)/pytest -m soak --timeout=0 $(ARGS)

.PHONY: bench
bench: setup ## Measure speed and memory beside the peers, and print a table
	$(BIN)/python -m bench.run $(ARGS)

.PHONY: docs
docs: setup ## Write the reference pages from the code and make the documentation site in build/site
	$(BIN)/python -m docs.generate
	$(BIN)/python -m docs.build_site

.PHONY: screenshots
screenshots: setup node-packages console ## Take the pictures of the console that are in docs/images
	$(BIN)/python -m docs.screenshots

.PHONY: conformance
conformance: setup ## Run the Autobahn WebSocket suite and write its verdicts to docs/conformance.md
	$(BIN)/python -m tests.conformance.autobahn

.PHONY: protobuf
protobuf: setup ## Write the Python code of the protobuf schema
	$(BIN)/protoc --proto_path=src --python_out=src --pyi_out=src linarite/protocols/webpubsub.proto

.PHONY: dist
dist: setup console ## Make the sdist, the wheel and their bill of materials in dist/
	rm -rf build dist
	$(BIN)/python -m build --no-isolation --outdir dist .
	$(BIN)/python -m distribution.bill_of_materials > dist/linarite.cdx.json

.PHONY: lock
lock: setup ## Write the lock files anew; with newer versions: make lock UPGRADE=--upgrade
	$(LOCK) --output-file requirements/run.lock pyproject.toml requirements/build.in
	$(LOCK) --output-file requirements/dev.lock --extra dev --extra client --constraint requirements/run.lock \
		pyproject.toml requirements/build.in
	$(LOCK) --output-file requirements/azure-cli.lock requirements/azure-cli.in
	for folder in $(NODE_FOLDERS); do \
		npm --prefix $$folder install --package-lock-only --omit-lockfile-registry-resolved || exit 1; done

.PHONY: clean
clean: ## Remove everything that these commands made
	rm -rf $(VENV) $(AZURE_CLI) build dist htmlcov .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache src/*.egg-info $(NODE_FOLDERS:%=%/node_modules) \
		$(dir $(CONSOLE))
	find src tests bench docs -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: node-packages
node-packages: $(NODE_STAMPS)

# A browser for the tests that use one, a compiler for the bench's load generator, the proxies whose configurations the
# documents show. Node.js is not on the list: the official SDKs want version 20, which not every distribution has.
.PHONY: system-packages
system-packages:
	@command -v node >/dev/null && command -v npm >/dev/null || \
		{ echo "The tests of the JavaScript SDKs need Node.js 20 or newer with npm; please install it." >&2; exit 1; }
	@missing=""; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	command -v curl >/dev/null || missing="$$missing curl"; \
	command -v cc >/dev/null || missing="$$missing gcc libc6-dev"; \
	command -v nginx >/dev/null || missing="$$missing nginx-light"; \
	command -v haproxy >/dev/null || missing="$$missing haproxy"; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then \
		echo "The tests need these Debian packages; please install them:$$missing" >&2; exit 1; fi; \
	echo "installing$$missing"; \
	apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends $$missing

$(CONSOLE): $(shell find console -path console/node_modules -prune -o -type f -print) console/node_modules/.package-lock.json
	npm --prefix console run --silent build
	@touch $@

%/node_modules/.package-lock.json: %/package-lock.json
	npm --prefix $* ci --no-audit --no-fund
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Linarite needs Python 3.11 or newer: make PYTHON=/path/to/python3" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Installed before the dev stamp would be: running needs less than development, and is ready sooner.
$(VENV)/run.stamp: requirements/run.lock pyproject.toml | $(BIN)/python
	$(PIP) install --requirement requirements/run.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock pyproject.toml | $(BIN)/python
	$(PIP) install --requirement requirements/dev.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/run.stamp

# An environment of its own: the Azure CLI pins versions that others do not want.
$(AZURE_CLI)/installed.stamp: requirements/azure-cli.lock | $(BIN)/python
	$(BIN)/python -m venv $(AZURE_CLI)
	$(AZURE_CLI)/bin/python -m pip --quiet --disable-pip-version-check install --requirement requirements/azure-cli.lock
	@touch $@
