"""Puts the domain's routes into the shared frame."""

from pathlib import Path

from fastapi import FastAPI

from falaai.web.application import build_application
from falaai_auth.routes import accounts, pages, passwords, profile, verification

ROUTERS = (
    pages.router,
    accounts.router,
    accounts.emails,
    verification.router,
    passwords.router,
    profile.router,
)


def build() -> FastAPI:
    return build_application("FalaAI auth", ROUTERS, Path(__file__).parent / "templates")
