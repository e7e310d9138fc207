# Every verb sets up its own environment: the first one typed on a fresh clone works.
VENV   := .venv
BIN    := $(VENV)/bin
PYTHON ?= python3
STAMP  := $(VENV)/.installed

.PHONY: quickstart test check lint bench clean

quickstart: $(STAMP)  ## Train, compare, evaluate and report in the sandbox (ARGS="--fast" for a short one)
	$(BIN)/rlmr quickstart $(ARGS)

test: $(STAMP)  ## Every test
	$(BIN)/python -m pytest $(ARGS)

check: lint  ## Format, lint, types, import contracts, doctests, fast tests
	$(BIN)/python -m pytest -q -m "not slow" $(ARGS)

lint: $(STAMP)  ## Format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)  ## Every published number
	$(BIN)/python -m benchmarks $(ARGS)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	touch $(STAMP)

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache build dist
