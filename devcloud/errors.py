"""What can go wrong, as a tree. Each of these is one sentence for the person at the console.

DevcloudError
├── TemplateError           the template says something that devcloud cannot follow
├── ConfigurationError      pyproject.toml or .env cannot be followed
├── StartError              a port, a program or a service is missing, or a command refused the start
└── FunctionError           one invocation of one function failed
    ├── FunctionFailed      it raised, died, or could not start
    └── FunctionTimedOut    it was ended at its time limit
"""


class DevcloudError(Exception):
    """Anything that is told in one sentence, without a traceback."""


class TemplateError(DevcloudError):
    """The template says something that devcloud cannot follow."""


class ConfigurationError(DevcloudError):
    """pyproject.toml or .env cannot be followed."""


class StartError(DevcloudError):
    """A port, a program or a service is missing, or a command refused the start."""


class FunctionError(DevcloudError):
    """One invocation failed; `payload` is what Lambda's Invoke API would answer."""

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
    """The function was ended at its time limit."""
