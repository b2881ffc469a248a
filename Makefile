# What a checkout can do: `make help`. Everything is installed into .venv, at the versions of
# constraints.txt, the first time it is needed and again when those change.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c '$(SUPPORTED)' 2>/dev/null && echo $$python && break; done)

# Set in many containers. Without compiled modules, every process that the tests start compiles all.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo demo-start demo-compile demo-deploy test chaos check style types coverage mutants bench audit aws-smoke site dist \
	pictures image release-notes prices clean
.DELETE_ON_ERROR:

help:
	@echo 'make demo    time the first deployment of a new user; compile and lint spec/reference.yaml, deploy it to a'
	@echo '             local target, destroy it, recover a failure'
	@echo 'make test    run the tests in six processes, or those of ARGS in one'
	@echo 'make chaos   try every command under every fault at every call; make test tries a sample'
	@echo 'make check   run everything a change has to pass: ruff, mypy, tests with coverage'
	@echo 'make mutants change what decides about data in one place at a time: do the tests notice?'
	@echo 'make bench   measure CPU time and memory against plain troposphere'
	@echo 'make audit   run checkov, cdk-nag and cfn-guard over the shipped specs; every finding has a reason'
	@echo 'make aws-smoke PROFILE=... REGION=...'
	@echo '             deploy, change, break and destroy in a real account; it asks first'
	@echo 'make site    build the pages with a generated reference as a site into build/site/'
	@echo 'make pictures draw the pictures of the documentation anew'
	@echo 'make dist    build the distributions into dist/; check, install and try them'
	@echo 'make image   build the container image with docker or podman, and try it'
	@echo 'make prices REGIONS="eu-west-2 us-east-1" renew schemas/prices.json from the AWS Price List'
	@echo 'make clean   remove .venv, caches and what was built'
	@echo
	@echo 'PYTHON=...   the Python, 3.11 to 3.14, to make .venv with'

demo: demo-start demo-compile demo-deploy

# What the README says first, as a new user does it, and how long that takes. A busy machine takes
# longer, so this only tells; tests/test_tutorials.py bounds the processor's time.
START = '$(abspath $(BIN))/camformation'
demo-start: $(VENV)/.runtime
	@rm -rf build/start && mkdir -p build/start
	@cd build/start; began=$$(date +%s); \
	echo '$$ camformation init --yes' && $(START) init --yes && \
	echo && echo '$$ camformation deploy camunda.yaml --local --yes' && \
	$(START) deploy camunda.yaml --local-state state --yes --quiet && \
	echo && echo "A new user's first deployment took $$(($$(date +%s) - began)) s;" \
		'on two idle cores it takes less than 60 s.' && echo

demo-compile: $(VENV)/.runtime
	$(BIN)/camformation compile --lint spec/reference.yaml
	$(BIN)/camformation lint out/camunda
	$(BIN)/camformation stackset export --lint spec/production.yaml

# A rehearsal on this machine: deployed, deployed again, planned with a change; scaled, with brokers
# that are simulated, from 3 to 5; destroyed. Then a
# deployment that fails, with its diagnosis, and its recovery.
LOCAL := --local-state build/demo
BROKEN := --set name=broken --set orchestration.image=example.com/missing/camunda:8.10.9
OPS := --set operations.task={}
RUN = @echo && echo '$$ $(1)' && $(BIN)/$(1)

demo-deploy: $(VENV)/.runtime
	@rm -rf build/demo
	$(call RUN,camformation deploy spec/reference.yaml $(LOCAL) --yes --quiet)
	$(call RUN,camformation deploy spec/reference.yaml $(LOCAL) --yes --quiet)
	$(call RUN,camformation plan spec/reference.yaml $(LOCAL) --set orchestration.memory_mib=16384) || [ $$? -eq 2 ]
	$(call RUN,camformation deploy spec/reference.yaml $(LOCAL) --yes --quiet $(OPS))
	$(call RUN,camformation scale spec/reference.yaml orchestration 5 $(LOCAL) --yes)
	$(call RUN,camformation deploy spec/reference.yaml $(LOCAL) --yes --quiet $(OPS) --set orchestration.brokers=5)
	$(call RUN,camformation status spec/reference.yaml $(LOCAL) --brokers)
	$(call RUN,camformation destroy spec/reference.yaml $(LOCAL) --yes --name camunda --quiet)
	$(call RUN,camformation deploy spec/reference.yaml $(LOCAL) --yes --quiet $(BROKEN)) || [ $$? -eq 1 ]
	$(call RUN,camformation recover broken $(LOCAL) --way delete --yes --name broken)

# In two processes, a layout in each.
NESTED := -k nested
FLAT := -k 'not nested'
chaos: $(VENV)/.development
	$(call at_once,CHAOS=all $(BIN)/python -m pytest tests/chaos $(ARGS),NESTED FLAT)

check: style types coverage

style: $(VENV)/.development
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.development
	$(BIN)/mypy -p camformation -p bench -p mutants -p release -p scanners -p smoke -p website -p pictures
	$(BIN)/mypy tests

# A command in several processes, each with one of the variables as its arguments. The output of the
# first one is seen at once, that of the others follows.
at_once = @mkdir -p build/tests; rm -f build/tests/$@.*; others=; \
	$(foreach share,$(wordlist 2,9,$(2)),$(1) $($(share)) >build/tests/$@.$(share).txt 2>&1 & others="$$others $$!";) \
	trap "kill $$others; exit 130" INT TERM; \
	$(1) $($(firstword $(2))); failed=$$?; \
	for other in $$others; do wait $$other || failed=1; done; \
	cat build/tests/$@.*.txt; exit $$failed

