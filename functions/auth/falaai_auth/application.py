"""The FastAPI application of the auth function."""

from pathlib import Path

from fastapi import FastAPI

from falaai.web.application_factory import build_application
from falaai_auth.routes import account_pages, accounts, password_reset, profile, verification, verification_emails

ROUTERS = (
    account_pages.router,
    accounts.router,
    verification_emails.router,
    verification.router,
    password_reset.router,
    profile.router,
)


def build() -> FastAPI:
    return build_application("FalaAI auth", ROUTERS, Path(__file__).parent / "templates")
