"""Names of `application_factory` under their former module name."""

from falaai.web.application_factory import build_application, lambda_handler

__all__ = ["build_application", "lambda_handler"]
