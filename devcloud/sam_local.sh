#!/usr/bin/env bash
# Runs `sam local start-api` on what was built, with devcloud's services bound where its containers reach them.
# BIND is that address of this machine (Docker's bridge if not given), PORT sam's own; arguments are passed on to sam.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PORT=${PORT:-3000}
command -v docker >/dev/null || { echo "sam-local: docker is missing; sam runs functions in its containers" >&2; exit 1; }
BIND=${BIND:-$(docker network inspect bridge --format '{{(index .IPAM.Config 0).Gateway}}')}

rm -f .devcloud/sam.json
.venv/bin/python -m devcloud --services-only --bind "$BIND" --port "$PORT" --inbox-port "${INBOX_PORT:-8025}" &
services=$!
trap 'kill "$services" 2>/dev/null; wait "$services"' EXIT
until [ -e .devcloud/sam.json ]; do kill -0 "$services" 2>/dev/null || exit 1; sleep 0.1; done
devcloud/sam.sh local start-api --port "$PORT" --env-vars .devcloud/sam.json "$@"
