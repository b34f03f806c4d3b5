"""Selection of the route for a request."""

import pytest

from devcloud.routes import RouteTable
from devcloud.template import Route

ROUTES = [
    Route("ANY", "/{rest+}", "greedy"),
    Route("GET", "/chat/{id}", "one"),
    Route("GET", "/chat/new", "literal"),
    Route("ANY", "/chat/new", "any"),
    Route("GET", "/", "root"),
    Route("GET", "/files/{folder}/{rest+}", "files"),
]


@pytest.mark.parametrize(
    ("method", "path", "function", "parameters"),
    [
        ("GET", "/", "root", {}),
        ("GET", "/chat/new", "literal", {}),
        ("POST", "/chat/new", "any", {}),
        ("GET", "/chat/7", "one", {"id": "7"}),
        ("GET", "/chat/a%2Fb%20c", "one", {"id": "a/b c"}),
        ("POST", "/chat/7", "greedy", {"rest": "chat/7"}),
        ("GET", "/files/a/b/c", "files", {"folder": "a", "rest": "b/c"}),
        ("GET", "/chat/7/", "greedy", {"rest": "chat/7/"}),
    ],
)
def test_the_most_specific_route_wins(method: str, path: str, function: str, parameters: dict[str, str]) -> None:
    match = RouteTable(ROUTES).match(method, path)
    assert match is not None
    assert (match.route.function, match.parameters) == (function, parameters)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/"), ("GET", ""), ("GET", "/chat/"), ("GET", "/chat"), ("GET", "*")]
)
def test_no_route(method: str, path: str) -> None:
    assert RouteTable(ROUTES[1:]).match(method, path) is None or (path == "/chat" and method == "POST")


def test_a_parameter_is_never_empty() -> None:
    assert RouteTable([Route("GET", "/chat/{id}", "one")]).match("GET", "/chat/") is None
    assert RouteTable([Route("GET", "/{rest+}", "greedy")]).match("GET", "/") is None
