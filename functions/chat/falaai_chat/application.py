"""Puts the domain's routes, the static files and the health check into the shared frame."""

from pathlib import Path

from fastapi import FastAPI

from falaai.web import health, static_files
from falaai.web.application import build_application
from falaai_chat.routes import conversations, pages, replies

ROUTERS = (pages.router, replies.router, conversations.router, static_files.router, health.router)


def build() -> FastAPI:
    return build_application("FalaAI chat", ROUTERS, Path(__file__).parent / "templates")
