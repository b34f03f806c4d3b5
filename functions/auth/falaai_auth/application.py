"""Puts the domain's routes into the shared frame."""

from pathlib import Path

from fastapi import FastAPI

from falaai.web.application import build_application
from falaai_auth import accounts, pages, verification_pages


def build() -> FastAPI:
    routers = [pages.router, accounts.router, verification_pages.router]
    return build_application("FalaAI auth", routers, Path(__file__).parent / "templates")
