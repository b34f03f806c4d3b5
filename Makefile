SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-us-east-1} .devcloud/sam/bin/sam
ENV ?= dev
ARCH ?= $(if $(filter default,$(ENV)),x86_64,aarch64)
TESTS ?= tests devcloud/tests bench/tests

.PHONY: help run test test-faults check lint typecheck validate build bench cost sam-local sam-invoke secrets doctor deploy smoke destroy replay \
  cleanup-preview admin backup restore backup-check migrate docs release-database lock clean

##@ Every day

help: ## Show this list
	@awk -F ':.*## ' '/^##@ /{printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' Makefile

# The database of `run`, the tests and the measurements on this machine: mariadb or tidb.
DB ?= mariadb
export DB

# With BUILT=1, `run` and `test` use the build for this machine instead of the sources.
BUILT ?=
export BUILT
.PHONY: built
built:
	$(if $(BUILT),@$(MAKE) build ENV=default)

run: built ## Run the whole product on this machine: http://127.0.0.1:8000 (PORT=, INBOX_PORT=, BUILT=1, DB=tidb)
	@scripts/prepare.sh $(if $(shell grep -sE '^(export )?DB_HOST=.' .env),,$(DB))
	@PYTHONPATH=devcloud/src exec $(PYTHON) -m devcloud $(if $(BUILT),--built) --port $(or $(PORT),8000) \
	  --service-port sendgrid=$(or $(INBOX_PORT),8025) --database $(DB)

# Write bytecode: otherwise each test process would compile all modules again.
test test-faults: export PYTHONDONTWRITEBYTECODE :=
test: built ## Run every test (TESTS=tests/unit for some; WORKERS=3 at once; BUILT=1 on the build; DB=tidb)
	@scripts/prepare.sh $(DB) chromium faketime sam
	$(PYTHON) -m pytest -n $(or $(WORKERS),3) --dist loadfile $(TESTS)

test-faults: ## Run the fault tests in full; `make test` runs samples of them (SEED=, KILLS=, MESSAGES=, MINUTES=, HISTORIES=, DB=tidb)
	@scripts/prepare.sh $(DB) faketime
	@seed=$(or $(SEED),$$RANDOM); echo "seed $$seed; make test-faults SEED=$$seed repeats it"; \
	WHOLE=1 SEED=$$seed KILLS=$(or $(KILLS),100) MESSAGES=$(or $(MESSAGES),200000) MINUTES=$(or $(MINUTES),1) \
	  HISTORIES=$(or $(HISTORIES),1000) COMMITS=200 REPLY_KILLS=20 PAIRS=300 EXAMPLES=50 \
	  SEQUENCES=$(or $(SEQUENCES),200) $(PYTHON) -m pytest -s --timeout 7200 --hypothesis-seed=$$seed \
	  tests/faults $(addprefix tests/system/test_,$(addsuffix .py,oracle enumeration contract failures streaming first_walk)) \
	  tests/integration/language_model/test_events.py tests/integration/test_database.py

check: ## Run lint, typecheck, validate and test, as CI does; all of them run, even if one fails
	@$(MAKE) --no-print-directory --keep-going lint typecheck validate test

.PHONY: lint-rules lint-format lint-security lint-pages
lint: lint-rules lint-format lint-security lint-pages ## Check lint rules, formatting and security rules
lint-rules lint-format lint-security: prepared
lint-rules: ; $(PYTHON) -m ruff check
lint-format: ; $(PYTHON) -m ruff format --check
lint-security: ; $(PYTHON) -m bandit -q -r layers/shared/python functions -c pyproject.toml

# Node's programs find `node` on PATH.
lint-pages: export PATH := $(CURDIR)/.devcloud/node/bin:$(PATH)
lint-pages:
	@scripts/prepare.sh node
	node_modules/.bin/biome ci --error-on-warnings
	node_modules/.bin/tsc

.PHONY: prepared
prepared:
	@scripts/prepare.sh

