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
UNUSED += cffi pycparser             # generate bindings; argon2 needs only the file _cffi_backend beside them
UNUSED += werkzeug                   # parses emails that SendGrid receives
UNUSED += boto3/data boto3/examples  # for boto3.resource(), which is never called
UNUSED += langsmith/resources langsmith/sandbox langsmith/evaluation langsmith/integrations # LangSmith's service
UNUSED += dns                        # for checks of an address's domain; emails that arrive prove it
UNUSED += aws_lambda_powertools/event_handler # routing, which FastAPI does here
# Services whose botocore data stay in the layer; botocore has data for 430.
SERVICES := s3
# Largest size of the unzipped layer in MB.
LARGEST := 130

# finish(FOLDER, PLACE): give the folder the same bytes on every machine, and make it readable for Lambda's user.
# Lambda unpacks it at PLACE, which tracebacks show. The hash seed decides the order in which constants are written.
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

# All pinned packages. The size report measures the files that the layer leaves out.
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
