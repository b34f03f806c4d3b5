"""Lambda entry point of the auth function: accounts, sessions and profile."""

from falaai import cold_start
from falaai.web.application_factory import lambda_handler
from falaai_auth.application import build

handler = cold_start.end_cold_start(lambda_handler(build()))
