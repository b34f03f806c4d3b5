"""Convert model text to safe HTML, in bounded time and size.

The database keeps the raw Markdown; the browser never interprets model text. A hostile message can be expensive to
render, so each message has limits of CPU time and size. A message beyond them is shown as plain text.
"""

import re
import time
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

import nh3

from falaai.grounding import Grounding
from falaai.web import texts
from falaai_chat.markdown import citations, formulas
from falaai_chat.markdown.highlighting import Budget, TooComplex, highlight

# Limits in CPU seconds: for rendering one message, and for highlighting the code in it. A reply of 8,192 tokens, the
# model's limit, needs less than a third.
MESSAGE_SECONDS = 0.5
HIGHLIGHT_SECONDS = 0.2
# Largest HTML of one message, in bytes. Lambda's response limit is 6 MB.
HTML_MAX_BYTES = 1_000_000

# The unfinished block is parsed again after it has grown by this factor. All parses of a reply of n characters
# together then read at most n * GROWTH / (GROWTH - 1) characters, eleven times the reply.
GROWTH = 1.1
# CPU seconds for all blocks of one reply. When they are used up, no further block is sent before the end.
REPLY_SECONDS = 1.0

_TAGS = {
    *("p", "br", "hr", "em", "strong", "s", "blockquote", "ul", "ol", "li", "h2", "h3", "h4", "h5", "h6"),
    *("a", "code", "pre", "span", "div", "table", "thead", "tbody", "tr", "th", "td", "sup"),
    *formulas.TAGS,
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "span": {"class"},
    "div": {"class", "tabindex"},
    "th": {"class"},
    "td": {"class"},
    "ol": {"start"},
    "pre": {"tabindex"},
    "sup": {"class"},
    **formulas.ATTRIBUTES,
}
_IMAGE = re.compile(r"!\[[^\]\n]{0,500}\]\([^)\s]")
_TASK = re.compile(r"^\[([ xX])\] ")
_SCHEMES = {"http", "https", "mailto"}


def to_html(text: str, seconds: float = MESSAGE_SECONDS, grounding: Grounding | None = None) -> str:
    """Return HTML that is safe to insert in a page: no scripts, styles, images, forms or unlisted attributes.

    Images are removed: loading one would reveal the reader to another host. A text that needs more than `seconds` of
    CPU time or HTML_MAX_BYTES bytes becomes plain text with a notice. With `grounding`, the numbers of sources follow
    the words that they support.
    """
    try:
        return _render(text, seconds, grounding)
    except TooComplex:
        return plain(text)


def _render(text: str, seconds: float, grounding: Grounding | None) -> str:
    budget = Budget(seconds)
    env: dict[str, Any] = {"budget": budget, "highlighting": Budget(min(HIGHLIGHT_SECONDS, seconds / 2))}
    if grounding and grounding.citations:
        text = citations.marked(text, grounding.citations)
        env |= {"citations": grounding.citations, "sources": grounding.sources}
    html = _renderer().render(text, env)
    _check_size(html)
    budget.check()
    html = _cleaner().clean(html)
    _check_size(html)
    return html


def plain(text: str) -> str:
    """Return the escaped text below a notice that it is shown without formatting."""
    return f'<p><em>{texts.REPLY_UNFORMATTED}</em></p><div class="reply-unformatted">{escape(text)}</div>'


def finished_until(text: str, seconds: float = MESSAGE_SECONDS) -> int:
    """Return the number of leading characters whose blocks no further text can change.

    Everything before the last block is finished. A blank line does not finish a block: a list may go on after it.
    Raises TooComplex after `seconds` of CPU time.
    """
    text = text.replace("\r\n", " \n").replace("\r", "\n")  # same line ends as in the parser, same length as before
    renderer = _renderer()
    tokens = renderer.block.parse(text, renderer, {"budget": Budget(seconds)}, []) or []
    starts = [token.map[0] for token in tokens if token.level == 0 and token.map and token.nesting >= 0]
    if len(starts) < 2:
        return 0
    return sum(len(line) + 1 for line in text.split("\n")[: starts[-1]])


@dataclass(frozen=True)
class Block:
    """Safe HTML of the reply up to character `until`."""

    html: str
    until: int


