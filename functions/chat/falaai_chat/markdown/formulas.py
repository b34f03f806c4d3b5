r"""Formulas: LaTeX between $…$, $$…$$, \(…\) or \[…\] becomes MathML, which browsers draw without a script.

A dollar sign right after a word or a number is a price (R$ 5, US$5), not the beginning of a formula.
"""

import re
from html import escape, unescape
from typing import Any

from falaai_chat.markdown.citations import is_mark

# Longest formula that is converted, in characters. The slowest formulas of this length take 25 ms.
FORMULA_MAX_CHARACTERS = 2_000

_BRACKETS = re.compile(rf"\\\[(.{{1,{FORMULA_MAX_CHARACTERS}}}?)\\\]", re.DOTALL)

TAGS = {
    *("math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup"),
    *("msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom"),
    "menclose",
}
ATTRIBUTES = {
    "math": {"display"},
    "mi": {"mathvariant"},
    "mo": {"fence", "form", "largeop", "lspace", "maxsize", "minsize", "movablelimits", "rspace", "stretchy"},
    "mover": {"accent"},
    "mspace": {"width"},
    "mstyle": {"displaystyle", "scriptlevel"},
    "mfrac": {"linethickness"},
    "mtable": {"columnalign", "columnlines", "rowlines", "rowspacing"},
    "menclose": {"notation"},
}


def add_formulas(renderer: Any) -> None:
    """Add the rules for formulas to a MarkdownIt object."""
    from mdit_py_plugins.dollarmath import dollarmath_plugin  # imported late: an empty page needs no Markdown
    from mdit_py_plugins.texmath import texmath_plugin

    # A formula with blank lines is not recognized: while a reply grows, its first lines would be shown as text.
    dollarmath_plugin(
        renderer,
        allow_labels=False,
        allow_space=False,
        allow_digits=False,
        allow_blank_lines=False,
        double_inline=True,
    )
    texmath_plugin(renderer, "brackets")
    renderer.inline.ruler.before("math_inline", "price", _price)
    renderer.inline.ruler.before("math_inline", "display_in_text", _display_in_text)
    renderer.inline.ruler.before("math_inline", "first_character", _first_character)
    rules = renderer.renderer.rules
    rules["math_inline"] = lambda tokens, index, *_: to_mathml(tokens[index].content)
    rules["math_inline_double"] = lambda tokens, index, *_: to_mathml(tokens[index].content, is_display=True)
    for name in ("math_block", "math_block_eqno"):
        rules[name] = lambda tokens, index, *_: _display(tokens[index].content)


def to_mathml(latex: str, is_display: bool = False) -> str:
    """Return the formula as MathML, or its source as code if it is too long or the library cannot convert it."""
    # These two imports take 65 ms, and few conversations have a formula. No XML is parsed here, only written.
    from xml.etree import ElementTree as ET  # nosec B405

    from latex2mathml.converter import convert_to_element

    if len(latex) > FORMULA_MAX_CHARACTERS or "$" in latex:
        return _source(latex)
    try:
        math = convert_to_element(latex, display="block" if is_display else "inline")
    except Exception:  # noqa: BLE001 - the library has no common error; a wrong formula is shown as it was written
        return _source(latex)
    # The library stores characters as XML references. Decode them: `tostring` escapes the text again, and would
    # escape each reference twice.
    for element in math.iter():
        element.text = unescape(element.text or "")
    return ET.tostring(math, encoding="unicode")


def _display(latex: str) -> str:
    return f'<div class="reply-formula" tabindex="0">{to_mathml(latex, is_display=True)}</div>\n'


def _source(latex: str) -> str:
    return f"<code>{escape(latex)}</code>"


def _display_in_text(state: Any, silent: bool) -> bool:
    r"""Read \[…\] inside a paragraph. The library reads it only at the beginning of a block."""
    if not (found := _BRACKETS.match(state.src, state.pos)):
        return False
    if not silent:
        state.push("math_inline_double", "math", 0).content = found[1]
    state.pos = found.end()
    return True


def _first_character(state: Any, _silent: bool) -> bool:
    """Keep the library from taking the last character of the text for the one before its first.

    Otherwise a formula at the beginning is not recognized if the text ends with a digit.
    """
    if state.pos == 0 and state.src[0] == "$" and len(state.src) == state.posMax:
        state.src += " "  # behind the end, where no rule reads
    return False


def _price(state: Any, silent: bool) -> bool:
    """Read a dollar sign right after a word or a number as text."""
    if state.src[state.pos] != "$" or state.pos == 0:
        return False
    before = state.src[state.pos - 1]
    if not before.isalnum() and not is_mark(before):
        return False
    if not silent:
        state.pending += "$"
    state.pos += 1
    return True