typecheck: ## Check the types, strictly
	@scripts/prepare.sh
	$(PYTHON) -m mypy

validate: ## Check the templates: cfn-lint, checkov and sam validate
	@scripts/prepare.sh sam checkov
	.venv/bin/cfn-lint template.yaml monitoring.yaml
	.devcloud/checkov/bin/checkov --config-file .checkov.yaml --file template.yaml --skip-download
	$(SAM) validate

docs: ## Generate docs/openapi.json, routes.md, settings.md, models.md and queue-messages.md
	@scripts/prepare.sh
	@PYTHONPATH=.:devcloud/src:layers/shared/python:functions/auth:functions/admin:functions/chat:functions/attachments $(PYTHON) docs/generate.py

##@ Deploy

build: ## Build functions, layer and templates into .aws-sam/build (ENV=default for x86_64, dev or prod for arm64)
	@scripts/prepare.sh sam
	ARCH=$(ARCH) $(SAM) build --config-env $(ENV)

# The database and the sender of a deployment: .env.dev or .env.prod, or .env if there is only one.
ENV_FILE ?= $(or $(wildcard .env.$(ENV)),.env)

secrets: ## Ask for the secrets without an echo and store them in SSM (ENV=dev or prod)
	@scripts/prepare.sh
	@PYTHONPATH=layers/shared/python $(PYTHON) -m operations.store_secrets $(ENV)

doctor: ## List everything that a deployment lacks, each line with its remedy (ENV=dev or prod, ENV_FILE=)
	@scripts/prepare.sh sam
	@$(PYTHON) -m operations.doctor $(ENV) $(ENV_FILE)

deploy: doctor build ## Build, show the changes, back up, migrate, deploy, test (ENV=dev or prod, ENV_FILE=, BACKUP=off, DEPLOY_FLAGS=)
	@BACKUP=$(BACKUP) $(PYTHON) -m operations.deploy $(ENV) $(ENV_FILE) $(DEPLOY_FLAGS)

backup: ## Write an encrypted backup of database and pictures (ENV=, TO=folder or s3://bucket/prefix; else BACKUP_TO)
	@scripts/prepare.sh
	@PYTHONPATH=layers/shared/python $(PYTHON) -m operations.backup $(ENV) $(ENV_FILE) "$(TO)"

restore: ## Fill an empty database from a backup: FROM=… (ENV=, OLD=.env file of the replaced database, ONLY=database or pictures)
	@scripts/prepare.sh
	@ONLY=$(ONLY) PYTHONPATH=layers/shared/python $(PYTHON) -m operations.restore $(ENV) $(ENV_FILE) "$(FROM)" "$(OLD)"

backup-check: ## Restore a backup into a MariaDB on this machine and compare every row (ENV=, FROM=; else the newest)
	@scripts/prepare.sh mariadb
	@PYTHONPATH=devcloud/src:layers/shared/python $(PYTHON) -m operations.backup_check $(ENV) $(ENV_FILE) "$(FROM)"

migrate: ## Apply the missing migrations to the database that ENV_FILE names
	@scripts/prepare.sh
	@test -f $(ENV_FILE) || { echo "migrate: no $(ENV_FILE) here names a database; copy .env.example first" >&2; exit 1; }
	@PYTHONPATH=layers/shared/python $(PYTHON) -m dotenv --file $(ENV_FILE) run --no-override -- $(PYTHON) sql/migrate.py

smoke: ## Ask a deployed address whether it works: URL=https://… (STREAMING=off if it is)
	@test -n "$(URL)" || { echo "smoke: give the deployed address: make smoke URL=https://…" >&2; exit 1; }
	@scripts/prepare.sh
	@$(PYTHON) -m operations.smoke $(URL) $(or $(STREAMING),on)

destroy: ## Delete a deployment after listing the parts that stay behind (ENV=dev or prod)
	@scripts/prepare.sh sam
	@$(PYTHON) -m operations.destroy $(ENV)

