"""Routes that take JSON from scripts and HTML forms from browsers without JavaScript.

A script gets the JSON answer. A browser is redirected to the answer's `redirect_url`; if the form is refused, it gets
the form again with the errors and the submitted values, without passwords.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from falaai.web.pages import wants_page

FORM = "application/x-www-form-urlencoded"
_KEPT_HEADERS = (b"set-cookie", b"clear-site-data")


class FormRoute(APIRoute):
    """A route that accepts the fields of its JSON body from an HTML form too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_form(request: Request) -> Response:
            if not request.headers.get("content-type", "").startswith(FORM):
                return await handle(request)
            values = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
            request.state.form_values = {
                name: value for name, value in values.items() if not name.startswith("senha")
            }
            response = await handle(_as_json(request, values))
            return _to_redirect(response) if wants_page(request) else response

        return handle_form


def _as_json(request: Request, values: dict[str, str]) -> Request:
    body = json.dumps(values).encode()
    headers = [(name, value) for name, value in request.scope["headers"] if name != b"content-type"]
    scope = {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(scope, receive)


def _to_redirect(response: Response) -> Response:
    """Turn a JSON answer into a redirect to its `redirect_url`. Keep its Set-Cookie and Clear-Site-Data headers."""
    if response.media_type != "application/json":
        return response
    target = json.loads(bytes(response.body)).get("redirect_url")
    if target is None:  # this answer is for scripts only
        return response
    redirect = RedirectResponse(target, status_code=303)
    redirect.raw_headers += [(name, value) for name, value in response.raw_headers if name in _KEPT_HEADERS]
    return redirect
