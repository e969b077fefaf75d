# The two commands of the README are `make demo` and `make test`; `make help` lists the others.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ARGS ?=

.PHONY: help install demo demo-matrix test test-matrix test-xmpp test-s3 lint bench translations pictures clean
.DEFAULT_GOAL := help

help: ## This list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: $(STAMP) ## Make .venv and install Siyaj with the tested versions

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@$(BIN)/python -m compileall -q src # once, as pip does, also where PYTHONDONTWRITEBYTECODE is set
	@touch $@

demo: $(STAMP) ## Play the main job in front of you (ARGS=--once ends by itself)
	$(BIN)/siyaj demo $(ARGS)

demo-matrix: $(STAMP) ## A real Matrix homeserver, moderated by Siyaj, and a short campaign on it (ARGS=--once ends by itself)
	PYTHONPATH=integrations/synapse exec $(BIN)/python -m trial $(ARGS)

test: $(STAMP) ## The whole suite; on PostgreSQL too where SIYAJ_TEST_POSTGRES names one
	$(BIN)/python -m pytest $(ARGS)

test-matrix: $(STAMP) ## The Synapse module against a real Synapse, in an environment of its own
	$(BIN)/python -m pytest integrations/synapse/tests $(ARGS)
	test ! -x .synapse-venv/bin/python || (cd integrations/synapse && ../../$(BIN)/mypy --config-file mypy.ini)

test-xmpp: $(STAMP) ## The Prosody module against a real Prosody, with real clients
	$(BIN)/python -m pytest integrations/prosody/tests $(ARGS)

test-s3: $(STAMP) ## Evidence in an S3-compatible store (moto), in an environment of its own
	SIYAJ_TEST_S3=1 $(BIN)/python -m pytest tests/s3 $(ARGS)

lint: $(STAMP) ## Format, lint, types and the floors between the rooms
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP) ## Ours, the peer's and the ratio, from one run
	$(BIN)/python -m benchmarks $(ARGS)

translations: $(STAMP) ## List the texts of the console that have no Arabic yet
	$(BIN)/python -m tests.console.texts

pictures: $(STAMP) ## Take the pictures of the guides anew, by the browser tests
	$(BIN)/python -m pytest tests/console/test_case_browser.py tests/console/test_channels.py
	$(BIN)/python -m tests.console.pictures

clean: ## Remove what was built
	rm -rf $(VENV) .synapse-venv .s3-venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
