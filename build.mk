# The one build recipe, included by every function's and the layer's Makefile; called by `sam build`.
# Python packages are fetched for Lambda's platform, whatever this machine is, and shipped compiled: without .pyc
# files a cold start takes twice as long. Unchecked-hash: the source is never edited there, so it need not be checked.

ROOT := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
ARCH ?= x86_64
UV := $(shell command -v uv || echo $(ROOT).devcloud/uv/bin/uv)
PYTHON := $(ROOT).venv/bin/python

INSTALL = $(UV) pip install --quiet --no-deps --require-hashes --only-binary :all: --python-version 3.13 \
  --python-platform $(ARCH)-manylinux_2_28
# Packages that one function alone needs are pinned under its folder's name.
OWN_PACKAGES = $(ROOT)requirements/$(notdir $(CURDIR)).txt

# Left out of the layer, which counts against Lambda's 250 MB and is unpacked at a cold start:
UNUSED := bin                        # command line programs
UNUSED += google/genai/tests         # the tests of a package
UNUSED += zstandard                  # compresses LangSmith's traces, which are off; all its readers do without it
UNUSED += cffi pycparser             # make bindings; argon2 needs only _cffi_backend, a file beside them
UNUSED += werkzeug                   # parses emails that SendGrid receives
UNUSED += boto3/data boto3/examples  # boto3.resource(), which is never called
UNUSED += langsmith/resources langsmith/sandbox langsmith/evaluation langsmith/integrations # LangSmith's service
UNUSED += dns                        # checks whether an address's domain takes email; sending one tells
UNUSED += aws_lambda_powertools/event_handler # routes, which FastAPI does
# What botocore knows of 430 services, but for the one that is called here through boto3.
SERVICES := s3
# In MB, unzipped.
LARGEST := 130

# finish(FOLDER, PLACE): the same bytes on every machine, readable to Lambda's user. PLACE is where Lambda will unpack
# it, and what tracebacks show. The hash seed decides the order in which constants are written.
define finish
	find "$(1)" -name __pycache__ -prune -exec rm -r {} +
	find "$(1)" -name RECORD -delete
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13) and "make build needs Python 3.13 in .venv")'
	PYTHONHASHSEED=0 $(PYTHON) -m compileall -q --invalidation-mode unchecked-hash -s "$(1)" -p $(2) "$(1)"
	chmod -R u=rwX,go=rX "$(1)"
endef

build-%Function:
	cp -r app.py falaai_* $(wildcard run.sh stream_app.py) "$(ARTIFACTS_DIR)/"
	PYTHONHASHSEED=0 PYTHONPATH=$(ROOT)layers/shared/python $(PYTHON) -m falaai.web.pages \
	  $$(find "$(ARTIFACTS_DIR)" -type d -path "*/falaai_*/templates")
	PYTHONPATH=$(ROOT)layers/shared/python $(PYTHON) -m falaai.web.static_build \
	  $$(find "$(ARTIFACTS_DIR)" -type d -path "*/falaai_*/static")
	if [ -f $(OWN_PACKAGES) ]; then $(INSTALL) --target "$(ARTIFACTS_DIR)" -r $(OWN_PACKAGES); fi
	$(call finish,$(ARTIFACTS_DIR),/var/task)

# All that the pins give; the size report measures what is left out of it.
whole-%Layer:
	$(INSTALL) --target "$(ARTIFACTS_DIR)/python" -r $(ROOT)requirements/layer.txt

build-%Layer: whole-%Layer
	cd "$(ARTIFACTS_DIR)/python" && rm -r $(UNUSED)
	cd "$(ARTIFACTS_DIR)/python/botocore/data" && find . -mindepth 1 -maxdepth 1 -type d $(SERVICES:%=! -name %) \
	  -exec rm -r {} +
	cp -r python/falaai "$(ARTIFACTS_DIR)/python/"
	PYTHONPATH=python $(PYTHON) -m falaai.web.static_build "$(ARTIFACTS_DIR)/python/falaai/web/static"
	cd "$(ARTIFACTS_DIR)/python/falaai/web" && rm static_build.py scripts.py styles.py # no request joins files
	$(call finish,$(ARTIFACTS_DIR),/opt)
	@size=$$(du -sm "$(ARTIFACTS_DIR)" | cut -f1); [ $$size -le $(LARGEST) ] || \
	  { echo "build: the layer has grown to $$size MB, more than $(LARGEST)" >&2; exit 1; }
