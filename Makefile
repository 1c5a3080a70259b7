# Every target sets up what it needs: a virtual environment in .venv, from pyproject.toml and constraints.txt.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
READY_DOCS := $(VENV)/.ready-docs
SERVERS := .venv-servers
READY_SERVERS := $(SERVERS)/.ready
WORKERS ?= 2
INPUTS ?= 100000

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test test-servers test-mutations fuzz lint types docs examples clean distclean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## make the virtual environment in .venv

demo: $(READY) ## mark a small network, steal it in four ways, and verify thieves and innocents
	$(BIN)/tellmark demo

test: lint types ## style, types, then every test with branch coverage
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n $(WORKERS) --cov

test-servers: $(READY) $(READY_SERVERS) ## suspects behind real model servers, which are installed into .venv-servers
	TELLMARK_SERVERS=$(SERVERS) OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q tests/servers

test-mutations: $(READY) ## every byte of a bundle of evidence changed, one at a time; minutes
	cd tests && OMP_NUM_THREADS=1 ../$(BIN)/python -m golden.mutate_bundles

fuzz: $(READY) ## every parser of files, 100000 inputs each, or as many as INPUTS says; an hour and a half
	OMP_NUM_THREADS=1 $(BIN)/python tests/fuzz/run.py --inputs $(INPUTS)

lint: $(READY) ## style only
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY) ## types only
	$(BIN)/pyright

docs: $(READY_DOCS) ## the documentation as a site in site/; a broken link is an error
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet docs site

examples: $(READY) ## run every example; those on large data read it from TELLMARK_DATA
	@for example in examples/*/example.py; do echo "== $$example"; $(BIN)/python "$$example" || exit 1; done

bench-%: $(READY) ## run one benchmark, such as bench-speed; its results go to docs/benchmarks/
	$(BIN)/python -m benchmarks.$(subst -,_,$*)

clean: ## remove what the other targets made, but not .venv
	rm -rf site build dist .coverage .coverage.* .hypothesis .pytest_cache .ruff_cache
	find src tests examples benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## remove .venv and .venv-servers as well
	rm -rf $(VENV) $(SERVERS)

$(BIN)/python:
	@for python in python3.11 python3 python3.12 python3.13; do \
	    if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        exec $$python -m venv $(VENV); \
	    fi; \
	done; \
	echo "Tellmark needs Python 3.11 or newer, and neither python3.11 nor python3 is that: install it, then run make again." >&2; \
	exit 1

$(READY): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[all,dev]'
	@touch $@

$(READY_DOCS): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $@

$(READY_SERVERS): tests/servers/requirements.txt tests/servers/constraints.txt | $(BIN)/python
	test -x $(SERVERS)/bin/python || $(BIN)/python -m venv $(SERVERS)
	$(SERVERS)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/servers/requirements.txt -c tests/servers/constraints.txt
	@touch $@