# All tests, shared by processes that wait a lot, each of less than 400 MiB: those of the folders, and
# the rest.
LOCAL_AND_PLAN := tests/local tests/plan
OTHER_FOLDERS = $(filter-out $(LOCAL_AND_PLAN),$(patsubst %/,%,$(sort $(dir $(wildcard tests/*/test_*.py)))))
A_TO_C := tests/test_[a-c]*.py
D_TO_L := tests/test_[d-l]*.py
M_TO_P := tests/test_[m-p]*.py
OTHERS := tests/test_[!a-p]*.py
shared = $(call at_once,$(1),LOCAL_AND_PLAN OTHER_FOLDERS A_TO_C D_TO_L M_TO_P OTHERS)

test: $(VENV)/.development
	$(if $(ARGS),$(BIN)/python -m pytest $(ARGS),$(call shared,$(BIN)/python -m pytest))

# The same with the coverage of lines and branches, without that of the processes that tests start.
COVERED := 95
coverage: $(VENV)/.development
	@mkdir -p build/coverage
	@rm -f build/coverage/*
	$(call shared,$(BIN)/python -m slipcover --dont-wrap-pytest --out $$(mktemp build/coverage/data.XXXXXX) -m pytest)
	@$(BIN)/python -m slipcover --merge build/coverage/data.* --out build/coverage/all.json --fail-under $(COVERED) \
		>build/coverage/report.txt || { cat build/coverage/report.txt; exit 1; }
	@awk 'END { print "Coverage of lines and branches: " $$NF " %" }' build/coverage/report.txt

mutants: $(VENV)/.mutants
	$(BIN)/python -m mutants $(ARGS)

bench: $(VENV)/.runtime
	$(BIN)/python -m bench $(ARGS)

# Never in continuous integration: it costs money. LOCAL=1 rehearses it, YES=1 does not ask.
aws-smoke: $(VENV)/.runtime
	@$(BIN)/python -m smoke --region $(or $(REGION),$(error REGION=... is missing)) \
		$(if $(PROFILE),--profile $(PROFILE)) $(if $(LOCAL),--local) $(if $(YES),--yes) $(ARGS)

site: $(VENV)/.site
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --clean --config-file website/mkdocs.yml
	@$(BIN)/python -m website build/site

# What the documentation shows, made by the command itself. A test compares it.
pictures: $(VENV)/.runtime
	$(BIN)/python -m pictures

dist: $(VENV)/.development
	rm -rf dist build/man
	$(BIN)/python -m release manual build/man
	$(BIN)/python -m build --no-isolation --outdir dist
	$(BIN)/python -m release check dist

ENGINE := $(shell command -v docker || command -v podman)
image:
	@test -n '$(ENGINE)' || { echo 'make image needs docker or podman' >&2; exit 1; }
	'$(ENGINE)' build --tag camformation .
	'$(ENGINE)' run --rm --volume '$(CURDIR)/spec:/work:ro' camformation validate reference.yaml

release-notes: $(VENV)/.development
	@$(BIN)/python -m release notes $(VERSION)

# The rules of others, in an environment of their own: Python's and Node's packages, exactly pinned.
AUDIT := build/audit
audit: $(VENV)/.runtime $(AUDIT)/.installed
	$(BIN)/python -m scanners $(ARGS)

$(AUDIT)/.installed: scanners/constraints.txt scanners/package-lock.json scanners/nag.mjs
	@command -v npm >/dev/null || { echo 'make audit needs Node.js with npm' >&2; exit 1; }
	@echo 'Installing checkov, cdk-nag and cfn-guard into $(AUDIT) ...'
	@rm -rf $(AUDIT) && mkdir -p $(AUDIT)/node
	@$(BIN)/python -m venv $(AUDIT)/venv
	@$(AUDIT)/venv/bin/python -m pip install --quiet --disable-pip-version-check \
		-c scanners/constraints.txt checkov
	@cp scanners/package.json scanners/package-lock.json scanners/.npmrc scanners/nag.mjs $(AUDIT)/node
	@cd $(AUDIT)/node && npm ci --silent --ignore-scripts
	@touch $@

# Needs credentials that allow pricing:GetProducts.
prices: $(VENV)/.development
	@$(BIN)/python -m release prices $(or $(REGIONS),$(error REGIONS=... is missing))

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache
	find compiler tests bench mutants release smoke website pictures -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	@$(or $(PYTHON),false) -c '$(SUPPORTED)' || { \
		echo 'camformation needs Python 3.11 to 3.14; this is $(or $(PYTHON),none of them).' \
			'Install one, or name it: make PYTHON=/path/to/python3.13' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo '$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu:' \
			'apt-get install python3-venv' >&2; exit 1; }

# pip and the build backend come first and pinned, so that nothing else decides their versions.
$(VENV)/.runtime: constraints.txt pyproject.toml | $(BIN)/python
	@echo 'Installing into $(VENV) ...'
	@$(PIP) pip hatchling
	@$(PIP) --no-build-isolation --editable '.[local,pictures,aws-lint]'
	@touch $@

$(VENV)/.development: $(VENV)/.runtime
	@echo 'Installing the tools for development into $(VENV) ...'
	@$(PIP) --group dev
	@touch $@

$(VENV)/.site: $(VENV)/.runtime
	@echo 'Installing MkDocs into $(VENV) ...'
	@$(PIP) --group site
	@touch $@

$(VENV)/.mutants: $(VENV)/.development
	@echo 'Installing mutmut into $(VENV) ...'
	@$(PIP) --group mutants
	@touch $@
