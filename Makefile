# Everything a developer types. Each target sets up what it needs.
PYTHON ?= python3
VENV   ?= .venv
BIN     = $(VENV)/bin
PIP     = --quiet --disable-pip-version-check --no-compile # Python compiles what it imports
PYTEST  = $(BIN)/python -m pytest --numprocesses=auto --dist=loadgroup
PYAIRBYTE = .venv-pyairbyte
CLIENTS = pyairbyte dagster meltano singer jsonl
IMAGE ?= localhost/source-kustomer:$(shell sed -n 's/^__version__ = "\(.*\)"$$/\1/p' source_kustomer/__init__.py)
CHECK_SCHEMA = $(BIN)/check-jsonschema --quiet --builtin-schema
AGE ?= P7D
LOCK = --quiet --universal --python-version=3.10 --generate-hashes --exclude-newer=$(AGE) $(if $(UPGRADE),--upgrade)
TOOLS ?= .venv-tools

PAIRS ?= 200

CONFIG ?= config.json
STREAMS ?= suggested
export TO # has a password, so it is not an argument

# Most of the time of a start is the import of the CDK, which is compiled only once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo sync clients unit test test-pythons lint chaos dialects bench bench-peers docs docs-check snapshots form image image-test lock dist sbom release-check audit clean

help:            ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(VENV)/.installed ## a virtual environment with the connector, the sandbox and the tools

$(VENV)/.installed: setup.py source_kustomer/__init__.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install $(PIP) --editable '.[dev]'
	@touch $@

# An environment per client: its pins must not meet the connector's.
.venv-%/.installed: integration_tests/clients/%.txt
	$(PYTHON) -m venv .venv-$*
	.venv-$*/bin/pip install $(PIP) -r $<
	@touch $@

demo: setup $(PYAIRBYTE)/.installed ## check, discover, read, change, read again, on the embedded sandbox; then the same into DuckDB
	$(BIN)/python -m demo --pyairbyte $(PYAIRBYTE)/bin/python

sync: setup $(PYAIRBYTE)/.installed ## load an account: CONFIG=config.json [STREAMS=suggested|all|teams,users] [TO=postgresql://…, else DuckDB]
	@$(PYAIRBYTE)/bin/python examples/pyairbyte_sync.py --config "$(CONFIG)" --streams "$(STREAMS)" --connector $(BIN)/source-kustomer

clients: setup $(CLIENTS:%=.venv-%/.installed) ## the clients as programs of their own: PyAirbyte, Dagster, Meltano; needs PostgreSQL
	EVERY_CLIENT=1 $(foreach client,$(CLIENTS),$(shell echo $(client) | tr a-z A-Z)=$(CURDIR)/.venv-$(client)) $(PYTEST) integration_tests/clients

unit: setup      ## unit tests, on all cores
	$(PYTEST) unit_tests

test: setup $(PYAIRBYTE)/.installed ## unit tests and integration tests, on all cores
	PYAIRBYTE=$(CURDIR)/$(PYAIRBYTE) $(PYTEST)

test-pythons: setup ## unit tests on each supported Python that is found; NOX="--tags ends": on the oldest and the newest
	$(BIN)/nox $(NOX)

lint: setup      ## ruff, mypy --strict, and the workflows, examples and shell scripts by their schemas and linters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/zizmor --quiet --offline --persona auditor .github
	$(CHECK_SCHEMA) vendor.github-workflows .github/workflows/*.yml
	$(CHECK_SCHEMA) custom.github-workflows-require-timeout .github/workflows/*.yml
	$(CHECK_SCHEMA) vendor.github-issue-forms .github/ISSUE_TEMPLATE/*_*.yml
	$(CHECK_SCHEMA) vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(CHECK_SCHEMA) vendor.renovate .github/renovate.json
	$(CHECK_SCHEMA) vendor.compose-spec examples/compose.yaml
	$(BIN)/shellcheck .ci/run containers/base containers/build containers/build-and-test containers/sbom examples/*.sh

chaos: setup     ## the long versions of the reliability tests and of the property-based unit tests
	$(PYTEST) unit_tests -m hypothesis --hypothesis-profile=thorough
	$(BIN)/python -m pytest integration_tests/reliability --chaos

dialects: setup  ## two syncs under every variant of the API and PAIRS=n pairs of them; LIKE=report.json: under an account's
	$(BIN)/python -m integration_tests.dialects $(if $(LIKE),--like $(LIKE),--pairs $(PAIRS))

bench: setup     ## the figures of docs/performance.md
	$(BIN)/python -m benchmarks

bench-peers: setup ## the same records through another extractor, side by side
	$(BIN)/python -m benchmarks.peers

docs: setup      ## write docs/streams.md, and the streams in docs/kustomer.md, from the stream classes
	$(BIN)/python -m tools.streams_reference > docs/streams.md
	$(BIN)/python -m tools.streams_table

docs-check: setup ## fail when those are not current
	$(BIN)/python -m tools.streams_reference | diff -u docs/streams.md -
	$(BIN)/python -m tools.streams_table --check

snapshots: setup ## write the files of integration_tests/ that follow from the code; review their diff
	$(BIN)/python -m integration_tests.snapshots

form: setup      ## a picture of the form that users fill in, build/form.png
	$(BIN)/python -m integration_tests.form

image:           ## build the container image
	containers/build

image-test: setup $(TOOLS)/.installed ## build the image and run it against the sandbox
	TOOLS=$(TOOLS) containers/build-and-test

sbom: $(TOOLS)/.installed ## the image's distributions and licences, build/sbom.cdx.json; IMAGE names another image
	TOOLS=$(TOOLS) containers/sbom $(IMAGE) build/sbom.cdx.json

dist: $(TOOLS)/.installed ## the source distribution and the wheel, dist/; the wheel is installed with the lock and run
	rm -rf dist build/installed
	$(TOOLS)/bin/python -m build --no-isolation
	$(PYTHON) -m venv build/installed
	build/installed/bin/pip install $(PIP) --require-hashes --only-binary :all: -r requirements.txt
	build/installed/bin/pip install $(PIP) --no-index --no-deps dist/*.whl
	build/installed/bin/pip check
	cd build && installed/bin/source-kustomer spec

lock: $(TOOLS)/.installed ## write requirements.txt and tools/requirements.txt; UPGRADE=1 takes newer versions, AGE=P0D also those of this week
	$(TOOLS)/bin/uv pip compile $(LOCK) --output-file=requirements.txt setup.py
	$(TOOLS)/bin/uv pip compile $(LOCK) --output-file=tools/requirements.txt tools/requirements.in

release-check: setup ## version, changelog, metadata, labels and docs agree
	$(BIN)/python -m tools.release_check

audit: setup $(TOOLS)/.installed ## known vulnerabilities of the versions in requirements.txt
	$(BIN)/python -m tools.audit --pip-audit $(TOOLS)/bin/pip-audit

$(TOOLS)/.installed: tools/requirements.txt
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/pip install $(PIP) --require-hashes -r $<
	@touch $@

clean:           ## remove what the targets made
	rm -rf $(VENV) $(CLIENTS:%=.venv-%) $(TOOLS) .venv-peer benchmarks/results build dist ./*.egg-info .nox .pytest_cache .mypy_cache .ruff_cache .hypothesis
