"""The FastAPI application of the attachments function. It has no pages and no static files of its own."""

from pathlib import Path

from fastapi import FastAPI

from falaai.web.application_factory import build_application
from falaai_attachments.routes import attachment_routes, downloads

ROUTERS = (attachment_routes.router, downloads.router)


def build() -> FastAPI:
    return build_application("FalaAI attachments", ROUTERS, Path(__file__).parent / "templates")
