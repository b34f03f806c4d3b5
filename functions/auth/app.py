"""Lambda entry point of the auth domain: accounts, sessions and profile."""

from falaai.web.application import lambda_handler
from falaai_auth.application import build

handler = lambda_handler(build())
