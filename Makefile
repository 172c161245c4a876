# make demo, check and test do all on a fresh machine with Python 3.11 to 3.13.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
BACKEND ?= tensorflow
DATA_DIR ?= $(KERAS_NMT_DATA)
BENCH_RUN ?= results/runs/multi30k/full_transformer/tensorflow-seed0

export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: help setup demo check test test-browser lint reproduce report bench soak clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

setup: $(VENV)/.ready  ## build .venv with all three backends

$(VENV)/.ready: requirements.txt requirements-backends.txt requirements-test.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --upgrade pip
	$(RUN) -m pip install --progress-bar on $(addprefix --requirement ,$^)
	PYTHONWARNINGS=ignore $(RUN) -m pip install --quiet --no-deps --editable .
	@touch $@

demo: setup  ## train the eight systems on the built-in corpus and report
	KERAS_BACKEND=$(BACKEND) $(RUN) -m experiments.demo

# torch compiles nothing, so it is the quickest by far.
check: BACKEND = torch
check: lint  ## style and the suite on one backend, in a few minutes
	KERAS_BACKEND=$(BACKEND) $(RUN) -m pytest --numprocesses auto --maxprocesses 8 --dist loadfile

test: setup  ## the whole suite on TensorFlow, JAX and torch
	$(RUN) -m tests.all_backends

test-browser: setup  ## the server's page in headless Chromium (Debian's packages)
	$(RUN) -m pytest tests/browser/page.py

lint: setup  ## style of the code
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

reproduce: setup  ## the writeup's eight systems on Multi30k, then the report
	KERAS_BACKEND=$(BACKEND) $(RUN) -m experiments.train all --corpus multi30k $(if $(DATA_DIR),--data-dir $(DATA_DIR))
	$(RUN) -m experiments.report --readme README.md

report: setup  ## rebuild tables, figures and REPORT.md from results/runs
	$(RUN) -m experiments.report --readme README.md

bench: setup  ## training, decoding (beside plain PyTorch) and serving timed
	$(RUN) -m benchmarks.training $(if $(DATA_DIR),--data-dir $(DATA_DIR))
	$(RUN) -m benchmarks.training $(if $(DATA_DIR),--data-dir $(DATA_DIR)) --recipes bfloat16 --backends tensorflow,torch --results-dir results/benchmarks/bfloat16
	$(RUN) -m benchmarks.decoding $(BENCH_RUN)
	$(RUN) -m benchmarks.serving $(BENCH_RUN)

soak: setup  ## kills, damaged files and texts, double starts, on every backend
	for backend in tensorflow jax torch; do \
		KERAS_BACKEND=$$backend $(RUN) -m tests.soak || exit 1; \
	done

clean:  ## remove .venv and caches; runs and results stay
	rm -rf $(VENV) .pytest_cache .ruff_cache *.egg-info
