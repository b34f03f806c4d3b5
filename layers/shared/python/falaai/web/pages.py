"""Pages from Jinja templates: the shared ones of the layer and each function's own.

The build runs this module to compile all templates. Compiling at a page's first view took 30 ms.
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

# Values of the theme cookie, and their names in the stylesheet.
THEMES = {"claro": "light", "escuro": "dark"}
# Template values of an empty form without errors.
_EMPTY_FORM: dict[str, Any] = {"form": {}, "problems": {}, "sentence": "", "code": "", "notice": ""}
_SHARED = Path(__file__).parent / "templates"
# Folder that the build creates for compiled templates, inside the function's own templates.
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
    """Compile the function's own and the shared templates to Python. `environment` uses compiled ones first."""
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
    """Render a template with `values`, and with url(), static() and absolute() to make addresses."""
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
    """Return the full URL of `path`, for files and previews. It never uses the Host header, which can be forged."""
    if configured := settings.read(settings.WebSettings).public_url:
        return f"{configured}{path}"
    host = request.scope.get("aws.event", {}).get("requestContext", {}).get("domainName", "")
    return f"https://{host}{address(request, path)}"


def address(request: Request, path: str) -> str:
    """Return `path` as the browser must request it: with API Gateway's stage, if there is one."""
    return f"{request.scope.get('root_path', '')}{path}"


DOCUMENTED_REDIRECT: dict[int | str, dict[str, Any]] = {303: {"description": "Redirect to Location"}}


def wants_page(request: Request) -> bool:
    """Return whether the request comes from a browser's navigation, not from a script that expects JSON."""
    return "text/html" in request.headers.get("accept", "")


def redirect(request: Request, path: str) -> RedirectResponse:
    """Redirect with 303, so that the browser opens `path` with GET."""
    return RedirectResponse(address(request, path), status_code=303)


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        compile_all(Path(folder))
