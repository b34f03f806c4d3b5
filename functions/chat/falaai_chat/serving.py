"""Entry point of the chat domain's stream: what run.sh has uvicorn serve."""

from falaai.at_start import ready
from falaai_chat.streaming_application import build

application = ready(build())
