"""Entry point of the chat domain's stream: what run.sh has uvicorn serve."""

from falaai import cold_start
from falaai_chat.streaming_application import build

application = cold_start.end_cold_start(build())
