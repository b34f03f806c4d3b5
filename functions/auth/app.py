"""Lambda entry point of the auth domain: accounts, sessions and profile."""

from falaai.at_start import ready
from falaai.web.application import lambda_handler
from falaai_auth.application import build

handler = ready(lambda_handler(build(), "/login"))
