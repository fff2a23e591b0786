# The developer's five words. All use .venv-dev, which `python3 start.py test` makes.
PYTHON := .venv-dev/bin/python

.PHONY: check format test notebooks bench

check: $(PYTHON)  ## what a reader would object to
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy

format: $(PYTHON)  ## make the layout right, and environment.yml
	$(PYTHON) -m ruff check --fix-only --quiet
	$(PYTHON) -m ruff format
	$(PYTHON) tools/environment.py

test: $(PYTHON)  ## the quick tests; `python3 start.py test --all` runs nearly all
	$(PYTHON) -m pytest

notebooks: $(PYTHON)  ## run the lessons and compare their outputs
	$(PYTHON) -m pytest tests/test_notebooks.py -m ""

bench: $(PYTHON)  ## measure, and print the table of benchmarks/README.md
	$(PYTHON) -m benchmarks

$(PYTHON):
	@echo "There is no .venv-dev yet: run 'python3 start.py test' first." >&2; exit 1
