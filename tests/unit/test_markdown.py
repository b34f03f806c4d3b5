"""Model text becomes HTML that can do nothing."""

import pytest

from falaai.web import texts
from falaai_chat.markdown import HTML_MAX_BYTES, to_html
from falaai_chat.markdown.highlighting import CODE_MAX_CHARACTERS, LEXERS, LINE_MAX_CHARACTERS, Budget, highlight
from tests.support.cpu_time import cpu_seconds
from tests.support.hostile_markdown import HOSTILE_MARKDOWN


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


def test_bare_addresses_are_links_but_file_names_are_not() -> None:
    html = to_html("Veja https://exemplo.com.br/a?b=1, ana@exemplo.com.br e main.py")
    assert 'href="https://exemplo.com.br/a?b=1"' in html
    assert 'href="mailto:ana@exemplo.com.br"' in html
    assert html.count("<a ") == 2


def test_task_lists_have_boxes() -> None:
    html = to_html("- [ ] comprar\n- [x] pagar\n- [nada](https://exemplo.com.br)")
    assert "<li>☐ comprar</li>" in html
    assert "<li>☑ pagar</li>" in html
    assert ">nada</a>" in html


def test_an_image_is_a_link() -> None:
    html = to_html("Olhe: ![mapa](https://exemplo.com.br/mapa.png)! Certo![1]")
    assert html.startswith('<p>Olhe: <a href="https://exemplo.com.br/mapa.png"')
    assert html.endswith(">mapa</a>! Certo![1]</p>\n")


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


CODE_OF_EVERY_LANGUAGE = (
    "a\n",
    "\n",
    "\t",
    "<!--\n",
    '"',
    "((((",
    "/*\n",
    "'''\n",
    "${\n",
    "<a b='\n",
    "aa aa\n",
    "#{\n",
    " \n",
    "\r",
)


# Largest CPU time of hostile text, as a multiple of that of ordinary text of 30,000 characters, or code of 10,000.
# Measured: at most 4 for Markdown and 6 for code; over 100 for a lexer that is not in the list.
MARKDOWN_TIMES = 12
CODE_TIMES = 30
ORDINARY_MARKDOWN = "# Pão\n\n- **500 g** de [polvilho](https://exemplo.com.br)\n\n| a |\n|---|\n| 1 |\n\nAsse.\n\n"
ORDINARY_CODE = 'def area(width):\n    """Return it."""\n    return width * 2  # square\n'


@pytest.fixture(scope="module")
def ordinary_markdown_seconds() -> float:
    text = (ORDINARY_MARKDOWN * 1000)[:30_000]
    return cpu_seconds(lambda: to_html(text, seconds=60))


@pytest.fixture(scope="module")
def ordinary_code_seconds() -> float:
    code = (ORDINARY_CODE * 1000)[:CODE_MAX_CHARACTERS]
    return cpu_seconds(lambda: highlight(code, "python", Budget(60)))


@pytest.mark.parametrize("text", HOSTILE_MARKDOWN.values(), ids=HOSTILE_MARKDOWN)
def test_hostile_markdown_is_bounded_in_work_and_size(text: str, ordinary_markdown_seconds: float) -> None:
    assert cpu_seconds(lambda: to_html(text)) < MARKDOWN_TIMES * ordinary_markdown_seconds
    assert 0 < len(to_html(text).encode()) <= HTML_MAX_BYTES


@pytest.mark.parametrize("language", LEXERS)
def test_lexer_of_the_list_gives_way_to_plain_code(language: str, ordinary_code_seconds: float) -> None:
    for piece in CODE_OF_EVERY_LANGUAGE:
        code = (piece * CODE_MAX_CHARACTERS)[:1500]
        taken = cpu_seconds(lambda code=code: highlight(code, language, Budget(0.1)))  # type: ignore[misc]
        assert taken < CODE_TIMES * ordinary_code_seconds, piece


def test_code_beyond_the_limits_of_length_is_not_highlighted() -> None:
    for code in ("x = 1\n" * CODE_MAX_CHARACTERS, "x" * (LINE_MAX_CHARACTERS + 1)):
        assert highlight(code, "python", Budget(5)) == code
    assert "span" in highlight("if x: pass", "python", Budget(5))


def test_spent_budget_shows_the_whole_text_with_a_sentence() -> None:
    html = to_html("**a** <b>", seconds=-1)
    assert texts.REPLY_UNFORMATTED in html
    assert "**a** &lt;b&gt;" in html
