"""Names of `application_factory` for the chat function."""

from falaai.web.application_factory import build_application, lambda_handler

__all__ = ["build_application", "lambda_handler"]
