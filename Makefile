# `make` alone lists what can be done. All of it is what CI runs too.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test lint types migrate bench conformance-money lock clean venv venv-dev python

PY := .venv/bin/python
BEANCOUNT := .venv-conformance-money
# The first Python that is new enough; PYTHON=/path/to/python names the only one to be asked.
FIND_PYTHON = for python in $(or $(PYTHON),python3.11 python3.12 python3.13 python3 python); do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$python; exit; fi; \
	done

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

python:
	@if [ -z "$$($(FIND_PYTHON))" ]; then \
	  echo "Python 3.11 or newer is needed and there is $$($(or $(PYTHON),python3) --version 2>/dev/null || echo none): install it, or say where it is with PYTHON=/path/to/python." >&2; \
	  exit 1; \
	fi

venv: python
	@"$$($(FIND_PYTHON))" -I market/launcher/environment.py runtime

venv-dev: python
	@"$$($(FIND_PYTHON))" -I market/launcher/environment.py dev

run: venv ## set everything up and start the platform (PORT=8000, VAR_DIR=var); Ctrl-C stops it
	@exec $(PY) -m market.launcher --with-parent

test: venv-dev ## run the tests against a throw-away database and broker (ARGS="-k name")
	@$(PY) -m market.launcher.translations
	@exec $(PY) -m pytest $(ARGS)

lint: venv-dev ## style, types, floors, migrations, translations, house rules: all of them, then the verdict
	@failed=; \
	check() { echo "· $$*"; "$$@" || failed="$$failed\n  $$*"; }; \
	check $(PY) -m ruff check --quiet . ; \
	check $(PY) -m ruff format --check --quiet . ; \
	check $(PY) -m mypy . ; \
	check .venv/bin/lint-imports ; \
	check env LOG_LEVEL=ERROR $(PY) -W ignore manage.py makemigrations --check --dry-run ; \
	check $(PY) manage.py messages --check ; \
	check $(PY) manage.py houserules ; \
	if [ -n "$$failed" ]; then echo -e "\nfailed:$$failed" >&2; exit 1; fi; \
	echo "lint: all passed"

types: venv-dev ## types only
	$(PY) -m mypy .

migrate: venv ## migrate the database of a running platform
	$(PY) manage.py migrate

bench: venv-dev ## run the benchmarks, or one (NAME=contracts.trade)
	$(PY) -m benchmarks $(NAME)

conformance-money: venv-dev ## let beancount judge the journal, in an environment of its own
	@test -x $(BEANCOUNT)/bin/python || $(PY) -m venv $(BEANCOUNT)
	@$(BEANCOUNT)/bin/python -m pip install --quiet -r conformance/money/requirements.txt
	BEANCOUNT_PYTHON=$(BEANCOUNT)/bin/python $(PY) -m conformance.money

lock: venv-dev ## compile requirements*.in into locks with hashes, and refuse addresses and paths in them
	$(PY) -m market.launcher.locks

clean: ## remove caches (VAR=1: the data of the embedded run too)
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
	@if [ "$(VAR)" = 1 ]; then $(PY) -m market.launcher --remove; fi
