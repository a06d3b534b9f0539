# Every target works on a fresh machine that has GNU make and Python 3.11 or newer (screenshots need Chromium, too).

PYTHON  ?=
VENV    ?= .venv$(if $(PYTHON),-$(notdir $(PYTHON)))
STORE   ?= ./lodeline-data
PORT    ?= 5000
# Tests wait for the servers that they start, so there are two processes for each processor, up to eight; those in a
# browser wait less.
PROCESSORS := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
WORKERS  ?= $(shell [ $(PROCESSORS) -lt 4 ] && expr $(PROCESSORS) \* 2 || echo 8)
BROWSERS ?= $(shell [ $(PROCESSORS) -lt 8 ] && expr $(PROCESSORS) + 1 || echo 8)

BIN        := $(VENV)/bin
STAMP      := $(VENV)/.synced
UV_VERSION := 0.13.9

# Pyright and its Node come from the locked packages; it looks for no newer release of itself.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

# Node comes from a locked Python package, so that a machine without it can build the page.
NPM        := PATH="$(abspath $(BIN)):$$PATH" $(BIN)/npm --prefix ui --loglevel error
UI_MODULES := ui/node_modules/.installed
UI_INDEX   := src/lodeline/server/static/app/index.html
UI_SOURCES := $(shell find ui/src -type f 2>/dev/null) ui/index.html ui/vite.config.ts ui/tsconfig.json

# What every command and the server import is compiled at once, as pip does and uv does not: where Python may write no
# bytecode (PYTHONDONTWRITEBYTECODE, in many containers) each command would else compile it again, for a second.
COMPILED := annotated_types anyio fastapi google grpc h11 httpcore httpx idna opentelemetry orjson pydantic rich \
    starlette typer typing_extensions.py typing_inspection uvicorn

.DEFAULT_GOAL := help
.PHONY: help setup run port built ui test soak adapters frameworks check formatted lint types imports sizes fresh page format docs screenshots bench clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## create the virtual environment from uv.lock

run: $(STAMP) port built ## build the web page, serve a demonstration store (STORE, PORT)
	$(VENV)/bin/lodeline demo --store $(STORE) --at http://127.0.0.1:$(PORT)
	$(VENV)/bin/lodeline server --store $(STORE) --port $(PORT)

# A busy port is said before the demonstration is loaded, not after.
port: $(STAMP)
	@$(BIN)/python -m tools.check_port $(PORT)

# Without the npm registry the page cannot be built at first; the server works without it.
built: $(STAMP)
	@$(MAKE) --no-print-directory ui || echo 'The web page was not built, see above; the server runs without it.' >&2

ui: $(UI_INDEX) ## build the web page, when its sources have changed

# What tests the page without a browser runs beside the first ones, which wait for servers; what it says comes after them.
# The browser's driver keeps an event loop running in its process: its tests have processes of their own.
# Modules are compiled once for all processes of the tests, also where Python may write no bytecode otherwise. Plugins
# are named, since pytest would else rewrite every module of the packages that have one, and ours is one of them.
PLUGINS := --disable-plugin-autoload $(addprefix -p ,xdist timeout _hypothesis_pytestplugin anyio.pytest_plugin \
    schemathesis.pytest.plugin lodeline.sdk.pytest_plugin.plugin)
TESTS   := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest $(PLUGINS)
SHARING := LODELINE_TESTS_DEMONSTRATION="$(abspath build)/demonstration"
test: $(STAMP) $(UI_INDEX) ## run all tests but the soak tests (WORKERS, ARGS)
ifdef ARGS
	$(TESTS) -n $(WORKERS) $(ARGS)
else
	@rm -rf build/demonstration; mkdir -p build
	$(NPM) test >build/page-tests.txt 2>&1 & beside=$$!; \
	$(SHARING) $(TESTS) -n $(WORKERS) --ignore=tests/browser; failed=$$?; \
	wait $$beside || failed=1; cat build/page-tests.txt; \
	$(SHARING) $(TESTS) -n $(BROWSERS) tests/browser || failed=1; \
	rm -rf build/demonstration; exit $$failed
endif

