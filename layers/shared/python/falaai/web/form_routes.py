"""Forms work with JavaScript off: the same routes take a browser's own form, and answer it with a page.

With JavaScript the page sends JSON and shows the answer's words; without, the browser goes where the answer's
`redirect_url` says, or sees the form again with what was wrong and all it had filled in, but for passwords.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from falaai.web.pages import wants_page

FORM = "application/x-www-form-urlencoded"
_HANDED_ON = (b"set-cookie", b"clear-site-data")


def form_page(template: str) -> Any:
    """A route's dependency that names the page to show again when the form it was sent is refused."""

    async def remember(request: Request) -> None:
        request.state.form_page = template

    return Depends(remember)


class FormRoute(APIRoute):
    """A route with a JSON body that takes the same fields as a form."""

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
            return _followed(response) if wants_page(request) else response

        return handle_form


def _as_json(request: Request, values: dict[str, str]) -> Request:
    body = json.dumps(values).encode()
    headers = [(name, value) for name, value in request.scope["headers"] if name != b"content-type"]
    scope = {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request(scope, receive)


def _followed(response: Response) -> Response:
    """See the address that a JSON answer names, with what it tells the browser to keep and to forget."""
    if response.media_type != "application/json":
        return response
    target = json.loads(bytes(response.body)).get("redirect_url")
    if target is None:  # an answer for scripts, which names no page to go on with
        return response
    redirect = RedirectResponse(target, status_code=303)
    redirect.raw_headers += [(name, value) for name, value in response.raw_headers if name in _HANDED_ON]
    return redirect
