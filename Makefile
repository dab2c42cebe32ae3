# On a fresh machine with Python 3.11+, git and make: `make demo`, `make test`, `make docs`.
# Another Python beside it: `make test-core PYTHON=python3.13 VENV=.venv-3.13`

PYTHON ?= python3
VENV := .venv
SCRIPTS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN := $(VENV)/$(SCRIPTS)
INSTALL := -m pip --disable-pip-version-check install --quiet
PIP := $(BIN)/python $(INSTALL) --constraint constraints.txt
DEMO_OUTPUT ?= demo_output
WORKERS ?= 2
FUZZ_CASES ?= 1200
# what the tests need; the extra ray is left out for its size
EXTRAS ?= plot,fast,keras,transformers,transformers-tf,transformers-onnx,dask,spark,serve,mlflow
# the extras whose floors and pre-releases are proved together
FLOOR_EXTRAS ?= plot,fast,keras,transformers,transformers-onnx,dask,serve
NEXT_EXTRAS ?= plot,fast
SELECT ?= not slow
# what test-versions runs
SMOKE := tests/test_runtime_versions.py tests/test_feature_extraction_words.py \
	tests/test_linear_solvers.py tests/test_linear_tfidf_logreg.py tests/test_thresholds_taggers.py \
	tests/test_metrics_scores.py tests/test_model_selection_splitters.py tests/test_persistence.py
TESTS ?=
# the folder of GoEmotions, and the parts of the benchmarks: all
GOEMOTIONS ?= ../shared/data/goemotions
PARTS ?=
PYTEST_OPTIONS := --numprocesses $(WORKERS) --dist worksteal

.PHONY: demo test test-fast test-core test-floor test-next test-versions fuzz docs dist sizes bench lint clean

demo: $(VENV)/.demo
	MPLBACKEND=Agg $(BIN)/python examples/demo.py $(DEMO_OUTPUT)

test: $(VENV)/.test lint
	$(BIN)/python -m pytest $(PYTEST_OPTIONS)

test-fast: $(VENV)/.test lint
	$(BIN)/python -m pytest $(PYTEST_OPTIONS) -m "not slow"

# test-core: without any extra; what needs one is skipped, and says which
# test-floor: the lowest versions that pyproject.toml allows
# test-next: pre-releases, where the package index has any
test-core test-floor test-next: test-%: $(VENV)-%/.done
	$(VENV)-$*/$(SCRIPTS)/python -m pytest $(PYTEST_OPTIONS) -m "$(SELECT)" $(TESTS)

# a part of the three above, in a few minutes
test-versions:
	$(MAKE) test-core test-floor test-next TESTS="$(SMOKE)" FLOOR_EXTRAS="$(NEXT_EXTRAS)"

# over 20,000 random cases, about half an hour
fuzz: $(VENV)/.test
	FUZZ_CASES=$(FUZZ_CASES) $(BIN)/python -m pytest $(PYTEST_OPTIONS) -m fuzz

docs: $(VENV)/.docs
	MPLBACKEND=Agg $(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html
	$(BIN)/python docs/check_links.py docs/_build/html

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

# a wheel and an sdist in dist/, checked, and tried in a new environment
dist: $(VENV)/.dist
	rm -rf dist build $(VENV)-dist
	$(BIN)/python -m build --outdir dist
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl
	$(PYTHON) -m venv $(VENV)-dist
	$(VENV)-dist/$(SCRIPTS)/python $(INSTALL) dist/*.whl
	cd dist && ../$(VENV)-dist/$(SCRIPTS)/python ../examples/quickstart.py
	cd dist && ../$(VENV)-dist/$(SCRIPTS)/skmultitext versions

# the benchmarks that the README and the documentation quote, ten minutes; writes docs/figures.json
bench: $(VENV)/.test
	$(BIN)/python benchmarks/figures.py $(GOEMOTIONS) $(if $(PARTS),--only $(PARTS))

# seconds of an installation into a new environment and size on disk, for the core and each extra
sizes:
	$(PYTHON) .ci/sizes.py

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(INSTALL) --upgrade "pip>=25.1"

$(VENV)/.demo: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) --editable ".[plot]"
	touch $@

$(VENV)/.test: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) torch
	$(PIP) --editable ".[$(EXTRAS)]" --group test --group lint
	touch $@

$(VENV)/.docs: $(VENV)/.test
	$(PIP) --group docs
	touch $@

$(VENV)/.dist: $(BIN)/python pyproject.toml
	$(PIP) --group dist
	touch $@

# what the environments of test-core, test-floor and test-next have
WHAT_core = --editable .
WHAT_floor = --editable ".[$(FLOOR_EXTRAS)]" --constraint $(VENV)-floor/floors.txt
WHAT_next = --pre --upgrade --editable ".[$(NEXT_EXTRAS)]"

$(VENV)-%/.done: pyproject.toml .ci/floors.py
	$(PYTHON) -m venv $(VENV)-$*
	$(VENV)-$*/$(SCRIPTS)/python $(INSTALL) --upgrade "pip>=25.1"
	$(VENV)-$*/$(SCRIPTS)/python .ci/floors.py "$(FLOOR_EXTRAS)" > $(VENV)-$*/floors.txt
	$(VENV)-$*/$(SCRIPTS)/python $(INSTALL) $(WHAT_$*) --group test-core
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-core $(VENV)-floor $(VENV)-next $(VENV)-dist $(DEMO_OUTPUT) \
		build dist docs/_build docs/gallery docs/generated
