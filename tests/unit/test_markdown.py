"""Model text becomes HTML that can do nothing."""

import pytest

from falaai.markdown import to_html


def test_ordinary_markdown() -> None:
    html = to_html("# Pão\n\n- **500 g** de polvilho\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    assert "<h2>Pão</h2>" in html
    assert "<strong>500 g</strong>" in html
    assert "<td>1</td>" in html


def test_code_has_its_language_and_highlighting() -> None:
    html = to_html('```python\ndef f():\n    return "x"\n```')
    assert '<div class="code-language"><span>python</span></div>' in html
    assert '<span class="k">def</span>' in html


def test_unknown_language_is_plain_text() -> None:
    assert "a &lt; b" in to_html("```klingon\na < b\n```")


def test_links_open_elsewhere_and_say_nothing() -> None:
    html = to_html("[site](https://example.org)")
    assert 'rel="noopener noreferrer nofollow"' in html
    assert 'target="_blank"' in html


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "![x](https://evil.example/pixel.png)",
        '<a href="x" onclick="alert(1)">x</a>',
        "```<img/src=x onerror=alert(1)>\nx\n```",
        "<style>*{display:none}</style>",
        "<iframe src='https://evil.example'></iframe>",
        "<form action='https://evil.example'><input name=p></form>",
        "<svg><script>alert(1)</script></svg>",
    ],
)
def test_hostile_text_is_only_text(hostile: str) -> None:
    html = to_html(hostile).lower()
    for tag in ("<script", "<img", "<iframe", "<form", "<style", "<svg", "<input"):
        assert tag not in html
    assert 'href="javascript' not in html
    assert 'href="data' not in html
    assert " onclick=" not in html.replace("&quot;", '"') or "<a" not in html
