# make help lists the targets. All that they need is Python 3.11, 3.12 or 3.13 with its venv module.

.DEFAULT_GOAL := help
.PHONY: help book chapter preview serve test check baseline wheelhouse gpu evidence-check lock canary clean

VENV := .venv
PYTHON := $(VENV)/bin/python
BUILD := $(PYTHON) -m ci.build
READY := $(VENV)/.ready
PROFILE ?= laptop
PORT ?= 8000

COMPILE := uv pip compile pyproject.toml --universal --python-version 3.11 --fork-strategy fewest \
  --generate-hashes --no-header

# A machine with a GPU brings JAX and what JAX needs; a kernel without a person needs no debugger.
TARGET ?= py312
WHEELS := _build/wheelhouse
LINUX := 2_28 2_27 2_17
BROUGHT := jax jaxlib numpy scipy ml-dtypes opt-einsum debugpy jedi parso \
  aiohttp aiohappyeyeballs aiosignal frozenlist multidict propcache yarl
MACHINE_PYTHON ?= python3
GPU_ENV := _build/gpu-env
GPU_PROFILE ?= gpu

FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

help:  ## list the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 18

$(READY): requirements.lock pyproject.toml
	@fits=; for python in python3.11 python3.12 python3.13 python3 python; do \
	  if $$python -c '$(FITS)' 2>/dev/null; then fits=$$python; break; fi; done; \
	if [ -z "$$fits" ]; then \
	  echo "Python 3.11, 3.12 or 3.13 with venv is needed; on Debian or Ubuntu: apt install python3 python3-venv" >&2; \
	  exit 1; fi; \
	if [ ! -x $(PYTHON) ]; then $$fits -m venv $(VENV); fi
	@echo "installing the locked packages into $(VENV), about a minute the first time"
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

book: $(READY)  ## execute what is out of date, render the site: _build/html/index.html
	@$(BUILD) book --profile $(PROFILE)

chapter: $(READY)  ## rerun one: make chapter CH=free_probability [PROFILE=smoke] [SEED=3] [SET="name=value ..."]
	@$(BUILD) chapter $(CH) --profile $(PROFILE) --set $(if $(SEED),seed=$(SEED)) $(SET)

preview: $(READY)  ## render at once, chapters without results with a banner: _build/preview
	@$(BUILD) preview

serve: $(READY)  ## show the site at http://127.0.0.1:8000 (PORT=8000)
	@$(PYTHON) -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

test: $(READY)  ## run the tests
	@$(PYTHON) -m pytest

check: $(READY)  ## lint the code and the chapters, check the built site
	@$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check .
	@$(PYTHON) -m pytest tests/ci/test_sources.py
	@$(BUILD) check

baseline: $(READY)  ## make the present verdicts those that later builds must keep
	@$(BUILD) baseline

wheelhouse: $(READY)  ## fetch what a GPU machine with JAX but no network lacks: make wheelhouse TARGET=py312
	@rm -rf $(WHEELS)
	@$(PYTHON) -m pip download --quiet --disable-pip-version-check --dest $(WHEELS) --no-deps --require-hashes \
	  --only-binary=:all: --python-version $(TARGET:py3%=3.%) $(LINUX:%=--platform=manylinux_%_x86_64) \
	  -r requirements-gpu.lock
	@du -sh $(WHEELS)

gpu:  ## on that machine: record the chapters' evidence at full scale [CH=name], pack it: _build/evidence.tar.gz
	@if [ ! -x $(GPU_ENV)/bin/papermill ]; then \
	  $(MACHINE_PYTHON) -m venv --system-site-packages $(GPU_ENV) && \
	  $(GPU_ENV)/bin/python -m pip install --quiet --no-index --no-deps $(WHEELS)/*.whl; fi
	@status=0; PYTHONPATH=$(CURDIR)/src $(GPU_ENV)/bin/python -m ci.build evidence $(CH) --profile $(GPU_PROFILE) || status=$$?; \
	tar -czf _build/evidence.tar.gz book/evidence $$(ls -d _build/runs/$(GPU_PROFILE)-record=True); \
	ls -sh _build/evidence.tar.gz; exit $$status

evidence-check: $(READY)  ## check the recorded evidence against the executed chapters and their code
	@$(PYTHON) -m renorm.report.evidence_check _build/executed

lock:  ## write both locks anew (needs uv)
	$(COMPILE) --extra book --extra test -o requirements.lock
	$(COMPILE) --extra run -c requirements.lock --no-annotate $(BROUGHT:%=--no-emit-package %) \
	  -o requirements-gpu.lock

canary:  ## the tests and the chapters with the newest packages, in an environment of their own
	python3 -m venv $(VENV)-canary
	$(VENV)-canary/bin/python -m pip install --quiet --upgrade -e '.[book,test]'
	$(VENV)-canary/bin/python -m pytest --ignore tests/ci
	$(VENV)-canary/bin/python -m ci.build execute --build _build/canary

clean:  ## remove what builds made; the environment stays
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
