#!/bin/sh
# Starts the chat domain's streaming server. The AWS Lambda Web Adapter, or any other HTTP client, calls it.
# Lambda puts a layer's packages under /opt/python, where only its own runtime would look.
export PYTHONPATH="${PYTHONPATH:+$PYTHONPATH:}${LAMBDA_TASK_ROOT:-.}:/opt/python"
# Without these options, uvicorn would import every HTTP and WebSocket implementation that is installed.
# The adapter reuses connections for up to 4 seconds; the server must close them later than that.
exec python3 -m uvicorn stream_app:application --host 127.0.0.1 --port "${AWS_LWA_PORT:-8080}" \
  --http h11 --ws none --loop asyncio --lifespan off --timeout-keep-alive 75 --no-access-log --log-level warning
