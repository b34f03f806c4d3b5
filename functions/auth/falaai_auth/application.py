"""Puts the domain's routes into the shared frame."""

from pathlib import Path

from fastapi import FastAPI

from falaai.web.application import build_application
from falaai_auth import accounts, pages, password_pages, profile_routes, verification_pages

ROUTERS = (
    pages.router,
    accounts.router,
    accounts.letters,
    verification_pages.router,
    password_pages.router,
    profile_routes.router,
)


def build() -> FastAPI:
    return build_application("FalaAI auth", ROUTERS, Path(__file__).parent / "templates")
