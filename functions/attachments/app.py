"""Lambda entry point of the attachments function: uploads, checks and downloads of attached files."""

from falaai import cold_start
from falaai.web.application_factory import lambda_handler
from falaai_attachments.application import build

handler = cold_start.end_cold_start(lambda_handler(build()))
