#!/usr/bin/env bash
# Runs the streaming function behind a real AWS Lambda Web Adapter, instead of devcloud's emulation, and tests it:
#   LAMBDA_ADAPTER=PROGRAM scripts/test_adapter.sh [pytest arguments]
# With Rust, build the program from its public source: cargo install lambda_web_adapter --version 1.0.0-rc1 --root FOLDER
# takes about a minute and makes FOLDER/bin/lambda-adapter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ -x "${LAMBDA_ADAPTER:-}" ] || { echo "test_adapter: set LAMBDA_ADAPTER to the adapter's program" >&2; exit 1; }
LAMBDA_ADAPTER=$(realpath "$LAMBDA_ADAPTER")
export LAMBDA_ADAPTER
scripts/prepare.sh mariadb
exec .venv/bin/python -m pytest devcloud/tests/test_web_functions.py tests/system/test_streaming.py \
  tests/system/test_warm_up.py "$@"
