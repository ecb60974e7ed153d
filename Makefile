# `make` lists every task. The first one that needs .venv makes it; bin/setup does nothing when it is there.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

python := .venv/bin/python
sam := .venv/tools/sam/bin/sam

# What the tasks may be told: `make deploy CONFIG=prod`.
CONFIG ?= default
EVENT ?= events/resize-jpeg-to-webp.json
STACK ?= $(if $(ENDPOINT),transcoder,$(error STACK=... is missing: which stack?))
operated = $(STACK) $(if $(APPLY),--apply) $(if $(ENDPOINT),--endpoint $(ENDPOINT))
FUNCTION ?= $(if $(filter copy-%,$(notdir $(EVENT))),CopyFunction,ResizeFunction)

export SAM_CLI_TELEMETRY := 0

.PHONY: help
help: ## list the tasks
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

.PHONY: setup setup-test
setup:
	@bin/setup run
setup-test:
	@bin/setup test

##@ On this machine, without an account

.PHONY: run demo
run: setup ## start everything here: upload a photograph, open it at any size (ports: EDGE_PORT, AWS_PORT; Ctrl-C stops)
	@$(python) -m local

demo: setup ## walk through the whole workflow, show what was seen at each step, keep the images in demo-output/
	@$(python) -m local.demo

##@ Tests

.PHONY: test check unit model lint format golden
test: lint ## run all checks and tests; those with containers where an engine is (REQUIRE_CONTAINERS=1: no excuse)
	@$(python) -m pytest

check: ## run what continuous integration runs
	@REQUIRE_CONTAINERS=1 $(MAKE) test

unit: setup-test ## run the tests that need neither a server nor a container
	@$(python) -m pytest -m 'not sockets and not container'

model: setup-test ## look for races much longer than `make test` does: N=5000 examples, eight times as many walks
	MODEL_EXAMPLES=$(or $(N),5000) $(python) -m pytest --timeout 0 tests/model/test_consistency.py

lint: setup-test ## check style, types, imports, scripts, Dockerfiles and the template
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	bin/check-types
	PYTHONPATH=functions:. .venv/bin/lint-imports
	.venv/bin/shellcheck .ci/run bin/setup bin/lock bin/check-types
	.venv/bin/hadolint functions/*/Dockerfile
	.venv/bin/cfn-lint template.yaml
	$(sam) validate --config-env $(CONFIG)
	.venv/tools/checkov/bin/checkov --quiet --compact --skip-download --framework cloudformation --file template.yaml

format: setup ## format the code, and mend what can be mended
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

golden: setup ## renew the golden images; look at what `git diff` says before you commit them
	GOLDEN=renew $(python) -m pytest tests/imaging/test_golden.py

##@ In containers

.PHONY: build invoke start-api
build: setup-test ## build both images
	$(sam) build --config-env $(CONFIG)

invoke: build ## invoke a function's image with EVENT=events/NAME.json, while `make run` is running elsewhere
	@$(python) bin/sam_local.py invoke $(FUNCTION) --event $(EVENT)

start-api: build ## serve the API from the resize function's image on port 3000, while `make run` is running elsewhere
	@$(python) bin/sam_local.py start-api

##@ On AWS (CONFIG=prod: the production stack)

.PHONY: validate deploy logs reconcile redrive delete
validate: setup-test ## check the template as `sam deploy` would
	$(sam) validate --config-env $(CONFIG)

deploy: build ## create or update the stack; its secret is made on the first deployment
	@$(python) bin/deploy.py $(CONFIG)

logs: setup-test ## follow the logs of both functions
	$(sam) logs --config-env $(CONFIG) --tail

reconcile: setup-test ## compare buckets and index of STACK, and say what differs; APPLY=1 repairs (ENDPOINT=URL: of `make run`)
	@PYTHONPATH=functions:functions/copy $(python) -m operations.reconcile $(operated)

redrive: setup-test ## show the dead letters of STACK; APPLY=1 puts them back into the queue (ENDPOINT=URL: of `make run`)
	@$(python) -m operations.redrive $(operated)

delete: setup-test ## delete the stack; the source bucket stays
	$(sam) delete --config-env $(CONFIG)

##@ Housekeeping

.PHONY: lock clean
lock: setup ## renew the locked requirements (UPGRADE=1: to the newest versions)
	@bin/lock $(if $(UPGRADE),--upgrade)

clean: ## remove all that was made here, .venv included
	rm -rf .venv .local .aws-sam demo-output .hypothesis .pytest_cache .ruff_cache .mypy_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