# Inside Docker: the functions in containers, their services beside them. SAM_FLAGS is passed on to sam.
sam-local: ## Run the build under `sam local start-api`, in Docker: http://127.0.0.1:3000 (BIND=, PORT=, SAM_FLAGS=)
	@$(MAKE) build ENV=default
	@scripts/prepare.sh mariadb sam
	@BIND=$(BIND) PORT=$(PORT) INBOX_PORT=$(INBOX_PORT) scripts/sam_local.sh $(SAM_FLAGS)

sam-invoke: ## Run one worker while `make sam-local` runs: DOMAIN=titles, memory, email, export or cleanup (EVENT=, SAM_FLAGS=)
	@domain=$(DOMAIN); first=$$(tr '[:lower:]' '[:upper:]' <<<"$${domain:0:1}"); \
	  scripts/sam.sh local invoke "$$first$${domain:1}Function" --env-vars .devcloud/sam.json \
	  --event $(or $(EVENT),tests/events/$(DOMAIN).json) $(SAM_FLAGS)

# Commands for operators take STACK= for a stack on AWS; without it they use the devcloud that runs here.
##@ Operate

replay: ## Send messages of a dead-letter queue back: QUEUE=Cleanup, Email, Export, Memory or Titles (STACK= for AWS)
	@scripts/prepare.sh
	@$(PYTHON) -m operations.replay $(QUEUE)

cleanup-preview: ## Count the rows that the cleanup would delete now (STACK= for AWS)
	@scripts/prepare.sh
	@$(PYTHON) -m operations.cleanup_preview

admin: ## Give a confirmed account the role of an operator: EMAIL=ana@example.org (STACK= for AWS)
	@scripts/prepare.sh
	@$(PYTHON) -m operations.name_admin "$(EMAIL)"

##@ Maintain

bench: ## Measure the build and write the tables of docs/performance.md and operations.md (PART=latency for one table; DB=tidb)
	@scripts/prepare.sh $(DB) chromium sam
	@$(MAKE) build ENV=default
	@PYTHONPATH=sql:devcloud/src:layers/shared/python:functions/auth:functions/admin:functions/chat $(PYTHON) -m bench $(PART)

cost: ## Calculate the monthly cost and write docs/cost.md (MESSAGES="5000 50000" prints those instead; MEASURE=1 measures first)
	@scripts/prepare.sh $(if $(MEASURE),mariadb tidb)
	$(if $(MEASURE),@PYTHONPATH=.:sql:devcloud/src:layers/shared/python:functions/auth:functions/chat:functions/email $(PYTHON) -m bench.database_use)
	@PYTHONPATH=devcloud/src:layers/shared/python $(PYTHON) -m bench.cost $(MESSAGES)

release-database: ## Keep the database of a release as a test fixture: VERSION=0.1.0 COMMIT=v0.1.0, once for each release
	@scripts/prepare.sh mariadb
	@PYTHONPATH=.:sql:devcloud/src:layers/shared/python:functions/auth $(PYTHON) -m tests.support.release_database $(VERSION) $(COMMIT)

lock: export PATH := $(CURDIR)/.devcloud/node/bin:$(PATH)
lock: ## Renew requirements/*.txt from requirements/*.in, and the versions in package.json and package-lock.json
	@scripts/prepare.sh node
	@npm install --silent --package-lock-only --save-dev $$($(PYTHON) -c \
	  'import json; print(*(f"{name}@latest" for name in json.load(open("package.json"))["devDependencies"]))')
	@UV=$$(command -v uv || echo $$PWD/.devcloud/uv/bin/uv); cd requirements && for name in layer auth attachments dev sam checkov node uv; do \
	  $$UV pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	    --no-emit-index-url $$(case $$name in auth|attachments|dev) echo -c layer.txt;; esac) $$name.in --output-file $$name.txt; done

clean: ## Remove builds, environments and the local data
	rm -rf .aws-sam .devcloud .venv node_modules .mypy_cache .pytest_cache .ruff_cache
