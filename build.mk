# The one build recipe, included by every function's and the layer's Makefile; called by `sam build`.
# Python packages are fetched for Lambda's platform, whatever this machine is, and shipped compiled: without .pyc
# files a cold start takes twice as long. Unchecked-hash: nobody edits the source there, so nobody need look at it.

ROOT := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
ARCH ?= x86_64
UV := $(shell command -v uv || echo $(ROOT).devcloud/uv/bin/uv)
PYTHON := $(ROOT).venv/bin/python
COMPILE = $(PYTHON) -m compileall -q --invalidation-mode unchecked-hash

INSTALL = $(UV) pip install --quiet --no-deps --require-hashes --only-binary :all: --python-version 3.13 \
  --python-platform $(ARCH)-manylinux_2_28
# Packages that one function alone needs are pinned under its folder's name.
OWN_PACKAGES = $(ROOT)requirements/$(notdir $(CURDIR)).txt

build-%Function:
	cp -r app.py falaai_* $(wildcard run.sh) "$(ARTIFACTS_DIR)/"
	if [ -f $(OWN_PACKAGES) ]; then $(INSTALL) --target "$(ARTIFACTS_DIR)" -r $(OWN_PACKAGES); fi
	find "$(ARTIFACTS_DIR)" -name __pycache__ -prune -exec rm -r {} +
	$(COMPILE) "$(ARTIFACTS_DIR)"

build-%Layer:
	$(INSTALL) --target "$(ARTIFACTS_DIR)/python" -r $(ROOT)requirements/layer.txt
	cp -r python/falaai "$(ARTIFACTS_DIR)/python/"
	find "$(ARTIFACTS_DIR)" -name __pycache__ -prune -exec rm -r {} +
	$(COMPILE) "$(ARTIFACTS_DIR)/python"
