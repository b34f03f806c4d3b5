"""Traces for the operator through X-Ray: how long each invocation took, and whether it was a cold start."""

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aws_lambda_powertools import Tracer


@cache
def tracer() -> "Tracer":
    """Return the process's tracer."""
    from aws_lambda_powertools import Tracer

    return Tracer(auto_patch=False)


def is_off() -> bool:
    """Return whether Powertools' own variable turns traces off.

    This is checked here because importing the tracer loads X-Ray's client even if traces are off.
    """
    return os.environ.get("POWERTOOLS_TRACE_DISABLED", "").lower() == "true"


def traced(handler: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Wrap the handler in a subsegment. The trace holds no response and no error, because they may hold user text.

    An error is returned through the subsegment as a value and raised outside, because X-Ray's client records every
    exception that passes through it.
    """

    def outcome(event: Any, context: Any) -> tuple[Any, Exception | None]:
        try:
            return handler(event, context), None
        except Exception as error:  # noqa: BLE001 - raised again outside the subsegment
            return None, error

    def with_trace(event: Any, context: Any) -> Any:
        if is_off():
            return handler(event, context)
        capture = tracer().capture_lambda_handler
        result, error = capture(outcome, capture_response=False, capture_error=False)(event, context)
        if error is not None:
            raise error
        return result

    return with_trace
