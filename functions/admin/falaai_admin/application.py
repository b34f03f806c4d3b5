"""The FastAPI application of the admin function."""

from pathlib import Path

from fastapi import FastAPI

from falaai.web import static_files
from falaai.web.application_factory import build_application
from falaai_admin.routes import audit_routes, invitation_routes, own_usage_routes, people_routes, usage_routes

_FOLDER = Path(__file__).parent
STATIC = static_files.StaticFolder("/static/admin", _FOLDER / "static")
ROUTERS = (
    usage_routes.router,
    people_routes.router,
    invitation_routes.router,
    audit_routes.router,
    own_usage_routes.router,
    static_files.build_router(STATIC),
)


def build() -> FastAPI:
    return build_application("FalaAI admin", ROUTERS, _FOLDER / "templates", STATIC)
