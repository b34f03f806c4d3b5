"""Exceptions of devcloud. Each message is one sentence for the developer.

DevcloudError
├── TemplateError           the template is invalid, or uses a feature that devcloud does not support
├── ConfigurationError      pyproject.toml or .env is invalid
├── StartError              a port is in use, a program is missing, or a service or command failed
└── FunctionError           one invocation of one function failed
    ├── FunctionFailed      the function raised, its process died or could not start
    └── FunctionTimedOut    the function reached its time limit and was killed
"""


class DevcloudError(Exception):
    """Base class. The command line prints the message without a traceback."""


class TemplateError(DevcloudError):
    """The template is invalid, or uses a feature that devcloud does not support."""


class ConfigurationError(DevcloudError):
    """pyproject.toml or .env is invalid."""


class StartError(DevcloudError):
    """A port is in use, a program is missing, or a service or command failed."""


class FunctionError(DevcloudError):
    """One invocation failed. `payload` is the body with which Lambda's Invoke API reports it."""

    def __init__(self, message: str, error_type: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.trace = trace or []

    @property
    def payload(self) -> dict[str, object]:
        return {"errorMessage": str(self), "errorType": self.error_type, "stackTrace": self.trace}


class FunctionFailed(FunctionError):
    """The function raised, its process died, or it could not start."""


class FunctionTimedOut(FunctionError):
    """The function reached its time limit and was killed."""
