"""The FastAPI applications of the chat function: pages and JSON, and the stream of replies."""

from pathlib import Path

from fastapi import FastAPI

from falaai.web import static_files
from falaai.web.application_factory import build_application
from falaai_chat.routes import (
    chat_pages,
    conversation_routes,
    health,
    polling,
    replies,
    stream,
    warm_up,
)

_FOLDER = Path(__file__).parent
_TEMPLATES = _FOLDER / "templates"
STATIC = static_files.StaticFolder("/static/chat", _FOLDER / "static")
ROUTERS = (
    chat_pages.router,
    replies.router,
    polling.router,
    conversation_routes.router,
    static_files.build_router(STATIC),
    static_files.router,
    health.router,
)


def build() -> FastAPI:
    return build_application("FalaAI chat", ROUTERS, _TEMPLATES, STATIC)


def build_stream() -> FastAPI:
    return build_application("FalaAI stream", (stream.router, warm_up.router, health.router), _TEMPLATES)
