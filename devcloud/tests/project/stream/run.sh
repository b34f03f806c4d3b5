#!/bin/sh
exec python3 -m uvicorn server:application --port "$AWS_LWA_PORT" --lifespan off --log-level warning
