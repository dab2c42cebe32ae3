# Two commands on a fresh machine with Python 3.11+, git and make: `make demo`, `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
DEMO_OUTPUT ?= demo_output
WORKERS ?= 2
FUZZ_CASES ?= 1200

.PHONY: demo test test-fast fuzz lint clean

demo: $(VENV)/.demo
	MPLBACKEND=Agg $(BIN)/python examples/demo.py $(DEMO_OUTPUT)

test: $(VENV)/.test lint
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

test-fast: $(VENV)/.test lint
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal -m "not slow"

# over 20,000 random cases, about half an hour
fuzz: $(VENV)/.test
	FUZZ_CASES=$(FUZZ_CASES) $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal -m fuzz

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) --editable ".[plot]"
	touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) torch
	$(PIP) --editable ".[plot,fast,keras,transformers,transformers-tf,test]"
	touch $@

clean:
	rm -rf $(VENV) $(DEMO_OUTPUT)
