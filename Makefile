SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-us-east-1} .devcloud/sam/bin/sam
ENV ?= dev
ARCH ?= $(if $(filter default,$(ENV)),x86_64,aarch64)
TESTS ?= tests

.PHONY: help run test faults replay sweep-preview check lint types template build deploy migrate pins clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

run: ## Run the whole product on this machine: http://127.0.0.1:8000 (PORT=, INBOX_PORT=)
	@devcloud/prepare.sh mariadb
	@exec $(PYTHON) -m devcloud --port $(or $(PORT),8000) --inbox-port $(or $(INBOX_PORT),8025)

test: ## Run every test (TESTS=tests/unit for some)
	@devcloud/prepare.sh mariadb chromium
	$(PYTHON) -m pytest $(TESTS)

faults: ## In full what `make test` only samples: kills, timing oracles, generated requests
	@devcloud/prepare.sh mariadb
	WHOLE=1 KILLS=$(or $(KILLS),100) MESSAGES=$(or $(MESSAGES),200000) MINUTES=$(or $(MINUTES),1) \
	  HISTORIES=$(or $(HISTORIES),1000) COMMITS=200 REPLY_KILLS=20 PAIRS=300 EXAMPLES=50 $(PYTHON) -m pytest -s \
	  tests/faults tests/system/test_oracle.py tests/system/test_contract.py

check: lint types template test ## What CI runs: lint, types, template checks, tests

lint: ## Lint and formatting
	@devcloud/prepare.sh
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m bandit -q -r layers/shared/python functions -c pyproject.toml

types: ## Types, strictly
	@devcloud/prepare.sh
	$(PYTHON) -m mypy

template: ## cfn-lint and sam validate
	@devcloud/prepare.sh sam
	.venv/bin/cfn-lint template.yaml
	$(SAM) validate

build: ## Build what is deployed, into .aws-sam/build (ENV=default for x86_64, ENV=dev or prod for arm64)
	@devcloud/prepare.sh sam
	ARCH=$(ARCH) $(SAM) build --config-env $(ENV)

deploy: build migrate ## Build, migrate the database of .env, deploy (ENV=dev or prod)
	$(SAM) deploy --config-env $(ENV) $(DEPLOY_FLAGS)

migrate: ## Apply the missing migrations to the database that .env names
	@devcloud/prepare.sh
	@test -f .env || { echo "migrate: no .env here names a database; copy .env.example to .env first" >&2; exit 1; }
	@PYTHONPATH=layers/shared/python $(PYTHON) -m dotenv --file .env run --no-override -- $(PYTHON) sql/migrate.py

replay: ## Send dead letters back: QUEUE=Letters, Memory, Sweep or Titles (STACK= for one on AWS)
	@devcloud/prepare.sh
	@$(PYTHON) operations/replay.py $(QUEUE)

sweep-preview: ## What the sweep would take now (STACK= for one on AWS)
	@devcloud/prepare.sh
	@$(PYTHON) operations/sweep_preview.py

pins: ## Renew requirements/*.txt from requirements/*.in
	@devcloud/prepare.sh
	@UV=$$(command -v uv || echo $$PWD/.devcloud/uv/bin/uv); cd requirements && for name in layer auth dev sam uv; do \
	  $$UV pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url $$(case $$name in auth|dev) echo -c layer.txt;; esac) $$name.in --output-file $$name.txt; done

clean: ## Remove what was built and the local data
	rm -rf .aws-sam .devcloud .venv .mypy_cache .pytest_cache .ruff_cache
