"""Jinja templates: the shared ones of the layer and each function's own.

Run as a program by the build, it compiles all that a function may show: at a page's first view that took 30 ms.
"""

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, ModuleLoader, StrictUndefined

from falaai import settings
from falaai.web.static_files import static_path

# What the cookie of the look may say, and what the stylesheet calls it.
THEMES = {"claro": "light", "escuro": "dark"}
# A form nobody has filled in yet: nothing written, nothing wrong.
_EMPTY_FORM: dict[str, Any] = {"form": {}, "problems": {}, "sentence": "", "code": "", "notice": ""}
_SHARED = Path(__file__).parent / "templates"
# Where the build puts them, under a function's own; in the source there are none.
_COMPILED = "compiled"


@cache
def environment(own_templates: Path) -> Environment:
    return Environment(
        loader=ChoiceLoader([ModuleLoader(own_templates / _COMPILED), _sources(own_templates)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _sources(own_templates: Path) -> FileSystemLoader:
    return FileSystemLoader([own_templates, _SHARED])


def compile_all(own_templates: Path) -> None:
    """Everything this function may show, as Python; it is loaded instead of the sources from then on."""
    compiling = environment(own_templates).overlay()
    compiling.loader = _sources(own_templates)
    compiling.compile_templates(own_templates / _COMPILED, ["html"], zip=None, ignore_errors=False)


def page(
    request: Request,
    template: str,
    values: Mapping[str, Any] | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """A page from a template, which gets `values`, and url() and static() to make paths with."""
    html = (
        environment(request.app.state.templates)
        .get_template(template)
        .render(
            url=lambda path: address(request, path),
            static=lambda name: address(request, static_path(name, request.app.state.own_static)),
            absolute=lambda path: absolute(request, path),
            static_path=static_path,
            theme=THEMES.get(request.cookies.get("tema", ""), ""),
            **{**_EMPTY_FORM, **(values or {})},
        )
    )
    return HTMLResponse(html, status, headers)


def absolute(request: Request, path: str) -> str:
    """`path` with the host in front, for what is read elsewhere; never by the Host header."""
    if configured := settings.read(settings.WebSettings).public_url:
        return f"{configured}{path}"
    host = request.scope.get("aws.event", {}).get("requestContext", {}).get("domainName", "")
    return f"https://{host}{address(request, path)}"


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


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        compile_all(Path(folder))
