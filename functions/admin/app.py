"""Lambda entry point of the admin function: the operators' pages, and the command that names the first operator."""

from falaai import cold_start
from falaai.web.application_factory import lambda_handler
from falaai_admin.application import build
from falaai_admin.command_line import with_commands

handler = cold_start.end_cold_start(with_commands(lambda_handler(build())))
