# On a fresh machine with Python 3.11+, git and make: `make demo`, `make test`, `make docs`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
DEMO_OUTPUT ?= demo_output
WORKERS ?= 2
FUZZ_CASES ?= 1200

.PHONY: demo test test-fast fuzz docs lint clean

demo: $(VENV)/.demo
	MPLBACKEND=Agg $(BIN)/python examples/demo.py $(DEMO_OUTPUT)

test: $(VENV)/.test lint
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

test-fast: $(VENV)/.test lint
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal -m "not slow"

# over 20,000 random cases, about half an hour
fuzz: $(VENV)/.test
	FUZZ_CASES=$(FUZZ_CASES) $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal -m fuzz

docs: $(VENV)/.docs
	MPLBACKEND=Agg $(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html
	$(BIN)/python docs/check_links.py docs/_build/html

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) --editable ".[plot]"
	touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) torch
	$(PIP) --editable ".[plot,fast,keras,transformers,transformers-tf,transformers-onnx,test]"
	touch $@

$(VENV)/.docs: $(VENV)/.test
	$(PIP) --editable ".[docs]"
	touch $@

clean:
	rm -rf $(VENV) $(DEMO_OUTPUT) docs/_build docs/gallery docs/generated
