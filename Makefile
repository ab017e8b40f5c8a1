# A fresh clone needs Python 3.11 or later and make, nothing else.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test check lock browser run-environment test-environment

VENV := .venv/bin/python
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile

run: run-environment ## the CRM with a demo organization: PORT, CRM_DATA_DIR, DEMO=false, DATABASE_URL
	@exec $(VENV) -m crm.develop

# More workers than cores: one often waits for its server or its browser.
test: browser check ## every check and every test, the browser's too
	@CHROMIUM=$$($(VENV) tools/environment.py browser) && export CHROMIUM && exec $(VENV) -m pytest -n 3 --dist loadfile --durations=10

check: test-environment ## style, types, imports, templates
	@$(VENV) -m ruff check
	@$(VENV) -m ruff format --check
	@$(VENV) -m mypy --strict crm
	@$(VENV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command(["--no-logo"])'
	@$(VENV) -m djlint --lint --quiet templates

lock: ## requirements/*.txt anew from requirements/*.in, needs uv
	@for name in base run test; do $(LOCK) --output-file requirements/$$name.txt requirements/$$name.in || exit 1; done

browser: test-environment
	@$(VENV) tools/environment.py browser >/dev/null

run-environment test-environment:
	@python=$$(tools/find-python) && exec "$$python" tools/environment.py $(@:-environment=)
