# One command menu; CI runs the same targets. `make run` on a fresh machine needs Python 3.11 only.
PYTHON ?= python3.11
UV_VERSION := 0.13.9
BIN := .venv/bin

.PHONY: setup run test lint types imports migrations deploy-check check lock

# The venv is rebuilt only when the lock file changes.
.venv/.installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || \
	  { echo "Python 3.11 is needed: install it, or name it with make PYTHON=/path/to/python3.11."; exit 1; }
	@echo "==> Creating .venv and installing the locked dependencies"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@touch $@

setup: .venv/.installed

test: setup
	@$(BIN)/python -m pytest -n auto -q

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup
	@$(BIN)/mypy .

imports: setup
	@$(BIN)/lint-imports

lock:
	@$(BIN)/uv pip compile pyproject.toml --all-extras --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-header --quiet --output-file requirements.lock
