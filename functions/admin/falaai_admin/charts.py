"""Bar charts as numbers for an SVG. Each has one series, with its values in a table beside it: none needs colour."""

from collections.abc import Sequence
from dataclasses import dataclass

# Units of the picture, which the page stretches to its own width.
WIDTH, HEIGHT = 640, 120
_GAP = 0.25


@dataclass(frozen=True)
class Bar:
    """One bar in units of the picture, with its name and value in words."""

    x: float
    y: float
    width: float
    height: float
    name: str
    value: str


@dataclass(frozen=True)
class Chart:
    """A chart. `summary` says in words what its picture shows; `first` and `last` are the names at its ends."""

    bars: tuple[Bar, ...]
    first: str
    last: str
    summary: str


def bar_chart(title: str, points: Sequence[tuple[str, float, str]]) -> Chart | None:
    """Make a chart from names, numbers and numbers in words. Returns None if all numbers are 0."""
    highest = max(points, key=lambda point: point[1], default=("", 0, ""))
    if not highest[1]:
        return None
    step = WIDTH / len(points)
    bars = []
    for place, (name, number, words) in enumerate(points):
        # A small number stays visible.
        height = round(max(1.0, HEIGHT * number / highest[1]), 1) if number else 0.0
        x, y = round(step * (place + _GAP / 2), 1), round(HEIGHT - height, 1)
        bars.append(Bar(x, y, round(step * (1 - _GAP), 1), height, name, words))
    first, last = points[0][0], points[-1][0]
    summary = f"{title}, de {first} a {last}: no máximo {highest[2]}, em {highest[0]}."
    return Chart(tuple(bars), first, last, summary)
