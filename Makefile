SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-us-east-1} .devcloud/sam/bin/sam
ENV ?= dev
ARCH ?= $(if $(filter default,$(ENV)),x86_64,aarch64)
TESTS ?= tests bench/tests

.PHONY: help run test test-faults check lint types template build bench cost sam-local sam-invoke secrets deploy destroy replay cleanup-preview \
  migrate docs pins clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# With BUILT=1, `run` and `test` take what `make build` makes for this machine instead of the sources.
BUILT ?=
export BUILT
.PHONY: built
built:
	$(if $(BUILT),@$(MAKE) build ENV=default)

run: built ## Run the whole product on this machine: http://127.0.0.1:8000 (PORT=, INBOX_PORT=, BUILT=1)
	@scripts/prepare.sh mariadb
	@PYTHONPATH=devcloud/src exec $(PYTHON) -m devcloud $(if $(BUILT),--built) --port $(or $(PORT),8000) \
	  --service-port sendgrid=$(or $(INBOX_PORT),8025)

test: built ## Run every test (TESTS=tests/unit for some; BUILT=1 on what is deployed)
	@scripts/prepare.sh mariadb chromium faketime sam
	$(PYTHON) -m pytest -n 2 --dist loadfile $(TESTS)

test-faults: ## In full what `make test` only samples, and timed: kills, stalls, timing oracles, generated requests (SEED=)
	@scripts/prepare.sh mariadb faketime
	@seed=$(or $(SEED),$$RANDOM); echo "seed $$seed; make test-faults SEED=$$seed repeats it"; \
	WHOLE=1 SEED=$$seed KILLS=$(or $(KILLS),100) MESSAGES=$(or $(MESSAGES),200000) MINUTES=$(or $(MINUTES),1) \
	  HISTORIES=$(or $(HISTORIES),1000) COMMITS=200 REPLY_KILLS=20 PAIRS=300 EXAMPLES=50 \
	  SEQUENCES=$(or $(SEQUENCES),200) $(PYTHON) -m pytest -s --hypothesis-seed=$$seed \
	  tests/faults $(addprefix tests/system/test_,$(addsuffix .py,oracle enumeration contract failures streaming first_walk)) \
	  tests/integration/test_language_model.py tests/integration/test_database.py

check: ## What CI runs: lint, types, template checks, tests; a part that fails does not keep the others from running
	@$(MAKE) --no-print-directory --keep-going lint types template test

.PHONY: lint-rules lint-format lint-security
lint: lint-rules lint-format lint-security ## Lint and formatting
lint-rules lint-format lint-security: prepared
lint-rules: ; $(PYTHON) -m ruff check
lint-format: ; $(PYTHON) -m ruff format --check
lint-security: ; $(PYTHON) -m bandit -q -r layers/shared/python functions -c pyproject.toml

.PHONY: prepared
prepared:
	@scripts/prepare.sh

types: ## Types, strictly
	@scripts/prepare.sh
	$(PYTHON) -m mypy

template: ## cfn-lint, checkov and sam validate
	@scripts/prepare.sh sam checkov
	.venv/bin/cfn-lint template.yaml
	.devcloud/checkov/bin/checkov --config-file .checkov.yaml --file template.yaml --skip-download
	$(SAM) validate

build: ## Build what is deployed, into .aws-sam/build (ENV=default for x86_64, ENV=dev or prod for arm64)
	@scripts/prepare.sh sam
	ARCH=$(ARCH) $(SAM) build --config-env $(ENV)

bench: ## Measure what `make build` makes, into docs/performance.md (PART=cold_start for one)
	@scripts/prepare.sh mariadb chromium sam
	@$(MAKE) build ENV=default
	@PYTHONPATH=devcloud/src:layers/shared/python:functions/auth $(PYTHON) -m bench $(PART)

cost: ## What a month costs, into docs/cost.md (MESSAGES="5000 50000": print those instead)
	@scripts/prepare.sh
	@PYTHONPATH=devcloud/src:layers/shared/python $(PYTHON) -m bench.cost $(MESSAGES)

# Which database and sender a deployment has: .env.dev or .env.prod, or .env where there is only one.
ENV_FILE ?= $(or $(wildcard .env.$(ENV)),.env)

secrets: ## Ask for the four secrets, without an echo, and keep them in SSM (ENV=dev or prod)
	@scripts/prepare.sh
	@PYTHONPATH=layers/shared/python $(PYTHON) operations/store_secrets.py $(ENV)

.PHONY: deployable
deployable:
	@scripts/prepare.sh sam
	@$(PYTHON) operations/deploy.py $(ENV) $(ENV_FILE) --check

deploy: deployable build migrate ## Build, migrate the database, deploy (ENV=dev or prod, ENV_FILE=, DEPLOY_FLAGS=)
	@$(PYTHON) operations/deploy.py $(ENV) $(ENV_FILE) $(DEPLOY_FLAGS)

destroy: ## Delete a deployment, after saying what stays behind (ENV=dev or prod)
	@scripts/prepare.sh sam
	@$(PYTHON) operations/destroy.py $(ENV)

# Inside Docker: the functions in containers, their services beside them. SAM_FLAGS is passed on to sam.
sam-local: ## What was built, under `sam local start-api`: http://127.0.0.1:3000 (BIND=, PORT=, SAM_FLAGS=)
	@$(MAKE) build ENV=default
	@scripts/prepare.sh mariadb sam
	@BIND=$(BIND) PORT=$(PORT) INBOX_PORT=$(INBOX_PORT) scripts/sam_local.sh $(SAM_FLAGS)

sam-invoke: ## One worker while `make sam-local` runs: DOMAIN=titles, memory, email or cleanup (EVENT=, SAM_FLAGS=)
	@name=$(DOMAIN); scripts/sam.sh local invoke "$${name^}Function" --env-vars .devcloud/sam.json \
	  --event $(or $(EVENT),tests/events/$(DOMAIN).json) $(SAM_FLAGS)

migrate: ## Apply the missing migrations to the database that ENV_FILE names
	@scripts/prepare.sh
	@test -f $(ENV_FILE) || { echo "migrate: no $(ENV_FILE) here names a database; copy .env.example first" >&2; exit 1; }
	@PYTHONPATH=layers/shared/python $(PYTHON) -m dotenv --file $(ENV_FILE) run --no-override -- $(PYTHON) sql/migrate.py

replay: ## Send messages of a dead-letter queue back: QUEUE=Cleanup, Email, Memory or Titles (STACK= for one on AWS)
	@scripts/prepare.sh
	@$(PYTHON) operations/replay.py $(QUEUE)

cleanup-preview: ## What the cleanup would delete now (STACK= for one on AWS)
	@scripts/prepare.sh
	@$(PYTHON) operations/cleanup_preview.py

docs: ## Write anew docs/openapi.json, routes.md, settings.md and queue-messages.md
	@scripts/prepare.sh
	@PYTHONPATH=.:devcloud/src:layers/shared/python:functions/auth:functions/chat $(PYTHON) docs/generate.py

pins: ## Renew requirements/*.txt from requirements/*.in
	@scripts/prepare.sh
	@UV=$$(command -v uv || echo $$PWD/.devcloud/uv/bin/uv); cd requirements && for name in layer auth dev sam checkov uv; do \
	  $$UV pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url $$(case $$name in auth|dev) echo -c layer.txt;; esac) $$name.in --output-file $$name.txt; done

clean: ## Remove what was built and the local data
	rm -rf .aws-sam .devcloud .venv .mypy_cache .pytest_cache .ruff_cache
