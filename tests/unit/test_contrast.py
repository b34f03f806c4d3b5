"""Every pair of text and background colours has the contrast of WCAG's level AA, in both themes."""

import re
from pathlib import Path

import pytest

from falaai.web import styles

TOKENS = (Path(styles.__file__).parent / "static/tokens.css").read_text()
COLOURS = dict(re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}, #[0-9a-f]{6})\)", TOKENS))
PAGES = ("background", "surface", "sunken", "soft", "question")
TEXT = [
    *(("ink", behind) for behind in (*PAGES, "warm-soft")),
    *(("accent", behind) for behind in ("background", "surface", "sunken", "soft")),
    *(("muted", behind) for behind in ("background", "surface", "sunken")),
    *(("warm", behind) for behind in ("background", "surface", "sunken", "warm-soft")),
    *((name, "surface") for name in ("danger", "ok")),
    *((f"code-{part}", "sunken") for part in ("keyword", "string", "comment", "number")),
    *(("on-accent", "accent"), ("on-danger", "danger")),
]


def luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "behind"), TEXT)
def test_text(text: str, behind: str, theme: int) -> None:
    assert contrast(COLOURS[text].split(", ")[theme], COLOURS[behind].split(", ")[theme]) >= 4.6


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_borders_of_fields(theme: int) -> None:
    for behind in ("surface", "sunken"):
        assert contrast(COLOURS["edge"].split(", ")[theme], COLOURS[behind].split(", ")[theme]) >= 3
