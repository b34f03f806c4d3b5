"""Lambda entry point of the chat function: conversations and replies."""

from falaai import cold_start
from falaai.web.application_factory import lambda_handler
from falaai_chat.application import build

handler = cold_start.end_cold_start(lambda_handler(build()))
