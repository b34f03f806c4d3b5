"""Lambda entry point of the chat domain: conversations and replies."""

from falaai.web.application import lambda_handler
from falaai_chat.application import build

handler = lambda_handler(build())
