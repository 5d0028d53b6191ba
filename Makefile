# Every recipe sets up what it needs: it makes .venv once, and installs again only when
# pyproject.toml or constraints.txt has changed. Another Python: make demo PYTHON=python3.12
PYTHON ?= python3

VENV := .venv
RUN := $(VENV)/.ready-to-run
TEST := $(VENV)/.ready-to-test
BENCH := $(VENV)/.ready-to-bench
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
PAGES := $(wildcard *.md docs/*.md docs/*/*.md)

# A machine's own settings must not reach into the environment, and no run reports home.
export PIP_USER := 0
unexport PYTHONHOME PYTHONPATH
export BENTOML_DO_NOT_TRACK := True
export MLFLOW_DISABLE_TELEMETRY := true
# Two OpenMP programs on two processors wait for each other: whoever has nothing to do goes to sleep.
export OMP_WAIT_POLICY := PASSIVE

.DEFAULT_GOAL := help
.NOTPARALLEL: # two installs into one environment would meet
.PHONY: help demo test soak lint format types docs bench serve clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' Makefile

demo: $(RUN) ## a made-up CRM, a trained model and its first scores; says what to do next
	@$(VENV)/bin/leadml demo

test: lint types docs ## everything CI checks: lint, types, docs, then tests and doctests
	@$(VENV)/bin/python -m pytest --numprocesses=auto --dist=loadfile -m "not soak"

soak: $(TEST) ## the tests that take minutes: faults planted in the code, killed trainings, tuning on noise, a tracking server
	@$(VENV)/bin/python -m pytest --numprocesses=auto --dist=loadfile -m soak

lint: $(TEST) ## style, spelling, and that every import points down
	@$(VENV)/bin/ruff format --check && $(VENV)/bin/ruff check && $(VENV)/bin/codespell && $(VENV)/bin/lint-imports --no-logo

format: $(TEST) ## put the code into shape, mending what can be mended
	@$(VENV)/bin/ruff format && $(VENV)/bin/ruff check --fix

types: $(TEST) ## mypy --strict over src/leadml
	@$(VENV)/bin/mypy

docs: $(TEST) ## run the examples that stand in the pages
	@$(VENV)/bin/python -m doctest -o ELLIPSIS -o NORMALIZE_WHITESPACE $(PAGES)

bench: $(BENCH) ## answer every question in benchmarks/
	@short=; for question in $(wildcard benchmarks/*.py); do echo "== $$question"; $(VENV)/bin/python $$question || short="$$short $$question"; done; \
	if [ -n "$$short" ]; then echo "short:$$short"; exit 1; fi

serve: $(RUN) ## the scoring service on this machine
	@$(VENV)/bin/leadml serve

clean: ## take away the environment and the caches; .leadml/ (models, answers) stays
	@rm -rf $(VENV) .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache build dist

$(VENV)/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit("leadml needs Python 3.11 or newer, but $(PYTHON) is %d.%d; try: make demo PYTHON=python3.12" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)

$(RUN): pyproject.toml constraints.txt | $(VENV)/bin/pip
	@echo "Installing leadml into $(VENV) (one to three minutes the first time)"
	@$(PIP) --editable .
	@touch $@

$(TEST): pyproject.toml constraints.txt | $(VENV)/bin/pip
	@echo "Installing leadml and what its tests need into $(VENV) (one to three minutes the first time)"
	@$(PIP) --editable '.[test]'
	@touch $(RUN) $@

$(BENCH): pyproject.toml constraints.txt | $(VENV)/bin/pip
	@echo "Installing leadml, what its tests need, and rivals to measure it by into $(VENV) (one to three minutes)"
	@$(PIP) --editable '.[test,bench]'
	@touch $(RUN) $(TEST) $@
