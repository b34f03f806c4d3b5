r"""LaTeX becomes MathML that can do nothing; prices stay text."""

import re

import pytest

from falaai_chat.markdown import FinishedBlocks, to_html
from falaai_chat.markdown.formulas import FORMULA_MAX_CHARACTERS

FRACTION = "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>"


@pytest.mark.parametrize("text", [r"veja $\frac{a}{b}$ aqui", r"veja \(\frac{a}{b}\) aqui"])
def test_formula_in_a_sentence(text: str) -> None:
    assert to_html(text) == f'<p>veja <math display="inline"><mrow>{FRACTION}</mrow></math> aqui</p>\n'


def test_formula_at_the_beginning_of_a_text_that_ends_with_a_digit() -> None:
    assert to_html("$x$ vale 10").startswith('<p><math display="inline"><mrow><mi>x</mi></mrow></math> vale')


@pytest.mark.parametrize(
    "text",
    [
        "$$\\frac{a}{b}$$",
        "$$\n\\frac{a}{b}\n$$",
        "\\[ \\frac{a}{b} \\]",
        "\\[\n\\frac{a}{b}\n\\]",
        "antes\n\\[ \\frac{a}{b} \\]\ndepois",
        "1. Divida:\n\n   $$\\frac{a}{b}$$",
    ],
)
def test_formula_in_a_line_of_its_own(text: str) -> None:
    assert f'<math display="block"><mrow>{FRACTION}</mrow></math>' in to_html(text)


@pytest.mark.parametrize(
    "text",
    [
        "R$ 5 e R$ 10",
        "R$5 e R$10",
        "custa US$5 aqui e US$ 10 lá",
        "de R$ 5,00 a R$ 10,00/kg, ou $ 3",
        "entre $5 e $10",
        "só um $ aqui",
    ],
)
def test_prices_stay_text(text: str) -> None:
    assert to_html(text) == f"<p>{text}</p>\n"


@pytest.mark.parametrize("text", ["`$x$`", "```\n$$x$$\n```", r"`\(x\)`"])
def test_code_stays_code(text: str) -> None:
    assert "<math" not in to_html(text)


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<img src=x onerror=alert(1)>}",
        r"\text{</mtext></math><script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\class{a}{b}\style{background:url(//x)}{y}\cssId{z}{w}",
        r"\html{<iframe src=//x>}",
        r"\unicode{x3c}script>",
        "<annotation-xml encoding='text/html'><img src=x onerror=alert(1)></annotation-xml>",
    ],
)
def test_hostile_formula_is_inert(latex: str) -> None:
    for text in (f"${latex}$", f"$$\n{latex}\n$$", rf"\({latex}\)"):
        html = to_html(text)
        tags = set(re.findall(r"<([a-z-]+)", html))
        assert tags <= {"p", "div", "code", "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mstyle", "msup"}, (
            tags
        )
        assert not re.search(r"<[^>]+(href|on\w+|style|class|id)=(?!\"reply-formula)", html)


@pytest.mark.parametrize(
    "latex", [r"\frac{", "{" * 1000, "x^" * 100, r"\begin{matrix}", "x" * (FORMULA_MAX_CHARACTERS + 1)]
)
def test_wrong_or_long_formula_is_shown_as_written(latex: str) -> None:
    html = to_html(f"${latex}$")
    assert html == f"<p><code>{latex}</code></p>\n"


def test_growing_reply_shows_a_formula_when_its_block_is_finished() -> None:
    text = "Assim:\n\n$$\n\\frac{a}{b}\n$$\n\nFim.\n"
    blocks, shown = FinishedBlocks(), ""
    for end in (text.index("\n", start) + 1 for start in range(len(text)) if start == 0 or text[start - 1] == "\n"):
        if block := blocks.find(text[:end]):
            shown += block.html
    assert f'<math display="block"><mrow>{FRACTION}</mrow></math>' in shown
    assert "$" not in shown
