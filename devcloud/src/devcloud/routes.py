"""Find the route of a request by API Gateway's rules."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from devcloud.template import Route


@dataclass(frozen=True)
class Match:
    """The route of a request and the decoded values of its path parameters."""

    route: Route
    parameters: dict[str, str]


class RouteTable:
    """Routes by priority: a literal segment comes before a parameter, a parameter before a greedy one ({name+})."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = sorted(routes, key=_specificity)

    def match(self, method: str, path: str) -> Match | None:
        """Find the most specific route. `path` is percent-encoded, as sent. Returns None if no route matches."""
        segments = path.split("/")[1:]
        for route in self._routes:
            if route.method in (method, "ANY"):
                parameters = _parameters(route.path.split("/")[1:], segments)
                if parameters is not None:
                    return Match(route, parameters)
        return None


def _specificity(route: Route) -> tuple[list[int], bool]:
    kinds = [_kind(segment) for segment in route.path.split("/")[1:]]
    return kinds, route.method == "ANY"


def _kind(segment: str) -> int:
    return 2 if segment.endswith("+}") else 1 if segment.startswith("{") else 0


def _parameters(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    greedy = bool(pattern) and _kind(pattern[-1]) == 2
    if len(segments) < len(pattern) or (len(segments) > len(pattern) and not greedy):
        return None
    if greedy:
        last = len(pattern) - 1
        segments = [*segments[:last], "/".join(segments[last:])]
    found = {}
    for expected, segment in zip(pattern, segments, strict=True):
        if _kind(expected) and segment:
            found[expected.strip("{+}")] = unquote(segment)
        elif expected != segment:
            return None
    return found
