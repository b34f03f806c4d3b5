#!/usr/bin/env bash
# Runs `sam local start-api` on the build, with devcloud's services on an address that sam's containers can reach.
# BIND is that address (default: Docker's bridge), PORT the port of sam. Arguments are passed to sam.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PORT=${PORT:-3000}
command -v docker >/dev/null || { echo "sam-local: docker is missing; sam needs it to run functions in containers" >&2; exit 1; }
BIND=${BIND:-$(docker network inspect bridge --format '{{(index .IPAM.Config 0).Gateway}}')}

rm -f .devcloud/sam.json
PYTHONPATH=devcloud/src .venv/bin/python -m devcloud --services-only --bind "$BIND" --port "$PORT" \
  --service-port "sendgrid=${INBOX_PORT:-8025}" &
services=$!
trap 'kill "$services" 2>/dev/null; wait "$services"' EXIT
until [ -e .devcloud/sam.json ]; do kill -0 "$services" 2>/dev/null || exit 1; sleep 0.1; done
scripts/sam.sh local start-api --port "$PORT" --env-vars .devcloud/sam.json "$@"
