"""The FastAPI application of the auth function."""

from pathlib import Path

from fastapi import FastAPI

from falaai.web import static_files
from falaai.web.application_factory import build_application
from falaai_auth.routes import (
    account_pages,
    accounts,
    archives,
    installation_routes,
    memory_routes,
    password_reset,
    profile,
    prompt_routes,
    verification,
    verification_emails,
)

_FOLDER = Path(__file__).parent
STATIC = static_files.StaticFolder("/static/auth", _FOLDER / "static")
ROUTERS = (
    account_pages.router,
    accounts.router,
    verification_emails.router,
    verification.router,
    password_reset.router,
    profile.router,
    archives.router,
    installation_routes.router,
    memory_routes.router,
    prompt_routes.router,
    static_files.build_router(STATIC),
)


def build() -> FastAPI:
    return build_application("FalaAI auth", ROUTERS, _FOLDER / "templates", STATIC)
