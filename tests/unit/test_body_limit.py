"""The limit of the request body, and the reason why it is not FastAPI's own."""

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from falaai import settings
from falaai.web import body_limit, texts
from falaai.web.application_factory import RequestBoundary
from falaai.web.error_responses import add_error_handlers


def build_client(max_body_size: int | None = None) -> TestClient:
    app = FastAPI(max_body_size=max_body_size)
    add_error_handlers(app)
    app.add_middleware(RequestBoundary)

    @app.post("/")
    def accept(body: dict[str, str]) -> None:
        assert body

    return TestClient(app, headers={"sec-fetch-site": "same-origin"})


@pytest.fixture(autouse=True)
def _settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.read.cache_clear()
    monkeypatch.setenv("PUBLIC_URL", "http://testserver")


def test_body_over_the_limit_has_our_code_and_sentence() -> None:
    answer = build_client().post("/", json={"a": "x" * body_limit.JSON_MAX_BYTES})
    assert answer.status_code == 413
    assert answer.json() == {"detail": texts.ERRORS["too_large"], "code": "too_large"}


def test_limit_of_fastapi_answers_in_plain_text() -> None:
    """If this fails after an update of FastAPI, its `max_body_size` can replace our module."""
    answer = build_client(max_body_size=10).post("/", json={"a": "x" * 20})
    assert (answer.status_code, answer.text) == (413, "Content Too Large")
    assert answer.headers["content-type"].startswith("text/plain")
