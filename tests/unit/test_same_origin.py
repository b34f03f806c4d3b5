"""Which unsafe requests are refused, by what the browser says of their origin."""

import pytest
from fastapi import Request

from falaai import settings
from falaai.errors import CrossOrigin
from falaai.web.same_origin import require_same_origin


@pytest.fixture(autouse=True)
def _public_url(monkeypatch: pytest.MonkeyPatch) -> None:
    settings.read.cache_clear()
    monkeypatch.setenv("PUBLIC_URL", "https://fala.example")


def check(method: str = "POST", **headers: str) -> None:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    event = {"requestContext": {"domainName": "abc.execute-api.example"}}
    scope = {"type": "http", "method": method, "path": "/x", "headers": raw, "aws.event": event}
    require_same_origin(Request(scope))


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_own_page_and_the_persons_own_doing(site: str) -> None:
    check(sec_fetch_site=site)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_site_is_refused_whatever_origin_says(site: str) -> None:
    with pytest.raises(CrossOrigin):
        check(sec_fetch_site=site, origin="https://fala.example")


@pytest.mark.parametrize("origin", ["https://fala.example", "https://abc.execute-api.example"])
def test_own_origin(origin: str) -> None:
    check(origin=origin)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://fala.example.evil.example"])
def test_foreign_origin_is_refused_and_host_is_not_asked(origin: str) -> None:
    with pytest.raises(CrossOrigin):
        check(origin=origin, host="evil.example")


def test_request_that_does_not_say_where_it_comes_from_is_refused() -> None:
    with pytest.raises(CrossOrigin):
        check(host="fala.example")


def test_reading_is_free() -> None:
    check("GET", sec_fetch_site="cross-site", origin="https://evil.example")
