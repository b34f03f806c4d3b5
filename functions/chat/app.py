"""Lambda entry point of the chat domain: conversations and replies."""

from falaai.at_start import ready
from falaai.langchain_import import prepare
from falaai.web.application import lambda_handler
from falaai_chat.application import build

handler = ready(lambda_handler(build(), "/chat", prepare))
