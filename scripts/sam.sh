#!/bin/sh
# Runs sam from its own environment, with fake credentials so that it never uses those of this machine.
cd "$(dirname "$0")/.." || exit 1
export SAM_CLI_TELEMETRY=0 AWS_ACCESS_KEY_ID=devcloud AWS_SECRET_ACCESS_KEY=devcloud AWS_DEFAULT_REGION=us-east-1
exec .devcloud/sam/bin/sam "$@"