# First properties, with EXAMPLES times as many examples; those that want the machine for themselves come one by one
# after the fuzzers.
FUZZERS  := tests/fuzz tests/ingest tests/server
EXAMPLES ?= 20
soak: $(STAMP) $(UI_INDEX) ## run the tests that take minutes (WORKERS, EXAMPLES, ARGS)
	$(if $(ARGS),,LODELINE_TESTS_EXAMPLES=$(EXAMPLES) $(BIN)/python -m pytest -m 'hypothesis and not soak' --timeout 0 \
		-n $(WORKERS) --ignore=tests/browser)
	$(if $(ARGS),,$(BIN)/python -m pytest -m soak --timeout 0 -n $(WORKERS) $(FUZZERS))
	$(BIN)/python -m pytest -m soak --timeout 0 $(or $(ARGS),--ignore=tests/browser $(FUZZERS:%=--ignore=%))
	$(if $(ARGS),,$(BIN)/python -m pytest -m soak --timeout 0 tests/browser)

# DeepEval and Ragas pin packages that the project has newer, so each has an environment of its own, kept by uv.
BESIDE := PYTHONPATH=src DEEPEVAL_TELEMETRY_OPT_OUT=1 $(BIN)/uv run --quiet --no-project --isolated \
	--python $(BIN)/python --with pytest --with hypothesis --with orjson
OWN    := -q -o addopts=--import-mode=importlib -o filterwarnings=default

adapters: $(STAMP) ## run the adapters' tests against DeepEval and Ragas
	$(BESIDE) --with 'deepeval>=4.3,<5' python -m pytest $(OWN) tests/evals/adapters/test_deepeval.py
	$(BESIDE) --with 'ragas>=0.4.3,<0.5' --with 'langchain-community<0.4' --with 'rapidfuzz>=3.14' \
		python -m pytest $(OWN) tests/evals/adapters/test_ragas.py

# Their instrumentations and MLflow's client are pinned with them, in an environment for each: `tests/frameworks`.
frameworks: $(STAMP) ## run frameworks under MLflow's autolog and ours (FRAMEWORKS)
	LODELINE_FRAMEWORKS='$(or $(FRAMEWORKS),all)' $(BIN)/python -m pytest -q -n 0 tests/frameworks

check: formatted lint types imports sizes fresh page ## all of the seven below; -k goes on past a failure

formatted: $(STAMP) ## is every file formatted
	$(BIN)/ruff format --check .

lint: $(STAMP) ## ruff
	$(BIN)/ruff check .

types: $(STAMP) ## pyright, strict
	$(BIN)/pyright

imports: $(STAMP) ## who may import whom
	$(BIN)/lint-imports

sizes: $(STAMP) ## files, functions, classes
	$(BIN)/python tools/check_sizes.py

fresh: $(STAMP) ## are the generated pages up to date
	$(BIN)/python -m tools.gen_docs --check

page: $(UI_MODULES) ## format, lint and types of the web page
	$(NPM) run lint
	$(NPM) run types

format: $(STAMP) $(UI_MODULES) ## format, and fix what can be fixed
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(NPM) run format

docs: $(STAMP) ## write the generated pages
	$(BIN)/python -m tools.gen_docs

screenshots: $(STAMP) $(UI_INDEX) ## pictures of every page into build/screenshots (needs chromium)
	$(BIN)/python -m tools.screenshots $(ARGS)

bench: $(STAMP) ## run the benchmarks (ARGS)
	$(BIN)/python -m bench $(ARGS)

clean: ## remove the virtual environment, caches and build output, never a store
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .pytest_cache .ruff_cache .schemathesis
	rm -rf ui/node_modules src/lodeline/server/static/app
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(UI_MODULES): ui/package.json ui/package-lock.json | $(STAMP)
	$(NPM) ci
	@touch $@

$(UI_INDEX): $(UI_MODULES) $(UI_SOURCES)
	$(NPM) run build -- --logLevel warn

# A `python3` on the PATH may be too old, a shim of nothing, or lack venv: the first that can is taken.
$(BIN)/python:
	@for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
	    if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "$$python -m venv $(VENV)"; exec $$python -m venv $(VENV); \
	    fi; \
	done; \
	echo 'Python 3.11 or newer with the venv module is needed; none was found.' >&2; exit 1

$(STAMP): uv.lock pyproject.toml | $(BIN)/python
	@$(BIN)/uv --version 2>/dev/null | grep -qF 'uv $(UV_VERSION) ' \
	    || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	UV_PROJECT_ENVIRONMENT=$(VENV) $(BIN)/uv sync --quiet --frozen --all-extras --all-groups --python $(BIN)/python
	@cd $(VENV)/lib/python3*/site-packages && '$(abspath $(BIN))/python' -m compileall -q $(COMPILED) '$(CURDIR)/src' || true
	@touch $@
