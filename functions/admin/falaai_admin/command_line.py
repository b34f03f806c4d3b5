"""The one act of operators that needs no page: naming the first operator by `make admin`.

IAM decides who may invoke the function with such an event. API Gateway cannot send one, because
its events always have a `requestContext`.
"""

from collections.abc import Callable
from typing import Any

from falaai.database import database
from falaai_admin.accounts import name_admin

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def with_commands(handle_request: Handler) -> Handler:
    """Return a handler of requests that also takes {"admin_email": ADDRESS}, and then returns {"named": bool}."""

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        if set(event) == {"admin_email"}:
            return {"named": name_admin(database(), str(event["admin_email"]).strip().lower())}
        return handle_request(event, context)

    return handler
