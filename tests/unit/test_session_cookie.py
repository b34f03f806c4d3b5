"""The session cookie, where the product is served over HTTPS and where it is not."""

import pytest
from fastapi import Response

from falaai import settings
from falaai.web.current_user import set_session_cookie


def cookie(monkeypatch: pytest.MonkeyPatch, public_url: str) -> str:
    settings.read.cache_clear()
    monkeypatch.setenv("PUBLIC_URL", public_url)
    response = Response()
    set_session_cookie(response, "token")
    return response.headers["set-cookie"]


@pytest.mark.parametrize("public_url", ["", "https://fala.example"])
def test_https_cookie_cannot_be_planted_by_another_site(monkeypatch: pytest.MonkeyPatch, public_url: str) -> None:
    """Without a configured address it is API Gateway's own, which is HTTPS."""
    made = cookie(monkeypatch, public_url)
    assert made.startswith("__Host-falaai=token;")
    for attribute in ("Secure", "HttpOnly", "SameSite=lax", "Path=/", "Max-Age=2592000"):
        assert attribute in made
    assert "Domain" not in made


def test_plain_http_has_no_secure_cookie(monkeypatch: pytest.MonkeyPatch) -> None:
    made = cookie(monkeypatch, "http://127.0.0.1:8000")
    assert made.startswith("falaai=token;")
    assert "Secure" not in made
