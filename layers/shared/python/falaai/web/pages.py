"""Jinja templates: the shared ones of the layer and each function's own."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from falaai.web.static_files import static_path

_SHARED = Path(__file__).parent / "templates"


@cache
def _environment(own_templates: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader([own_templates, _SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(
    request: Request,
    template: str,
    values: Mapping[str, Any] | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A page from a template, which gets `values`, and url() and static() to make paths with."""
    environment = _environment(request.app.state.templates)
    html = environment.get_template(template).render(
        url=lambda path: address(request, path),
        static=lambda name: address(request, static_path(name)),
        **(values or {}),
    )
    return HTMLResponse(html, status, headers)


def address(request: Request, path: str) -> str:
    """`path` as the browser must ask for it: behind API Gateway's stage where there is one."""
    return f"{request.scope.get('root_path', '')}{path}"


DOCUMENTED_REDIRECT: dict[int | str, dict[str, Any]] = {303: {"description": "Go on at Location"}}


def wants_page(request: Request) -> bool:
    """Whether a person in a browser is looking, rather than a script asking for JSON."""
    return "text/html" in request.headers.get("accept", "")


def redirect(request: Request, path: str) -> RedirectResponse:
    """See `path` of our own next, with GET."""
    return RedirectResponse(address(request, path), status_code=303)
