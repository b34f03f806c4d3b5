"""Model text to safe HTML. The raw Markdown stays in the database; the browser never interprets model text."""

from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

import nh3

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "blockquote", "ul", "ol", "li", "h2", "h3", "h4", "h5", "h6"),
    *("a", "code", "pre", "span", "div", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "span": {"class"},
    "div": {"class"},
    "ol": {"start"},
    "pre": {"tabindex"},
}
_SCHEMES = {"http", "https", "mailto"}


def to_html(text: str) -> str:
    """HTML that is safe to insert in a page: no scripts, styles, images, forms or foreign attributes in it.

    Images become nothing: one loaded from elsewhere would tell a stranger who reads what.
    """
    return _cleaner().clean(_renderer().render(text))


def finished_until(text: str) -> int:
    """How many characters of a growing text form blocks that nothing after them can change.

    The last block may still grow, so everything before it is finished; a blank line alone does not end a list.
    """
    starts = [
        token.map[0] for token in _renderer().parse(text) if token.level == 0 and token.map and token.nesting >= 0
    ]
    if len(starts) < 2:
        return 0
    return sum(len(line) + 1 for line in text.split("\n")[: starts[-1]])


@cache
def _renderer() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # an empty page has no Markdown

    renderer = MarkdownIt("commonmark", {"html": False, "highlight": _highlight}).enable(["table", "strikethrough"])
    renderer.renderer.rules["fence"] = _fence  # type: ignore[attr-defined]
    renderer.disable("image")
    # A page has one h1, and it is not the model's.
    renderer.core.ruler.push("lower_headings", _lower_headings)
    return renderer


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def _lower_headings(state: Any) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"


def _fence(tokens: Any, index: int, _options: Any, _env: Any) -> str:
    """A code block with its language as a label, beside which the page puts its copy button; scrollable, so
    reachable by keyboard."""
    language = tokens[index].info.strip().split(" ")[0][:30]
    code = _highlight(tokens[index].content.rstrip("\n"), language, "").rstrip("\n")
    label = f'<div class="code-language"><span>{escape(language or "código")}</span></div>'
    return f'<div class="code">{label}<pre tabindex="0"><code>{code}</code></pre></div>\n'


def _highlight(code: str, language: str, _attributes: str) -> str:
    """Spans with Pygments' short class names; plain text for a language it does not know."""
    from pygments import highlight  # only conversations with code need it
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return escape(code)
    return highlight(code, lexer, HtmlFormatter(nowrap=True))