class FinishedBlocks:
    """The finished blocks of one growing reply. Call `find` with the whole text after each line."""

    def __init__(self) -> None:
        self._until = 0
        self._next_length = 0.0
        self._seconds_left = REPLY_SECONDS

    def find(self, text: str) -> Block | None:
        """Return the blocks that have been finished since the last call, or None."""
        if self._seconds_left <= 0 or len(text) - self._until < self._next_length:
            return None
        began = time.thread_time()
        try:
            return self._find(text)
        except TooComplex:
            self._seconds_left = 0
            return None
        finally:
            self._seconds_left -= time.thread_time() - began

    def _find(self, text: str) -> Block | None:
        start, seconds = self._until, min(MESSAGE_SECONDS, self._seconds_left)
        self._until += finished_until(text[start:], seconds)
        self._next_length = GROWTH * (len(text) - self._until)
        if self._until == start:
            return None
        return Block(to_html(text[start : self._until], seconds), self._until)


def _check_size(html: str) -> None:
    if len(html.encode()) > HTML_MAX_BYTES:
        raise TooComplex


@cache
def _renderer() -> Any:
    from markdown_it import MarkdownIt  # imported late: an empty page needs no Markdown
    from markdown_it.renderer import RendererHTML

    class Renderer(RendererHTML):
        """Renderer that checks the budget before each piece of text."""

        def renderInline(self, tokens: Any, options: Any, env: Any) -> str:  # noqa: N802 - the library's name
            env["budget"].check()
            return super().renderInline(tokens, options, env)

    renderer: Any = MarkdownIt("commonmark", {"html": False, "linkify": True}, renderer_cls=Renderer)
    renderer.enable(["table", "strikethrough", "linkify"])
    renderer.linkify.set({"fuzzy_link": False})  # otherwise main.py would become a link
    rules = renderer.renderer.rules
    rules["fence"] = _fence
    rules["table_open"] = lambda *_: '<div class="reply-table" tabindex="0"><table>\n'
    rules["table_close"] = lambda *_: "</table></div>\n"
    # Each use of a link reference takes a few characters and repeats the whole address: 30,000 characters of Markdown
    # can become 200 MB of HTML.
    renderer.disable(["image", "reference"])
    formulas.add_formulas(renderer)
    citations.add_citations(renderer)
    # These rules run before all others, for every line and every piece of text.
    blocks = ["paragraph", "reference", "blockquote", "list"]
    renderer.block.ruler.before("table", "budget", _check_block, {"alt": blocks})
    renderer.inline.ruler.before("text", "budget", _check_inline)
    renderer.inline.ruler.before("link", "image_as_link", _image_as_link)
    # The only h1 of a page is its own title, so headings of a reply begin at h2.
    renderer.core.ruler.push("lower_headings", _lower_headings)
    renderer.core.ruler.push("align_cells", _align_cells)
    renderer.core.ruler.push("mark_tasks", _mark_tasks)
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


def _check_block(state: Any, _start: int, _end: int, _silent: bool) -> bool:
    state.env["budget"].check()
    return False


def _check_inline(state: Any, _silent: bool) -> bool:
    state.env["budget"].check()
    return False


def _image_as_link(state: Any, _silent: bool) -> bool:
    """Skip the exclamation mark of an image, which is then read as a link."""
    if not _IMAGE.match(state.src, state.pos):
        return False
    state.pos += 1
    return True


def _lower_headings(state: Any) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 1)}"


def _align_cells(state: Any) -> None:
    """Replace the style of a table cell by a class: the content security policy allows no inline style."""
    for token in state.tokens:
        if token.type in ("th_open", "td_open"):
            style = str(token.attrs.pop("style", ""))
            if style in ("text-align:right", "text-align:center"):
                token.attrSet("class", f"align-{style.removeprefix('text-align:')}")


def _mark_tasks(state: Any) -> None:
    """Replace the [ ] and [x] of a task list by the characters ☐ and ☑, because a reply has no form fields."""
    for item, _, inline in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if item.type == "list_item_open" and inline.children and inline.children[0].type == "text":
            first = inline.children[0]
            first.content = _TASK.sub(lambda found: "☐ " if found[1] == " " else "☑ ", first.content)


def _fence(tokens: Any, index: int, _options: Any, env: Any) -> str:
    """Render a code block below a label with its language; a script adds the copy button to the label.

    `tabindex` makes the scrollable block reachable by keyboard.
    """
    env["budget"].check()
    language = tokens[index].info.strip().split(" ")[0][:30]
    code = highlight(tokens[index].content.rstrip("\n"), language, env["highlighting"]).rstrip("\n")
    label = f'<div class="code-language"><span>{escape(language or "código")}</span></div>'
    return f'<div class="code">{label}<pre tabindex="0"><code>{code}</code></pre></div>\n'
