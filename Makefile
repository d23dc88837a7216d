# `make run` and `make test` do everything on a fresh machine.
PYTHON ?= python3
BIN := .venv/bin
TESTS ?= -n 2 --dist loadfile

.PHONY: run test bench docs lint clean

.venv/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[cluster,dev]'
	@touch $@

run: .venv/.ready
	$(BIN)/sim618 run scenarios/618.yaml

test: .venv/.ready
	$(BIN)/python -m pytest $(TESTS)

bench: .venv/.ready
	$(BIN)/python -m experiments.benchmarks

docs: .venv/.ready
	$(BIN)/python -m experiments.docs

lint: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/mypy

clean:
	rm -rf .venv build *.egg-info
